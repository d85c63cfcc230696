"""Tempo: how drummers change their playing with it, and the shipped model at other tempos than its references'."""

from __future__ import annotations

from drummer.evaluation import tempos
from report import results
from report.models import plain

MODEL, SPLIT = "medium", "validation"


def measure_law() -> results.Values:
    """Measure the drummers of training and validation."""
    genres = results.drummer(MODEL).genres
    performances = [one for split in ("train", SPLIT) for one in results.corpus().select(split, genres, "beat")]
    found: results.Values = plain(tempos.drummers_law(performances))
    return found


def measure() -> results.Values:
    """Generate grooves at factors of their references' tempos, and compare them with drummers."""
    found = tempos.measure_at_tempos(results.drummer(MODEL), results.corpus(), SPLIT)
    return {"model": MODEL, "split": SPLIT, "factors": {f"{factor:g}": plain(one) for factor, one in found.items()}}


MEASUREMENTS = [
    results.Measurement("tempo_law", measure_law, minutes=0.5),
    results.Measurement("tempos", measure, minutes=20),
]
