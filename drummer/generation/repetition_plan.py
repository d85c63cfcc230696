"""Repetition plan: which families of voices repeat an earlier pattern at each position, and with how much emphasis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.generation.planning import Plan
from drummer.generation.steadiness import SteadyBars
from drummer.music.arrays import Floats


class RepetitionPlan(NamedTuple):
    """The patterns to repeat at each position, and with how much emphasis.

    Attributes:
        repeats: (length, families) how many bars earlier the pattern lies that a family of voices (`voices.FAMILIES`) repeats,
            or one of `NEW_PATTERN`, `BECOMES_SILENT` and `UNCONSTRAINED`.
        bonus: (length,) nats, where a family repeats.
        penalty: (length,) nats, where it plays something new.
        accents: (length, 2) nats on tokens with a kick, and with a snare, rim or clap, where the token before has none.
        steady: (length,) bool, positions in bars that repeat the pattern of a steady groove: they have no bonus on crashes.
        crash_penalty: (length,) nats on tokens with a crash.
        rest_share: Share of the bonus and the penalty where the whole sixteenth of the earlier pattern is silent.
    """

    repeats: NDArray[np.int64]
    bonus: Floats
    penalty: Floats
    accents: Floats
    steady: NDArray[np.bool_]
    crash_penalty: Floats
    rest_share: float = 1.0

    @classmethod
    def of(cls, repeats: NDArray[np.int64], bonus: float = 0.0, penalty: float = 0.0, rest_share: float = 1.0) -> RepetitionPlan:
        """Make a plan with the same bonus and penalty everywhere, without accents, and not of a steady groove."""
        length = len(repeats)
        nats = np.full(length, bonus), np.full(length, penalty)
        return cls(repeats, *nats, np.zeros((length, 2)), np.zeros(length, dtype=bool), np.zeros(length), rest_share)

    @classmethod
    def of_returns(
        cls, returns: NDArray[np.int64], by_beat: NDArray[np.int64], temperature: float, config: SamplingConfig
    ) -> RepetitionPlan:
        """Spread the returns of a plan, (beats, families), over the positions; the other arguments are those of `spread`."""
        bonus, rest_share = config.returns
        return cls.of(returns[_beats_of(by_beat)], bonus * temperature, rest_share=rest_share)

    @classmethod
    def spread(
        cls, plan: Plan, repeats: NDArray[np.int64], by_beat: NDArray[np.int64], temperature: float, config: SamplingConfig
    ) -> RepetitionPlan:
        """Spread a groove's plan over the positions: bars that shall repeat a pattern have a bonus of their own.

        Args:
            plan: The plan.
            repeats: (beats, families) those of the plan.
            by_beat: (beats,) positions in each beat.
            temperature: That of the tokens, by which the logits are divided later.
            config: Settings of sampling.
        """
        bars = len(plan.controls)
        in_bar, steady = len(repeats) // bars, plan.steady or SteadyBars.none(bars)
        bonus, penalty = (np.full(len(repeats), nats) for nats in config.repetition)
        if plan.equal is not None:
            bonus[np.repeat(plan.equal, in_bar)] = config.equal_repetition
        bonus[np.repeat(steady.repeated, in_bar)] = config.steady_repetition
        penalty[np.repeat(steady.free, in_bar)] = config.steady_change_penalty
        accents = np.zeros((int(by_beat.sum()), 2))
        if plan.accents is not None:
            accents[np.cumsum(by_beat) - by_beat] = plan.accents
        beats = _beats_of(by_beat)
        settled = np.repeat(steady.settled, in_bar)[beats]
        return cls(
            repeats[beats],
            bonus[beats] * temperature,
            penalty[beats] * temperature,
            accents * temperature,
            np.repeat(steady.repeated, in_bar)[beats],
            np.where(settled, config.steady_crash_penalty * temperature, 0.0),
        )


def _beats_of(by_beat: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the beat whose plan each position follows: (length,).

    A plan counts each hit in its nearest sixteenth. An early hit therefore counts in the beat that it is meant for, although it
    lies in the last token of the beat before. So the last token of a beat follows the plan of the next beat.
    """
    beats = np.repeat(np.arange(len(by_beat)), by_beat)
    return np.append(beats[1:], beats[-1])
