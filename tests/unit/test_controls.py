"""Controls measured in grooves: on patterns whose answer is known, and fills on what GMD's drummers labelled."""

from __future__ import annotations

import numpy as np
import pytest

from drummer.errors import SettingError
from drummer.music.beat_plan import (
    BECOMES_SILENT,
    NEW_PATTERN,
    UNCONSTRAINED,
    beat_variation,
    encode_beat_plan,
    find_repeats,
    find_returns,
    measure_beat_plan,
)
from drummer.music.controls import CONTROL_INDEX, CONTROLS, HIGHS, LOWS, controls_by_bar, encode_controls, measure_controls
from drummer.music.fills import find_fills
from drummer.music.genre_scale import GenreScale
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX

NAN = float("nan")


def groove(beats: list[float], voices: list[str], velocities: float | list[float] = 0.5, bars: int = 1) -> Groove:
    loud = np.broadcast_to(np.asarray(velocities, dtype=np.float32), len(beats))
    return Groove.from_hits(Hits(np.array(beats), np.array([VOICE_INDEX[name] for name in voices]), loud), 120.0, bars=bars)


def measured(what: Groove, control: str) -> list[float]:
    return [round(float(value), 3) for value in measure_controls(what)[:, CONTROL_INDEX[control]]]


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
    values = measure_controls(groove([0.5], ["kick"], bars=2))
    known = {name for name, value in zip(CONTROLS, values[1], strict=True) if not np.isnan(value)}
    assert known == {"complexity", "fill", "variation", "kick", "toms", "steady"}
    assert np.isnan(values[0, CONTROL_INDEX["lateness"]])


def test_variation_is_the_share_of_onsets_that_differ_from_the_bar_before() -> None:
    played = groove([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5, 11.5], (["kick", "snare"] * 6), bars=4)
    assert measured(played, "variation")[1:] == [0.0, 0.5, 1.0]
    assert np.isnan(measured(played, "variation")[0])


def test_the_variation_of_a_beat_is_against_the_same_beat_of_the_bar_before() -> None:
    played = groove([0, 1, 3, 4, 5.5, 7, 7.5], ["kick", "snare", "kick", "kick", "snare", "kick", "snare"], bars=2)
    assert beat_variation(played)[4:] == pytest.approx([0.0, 1.0, NAN, 1 / 3], nan_ok=True)
    assert np.isnan(beat_variation(played)[:4]).all()


def test_families_repeat_one_bar_or_two_bars_before_beat_by_beat() -> None:
    """Kick on every first beat; hi-hat on the second beat in bars 1 and 3, on its off-beat in bar 2; a snare in bar 4."""
    hits = [(0.0, 0), (4.0, 0), (8.02, 0), (12.0, 0), (1.0, 4), (5.5, 4), (8.99, 4), (13.0, 4), (14.0, 1)]
    beats, voices = zip(*sorted(hits), strict=True)
    played = Groove.from_hits(Hits(np.array(beats), np.array(voices), np.full(len(hits), 0.5, dtype=np.float32)), 100, bars=4)
    found = find_repeats(played).reshape(4, 4, 5)
    assert (found[0] <= 0).all()
    kick, snare, hihat, tom = (found[1:, :, family] for family in range(4))
    assert kick.tolist() == [[1] * 4] * 3
    assert snare.tolist() == [[1] * 4, [1] * 4, [1, 1, NEW_PATTERN, 1]]
    assert hihat.tolist() == [[1, NEW_PATTERN, 1, 1], [1, 2, 1, 1], [1, 1, 1, 1]]
    assert tom.tolist() == [[1] * 4] * 3, "a rest repeats a rest"
    with_snare, without = played.cut(3, 4), played.cut(0, 1)
    ended = with_snare.then(with_snare).then(without)
    assert find_repeats(ended).reshape(3, 4, 5)[2, :, 1].tolist() == [1, 1, BECOMES_SILENT, 1]


