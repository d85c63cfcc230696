"""The hand of a drummer: a few numbers that hold for a whole groove, so that it keeps one touch, one feel, one idea.

In training, `HandReader` reads them off the window that is to be played, as a variational autoencoder does (Kingma and Welling,
2014; for drum grooves: Gillick et al., 2019), and every bit that they tell has its price in the loss. Afterwards a `Repertoire`
keeps the hands of the training windows; a groove played from nothing takes up one of them, blurred as it was in training.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_HIDDEN = 128
_FIRST_LOG_SPREAD = -1.5  # a hand that is mostly noise at first would never be listened to
_TEMPO_OCTAVES = 0.25  # how far from the tempo asked for, as a standard deviation, the hands are taken


class HandReader(nn.Module):
    """Reads a hand off what was played: the mean over all steps of what a small network sees at each."""

    def __init__(self, inputs: int, hand_dim: int) -> None:
        """Make a reader with random weights from torch's global generator.

        Args:
            inputs: Width of what is read at each step.
            hand_dim: Length of a hand.
        """
        super().__init__()
        self.step = nn.Sequential(nn.Linear(inputs, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU())
        last = nn.Linear(_HIDDEN, 2 * hand_dim)
        nn.init.constant_(last.bias[hand_dim:], _FIRST_LOG_SPREAD)
        self.summary = nn.Sequential(nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU(), last)

    def forward(self, steps: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
        """Read hands.

        Args:
            steps: (batch, length, inputs).
            counted: (batch, length) bool, the steps that count.

        Returns:
            (batch, hand_dim) mean and (batch, hand_dim) logarithm of the standard deviation of a normal distribution.
        """
        weights = counted.float().unsqueeze(-1)
        pooled = (self.step(steps) * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)
        mean, log_spread = self.summary(pooled).chunk(2, dim=-1)
        return mean, log_spread.clamp(-6.0, 1.0)


def divergence(mean: Tensor, log_spread: Tensor) -> Tensor:
    """Kullback-Leibler divergence of normal distributions from the standard one, in nats: (batch, hand_dim) each to (batch,)."""
    return 0.5 * (mean.square() + (2.0 * log_spread).exp() - 1.0 - 2.0 * log_spread).sum(dim=-1)


class Repertoire(NamedTuple):
    """The hands of the training windows.

    Attributes:
        means: (hands, hand_dim) float32.
        spreads: (hands, hand_dim) float32, standard deviations.
        genres: (hands,) int64.
        bpm: (hands,) float32.
        weights: (hands,) float32, how often each is taken.
    """

    means: Tensor
    spreads: Tensor
    genres: Tensor
    bpm: Tensor
    weights: Tensor

    @classmethod
    def empty(cls, hand_dim: int) -> Repertoire:
        """Make a repertoire of no hands: every groove is then played by an unknown one."""
        none = torch.zeros(0)
        return cls(torch.zeros(0, hand_dim), torch.zeros(0, hand_dim), none.long(), none, none)

    def draw(self, genre: int, bpm: float, generator: np.random.Generator) -> NDArray[np.float32] | None:
        """Draw a hand of a genre, from about a tempo: (hand_dim,), or None where the genre has none."""
        octaves = np.log2(np.maximum(self.bpm.numpy(), 1.0) / bpm)
        octaves = octaves - np.where(self.genres.numpy() == genre, 0.0, np.nan)
        known = np.flatnonzero(~np.isnan(octaves))
        if len(known) == 0:
            return None
        nearness = octaves[known] ** 2 / (2 * _TEMPO_OCTAVES**2)
        chances = self.weights.numpy()[known].astype(np.float64) * np.exp(nearness.min() - nearness)
        index = int(generator.choice(known, p=chances / chances.sum()))
        blur = generator.standard_normal(self.means.shape[1])
        hand: NDArray[np.float32] = (self.means[index].numpy() + self.spreads[index].numpy() * blur).astype(np.float32)
        return hand
