"""Descriptors: expected values on synthetic grooves."""

from dataclasses import replace

import numpy as np
import pytest

from drummer.evaluation.descriptors import Window, describe
from drummer.music.groove import Groove, Hits
from tests.datasets import simple_groove


def groove_of(*rows: tuple[float, int, float], bars: int = 4, bpm: float = 120) -> Groove:
    beats, voices, velocities = zip(*rows, strict=True)
    return Groove.from_hits(Hits(np.array(beats, float), np.array(voices), np.array(velocities, np.float32)), bpm, bars=bars)


def repeated(bar: Groove, bars: int = 4) -> Groove:
    whole = bar
    for _ in range(bars - 1):
        whole = whole.then(bar)
    return whole


def test_each_aspect_has_at_least_twenty_descriptors() -> None:
    described = describe(simple_groove(4))
    assert list(described) == ["notes", "velocity", "timing"]
    assert min(len(values) for values in described.values()) >= 20
    assert all(isinstance(value, float) for values in described.values() for value in values.values())


def test_notes_of_a_plain_rock_beat() -> None:
    notes = describe(simple_groove(4))["notes"]
    assert notes["density"] == 3.0
    assert (notes["density_kick"], notes["density_snare"], notes["density_hihat"], notes["density_tom"]) == (0.5, 0.5, 2.0, 0.0)
    assert (notes["backbeat"], notes["kick_on_1"], notes["voices"]) == (1.0, 1.0, 3.0)
    assert (notes["bar_change"], notes["bars_repeated"], notes["repeats_after_bar"]) == (0.0, 1.0, 1.0)
    assert notes["on_eighths"] == pytest.approx(1 / 3)
    assert notes["on_triplets"] == 0.0
    assert notes["flams"] == 0.0


def test_an_exactly_repeated_bar_has_no_difference_and_full_correlation() -> None:
    described = describe(repeated(simple_groove(1)))
    for group in ("velocity", "timing"):
        assert described[group]["bar_difference"] == pytest.approx(0.0, abs=1e-6)
        assert described[group]["bar_correlation"] == pytest.approx(1.0)
    other = describe(simple_groove(4))
    assert other["velocity"]["bar_difference"] > 0.1
    assert abs(other["velocity"]["bar_correlation"]) < 0.5


def test_a_groove_on_the_grid_is_tight() -> None:
    human = simple_groove(4)
    stiff = replace(human, offsets=np.zeros_like(human.offsets))
    assert describe(stiff)["timing"]["spread"] == pytest.approx(0.0, abs=1e-6)
    assert describe(stiff)["timing"]["tight"] == 1.0
    assert describe(human)["timing"]["spread"] > 4.0
    assert describe(stiff)["notes"] == pytest.approx(describe(human)["notes"], nan_ok=True)
    assert describe(stiff)["velocity"] == pytest.approx(describe(human)["velocity"], nan_ok=True)


def test_late_eighths_are_swing_in_milliseconds() -> None:
    rows = [(beat + late, 4, 0.5) for beat in range(16) for late in (0.0, 0.52)]
    timing = describe(groove_of(*rows, bpm=120))["timing"]
    assert timing["swing_eighths"] == pytest.approx(10.0, abs=0.1)  # 0.02 beats of 500 ms


def test_flams_ghost_notes_and_accents() -> None:
    rows = [(beat, 1, 0.9 if beat % 2 else 0.1) for beat in range(16)] + [(beat + 0.9, 1, 0.2) for beat in range(0, 16, 4)]
    described = describe(groove_of(*rows))
    assert described["notes"]["flams"] == pytest.approx(4 / 20)
    assert described["velocity"]["ghost_notes"] == pytest.approx(12 / 20)
    assert described["velocity"]["accent_backbeat"] == pytest.approx((8 * 0.9 + 4 * 0.2) / 12 - 0.1)  # the flams are near beat 2


def test_descriptors_without_hits_are_nan() -> None:
    described = describe(groove_of((0.0, 0, 0.5), (4.0, 0, 0.5)))
    assert np.isnan(described["velocity"]["mean_snare"])
    assert np.isnan(described["timing"]["hands_apart"])
    assert described["velocity"]["mean_kick"] == pytest.approx(0.5)


def test_of_two_hits_in_a_sixteenth_the_louder_is_in_the_matrix_and_both_in_the_list() -> None:
    window = Window.of(groove_of((0.0, 1, 0.2), (0.1, 1, 0.8), bars=2))
    assert len(window.beats) == 2
    assert window.velocity_at[0, 1] == pytest.approx(0.8)
    assert window.deviation_at[0, 1] == pytest.approx(50.0, abs=0.1)
