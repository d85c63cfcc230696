"""Controls measured in grooves: on patterns whose answer is known, and fills on what GMD's drummers labelled."""

from __future__ import annotations

import numpy as np
import pytest

from drummer import touch
from drummer.config import default_config
from drummer.controls import CONTROLS, RANGES, spread, to_inputs
from drummer.corpus import Corpus
from drummer.errors import SettingError
from drummer.groove import Groove, Hits
from drummer.voices import VOICE_INDEX

NAN = float("nan")


def groove(beats: list[float], voices: list[str], velocities: float | list[float] = 0.5, bars: int = 1) -> Groove:
    loud = np.broadcast_to(np.asarray(velocities, dtype=np.float32), len(beats))
    return Groove.from_hits(Hits(np.array(beats), np.array([VOICE_INDEX[name] for name in voices]), loud), 120.0, bars=bars)


def measured(what: Groove, control: str) -> list[float]:
    return [round(float(value), 3) for value in touch.measure(what)[:, CONTROLS.index(control)]]


def test_intensity_and_complexity_are_mean_velocity_and_hits_a_beat() -> None:
    two_bars = groove([0, 1, 2, 3, 4], ["kick"] * 5, [0.2, 0.4, 0.6, 0.8, 0.9], bars=2)
    assert measured(two_bars, "intensity") == [0.5, 0.9]
    assert measured(two_bars, "complexity") == [1.0, 0.25]


@pytest.mark.parametrize(("place", "swing"), [(0.5, 0.0), (2 / 3, 1.0), (0.583, 0.498), (0.25, 0.0), (1 / 3, 1.0), (0.75, 0.0)])
def test_swing_is_how_far_towards_the_triplet_the_off_beats_lie(place: float, swing: float) -> None:
    assert measured(groove([beat + place for beat in range(4)], ["hihat_closed"] * 4), "swing") == [
        pytest.approx(swing, abs=0.01)
    ]


def test_lateness_is_in_milliseconds_and_a_hit_just_before_the_bar_line_belongs_to_the_next_bar() -> None:
    late = groove([0.02, 1.02, 2.02, 3.02], ["snare"] * 4)
    assert measured(late, "lateness") == [pytest.approx(10.0, abs=0.01)]
    early = groove([0, 1, 2, 3, 3.96], ["snare"] * 5, bars=2)
    assert measured(early, "lateness") == [0.0, pytest.approx(-20.0, abs=0.01)]


def test_what_a_bar_has_nothing_to_measure_by_is_unknown() -> None:
    values = touch.measure(groove([0.5], ["kick"], bars=2))
    assert np.isnan(values[1]).tolist() == [True, False, False, True, True]
    assert np.isnan(values[0, CONTROLS.index("lateness")])


def test_a_bar_of_toms_among_bars_of_hats_is_a_fill() -> None:
    time = [(bar * 4 + eighth / 2, "hihat_closed") for bar in (0, 1, 3) for eighth in range(8)]
    fill = [(8 + sixteenth / 4, "tom_low") for sixteenth in range(16)]
    beats, voices = zip(*(time + fill), strict=True)
    assert touch.fills(groove(list(beats), list(voices), bars=4)).tolist() == [False, False, True, False]


def test_a_bar_of_rest_is_no_fill() -> None:
    time = [bar * 4 + eighth / 2 for bar in (0, 1, 3) for eighth in range(8)]
    assert not touch.fills(groove(time, ["hihat_closed"] * len(time), bars=4)).any()


def test_fills_are_found_among_the_bars_of_real_beats(real_corpus: Corpus) -> None:
    """Each fill file of the training split after seven bars of a beat of its drummer, and those seven bars as what is none."""
    generator = np.random.default_rng(0)
    genres = default_config().genres
    beats = [take for take in real_corpus.select("train", genres, "beat") if take.groove.bars >= 8]
    found, false = [], []
    for fill in real_corpus.select("train", genres, "fill"):
        own = [take for take in beats if take.drummer == fill.drummer] or beats
        take = own[int(generator.integers(len(own)))].groove
        first = int(generator.integers(0, take.bars - 6))
        flags = touch.fills(take.cut(first, first + 7).then(fill.groove))
        found.append(flags[7:].any())
        false.append(flags[:7].mean())
    recall, false_rate = float(np.mean(found)), float(np.mean(false))
    precision = recall / (recall + false_rate)  # of one bar of each; the beats' own fills, which nobody labelled, count as false
    print(f"recall {recall:.3f}, precision {precision:.3f}, flagged bars of beats {false_rate:.3f}")
    assert recall > 0.7
    assert precision > 0.75


def test_a_scale_says_what_is_little_and_much_in_a_genre() -> None:
    generator = np.random.default_rng(0)
    values = np.stack(
        [generator.uniform(0.2, 0.6, 500), generator.uniform(2, 6, 500), *np.zeros((2, 500)), np.full(500, 7.0)], axis=1
    )
    scale = touch.Scale.fit([(1, values)], 2)
    asked = scale.to_controls(np.array([[0.2, 4.0, 1.0, -0.3, 12.0], [0.6, 9.0, 0.0, 0.5, 90.0], [NAN] * 5]), 1)
    assert asked[0].round(1).tolist() == [0.0, 0.5, 1.0, 0.0, 5.0]
    assert asked[1].round(1).tolist() == [1.0, 1.0, 0.0, 0.5, 20.0]
    assert np.isnan(asked[2]).all()
    assert np.array_equal(scale.quantiles[0], scale.quantiles[1]), "a genre without drummers takes everybody's"


def test_inputs_are_minus_one_to_one_and_say_what_is_known() -> None:
    inputs = to_inputs(np.array([[0.0, 1.0, 0.5, NAN, -20.0]]))
    assert inputs.tolist() == [[-1.0, 1.0, 0.0, 0.0, -1.0, 1.0, 1.0, 1.0, 0.0, 1.0]]


def test_wishes_are_spread_over_the_bars() -> None:
    wishes = spread(3, {"intensity": 0.5, "fill": [None, 0, 1], "swing": None})
    assert wishes[:, 0].tolist() == [0.5] * 3
    assert np.array_equal(wishes[:, 2], [NAN, 0.0, 1.0], equal_nan=True)
    assert np.isnan(wishes[:, [1, 3, 4]]).all()


@pytest.mark.parametrize("name", RANGES)
def test_a_wish_out_of_its_range_is_refused_by_name(name: str) -> None:
    for value in (RANGES[name][1] + 0.01, RANGES[name][0] - 0.01, NAN):
        with pytest.raises(SettingError, match=f"{name} must be"):
            spread(1, {name: value})
