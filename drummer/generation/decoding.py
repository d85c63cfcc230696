"""Decoding tasks: what is given of a groove and what is to be sampled, as the model's tensors, and the sample as a groove."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.generation.params import GenerationParams
from drummer.generation.planning import temperature_scale
from drummer.generation.sampling import Sample, SamplingSettings, sample
from drummer.generation.threads import one_thread
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import PARTS, Conditioning, FixedMask, PerformanceTensors, make_conditioning, make_encoder_input
from drummer.music.beat_plan import encode_beat_plan
from drummer.music.controls import CONTROL_INDEX, Floats, encode_controls
from drummer.music.groove import Groove
from drummer.music.meter import Meter


class DecodingTask(NamedTuple):
    """A groove of which some cells are given and the others are to be sampled.

    Attributes:
        groove: The groove; cells that are not given do not matter.
        known: Which of its cells are given.
        genre: Index of the genre, or (bars, genres) weights that add up to 1.
        controls: (bars, 11), NaN = unknown.
        asked_fills: (bars,) bool, the bars of which a musician asked for a fill.
        beats: (beats, 2) beat plan, NaN = open; None = none.
        reference: As long as the groove, the reference performance for the model's farthest memory; None = none.
        repeats: (beats, families) as `find_repeats`; None = none.
    """

    groove: Groove
    known: FixedMask
    genre: int | Floats
    controls: Floats
    asked_fills: NDArray[np.bool_]
    beats: Floats | None = None
    reference: Groove | None = None
    repeats: NDArray[np.int64] | None = None


class Decoded(NamedTuple):
    """A groove that is being sampled.

    Attributes:
        groove: The groove, silent where it is not sampled yet.
        bars: Number of its bars that are sampled, the first step of the next one too.
    """

    groove: Groove
    bars: int


class TaskDecoder:
    """Samples decoding tasks with one model."""

    def __init__(self, trained: TrainedModel, config: SamplingConfig) -> None:
        """Take the model and the settings of sampling."""
        self._trained = trained
        self._config = config

    def decode(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Groove:
        """Sample the cells of a task that are not given, with the temperature and top_p of some parameters."""
        *_, last = self._samples(task, params, generator)
        return self.to_groove(last, task.groove.bpm)

    def stream(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Iterator[Decoded]:
        """Sample as `decode` does and yield the groove as far as it is after each bar: the last is the whole groove."""
        tokens_per_bar = self._trained.model.shape.tokens_per_bar
        length = task.groove.bars * tokens_per_bar
        for drawn in self._samples(task, params, generator):
            played = len(drawn.tokens)
            rest = ((0, length - played), (0, 0))
            whole = Sample(drawn.tokens, np.pad(drawn.velocities, rest), np.pad(drawn.offsets, rest))
            yield Decoded(self.to_groove(whole, task.groove.bpm), played // tokens_per_bar)

    def _samples(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Iterator[Sample]:
        """Sample a task and yield the sample as far as it is after each bar, as `sample` does.

        Torch has one thread while it samples, and the caller's own number between two bars.
        """
        beats_per_bar = self._trained.config.grid.beats_per_bar
        tokens_per_bar = self._trained.model.shape.tokens_per_bar
        scale = temperature_scale(task.controls, task.beats, beats_per_bar, self._config)
        with one_thread():
            samples = sample(
                self._trained.model,
                *self.conditioning(task),
                self._trained.tokenizer.binning,
                SamplingSettings.of(params.temperature, params.top_p, self._config),
                np.repeat(scale, tokens_per_bar // beats_per_bar),
                generator,
                None if task.reference is None else self.to_tensors(task.reference),
                None if task.repeats is None else np.repeat(task.repeats, tokens_per_bar // beats_per_bar, axis=0),
            )
        while True:
            with one_thread():
                drawn = next(samples, None)
            if drawn is None:
                return
            yield drawn

    def conditioning(self, task: DecodingTask) -> tuple[Conditioning, PerformanceTensors, FixedMask]:
        """Encode a task as the conditioning, the performance and the mask that `sample` takes."""
        shape, groove = self._trained.model.shape, task.groove
        length = groove.bars * shape.tokens_per_bar
        known = FixedMask(*(mask.reshape(length, shape.cells) for mask in task.known))
        hits_known, performance_known = (torch.from_numpy(mask.copy())[None] for mask in known)  # a groove's own are read-only
        performance = self.to_tensors(groove)
        controls = task.controls.copy()
        controls[task.asked_fills, CONTROL_INDEX["fill"]] = self._config.fill_boost
        beats_per_bar = self._trained.config.grid.beats_per_bar
        beats = None if task.beats is None else torch.from_numpy(encode_beat_plan(task.beats, beats_per_bar))[None]
        given = make_conditioning(
            make_encoder_input(hits_known, performance_known, performance.velocities, performance.offsets),
            genre=torch.tensor([task.genre if isinstance(task.genre, int) else 0]),
            bpm=torch.tensor([groove.bpm]),
            part=torch.tensor([PARTS.index("beat")]),
            controls=torch.from_numpy(encode_controls(controls))[None],
            shape=shape,
            plan=beats,
        )
        if not isinstance(task.genre, int):
            weights = np.repeat(task.genre, shape.tokens_per_bar, axis=0)
            given = given._replace(genre=torch.from_numpy(weights).float()[None])
        return given, performance, known

    def to_tensors(self, groove: Groove) -> PerformanceTensors:
        """Encode a groove, with a batch of one; the inverse of `to_groove`."""
        shape = (1, -1, self._trained.model.shape.cells)
        return PerformanceTensors(
            torch.from_numpy(self._trained.tokenizer.encode(groove).tokens)[None],
            *(torch.from_numpy(array.reshape(shape).copy()) for array in (groove.velocities, groove.offsets)),
        )

    def to_groove(self, drawn: Sample, bpm: float) -> Groove:
        """Decode a sample."""
        grid = self._trained.config.grid
        return Groove(
            drawn.velocities > 0, drawn.velocities, drawn.offsets, bpm, grid.steps_per_beat, Meter(grid.beats_per_bar, 4)
        )