def test_families_return_to_what_they_played_some_bars_before_beat_by_beat() -> None:
    """One kick a bar, each on an eighth; rests, and what is as one or two bars before, are no returns."""
    eighths = [0, 1, 2, 3, 1, 1, 6, 7, 4, 1, 0, 6]
    kicks = [4.0 * bar + eighth / 2 + 0.02 * (-1) ** bar for bar, eighth in enumerate(eighths)]
    played = groove(kicks, ["kick"] * 12, np.linspace(0.3, 0.8, 12).tolist(), 12)
    found = find_returns(played, find_repeats(played)).reshape(12, 4, 5)
    of_kick = {bar + 1: [int(back) for back in found[bar, :, 0] if back != UNCONSTRAINED] for bar in range(12)}
    expected = {5: [3], 10: [4], 12: [5]}  # bar 10 is as bars 2, 5 and 6: a phrase ago is the best reason; bar 11 as ten before
    assert of_kick == {bar: expected.get(bar, []) for bar in range(1, 13)}
    assert found[4, 0, 0] == 3 and found[11, 3, 0] == 5
    assert (found[:, :, 1:] == UNCONSTRAINED).all()


def test_a_bar_that_is_a_copy_returns_to_nothing() -> None:
    drums = ["kick", "snare", "kick", "tom_low"]
    bars = [groove([eighth / 2], [drum], 0.4) for eighth, drum in zip((0, 3, 5, 6), drums, strict=True)]
    whole = bars[0].then(bars[1]).then(bars[2]).then(bars[3])
    softer = groove([0.0], ["kick"], 0.3)
    for last, back in ((bars[0], UNCONSTRAINED), (softer, 4)):
        played = whole.then(last)
        assert find_returns(played, find_repeats(played))[16, 0] == back


def test_kick_toms_and_cymbals_are_counted() -> None:
    played = groove([0, 0, 1, 1.5, 2, 3], ["kick", "ride", "hihat_closed", "hihat_open", "tom_low", "crash"])
    assert measured(played, "kick") == [0.25]
    assert measured(played, "toms") == [0.25]
    assert measured(played, "cymbals") == [0.5]


def test_dynamics_and_looseness_are_spreads() -> None:
    played = groove([0.01, 0.99, 2.01, 2.99], ["snare"] * 4, [0.2, 0.8, 0.2, 0.8])
    assert measured(played, "dynamics") == [0.3]
    assert measured(played, "looseness") == [5.0]


def test_a_bar_of_toms_among_bars_of_hats_is_a_fill() -> None:
    time = [(bar * 4 + eighth / 2, "hihat_closed") for bar in (0, 1, 3) for eighth in range(8)]
    fill = [(8 + sixteenth / 4, "tom_low") for sixteenth in range(16)]
    beats, voices = zip(*(time + fill), strict=True)
    assert find_fills(groove(list(beats), list(voices), bars=4)).tolist() == [False, False, True, False]


def test_a_bar_of_rest_is_no_fill() -> None:
    time = [bar * 4 + eighth / 2 for bar in (0, 1, 3) for eighth in range(8)]
    assert not find_fills(groove(time, ["hihat_closed"] * len(time), bars=4)).any()


def bar_of(**values: float) -> list[float]:
    return [values.get(name, NAN) for name in CONTROLS]


