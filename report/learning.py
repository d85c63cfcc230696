"""Learning rates and sizes at equal, short budgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drummer.config import load_config
from drummer.training.likelihood import bits_a_beat
from drummer.training.trainer import Trainer
from report import rows
from report.trials import Point, Trial

RATES = (0.001, 0.0005, 0.0001)  # those that the original compared
SECONDS = 150  # CPU time of each run
MEASUREMENTS_OF = {"small": 4, "medium": 3, "large": 2}  # on the way


def follow(trainer: Trainer) -> Point:
    """Measure the surprise at validation drummers, in bits a beat."""
    bits = bits_a_beat(trainer.model, trainer.tokenizer, trainer.validation)
    return {"loss": bits.total, **bits._asdict()}


def make_trainer(size: str, *overrides: str, trainer: type[Trainer] = Trainer) -> Trainer:
    """Prepare a model of the program's own recipe, with a learning rate that stays where it is."""
    config = load_config(overrides=["training.final_learning_rate=1.0", *overrides])
    return trainer(config, size, rows.corpus(config.grid.steps_per_beat), Path(), "", quiet=True)


def measure_rate(size: str, rate: float) -> Callable[[], rows.Values]:
    """Make the measurement of one size at one learning rate."""

    def measure() -> rows.Values:
        trainer = make_trainer(size, f"training.learning_rate={rate}")
        trial = Trial(trainer, SECONDS, follow, MEASUREMENTS_OF[size], past_updates(f"rate_{size}_{rate:g}"))
        return {
            "size": size,
            "rate": rate,
            "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
            "points": trial.run(),
        }

    return measure


def past_updates(name: str) -> list[int] | None:
    """Look up at how many updates a row was measured before, so that it is found again whatever the machine's speed."""
    row = rows.load(name)
    return [int(point["updates"]) for point in row.values["points"]] if row else None


MEASUREMENTS = [
    rows.Measurement(f"rate_{size}_{rate:g}", measure_rate(size, rate), minutes=SECONDS / 60 + 1, seed=1)
    for size in MEASUREMENTS_OF
    for rate in RATES
]
