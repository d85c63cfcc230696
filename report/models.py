"""Evaluation of the shipped models: likelihood of held-out performances, and generated against human grooves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drummer.data.encoding import EncodedPerformance, encode_performances
from drummer.evaluation import metrics
from drummer.evaluation.discriminator import feature_importance
from drummer.evaluation.likelihood import likelihoods
from drummer.evaluation.windows import LabelledGroove, Windows, cut_windows
from drummer.model.checkpoint import TrainedModel
from drummer.model.description import model_names
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat
from report import results
from report.ablations import tokens_per_beat
from report.intervals import bootstrap
from report.predictions import predict_tokens, scores

SIZES: tuple[str, ...] = tuple(size for size in ("small", "medium", "large") if size in model_names())  # those that are trained
HELD_OUT = ("validation", "test")
SEEDS = (0, 1, 2)  # sampling seeds
SEED_STRIDE = 1000  # between the seeds of the first grooves


def measure_likelihood(size: str) -> Callable[[], results.Values]:
    """Return the measurement of likelihood and token predictions of one size."""

    def measure() -> results.Values:
        trained = results.drummer(size).trained
        values: results.Values = {"parameters": sum(parameter.numel() for parameter in trained.model.parameters())}
        for split in HELD_OUT:
            encoded = encode(trained, split)
            predictions = predict_tokens(trained.model, encoded, tokens_per_beat(trained.model))
            values[split] = {
                "bits": bits_with_intervals(trained, encoded),
                "tokens": bootstrap(partial(scores, predictions), predictions.group),
                "by_genre": [_plain(found) for found in likelihoods(trained, results.corpus(), split)],
            }
        return values

    return measure


def _plain(found: Any) -> dict[str, Any]:
    values: dict[str, Any] = found._asdict()
    return values | {name: _total(values[name]) for name in ("model", "bigram")}


def _total(bits: NegativeLogLikelihood) -> dict[str, float]:
    return {"total": bits.total, **bits._asdict()}


def encode(trained: TrainedModel, split: str) -> list[EncodedPerformance]:
    """Encode the beats of a split for a model."""
    corpus = results.corpus(trained.config.grid.steps_per_beat)
    return encode_performances(corpus.select(split, trained.genres, "beat"), trained.tokenizer, trained.config)


def bits_with_intervals(trained: TrainedModel, performances: Sequence[EncodedPerformance]) -> dict[str, Any]:
    """Compute the negative log-likelihood in bits per beat, with intervals over performances."""
    each = [_total(bits_a_beat(trained.model, trained.tokenizer, [one])) for one in performances]
    beats = np.array([one.source.beats for one in performances], dtype=np.float64)

    def averages(chosen: NDArray[np.int64]) -> dict[str, float]:
        return {name: float(np.average([each[i][name] for i in chosen], weights=beats[chosen])) for name in each[0]}

    return bootstrap(averages, np.arange(len(performances)))


def human_windows(split: str) -> Windows:
    """Return the windows of the human beats of a split."""
    return cut_windows(human_grooves(split))


def human_grooves(split: str) -> list[LabelledGroove]:
    """Return the human beats of a split as labelled grooves."""
    return metrics.human_beats(results.corpus(), split, list(results.drummer("medium").genres))


def measure_humans() -> results.Values:
    """Compare training with held-out drummers, and compute the statistics of the held-out ones."""
    train_grooves = human_grooves("train")
    train = cut_windows(train_grooves)
    values: results.Values = {}
    for split in HELD_OUT:
        held_out = human_windows(split)
        values[split] = {
            "windows": len(held_out),
            "histograms": histograms(held_out),
            "human_control": plain(metrics.human_control(train, held_out)),
            "statistics": plain(metrics.set_statistics(f"{split} drummers", held_out, train, train_grooves)),
        }
    return values


def measure_played(name: str, seed: int = 0, count: int = metrics.COUNT) -> Callable[[], results.Values]:
    """Return the measurement of a model's grooves with one sampling seed."""

    def measure() -> results.Values:
        generated = metrics.generate_grooves(results.drummer(name), count, first_seed=seed * SEED_STRIDE)
        return compare_with_drummers(generated)

    return measure


def compare_with_drummers(generated: Sequence[LabelledGroove]) -> results.Values:
    """Compare generated grooves with the human drummers of each split."""
    train_grooves = human_grooves("train")
    train, windows = cut_windows(train_grooves), cut_windows(generated)
    values: results.Values = {
        "windows": len(windows),
        "statistics": plain(metrics.set_statistics("generated", windows, train, train_grooves)),
        "histograms": histograms(windows),
        "feature_importance": [plain(importance) for importance in feature_importance(windows, train)],
    }
    for split in HELD_OUT:
        against_split, absent_genres = metrics.compare_with_split(
            windows, train, human_windows(split), split, results.REPETITIONS
        )
        values[split] = {"against_split": plain(against_split), "absent_genres": plain(absent_genres)}
    return values


def histograms(windows: Windows) -> dict[str, dict[str, list[float]]]:
    """Sum the histograms of velocities and of deviations from the grid over the windows of each genre."""
    return {
        name: {
            genre: getattr(windows.of_genres([genre]), name).sum(axis=0).tolist() for genre in np.unique(windows.genres).tolist()
        }
        for name in ("velocities", "deviations")
    }


def plain(value: Any) -> Any:
    """Convert dataclasses and named tuples to mappings for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return value


def _measurements() -> Iterator[results.Measurement]:
    minutes = {"small": 3, "medium": 4, "large": 9}
    for size in SIZES:
        yield results.Measurement(
            f"likelihood_{size}", measure_likelihood(size), minutes=minutes[size] / 2, quick=size != "large"
        )
    yield results.Measurement("humans", measure_humans, minutes=2)
    for size in SIZES:
        for seed in SEEDS:
            yield results.Measurement(f"played_{size}_{seed}", measure_played(size, seed), minutes=minutes[size], seed=seed)


MEASUREMENTS = list(_measurements())
