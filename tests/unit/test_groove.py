import numpy as np
import pytest

from drummer.errors import GrooveError
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.time_scaling import double_time, half_time
from drummer.music.voices import VOICE_COUNT

ALMOST_HALF = np.nextafter(np.float32(0.5), np.float32(0))


def hits(*rows):
    """Make hits of (beat, voice, velocity) rows."""
    beats, voices, velocities = zip(*rows, strict=True)
    return Hits(np.array(beats, np.float64), np.array(voices), np.array(velocities, np.float32))


def arrays(bars=1, density=0.3, seed=0):
    generator = np.random.default_rng(seed)
    sounds = generator.random((bars * 48, VOICE_COUNT)) < density
    velocities = np.where(sounds, generator.uniform(0.01, 1, sounds.shape), 0).astype(np.float32)
    offsets = np.where(sounds, generator.uniform(-0.5, 0.499, sounds.shape), 0).astype(np.float32)
    return sounds, velocities, offsets


def groove(bars=2, bpm=120.0, **options):
    return Groove(*arrays(bars, **options), bpm)


def test_derived_values():
    playing = groove(bars=3, bpm=90)
    assert (playing.steps, playing.steps_per_bar, playing.bars, playing.beats) == (144, 48, 3, 12)
    assert playing.seconds == pytest.approx(8.0)
    assert playing.hit_count == arrays(3)[0].sum()
    assert playing.bar_phase.tolist() == list(range(48)) * 3


