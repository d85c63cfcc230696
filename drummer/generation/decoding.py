"""Decoding tasks: grooves of which some cells are fixed and the others sampled, to and from the model's tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.generation.kick_runs import KickRunBias
from drummer.generation.masks import (
    Mask,
    count_lead_in,
    cut_generated,
    with_lead_in,
    without_grace_notes_ahead,
    without_next_downbeat,
)
from drummer.generation.params import GenerationParams
from drummer.generation.planning import Plan, temperature_scale, unknown_controls
from drummer.generation.probabilities import SamplingSettings
from drummer.generation.repetition import RepetitionBias
from drummer.generation.repetition_plan import RepetitionPlan
from drummer.generation.rhythm import accents_of, encode_from, loop_rhythm, meter_accents, onsets_of
from drummer.generation.sampling import Bias, Guidance, Sample, sample
from drummer.generation.sampling_weights import SamplingWeights
from drummer.generation.threads import one_thread
from drummer.generation.unused_voices import UnusedVoiceBias
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import (
    PARTS,
    Conditioning,
    FixedMask,
    PerformanceTensors,
    find_places,
    make_conditioning,
    make_encoder_input,
    spread_controls,
    style_index,
)
from drummer.music.arrays import Floats
from drummer.music.beat_plan import beat_steps
from drummer.music.controls import CONTROL_INDEX
from drummer.music.groove import Groove

_SHORT_BAR = 3.0  # quarters; in shorter bars a fill has little room, and is requested with more emphasis


class DecodingTask(NamedTuple):
    """A groove of which some cells are fixed and the others are to be sampled.

    Attributes:
        groove: The groove; cells that are not fixed do not matter.
        fixed: Which of its cells are fixed.
        genre: Index of the genre, or (bars, genres) weights that add up to 1.
        plan: Plan of all its bars.
        requested_fills: (bars,) bool, the bars for which a fill was requested.
        first_bar: Number of bars before the groove, for the place in the phrase.
        rhythm: As long as the groove, the rhythm that it follows; None = none.
        rhythm_bar: First bar in which the rhythm is known.
    """

    groove: Groove
    fixed: FixedMask
    genre: int | Floats
    plan: Plan
    requested_fills: NDArray[np.bool_]
    first_bar: int = 0
    rhythm: Groove | None = None
    rhythm_bar: int = 0


class Decoded(NamedTuple):
    """A groove that is being sampled.

    Attributes:
        groove: The groove, silent where it is not sampled yet.
        bars: Number of finished bars. The first step of the bar after them, if there is one, is sampled as well.
    """

    groove: Groove
    bars: int


class TaskDecoder:
    """Samples decoding tasks with one model."""

    def __init__(self, trained: TrainedModel, config: SamplingConfig) -> None:
        """Keep the model and the settings of sampling."""
        self._trained = trained
        self._weights = SamplingWeights(trained.model)
        self._config = config

    def decode(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Groove:
        """Sample the cells of a task that are not fixed, with the temperature and top_p of some parameters."""
        *_, last = self._samples(task, params, generator)
        return self.to_groove(last, task.groove)

    def infill(
        self, groove: Groove, fixed: Mask, params: GenerationParams, controls: Floats, first_bar: int, *, is_loop: bool
    ) -> Groove:
        """Sample the cells of a groove that are not fixed.

        Bars ahead, which are not returned, let the first downbeat be early and let the first bars follow others.

        Args:
            groove: A groove on the model's grid.
            fixed: (steps, 13) bool, the cells that stay.
            params: For genre, style, rhythm, temperature, top_p and seed.
            controls: (bars, 12) of the groove, NaN = left to the model.
            first_bar: Number of bars before the groove, for the place in the phrase.
            is_loop: Whether the groove's end leads to its beginning.
        """
        generator = np.random.default_rng(params.seed)
        memory_bars = max(self._trained.model.shape.memory_bars, default=0) if is_loop else 0
        lead_in_bars = count_lead_in(groove, fixed, memory_bars)
        if lead_in_bars:
            groove, fixed = with_lead_in(groove, fixed, lead_in_bars)
            controls = np.concatenate([unknown_controls(lead_in_bars), controls])
        task = DecodingTask(
            groove,
            FixedMask(fixed, fixed),
            self._trained.genres.index(params.genre),
            Plan(None, controls, style_index(self._trained.config, params.genre, params.style or "")),
            controls[:, CONTROL_INDEX["fill"]] == 1.0,
            first_bar=first_bar - lead_in_bars,
            rhythm=None if params.rhythm is None else loop_rhythm(params.rhythm, groove, lead_in_bars),
            rhythm_bar=lead_in_bars,
        )
        whole = without_grace_notes_ahead(self.decode(task, params, generator), fixed)
        return cut_generated(whole, lead_in_bars, fixed) if lead_in_bars else without_next_downbeat(whole, fixed)

    def stream(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Iterator[Decoded]:
        """Sample as `decode` does. After each bar, yield the groove sampled so far; the last value is the whole groove."""
        tokens_per_bar = self._trained.model.shape.tokens_per_bar(task.groove.meter)
        length = task.groove.bars * tokens_per_bar
        for drawn in self._samples(task, params, generator):
            played = len(drawn.tokens)
            rest = ((0, length - played), (0, 0))
            whole = Sample(drawn.tokens, np.pad(drawn.velocities, rest), np.pad(drawn.offsets, rest))
            yield Decoded(self.to_groove(whole, task.groove), played // tokens_per_bar)

    def _samples(self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator) -> Iterator[Sample]:
        """Sample a task. After each bar, yield the sequence sampled so far, as `sample` does.

        Torch and NumPy have one thread while it samples, and the caller's own number between two bars.
        """
        meter, shape = task.groove.meter, self._trained.model.shape
        tokens_per_bar = shape.tokens_per_bar(meter)
        by_beat = beat_steps(meter, task.groove.bars, shape.tokens_per_beat)
        scale = temperature_scale(task.plan.controls, task.plan.beats, meter, self._config)
        guidance = Guidance(
            np.repeat(scale, by_beat),
            self._biases(task.plan, by_beat, tokens_per_bar, params.temperature),
            None if task.rhythm is None else onsets_of(task.rhythm),
            meter_accents(task.groove) if task.rhythm is None else accents_of(task.rhythm),
        )
        with one_thread():
            samples = sample(
                self._weights,
                *self.conditioning(task),
                self._trained.tokenizer.binning,
                SamplingSettings.of(params.temperature, params.top_p, self._config),
                generator,
                tokens_per_bar,
                None if task.plan.reference is None else self.to_tensors(task.plan.reference),
                guidance,
            )
        while True:
            with one_thread():
                drawn = next(samples, None)
            if drawn is None:
                return
            yield drawn

    def _biases(self, plan: Plan, by_beat: NDArray[np.int64], tokens_per_bar: int, temperature: float) -> list[Bias]:
        """Make the biases on the tokens: those that a plan calls for, and the one against runs of kicks.

        Args:
            plan: The plan.
            by_beat: (beats,) positions in each beat.
            tokens_per_bar: Positions in a bar.
            temperature: That of the tokens.
        """
        vocabulary, tokens_per_beat = self._weights.token_voices, self._trained.model.shape.tokens_per_beat
        second, third = self._config.kick_runs
        biases: list[Bias] = [KickRunBias(vocabulary, tokens_per_beat, (second * temperature, third * temperature))]
        if plan.unused is not None:
            biases.append(UnusedVoiceBias(vocabulary, plan.unused, tokens_per_bar, self._config.unused_voices * temperature))
        plans = []
        if plan.repeats is not None:
            plans.append(RepetitionPlan.spread(plan, plan.repeats, by_beat, temperature, self._config))
        if plan.returns is not None and (plan.returns > 0).any():  # steady grooves return to nothing
            plans.append(RepetitionPlan.of_returns(plan.returns, by_beat, temperature, self._config))
        return biases + [RepetitionBias(vocabulary, each, tokens_per_bar, tokens_per_beat) for each in plans]

    def conditioning(self, task: DecodingTask) -> tuple[Conditioning, PerformanceTensors, FixedMask]:
        """Encode a task as the conditioning, the performance and the mask that `sample` takes."""
        shape, groove = self._trained.model.shape, task.groove
        length = groove.bars * shape.tokens_per_bar(groove.meter)
        fixed = FixedMask(*(mask.reshape(length, shape.cells) for mask in task.fixed))
        hits_fixed, performance_fixed = (torch.from_numpy(mask.copy())[None] for mask in fixed)  # a groove's are read-only
        performance = self.to_tensors(groove)
        controls = task.plan.controls.copy()
        controls[task.requested_fills, CONTROL_INDEX["fill"]] = self._config.fill_boost[groove.meter.quarters < _SHORT_BAR]
        given = make_conditioning(
            make_encoder_input(hits_fixed, performance_fixed, performance.velocities, performance.offsets),
            genre=torch.tensor([task.genre if isinstance(task.genre, int) else 0]),
            bpm=torch.tensor([groove.bpm]),
            part=torch.tensor([PARTS.index("beat")]),
            places=torch.from_numpy(find_places(groove.meter, groove.bars, shape, task.first_bar))[None],
            controls=torch.from_numpy(spread_controls(controls, groove.meter, shape, task.plan.beats, task.plan.repeats))[None],
            style=torch.tensor([task.plan.style]),
            rhythm=None if task.rhythm is None else torch.from_numpy(encode_from(task.rhythm, task.rhythm_bar))[None],
        )
        if not isinstance(task.genre, int):
            weights = np.repeat(task.genre, shape.tokens_per_bar(groove.meter), axis=0)
            given = given._replace(genre=torch.from_numpy(weights).float()[None])
        return given, performance, fixed

    def to_tensors(self, groove: Groove) -> PerformanceTensors:
        """Encode a groove, with a batch of one; the inverse of `to_groove`."""
        shape = (1, -1, self._trained.model.shape.cells)
        return PerformanceTensors(
            torch.from_numpy(self._trained.tokenizer.encode(groove).tokens)[None],
            *(torch.from_numpy(array.reshape(shape).copy()) for array in (groove.velocities, groove.offsets)),
        )

    def to_groove(self, drawn: Sample, like: Groove) -> Groove:
        """Decode a sample, with tempo, grid and meter of another groove."""
        return Groove(drawn.velocities > 0, drawn.velocities, drawn.offsets, like.bpm, like.steps_per_beat, like.meter)
