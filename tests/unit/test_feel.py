import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from drummer import model_names
from drummer.errors import SettingError
from drummer.feel import FAMILY_VOICES, TRAITS, FeelComparison, Trait, chart
from drummer.model.reference_bank import ReferenceBank
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from drummer.web.feel import describe

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def comparison(drummer):
    return FeelComparison(drummer.trained)


@pytest.fixture(scope="module")
def played(drummer):
    groove = drummer.generate(genre="funk", bars=8, seed=0, lateness=0.0, intensity=0.5)  # nothing unusual
    return groove.without((np.arange(groove.steps) % 3 != 0)[:, None])  # on sixteenths, so that it has a tightest form


def training_bars(drummer, genre, bars=4):
    """The first bars of a long training performance, as the weights carry them."""
    bank = drummer.trained.reference_bank
    lengths, genres = bank.lengths.numpy(), bank.genres.numpy()
    index = int(np.flatnonzero((genres == drummer.genres.index(genre)) & (lengths >= 16))[0])
    rows = lengths[:index].sum() + 8 + np.arange(bars)
    return bank.groove(rows, index, 12)


def test_a_training_drummers_own_bars_are_found(drummer, comparison):
    feel = comparison.compare(training_bars(drummer, "funk"), "funk")
    assert feel.shared == pytest.approx(1.0)
    assert feel.sentence().endswith("A training drummer has played the same 4 bars.")


@pytest.mark.parametrize("bars", [0, 1, 5, 9])
def test_few_training_bars_are_enough_to_compare_with(drummer, played, bars):
    known = drummer.trained.reference_bank
    hits = int(known.counts[:bars].long().sum())
    some, by_bar = [slice(int(bars > 0))] * 4, [slice(bars)] * 2  # genres, styles, meters, tempos; lengths come below
    parts = zip(known, [*some, slice(0), *by_bar, *[slice(hits)] * 4], strict=True)
    few = ReferenceBank(*(part[chosen] for part, chosen in parts))._replace(
        lengths=torch.tensor([bars] * (bars > 0), dtype=torch.int64)
    )
    comparison = FeelComparison(replace(drummer.trained, reference_bank=few))
    for genre in ("afrocuban", "jazz"):
        feel = comparison.compare(played, genre)
        assert feel.sentence().count(".") >= 2 and not feel.copied
        assert chart.to_bytes(feel, "svg")


def test_what_is_nearly_a_copy_is_said_to_be(drummer, comparison):
    groove = training_bars(drummer, "funk")
    steps, voices = np.nonzero(groove.hits)
    keep = groove.hits.copy()
    keep[steps[::8], voices[::8]] = False  # one hit in eight is gone
    nearly = replace(groove, hits=keep, velocities=groove.velocities * keep, offsets=groove.offsets * keep)
    feel = comparison.compare(nearly, "funk")
    assert feel.copied
    assert "Nearly a copy: it shares 9" in feel.sentence()


def test_changed_bars_are_less_alike_the_more_of_them_is_changed(drummer, comparison):
    groove = training_bars(drummer, "funk")
    shared = []
    for share in (0.0, 0.2, 0.5):
        keep = np.random.default_rng(1).random(groove.hits.shape) >= share
        part = replace(groove, hits=groove.hits & keep, velocities=groove.velocities * keep, offsets=groove.offsets * keep)
        shared.append(comparison.compare(part, "funk").shared)
    assert shared[0] > shared[1] > shared[2]


def test_each_trait_is_told(comparison, played):
    usual = comparison.compare(played, "funk").traits
    softer = replace(played, velocities=played.velocities * 0.3)
    later = replace(played, offsets=np.where(played.hits, np.minimum(played.offsets + 0.35, 0.499), 0))
    sparse = np.arange(played.steps)[:, None] % 24 == 0
    sparser = replace(played, hits=played.hits & sparse, velocities=played.velocities * sparse, offsets=played.offsets * sparse)
    for trait, edited, word in (
        ("loudness", softer, "much softer"),
        ("timing", later, "well behind the beat"),
        ("busyness", sparser, "much sparser"),
        ("dynamics", played.with_expression(0), "even"),
        ("tightness", played.with_expression(0), "tighter"),
    ):
        feel = comparison.compare(edited, "funk")
        assert feel.traits[trait].rank != pytest.approx(usual[trait].rank, abs=0.01)
        assert word in feel.sentence(), trait


def test_drummers_stand_in_the_middle_of_themselves(comparison, drummer):
    """Averaged over a genre's own windows, every rank is a half."""
    feel = comparison.compare(training_bars(drummer, "rock"), "rock")
    for trait in feel.traits.values():
        ranks = [Trait(value, trait.drummers).rank for value in trait.drummers[::10]]
        assert np.mean(ranks) == pytest.approx(0.5, abs=0.08)


