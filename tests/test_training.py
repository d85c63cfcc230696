"""Training: small real runs on a data set of our own making."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from drummer.config import Config, ScheduleConfig, load_config
from drummer.data.batches import draw_known, draw_windows, encode_performances, genre_repeats, group, make_batch
from drummer.data.corpus import Corpus, read_corpus
from drummer.errors import CorpusError, WeightsError
from drummer.evaluation.likelihood import fit_bigram
from drummer.model.checkpoint import TrainedModel, load_weights
from drummer.model.tokenizer import StepTokenizer
from drummer.training.likelihood import bits_a_beat
from drummer.training.trainer import LOG_COLUMNS, Trainer, learning_rate_share, teacher_forcing
from tests.children import hearing_ctrl_c
from tests.conftest import ROOT
from tests.datasets import GENRES, write_gmd

TINY = (
    "model.sizes.small={hidden: 24, layers: 1, token_dim: 12, position_dim: 8, genre_dim: 4, bpm_dim: 2, encoder_hidden: 6, "
    "head_hidden: 16, dropout: 0.1}",
    "training.window_bars=2",
    "training.recovery.epochs=0",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gmd(tmp_path_factory.mktemp("gmd"))


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(folder, load_config(), quiet=True)


def tiny(*overrides: str) -> Config:
    return load_config(overrides=[*TINY, *overrides])


def run(corpus: Corpus, out: Path, config: Config) -> TrainedModel:
    return Trainer(config, "small", corpus, out, "a test", quiet=True).run()


def log(out: Path) -> list[dict[str, str]]:
    with (out / "small.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def same_weights(one: TrainedModel, other: TrainedModel) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


def test_training_lowers_the_surprise_and_beats_the_bigram(corpus: Corpus, tmp_path: Path) -> None:
    trained = run(corpus, tmp_path, tiny("training.epochs=16", "training.learning_rate=0.02"))
    bits = [float(row["validation_bits"]) for row in log(tmp_path)]
    assert tuple(log(tmp_path)[0]) == LOG_COLUMNS
    assert bits[-1] < 0.8 * bits[0]
    beats = encode_performances(corpus.select("validation", GENRES, "beat"), trained.tokenizer, GENRES)
    assert min(bits) < fit_bigram(corpus, trained).bits_a_beat(beats).total
    again = load_weights("small", tmp_path)
    assert again.facts["metrics"]["validation_bits_a_beat"]["beats"]["total"] == pytest.approx(min(bits), abs=0.01)
    assert again.facts["data"] == {"name": "GMD", "sha256": corpus.checksum}
    assert again.facts["command"] == "a test"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.csv", "small.json", "small.safetensors"]


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(corpus: Corpus, tmp_path: Path) -> None:
    first = run(corpus, tmp_path / "a", tiny("training.epochs=2"))
    second = run(corpus, tmp_path / "b", tiny("training.epochs=2"))
    third = run(corpus, tmp_path / "c", tiny("training.epochs=2", "training.seed=2"))
    assert same_weights(first, second)
    assert not same_weights(first, third)


@pytest.mark.parametrize(("before", "recovery"), [(2, 0), (1, 2), (3, 2)])
def test_a_run_that_was_broken_off_ends_where_an_unbroken_one_does(
    corpus: Corpus, tmp_path: Path, before: int, recovery: int
) -> None:
    config = tiny(f"training.epochs={4 - recovery}", f"training.recovery.epochs={recovery}")
    unbroken = run(corpus, tmp_path / "a", config)
    broken = Trainer(config, "small", corpus, tmp_path / "b", "a test", quiet=True)
    for _ in range(before):
        broken._log(broken._epoch())
        broken._checkpoint()
    assert same_weights(run(corpus, tmp_path / "b", config), unbroken)
    drop = {"seconds": None}
    assert [row | drop for row in log(tmp_path / "a")] == [row | drop for row in log(tmp_path / "b")]


def test_recovery_goes_on_from_the_best_weights_with_slips_at_its_own_learning_rate(corpus: Corpus, tmp_path: Path) -> None:
    rate = "training.recovery.learning_rate=0.01"
    learned = run(corpus, tmp_path / "a", tiny("training.epochs=3"))
    recovered = run(corpus, tmp_path / "b", tiny("training.epochs=3", "training.recovery.epochs=2", rate))
    stiff = run(
        corpus, tmp_path / "c", tiny("training.epochs=3", "training.recovery.epochs=2", rate, "training.recovery.share=0")
    )
    still = run(
        corpus, tmp_path / "d", tiny("training.epochs=3", "training.recovery.epochs=2", "training.recovery.learning_rate=0")
    )
    assert [float(row["learning_rate"]) for row in log(tmp_path / "b")][3:] == pytest.approx([0.01, 0.00525])
    assert log(tmp_path / "b")[2]["validation_bits"] == log(tmp_path / "a")[2]["validation_bits"]
    assert not same_weights(recovered, learned) and not same_weights(recovered, stiff)
    assert same_weights(still, learned)
    assert recovered.facts["training"]["epochs"] == 5 and recovered.facts["training"]["best_epoch"] > 3


def test_recovery_begins_early_where_validation_no_longer_gets_better(corpus: Corpus, tmp_path: Path) -> None:
    run(
        corpus,
        tmp_path,
        tiny("training.epochs=50", "training.patience=1", "training.learning_rate=0.0", "training.recovery.epochs=2"),
    )
    rates = [float(row["learning_rate"]) for row in log(tmp_path)]
    assert rates[:3] == [0.0, 0.0, 0.0] and len(rates) == 5 and min(rates[3:]) > 0


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("small.checkpoint.safetensors", b"broken", "the checkpoint is damaged"),
        ("small.checkpoint.json", b"{}", "the checkpoint is damaged"),
        ("small.checkpoint.json", b'{"identity": {}}', "another configuration or data set"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(
    corpus: Corpus, tmp_path: Path, file: str, content: bytes, sentence: str
) -> None:
    trainer = Trainer(tiny(), "small", corpus, tmp_path, "a test", quiet=True)
    trainer._checkpoint()
    (tmp_path / file).write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{sentence}.*; delete small\.checkpoint\.safetensors and small\.checkpoint\.json"):
        trainer.run()


def test_training_stops_when_validation_no_longer_gets_better(corpus: Corpus, tmp_path: Path) -> None:
    trained = run(corpus, tmp_path, tiny("training.epochs=50", "training.patience=1", "training.learning_rate=0.0"))
    assert len(log(tmp_path)) == 3  # the first is the best, then one to wait for and one too many
    assert trained.facts["training"]["best_epoch"] == 1


def test_the_published_recipe_trains(folder: Path, tmp_path: Path) -> None:
    recipe = ROOT / "recipes" / "published.yaml"
    config = load_config(recipe, [TINY[0], "training.epochs=2", "training.batch_size=16", "training.teacher_forcing.epochs=2"])
    trained = run(read_corpus(folder, config, quiet=True), tmp_path, config)
    assert trained.tokenizer.kind == "beat"
    assert [float(row["teacher_forcing"]) for row in log(tmp_path)] == [1.0, 0.0]
    again = load_weights("small", tmp_path)
    assert again.tokenizer.symbols == trained.tokenizer.symbols
    assert log(tmp_path)[0]["validation_velocity"] == "0"


def test_class_weights_change_what_is_learned(corpus: Corpus, tmp_path: Path) -> None:
    plain = run(corpus, tmp_path / "a", tiny("training.epochs=1"))
    weighted = run(corpus, tmp_path / "b", tiny("training.epochs=1", "training.class_weights=true"))
    assert not same_weights(plain, weighted)


def test_schedules() -> None:
    original = ScheduleConfig(1.0, -2.0, 500)
    assert [teacher_forcing(original, epoch) for epoch in (0, 50, 250, 499)] == pytest.approx([1.0, 0.7, 0.0, 0.0])
    assert [learning_rate_share(epoch, 10, 0.1) for epoch in (0, 5, 10)] == pytest.approx([1.0, 0.55, 0.1])
    assert learning_rate_share(7, 10, 1.0) == 1.0


def test_data_without_validation_beats_is_named(corpus: Corpus, tmp_path: Path) -> None:
    train = Corpus(tuple(take for take in corpus.performances if take.split == "train"), "GMD", "")
    with pytest.raises(CorpusError, match="validation beats"):
        Trainer(tiny(), "small", train, tmp_path, "a test")


def test_steps_outside_the_vocabulary_pay_for_their_voices(corpus: Corpus) -> None:
    trainer = Trainer(tiny(), "small", corpus, Path(), "a test", quiet=True)
    takes = corpus.select("validation", GENRES, "beat")
    known: StepTokenizer = trainer.tokenizer
    kick_unknown = StepTokenizer([s if s != known.symbols[1] else 4095 for s in known.symbols], 12, 1, known.binning)
    trainer.model.eval()
    model = trainer.model
    plain = bits_a_beat(model, known, encode_performances(takes, known, GENRES))
    costly = bits_a_beat(model, kick_unknown, encode_performances(takes, kick_unknown, GENRES))
    assert costly.voices > plain.voices + 5


def test_windows_start_at_bar_lines_and_leave_something_to_play(corpus: Corpus) -> None:
    trainer = Trainer(tiny(), "small", corpus, Path(), "a test", quiet=True)
    windows = draw_windows(trainer.train, 3, 48, 0.5, 0.5, [1.0] * 12, np.random.default_rng(0))
    assert len(windows) == 12 * (3 * 2 + 1)
    assert all(window.start % 48 == 0 and window.start + window.length <= len(window.performance.tokens) for window in windows)
    longer = [window for window in windows if window.length > 48]
    assert 0.3 < sum(window.known is not None for window in longer) / len(longer) < 0.7
    assert 0.3 < sum(window.asked is not None for window in windows) / len(windows) < 0.7
    groups = group(windows, 6 * 48)
    assert sum(len(part) for part in groups) == len(windows)
    assert max(len(part) * part[-1].length for part in groups) <= 6 * 48
    for part in groups:
        batch = make_batch(part, trainer.model.shape)
        assert (batch.target.any(dim=1) | batch.performed.any(dim=(1, 2))).all()
        told = batch.given.score.reshape(*batch.target.shape, 5, 13).bool()
        hits = batch.played.velocities > 0
        assert not (told[:, :, 0].all(dim=-1) & batch.target).any(), "a token is asked for though all of it is told"
        assert not (told[:, :, 2] & batch.performed).any(), "a performance is asked for though it is told"
        assert torch.equal(told[:, :, 1], hits & told[:, :, 0])
        assert torch.equal(batch.performed, hits & ~told[:, :, 2])
        for row, window in enumerate(part):
            if window.asked is None:
                assert not batch.given.controls[row].any()
                continue
            plan = batch.given.controls[row, : window.length, -2:].reshape(-1, 12, 2)  # whether it is known, by beats
            assert (plan == plan[:, :1]).all()
            assert np.array_equal(plan[:, 0, 1], np.repeat(window.asked[:, -1], 4))


def test_what_is_given_is_one_of_the_questions_that_a_drummer_answers() -> None:
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        known = draw_known(8, 48, 13, generator)
        steps, voices = known.hits.all(axis=1), known.hits.all(axis=0)
        if not known.performance.any() and known.hits.all():
            seen.add("flat pattern")
            continue
        assert np.array_equal(known.hits, known.performance)
        assert not known.hits.all(), "nothing would be left to play"
        if steps.any():
            edges = np.flatnonzero(np.diff(steps.astype(int)))
            assert all((edge + 1) % 12 == 0 for edge in edges)
            seen.add("primer" if steps[0] and not steps[-1] and (edges + 1)[0] % 48 == 0 and len(edges) == 1 else "hole")
            assert (~steps).sum() >= 12
        else:
            assert np.array_equal(known.hits.any(axis=0), voices)
            seen.add("held voices" if voices.any() else "nothing")
    assert seen == {"flat pattern", "primer", "hole", "held voices", "nothing"}


def test_rare_genres_are_gone_over_more_often(corpus: Corpus) -> None:
    trainer = Trainer(tiny(), "small", corpus, Path(), "a test", quiet=True)
    funk = [take for take in trainer.train if take.genre == GENRES.index("funk")]
    repeats = genre_repeats(trainer.train + funk * 3, 12, 1.0)
    assert repeats[GENRES.index("funk")] == 1.0
    assert repeats[GENRES.index("jazz")] == pytest.approx(15 / 12)
    windows = draw_windows(trainer.train, 3, 48, 0.5, 0.5, [2.5] * 12, np.random.default_rng(0))
    assert 2.3 < len(windows) / (12 * 7) < 2.7


def test_the_repertoire_holds_every_genres_beats_and_no_fills(corpus: Corpus, tmp_path: Path) -> None:
    trained = run(corpus, tmp_path, tiny("training.epochs=1"))
    assert torch.bincount(trained.reference_bank.genres).tolist() == [3] * 12
    assert trained.reference_bank.lengths.tolist() == [4] * 36
    again = load_weights("small", tmp_path)
    for one, other in zip(trained.reference_bank, again.reference_bank, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    np.testing.assert_allclose(again.scale.quantiles, trained.scale.quantiles, atol=1e-5)


# -- the command ---------------------------------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    pairs = [part for override in TINY for part in ("--set", override)]
    return [sys.executable, str(ROOT / "train.py"), *arguments, *pairs]


def test_two_processes_get_the_loss_of_one(folder: Path, tmp_path: Path) -> None:
    """With nothing dropped at random, what two processes train together is what one trains alone."""
    overrides = ("training.epochs=2", "model.memory_dropout=0.0")
    settings = ["--data", str(folder), *(part for override in overrides for part in ("--set", override))]
    undropped = ["--set", TINY[0].replace("dropout: 0.1", "dropout: 0.0")]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for start, out in (([], "one"), (launch, "two")):
        python, *arguments = command(*settings, "--out", str(tmp_path / out))
        done = subprocess.run(
            [*(start or [python]), *arguments, *undropped], capture_output=True, text=True, check=True, timeout=300
        )
        assert done.stdout.count("validation beats in 4/4:") == 1, "one process reports for all"
    one, two = log(tmp_path / "one"), log(tmp_path / "two")
    assert len(one) == len(two) == 2
    for alone, shared in zip(one, two, strict=True):
        for column in ("train_bits", "validation_bits"):
            assert float(shared[column]) == pytest.approx(float(alone[column]), rel=1e-3)
    facts = [json.loads((tmp_path / name / "small.json").read_text())["training"]["processes"] for name in ("one", "two")]
    assert facts == [1, 2]


def test_the_command_trains_and_reports(folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command("--data", str(folder), "--out", str(tmp_path), "--learning_rate", "0.01", "--set", "training.epochs=1"),
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert re.search(
        r"validation beats in 4/4: 12 performances, 192 beats long\n  small: .* bits a beat = .*\n  bigram: .*\n", done.stdout
    )
    assert "Training small: 100%" in done.stderr
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
def test_a_wrong_command_is_one_sentence(folder: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    data = () if "--data" in arguments else ("--data", str(folder))
    done = subprocess.run(
        command(*data, *arguments, "--out", str(tmp_path)), check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert sentence in done.stderr and "Traceback" not in done.stderr


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
    deadline = time.monotonic() + 60
    while not (tmp_path / "small.checkpoint.json").is_file():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on after the last finished epoch" in stderr and "Traceback" not in stderr
    assert json.loads((tmp_path / "small.checkpoint.json").read_text())["progress"]["epoch"] >= 1