def test_arrays_are_read_only_copies():
    sounds, velocities, offsets = arrays()
    playing = Groove(sounds, velocities, offsets, 120)
    before = playing.velocities.copy()
    velocities[:] = 0.5
    np.testing.assert_array_equal(playing.velocities, before)
    for array in (playing.hits, playing.velocities, playing.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_equality_is_by_value():
    assert groove() == groove()
    assert groove() != groove(seed=1)
    assert groove() != groove().with_bpm(121)
    assert groove() != "a groove"
    with pytest.raises(TypeError):
        hash(groove())


def one_hit(velocity=0.5, offset=0.0, sounds=True):
    result = np.zeros((48, 13), bool), np.zeros((48, 13), np.float32), np.zeros((48, 13), np.float32)
    for array, value in zip(result, (sounds, velocity, offset), strict=True):
        array[4, 2] = value
    return result


@pytest.mark.parametrize("velocity", [0.0, -0.1, 1.01, np.nan, np.inf])
def test_velocities_outside_their_range_are_refused(velocity):
    with pytest.raises(GrooveError, match="velocity of every hit"):
        Groove(*one_hit(velocity=velocity), 120)


@pytest.mark.parametrize("offset", [-0.51, 0.5, np.nan, np.inf])
def test_offsets_outside_their_range_are_refused(offset):
    with pytest.raises(GrooveError, match="offset of every hit"):
        Groove(*one_hit(offset=offset), 120)


def test_the_ends_of_the_ranges_are_inside():
    Groove(*one_hit(velocity=1, offset=-0.5), 4)
    Groove(*one_hit(velocity=1e-6, offset=ALMOST_HALF), 1000)


@pytest.mark.parametrize(("velocity", "offset"), [(0.5, 0), (0, 0.1), (np.nan, 0), (0, np.nan)])
def test_nothing_may_stand_where_there_is_no_hit(velocity, offset):
    with pytest.raises(GrooveError, match="0 where there is no hit"):
        Groove(*one_hit(velocity, offset, sounds=False), 120)


@pytest.mark.parametrize("bpm", [0, 3.9, 1001, -120, np.nan, np.inf])
def test_tempos_outside_their_range_are_refused(bpm):
    with pytest.raises(GrooveError, match="tempo must be from 4 to 1000 BPM"):
        Groove(*arrays(), bpm)


@pytest.mark.parametrize("shape", [(0, 13), (47, 13), (49, 13), (48, 12), (48,)])
def test_shapes_that_are_no_whole_bars_are_refused(shape):
    with pytest.raises(GrooveError):
        Groove(np.zeros(shape, bool), np.zeros(shape), np.zeros(shape), 120)


def test_arrays_must_agree():
    sounds, velocities, offsets = arrays()
    with pytest.raises(GrooveError, match="one shape"):
        Groove(sounds, velocities[:24], offsets, 120)


def test_a_beat_needs_steps():
    with pytest.raises(GrooveError, match="a beat needs at least one step, got 0"):
        Groove(*arrays(), 120, 0)


def test_a_bar_lasts_whole_steps():
    with pytest.raises(GrooveError, match="a bar of 7/8 does not last whole steps of 1 a quarter note"):
        Groove.silent(1, 120, steps_per_beat=1, meter=Meter(7, 8))


# -- hits ------------------------------------------------------------------------------------------------------------------


def test_hits_are_listed_in_the_order_of_their_onsets():
    listed = Groove.from_hits(hits((1.0, 4, 0.5), (0.98, 1, 0.6), (1.0, 0, 0.7)), 120).to_hits()
    assert listed.voices.tolist() == [1, 0, 4]
    np.testing.assert_allclose(listed.beats, [0.98, 1, 1], atol=1e-7)
    np.testing.assert_allclose(listed.velocities, [0.6, 0.7, 0.5])


def test_a_late_hit_has_a_positive_offset():
    playing = Groove.from_hits(hits((1 + 0.25 / 12, 0, 0.5), (2 - 0.25 / 12, 1, 0.5)), 120)
    assert playing.offsets[12, 0] == pytest.approx(0.25)
    assert playing.offsets[24, 1] == pytest.approx(-0.25)


def test_half_a_step_belongs_to_the_next_step():
    playing = Groove.from_hits(hits((0.5 / 12, 0, 0.5), (-0.5 / 12, 1, 0.5)), 120)
    assert playing.offsets[1, 0] == -0.5
    assert playing.offsets[0, 1] == -0.5


@pytest.mark.parametrize("steps_per_beat", [4, 12, 24])
def test_from_hits_is_the_inverse_of_to_hits(steps_per_beat):
    sounds, velocities, offsets = arrays(bars=24)
    playing = Groove(sounds, velocities, offsets, 120, steps_per_beat)
    back = Groove.from_hits(playing.to_hits(), 120, bars=playing.bars, steps_per_beat=steps_per_beat)
    np.testing.assert_array_equal(back.hits, playing.hits)
    np.testing.assert_array_equal(back.velocities, playing.velocities)
    np.testing.assert_allclose(back.offsets, playing.offsets, atol=1e-7)


def test_of_two_hits_in_a_cell_the_louder_stays():
    for first, second in ((0.3, 0.9), (0.9, 0.3)):
        playing = Groove.from_hits(hits((0, 0, first), (0.01, 0, second)), 120)
        assert playing.hit_count == 1
        assert playing.velocities[0, 0] == pytest.approx(0.9)
        assert playing.offsets[0, 0] == pytest.approx(0.12 if second == 0.9 else 0, abs=1e-6)


def test_bars_are_as_many_as_hold_all_hits():
    assert Groove.from_hits(hits((3.9, 0, 0.5)), 120).bars == 1
    assert Groove.from_hits(hits((3.99, 0, 0.5)), 120).bars == 2  # nearest to the step on the bar line
    assert Groove.from_hits(hits((3.9, 0, 0.5)), 120, meter=Meter(3, 4)).bars == 2
    assert Groove.from_hits(hits((0, 0, 0.5)), 120, bars=5).bars == 5
    nothing = Hits(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.float32))
    assert Groove.from_hits(nothing, 120) == Groove.silent(1, 120)


@pytest.mark.parametrize("beat", [-0.1, 4.0, 3.99, 1e9, np.nan, np.inf])
def test_hits_outside_the_bars_are_refused(beat):
    with pytest.raises(GrooveError, match=r"inside the (1 )?bars"):
        Groove.from_hits(hits((beat, 0, 0.5)), 120, bars=1)


@pytest.mark.parametrize("voice", [-1, 13])
def test_voices_that_do_not_exist_are_refused(voice):
    with pytest.raises(GrooveError, match="voice"):
        Groove.from_hits(hits((0, voice, 0.5)), 120)


@pytest.mark.parametrize("velocity", [0.0, -0.5, 1.5, np.nan])
def test_hits_of_no_velocity_are_refused(velocity):
    with pytest.raises(GrooveError, match="velocity"):
        Groove.from_hits(hits((0, 0, velocity)), 120)


# -- edits -----------------------------------------------------------------------------------------------------------------


def test_silence_has_the_length_asked_for():
    silent = Groove.silent(3, 100, steps_per_beat=4, meter=Meter(5, 4))
    assert (silent.bars, silent.steps, silent.hit_count) == (3, 60, 0)
    with pytest.raises(GrooveError):
        Groove.silent(0, 100)


