"""Runs of kicks: a bias on tokens, so that the kick sounds on neighbouring sixteenths about as seldom as a drummer's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.onsets import SIXTEENTHS
from drummer.music.voices import VOICE_INDEX


class KickRunBias:
    """Penalty, in nats, on tokens whose kick would follow one on the sixteenth before: a logits processor.

    One foot plays the kick, and three in a row at sixteenths are an effort. The model, which knows that a sixteenth after a kick
    is a likely place for another, plays more of them than the drummers did.

    Each kick counts in its nearest sixteenth, as plans count it. So the first two triplet eighths of a beat are neighbours, and
    the third and the next beat, but no three triplets in a row. Kicks that are fixed after the position do not count.
    """

    def __init__(self, vocabulary: NDArray[np.bool_], tokens_per_beat: int, penalties: tuple[float, float]) -> None:
        """Keep the tokens with a kick.

        Args:
            vocabulary: (vocabulary, 13) bool, the voices of each token.
            tokens_per_beat: Positions in a quarter note, a multiple of 4; the first position is a beat's.
            penalties: Nats on a second kick in a row, and what a third or later one has besides.
        """
        self._has_kick = vocabulary[:, VOICE_INDEX["kick"]]
        self._sixteenth = tokens_per_beat // SIXTEENTHS
        second, third = penalties
        self._by_run: list[Floats] = [np.where(self._has_kick, -nats, 0.0) for nats in (0.0, second, second + third)]

    def __call__(self, tokens: NDArray[np.int64], position: int) -> Floats:
        """Compute the bias of all tokens at a position, (vocabulary,) nats, from the tokens before it."""
        length = self._sixteenth
        start = position - (position + length // 2) % length  # -1 at first: the middle of a sixteenth is on the grid
        run = 0
        while run < len(self._by_run) - 1 and self._has_kick[tokens[max(start - length, 0) : max(start, 0)]].any():
            run, start = run + 1, start - length
        return self._by_run[run]
