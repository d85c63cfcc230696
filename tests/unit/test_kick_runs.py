"""The bias against runs of kicks."""

from __future__ import annotations

import numpy as np

from drummer.generation.kick_runs import KickRunBias
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX


def test_a_second_kick_on_neighbouring_sixteenths_has_a_penalty_and_a_third_more() -> None:
    vocabulary = np.zeros((2, VOICE_COUNT), dtype=bool)
    silent, kick = range(2)
    vocabulary[kick, VOICE_INDEX["kick"]] = True
    bias = KickRunBias(vocabulary, 12, (0.5, 2.0))

    def for_kick(step: int, kicks: list[int]) -> float:
        tokens = np.full(48, silent)
        tokens[kicks] = kick
        assert bias(tokens, step)[silent] == 0.0
        return float(bias(tokens, step)[kick])

    assert for_kick(0, []) == for_kick(2, []) == for_kick(6, []) == for_kick(12, [6]) == 0.0
    for step in (11, 12, 13):  # the tokens of the sixteenth on beat two
        assert for_kick(step, [8]) == for_kick(step, [9]) == for_kick(step, [10]) == -0.5
        assert for_kick(step, [5, 10]) == for_kick(step, [2, 6, 9]) == -2.5
        assert for_kick(step, [3, 9]) == -0.5
    assert for_kick(3, [0]) == -0.5
    assert for_kick(12, [11]) == 0.0  # of the same sixteenth
