"""The original recipe's loss and trainer: class weights, and teacher forcing that gives way to the model's own predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from drummer.config import Config
from drummer.config_sections import ScheduleConfig
from drummer.data.batches import Batch
from drummer.data.encoding import EncodedPerformance
from drummer.model.checkpoint import TrainedModel, load_weights
from drummer.model.description import WEIGHTS
from drummer.model.network import Seq2SeqLSTM
from drummer.model.reference_bank import ReferenceBank
from drummer.training.likelihood import negative_log_likelihood
from drummer.training.loss import TrainingLoss
from drummer.training.trainer import Trainer
from report.original_recipe.network import LSTMWithoutMemory, OriginalLSTM, scheduled_states
from report.original_recipe.tokenizer import BeatTokenizer, settings_of


class OriginalLoss(TrainingLoss):
    """The product's loss with class weights and scheduled sampling.

    Attributes:
        forcing: Share of decoder inputs that are the truth, in [0, 1].
    """

    def __init__(self, model: Seq2SeqLSTM, config: Config, token_weights: Tensor | None) -> None:
        """Make the loss of a model; `token_weights` are (vocabulary,) float, None = all 1."""
        super().__init__(model, config)
        self.token_weights = token_weights
        self.forcing = 1.0

    def forward(self, batch: Batch, corrupt: bool = False) -> Tensor:  # noqa: ARG002
        """Compute the loss, see `TrainingLoss.forward`; the memory is never corrupted."""
        with_memory, tokens_per_bar = self.draw_memory(batch), int(batch.tokens_per_bar)
        if self.forcing >= 1.0:
            states = self.model(batch.conditioning, batch.performance, with_memory, tokens_per_bar)
        else:
            own = torch.rand(batch.token_targets.shape, device=batch.token_targets.device) >= self.forcing
            states = scheduled_states(self.model, batch.conditioning, batch.performance, with_memory, tokens_per_bar, own)
        loss: Tensor = negative_log_likelihood(self.model, batch, states, self.token_weights).total
        return loss


class OriginalLossTrainer(Trainer):
    """Trains the product's network and tokens with the original recipe's loss."""

    loss: OriginalLoss

    def make_loss(self) -> OriginalLoss:
        """Make the loss of the model."""
        weights = balanced_weights(self.train, self.tokenizer.size) if settings_of(self.config).class_weights else None
        return OriginalLoss(self.model, self.config, None if weights is None else weights.to(self.device))

    def train_epoch(self) -> dict[str, float]:
        """See `Trainer.train_epoch`; the log also has the share of teacher forcing."""
        self.loss.forcing = teacher_forcing(settings_of(self.config).teacher_forcing, self.progress.epoch)
        return super().train_epoch() | {"teacher_forcing": self.loss.forcing}


class TrainerWithoutMemory(Trainer):
    """Trains the product's network without its memory of past bars."""

    network = LSTMWithoutMemory


class OriginalTrainer(OriginalLossTrainer):
    """Trains the original recipe."""

    network = OriginalLSTM
    tokenizer_class = BeatTokenizer

    def make_reference_bank(self) -> ReferenceBank:
        """Collect no references: the recipe generates from nothing."""
        return ReferenceBank.collect([])


def load_original(name: str, folder: Path = WEIGHTS) -> TrainedModel:
    """Read a model that was trained with the original recipe; see `load_weights`."""
    return load_weights(name, folder, OriginalLSTM, BeatTokenizer)


def teacher_forcing(schedule: ScheduleConfig, epoch: int) -> float:
    """Compute the share of decoder inputs that are the truth in an epoch (counted from 0), in [0, 1]; see `ScheduleConfig`."""
    value = schedule.start + (schedule.end - schedule.start) * epoch / schedule.epochs
    return min(1.0, max(0.0, value))


def balanced_weights(performances: Sequence[EncodedPerformance], vocabulary: int) -> Tensor:
    """Weigh each token by the inverse of its frequency, with a mean of 1 over the data; unseen tokens weigh 1."""
    counts = np.bincount(np.concatenate([performance.tokens for performance in performances]), minlength=vocabulary)
    seen = counts > 0
    weights = np.ones(vocabulary)
    weights[seen] = counts.sum() / (seen.sum() * counts[seen])
    return torch.from_numpy(weights).float()
