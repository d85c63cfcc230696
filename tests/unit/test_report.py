"""Report: its measurements on synthetic data, and agreement of its figures with those of weights and documents."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drummer import model_names
from drummer.config import load_config
from drummer.data.batches import make_batch, whole
from drummer.data.corpus import Corpus, read_corpus
from drummer.data.encoding import encode_performances
from drummer.evaluation.descriptors import describe
from drummer.evaluation.likelihood import likelihoods
from drummer.evaluation.windows import LabelledGroove
from drummer.model.description import WEIGHTS
from drummer.model.inputs import ENCODER_CHANNELS
from drummer.music.meter import Meter
from drummer.training.likelihood import bits_a_beat
from drummer.training.trainer import Trainer
from experiments.transformer import CONTEXT, with_transformer
from report import published, render, results, tables
from report.__main__ import MEASUREMENTS
from report.humanizing import compare_hits, constant, fit_voice_statistics, quantized, random
from report.intervals import bootstrap
from report.labels import FEATURE_LABELS
from report.original_recipe import OriginalTrainer
from report.predictions import Predictions, predict_tokens, scores
from report.short_runs import ShortRun
from tests.conftest import ROOT
from tests.datasets import GENRES, performance, simple_groove, write_gmd

RESULTS_PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
MEASURED = [name for name in MEASUREMENTS if results.load(name)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return read_corpus(write_gmd(tmp_path_factory.mktemp("gmd")), load_config(), quiet=True)


def trainer(corpus: Corpus, folder: Path, *overrides: str) -> Trainer:
    return Trainer(load_config(overrides=overrides), "small", corpus, folder, "", quiet=True)


# -- figures ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [size for size in model_names() if results.load(f"likelihood_{size}")])
def test_the_weights_claim_what_the_report_measured(size: str) -> None:
    claimed = json.loads((WEIGHTS / f"{size}.json").read_text())["metrics"]["validation_bits_a_beat"]["beats"]
    measured = results.load(f"likelihood_{size}").values["validation"]["bits"]
    assert claimed == pytest.approx({part: found["value"] for part, found in measured.items()}, abs=0.011)


@pytest.mark.parametrize("size", [size for size in model_names() if results.load(f"likelihood_{size}")])
def test_the_results_page_claims_what_the_report_measured(size: str) -> None:
    (line,) = re.findall(rf"^\| \*{{0,2}}{size}\*{{0,2}} \| (\d[\d,]*) \| (.*) \|$", RESULTS_PAGE, re.MULTILINE)
    parameters, figures = int(line[0].replace(",", "")), [float(figure.strip(" *")) for figure in line[1].split("|")]
    values = results.load(f"likelihood_{size}").values
    bits = values["validation"]["bits"]
    measured = [bits[part]["value"] for part in ("total", "voices", "velocity", "timing")]
    assert parameters == values["parameters"]
    assert figures == pytest.approx([*measured, values["test"]["bits"]["total"]["value"]], abs=0.011)


@pytest.mark.parametrize("name", MEASURED)
def test_a_result_has_its_provenance(name: str) -> None:
    stored = results.load(name)
    assert stored.name == name and stored.command == f"python -m report --run {name}"
    assert re.fullmatch(r"[0-9a-f]{10}\+?", stored.commit) and re.fullmatch(r"\d{4}-\d\d-\d\d", stored.date)
    assert re.fullmatch(r"[0-9a-f]{64}", stored.data) and stored.seconds > 0 and stored.machine


def test_the_report_is_rendered_from_its_results() -> None:
    drawn = [path.stem for path in results.FOLDER.glob("*.png")]
    written = render.fill(render.TEMPLATE.read_text(encoding="utf-8"), list(MEASUREMENTS), drawn)
    assert render.PATH.read_text(encoding="utf-8") == written
    assert "{{" not in written


def test_linked_files_exist_and_are_small() -> None:
    links = re.findall(r"\]\((report/[^)]*)\)", render.PATH.read_text(encoding="utf-8"))
    assert len(links) > 24
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert sum(path.stat().st_size for path in results.FOLDER.glob("*.ogg")) < 3_000_000


def test_missing_results_are_shown_as_not_measured() -> None:
    assert tables.table(("a", "b", "c"), [["x"]]).endswith("| x | not measured | not measured |")
    assert render.number("no such result", "a.b", "%") == "not measured"
    assert "(not measured)" in render.fill("{{picture data: Minutes.}}", [], [])


def test_every_descriptor_has_a_label() -> None:
    known = {f"{group}.{name}" for group, values in describe(simple_groove()).items() for name in values}
    assert FEATURE_LABELS.keys() == known


def test_figures_outside_their_interval_are_listed() -> None:
    old = {"a": {"value": 2.0, "low": 1.0, "high": 3.0}, "b": [1.0, 2], "c": "x"}
    assert results.differences(old, {"a": {"value": 2.9, "low": 0.0, "high": 9.0}, "b": [1.0005, 2], "c": "x"}) == []
    lost = results.differences(old, {"a": {"value": 3.1, "low": 0.0, "high": 9.0}, "b": [1.1, 3], "c": "y"})
    assert [line.split()[0] for line in lost] == ["a", "b", "b", "c"]


def test_results_survive_saving_and_loading(tmp_path: Path) -> None:
    stored = results.Result("x", "c", "0123456789", "2026-01-01", "d", 1, 2.5, "m", {"figures": [1.25, {"deep": 3}]})
    results.save(stored, tmp_path)
    assert results.load("x", tmp_path) == stored
    assert results.load("y", tmp_path) is None


# -- measurements ----------------------------------------------------------------------------------------------------------


def test_scores_of_predictions() -> None:
    target, predicted = np.array([2, 2, 3, 1, 3, 3]), np.array([2, 3, 3, 1, 3, 2])
    beat = np.array([0, 0, 1, 1, 2, 2])
    found = scores(Predictions(target, predicted, beat, beat, np.zeros(6)))
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["accuracy_known"] == pytest.approx(3 / 5)
    assert found["beats"] == 0.0  # the second beat is correct except for an unknown token
    assert found["precision"] == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert found["recall"] == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert found["unknown"] == pytest.approx(1 / 6)


def test_an_interval_contains_the_figure_and_resamples_groups() -> None:
    values = np.random.default_rng(0).normal(5.0, 1.0, 400)

    def width(groups: np.ndarray) -> float:
        found = bootstrap(lambda chosen: {"mean": float(values[chosen].mean())}, groups)["mean"]
        assert found["low"] < found["value"] < found["high"]
        return found["high"] - found["low"]

    assert width(np.arange(400)) == pytest.approx(4 / 20, rel=0.25)  # four standard errors
    repeated = np.repeat(np.arange(20), 20)
    values = np.repeat(np.random.default_rng(1).normal(5.0, 1.0, 20), 20)
    assert width(repeated) > 2 * width(np.arange(400))


def test_predictions_have_the_likelihood_of_the_loss(corpus: Corpus, tmp_path: Path) -> None:
    made = trainer(corpus, tmp_path)
    made.model.eval()
    predictions = predict_tokens(made.model, made.validation, 12)
    beats = sum(take.source.beats for take in made.validation)
    voices = bits_a_beat(made.model, made.tokenizer, made.validation).voices
    assert predictions.bits.sum() / beats == pytest.approx(voices, rel=1e-3)
    assert len(np.unique(predictions.beat)) == beats
    assert len(np.unique(predictions.group)) == len(made.validation)


def test_a_short_run_is_reproduced_by_its_updates(corpus: Corpus, tmp_path: Path) -> None:
    def measure(made: Trainer) -> dict[str, float]:
        return {"loss": float(predict_tokens(made.model, made.validation, 12).bits.mean())}

    first, again = (
        ShortRun(trainer(corpus, tmp_path, "training.final_learning_rate=1.0"), 60.0, measure, updates=(2, 4)).run()
        for _ in range(2)
    )
    assert [point["updates"] for point in first] == [2, 4]
    assert [point["loss"] for point in first] == [point["loss"] for point in again]
    assert first[1]["loss"] < first[0]["loss"]


def test_the_published_protocol_shows_the_encoder_its_target(tmp_path: Path) -> None:
    config = load_config(published.RECIPE, ("training.window_bars=2", *published.CHANGES))
    corpus = read_corpus(write_gmd(tmp_path / "gmd"), config, quiet=True)
    made = OriginalTrainer(config, "small", corpus, tmp_path, "", quiet=True)
    splits = published.shuffled_splits(made)
    assert sum(map(len, splits)) == 3 * 3 * len(GENRES)  # three overlapping windows of each take of four bars
    batch = published.revealed(splits.test, made.model.shape)
    assert batch.token_targets.all()
    score = batch.conditioning.encoder_input.reshape(*batch.token_targets.shape, ENCODER_CHANNELS, made.model.shape.cells)
    assert score[:, :, 0].all()  # all of it is known to the encoder
    assert torch.equal(score[:, :, 1] > 0, batch.performance.velocities > 0)  # and it is what must be played
    assert published.overlap(splits)["test_beats_in_training"] > 0.3


def test_a_transformer_never_looks_ahead(corpus: Corpus, tmp_path: Path) -> None:
    made = trainer(corpus, tmp_path)
    made.use_model(with_transformer(made.model, 0.2))
    made.model.eval()
    decoder = made.model.decoder
    inputs = torch.randn(2, CONTEXT + 30, decoder.embed.in_features)
    changed = inputs.clone()
    changed[:, CONTEXT + 5 :] += 1.0
    with torch.no_grad():
        before, after = decoder(inputs)[0], decoder(changed)[0]
    assert torch.allclose(before[:, : CONTEXT + 5], after[:, : CONTEXT + 5], atol=1e-5)
    assert not torch.allclose(before[:, CONTEXT + 5], after[:, CONTEXT + 5], atol=1e-3)
    batch = make_batch(whole(made.validation), made.model.shape)
    assert float(made.loss(batch).detach()) > 0


def test_humanizing_baselines_without_a_model(corpus: Corpus) -> None:
    statistics = fit_voice_statistics(corpus.select("train", GENRES, "beat"))
    pieces = [LabelledGroove(simple_groove(4, seed=50 + seed), "funk", f"funk {seed}") for seed in range(4)]
    found = {
        name: compare_hits(pieces, [piece._replace(groove=humanizer(piece, seed)) for seed, piece in enumerate(pieces)])
        for name, humanizer in (
            ("quantized", quantized(statistics)),
            ("constant", constant(statistics)),
            ("random", random(statistics)),
        )
    }
    assert found["random"]["timing_error"]["value"] > found["quantized"]["timing_error"]["value"]
    assert found["random"]["timing_distance"]["value"] < found["quantized"]["timing_distance"]["value"]
    assert found["random"]["velocity_distance"]["value"] < found["constant"]["velocity_distance"]["value"]
    same = compare_hits(pieces, pieces)
    assert all(figure["value"] == 0.0 for figure in same.values())


def test_likelihood_of_other_meters_follows_that_of_four_four(corpus: Corpus, tmp_path: Path) -> None:
    four = simple_groove(3)
    three = replace(performance("drummer1/waltz/1", replace(four, meter=Meter(3, 4))), genre="rock", split="validation")
    made = trainer(corpus, tmp_path)
    made.model.eval()
    found = list(likelihoods(made.trained_model({}), replace(corpus, performances=(*corpus.performances, three)), "validation"))
    assert [one.meter for one in found] == ["4/4"] * (len(found) - 1) + ["3/4"]
    assert (found[0].genre, found[0].part) == (None, "beat")
    waltz = found[-1]
    assert (waltz.genre, waltz.part, waltz.performances, waltz.beats) == ("rock", "beat", 1, 12)
    assert waltz.hits == pytest.approx(four.hit_count / 12)
    encoded = encode_performances([three], made.tokenizer, made.config)
    assert waltz.model == bits_a_beat(made.model, made.tokenizer, encoded)
