"""Plans: bars that repeat, and the pattern of steady grooves."""

import numpy as np

from drummer.generation.planning import _repeat_nearly_equal_bars
from drummer.generation.steadiness import plan_steady_bars
from drummer.music.beat_plan import BEAT_PLAN, BEAT_PLAN_INDEX, BECOMES_SILENT, NEW_PATTERN, UNCONSTRAINED
from drummer.music.controls import CONTROLS
from drummer.music.voices import FAMILIES

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


def test_all_bars_of_a_wholly_steady_groove_repeat_but_the_first() -> None:
    repeats, beats = plans(12)
    repeats[:] = NEW_PATTERN
    steady = np.concatenate([np.full(8, np.nan), np.ones(4)])  # eight bars are heard
    bars = plan_steady_bars(steady, np.zeros((12, len(CONTROLS))), beats, repeats, np.random.default_rng(0))
    assert bars.tolist() == [False] * 9 + [True] * 3
    assert (repeats[: 9 * IN_BAR] == NEW_PATTERN).all()
    hands_and_feet = [list(FAMILIES).index(name) for name in ("kick", "hihat")]
    assert repeats[9 * IN_BAR, hands_and_feet].tolist() == [1, 1]
    assert repeats[10 * IN_BAR, hands_and_feet].tolist() == [2, 1]  # the kick's pattern may have two bars
    assert set(np.unique(repeats[9 * IN_BAR :])) <= {1, 2, UNCONSTRAINED}


def test_a_steady_groove_is_embellished_at_the_end_of_its_phrases() -> None:
    """Phrases are counted from where the first bar is in its own."""
    for phrase_bar in range(4):
        embellished = set()
        for seed in range(20):
            repeats, beats = plans(8)
            plan_steady_bars(np.ones(8), np.zeros((8, len(CONTROLS))), beats, repeats, np.random.default_rng(seed), phrase_bar)
            embellished |= set((np.flatnonzero((repeats == UNCONSTRAINED).any(axis=1)) // IN_BAR).tolist())
        assert embellished == {bar for bar in range(1, 8) if (phrase_bar + bar) % 4 == 3}
