"""The end of training: what a critic hears, how it weighs takes, and that the model learns from it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drummer.comparison import Labelled, Windows, cut_windows, human
from drummer.config import Config, load_config
from drummer.corpus import Corpus, read_corpus
from drummer.critic import opinions, traits
from drummer.errors import ConfigError, CorpusError, SettingError, WeightsError
from drummer.groove import Groove
from drummer.performer import Drummer
from drummer.rehearsal import Rehearsal, Take, preferences
from drummer.training import Trainer
from drummer.weights import TrainedModel, load_weights
from tests.conftest import ROOT
from tests.datasets import GENRES, simple_groove, write_gmd
from tests.test_training import TINY, same_weights

REHEARSAL = "training.rehearsal={rounds: 1, minds: 1, takes: 4, bars: 8, batch_size: 8, learning_rate: 0.01, weight: 5.0}"


def tiny(*overrides: str) -> Config:
    return load_config(overrides=[*TINY, "training.epochs=4", "training.learning_rate=0.02", *overrides])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gmd(tmp_path_factory.mktemp("gmd"), bars=20, dropped=0.4)


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(folder, load_config(), quiet=True)


@pytest.fixture(scope="module")
def learned(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that have made all passes and not rehearsed."""
    out = tmp_path_factory.mktemp("learned")
    Trainer(tiny(), "small", corpus, out, "a test", quiet=True).run()
    return out


def rehearse(corpus: Corpus, learned: Path, out: Path, *overrides: str) -> TrainedModel:
    config = tiny(REHEARSAL, *overrides)
    return Trainer(config, "small", corpus, out, "more", quiet=True, learned=load_weights("small", learned)).run()


def rehearsal_of(corpus: Corpus, learned: Path) -> Rehearsal:
    trained = replace(load_weights("small", learned), config=tiny(REHEARSAL))
    maker = Trainer(tiny(), "small", corpus, Path(), "", quiet=True)
    return Rehearsal(trained, maker.train, maker.repeats, quiet=True)


