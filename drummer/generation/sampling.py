"""Sampling: one token a position, then velocity and microtiming for each hit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.generation.incremental_decoder import IncrementalDecoder
from drummer.generation.masks import Mask
from drummer.generation.performance_sampling import PerformanceSampler
from drummer.generation.probabilities import SamplingSettings, sample_index, token_probabilities
from drummer.generation.sampling_weights import SamplingWeights
from drummer.model.inputs import Conditioning, FixedMask, PerformanceTensors
from drummer.model.tokenizer import UNK, Binning
from drummer.music.arrays import Floats

# (tokens of the sequence, position) → (vocabulary,) nats, from the tokens before the position. The result must not be changed.
Bias = Callable[[NDArray[np.int64], int], Floats]


class Sample(NamedTuple):
    """A sampled sequence.

    Attributes:
        tokens: (length,) int64.
        velocities: (length, cells) float32, 0 = no hit.
        offsets: (length, cells) float32 steps, positive = late.
    """

    tokens: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]


class Guidance(NamedTuple):
    """Temperature, bias and constraints at each position of a sequence.

    Attributes:
        temperature_scale: (length,) factor on the temperature of the tokens.
        biases: Added to the logits of the tokens.
        onsets: (length,) bool, where some voice must sound; None = nowhere.
        accents: (length,) numbers, in standard deviations, with which the noise of the velocities is correlated; see
            `generation.rhythm.accents_of` and `meter_accents`. NaN = none there, None = nowhere.
    """

    temperature_scale: Floats
    biases: Sequence[Bias] = ()
    onsets: Mask | None = None
    accents: Floats | None = None


@torch.inference_mode()
def sample(
    weights: SamplingWeights,
    given: Conditioning,
    played: PerformanceTensors,
    fixed: FixedMask,
    binning: Binning,
    settings: SamplingSettings,
    generator: np.random.Generator,
    tokens_per_bar: int,
    reference: PerformanceTensors | None,
    guidance: Guidance,
) -> Iterator[Sample]:
    """Sample one sequence. After each bar, yield the sequence sampled so far; the last value is the whole sequence.

    The sequence so far ends with the first position of the next bar, because a hit ahead of a bar line is an early downbeat only
    if its voice is silent on the line. Everything in it is final. Closing the generator ends the work.

    Args:
        weights: Of a model in evaluation mode, on the CPU.
        given: Conditioning, with a batch of one.
        played: Performance where it is fixed, with a batch of one; that part comes back unchanged.
        fixed: Mask of that part: (length, cells).
        binning: Bins of velocity and timing.
        settings: Settings of the sampler.
        generator: Source of all randomness.
        tokens_per_bar: Positions in a bar.
        reference: Reference performance, with a batch of one. The farthest bars are looked up there instead of in the sample,
            where mistakes are copied from bar to bar and add up. None = none.
        guidance: Temperature, bias and constraints.
    """
    temperature_scale, biases, onsets, accents = guidance
    decoder = IncrementalDecoder(weights, given, tokens_per_bar, reference)
    performer = PerformanceSampler(weights.hit_heads, binning, settings, tokens_per_bar, generator)
    tokens, velocities, offsets = (array[0].numpy().copy() for array in played)
    vocabulary, silent = weights.token_voices, weights.silent
    fixed_hits = (velocities > 0) & fixed.hits
    fixed_performance = fixed_hits & fixed.performance
    velocities[~fixed_performance] = 0.0
    offsets[~fixed_performance] = 0.0
    some_fixed, all_fixed = np.any(fixed.hits, axis=1), np.all(fixed.hits, axis=1)
    heard = decoder.hear(PerformanceTensors(*map(torch.from_numpy, (tokens, velocities, offsets))), fixed)
    for position in range(heard, len(tokens)):
        decoder.step(tokens, velocities, offsets, position)
        if all_fixed[position]:
            hits = fixed_hits[position]
        else:
            logits = decoder.token_logits().astype(np.float64) / temperature_scale[position]
            for bias in biases:
                logits += bias(tokens, position)
            probabilities = token_probabilities(logits, silent, settings)
            if onsets is not None and onsets[position]:
                probabilities = np.where(silent, 0.0, probabilities)
            if some_fixed[position]:
                cells = fixed.hits[position]
                probabilities *= (vocabulary[:, cells] == fixed_hits[position, cells]).all(axis=1)
            # A rare set of fixed voices may be in no token of the vocabulary: then these voices sound alone.
            token = sample_index(probabilities, generator) if probabilities.any() else UNK
            tokens[position] = token
            hits = vocabulary[token] | fixed_hits[position]
        if hits.any():
            place, accent = position % tokens_per_bar, math.nan if accents is None else float(accents[position])
            at_step = velocities[position], offsets[position]
            performer.sample(decoder.state(), int(tokens[position]), place, hits & ~fixed_performance[position], *at_step, accent)
        if position and position % tokens_per_bar == 0:
            until = position + 1
            yield Sample(tokens[:until], velocities[:until], offsets[:until])
    yield Sample(tokens, velocities, offsets)
