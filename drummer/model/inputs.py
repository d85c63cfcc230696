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
from drummer.music.arrays import Floats
from drummer.music.beat_plan import BEAT_PLAN, REPEAT_FEATURES, UNCONSTRAINED, beat_steps, encode_beat_plan, encode_repeats
from drummer.music.controls import CONTROLS, encode_controls
from drummer.music.meter import PHRASE_BARS, Meter
from drummer.music.voices import FAMILIES, VOICE_COUNT

RHYTHM_CHANNELS = 3  # of each position: rhythm is known?, strength of its onset, offset
ENCODER_CHANNELS = 5  # of each cell: hit is fixed?, hit, velocity and offset are fixed?, velocity, offset
PLACE_LIMIT = 96  # positions; the longest bar in use, of 7/4, has 84
PARTS = ("beat", "fill")  # GMD's two types of performance; a fill file holds nothing but a fill
BASIS_FUNCTIONS = 16  # triangular ones, in which velocities and offsets are encoded, see `history.triangular_basis`


class Conditioning(NamedTuple):
    """Inputs that are known before decoding starts, one entry a position.

    Attributes:
        encoder_input: (batch, length, cells * 5) float, see `make_encoder_input`.
        rhythm: (batch, length, 3) float, onsets without a voice: 1 where the rhythm is known, the strength of the onset there in
            (0, 1] or 0, and twice its offset in steps.
        genre: (batch, length) int64, index into the genres of the configuration; or (batch, length, genres) float, weights of a
            mixture of genres that add up to 1.
        style: (batch, length) int64, 0 = any, else 1 + index into the styles of the configuration, see `style_names`.
        bpm: (batch, length) float, quarter notes a minute.
        part: (batch, length) int64, index into `PARTS`.
        places: (batch, length, 6) int64, see `find_places`.
        controls: (batch, length, control_features) float, see `controls.encode_controls`, `beat_plan.encode_beat_plan` and
            `beat_plan.encode_repeats`.
    """

    encoder_input: Tensor
    rhythm: Tensor
    genre: Tensor
    style: Tensor
    bpm: Tensor
    part: Tensor
    places: Tensor
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
        styles: Number of styles.
        tokens_per_beat: Positions in a quarter note.
        velocity_bins: Outputs of the velocity head.
        timing_bins: Outputs of the timing head.
        memory_beats: Distances, in quarter notes, of the past places whose hits are inputs.
        memory_bars: The same in bars.
        token_steps: Grid steps that one token covers.
    """

    vocabulary: int
    genres: int
    styles: int
    tokens_per_beat: int
    velocity_bins: int
    timing_bins: int
    memory_beats: tuple[int, ...]
    memory_bars: tuple[int, ...]
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
            styles=len(style_names(config)),
            tokens_per_beat=tokens_per_beat,
            velocity_bins=binning.velocity_bins,
            timing_bins=binning.timing_bins,
            memory_beats=config.model.memory_beats,
            memory_bars=config.model.memory_bars,
            token_steps=token_steps,
        )

    @property
    def cells(self) -> int:
        """Cells of the (steps, 13) matrix that one token covers."""
        return self.token_steps * VOICE_COUNT

    @property
    def control_features(self) -> int:
        """Width of a position's controls: a value and a flag for each control and entry of the beat plan, and the repeats."""
        return 2 * (len(CONTROLS) + len(BEAT_PLAN)) + REPEAT_FEATURES

    def memory(self, tokens_per_bar: int) -> tuple[int, ...]:
        """List the distances of the past places in tokens, the farthest last."""
        beats = (self.tokens_per_beat * beats for beats in self.memory_beats)
        return (*beats, *(tokens_per_bar * bars for bars in self.memory_bars))

    def tokens_per_bar(self, meter: Meter) -> int:
        """Count the positions in a bar."""
        return meter.steps(self.tokens_per_beat * self.token_steps) // self.token_steps

    @property
    def memory_features(self) -> int:
        """Width of the memory of past bars, see `history.PastBars.look_back`."""
        return 3 * self.cells * (2 * self.memory_places + 3)

    @property
    def memory_places(self) -> int:
        """Number of past places whose hits are inputs."""
        return len(self.memory_beats) + len(self.memory_bars)

    @property
    def beat_features(self) -> int:
        """Width of the first part of the memory, the places some beats back."""
        return 3 * 2 * self.cells * len(self.memory_beats)

    @property
    def farthest_memory(self) -> slice:
        """Columns of the memory that hold the most distant place (by default four bars back) and its two neighbours."""
        width = 3 * 2 * self.cells
        return slice((self.memory_places - 1) * width, self.memory_places * width)


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


