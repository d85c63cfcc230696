"""How alike grooves of different seeds are, beside performances of the same genre."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from drummer.evaluation import metrics, novelty
from drummer.music.groove import Groove
from drummer.music.meter import PHRASE_BARS
from report import results
from report.models import plain

MODEL, SEEDS, BARS = "medium", 100, 8


def measure() -> results.Values:
    """Generate grooves with seeds that count up, and compare each with the one that is most alike.

    The same is measured of training performances, one stretch of each, and of as many grooves.
    """
    drummer, generator = results.drummer(MODEL), np.random.default_rng(0)
    human = metrics.human_beats(results.corpus(), "train", list(drummer.genres))
    values: results.Values = {"model": MODEL, "seeds": SEEDS, "bars": BARS, "genres": {}}
    for genre in tqdm(drummer.genres, desc="Grooves of 100 seeds", unit="genre", leave=False):
        played = [_stretch(one.groove, generator) for one in human if one.genre == genre and one.groove.bars >= BARS]
        takes = [
            drummer.generate(genre=genre, bpm=drummer.reference_bpm(genre, seed), bars=BARS, seed=seed) for seed in range(SEEDS)
        ]
        of_takes, size = novelty.overlaps(takes), min(len(played), SEEDS)
        values["genres"][genre] = {
            "drummers": plain(novelty.alike(novelty.overlaps(played), size, generator)) if size > 1 else None,
            "as_many": plain(novelty.alike(of_takes, size, generator)) if size > 1 else None,
            "grooves": plain(novelty.alike(of_takes, SEEDS, generator)),
        }
    return values


def _stretch(groove: Groove, generator: np.random.Generator) -> Groove:
    """Cut bars out of a performance, from the beginning of a phrase."""
    first = PHRASE_BARS * int(generator.integers(0, (groove.bars - BARS) // PHRASE_BARS + 1))
    return groove.cut(first, first + BARS)


MEASUREMENTS = [results.Measurement("alike", measure, minutes=10)]
