"""The loss that training minimizes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drummer.config import Config
from drummer.data.batches import Batch
from drummer.model.inputs import PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.training.history_corruption import corrupt_history, sample_history
from drummer.training.likelihood import negative_log_likelihood


class TrainingLoss(nn.Module):
    """Negative log-likelihood of a batch, with dropout of the memory; a module, so that torch can run it in several processes."""

    def __init__(self, model: Seq2SeqLSTM, config: Config) -> None:
        """Make the loss of a model.

        Args:
            model: The model.
            config: For the dropout and the corruption of the memory.
        """
        super().__init__()
        self.model = model
        self.memory_dropout = config.model.memory_dropout
        self.corruption = config.training.fine_tuning

    def forward(self, batch: Batch, corrupt: bool = False) -> Tensor:
        """Compute the loss; dropped memories and corrupted cells are drawn from torch's global generator.

        Args:
            batch: Inputs and targets.
            corrupt: Whether the memory is corrupted, see `drummer.training.history_corruption`.

        Returns:
            The sum over the batch, in nats.
        """
        with_memory, tokens_per_bar = self.draw_memory(batch), int(batch.tokens_per_bar)
        corrupted = self._corrupt(batch, with_memory, tokens_per_bar) if corrupt else None
        states = self.model(batch.conditioning, batch.performance, with_memory, tokens_per_bar, corrupted)
        loss: Tensor = negative_log_likelihood(self.model, batch, states).total
        return loss

    def _corrupt(self, batch: Batch, with_memory: Tensor, tokens_per_bar: int) -> PerformanceTensors:
        """Corrupt the performances for the memory: by samples of the model, then by cells of other bars and lost hits."""
        with torch.no_grad():
            states = self.model(batch.conditioning, batch.performance, with_memory, tokens_per_bar)
        played = sample_history(self.model, batch.performance, states, batch.token_targets, self.corruption)
        return corrupt_history(played, tokens_per_bar, self.corruption)

    def draw_memory(self, batch: Batch) -> Tensor:
        """Draw which sequences keep their memory of past bars: (batch,) bool."""
        device = batch.token_targets.device
        return torch.rand(len(batch.token_targets), device=device) >= self.memory_dropout
