"""Ablations: the small model with one part of the recipe changed, at an equal and short training budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from drummer.model.checkpoint import save_weights
from drummer.model.network import Seq2SeqLSTM
from drummer.training.trainer import Trainer
from experiments.transformer import with_transformer
from report import results
from report.intervals import bootstrap
from report.learning_rates import make_trainer, past_updates, validation_bits
from report.original_recipe import OriginalLossTrainer, OriginalTrainer, TrainerWithoutMemory
from report.predictions import predict_tokens, scores
from report.short_runs import ShortRun

SECONDS = 240  # CPU time of each run
FORCED = 150  # updates of the teacher-forcing schedule


class Ablation(NamedTuple):
    """One change of the recipe.

    Attributes:
        name: Name of the result, without its prefix `ablation_`.
        description: Description for tables.
        overrides: Overrides of the configuration.
        trainer: Class of the trainer.
        forcing: Teacher-forcing ratio as a function of the number of updates, for an `OriginalLossTrainer`.
        transformer: Whether a Transformer replaces the decoder LSTM.
        measurements: Number of measurements during training; the baseline has more, for comparison at equal updates.
    """

    name: str
    description: str
    overrides: Sequence[str] = ()
    trainer: type[Trainer] = Trainer
    forcing: Callable[[int], float] | None = None
    transformer: bool = False
    measurements: int = 3


def published_forcing(updates: int) -> float:
    """Compute the original schedule, from 1 to -2 clipped at 0, over `FORCED` updates instead of 500 epochs."""
    return max(0.0, 1.0 - 3.0 * updates / FORCED)


ABLATIONS = (
    Ablation("baseline", "unchanged: 12 steps per beat, step tokens, memory of past beats and bars, LSTM", measurements=6),
    Ablation("steps_4", "4 steps per beat instead of 12", ("grid.steps_per_beat=4",)),
    Ablation("steps_8", "8 steps per beat instead of 12", ("grid.steps_per_beat=8",)),
    Ablation("no_beat_before", "no memory of the beat before", ("model.memory_beats=[2]",)),
    Ablation(
        "no_memory",
        "no memory of past beats and bars",
        ("model.memory_beats=[]", "model.memory_bars=[]", "model.memory_dropout=0.0"),
        TrainerWithoutMemory,
    ),
    Ablation(
        "beat_token",
        "one token per beat instead of one per step; voices only, no memory",
        (
            "original_recipe.loudness_levels=1", "model.memory_beats=[]", "model.memory_bars=[]", "model.memory_dropout=0.0",
        ),
        OriginalTrainer,
    ),
    Ablation(
        "class_weights",
        "class weights: higher loss weight of rare tokens",
        ("original_recipe.class_weights=true",),
        OriginalLossTrainer,
    ),
    Ablation("forcing", "teacher forcing decreasing from 1 to 0", (), OriginalLossTrainer, published_forcing),
    Ablation("transformer", "a Transformer of equal size instead of the decoder LSTM", transformer=True),
)  # fmt: skip


def measure(ablation: Ablation) -> results.Values:
    """Train with one change and evaluate on the validation beats."""
    trainer = make_trainer("small", *ablation.overrides, trainer=ablation.trainer)
    if ablation.transformer:
        trainer.use_model(with_transformer(trainer.model, trainer.config.model.sizes["small"].dropout))
    name = f"ablation_{ablation.name}"
    trial = ShortRun(trainer, SECONDS, validation_bits, ablation.measurements, updates=past_updates(name))
    if ablation.forcing is not None:
        trial.before_step = partial(_set_forcing, trainer, ablation.forcing)
    points = trial.run()
    if not ablation.transformer:  # the sampler needs an LSTM
        save_weights(trainer.trained_model({}), results.TRAINED, name)
    return {
        "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
        "vocabulary": trainer.tokenizer.size,
        "points": points,
        "lost_hits": _lost_hits(trainer),
        "scores": token_scores(trainer),
    }


def _set_forcing(trainer: Trainer, schedule: Callable[[int], float], updates: int) -> None:
    assert isinstance(trainer, OriginalLossTrainer)
    trainer.loss.forcing = schedule(updates)


def token_scores(trainer: Trainer) -> results.Values:
    """Score the predictions of a trainer's model on the validation beats, with intervals."""
    predictions = predict_tokens(trainer.model, trainer.validation, tokens_per_beat(trainer.model))
    return bootstrap(partial(scores, predictions), predictions.group)


def tokens_per_beat(model: Seq2SeqLSTM) -> int:
    """Return the number of tokens per beat."""
    return model.shape.tokens_per_beat


def _lost_hits(trainer: Trainer) -> float:
    """Compute the share of the hits of validation drummers that the grid cannot represent."""
    lost = sum(one.source.lost for one in trainer.validation)
    return lost / (lost + sum(one.source.groove.hit_count for one in trainer.validation))


def _measurement(ablation: Ablation) -> results.Measurement:
    return results.Measurement(f"ablation_{ablation.name}", lambda: measure(ablation), minutes=SECONDS / 60 + 1, seed=1)


MEASUREMENTS = [_measurement(ablation) for ablation in ABLATIONS]
