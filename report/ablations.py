"""What each part of the recipe is worth: the small model with one part changed, at an equal and short budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from drummer.config import default_config
from drummer.model.checkpoint import save_weights
from drummer.model.network import Seq2SeqLSTM
from drummer.training.trainer import Trainer
from experiments.transformer import with_transformer
from report import rows
from report.guesses import guess_tokens, scores
from report.intervals import bootstrap
from report.learning import follow, make_trainer, past_updates
from report.original_recipe import OriginalLossTrainer, OriginalTrainer, TrainerWithoutMemory
from report.trials import Trial

SECONDS = 240  # CPU time of each
FORCED = 150  # updates over which the teacher-forcing schedule is spread


class Ablation(NamedTuple):
    """One change.

    Attributes:
        name: Of its row, behind `ablation_`.
        what: In words.
        overrides: Of the configuration.
        trainer: That trains it.
        forcing: Share of the decoder's inputs that are the truth, by updates; for an `OriginalLossTrainer`.
        transformer: Whether the decoder is one.
        measurements: On the way; the first has more, so that others can be compared with it at equal updates.
    """

    name: str
    what: str
    overrides: Sequence[str] = ()
    trainer: type[Trainer] = Trainer
    forcing: Callable[[int], float] | None = None
    transformer: bool = False
    measurements: int = 3


def published_forcing(updates: int) -> float:
    """Fall as in the original recipe, from 1 to -2 clipped at 0, over `FORCED` updates instead of 500 passes."""
    return max(0.0, 1.0 - 3.0 * updates / FORCED)


ABLATIONS = (
    Ablation("baseline", "nothing changed: 12 steps a beat, step tokens, memory of past beats and bars, LSTM", measurements=6),
    Ablation("steps_4", "4 steps a beat instead of 12", ("grid.steps_per_beat=4",)),
    Ablation("steps_8", "8 steps a beat instead of 12", ("grid.steps_per_beat=8",)),
    Ablation("no_beat_before", "no memory of the beat before", ("model.memory_beats=[2, 4, 8, 16]",)),
    Ablation(
        "no_memory",
        "no memory of past beats and bars",
        ("model.memory_beats=[]", "model.memory_dropout=0.0"),
        TrainerWithoutMemory,
    ),
    Ablation(
        "beat_token",
        "one token a beat instead of one a step; voices only, no memory",
        (
            "original_recipe.loudness_levels=1", "model.memory_beats=[]", "model.memory_dropout=0.0",
        ),
        OriginalTrainer,
    ),
    Ablation(
        "class_weights",
        "class weights: rare tokens weigh more in the loss",
        ("original_recipe.class_weights=true",),
        OriginalLossTrainer,
    ),
    Ablation("forcing", "teacher forcing that falls from 1 to 0", (), OriginalLossTrainer, published_forcing),
    Ablation("transformer", "a Transformer of equal size instead of the decoder LSTM", transformer=True),
)  # fmt: skip


def measure(ablation: Ablation) -> rows.Values:
    """Train with one change, and measure on the validation beats."""
    trainer = make_trainer("small", *ablation.overrides, trainer=ablation.trainer)
    if ablation.transformer:
        trainer.use_model(with_transformer(trainer.model, trainer.config.model.sizes["small"].dropout))
    name = f"ablation_{ablation.name}"
    trial = Trial(trainer, SECONDS, follow, ablation.measurements, updates=past_updates(name))
    if ablation.forcing is not None:
        trial.before_step = partial(_set_forcing, trainer, ablation.forcing)
    points = trial.run()
    if not ablation.transformer:  # it cannot generate
        save_weights(trainer.trained_model({}), rows.TRAINED, name)
    return {
        "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
        "vocabulary": trainer.tokenizer.size,
        "points": points,
        "lost": _lost(trainer),
        "scores": token_scores(trainer),
    }


def _set_forcing(trainer: Trainer, schedule: Callable[[int], float], updates: int) -> None:
    assert isinstance(trainer, OriginalLossTrainer)
    trainer.loss.forcing = schedule(updates)


def token_scores(trainer: Trainer) -> rows.Values:
    """Score the guesses of a trainer's model on the validation beats, with intervals."""
    guesses = guess_tokens(trainer.model, trainer.validation, tokens_per_beat(trainer.model))
    return bootstrap(lambda chosen: scores(guesses, chosen), guesses.group)


def tokens_per_beat(model: Seq2SeqLSTM) -> int:
    """Tokens that a beat takes."""
    return model.shape.tokens_per_bar // default_config().grid.beats_per_bar


def _lost(trainer: Trainer) -> float:
    """Share of the hits of validation drummers that the grid cannot hold."""
    lost = sum(take.source.lost for take in trainer.validation)
    return lost / (lost + sum(take.source.groove.hit_count for take in trainer.validation))


def _measurement(ablation: Ablation) -> rows.Measurement:
    return rows.Measurement(f"ablation_{ablation.name}", lambda: measure(ablation), minutes=SECONDS / 60 + 1, seed=1)


MEASUREMENTS = [_measurement(ablation) for ablation in ABLATIONS]
