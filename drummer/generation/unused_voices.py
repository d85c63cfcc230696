"""Unused voices: a bias on tokens, so that a phrase leaves out the drums and cymbals that a drummer would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.groove import Groove
from drummer.music.meter import PHRASE_BARS
from drummer.music.onsets import onsets_on_sixteenths


def find_unused_voices(groove: Groove) -> NDArray[np.bool_]:
    """Find the voices that are silent in a phrase of four bars: (bars, 13) bool.

    Phrases are counted from the first bar. Where the last one has fewer bars, its voices are those of the last four bars. An
    early downbeat counts in the bar that it is meant for.
    """
    onsets = onsets_on_sixteenths(groove, groove.to_hits())
    sounding = np.asarray(onsets.reshape(groove.bars, -1, onsets.shape[1]).any(axis=1))
    unused: NDArray[np.bool_] = np.ones(sounding.shape, dtype=bool)
    for start in range(0, groove.bars, PHRASE_BARS):
        phrase = slice(max(0, min(start, groove.bars - PHRASE_BARS)), start + PHRASE_BARS)
        unused[start : start + PHRASE_BARS] = ~sounding[phrase].any(axis=0)
    return unused


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
            penalty: Nats on each such voice of a token.
        """
        self._by_bar: Floats = unused.astype(np.float64) @ vocabulary.T * -penalty  # (bars, vocabulary)
        self._tokens_per_bar = tokens_per_bar

    def __call__(self, _tokens: NDArray[np.int64], position: int) -> Floats:
        """Return the bias of all tokens at a position, (vocabulary,) nats; a bar's last position belongs to the next bar."""
        bar = min((position + 1) // self._tokens_per_bar, len(self._by_bar) - 1)
        of_bar: Floats = self._by_bar[bar]
        return of_bar
