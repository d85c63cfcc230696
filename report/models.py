"""The shipped models: how surprised they are by held-out drummers, and how well what they play passes for a drummer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drummer import comparison, judging
from drummer.comparison import Labelled, Windows
from drummer.data.batches import EncodedPerformance, encode_performances
from drummer.evaluation import likelihoods
from drummer.model.checkpoint import TrainedModel
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat
from report import rows
from report.ablations import tokens_per_beat
from report.guesses import guess_tokens, scores
from report.intervals import bootstrap

SIZES = ("small", "medium", "large")
HELD_OUT = ("validation", "test")
SEEDS = (0, 1, 2)  # of sampling
COUNTS = {"small": judging.COUNT, "medium": judging.COUNT, "large": 8}  # grooves of each genre; large takes thrice the time
SEED_STRIDE = 1000  # between the seeds of the first grooves


def measure_likelihood(size: str) -> Callable[[], rows.Values]:
    """Make the measurement of bits a beat and of token guesses of one size."""

    def measure() -> rows.Values:
        trained = rows.drummer(size).trained
        values: rows.Values = {"parameters": sum(parameter.numel() for parameter in trained.model.parameters())}
        for split in HELD_OUT:
            takes = encode(trained, split)
            guesses = guess_tokens(trained.model, takes, tokens_per_beat(trained.model))
            values[split] = {
                "bits": bits_with_intervals(trained, takes),
                "tokens": bootstrap(lambda chosen, guesses=guesses: scores(guesses, chosen), guesses.group),  # type: ignore[misc]
                "by_genre": [_plain(found) for found in likelihoods(trained, rows.corpus(), split)],
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
    corpus = rows.corpus(trained.config.grid.steps_per_beat)
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
    return comparison.cut_windows(takes_of(split))


def takes_of(split: str) -> list[Labelled]:
    """Label the beats of drummers of a split."""
    return judging.drummers(rows.corpus(), split, list(rows.drummer("medium").genres))


def measure_humans() -> rows.Values:
    """Compare drummers with drummers, and look at what they play."""
    train_takes = takes_of("train")
    train = comparison.cut_windows(train_takes)
    values: rows.Values = {}
    for split in HELD_OUT:
        held_out = windows_of(split)
        values[split] = {
            "windows": len(held_out),
            "histograms": histograms(held_out),
            "control": plain(judging.human_control(train, held_out)),
            "character": plain(judging.describe(f"{split} drummers", held_out, train, train_takes)),
        }
    return values


def measure_played(name: str, seed: int = 0, count: int = judging.COUNT) -> Callable[[], rows.Values]:
    """Make the measurement of what a model plays freely, with one seed of sampling."""

    def measure() -> rows.Values:
        played = judging.play_all(rows.drummer(name), count, first_seed=seed * SEED_STRIDE)
        return judge(played)

    return measure


def judge(played: Sequence[Labelled]) -> rows.Values:
    """Compare played grooves with drummers."""
    train_takes = takes_of("train")
    train, windows = comparison.cut_windows(train_takes), comparison.cut_windows(played)
    values: rows.Values = {
        "windows": len(windows),
        "character": plain(judging.describe("played", windows, train, train_takes)),
        "histograms": histograms(windows),
        "giveaways": [plain(giveaway) for giveaway in comparison.giveaways(windows, train)],
    }
    for split in HELD_OUT:
        free, unheard = judging.against_split(windows, train, windows_of(split), split, rows.DRAWS)
        values[split] = {"free": plain(free), "unheard": plain(unheard)}
    return values


def histograms(windows: Windows) -> dict[str, dict[str, list[float]]]:
    """Count the velocities and the deviations from the grid of each genre's hits, in the bins of `comparison.Windows`."""
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


def _measurements() -> Iterator[rows.Measurement]:
    minutes = {"small": 3, "medium": 4, "large": 5}
    for size in SIZES:
        yield rows.Measurement(f"likelihood_{size}", measure_likelihood(size), minutes=minutes[size] / 2, quick=size != "large")
    yield rows.Measurement("humans", measure_humans, minutes=2)
    for size in SIZES:
        for seed in SEEDS:
            yield rows.Measurement(
                f"played_{size}_{seed}", measure_played(size, seed, COUNTS[size]), minutes=minutes[size], seed=seed
            )


MEASUREMENTS = list(_measurements())
