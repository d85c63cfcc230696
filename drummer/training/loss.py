"""What training lowers: the surprise at a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drummer.config import Config
from drummer.data.batches import Batch
from drummer.model.network import Seq2SeqLSTM
from drummer.training.history_corruption import slip
from drummer.training.likelihood import surprise


class Objective(nn.Module):
    """The loss as a module, since that is what can be spread over processes."""

    def __init__(self, model: Seq2SeqLSTM, config: Config, class_weights: Tensor | None) -> None:
        """Take what is trained and how.

        Args:
            model: What is trained.
            config: For how often memory is held back, and for its slips.
            class_weights: (vocabulary,) float, weight of each token; None = all alike.
        """
        super().__init__()
        self.model = model
        self.memory_dropout = config.model.memory_dropout
        self.recovery = config.training.recovery
        self.class_weights = class_weights

    def forward(self, batch: Batch, forcing: float, slips: bool = False) -> Tensor:
        """Measure a batch; draws what is held back, and slips, from torch's global generator.

        Args:
            batch: What was given and played.
            forcing: Share of the decoder's inputs that are the truth.
            slips: Whether memory has slips in it.

        Returns:
            Surprise, in nats, summed over the batch.
        """
        sequences, length = batch.target.shape
        device = batch.target.device
        with_memory = torch.rand(sequences, device=device) >= self.memory_dropout
        own = None if forcing >= 1.0 else torch.rand(sequences, length, device=device) >= forcing
        remembered = slip(batch.played, self.model.shape.tokens_per_bar, self.recovery) if slips else None
        loss: Tensor = surprise(self.model, batch, with_memory, own, self.class_weights, remembered).total
        return loss
