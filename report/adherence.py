"""How the shipped model keeps to a requested meter, steadiness, rhythm and style."""

from __future__ import annotations

from itertools import chain

from drummer.evaluation.adherence import countable_shares, measure_adherence
from drummer.music.meter import METERS
from report import results
from report.models import plain

MODEL = "medium"


def measure() -> results.Values:
    """Generate grooves that ask for each, and measure them; the bars of training and validation drummers are counted too."""
    drummer, corpus = results.drummer(MODEL), results.corpus()
    found = measure_adherence(drummer, corpus.select("train", drummer.genres, "beat"))
    beats = [corpus.select(split, drummer.genres, "beat", METERS) for split in ("train", "validation")]
    drummers = countable_shares(list(chain.from_iterable(beats)))
    return {
        "model": MODEL,
        **plain(found),
        "steady": [plain(score) for score in found.steady],
        "drummers": {meter: plain(counted) for meter, counted in drummers.items()},
    }


MEASUREMENTS = [results.Measurement("adherence", measure, minutes=4)]
