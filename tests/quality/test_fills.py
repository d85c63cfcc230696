"""Fills: how well they are found in real performances, and where the performances of the shipped reference bank have them."""

import numpy as np

from drummer.config import default_config
from drummer.data.corpus import Corpus
from drummer.model.checkpoint import load_weights
from drummer.music.controls import CONTROL_INDEX
from drummer.music.fills import find_fills

FILL = CONTROL_INDEX["fill"]


def test_fills_are_found_among_the_bars_of_real_beats(real_corpus: Corpus) -> None:
    """Each fill file of the training split after seven bars of a beat of its drummer, and those seven bars as what is none."""
    generator = np.random.default_rng(0)
    genres = default_config().genres
    beats = [take for take in real_corpus.select("train", genres, "beat") if take.groove.bars >= 8]
    found, false = [], []
    for fill in real_corpus.select("train", genres, "fill"):
        own = [take for take in beats if take.drummer == fill.drummer] or beats
        take = own[int(generator.integers(len(own)))].groove
        first = int(generator.integers(0, take.bars - 6))
        flags = find_fills(take.cut(first, first + 7).then(fill.groove))
        found.append(flags[7:].any())
        false.append(flags[:7].mean())
    recall, false_rate = float(np.mean(found)), float(np.mean(false))
    precision = recall / (recall + false_rate)  # of one bar of each; the beats' own fills, which nobody labelled, count as false
    print(f"recall {recall:.3f}, precision {precision:.3f}, flagged bars of beats {false_rate:.3f}")
    assert recall > 0.7
    assert precision > 0.75


def test_drummers_play_their_fills_in_the_fourth_bar() -> None:
    kept = load_weights("medium").reference_bank
    fills = kept.plans.numpy()[:, FILL].astype(np.float64)
    bars = np.concatenate([np.arange(length) % 4 for length in kept.lengths.tolist()])
    shares = [np.nanmean(fills[bars == place]) for place in range(4)]
    assert shares[3] > 1.7 * max(shares[:3])
