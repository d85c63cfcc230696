"""Comparison of learning rates and model sizes at equal, short training budgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drummer.config import load_config
from drummer.training.likelihood import bits_a_beat
from drummer.training.trainer import Trainer
from report import results
from report.short_runs import Point, ShortRun

RATES = (0.001, 0.0005, 0.0001)  # as in the original comparison
SECONDS = 150  # CPU time of each run
MEASUREMENTS_OF = {"small": 4, "medium": 3, "large": 2}  # during training


def validation_bits(trainer: Trainer) -> Point:
    """Compute the negative log-likelihood of the validation beats, in bits per beat."""
    bits = bits_a_beat(trainer.model, trainer.tokenizer, trainer.validation)
    return {"loss": bits.total, **bits._asdict()}


def make_trainer(size: str, *overrides: str, trainer: type[Trainer] = Trainer) -> Trainer:
    """Create a trainer of the product's recipe with a constant learning rate."""
    config = load_config(overrides=["training.final_learning_rate=1.0", *overrides])
    return trainer(config, size, results.corpus(config.grid.steps_per_beat), Path(), "", quiet=True)


def measure_rate(size: str, rate: float) -> Callable[[], results.Values]:
    """Return the measurement of one size at one learning rate."""

    def measure() -> results.Values:
        trainer = make_trainer(size, f"training.learning_rate={rate}")
        trial = ShortRun(trainer, SECONDS, validation_bits, MEASUREMENTS_OF[size], past_updates(f"rate_{size}_{rate:g}"))
        return {
            "size": size,
            "rate": rate,
            "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
            "points": trial.run(),
        }

    return measure


def past_updates(name: str) -> list[int] | None:
    """Return the numbers of updates of a stored result: repeating them does not depend on the speed of the machine."""
    stored = results.load(name)
    return [int(point["updates"]) for point in stored.values["points"]] if stored else None


MEASUREMENTS = [
    results.Measurement(f"rate_{size}_{rate:g}", measure_rate(size, rate), minutes=SECONDS / 60 + 1, seed=1)
    for size in MEASUREMENTS_OF
    for rate in RATES
]
