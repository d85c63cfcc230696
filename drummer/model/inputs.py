"""Inputs of the model: their tensors, their shapes, and how they are put together.

Shapes: `batch` sequences of `length` positions, one token each; 13 voices. A token covers `token_steps` grid steps (the product's
tokens cover one), so a position has `cells` = token_steps * 13 cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drummer.config import Config
from drummer.model.tokenizer import Binning
from drummer.music.beat_plan import BEAT_PLAN
from drummer.music.controls import CONTROLS
from drummer.music.voices import VOICE_COUNT

ENCODER_CHANNELS = 5  # of each cell: hit is fixed?, hit, velocity and offset are fixed?, velocity, offset
PARTS = ("beat", "fill")  # GMD's two types of performance; a fill file holds nothing but a fill
TRIANGLES = 16  # basis functions that velocities and offsets are encoded in, see `history.triangular_basis`


class Conditioning(NamedTuple):
    """Inputs that are known before decoding starts, one entry a position.

    Attributes:
        encoder_input: (batch, length, cells * 5) float, see `make_encoder_input`.
        genre: (batch, length) int64, index into the genres of the configuration; or (batch, length, genres) float, weights of a
            mixture of genres that add up to 1.
        bpm: (batch, length) float, quarter notes a minute.
        part: (batch, length) int64, index into `PARTS`.
        position: (batch, length) int64, place in the bar in tokens, 0 at the bar line.
        controls: (batch, length, control_features) float, see `controls.encode_controls` and, where the model reads a beat plan,
            `beat_plan.encode_beat_plan`.
    """

    encoder_input: Tensor
    genre: Tensor
    bpm: Tensor
    part: Tensor
    position: Tensor
    controls: Tensor


class PerformanceTensors(NamedTuple):
    """A performance as tensors, one entry a position.

    Attributes:
        tokens: (batch, length) int64.
        velocities: (batch, length, cells) float in [0, 1], 0 = no hit.
        offsets: (batch, length, cells) float in [-0.5, 0.5) steps, positive = late.
    """

    tokens: Tensor
    velocities: Tensor
    offsets: Tensor


class FixedMask(NamedTuple):
    """Cells of a stretch of music that are fixed: the encoder reads them and the decoder does not choose them.

    Attributes:
        hits: (length, cells) bool, true where it is fixed whether there is a hit.
        performance: (length, cells) bool, true where velocity and offset of a hit are fixed too.
    """

    hits: NDArray[np.bool_]
    performance: NDArray[np.bool_]


@dataclass(frozen=True)
class ModelShape:
    """Sizes of a model's inputs and outputs.

    Attributes:
        vocabulary: Number of token ids.
        genres: Number of genres.
        tokens_per_bar: Positions in a bar.
        velocity_bins: Outputs of the velocity head.
        timing_bins: Outputs of the timing head.
        memory: Distances, in tokens, of the past places whose hits are inputs.
        beat_plan: Whether the model reads a plan by beats.
        token_steps: Grid steps that one token covers.
    """

    vocabulary: int
    genres: int
    tokens_per_bar: int
    velocity_bins: int
    timing_bins: int
    memory: tuple[int, ...]
    beat_plan: bool = False
    token_steps: int = 1

    @classmethod
    def from_config(cls, config: Config, vocabulary: int, token_steps: int = 1) -> ModelShape:
        """Derive the shape from a configuration and from the size of the vocabulary.

        Raises:
            ConfigError: If a grid step does not hold a whole number of timing bins.
        """
        binning = Binning.from_config(config)
        tokens_per_beat = config.grid.steps_per_beat // token_steps
        return cls(
            vocabulary=vocabulary,
            genres=len(config.genres),
            tokens_per_bar=tokens_per_beat * config.grid.beats_per_bar,
            velocity_bins=binning.velocity_bins,
            timing_bins=binning.timing_bins,
            memory=tuple(beats * tokens_per_beat for beats in config.model.memory_beats),
            beat_plan=config.model.beat_plan,
            token_steps=token_steps,
        )

    @property
    def cells(self) -> int:
        """Cells of the (steps, 13) matrix that one token covers."""
        return self.token_steps * VOICE_COUNT

    @property
    def control_features(self) -> int:
        """Width of the controls of a position: a value and a flag, 1 = known, for each control and entry of the beat plan."""
        return 2 * (len(CONTROLS) + (len(BEAT_PLAN) if self.beat_plan else 0))

    @property
    def memory_features(self) -> int:
        """Width of the memory of past bars, see `history.PastBars.look_back`."""
        return 3 * self.cells * (2 * len(self.memory) + 3)

    @property
    def farthest_memory(self) -> slice:
        """Columns of the memory that hold the most distant place (by default four bars back) and its two neighbours."""
        width = 3 * 2 * self.cells
        index = self.memory.index(max(self.memory))
        return slice(index * width, (index + 1) * width)


def make_encoder_input(hits_fixed: Tensor, performance_fixed: Tensor, velocities: Tensor, offsets: Tensor) -> Tensor:
    """Join the channels that the encoder reads; everything outside the masks is zero, so that all-false masks reveal nothing.

    Args:
        hits_fixed: (..., cells) bool, see `FixedMask`.
        performance_fixed: (..., cells) bool, see `FixedMask`.
        velocities: (..., cells) float, 0 = no hit.
        offsets: (..., cells) float.

    Returns:
        (..., cells * 5) float.
    """
    hits = (velocities > 0) & hits_fixed
    performed = hits & performance_fixed
    channels = (hits_fixed, hits, performance_fixed, velocities * performed, offsets * performed)
    return torch.cat([channel.float() for channel in channels], dim=-1)


def make_conditioning(
    encoder_input: Tensor,
    genre: Tensor,
    bpm: Tensor,
    part: Tensor,
    controls: Tensor,
    shape: ModelShape,
    plan: Tensor | None = None,
) -> Conditioning:
    """Repeat inputs that hold for whole sequences, bars or beats at each of their positions.

    Args:
        encoder_input: (batch, length, cells * 5).
        genre: (batch,) int64.
        bpm: (batch,) float.
        part: (batch,) int64.
        controls: (batch, bars, 22), see `controls.encode_controls`.
        shape: Of the model; sequences start at a bar line.
        plan: (batch, beats, 4), see `beat_plan.encode_beat_plan`; None = unknown. A model without a beat plan ignores it.
    """
    size, length, _ = encoder_input.shape
    by_token = controls.repeat_interleave(shape.tokens_per_bar, dim=1)
    if shape.beat_plan:
        plan = controls.new_zeros(size, length, 2 * len(BEAT_PLAN)) if plan is None else plan
        by_token = torch.cat([by_token, plan.repeat_interleave(length // plan.shape[1], dim=1)], dim=-1)
    return Conditioning(
        encoder_input,
        genre=genre[:, None].expand(size, length),
        bpm=bpm.float()[:, None].expand(size, length),
        part=part[:, None].expand(size, length),
        position=(torch.arange(length) % shape.tokens_per_bar).expand(size, length),
        controls=by_token,
    )
