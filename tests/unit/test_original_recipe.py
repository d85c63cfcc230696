"""The original recipe: its tokens, its training by `recipes/published.yaml`, and its way of generating."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from drummer.config import load_config
from drummer.config_sections import ScheduleConfig
from drummer.data.corpus import Corpus, read_corpus
from drummer.errors import WeightsError
from drummer.model.checkpoint import build_model, load_weights
from drummer.model.inputs import Conditioning, PerformanceTensors, find_places, make_conditioning, make_encoder_input
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import UNK, Tokenizer
from drummer.music.meter import FOUR_FOUR
from drummer.music.voices import VOICE_COUNT
from drummer.training.trainer import Trainer
from report.original_recipe import (
    BeatTokenizer,
    OriginalLossTrainer,
    OriginalPlayer,
    OriginalTrainer,
    TrainerWithoutMemory,
    load_original,
)
from report.original_recipe.network import LSTMWithoutMemory, scheduled_states
from report.original_recipe.trainer import balanced_weights, teacher_forcing
from tests.conftest import ROOT
from tests.datasets import simple_groove, write_gmd

BEAT_CONFIG = load_config(overrides=["grid.steps_per_beat=16", "original_recipe.coverage=0.95"])
RECIPE = ROOT / "recipes" / "published.yaml"
TINY = (
    "model.sizes.small={hidden: 24, layers: 1, token_dim: 12, position_dim: 8, genre_dim: 4, bpm_dim: 2, encoder_hidden: 6, "
    "head_hidden: 16, dropout: 0.1}"
)
SHORT = ("training.epochs=2", "training.batch_size=16", "original_recipe.teacher_forcing.epochs=2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gmd(tmp_path_factory.mktemp("gmd"))


# -- tokens --------------------------------------------------------------------------------------------------------------


def test_beat_tokens_keep_loudness_on_a_grid_of_sixteen() -> None:
    groove = simple_groove(4).regrid(16)
    tokenizer = BeatTokenizer.fit([groove], load_config(overrides=["grid.steps_per_beat=16", "original_recipe.coverage=1.0"]))
    decoded = tokenizer.decode(tokenizer.encode(groove), groove.bpm)
    assert np.array_equal(decoded.hits, groove.hits)
    assert not decoded.offsets.any()
    assert np.array_equal(decoded.velocities, np.ceil(groove.velocities * 4) / 4)


def test_beat_tokens_are_pruned_to_the_most_frequent_that_cover_the_share() -> None:
    common, rare = simple_groove(1, seed=1).regrid(16), simple_groove(1, seed=2).regrid(16)
    many = common
    for _ in range(9):
        many = many.then(common)
    tokenizer = BeatTokenizer.fit([many, rare], BEAT_CONFIG)
    counts = np.unique(tokenizer.encode(many.then(rare)).tokens, return_counts=True)
    known = counts[1][counts[0] != UNK].sum()
    assert 0.95 <= known / 44 < 1.0
    smaller = BeatTokenizer(tokenizer.symbols[:-1], BEAT_CONFIG)
    assert (smaller.encode(many.then(rare)).tokens != UNK).mean() < 0.95


def test_a_beat_tokenizer_comes_back_from_json() -> None:
    groove = simple_groove(4).regrid(16)
    tokenizer = BeatTokenizer.fit([groove, groove], BEAT_CONFIG)
    again = BeatTokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict())), BEAT_CONFIG)
    assert again.symbols == tokenizer.symbols
    assert np.array_equal(again.encode(groove).tokens, tokenizer.encode(groove).tokens)
    assert np.array_equal(again.token_voices(), tokenizer.token_voices())


# -- networks ------------------------------------------------------------------------------------------------------------

LENGTH = 96


def make(network: type[Seq2SeqLSTM], *overrides: str) -> Seq2SeqLSTM:
    config = load_config(overrides=[TINY, *overrides])
    torch.manual_seed(0)
    return build_model(config, "small", Tokenizer([0, 1, 2, 16, 17, 18], config), network).eval()


def example(model: Seq2SeqLSTM, seed: int = 0) -> tuple[Conditioning, PerformanceTensors]:
    generator = np.random.default_rng(seed)
    tokens = torch.from_numpy(generator.integers(2, model.shape.vocabulary, (2, LENGTH)))
    hits = model.token_voices[tokens]
    velocities = torch.from_numpy(generator.uniform(0.01, 1, (2, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    offsets = torch.from_numpy(generator.uniform(-0.5, 0.49, (2, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    nothing = torch.zeros_like(hits)
    conditioning = make_conditioning(
        make_encoder_input(nothing, nothing, velocities, offsets),
        genre=torch.tensor([2, 2]),
        bpm=torch.tensor([96.0, 96.0]),
        part=torch.tensor([0, 0]),
        places=torch.from_numpy(find_places(FOUR_FOUR, 2, model.shape)).expand(2, LENGTH, -1),
        controls=torch.zeros(2, LENGTH, model.shape.control_features),
    )
    return conditioning, PerformanceTensors(tokens, velocities, offsets)


@torch.inference_mode()
def free_running(model: Seq2SeqLSTM, inputs: tuple[Conditioning, PerformanceTensors], own: bool) -> torch.Tensor:
    return scheduled_states(model, *inputs, torch.tensor([True, True]), 48, torch.full((2, LENGTH), own))


def test_with_the_truth_alone_scheduled_sampling_is_teacher_forcing() -> None:
    model = make(Seq2SeqLSTM)
    with torch.inference_mode():
        expected = model(*example(model), torch.tensor([True, True]), 48)
    torch.testing.assert_close(free_running(model, example(model), own=False), expected, atol=1e-5, rtol=1e-4)


def test_on_its_own_predictions_the_decoder_does_not_read_the_true_tokens(folder: Path) -> None:
    config = load_config(RECIPE, [TINY])
    trainer = OriginalTrainer(config, "small", read_corpus(folder, config, quiet=True), Path(), "", quiet=True)
    model = trainer.model.eval()
    conditioning, _ = example(make(Seq2SeqLSTM))
    tokens = [torch.randint(2, model.shape.vocabulary, (2, LENGTH)) for _ in range(2)]
    assert not torch.equal(*tokens)
    cells = torch.zeros(2, LENGTH, model.shape.cells)
    inputs = conditioning._replace(
        encoder_input=make_encoder_input(cells > 0, cells > 0, cells, cells),
        controls=torch.zeros(2, LENGTH, model.shape.control_features),
    )
    one, other = (free_running(model, (inputs, PerformanceTensors(each, cells, cells)), own=True) for each in tokens)
    assert torch.equal(one, other)
    one, other = (free_running(model, (inputs, PerformanceTensors(each, cells, cells)), own=False) for each in tokens)
    assert not torch.equal(one, other)


def test_without_memory_the_past_bars_are_no_input() -> None:
    model = make(LSTMWithoutMemory, "model.memory_beats=[]", "model.memory_bars=[]")
    assert not [name for name, _ in model.named_parameters() if "memory" in name]
    _, performance = example(model)
    assert model.memory(performance, 48).shape == (2, LENGTH, 0)


# -- training ------------------------------------------------------------------------------------------------------------


def test_the_recipe_trains_and_generates(folder: Path, tmp_path: Path) -> None:
    pairs = [part for override in (TINY, *SHORT) for part in ("--set", override)]
    command = [sys.executable, str(ROOT / "train.py"), "--config", str(RECIPE), "--data", str(folder), "--out", str(tmp_path)]
    done = subprocess.run([*command, *pairs], capture_output=True, text=True, check=True)
    assert "validation beats in 4/4: 14 performances" in done.stdout
    lines = [line.split(",") for line in (tmp_path / "small.csv").read_text().splitlines()]
    log = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert [float(row["teacher_forcing"]) for row in log] == [1.0, 0.0]
    assert [row["validation_velocity"] for row in log] == ["0", "0"]
    trained = load_original("small", tmp_path)
    assert trained.tokenizer.kind == "beat" and trained.config.original_recipe.class_weights
    player = OriginalPlayer(trained)
    groove = player.play("funk", player.typical_bpm("funk", 1), bars=2, seed=1)
    assert groove.bars == 2 and not groove.offsets.any()
    assert set(np.unique(groove.velocities)) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    again = player.play("funk", groove.bpm, bars=2, seed=1)
    assert np.array_equal(groove.velocities, again.velocities)
    with pytest.raises(WeightsError, match="must be of kind step, got 'beat'"):
        load_weights("small", tmp_path)


def test_weights_of_its_former_configuration_are_read(folder: Path, tmp_path: Path) -> None:
    config = load_config(RECIPE, [TINY, *SHORT])
    trained = OriginalTrainer(config, "small", read_corpus(folder, config, quiet=True), tmp_path, "", quiet=True).run()
    path = tmp_path / "small.json"
    description = json.loads(path.read_text())
    del description["config"]["original_recipe"]
    description["config"]["tokens"] |= {"kind": "beat", "coverage": 0.95, "loudness_levels": 4}
    description["config"]["model"]["performance"] = False
    path.write_text(json.dumps(description))
    again = load_original("small", tmp_path)
    assert again.tokenizer.symbols == trained.tokenizer.symbols
    assert again.fingerprint == trained.fingerprint


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(folder, load_config(), quiet=True)


def train(kind: type[Trainer], corpus: Corpus, folder: Path, *overrides: str) -> dict[str, torch.Tensor]:
    config = load_config(
        overrides=[TINY, "training.window_bars=2", "training.epochs=1", "training.fine_tuning.epochs=0", *overrides]
    )
    return kind(config, "small", corpus, folder, "", quiet=True).run().model.state_dict()


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_its_loss_differs_from_the_products_only_where_it_is_told_to(corpus: Corpus, tmp_path: Path) -> None:
    product = train(Trainer, corpus, tmp_path / "a")
    assert equal(product, train(OriginalLossTrainer, corpus, tmp_path / "b"))
    assert not equal(product, train(OriginalLossTrainer, corpus, tmp_path / "c", "original_recipe.class_weights=true"))
    without = train(TrainerWithoutMemory, corpus, tmp_path / "d", "model.memory_beats=[]", "model.memory_bars=[]")
    assert "memory_projection.weight" in product and "memory_projection.weight" not in without


def test_class_weights_are_inverse_frequencies_with_a_mean_of_one(corpus: Corpus) -> None:
    trainer = Trainer(load_config(overrides=[TINY]), "small", corpus, Path(), "", quiet=True)
    weights = balanced_weights(trainer.train, trainer.tokenizer.size).numpy()
    tokens = np.concatenate([performance.tokens for performance in trainer.train])
    assert weights[tokens].mean() == pytest.approx(1.0)
    counts = np.bincount(tokens, minlength=len(weights))
    assert np.ptp((weights * counts)[counts > 0]) < 0.01


def test_teacher_forcing_falls_linearly_and_is_clipped() -> None:
    original = ScheduleConfig(1.0, -2.0, 500)
    assert [teacher_forcing(original, epoch) for epoch in (0, 50, 250, 499)] == pytest.approx([1.0, 0.7, 0.0, 0.0])