def encode_rhythm(velocities: NDArray[np.float32], offsets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encode the onsets of hits whose voices do not matter, the loudest of each position: (length, 3), see `Conditioning.rhythm`.

    Args:
        velocities: (length, cells), 0 = no hit.
        offsets: (length, cells) steps.
    """
    here, loudest = np.arange(len(velocities)), velocities.argmax(axis=1)
    strength = velocities[here, loudest]
    timing = np.where(strength > 0, 2.0 * offsets[here, loudest], 0.0)
    return np.stack([np.ones(len(velocities)), strength, timing], axis=1).astype(np.float32)


def style_names(config: Config) -> tuple[str, ...]:
    """List the styles of all genres, such as `latin/samba`, in the order of the model's embedding."""
    return tuple(f"{genre}/{style}" for genre, settings in config.genres.items() for style in settings.styles)


def style_index(config: Config, genre: str, style: str) -> int:
    """Find the index of a style as `Conditioning` takes it; 0 for no style."""
    return style_names(config).index(f"{genre}/{style}") + 1 if style else 0


def find_places(meter: Meter, bars: int, shape: ModelShape, first_bar: int = 0) -> NDArray[np.int64]:
    """Describe where each position lies in its beat, its group of beats, its bar and its phrase.

    Args:
        meter: The meter.
        bars: Number of bars.
        shape: Of the model.
        first_bar: Number of bars before them since the music began; phrases of four bars are counted from there.

    Returns:
        (bars * tokens_per_bar, 6): positions since the bar line, to the next one, since the beat, to the next one, since the
        beginning of the group of beats; each less than `PLACE_LIMIT`. Then the bar in its phrase, 0 to 3.
    """
    bar = np.arange(shape.tokens_per_bar(meter))
    beats = np.cumsum([0, *(eighths * shape.tokens_per_beat // 2 for eighths in meter.beat_eighths)])
    groups = np.array([round(start * shape.tokens_per_beat) for start in meter.group_starts])
    beat = np.searchsorted(beats, bar, side="right") - 1
    group = groups[np.searchsorted(groups, bar, side="right") - 1]
    in_bar = np.stack([bar, len(bar) - 1 - bar, bar - beats[beat], beats[beat + 1] - 1 - bar, bar - group], axis=1)
    in_bar = np.minimum(in_bar, PLACE_LIMIT - 1)
    phrase = np.repeat((first_bar + np.arange(bars)) % PHRASE_BARS, len(bar))
    return np.concatenate([np.tile(in_bar, (bars, 1)), phrase[:, None]], axis=1)


def make_conditioning(
    encoder_input: Tensor,
    genre: Tensor,
    bpm: Tensor,
    part: Tensor,
    places: Tensor,
    controls: Tensor,
    style: Tensor | None = None,
    rhythm: Tensor | None = None,
) -> Conditioning:
    """Repeat inputs that hold for whole sequences at each of their positions.

    Args:
        encoder_input: (batch, length, cells * 5).
        genre: (batch,) int64.
        bpm: (batch,) float.
        part: (batch,) int64.
        places: (batch, length, 6), see `find_places`.
        controls: (batch, length, control_features), see `spread_controls`.
        style: (batch,) int64; None = any.
        rhythm: (batch, length, 3); None = unknown.
    """
    size, length, _ = encoder_input.shape
    style = torch.zeros_like(genre) if style is None else style
    return Conditioning(
        encoder_input,
        encoder_input.new_zeros(size, length, RHYTHM_CHANNELS) if rhythm is None else rhythm,
        genre=genre[:, None].expand(size, length),
        style=style[:, None].expand(size, length),
        bpm=bpm.float()[:, None].expand(size, length),
        part=part[:, None].expand(size, length),
        places=places,
        controls=controls,
    )


def spread_controls(
    controls: Floats, meter: Meter, shape: ModelShape, beats: Floats | None = None, repeats: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Encode controls by bar and plans by beat at each position: (length, control_features).

    Args:
        controls: (bars, 12), NaN = unknown.
        meter: The meter.
        shape: Of the model; the first position is at a bar line.
        beats: (beats, 2) beat plan, NaN = unknown; None = unknown.
        repeats: (beats, families), see `beat_plan.find_repeats`; None = unknown.
    """
    bars, in_bar = len(controls), len(meter.beat_eighths)
    beats = np.full((bars * in_bar, len(BEAT_PLAN)), np.nan) if beats is None else beats
    repeats = np.full((bars * in_bar, len(FAMILIES)), UNCONSTRAINED) if repeats is None else repeats
    by_beat = np.concatenate([encode_beat_plan(beats, in_bar), encode_repeats(repeats)], axis=1)
    by_bar = np.repeat(encode_controls(controls), shape.tokens_per_bar(meter), axis=0)
    return np.concatenate([by_bar, np.repeat(by_beat, beat_steps(meter, bars, shape.tokens_per_beat), axis=0)], axis=1)