def test_another_tempo_keeps_the_beats():
    slow = groove(bpm=120).with_bpm(60)
    assert slow.seconds == 2 * groove(bpm=120).seconds
    np.testing.assert_array_equal(slow.to_hits().beats, groove().to_hits().beats)


def test_slices_of_bars_are_joined_to_the_same_groove():
    whole = groove(bars=5)
    assert whole.slice_bars(0, 2).then(whole.slice_bars(2, 5)) == whole
    np.testing.assert_array_equal(whole.slice_bars(1, 2).hits, whole.hits[48:96])


def test_an_early_downbeat_goes_with_the_bar_that_it_opens():
    early_kick = Groove.from_hits(hits((0, 0, 0.9), (3.93, 0, 0.8), (4, 4, 0.5), (7.5, 1, 0.6)), 100, bars=2)
    first, second = early_kick.cut(0, 1), early_kick.cut(1, 2)
    np.testing.assert_allclose(first.to_hits().beats, [0])
    np.testing.assert_allclose(second.to_hits().beats, [-0.5 / 12, 0, 3.5])
    np.testing.assert_allclose(second.to_hits().velocities, [0.8, 0.5, 0.6])


def test_a_grace_note_stays_in_the_bar_that_it_ends():
    flam = Groove.from_hits(hits((3.93, 1, 0.3), (4, 1, 0.9)), 100, bars=2)
    assert [flam.cut(bar, bar + 1).hit_count for bar in range(2)] == [1, 1]
    assert flam.cut(0, 1) == flam.slice_bars(0, 1)


def test_a_hit_too_far_ahead_of_the_bar_line_is_no_downbeat():
    sixteenths = Groove.from_hits(hits((3.75, 0, 0.5), (3.84, 4, 0.5)), 100, bars=2)
    assert [sixteenths.cut(bar, bar + 1).hit_count for bar in range(2)] == [2, 0]


def test_the_end_of_a_groove_keeps_its_hits():
    pickup = Groove.from_hits(hits((7.95, 0, 0.5)), 100, bars=2)
    assert pickup.cut(1, 2) == pickup.slice_bars(1, 2)


@pytest.mark.parametrize("steps_per_beat", [4, 12, 24])
def test_cutting_at_any_bar_line_and_joining_again_neither_loses_nor_doubles_a_hit(real_corpus, steps_per_beat):
    for performance in real_corpus.performances[::40]:
        whole = performance.groove.regrid(steps_per_beat)
        early = whole.early_hits()
        for bar in range(1, min(whole.bars, 24)):
            line = bar * whole.steps_per_bar
            joined = whole.cut(0, bar).then(whole.cut(bar, whole.bars))
            assert np.array_equal(joined.hits.sum(axis=0), whole.hits.sum(axis=0))
            assert joined.velocities.sum() == pytest.approx(whole.velocities.sum(), rel=1e-5)
            moved = joined.hits != whole.hits
            moved[line - whole.lead_in_steps : line] = False
            assert np.array_equal(moved[line], early[line - whole.lead_in_steps : line].any(axis=0))
            moved[line] = False
            assert not moved.any()


@pytest.mark.parametrize(("first", "last"), [(0, 6), (-1, 2), (2, 2), (3, 1)])
def test_cuts_outside_the_groove_are_refused(first, last):
    with pytest.raises(GrooveError, match="not inside a groove of 5 bars"):
        groove(bars=5).cut(first, last)


def test_then_keeps_the_first_tempo_and_needs_one_grid():
    assert groove(bpm=90).then(groove(bpm=120)).bpm == 90
    with pytest.raises(GrooveError, match="same grid"):
        groove().then(Groove.silent(1, 120, meter=Meter(3, 4)))


def test_regrid_to_a_finer_grid_keeps_every_onset():
    sounds, velocities, offsets = arrays(bars=4, density=0.2)
    playing = Groove(sounds, velocities, offsets * 0.8, 120)  # so that no two hits of a voice fall into one finer cell
    fine = playing.regrid(48)
    assert fine.steps == 4 * playing.steps
    start = -0.5 / 48  # a finer grid reaches less far ahead of the first bar line
    np.testing.assert_allclose(fine.to_hits().beats, np.maximum(playing.to_hits().beats, start), atol=1e-7)
    assert playing.regrid(12) is playing