def test_a_scale_says_what_is_little_and_much_in_a_genre() -> None:
    generator = np.random.default_rng(0)
    values = np.zeros((500, len(CONTROLS)))
    values[:, CONTROL_INDEX["intensity"]] = generator.uniform(0.2, 0.6, 500)
    values[:, CONTROL_INDEX["complexity"]] = generator.uniform(2, 6, 500)
    values[:, CONTROL_INDEX["lateness"]] = 7.0
    scale = GenreScale.fit([(1, values)], 2)
    asked = scale.to_controls(
        np.array(
            [
                bar_of(intensity=0.2, complexity=4.0, fill=1.0, swing=-0.3, lateness=12.0, toms=5.0),
                bar_of(intensity=0.6, complexity=9.0, fill=0.0, swing=0.5, lateness=90.0, toms=0.5),
                bar_of(),
            ]
        ),
        1,
    )
    expected = [
        bar_of(intensity=0.0, complexity=0.5, fill=1.0, swing=0.0, lateness=5.0, toms=4.0),
        bar_of(intensity=1.0, complexity=1.0, fill=0.0, swing=0.5, lateness=20.0, toms=0.5),
        bar_of(),
    ]
    np.testing.assert_allclose(asked, expected, atol=0.05)
    assert np.array_equal(scale.quantiles[0], scale.quantiles[1]), "a genre without drummers takes everybody's"


def test_inputs_are_minus_one_to_one_and_say_what_is_known() -> None:
    first, second = encode_controls(np.stack([LOWS, HIGHS])).reshape(2, 2, -1)
    variation = CONTROL_INDEX["variation"]
    assert np.delete(first[0], variation).tolist() == [-1.0] * (len(CONTROLS) - 1)
    assert first[:, variation].tolist() == [0.0, 0.0], "nothing comes before a first bar"
    assert second.tolist() == [[1.0] * len(CONTROLS)] * 2
    assert not encode_controls(np.full((2, len(CONTROLS)), NAN)).any()


def test_a_plan_says_of_each_beat_how_busy_it_is_and_how_much_it_differs_from_the_bar_before() -> None:
    played = groove([0, 1, 2, 4, 5, 5.5], ["kick", "kick", "snare", "kick", "kick", "kick"], bars=2)
    plan = measure_beat_plan(played)
    assert plan[:, 1].tolist() == [1, 1, 1, 0, 1, 2, 0, 0]
    assert np.isnan(plan[:4, 0]).all(), "nothing comes before a first bar"
    np.testing.assert_allclose(plan[4:, 0], [0.0, 1 / 3, 1.0, 0.0])
    first, second = encode_beat_plan(plan, 4).reshape(2, 4, 2, 2)
    assert not first[:, :, 0].any()
    assert first[0, 0, 1] == pytest.approx(-1.0 + 2.0 / 12)
    assert second[:, 1].all()


def test_controls_are_spread_over_the_bars() -> None:
    controls = controls_by_bar(3, {"intensity": 0.5, "fill": [None, 0, 1], "swing": None})
    assert controls[:, 0].tolist() == [0.5] * 3
    assert np.array_equal(controls[:, 2], [NAN, 0.0, 1.0], equal_nan=True)
    assert np.isnan(np.delete(controls, [0, 2], axis=1)).all()


@pytest.mark.parametrize("name", CONTROLS)
def test_a_wish_out_of_its_range_is_refused_by_name(name: str) -> None:
    for value in (CONTROLS[name].high + 0.01, CONTROLS[name].low - 0.01, NAN):
        with pytest.raises(SettingError, match=f"{name} must be"):
            controls_by_bar(1, {name: value})


def test_steady_is_the_share_of_bars_whose_timekeeper_repeats_the_bar_before() -> None:
    eighths = [bar * 4 + eighth / 2 for bar in range(12) for eighth in range(8)]
    same = groove(eighths, ["hihat_closed"] * len(eighths), bars=12)
    assert measured(same, "steady") == [1.0] * 12
    never = groove([bar * 4 + bar / 4 for bar in range(12)], ["ride"] * 12, bars=12)
    assert measured(never, "steady") == [0.0] * 12
    half = groove([0, 1, 2, 3, 4, 5, 6, 7, 8, 9.5], ["hihat_closed"] * 10, bars=3)
    assert measured(half, "steady") == [0.5] * 3
    assert np.isnan(measure_controls(groove([0.0], ["kick"]))[0, CONTROL_INDEX["steady"]])
