"""Unused voices: a bias on tokens, so that a phrase leaves out the drums and cymbals that a drummer would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.groove import Groove
from drummer.music.meter import PHRASE_BARS


def find_unused_voices(groove: Groove) -> NDArray[np.bool_]:
    """Find the voices that are silent in a phrase of four bars: (bars, 13) bool; phrases are counted from the first bar."""
    sounding = groove.hits.reshape(groove.bars, groove.steps_per_bar, -1).any(axis=1)
    in_phrase = np.logical_or.reduceat(sounding, np.arange(0, groove.bars, PHRASE_BARS), axis=0)
    return ~np.repeat(in_phrase, PHRASE_BARS, axis=0)[: groove.bars]


class UnusedVoiceBias:
    """Penalty, in nats, on tokens that sound a voice which the reference performance leaves out in its phrase.

    Drummers keep to a few drums and cymbals for some bars. Sampling step by step touches one more now and then.
    """

    def __init__(self, vocabulary: NDArray[np.bool_], unused: NDArray[np.bool_], tokens_per_bar: int, penalty: float) -> None:
        """Add up the penalties of each token in each bar.

        Args:
            vocabulary: (vocabulary, 13) bool, the voices of each token.
            unused: (bars, 13) bool, see `find_unused_voices`.
            tokens_per_bar: Positions in a bar.
            penalty: Nats on each such voice.
        """
        self._by_bar: Floats = unused.astype(np.float64) @ vocabulary.T * -penalty  # (bars, vocabulary)
        self._tokens_per_bar = tokens_per_bar

    def __call__(self, _tokens: NDArray[np.int64], position: int) -> Floats:
        """Return the bias of all tokens at a position, (vocabulary,) nats; a bar's last position belongs to the next bar."""
        bar = min((position + 1) // self._tokens_per_bar, len(self._by_bar) - 1)
        of_bar: Floats = self._by_bar[bar]
        return of_bar
