"""Masks for infilling: the bars that are heard ahead of a groove."""

import numpy as np
import pytest

from drummer.generation.masks import count_lead_in, fix_music_of, fix_voices, free_beats, with_lead_in
from drummer.music.meter import FOUR_FOUR, Meter
from tests.datasets import simple_groove
from tests.midi_events import random_groove


@pytest.mark.parametrize(
    ("bars", "bar", "lead_in"),
    [
        (8, 0, 4),
        (8, 1, 4),  # free from just ahead of its bar line, where it may begin early
        (8, 3, 2),
        (8, 5, 0),
        (8, 7, 0),
        (4, 0, 3),  # the bar itself is not heard ahead of it
        (2, 0, 1),
        (1, 0, 1),
    ],
)
def test_a_bar_that_is_generated_again_follows_four_others(bars: int, bar: int, lead_in: int) -> None:
    groove = simple_groove(bars)
    assert count_lead_in(groove, ~fix_music_of(groove, [bar]), memory_bars=4) == lead_in


def test_one_bar_is_heard_ahead_of_voices_that_are_free_everywhere_and_none_of_a_groove_that_stays() -> None:
    groove = simple_groove(8)
    assert count_lead_in(groove, fix_voices(groove, ["kick"]), memory_bars=4) == 1
    assert count_lead_in(groove, np.ones(groove.hits.shape, dtype=bool), memory_bars=4) == 0
    assert count_lead_in(groove, free_beats(groove, 0, 1), memory_bars=0) == 1


@pytest.mark.parametrize("meter", [FOUR_FOUR, Meter(7, 8)])
def test_the_last_bars_of_the_loop_are_heard(meter: Meter) -> None:
    groove = random_groove(np.random.default_rng(3), bars=8, meter=meter)
    bar, lead = groove.steps_per_bar, groove.lead_in_steps
    whole, fixed = with_lead_in(groove, ~fix_music_of(groove, [0]), 4)
    assert whole.slice_bars(0, 4) == groove.slice_bars(4, 8)
    assert whole.slice_bars(4, 12) == groove
    assert fixed[: 4 * bar - lead].all()
    ahead = slice(4 * bar - lead, 4 * bar)
    assert whole.hits[ahead].any()
    assert (fixed[ahead] == whole.hits[ahead]).all()  # silent cells are free for an early downbeat
    assert not fixed[4 * bar : 5 * bar - lead].any()
