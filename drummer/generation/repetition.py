"""Repetition: a bias on tokens, so that voices repeat the pattern of an earlier bar where the plan says so."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.generation.repetition_plan import RepetitionPlan
from drummer.music.arrays import Floats
from drummer.music.beat_plan import BECOMES_SILENT, UNCONSTRAINED
from drummer.music.onsets import SIXTEENTHS
from drummer.music.voices import FAMILIES, FAMILY_INDICES, TIMEKEEPING_FAMILIES, VOICE_INDEX

_ELSEWHERE = 0.5  # share of the bonus on repeating a hit at another token of its sixteenth
# In a steady groove, whose bonus is so high that hits would lie on the same tokens in every bar: the share for a hit ahead of its
# token, for waiting at its token, and for the hit after that.
_EARLY, _WAITING, _LATE = 0.875, 0.75, 2.0
_TIMEKEEPERS = np.isin(list(FAMILIES), TIMEKEEPING_FAMILIES)


class RepetitionBias:
    """Bonus and penalty, in nats, on tokens that repeat a family's pattern of some bars earlier: a logits processor.

    A family of voices that repeats gets a bonus on its earlier pattern. One that plays something new gets a penalty on its
    pattern of the bar before; one that becomes silent gets none where it was silent. The model reads the bars before and how much
    each beat changes, but sampling spreads a change over the whole kit, where drummers keep one hand or foot as it was and change
    another.

    A pattern repeats where the same sixteenths sound, as plans count it (`beat_plan.find_repeats`): the bonus draws a hit to the
    token where it was, but it may come a token earlier or later in its sixteenth, as a drummer's does. A crash is no part of the
    pattern that a steady groove repeats: it may open the pattern, and the bars that return to it, but not every bar. Where it
    took the place of a timekeeper, this plays on.
    """

    def __init__(self, vocabulary: NDArray[np.bool_], plan: RepetitionPlan, tokens_per_bar: int, tokens_per_beat: int) -> None:
        """Compute the bias of each position and family.

        Args:
            vocabulary: (vocabulary, 13) bool, the voices of each token.
            plan: What is to repeat.
            tokens_per_bar: Positions in a bar.
            tokens_per_beat: Positions in a quarter note; the first position is a beat's.
        """
        repeats = plan.repeats
        self._accents, self._steady, self._crash_penalty = plan.accents, plan.steady, plan.crash_penalty
        accented = [vocabulary[:, FAMILY_INDICES[family]].any(axis=1) for family in ("kick", "snare")]
        self._accented = np.stack(accented, axis=1).astype(np.float64)
        without_crashes = vocabulary.copy()
        without_crashes[:, VOICE_INDEX["crash"]] = False
        self._families, self._families_without_crashes = map(_Families.of, (vocabulary, without_crashes))
        self._has_crash = vocabulary[:, VOICE_INDEX["crash"]]
        self._columns = np.arange(len(FAMILY_INDICES))
        self._repeats = repeats > 0
        against = np.where(repeats == UNCONSTRAINED, 0.0, plan.penalty[:, None])
        self._of_hits = np.where(self._repeats, plan.bonus[:, None], -against)  # nats, (length, families)
        self._of_rests = np.where(repeats == BECOMES_SILENT, 0.0, plan.rest_share * self._of_hits)
        positions, back = np.arange(len(repeats)), np.maximum(repeats, 1) * tokens_per_bar
        for nats in (self._of_hits, self._of_rests):
            nats[back > positions[:, None]] = 0.0
        self._is_zero = ~(self._of_hits.any(axis=1) | self._accents.any(axis=1) | (self._crash_penalty != 0))
        self._zeros = np.zeros(len(vocabulary))
        sixteenth = tokens_per_beat // SIXTEENTHS
        self._in_sixteenth = (positions + sixteenth // 2) % sixteenth  # the middle of a sixteenth is on the grid
        starts = (positions - self._in_sixteenth)[:, None] - back
        # The tokens of the sixteenth that is repeated, for each family: (length, families, tokens of a sixteenth).
        self._tokens = np.arange(sixteenth)
        self._before = np.clip(starts[..., None] + self._tokens, 0, len(repeats) - 1)
        self._first_repeat = _first_repeats(self._steady, starts, positions - self._in_sixteenth, tokens_per_bar, sixteenth)

    def __call__(self, tokens: NDArray[np.int64], position: int) -> Floats:
        """Compute the bias of all tokens at a position, (vocabulary,) nats, from the tokens before it."""
        if self._is_zero[position]:
            return self._zeros
        place, repeats = self._in_sixteenth[position], self._repeats[position]
        codes, rests = self._families_without_crashes if self._steady[position] else self._families
        earlier, of_rests = tokens[self._before[position]], self._of_rests[position]  # earlier: (families, tokens of a sixteenth)
        if self._steady[position]:
            earlier, of_rests = self._play_on(tokens, earlier, of_rests, self._first_repeat[position])
        sixteenth = codes[earlier, self._columns[:, None]]
        if sixteenth.any():
            before, around = sixteenth[:, place], np.bitwise_or.reduce(sixteenth, axis=1)
            played = np.bitwise_or.reduce(codes[tokens[max(position - place, 0) : position]], axis=0)
            left = around & ~played  # of the sixteenth's hits
            expected = np.where(repeats, before & left, before)
            nats = np.where(np.where(repeats, around, before) == 0, of_rests, self._of_hits[position])
            elsewhere = repeats & (expected == 0) & (left > 0)
            if self._steady[position]:
                ahead = np.bitwise_or.reduce(sixteenth[:, place + 1 :], axis=1)
                early = elsewhere & ((ahead & left) > 0)
                of_hits = np.where(early, _EARLY, np.where(elsewhere, _LATE, 1.0)) * nats
                can_wait = repeats & (expected > 0) & (place + 1 < sixteenth.shape[1])
                of_waiting = np.where(early, 1.0, np.where(can_wait, _WAITING, 0.0)) * nats
                repeated: Floats = (codes == np.where(elsewhere, left, expected)) @ of_hits + rests @ of_waiting
            else:
                repeated = (codes == expected) @ nats
                if elsewhere.any():
                    repeated += (codes == left) @ np.where(elsewhere, _ELSEWHERE * nats, 0.0)
        else:
            repeated = rests @ of_rests
        if self._crash_penalty[position]:
            repeated -= self._crash_penalty[position] * self._has_crash
        accents = self._accents[position]
        if accents.any() and position > 0:
            accents = accents * (1.0 - self._accented[tokens[position - 1]])  # the token before has an early one already
        return repeated + self._accented @ accents if accents.any() else repeated

    def _play_on(
        self, tokens: NDArray[np.int64], earlier: NDArray[np.int64], of_rests: Floats, first: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], Floats]:
        """Let a timekeeper whose place a crash took play on as in the first bar that repeated the pattern.

        Args:
            tokens: Those sampled so far.
            earlier: (families, tokens of a sixteenth) that are repeated.
            of_rests: (families,) nats on repeating a rest.
            first: (families,) where the first bar that repeated the pattern has the sixteenth, see `_first_repeats`.

        Returns:
            The same as `earlier` and `of_rests`; where there is no such bar, or it has a crash too, a rest is left to the model.
        """
        silent = ~self._families_without_crashes.codes[earlier, self._columns[:, None]].any(axis=1)
        crashed = self._has_crash[earlier].any(axis=1) & _TIMEKEEPERS & silent
        if not crashed.any():
            return earlier, of_rests
        found, there = first >= 0, tokens[first[:, None] + self._tokens]
        left_open = crashed & (~found | self._has_crash[there].any(axis=1))
        return np.where((crashed & found)[:, None], there, earlier), np.where(left_open, 0.0, of_rests)


def _first_repeats(
    steady: NDArray[np.bool_], starts: NDArray[np.int64], now: NDArray[np.int64], tokens_per_bar: int, sixteenth: int
) -> NDArray[np.int64]:
    """Find where the first bar that repeats a pattern has the sixteenth of each position: (length, families), -1 = not before it.

    Args:
        steady: (length,) bool, positions in bars that repeat a pattern.
        starts: (length, families) first tokens of the sixteenths that are repeated.
        now: (length,) first token of the sixteenth of each position.
        tokens_per_bar: Positions in a bar.
        sixteenth: Tokens in a sixteenth.
    """
    repeating = np.append(np.flatnonzero(steady[::tokens_per_bar]), len(steady))
    bars = (starts + sixteenth // 2) // tokens_per_bar  # the middle of a sixteenth is in its bar
    first = repeating[np.searchsorted(repeating, bars, side="right").clip(max=len(repeating) - 1)]
    found = starts + (first - bars) * tokens_per_bar
    return np.where((found >= 0) & (found < now[:, None]), found, -1)


class _Families(NamedTuple):
    """The voices that each token sounds, by family.

    Attributes:
        codes: (vocabulary, families) the voices as one number.
        rests: (vocabulary, families) 1 where there are none, else 0.
    """

    codes: NDArray[np.int64]
    rests: Floats

    @classmethod
    def of(cls, vocabulary: NDArray[np.bool_]) -> _Families:
        """Encode a vocabulary, (vocabulary, 13) bool."""
        families = [vocabulary[:, voices] for voices in FAMILY_INDICES.values()]
        codes = np.stack([family @ (1 << np.arange(family.shape[1])) for family in families], axis=1)
        return cls(codes, (codes == 0).astype(np.float64))
