"""The shipped models: how surprised they are by held-out drummers, and how well what they play passes for a drummer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drummer.evaluation import discriminator, metrics
from drummer.evaluation.discriminator import Labelled, Windows
from drummer.evaluation.likelihood import likelihoods
from drummer.likelihood import Surprise, bits_a_beat
from drummer.weights import TrainedModel
from drummer.windows import EncodedPerformance, encode_performances
from report import results
from report.ablations import tokens_per_beat
from report.intervals import bootstrap
from report.predictions import guess_tokens, scores

SIZES = ("small", "medium", "large")
HELD_OUT = ("validation", "test")
SEEDS = (0, 1, 2)  # of sampling
COUNTS = {"small": metrics.COUNT, "medium": metrics.COUNT, "large": 8}  # grooves of each genre; large takes thrice the time
SEED_STRIDE = 1000  # between the seeds of the first grooves


def measure_likelihood(size: str) -> Callable[[], results.Values]:
    """Make the measurement of bits a beat and of token guesses of one size."""

    def measure() -> results.Values:
        trained = results.drummer(size).trained
        values: results.Values = {"parameters": sum(parameter.numel() for parameter in trained.model.parameters())}
        for split in HELD_OUT:
            takes = encode(trained, split)
            guesses = guess_tokens(trained.model, takes, tokens_per_beat(trained.config))
            values[split] = {
                "bits": bits_with_intervals(trained, takes),
                "tokens": bootstrap(lambda chosen, guesses=guesses: scores(guesses, chosen), guesses.group),  # type: ignore[misc]
                "by_genre": [_plain(found) for found in likelihoods(trained, results.corpus(), split)],
            }
        return values

    return measure


def _plain(found: Any) -> dict[str, Any]:
    values: dict[str, Any] = found._asdict()
    return values | {name: _total(values[name]) for name in ("model", "bigram")}


def _total(bits: Surprise) -> dict[str, float]:
    return {"total": bits.total, **bits._asdict()}


def encode(trained: TrainedModel, split: str) -> list[EncodedPerformance]:
    """Encode the beats of a split for a model."""
    corpus = results.corpus(trained.config.grid.steps_per_beat)
    return encode_performances(corpus.select(split, trained.genres, "beat"), trained.tokenizer, list(trained.genres))


def bits_with_intervals(trained: TrainedModel, takes: Sequence[EncodedPerformance]) -> dict[str, Any]:
    """Measure bits a beat, with intervals over performances."""
    each = [_total(bits_a_beat(trained.model, trained.tokenizer, [take])) for take in takes]
    beats = np.array([take.source.beats for take in takes], dtype=np.float64)

    def averages(chosen: NDArray[np.int64]) -> dict[str, float]:
        return {name: float(np.average([each[i][name] for i in chosen], weights=beats[chosen])) for name in each[0]}

    return bootstrap(averages, np.arange(len(takes)))


def windows_of(split: str) -> Windows:
    """Cut the beats of drummers of a split into windows."""
    return discriminator.cut_windows(takes_of(split))


def takes_of(split: str) -> list[Labelled]:
    """Label the beats of drummers of a split."""
    return metrics.drummers(results.corpus(), split, list(results.drummer("medium").genres))


def measure_humans() -> results.Values:
    """Compare drummers with drummers, and look at what they play."""
    train_takes = takes_of("train")
    train = discriminator.cut_windows(train_takes)
    values: results.Values = {}
    for split in HELD_OUT:
        held_out = windows_of(split)
        values[split] = {
            "windows": len(held_out),
            "histograms": histograms(held_out),
            "control": plain(metrics.human_control(train, held_out)),
            "character": plain(metrics.describe(f"{split} drummers", held_out, train, train_takes)),
        }
    return values


def measure_played(name: str, seed: int = 0, count: int = metrics.COUNT) -> Callable[[], results.Values]:
    """Make the measurement of what a model plays freely, with one seed of sampling."""

    def measure() -> results.Values:
        played = metrics.play_all(results.drummer(name), count, first_seed=seed * SEED_STRIDE)
        return judge(played)

    return measure


def judge(played: Sequence[Labelled]) -> results.Values:
    """Compare played grooves with drummers."""
    train_takes = takes_of("train")
    train, windows = discriminator.cut_windows(train_takes), discriminator.cut_windows(played)
    values: results.Values = {
        "windows": len(windows),
        "character": plain(metrics.describe("played", windows, train, train_takes)),
        "histograms": histograms(windows),
        "giveaways": [plain(giveaway) for giveaway in discriminator.giveaways(windows, train)],
    }
    for split in HELD_OUT:
        free, unheard = metrics.against_split(windows, train, windows_of(split), split, results.DRAWS)
        values[split] = {"free": plain(free), "unheard": plain(unheard)}
    return values


def histograms(windows: Windows) -> dict[str, dict[str, list[float]]]:
    """Count the velocities and the deviations from the grid of each genre's hits, in the bins of `discriminator.Windows`."""
    return {
        what: {
            genre: getattr(windows.of_genres([genre]), what).sum(axis=0).tolist() for genre in np.unique(windows.genres).tolist()
        }
        for what in ("velocities", "deviations")
    }


def plain(value: Any) -> Any:
    """Turn named tuples into mappings that JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return value


def _measurements() -> Iterator[results.Measurement]:
    minutes = {"small": 3, "medium": 4, "large": 5}
    for size in SIZES:
        yield results.Measurement(
            f"likelihood_{size}", measure_likelihood(size), minutes=minutes[size] / 2, quick=size != "large"
        )
    yield results.Measurement("humans", measure_humans, minutes=2)
    for size in SIZES:
        for seed in SEEDS:
            yield results.Measurement(
                f"played_{size}_{seed}", measure_played(size, seed, COUNTS[size]), minutes=minutes[size], seed=seed
            )


MEASUREMENTS = list(_measurements())
