"""The bias that lets a steady groove repeat its pattern."""

from __future__ import annotations

import numpy as np

from drummer.generation.repetition import RepetitionBias
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX

BAR = 48
LENGTH = 5 * BAR + 7


def test_a_crash_is_no_part_of_the_pattern_of_a_steady_groove() -> None:
    vocabulary = np.zeros((3, VOICE_COUNT), dtype=bool)
    silent, kick, crash = range(3)
    vocabulary[[kick, crash], VOICE_INDEX["kick"]] = vocabulary[crash, VOICE_INDEX["crash"]] = True
    repeats, nats, steady = np.ones((LENGTH, len(FAMILIES)), dtype=np.int64), np.full(LENGTH, 5.0), np.arange(LENGTH) >= 2 * BAR
    bias = RepetitionBias(vocabulary, repeats, BAR, nats, nats, tokens_per_beat=12, steady=steady)
    tokens = np.full(LENGTH, silent)
    tokens[[0, BAR]] = crash
    usual, in_pattern = bias(tokens, BAR), bias(tokens, 2 * BAR)
    assert usual[crash] > usual[kick] > usual[silent]
    assert in_pattern[crash] == in_pattern[kick] > in_pattern[silent]
    penalty = np.where(np.arange(LENGTH) >= 3 * BAR, 4.0, 0.0)
    bias = RepetitionBias(vocabulary, repeats, BAR, nats, nats, tokens_per_beat=12, steady=steady, crash_penalty=penalty)
    assert (bias(tokens, 2 * BAR) == in_pattern).all()
    settled = bias(tokens, 3 * BAR)
    assert settled[kick] - settled[crash] == 4.0


def test_a_hit_of_a_steady_pattern_may_come_early_or_wait_but_comes_in_its_sixteenth() -> None:
    vocabulary = np.zeros((2, VOICE_COUNT), dtype=bool)
    silent, kick = range(2)
    vocabulary[kick, VOICE_INDEX["kick"]] = True
    repeats, nats, steady = np.ones((LENGTH, len(FAMILIES)), dtype=np.int64), np.full(LENGTH, 8.0), np.ones(LENGTH, dtype=bool)
    bias = RepetitionBias(vocabulary, repeats, BAR, nats, nats, tokens_per_beat=12, steady=steady)
    tokens = np.full(LENGTH, silent)
    tokens[12] = kick  # the sixteenth has the tokens 11 to 13

    def for_kick(step: int) -> float:
        of_tokens = bias(tokens, BAR + step)
        return float(of_tokens[kick] - of_tokens[silent])

    assert for_kick(10) == for_kick(14) == -8.0
    assert (for_kick(11), for_kick(12), for_kick(13)) == (-1.0, 2.0, 16.0)
    tokens[BAR + 11] = kick
    assert for_kick(12) == for_kick(13) == -8.0


def test_a_timekeeper_plays_on_where_a_crash_took_its_place_in_the_pattern() -> None:
    vocabulary = np.zeros((4, VOICE_COUNT), dtype=bool)
    silent, hat, crash, both = range(4)
    vocabulary[[hat, both], VOICE_INDEX["hihat_closed"]] = vocabulary[[crash, both], VOICE_INDEX["crash"]] = True
    back = np.arange(LENGTH) // BAR  # each bar repeats the first
    repeats = np.repeat(back[:, None], len(FAMILIES), axis=1)
    nats, steady = np.full(LENGTH, 5.0), np.ones(LENGTH, dtype=bool)
    bias = RepetitionBias(vocabulary, repeats, BAR, nats, nats, tokens_per_beat=12, steady=steady)
    tokens = np.full(LENGTH, silent)
    tokens[0] = crash
    assert bias(tokens, BAR)[hat] == bias(tokens, BAR)[silent]  # left to the model
    tokens[BAR] = hat
    assert bias(tokens, 2 * BAR)[hat] > bias(tokens, 2 * BAR)[silent]  # as it was left there
    tokens[0] = silent
    assert bias(tokens, 2 * BAR)[hat] < bias(tokens, 2 * BAR)[silent]
    steady[2 * BAR : 3 * BAR] = False  # a fill, without a hat on its first beat
    after_fill = RepetitionBias(vocabulary, repeats, BAR, nats, nats, tokens_per_beat=12, steady=steady)
    for token in (crash, both):
        tokens[0] = token
        assert after_fill(tokens, 3 * BAR)[hat] > after_fill(tokens, 3 * BAR)[silent]
