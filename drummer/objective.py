"""What training lowers: the surprise at a batch, and the price of the hands that were told."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drummer.config import Config
from drummer.hands import divergence
from drummer.likelihood import surprise
from drummer.model import Seq2SeqLSTM, spread_hand
from drummer.windows import Batch


class Objective(nn.Module):
    """The loss as a module, since that is what can be spread over processes."""

    def __init__(self, model: Seq2SeqLSTM, config: Config, class_weights: Tensor | None) -> None:
        """Take what is trained and how.

        Args:
            model: What is trained.
            config: For how often memory and hands are held back, and what a hand costs.
            class_weights: (vocabulary,) float, weight of each token; None = all alike.
        """
        super().__init__()
        self.model = model
        self.memory_dropout = config.model.memory_dropout
        self.hand_dropout = config.training.hand_dropout
        self.hand_price = config.training.hand_price
        self.class_weights = class_weights

    def forward(self, batch: Batch, forcing: float) -> tuple[Tensor, Tensor]:
        """Measure a batch; draws what is held back from torch's global generator.

        Args:
            batch: What was given and played.
            forcing: Share of the decoder's inputs that are the truth.

        Returns:
            Surprise and price, in nats, summed over the batch.
        """
        batch, price = self._tell_hands(batch)
        sequences, length = batch.target.shape
        device = batch.target.device
        with_memory = torch.rand(sequences, device=device) >= self.memory_dropout
        own = None if forcing >= 1.0 else torch.rand(sequences, length, device=device) >= forcing
        loss: Tensor = surprise(self.model, batch, with_memory, own, self.class_weights).total
        return loss, price

    def _tell_hands(self, batch: Batch) -> tuple[Batch, Tensor]:
        """Tell most sequences the hand that plays them."""
        if not self.model.shape.hand_dim:
            return batch, torch.zeros((), device=batch.target.device)
        mean, log_spread = self.model.read_hand(batch.played, batch.given.position, batch.target)
        told = torch.rand(len(mean), device=mean.device) >= self.hand_dropout
        hand = mean + log_spread.exp() * torch.randn_like(mean)
        known = spread_hand(hand, batch.given.score, self.model.shape) * told[:, None, None]
        price = self.hand_price * (divergence(mean, log_spread) * told).sum()
        return batch._replace(given=batch.given._replace(hand=known)), price
