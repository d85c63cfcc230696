"""Plans: bars that repeat, and the pattern of steady grooves."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from drummer.generation.planning import _repeat_nearly_equal_bars
from drummer.generation.steadiness import BarPlans, choose_free_bars, find_pattern, is_other_pattern, plan_steady_bars
from drummer.music.beat_plan import BEAT_PLAN, BEAT_PLAN_INDEX, BECOMES_SILENT, NEW_PATTERN, UNCONSTRAINED
from drummer.music.controls import CONTROL_INDEX, CONTROLS
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX

VARIATION = BEAT_PLAN_INDEX["variation"]
IN_BAR = 4


def plans(bars: int) -> tuple[np.ndarray, np.ndarray]:
    """Repeats of one bar everywhere, and beats that vary by a half."""
    return np.full((bars * IN_BAR, len(FAMILIES)), 1), np.full((bars * IN_BAR, len(BEAT_PLAN)), 0.5)


def test_a_bar_with_one_change_in_one_beat_repeats_and_another_does_not() -> None:
    repeats, beats = plans(4)
    repeats[5, 0] = NEW_PATTERN  # bar 2: one family in one beat
    repeats[8:10, 1] = BECOMES_SILENT  # bar 3: one family in two beats
    repeats[12, 2] = 2  # bar 4: it repeats two bars before, and the plan of the bar is not known
    beats[13] = np.nan
    given = repeats.copy(), beats.copy()
    assert _repeat_nearly_equal_bars(repeats, beats, IN_BAR).tolist() == [True, True, False, False]
    assert (repeats[:8] == 1).all() and (beats[:8, VARIATION] == 0.0).all()
    assert (beats[:8, 1 - VARIATION] == 0.5).all()  # how busy each beat is stays planned
    assert np.array_equal(repeats[8:], given[0][8:]) and np.array_equal(beats[8:], given[1][8:], equal_nan=True)


def requests(bars: int, **controls: float | list[float]) -> np.ndarray:
    """Request controls of each bar, the same in all or one each."""
    given = np.full((bars, len(CONTROLS)), np.nan)
    for name, value in controls.items():
        given[:, CONTROL_INDEX[name]] = value
    return given


def steady_plans(given: np.ndarray) -> BarPlans:
    """Plans of a reference performance that plays something new in every bar."""
    repeats, beats = plans(len(given))
    repeats[:] = NEW_PATTERN
    return BarPlans(given, np.zeros_like(given), beats, repeats)


def plan(planned: BarPlans, seed: int = 0, phrase_bar: int = 0, heard: Sequence[int] = ()) -> list[bool]:
    changes = np.ones(len(planned.given), dtype=bool)
    return plan_steady_bars(planned, changes, np.random.default_rng(seed), phrase_bar, heard).repeated.tolist()


def patterns(planned: BarPlans, bar: int) -> dict[str, int]:
    """Bars that the families of a bar repeat, in its first beat; families that repeat none are left out."""
    back = planned.repeats[bar * IN_BAR]
    return {name: bar - int(distance) for name, distance in zip(FAMILIES, back, strict=True) if distance > 0}


def test_all_bars_of_a_wholly_steady_groove_repeat_its_first_one_or_two() -> None:
    seen = set()
    for seed in range(20):
        planned = steady_plans(requests(12, steady=[math.nan] * 8 + [1.0] * 4))  # eight bars are heard
        assert plan(planned, seed) == [False] * 9 + [True] * 3
        assert (planned.repeats[: 9 * IN_BAR] == NEW_PATTERN).all()
        assert [patterns(planned, bar)["hihat"] for bar in (9, 10, 11)] == [8, 8, 8]
        kicks = [patterns(planned, bar).get("kick") for bar in (9, 10, 11)]
        assert kicks in ([8, 8, 8], [None, 8, 9])  # the kick's pattern may have two bars
        seen.add(kicks[0])
    assert seen == {8, None}


@pytest.mark.parametrize("bars", [8, 12, 32])
def test_as_many_neighbouring_bars_are_equal_as_are_requested(bars: int) -> None:
    for steady in (0.0, 0.3, 0.6, 0.9, 1.0):
        equal = []
        for seed in range(40):
            begins = np.arange(bars) == 0
            given, changes = requests(bars, steady=steady), np.random.default_rng(seed).random(bars) < 0.8
            free = choose_free_bars(given, changes, begins, np.random.default_rng(seed))
            equal.append(1.0 - (free[1:] | free[:-1]).mean())
        assert abs(np.mean(equal) - steady) < 1.5 / (bars - 1)
        assert np.ptp(equal) < 2.5 / (bars - 1)  # it is counted, not left to chance


def test_the_end_of_a_phrase_is_free_before_its_other_bars() -> None:
    begins, changes = np.arange(8) == 0, np.ones(8, dtype=bool)
    for phrase_bar in range(4):
        ends = {bar for bar in range(1, 8) if (phrase_bar + bar) % 4 == 3}
        for seed in range(10):
            chosen = choose_free_bars(requests(8, steady=0.57), changes, begins, np.random.default_rng(seed), phrase_bar)
            free = set(np.flatnonzero(chosen).tolist())
            assert free and all(bar in ends or bar + 1 in {*free, 8} for bar in free)


def test_bars_in_which_the_reference_changes_are_free_before_others() -> None:
    begins, changes = np.arange(8) == 0, np.arange(8) == 5
    free = choose_free_bars(requests(8, steady=0.7), changes, begins, np.random.default_rng(0))
    assert np.flatnonzero(free).tolist() == [5]


def test_a_fill_that_is_requested_is_free_however_steady_the_groove_is_and_the_pattern_returns_after_it() -> None:
    planned = steady_plans(requests(8, steady=1.0, fill=[0.0, 0.0, 0.0, 1.0] * 2))
    assert plan(planned) == [False, True, True, False, True, True, True, False]
    assert not patterns(planned, 3)
    assert {patterns(planned, bar)["hihat"] for bar in (1, 2, 4, 5, 6)} == {0}
    assert np.isnan(planned.controls[3, CONTROL_INDEX["steady"]])  # the model is not told that it repeats
    assert np.isnan(planned.beats[4 * IN_BAR : 5 * IN_BAR, VARIATION]).all()  # the bar after the fill differs from it


def test_every_bar_begins_the_pattern_repeats_it_is_free_of_it_or_is_a_requested_fill() -> None:
    for seed in range(10):
        planned = steady_plans(requests(12, steady=0.3, fill=[0.0, 0.0, 0.0, 1.0] * 3))
        steady = plan_steady_bars(planned, np.ones(12, dtype=bool), np.random.default_rng(seed))
        kinds = np.stack([np.arange(12) == 0, steady.repeated, steady.free, np.arange(12) % 4 == 3])
        assert (kinds.sum(axis=0) == 1).all() and kinds.any(axis=1).all()


def test_a_fill_in_the_first_bar_is_not_the_pattern() -> None:
    planned = steady_plans(requests(8, steady=1.0, fill=[1.0] + [0.0] * 7))
    assert plan(planned) == [False, False] + [True] * 6
    assert {patterns(planned, bar)["hihat"] for bar in range(2, 8)} == {1}
    assert plan(steady_plans(requests(2, steady=1.0, fill=1.0))) == [False, False]


def test_the_pattern_returns_after_bars_that_are_not_steady() -> None:
    planned = steady_plans(requests(6, steady=[1.0, 1.0, math.nan, 1.0, 1.0, 1.0]))
    assert plan(planned) == [False, True, False, True, True, True]
    assert patterns(planned, 3)["hihat"] == 0
    assert np.isnan(planned.beats[3 * IN_BAR, VARIATION])  # it differs from the bar before


def test_bars_that_follow_a_groove_repeat_its_pattern() -> None:
    planned = steady_plans(requests(8, steady=[math.nan] * 4 + [1.0] * 4))
    assert plan(planned, heard=[1, 2]) == [False] * 4 + [True] * 4
    assert [patterns(planned, bar)["hihat"] for bar in range(4, 8)] == [1] * 4
    assert [patterns(planned, bar)["kick"] for bar in range(4, 8)] == [2, 1, 2, 1]


PATTERN = {
    "a": {"kick": (0, 24), "snare": (12, 36), "hihat_closed": (0, 6, 12, 18, 24, 30, 36, 42)},
    "b": {"kick": (0, 30), "snare": (12, 36), "hihat_closed": (0, 6, 12, 18, 24, 30, 36, 42)},
    "x": {"kick": (6, 18), "snare": (3, 36), "hihat_closed": (0, 12, 15, 21, 33)},  # another bar
    "f": {"snare": (0, 3, 6, 9, 12, 15), "tom_low": (18, 21, 24, 27, 30, 33, 36, 39, 42, 45)},  # a fill
    "-": {},
}


def bars_of(names: str) -> Groove:
    """Write a groove, one letter of `PATTERN` a bar."""
    velocities = np.zeros((len(names) * 48, VOICE_COUNT), dtype=np.float32)
    for bar, name in enumerate(names):
        for voice, steps in PATTERN[name].items():
            velocities[bar * 48 + np.array(steps), VOICE_INDEX[voice]] = 0.8
    return Groove(velocities > 0, velocities, np.zeros_like(velocities), 100)


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        ("a", "a"), ("aaaf", "aa"), ("abababaf", "ab"), ("aaxaaaaf", "aa"), ("abab", "ab"), ("aa--", "aa"), ("---", ""),
        ("xxxxxxxxababab", "ab"), ("aaaabaxx", "aa"),
    ],
)  # fmt: skip
def test_the_pattern_of_a_groove_is_in_its_typical_bars(names: str, pattern: str) -> None:
    found = find_pattern(bars_of(names))
    assert sorted(names[bar] for bar in found) == sorted(pattern)
    assert len({bar % 2 for bar in found}) == len(found)  # the bars repeat in turn


def test_bars_at_the_end_of_a_phrase_are_no_part_of_the_pattern() -> None:
    assert "x" not in {"aaxaaaxa"[bar] for bar in find_pattern(bars_of("aaxaaaxa"), phrase_bar=1)}


def test_another_pattern_begins_where_other_controls_are_requested() -> None:
    planned = steady_plans(requests(8, steady=1.0, complexity=[0.2, 0.25, 0.3, 0.3, 0.9, 0.9, 0.9, 0.8]))
    assert plan(planned) == [False, True, True, True, False, True, True, True]
    assert {patterns(planned, bar)["hihat"] for bar in (5, 6, 7)} == {4}
    assert planned.controls[6, CONTROL_INDEX["complexity"]] == 0.9  # what is requested is told to the model
    planned = steady_plans(requests(6, steady=1.0, complexity=[math.nan] * 3 + [0.9] * 3))
    assert plan(planned) == [False, True, True, False, True, True]
    assert is_other_pattern({"complexity": 0.9, "intensity": 0.1}, {"complexity": 0.5, "intensity": 0.9})
    assert not is_other_pattern({"intensity": 0.1}, {"complexity": 0.5, "song": ["verse"], "intensity": 0.9})


def test_only_timekeepers_repeat_where_variation_is_requested() -> None:
    planned = steady_plans(requests(8, steady=1.0, variation=0.6))
    assert plan(planned) == [False] + [True] * 7
    assert set(patterns(planned, 2)) == {"hihat", "cymbal"}
    assert (planned.controls[1:, CONTROL_INDEX["variation"]] == 0.6).all()


def test_a_steady_groove_is_embellished_at_the_end_of_its_phrases() -> None:
    """Phrases are counted from where the first bar is in its own."""
    for phrase_bar in range(4):
        embellished = set()
        for seed in range(20):
            planned = steady_plans(requests(8, steady=1.0))
            plan(planned, seed, phrase_bar)
            embellished |= set((np.flatnonzero((planned.repeats == UNCONSTRAINED).any(axis=1)) // IN_BAR).tolist())
        assert embellished == {bar for bar in range(1, 8) if (phrase_bar + bar) % 4 == 3}
