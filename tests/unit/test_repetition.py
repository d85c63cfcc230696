"""The bias that lets voices repeat a pattern, in steady grooves and in others."""

from __future__ import annotations

import numpy as np

from drummer.config import load_config
from drummer.generation.planning import Plan
from drummer.generation.repetition import RepetitionBias
from drummer.generation.repetition_plan import RepetitionPlan
from drummer.generation.steadiness import SteadyBars
from drummer.music.beat_plan import UNCONSTRAINED
from drummer.music.controls import CONTROLS
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX

BAR = 48
BEATS = [12] * 4  # positions
LENGTH = 5 * BAR + 7


def test_a_crash_is_no_part_of_the_pattern_of_a_steady_groove() -> None:
    vocabulary = np.zeros((3, VOICE_COUNT), dtype=bool)
    silent, kick, crash = range(3)
    vocabulary[[kick, crash], VOICE_INDEX["kick"]] = vocabulary[crash, VOICE_INDEX["crash"]] = True
    plan = RepetitionPlan.of(np.ones((LENGTH, len(FAMILIES)), dtype=np.int64), bonus=5.0, penalty=5.0)
    plan = plan._replace(steady=np.arange(LENGTH) >= 2 * BAR)
    bias = RepetitionBias(vocabulary, plan, BAR, 12)
    tokens = np.full(LENGTH, silent)
    tokens[[0, BAR]] = crash
    usual, in_pattern = bias(tokens, BAR), bias(tokens, 2 * BAR)
    assert usual[crash] > usual[kick] > usual[silent]
    assert in_pattern[crash] == in_pattern[kick] > in_pattern[silent]
    penalty = np.where(np.arange(LENGTH) >= 3 * BAR, 4.0, 0.0)
    bias = RepetitionBias(vocabulary, plan._replace(crash_penalty=penalty), BAR, 12)
    assert (bias(tokens, 2 * BAR) == in_pattern).all()
    settled = bias(tokens, 3 * BAR)
    assert settled[kick] - settled[crash] == 4.0


def test_a_hit_of_a_steady_pattern_may_come_early_or_wait_but_comes_in_its_sixteenth() -> None:
    vocabulary = np.zeros((2, VOICE_COUNT), dtype=bool)
    silent, kick = range(2)
    vocabulary[kick, VOICE_INDEX["kick"]] = True
    plan = RepetitionPlan.of(np.ones((LENGTH, len(FAMILIES)), dtype=np.int64), bonus=8.0, penalty=8.0)
    bias = RepetitionBias(vocabulary, plan._replace(steady=np.ones(LENGTH, dtype=bool)), BAR, 12)
    tokens = np.full(LENGTH, silent)
    tokens[12] = kick  # the sixteenth has the tokens 11 to 13

    def for_kick(step: int) -> float:
        of_tokens = bias(tokens, BAR + step)
        return float(of_tokens[kick] - of_tokens[silent])

    assert for_kick(10) == for_kick(14) == -8.0
    assert (for_kick(11), for_kick(12), for_kick(13)) == (-1.0, 2.0, 16.0)
    tokens[BAR + 11] = kick
    assert for_kick(12) == for_kick(13) == -8.0


def test_a_return_draws_to_a_pattern_of_some_bars_before_and_less_to_its_rests() -> None:
    vocabulary = np.zeros((2, VOICE_COUNT), dtype=bool)
    silent, kick = range(2)
    vocabulary[kick, VOICE_INDEX["kick"]] = True
    config, returns = load_config().sampling, np.full((20, len(FAMILIES)), UNCONSTRAINED)
    returns[17, 0] = 4  # bar 5, beat 2
    plan = RepetitionPlan.of_returns(returns, np.array(5 * BEATS), 0.5, config)
    bias = RepetitionBias(vocabulary, plan, BAR, 12)
    tokens = np.full(LENGTH, silent)
    tokens[15] = kick
    bonus, rest_share = 0.5 * config.returns[0], config.returns[1]
    of_tokens = {step: bias(tokens, 4 * BAR + step) for step in (10, 11, 12, 15, 18, 22, 23)}
    assert of_tokens[15].tolist() == [0.0, bonus]
    for step in (11, 12, 18, 22):  # from the last token of the beat before on, where an early hit would lie
        assert of_tokens[step].tolist() == [rest_share * bonus, 0.0]
    assert not of_tokens[10].any() and not of_tokens[23].any()


def test_a_timekeeper_plays_on_where_a_crash_took_its_place_in_the_pattern() -> None:
    vocabulary = np.zeros((4, VOICE_COUNT), dtype=bool)
    silent, hat, crash, both = range(4)
    vocabulary[[hat, both], VOICE_INDEX["hihat_closed"]] = vocabulary[[crash, both], VOICE_INDEX["crash"]] = True
    back = np.arange(LENGTH) // BAR  # each bar repeats the first
    repeats = np.repeat(back[:, None], len(FAMILIES), axis=1)
    steady = np.ones(LENGTH, dtype=bool)
    plan = RepetitionPlan.of(repeats, bonus=5.0, penalty=5.0)
    bias = RepetitionBias(vocabulary, plan._replace(steady=steady), BAR, 12)
    tokens = np.full(LENGTH, silent)
    tokens[0] = crash
    assert bias(tokens, BAR)[hat] == bias(tokens, BAR)[silent]  # left to the model
    tokens[BAR] = hat
    assert bias(tokens, 2 * BAR)[hat] > bias(tokens, 2 * BAR)[silent]  # as it was left there
    tokens[0] = silent
    assert bias(tokens, 2 * BAR)[hat] < bias(tokens, 2 * BAR)[silent]
    steady[2 * BAR : 3 * BAR] = False  # a fill, without a hat on its first beat
    after_fill = RepetitionBias(vocabulary, plan._replace(steady=steady), BAR, 12)
    for token in (crash, both):
        tokens[0] = token
        assert after_fill(tokens, 3 * BAR)[hat] > after_fill(tokens, 3 * BAR)[silent]


def test_bars_of_a_steady_groove_have_emphasis_of_their_own_from_the_last_position_of_the_bar_before() -> None:
    config = load_config().sampling
    steady = SteadyBars(*(np.arange(4) == bar for bar in (1, 1, 2)))  # the second bar repeats the pattern, the third is free
    plan = Plan(None, np.full((4, len(CONTROLS)), np.nan), steady=steady, equal=np.arange(4) == 3)
    repeats = np.ones((16, len(FAMILIES)), dtype=np.int64)
    spread = RepetitionPlan.spread(plan, repeats, np.array(4 * BEATS), 0.5, config)
    bonus, penalty = config.repetition
    for values, usual, special in (
        (spread.bonus, bonus, {1: config.steady_repetition, 3: config.equal_repetition}),
        (spread.penalty, penalty, {2: config.steady_change_penalty}),
        (spread.crash_penalty, 0.0, {1: config.steady_crash_penalty}),
    ):
        by_bar = 0.5 * np.array([special.get(bar, usual) for bar in range(4)])
        assert len({*special.values(), usual}) == len(special) + 1  # or the following would show nothing
        assert (values == np.append(np.repeat(by_bar, BAR)[1:], by_bar[-1])).all()
    assert (spread.steady == (spread.bonus == 0.5 * config.steady_repetition)).all()
