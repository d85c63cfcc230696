"""Training: small real runs on a data set of our own making."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch

import train
from drummer.config import Config, load_config
from drummer.data.corpus import Corpus, read_corpus
from drummer.data.encoding import encode_performances
from drummer.errors import CorpusError, WeightsError
from drummer.evaluation.likelihood import fit_bigram
from drummer.model.checkpoint import TrainedModel, load_weights
from drummer.model.tokenizer import Tokenizer
from drummer.training.likelihood import bits_a_beat
from drummer.training.trainer import Trainer, learning_rate_share
from tests.children import hearing_ctrl_c
from tests.conftest import ROOT
from tests.datasets import GENRES, TINY, write_gmd


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gmd(tmp_path_factory.mktemp("gmd"))


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(folder, load_config(), quiet=True)


@pytest.fixture(scope="module")
def few(corpus: Corpus) -> Corpus:
    """The performances of three genres: an epoch of them takes three batches."""
    return replace(corpus, performances=tuple(take for take in corpus.performances if take.genre in GENRES[:3]))


def tiny(*overrides: str) -> Config:
    return load_config(overrides=[*TINY, *overrides])


def run(corpus: Corpus, out: Path, config: Config) -> TrainedModel:
    return Trainer(config, "small", corpus, out, "a test", quiet=True).run()


def log(out: Path) -> list[dict[str, str]]:
    with (out / "small.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def same_weights(one: TrainedModel, other: TrainedModel) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


def test_training_lowers_the_loss_and_beats_the_bigram(few: Corpus, tmp_path: Path) -> None:
    trained = run(few, tmp_path, tiny("training.epochs=16", "training.learning_rate=0.02"))
    bits = [float(row["validation_bits"]) for row in log(tmp_path)]
    assert list(log(tmp_path)[0]) == [
        "epoch", "seconds", "learning_rate", "train_bits",
        "validation_bits", "validation_voices", "validation_velocity", "validation_timing",
    ]  # fmt: skip
    assert bits[-1] < 0.8 * bits[0]
    beats = encode_performances(few.select("validation", GENRES, "beat"), trained.tokenizer, trained.config)
    assert min(bits) < fit_bigram(few, trained).bits_a_beat(beats).total
    again = load_weights("small", tmp_path)
    assert again.metadata["metrics"]["validation_bits_a_beat"]["beats"]["total"] == pytest.approx(min(bits), abs=0.01)
    assert again.metadata["data"] == {"name": "GMD", "sha256": few.checksum}
    assert again.metadata["command"] == "a test"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.csv", "small.json", "small.safetensors"]


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(few: Corpus, tmp_path: Path) -> None:
    first = run(few, tmp_path / "a", tiny("training.epochs=2"))
    second = run(few, tmp_path / "b", tiny("training.epochs=2"))
    third = run(few, tmp_path / "c", tiny("training.epochs=2", "training.seed=2"))
    assert same_weights(first, second)
    assert not same_weights(first, third)


@pytest.mark.parametrize(("before", "fine_tuning"), [(2, 0), (1, 2), (3, 2)])
def test_a_run_that_was_broken_off_ends_where_an_unbroken_one_does(
    few: Corpus, tmp_path: Path, before: int, fine_tuning: int
) -> None:
    config = tiny(f"training.epochs={4 - fine_tuning}", f"training.fine_tuning.epochs={fine_tuning}")
    unbroken = run(few, tmp_path / "a", config)
    broken = Trainer(config, "small", few, tmp_path / "b", "a test", quiet=True)
    for _ in range(before):
        broken._log(broken.train_epoch())
        broken._save_checkpoint()
    assert same_weights(run(few, tmp_path / "b", config), unbroken)
    drop = {"seconds": None}
    assert [row | drop for row in log(tmp_path / "a")] == [row | drop for row in log(tmp_path / "b")]


def test_fine_tuning_continues_from_the_best_weights_with_a_corrupted_memory(few: Corpus, tmp_path: Path) -> None:
    rate = "training.fine_tuning.learning_rate=0.01"
    learned = run(few, tmp_path / "a", tiny("training.epochs=3"))
    recovered = run(few, tmp_path / "b", tiny("training.epochs=3", "training.fine_tuning.epochs=2", rate))
    stiff = run(
        few, tmp_path / "c", tiny("training.epochs=3", "training.fine_tuning.epochs=2", rate, "training.fine_tuning.share=0")
    )
    still = run(
        few, tmp_path / "d", tiny("training.epochs=3", "training.fine_tuning.epochs=2", "training.fine_tuning.learning_rate=0")
    )
    assert [float(row["learning_rate"]) for row in log(tmp_path / "b")][3:] == pytest.approx([0.01, 0.00525])
    assert log(tmp_path / "b")[2]["validation_bits"] == log(tmp_path / "a")[2]["validation_bits"]
    assert not same_weights(recovered, learned) and not same_weights(recovered, stiff)
    assert same_weights(still, learned)
    assert recovered.metadata["training"]["epochs"] == 5 and recovered.metadata["training"]["best_epoch"] > 3


def test_fine_tuning_begins_early_where_validation_no_longer_gets_better(few: Corpus, tmp_path: Path) -> None:
    run(
        few,
        tmp_path,
        tiny("training.epochs=50", "training.patience=1", "training.learning_rate=0.0", "training.fine_tuning.epochs=2"),
    )
    rates = [float(row["learning_rate"]) for row in log(tmp_path)]
    assert rates[:3] == [0.0, 0.0, 0.0] and len(rates) == 5 and min(rates[3:]) > 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"broken", "the checkpoint is damaged"),
        (safetensors.torch.save({}), "the checkpoint is damaged"),
        (safetensors.torch.save({}, {"identity": "{}"}), "another configuration or data set"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(few: Corpus, tmp_path: Path, content: bytes, sentence: str) -> None:
    trainer = Trainer(tiny(), "small", few, tmp_path, "a test", quiet=True)
    trainer._save_checkpoint()
    (tmp_path / "small.checkpoint.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{sentence}.*; delete small\.checkpoint\.safetensors in "):
        trainer.run()


def test_training_stops_when_validation_no_longer_gets_better(few: Corpus, tmp_path: Path) -> None:
    trained = run(few, tmp_path, tiny("training.epochs=50", "training.patience=1", "training.learning_rate=0.0"))
    assert len(log(tmp_path)) == 3  # the first is the best, then one to wait for and one too many
    assert trained.metadata["training"]["best_epoch"] == 1


def test_the_learning_rate_falls_along_a_cosine() -> None:
    assert [learning_rate_share(epoch, 10, 0.1) for epoch in (0, 5, 10)] == pytest.approx([1.0, 0.55, 0.1])
    assert learning_rate_share(7, 10, 1.0) == 1.0


def test_data_without_validation_beats_is_named(corpus: Corpus, tmp_path: Path) -> None:
    train = Corpus(tuple(take for take in corpus.performances if take.split == "train"), "GMD", "")
    with pytest.raises(CorpusError, match="validation beats"):
        Trainer(tiny(), "small", train, tmp_path, "a test")


def test_steps_outside_the_vocabulary_pay_for_their_voices(corpus: Corpus) -> None:
    trainer = Trainer(tiny(), "small", corpus, Path(), "a test", quiet=True)
    takes = corpus.select("validation", GENRES, "beat")
    known: Tokenizer = trainer.tokenizer
    kick_unknown = Tokenizer([s if s != known.symbols[1] else 4095 for s in known.symbols], tiny())
    trainer.model.eval()
    model = trainer.model
    plain = bits_a_beat(model, known, encode_performances(takes, known, tiny()))
    costly = bits_a_beat(model, kick_unknown, encode_performances(takes, kick_unknown, tiny()))
    assert costly.voices > plain.voices + 5


def test_the_reference_bank_holds_every_genres_beats_and_no_fills(corpus: Corpus, tmp_path: Path) -> None:
    trained = run(corpus, tmp_path, tiny("training.epochs=1"))
    assert torch.bincount(trained.reference_bank.genres).tolist() == [3] * len(GENRES)
    assert trained.reference_bank.lengths.tolist() == [4] * 3 * len(GENRES)
    again = load_weights("small", tmp_path)
    for one, other in zip(trained.reference_bank, again.reference_bank, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    np.testing.assert_allclose(again.scale.quantiles, trained.scale.quantiles, atol=1e-5)


# -- the command ---------------------------------------------------------------------------------------------------------


def options(*arguments: str) -> list[str]:
    return [*arguments, *(part for override in TINY for part in ("--set", override))]


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `train.py` in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["train.py", *options(*arguments)])
    return train.main()


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "train.py"), *options(*arguments)]


def test_the_command_trains_and_reports(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ("--data", str(folder), "--out", str(tmp_path), "--learning_rate", "0.01", "--set", "training.epochs=1")
    assert run_command(monkeypatch, *arguments) == 0
    printed = capfd.readouterr()
    assert re.search(
        r"validation beats in 4/4: 14 performances, 224 beats long, 3.00 hits per beat\n"
        r"  small: .* bits a beat = .*, .* bits a hit\n  bigram: .*\n",
        printed.out,
    )
    assert "Training small: 100%" in printed.err
    description = json.loads((tmp_path / "small.json").read_text())
    assert description["config"]["training"]["learning_rate"] == 0.01
    assert set(description["config"]) == {"grid", "genres", "tokens", "model", "training"}
    assert description["command"].startswith("python train.py --data")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--model", "huge"), "unknown model size 'huge'"),
        (("--data", "nowhere"), "there is no data set folder nowhere"),
        (("--set", "training.speed=3"), "unknown key 'training.speed'"),
        (("--learning-rate", "fast"), "the value of 'training.learning_rate' is wrong"),
        (("--config", "none.yaml"), "cannot read the configuration file none.yaml"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = () if "--data" in arguments else ("--data", str(folder))
    assert run_command(monkeypatch, *data, *arguments, "--out", str(tmp_path)) == 2
    errors = capsys.readouterr().err
    assert re.search(rf"^train\.py: .*{re.escape(sentence)}", errors, re.MULTILINE) and "Traceback" not in errors


def test_ctrl_c_keeps_the_finished_epochs(folder: Path, tmp_path: Path) -> None:
    arguments = (
        "--data",
        str(folder),
        "--out",
        str(tmp_path),
        "--set",
        "training.epochs=1000",
        "--set",
        "training.patience=1000",
    )
    with hearing_ctrl_c():
        process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    deadline = time.monotonic() + 240
    while not (tmp_path / "small.checkpoint.safetensors").is_file():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "goes on after the last finished epoch" in stderr and "Traceback" not in stderr
    with safetensors.safe_open(tmp_path / "small.checkpoint.safetensors", "pt") as checkpoint:
        assert json.loads(checkpoint.metadata()["progress"])["epoch"] >= 1