def test_regrid_to_a_coarser_grid_loses_only_hits_that_share_a_cell():
    playing = groove(bars=4, density=0.2)
    coarse = playing.regrid(4)
    assert coarse.steps * 3 == playing.steps
    onsets = playing.to_hits()
    cells = {(int(np.floor(min(beat * 4, 63.4) + 0.5)), voice) for beat, voice in zip(onsets.beats, onsets.voices, strict=True)}
    assert coarse.hit_count == len(cells)


# -- less and more of the hand, half and double time ------------------------------------------------------------------------


def test_no_human_amount_is_on_the_grid_with_even_dynamics_and_all_of_it_is_the_groove_itself():
    playing = groove()
    assert playing.with_expression(1.0) is playing
    flat = playing.with_expression(0.0)
    assert np.array_equal(flat.hits, playing.hits)
    assert not flat.offsets.any()
    for voice in range(VOICE_COUNT):
        velocities = flat.velocities[flat.hits[:, voice], voice]
        np.testing.assert_allclose(velocities, playing.velocities[playing.hits[:, voice], voice].mean(), atol=1e-6)


def test_a_human_amount_scales_timing_and_dynamics():
    playing = groove(density=0.1)
    half, more = playing.with_expression(0.5), playing.with_expression(1.5)
    np.testing.assert_allclose(half.offsets, playing.offsets / 2, atol=1e-6)
    small = np.abs(playing.offsets) < 1 / 3
    np.testing.assert_allclose(more.offsets[small], 1.5 * playing.offsets[small], atol=1e-6)
    assert np.abs(more.offsets).max() <= 0.5
    snare = playing.hits[:, 1]
    spreads = [each.velocities[snare, 1].std() for each in (half, playing, more)]
    assert spreads[0] == pytest.approx(spreads[1] / 2, rel=1e-5)
    assert spreads[1] < spreads[2]


@pytest.mark.parametrize("amount", [-0.1, 1.6, float("nan")])
def test_a_human_amount_out_of_range_is_refused(amount):
    with pytest.raises(GrooveError, match=r"expression must be from 0 to 1\.5"):
        groove().with_expression(amount)


def test_half_and_double_time_keep_length_and_milliseconds():
    playing = Groove.from_hits(hits((0.01, 0, 0.9), (1, 1, 0.8), (1.5, 4, 0.5), (2.98, 0, 0.7), (3.75, 1, 0.6)), 100, bars=1)
    half = half_time(playing)
    assert (half.bars, half.bpm) == (1, 100)
    np.testing.assert_allclose(half.to_hits().beats, [0.01, 2, 3], atol=1e-6)
    double = double_time(playing)
    once = [0.01, 0.5, 0.75, 1.48, 1.875]
    np.testing.assert_allclose(double.to_hits().beats, [*once, *(beat + 2 for beat in once)], atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_half_time_undoes_double_time(seed):
    playing = groove(density=0.02, seed=seed)
    settled = (playing.bar_phase > 0) & (playing.bar_phase % 24 != 22)  # neither at an edge nor, at double time, early for a beat
    sounds = playing.hits & (np.arange(playing.steps) % 2 == 0)[:, None] & settled[:, None]
    even = Groove(sounds, playing.velocities * sounds, playing.offsets * sounds * 0.9, 120)
    again = half_time(double_time(even))
    assert np.array_equal(again.hits, even.hits)
    np.testing.assert_allclose(again.offsets, even.offsets, atol=1e-5)


def test_half_and_double_time_keep_how_early_a_beat_is():
    early = Groove.from_hits(hits((0, 4, 0.5), (0.93, 1, 0.9), (1.94, 0, 0.9), (3.95, 0, 0.8)), 100, bars=1)
    np.testing.assert_allclose(half_time(early).to_hits().beats, [0, 1.93], atol=1e-6)  # beat 3 belongs to the second half
    once = [0, 0.43, 0.94]
    np.testing.assert_allclose(double_time(early).to_hits().beats, [*once, 1.95, *(beat + 2 for beat in once), 3.95], atol=1e-6)


def test_real_performances_bear_every_edit(real_corpus):
    performances = real_corpus.performances[::50]
    for performance in performances:
        playing = performance.groove
        for edited in (playing.with_expression(0.0), playing.with_expression(1.5), half_time(playing), double_time(playing)):
            assert (edited.bars, edited.bpm) == (playing.bars, playing.bpm)
        assert np.array_equal(playing.with_expression(0.3).hits, playing.hits)
    doubled = sum(double_time(performance.groove).hit_count for performance in performances)
    assert doubled > 1.9 * sum(performance.groove.hit_count for performance in performances)