def late_backbeat(seed: int) -> Groove:
    """Play the snare a sixteenth too late."""
    groove = simple_groove(12, seed=seed)
    velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
    for array in (velocities, offsets):
        array[:, 1] = np.roll(array[:, 1], groove.steps_per_beat // 4)
    return Groove(velocities > 0, velocities, offsets, groove.bpm, groove.steps_per_beat, groove.beats_per_bar)


def windows(grooves: list[Groove], name: str) -> Windows:
    return cut_windows([Labelled(groove, "rock", f"{name} {index}") for index, groove in enumerate(grooves)], traits)


def test_traits_say_where_each_family_sounds_and_what_comes_again() -> None:
    found = traits(simple_groove(4))["notes"]
    sounding = {name for name, value in found.items() if "_at_" in name and value == 1.0}
    eighths = {f"hihat_at_{place}" for place in range(0, 16, 2)}
    assert sounding == {"kick_at_0", "kick_at_8", "snare_at_4", "snare_at_12", *eighths}
    assert found["voice_0"] == found["voice_1"] == 2 and found["voice_4"] == 8
    assert found["snare_alike_0_3"] == 1.0 and found["apart_1_2"] == 0.0 and found["kick_spread"] == 0.0
    assert found["hihat_after_1"] == 0.0 and found["hihat_after_2"] == pytest.approx(31 / 32)
    assert found["part_0"] == pytest.approx(8 / 12) and found["part_6"] == pytest.approx(4 / 12)
    assert np.isnan(found["tom_alike_0_1"]) and np.isnan(found["tom_after_1"])


def test_traits_are_none_of_the_numbers_that_grooves_are_judged_by() -> None:
    judged = set(cut_windows([Labelled(simple_groove(8), "rock", "")]).names)
    assert judged.isdisjoint(f"notes.{name}" for name in traits(simple_groove(4))["notes"])


def test_a_critic_knows_a_drummer_from_who_plays_the_snare_late() -> None:
    drummers = windows([simple_groove(12, seed=seed) for seed in range(40)], "drummer")
    mixed = windows([*map(late_backbeat, range(40, 60)), *(simple_groove(12, seed=seed) for seed in range(60, 80))], "model")
    odds = opinions(mixed, drummers, np.random.default_rng(0))
    assert len(odds) == len(mixed) == 80
    assert odds[:40].max() < odds[40:].min()
    assert np.array_equal(odds, opinions(mixed, drummers, np.random.default_rng(0)))


def test_preferences_say_how_much_likelier_than_by_chance_a_take_is_chosen() -> None:
    assert preferences(np.zeros(4)).tolist() == [0.0] * 4
    twice = preferences(np.log([2.0, 1.0, 1.0]))
    assert twice == pytest.approx([0.5, -0.25, -0.25])
    assert preferences(np.array([1000.0, 0.0])) == pytest.approx([1.0, -1.0])


def test_takes_have_one_thing_in_mind_and_differ_by_chance() -> None:
    drummer = Drummer.load("small")
    takes = drummer.takes(genre="funk", bpm=96, bars=3, count=3, seed=5)
    assert [groove.bars for groove in takes.grooves] == [3, 3, 3]
    assert takes.heard == 8 * 48 and takes.played.tokens.shape == (3, 11 * 48)
    heard = [part[:, : takes.heard] for part in takes.played]
    assert all(torch.equal(part[0], part[index]) for part in heard for index in (1, 2))
    assert takes.given.score.shape[:2] == (1, 11 * 48) and not takes.given.score[:, takes.heard :].any()
    for index, groove in enumerate(takes.grooves):
        np.testing.assert_array_equal(takes.played.velocities[index, takes.heard :].numpy(), groove.velocities)
        assert groove not in takes.grooves[:index]
    fewer = drummer.takes(genre="funk", bpm=96, bars=3, count=2, seed=5)
    assert fewer.grooves == takes.grooves[:2]
    with pytest.raises(SettingError, match="the number of takes must be a whole number, 1-1000, got 0"):
        drummer.takes(genre="funk", bpm=96, bars=3, count=0)


def test_takes_are_weighed_within_their_own_thing(corpus: Corpus, learned: Path) -> None:
    rehearsal = rehearsal_of(corpus, learned)
    played = rehearsal.play(0)
    assert [genre for genre, _ in played] == list(GENRES)
    drummers = cut_windows(human(corpus.select("train", GENRES, "beat")), traits)
    takes = rehearsal.weigh(played, drummers, np.random.default_rng(0))
    assert [take.number for take in takes] == [0, 1, 2, 3] * 12
    assert all(take.takes is played[index // 4][1] for index, take in enumerate(takes))
    weights = np.array([take.weight for take in takes]).reshape(12, 4)
    assert weights.sum(axis=1) == pytest.approx(np.zeros(12), abs=1e-6)
    assert weights.std() > 0.01


def test_the_model_comes_to_play_as_in_the_takes_that_weigh_more(corpus: Corpus, learned: Path) -> None:
    rehearsal = rehearsal_of(corpus, learned)
    before = [takes for _, takes in rehearsal.play(0)]
    counts = [[groove.hit_count for groove in takes.grooves] for takes in before]
    busy = [
        Take(takes, number, weight)
        for takes, hits in zip(before, counts, strict=True)
        for number, weight in enumerate(preferences(np.array(hits, dtype=np.float64)).tolist())
    ]
    optimizer = torch.optim.Adam(rehearsal.trained.model.parameters(), lr=0.003)
    for _ in range(12):
        optimizer.zero_grad()
        torch.autograd.backward(rehearsal.loss(busy))
        optimizer.step()
    after = [[groove.hit_count for groove in takes.grooves] for _, takes in rehearsal.play(0)]
    assert np.mean(after) > 1.1 * np.mean(counts)


def test_it_is_the_same_in_one_go_and_after_the_passes(corpus: Corpus, learned: Path, tmp_path: Path) -> None:
    at_once = Trainer(tiny(REHEARSAL), "small", corpus, tmp_path / "a", "a test", quiet=True).run()
    later = rehearse(corpus, learned, tmp_path / "b")
    other = rehearse(corpus, learned, tmp_path / "c", "training.seed=2")
    never = rehearse(corpus, learned, tmp_path / "d", "training.rehearsal.rounds=0")
    assert same_weights(at_once, later)
    assert not same_weights(later, other) and not same_weights(later, never)
    assert same_weights(never, load_weights("small", learned))
    facts = json.loads((tmp_path / "b" / "small.json").read_text())
    assert facts["command"] == "a test && more"
    assert facts["training"]["epochs"] == 4 and facts["training"]["rehearsal_minutes"] >= 0.0
    assert same_weights(later, load_weights("small", tmp_path / "b"))


def test_what_cannot_rehearse_is_named(corpus: Corpus, learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = read_corpus(write_gmd(tmp_path / "gmd"), load_config(), quiet=True)
    with pytest.raises(CorpusError, match="needs training beats of eight bars or more"):
        Trainer(tiny(REHEARSAL, "training.epochs=1"), "small", short, tmp_path, "", quiet=True).run()
    weights = load_weights("small", learned)
    with pytest.raises(WeightsError, match="of the size 'small', not 'medium'"):
        Trainer(tiny(REHEARSAL), "medium", corpus, tmp_path, "", quiet=True, learned=weights)
    with pytest.raises(WeightsError, match="trained on another data set"):
        Trainer(tiny(REHEARSAL), "small", corpus, tmp_path, "", quiet=True, learned=load_weights("small"))
    wider = [TINY[0].replace("hidden: 24", "hidden: 32", 1), *TINY[1:]]
    with pytest.raises(WeightsError, match="other layers than"):
        Trainer(load_config(overrides=wider), "small", corpus, tmp_path, "", quiet=True, learned=weights)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"install requirements-train\.txt, or leave it out by --set training\.rehearsal"):
        Trainer(tiny(REHEARSAL), "small", corpus, tmp_path, "", quiet=True)


def test_the_command_rehearses_with_weights(folder: Path, learned: Path, tmp_path: Path) -> None:
    pairs = [part for override in (*TINY, "training.epochs=4", REHEARSAL) for part in ("--set", override)]
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", "--data", folder, "--rehearse", learned, "--out", tmp_path, *pairs],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert "Rehearsing: 100%" in done.stderr and "Training small" not in done.stderr
    assert not same_weights(load_weights("small", tmp_path), load_weights("small", learned))
