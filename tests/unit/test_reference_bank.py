"""The reference bank: which stretch of a performance a groove continues, and how controls change its plan."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drummer.data.corpus import Corpus
from drummer.model.reference_bank import ReferenceBank, ReferenceQuery, Stretch, override
from drummer.model.reference_bars import find_accented_bars, find_backbeats, find_typical_bars
from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, CONTROLS, controls_by_bar
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.voices import VOICE_INDEX

FILL, INTENSITY, KICK = (CONTROL_INDEX[name] for name in ("fill", "intensity", "kick"))
NOTHING = controls_by_bar(4, {})
BARS, STEPS = 9, 48
SNARE, KICK_VOICE = VOICE_INDEX["snare"], VOICE_INDEX["kick"]


def small_bank() -> ReferenceBank:
    """Six performances of nine bars; the intensity says which, the kick which bar; one hit a bar, on the step of its number."""
    takes = []
    for index, (genre, bpm) in enumerate([(0, 60.0), (0, 240.0), (1, 100.0), (1, 100.0), (1, 190.0), (1, 30.0)]):
        plan = np.zeros((BARS, len(CONTROLS)))
        plan[:, INTENSITY], plan[:, KICK] = index / 8, np.arange(BARS) / 8
        plan[[3, 7], FILL] = 1.0
        velocities, offsets = np.zeros((2, BARS * STEPS, 13), dtype=np.float32)
        on = np.arange(BARS) * (STEPS + 1)
        velocities[on, 0], offsets[on, 0] = np.float32((index + 1) / 127), -0.5 + index / 256
        takes.append((genre, 0, Groove(velocities > 0, velocities, offsets, bpm), plan))
    return ReferenceBank.collect(takes)


def stretch_of(
    bank: ReferenceBank,
    genre: int,
    bpm: float,
    seed: int,
    requested: Floats = NOTHING,
    place: float | None = None,
    meter: Meter = FOUR_FOUR,
) -> Stretch:
    query = ReferenceQuery(genre, 0, meter, place or 0.0)
    drawn = bank.draw(query, bpm, requested, np.random.default_rng(seed), at_quantile=place is not None)
    assert drawn is not None
    return drawn


def draw(bank: ReferenceBank, genre: int, bpm: float, seed: int, requested: Floats = NOTHING) -> tuple[int, Floats]:
    drawn = stretch_of(bank, genre, bpm, seed, requested)
    return int(drawn.rows[0]) // BARS, override(bank.plans.numpy()[drawn.rows].astype(np.float64), requested)


def test_a_stretch_comes_from_its_genre_and_from_about_the_tempo() -> None:
    assert {draw(small_bank(), 0, 62, seed)[0] for seed in range(9)} == {0}
    assert {draw(small_bank(), 0, 230, seed)[0] for seed in range(9)} == {1}
    assert {draw(small_bank(), 1, 100, seed)[0] for seed in range(40)} >= {2, 3}


def test_long_performances_are_taken_oftener() -> None:
    long = small_bank()._replace(lengths=torch.tensor([9, 9, 9, 27, 0, 0]))
    drawn = np.array([draw(long, 1, 100, seed)[0] for seed in range(200)])
    assert 0.26 < (drawn == 2).mean() < 0.46  # 9 of 25: no more than 16 bars count


def test_the_bars_of_a_stretch_come_in_order_and_round_again_by_phrases_of_four() -> None:
    for seed in range(9):
        rows = stretch_of(small_bank(), 1, 100, seed, controls_by_bar(11, {})).rows
        plan = small_bank().plans.numpy()[rows]
        assert np.array_equal(plan[:, INTENSITY], rows // BARS / 8)
        assert len(set((rows // BARS).tolist())) == 1
        assert np.array_equal(plan[:, KICK], rows % BARS / 8)
        assert (rows % BARS).tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2]
        assert plan[:, FILL].tolist() == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_a_stretch_begins_with_a_phrase() -> None:
    drawn = [stretch_of(small_bank(), 1, 100, seed) for seed in range(30)]
    assert {int(stretch.rows[0]) % BARS for stretch in drawn} == {0, 4}
    short = small_bank()._replace(lengths=torch.tensor([9, 9, 3, 3, 15, 15]))  # no whole phrase: all bars go round
    assert (stretch_of(short, 1, 100, 0, place=0.0).rows - 18).tolist() == [0, 1, 2, 0]


def test_a_stretch_begins_at_the_requested_bar_of_a_phrase() -> None:
    query = ReferenceQuery(1, 0, FOUR_FOUR, 0.0)
    for seed in range(30):
        for phrase_bar in range(4):
            generator = np.random.default_rng(seed)
            drawn = small_bank().draw(query, 100, NOTHING, generator, at_quantile=False, phrase_bar=phrase_bar)
            assert drawn is not None and drawn.rows[0] % BARS % 4 == phrase_bar


def test_what_was_played_in_a_bar_is_found_there() -> None:
    found = small_bank().groove(np.array([BARS + 2, 6 * BARS - 1]), 1, 12)
    velocities, offsets = found.velocities, found.offsets
    assert found.bpm == 240.0 and velocities.shape == (2 * STEPS, 13)
    assert np.argwhere(velocities).tolist() == [[2, 0], [STEPS + 8, 0]]
    assert velocities[[2, STEPS + 8], 0].tolist() == [np.float32(2 / 127), np.float32(6 / 127)]
    assert offsets[[2, STEPS + 8], 0].tolist() == [-0.5 + 1 / 256, -0.5 + 5 / 256]


def test_real_performances_come_back_within_a_512th_of_a_step(real_corpus: Corpus) -> None:
    takes = [take.groove for take in real_corpus.performances[:40]]
    plans = [np.zeros((groove.bars, len(CONTROLS))) for groove in takes]
    kept = ReferenceBank.collect([(0, 0, groove, plan) for groove, plan in zip(takes, plans, strict=True)])
    kept.check(1, 0, 12)
    first = 0
    for number, groove in enumerate(takes):
        found = kept.groove(np.arange(first, first + groove.bars), number, 12)
        assert found.meter.signature == groove.meter.signature
        np.testing.assert_allclose(found.velocities, groove.velocities, atol=1e-6)
        np.testing.assert_allclose(found.offsets, groove.offsets, atol=1 / 512 + 1 / 256 * (groove.offsets > 0.49).any())
        first += groove.bars


def test_a_place_chooses_the_performance_and_even_places_take_all_alike() -> None:
    stretches = small_bank()._replace(bpm=torch.full((6,), 100.0))
    ends = np.cumsum(stretches.lengths.numpy())

    def performance(place: float, requested: Floats = NOTHING) -> int:
        drawn = stretch_of(stretches, 1, 100, 0, requested, place)
        assert drawn.performance == int(np.searchsorted(ends, drawn.rows[0], side="right"))
        return drawn.performance

    own = np.flatnonzero(stretches.genres.numpy() == 1).tolist()
    found = [performance(place) for place in np.linspace(0.0, 0.999, 60)]
    assert found == sorted(found)
    assert set(found) == set(own)
    wish = controls_by_bar(4, {"intensity": 0.26})
    assert performance(0.0, wish) == performance(0.99, wish), "what is asked for goes first"


def test_at_the_tempo_of_a_place_the_reference_is_the_performance_there() -> None:
    found = {}
    for place in np.linspace(0.0, 0.999, 20):
        bpm = small_bank().tempo_at(ReferenceQuery(1, 0, FOUR_FOUR, place))
        assert bpm is not None
        found.setdefault(bpm, set()).add(stretch_of(small_bank(), 1, bpm, 0, place=place).performance)
    assert found == {100.0: {2, 3}, 190.0: {4}, 30.0: {5}}
    assert ReferenceBank.collect([]).tempo_at(ReferenceQuery(1, 0, FOUR_FOUR, 0.5)) is None


def test_a_solo_without_kick_is_the_reference_only_where_there_is_no_other_or_no_kick_is_requested() -> None:
    stretches = small_bank()._replace(bpm=torch.full((6,), 100.0))
    bars = np.repeat(np.arange(6), stretches.lengths.numpy()).repeat(stretches.counts.numpy())
    solos = stretches._replace(voices=torch.from_numpy(np.where(bars == 2, SNARE, stretches.voices.numpy())))
    drawn = {draw(solos, 1, 100, seed)[0] for seed in range(40)}
    assert drawn == {draw(stretches, 1, 100, seed)[0] for seed in range(40)} - {2}
    assert 2 in {draw(solos, 1, 100, seed, controls_by_bar(4, {"kick": 0.0}))[0] for seed in range(40)}
    only = solos._replace(voices=torch.full_like(solos.voices, SNARE))
    assert len({draw(only, 1, 100, seed)[0] for seed in range(40)}) > 1


def test_what_is_asked_for_is_in_the_plan_and_chooses_who_comes_near_to_it() -> None:
    requested = controls_by_bar(4, {"intensity": 0.26})
    indices = []
    for seed in range(40):
        index, plan = draw(small_bank()._replace(bpm=torch.full((6,), 100.0)), 1, 100, seed, requested)
        assert plan[:, INTENSITY].tolist() == [0.26] * 4
        assert not np.isnan(plan).any()
        indices.append(index)
    assert indices.count(2) > indices.count(3) > 2 * indices.count(4), indices


def test_performances_that_are_easy_to_count_are_adapted_to_another_meter_most_often() -> None:
    bank = small_bank()
    accented = np.arange(len(bank.plans)) // BARS == 4
    queries = [ReferenceQuery(1, 0, Meter(3, 4), quantile, accented=accented) for quantile in np.linspace(0, 0.99, 30).tolist()]
    assert sum(bank.tempo_at(query) == 190 for query in queries) > 25
    assert {bank.tempo_at(query._replace(accented=None)) for query in queries} == {100, 190, 30}
    in_four = [query._replace(meter=FOUR_FOUR) for query in queries]
    assert {bank.tempo_at(query) for query in in_four} == {100, 190, 30}  # where the style's own accents stay


def test_preferred_bars_come_first_among_those_that_are_alike() -> None:
    bank, requested = small_bank(), controls_by_bar(4, {"intensity": 0.2})
    of_second = np.arange(len(bank.plans)) // BARS == 3
    query = ReferenceQuery(1, 0, FOUR_FOUR, 0.0)
    drawn = [bank.draw(query, 100, requested, np.random.default_rng(seed), False, of_second) for seed in range(9)]
    assert {int(stretch.rows[0]) // BARS for stretch in drawn} == {3}


def test_typical_bars_are_as_busy_as_their_performance_and_no_fills() -> None:
    hits = [8, 8, 10, 11, 2, 8]
    velocities = np.zeros((len(hits) * STEPS, 13), dtype=np.float32)
    for bar, count in enumerate(hits):
        velocities[bar * STEPS + 3 * np.arange(count), SNARE] = 0.8
    groove = Groove(velocities > 0, velocities, np.zeros_like(velocities), 100)
    plan = np.zeros((len(hits), len(CONTROLS)))
    plan[5, CONTROL_INDEX["fill"]] = 1.0
    bank = ReferenceBank.collect([(0, 0, groove, plan), (0, 0, groove.cut(3, 4), plan[:1])])
    assert find_typical_bars(bank).tolist() == [True, True, True, False, False, False, True]
    assert find_typical_bars(ReferenceBank.collect([])).tolist() == []


def test_the_first_bar_with_controls_is_a_preferred_one_where_one_stretch_has_it() -> None:
    bank, requested = small_bank(), controls_by_bar(8, {"steady": [None] * 4 + [0.8] * 4})
    preferred = np.arange(len(bank.plans)) == 3 * BARS + 4
    for seed in range(9):
        rows = bank.draw(ReferenceQuery(1, 0, FOUR_FOUR, 0.0), 100, requested, np.random.default_rng(seed), False, preferred).rows
        assert preferred[rows[4]]


def test_a_backbeat_is_a_snare_at_the_sixteenths_of_beats_two_and_four() -> None:
    velocities = np.zeros((4 * STEPS, 13), dtype=np.float32)
    for bar, steps in enumerate([(12, 36), (11, 37), (12, 24), (14, 36)]):  # the last is a triplet late
        velocities[bar * STEPS + np.array(steps), SNARE] = 0.8
    waltz = Groove(velocities[:72] > 0, velocities[:72], np.zeros((72, 13), dtype=np.float32), 100, meter=Meter(3, 4))
    common = Groove(velocities > 0, velocities, np.zeros_like(velocities), 100)
    plans = [np.zeros((groove.bars, len(CONTROLS))) for groove in (waltz, common)]
    bank = ReferenceBank.collect([(0, 0, groove, plan) for groove, plan in zip((waltz, common), plans, strict=True)])
    assert find_backbeats(bank, 12).tolist() == [False, False, True, True, False, False]


def test_a_bar_is_easy_to_count_where_its_first_beat_and_its_beats_are_the_loudest() -> None:
    velocities = np.zeros((4 * STEPS, 13), dtype=np.float32)
    loud = [(0, 24), (6, 18, 30, 42), (12, 24, 36), (0, 6)]  # a downbeat; off-beats; no downbeat; a downbeat and an off-beat
    for bar, steps in enumerate(loud):
        velocities[bar * STEPS + np.arange(0, STEPS, 6), KICK_VOICE] = 0.2
        velocities[bar * STEPS + np.array(steps), KICK_VOICE] = 0.9
    velocities[3 * STEPS + 18, KICK_VOICE] = 0.9
    groove = Groove(velocities > 0, velocities, np.zeros_like(velocities), 100)
    waltz = Groove(velocities[36:72] > 0, velocities[36:72], np.zeros((36, 13), dtype=np.float32), 100, meter=Meter(3, 4))
    plans = [np.zeros((each.bars, len(CONTROLS))) for each in (groove, waltz)]
    bank = ReferenceBank.collect([(0, 0, each, plan) for each, plan in zip((groove, waltz), plans, strict=True)])
    assert find_accented_bars(bank, 12).tolist() == [True, False, False, False, True]


def test_a_bar_that_must_become_a_fill_forgets_what_it_was_like() -> None:
    requested = controls_by_bar(4, {"fill": [0, 0, 0, 1], "kick": [None, None, None, 0.9]})
    without = small_bank()
    without.plans[:, FILL] = 0.0
    plan = draw(without, 1, 100, 0, requested)[1]
    assert plan[:, FILL].tolist() == [0, 0, 0, 1]
    assert plan[3, KICK] == 0.9
    assert np.isnan(plan).sum(axis=1).tolist() == [0, 0, 0, len(CONTROLS) - 2]


def test_a_plan_that_has_its_fill_where_one_is_asked_for_is_preferred() -> None:
    requested = controls_by_bar(4, {"fill": [0, 0, 0, 1]})
    assert all(not np.isnan(draw(small_bank(), 1, 100, seed, requested)[1]).any() for seed in range(20))


def test_chance_comes_from_the_generator_alone() -> None:
    one, other = (stretch_of(small_bank(), 1, 100, 7) for _ in range(2))
    assert np.array_equal(one.rows, other.rows)


@pytest.mark.parametrize(("stretches", "genre"), [(small_bank(), 2), (ReferenceBank.collect([]), 0)])
def test_a_genre_without_performances_has_nothing_to_set_out_with(stretches: ReferenceBank, genre: int) -> None:
    query = ReferenceQuery(genre, 0, FOUR_FOUR, 0.5)
    assert stretches.draw(query, 100, NOTHING, np.random.default_rng(0), at_quantile=True) is None


def test_a_style_has_its_own_performances_and_a_special_one_is_left_out_of_any() -> None:
    bank = small_bank()._replace(styles=torch.tensor([0, 0, 1, 2, 0, 0]), bpm=torch.full((6,), 100.0))

    def performances(style: int, special: tuple[int, ...] = ()) -> set[int]:
        chosen = bank.choose(ReferenceQuery(1, style, FOUR_FOUR, 0.0, special))
        return set() if chosen is None else set(chosen.performances.tolist())

    assert (performances(0), performances(1), performances(2)) == ({2, 3, 4, 5}, {2}, {3})
    assert performances(0, special=(2,)) == {2, 4, 5}
    assert performances(2, special=(2,)) == {3}


def test_other_meters_take_their_own_performances_and_adapted_ones() -> None:
    waltz = Meter.parse("3/4")
    bank = small_bank()
    meters = bank.meters.clone()
    meters[5] = torch.tensor([3, 4])
    bank = bank._replace(meters=meters, steps=bank.steps.clamp(max=35), bpm=torch.full((6,), 100.0))
    found = {place: stretch_of(bank, 1, 100, 0, place=place, meter=waltz) for place in (0.1, 0.6, 0.99)}
    assert [(stretch.performance, stretch.adapted) for stretch in found.values()] == [(5, False), (2, True), (4, True)]
    assert stretch_of(bank, 0, 100, 0, place=0.1, meter=waltz).adapted, "a genre without a waltz adapts 4/4"
    assert bank.choose(ReferenceQuery(1, 0, Meter.parse("4/2"), 0.1)) is None


def test_a_shuffle_is_the_reference_of_compound_meters_at_one_and_a_half_times_its_tempo() -> None:
    bank = small_bank()._replace(bpm=torch.full((6,), 100.0))
    bank.plans[:, CONTROL_INDEX["swing"]] = torch.arange(6).repeat_interleave(BARS).eq(3).half()
    choice = bank.choose(ReferenceQuery(1, 0, Meter.parse("12/8"), 0.5))
    assert choice is not None
    assert choice.performances.tolist() == [3] and choice.bpm.tolist() == [150.0] and choice.swung.all()
    straight = bank.choose(ReferenceQuery(0, 0, Meter.parse("12/8"), 0.5))
    assert straight is not None
    assert straight.performances.tolist() == [0, 1] and not straight.swung.any()