def test_hands_hold_the_hits_of_their_voices(comparison, played):
    feel = comparison.compare(played, "funk")
    assert list(feel.families) == list(FAMILY_VOICES)
    assert sum(len(hand.velocities) for hand in feel.families.values()) == played.hit_count
    kick = feel.families["Kick"]
    assert len(kick.beats) == played.hits[:, VOICE_INDEX["kick"]].sum()
    assert np.abs(kick.milliseconds).max() <= 30_000 / (played.bpm * 12) + 1e-3
    assert (np.diff(kick.usual_velocities) >= 0).all()


@pytest.mark.parametrize("bars", [1, 2, 40])
def test_any_length_will_do(comparison, drummer, bars):
    groove = drummer.generate(genre="soul", bars=min(bars, 32), seed=1)
    feel = comparison.compare(groove.then(groove).cut(0, bars), "soul")
    assert feel.bars == min(bars, 4)
    assert 0 < feel.shared <= 1
    assert feel.sentence()


def test_silence_and_a_single_hit_have_a_sentence(comparison):
    assert comparison.compare(Groove.silent(2, 100), "jazz").sentence() == "There is nothing to feel yet: the groove has no hits."
    one = Groove.from_hits(Hits(np.array([1.0]), np.array([1]), np.array([0.5], dtype=np.float32)), 100, bars=1)
    assert comparison.compare(one, "jazz").sentence("Jazz").startswith("Sits ")


@pytest.mark.parametrize("genre", ["blues", "neworleans"])
def test_genres_have_a_picture(comparison, drummer, genre):
    feel = comparison.compare(drummer.generate(genre=genre, bars=2, seed=1), genre)
    data = chart.to_bytes(feel)
    assert data.startswith(b"\x89PNG") and len(data) > 10_000


def test_silence_has_a_picture_too(comparison):
    assert chart.to_bytes(comparison.compare(Groove.silent(1, 100), "rock"), kind="svg").startswith(b"<?xml")


@pytest.mark.parametrize("meter", ["7/8", "6/8", "3/4"])
def test_a_groove_in_another_meter_is_compared_but_for_copies(comparison, played, meter):
    meter = Meter.parse(meter)
    hits = played.to_hits()
    groove = Groove.from_hits(hits, played.bpm, bars=math.ceil(played.beats / meter.quarters), meter=meter)
    feel, usual = comparison.compare(groove, "funk"), comparison.compare(played, "funk")
    assert np.isnan(feel.shared) and not feel.copied
    assert feel.sentence().endswith(f"The training drummers play in 4/4, so this groove in {meter.signature} is no copy.")
    assert "funk drummers" in feel.sentence()
    for name, family in feel.families.items():
        assert np.array_equal(family.milliseconds, usual.families[name].milliseconds)
    assert np.isnan(feel.traits["swing"].value) == meter.compound
    assert f"this groove, {meter}" in chart.draw(feel).get_supxlabel() and "4/4" in chart.draw(feel).get_supxlabel()
    assert "4/4" not in chart.draw(usual).get_supxlabel()


def test_what_is_wrong_is_said(comparison, played):
    with pytest.raises(SettingError, match="unknown genre 'polka'"):
        comparison.compare(played, "polka")


def test_every_trait_is_a_control_that_is_measured():
    assert [control for control, *_ in TRAITS.values()] == [
        "lateness",
        "looseness",
        "intensity",
        "dynamics",
        "swing",
        "complexity",
    ]


def test_what_was_read_ahead_is_not_measured_again(monkeypatch, drummer):
    comparison = FeelComparison(drummer.trained)
    for genre in ("funk", "blues"):
        comparison.read_ahead(genre)
    fresh = (FeelComparison(comparison.trained) for _ in range(2))
    silence = Groove.silent(8, 100)
    compared = [each.compare(silence, genre).usual_shared for each, genre in zip(fresh, ("funk", "blues"), strict=True)]
    monkeypatch.setattr(FeelComparison, "_groove", None)  # whatever is measured now, is measured twice
    for genre, shared in zip(("funk", "blues"), compared, strict=True):
        assert np.array_equal(comparison.compare(silence, genre).usual_shared, shared)


def test_the_page_draws_the_same_comparison_as_numbers_that_json_can_hold(comparison, played):
    feel = comparison.compare(played, "funk")
    found = json.loads(json.dumps(describe(feel, "funk"), allow_nan=False))
    kick = feel.families["Kick"]
    assert found["families"][0]["timing"]["values"] == pytest.approx(kick.milliseconds, abs=0.06)
    assert found["families"][0]["velocity"]["usual"] == pytest.approx(127 * kick.usual_velocities, abs=0.6)
    assert [trait["rank"] for trait in found["traits"]] == pytest.approx(
        [100 * each.rank for each in feel.traits.values()], abs=0.06
    )
    assert found["overlap"]["shared"] == round(100 * feel.shared) and sum(found["overlap"]["counts"]) == len(feel.usual_shared)
    silent = describe(comparison.compare(Groove.silent(1, 100), "rock"), "rock")
    assert json.dumps(silent, allow_nan=False) and silent["traits"][0]["rank"] is None
