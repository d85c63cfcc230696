"""Sampling of velocity and microtiming, hit by hit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drummer.generation.probabilities import BEFORE_ONE, SamplingSettings, invert, tempered
from drummer.generation.sampling_weights import Float32Array, HitHeadsWeights, LinearWeights, run_layers
from drummer.model.inputs import BASIS_FUNCTIONS
from drummer.model.tokenizer import Binning
from drummer.music.voices import VOICE_COUNT

_CENTRES = np.arange(BASIS_FUNCTIONS, dtype=np.float32)


class PerformanceSampler:
    """Samples velocity and timing of the voices of a step, one voice after the other.

    A test compares the result with the model's own heads.
    """

    def __init__(
        self,
        weights: HitHeadsWeights,
        binning: Binning,
        settings: SamplingSettings,
        tokens_per_bar: int,
        generator: np.random.Generator,
    ) -> None:
        """Draw the noise that the first bar's velocities are correlated with."""
        self._weights = weights
        self._binning = binning
        self._generator = generator
        temperature = float(np.clip(settings.temperature, *settings.performance_temperature))
        self._velocity_temperature, self._timing_temperature = (temperature * factor for factor in settings.temperature_scale)
        self._correlation, self._accent_correlation = settings.velocity_correlation, settings.accent_correlation
        self._noise = generator.standard_normal((tokens_per_bar, VOICE_COUNT))

    def sample(
        self,
        state: Float32Array,
        token: int,
        place: int,
        hits: NDArray[np.bool_],
        velocities: Float32Array,
        offsets: Float32Array,
        accent: float = math.nan,
    ) -> None:
        """Sample velocities and offsets of hits at one step.

        Args:
            state: (state_dim,) there.
            token: The token there.
            place: In the bar, in tokens.
            hits: (13,) bool, the voices to sample.
            velocities: (13,) of that step, 0 = not sampled yet; is filled in.
            offsets: (13,) likewise.
            accent: With which the noise of the velocities is correlated, in standard deviations; NaN = none.
        """
        weights, first = self._weights, self._weights.main_dim
        past = state[first : first + 2 * VOICE_COUNT * weights.past_hits].reshape(weights.past_hits, 2, VOICE_COUNT)
        common = weights.from_token[token] + weights.by_main @ state[:first]
        voices = np.flatnonzero(hits | (velocities > 0)).tolist()
        for voice in voices:
            if hits[voice]:
                hidden = common + weights.from_voice[voice] + weights.by_history @ _encode_triangular(past[..., voice])
                for_velocity, for_timing = hidden[: weights.hidden], hidden[weights.hidden :]
                uniform = self._correlated_uniform(place, voice, accent)
                velocity = _sample_bin(for_velocity, weights.velocity_layers, self._velocity_temperature, uniform)
                velocities[voice] = self._binning.velocity(*velocity)
                for_timing += weights.by_velocity @ _triangular_basis(velocities[voice])
                uniform = self._generator.random()
                timing = _sample_bin(for_timing, weights.timing_layers, self._timing_temperature, uniform)
                offsets[voice] = self._binning.offset(*timing)
            if voice != voices[-1]:
                played = np.array([[velocities[voice], 2.0 * offsets[voice]]], dtype=np.float32)
                common += weights.by_earlier[voice] @ _encode_triangular(played)  # for the voices that follow

    def _correlated_uniform(self, place: int, voice: int, accent: float = math.nan) -> float:
        """Draw a uniform number correlated with the last one for this voice and place, and with an accent.

        The source is the Gaussian copula, Nelsen (2006), 2.3.
        """
        fresh = self._generator.standard_normal()
        noise = self._correlation * self._noise[place, voice] + math.sqrt(1.0 - self._correlation**2) * fresh
        self._noise[place, voice] = noise
        if not math.isnan(accent):
            noise = self._accent_correlation * accent + math.sqrt(1.0 - self._accent_correlation**2) * noise
        return min(0.5 * math.erfc(-noise / math.sqrt(2.0)), BEFORE_ONE)


def _sample_bin(
    first: Float32Array, layers: Sequence[LinearWeights], temperature: float, uniform: float
) -> tuple[NDArray[np.int64], float]:
    """Sample a bin and a place in it: values are drawn inside the bin, since bin centres alone are audible as steps."""
    logits = run_layers(first, layers).astype(np.float64)
    chosen, inside = invert(tempered(np.exp(logits - logits.max()), temperature), uniform)
    return np.array(chosen), inside


def _encode_triangular(hits: Float32Array) -> Float32Array:
    """Encode hits, (hits, velocity and doubled offset), to (hits * 2 * BASIS_FUNCTIONS,); see `history.encode_triangular`."""
    scaled = hits.copy()
    scaled[:, 1] = 0.5 * (hits[:, 1] + 1.0)
    encoded: Float32Array = (_triangular_basis(scaled) * (hits[:, :1, None] > 0)).ravel()
    return encoded


def _triangular_basis(values: Float32Array) -> Float32Array:
    """Encode numbers, (...) to (..., BASIS_FUNCTIONS); see `history.triangular_basis`."""
    distances = np.abs(values[..., None] * np.float32(BASIS_FUNCTIONS - 1) - _CENTRES)
    spread: Float32Array = np.maximum(1.0 - distances, 0.0, dtype=np.float32)
    return spread
