"""Meters: their text, lengths, groups and clicks."""

import numpy as np
import pytest

from drummer.errors import GrooveError
from drummer.music.controls import measure_controls
from drummer.music.groove import Groove
from drummer.music.meter import METERS, Meter, groupings_of
from drummer.music.meter_adaptation import can_adapt
from drummer.music.time_scaling import double_time, half_time
from tests.midi_events import random_groove


@pytest.mark.parametrize(
    ("text", "quarters", "pulse", "grouping"),
    [
        ("4/4", 4, 1, (4,)),
        ("3/4", 3, 1, (3,)),
        ("5/4", 5, 1, (3, 2)),
        ("3/8", 1.5, 0.5, (3,)),
        ("6/8", 3, 1.5, (3, 3)),
        ("7/8", 3.5, 0.5, (2, 2, 3)),
        ("9/8", 4.5, 1.5, (3, 3, 3)),
        ("12/8", 6, 1.5, (3, 3, 3, 3)),
        ("7/8 (3+2+2)", 3.5, 0.5, (3, 2, 2)),
        ("9/8 (2+2+2+3)", 4.5, 0.5, (2, 2, 2, 3)),
        ("2/2", 4, 2, (2,)),
    ],
)
def test_a_meter_has_a_length_a_click_and_groups(text, quarters, pulse, grouping):
    meter = Meter.parse(text)
    assert (meter.quarters, meter.pulse, meter.grouping) == (quarters, pulse, grouping)
    assert meter.pulses * meter.pulse == quarters
    assert str(meter) == text
    assert meter.steps(12) == quarters * 12


def test_groups_begin_in_quarter_notes():
    assert Meter(7, 8).group_starts == (0, 1, 2)
    assert Meter(6, 8).group_starts == (0, 1.5)


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_the_text_of_a_meter_is_read_back(meter):
    assert Meter.parse(str(meter)) == meter


def test_training_can_make_every_meter_that_is_offered():
    assert all(can_adapt(each) for meter in METERS for each in groupings_of(meter))


@pytest.mark.parametrize("text", ["", "4", "0/4", "4/3", "33/4", "7/8 (3+3)", "7/8 (7+0)", "²/4", None, 4, "4/4" * 40])
def test_what_is_no_meter_gets_a_sentence(text):
    with pytest.raises(GrooveError, match=r"meter must|groups of") as caught:
        Meter.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_a_groove_is_cut_joined_measured_and_scaled_in_every_meter(meter):
    groove = random_groove(bars=4, meter=meter)
    assert groove.steps == 4 * meter.steps(12)
    parts = [groove.cut(bar, bar + 1) for bar in range(4)]
    whole = parts[0].then(parts[1]).then(parts[2]).then(parts[3])
    assert whole.bars == 4 and whole.meter == meter
    assert measure_controls(groove).shape[0] == 4
    for scaled in (half_time(groove), double_time(groove)):
        assert (scaled.bars, scaled.meter) == (4, meter)


def test_half_time_of_double_time_brings_back_a_bar_of_7_8():
    groove = Groove.silent(2, 120, meter=Meter(7, 8))
    velocities = np.array(groove.velocities)
    velocities[[0, 12, 24, 42, 54], 0] = 0.8
    groove = Groove(velocities > 0, velocities, velocities * 0, 120, meter=Meter(7, 8))
    assert half_time(double_time(groove)) == groove


def test_grooves_in_two_meters_are_not_joined():
    with pytest.raises(GrooveError, match="12 steps a beat in 4/4, then 12 in 6/8"):
        Groove.silent(1, 120).then(Groove.silent(1, 120, meter=Meter(6, 8)))
