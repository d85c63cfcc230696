"""Sampling: one token a position, then velocity and microtiming for each hit.

Probabilities are computed in float64 and inverted from one uniform number each, so that another CPU, whose float32 logits differ
in the last bits, seldom samples anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drummer.config_sections import SamplingConfig
from drummer.generation.incremental_decoder import IncrementalDecoder, run_layers
from drummer.generation.repetition import RepetitionBias
from drummer.model.history import EARLIER_FEATURES
from drummer.model.inputs import TRIANGLES, Conditioning, FixedMask, PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import SPECIALS, UNK, Binning
from drummer.music.voices import VOICE_COUNT

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_BEFORE_ONE = math.nextafter(1.0, 0.0)


class SamplingSettings(NamedTuple):
    """Settings of the sampler.

    Attributes:
        temperature: Divides the logits of the tokens; 1 = as learned, lower = more typical, higher = bolder.
        top_p: Tokens are sampled from the smallest set that holds this share of the probability, in (0, 1].
        onset_temperature_floor: Lowest temperature of the choice whether anything sounds at a step. At most steps silence is most
            probable, so that a lower temperature would end in silence.
        untempered_share: Share of the probability that a temperature below 1 leaves as learned. Without it a groove that begins
            on the snare alone at a low temperature never gets a kick.
        performance_temperature: Range that the temperature is clipped to for velocity and timing, which stay a drummer's however
            typical or bold the notes are.
        temperature_scale: Factors on the temperature of velocity and timing.
        velocity_correlation: Correlation, in [0, 1), of the noise in a hit's velocity with that of the same voice at the same
            place of the bar before: the distribution of each hit stays as learned, but accents last from bar to bar.
        rhythm_correlation: Correlation, in [0, 1), of that noise with the strength of the onset of a rhythm.
    """

    temperature: float
    top_p: float
    onset_temperature_floor: float
    untempered_share: float
    performance_temperature: tuple[float, float]
    temperature_scale: tuple[float, float] = (1.0, 1.0)
    velocity_correlation: float = 0.0
    rhythm_correlation: float = 0.0

    @classmethod
    def of(cls, temperature: float, top_p: float, config: SamplingConfig) -> SamplingSettings:
        """Join the parameters of a groove with the configuration's settings."""
        return cls(
            temperature,
            top_p,
            config.onset_temperature_floor,
            config.untempered_share,
            config.performance_temperature,
            config.temperature_scale,
            config.velocity_correlation,
            config.rhythm_correlation,
        )


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


@torch.inference_mode()
def sample(
    model: Seq2SeqLSTM,
    given: Conditioning,
    played: PerformanceTensors,
    known: FixedMask,
    binning: Binning,
    settings: SamplingSettings,
    voice_temperature_scale: Floats,
    generator: np.random.Generator,
    tokens_per_bar: int,
    reference: PerformanceTensors | None = None,
    bias: RepetitionBias | None = None,
    rhythm: Floats | None = None,
) -> Iterator[Sample]:
    """Sample one sequence and yield it as far as it is at the first position of every bar: the last is the whole sequence.

    All before that position is final, and so is the position itself, because a hit ahead of it is an early downbeat only if its
    voice is silent on the bar line. Closing the generator ends the work.

    Args:
        model: In evaluation mode, on the CPU.
        given: Conditioning, with a batch of one.
        played: Performance where it is known, with a batch of one; that part comes back unchanged.
        known: Mask of that part: (length, cells).
        binning: Bins of velocity and timing.
        settings: Settings of the sampler.
        voice_temperature_scale: (length,) factor at each position on the temperature of the tokens.
        generator: Source of all randomness.
        tokens_per_bar: Positions in a bar.
        reference: Reference performance, with a batch of one. The farthest bars are looked up there instead of in the sample,
            where mistakes are copied from bar to bar and add up.
        bias: Added to the logits of the tokens.
        rhythm: (length,) accents of a rhythm's onsets, as `generation.rhythm.accents_of`; some voice must sound there. NaN where
            there is none; None = no rhythm.
    """
    decoder = IncrementalDecoder(model, given, tokens_per_bar, reference)
    performer = PerformanceSampler(model, binning, settings, tokens_per_bar, generator)
    tokens, velocities, offsets = (array[0].clone() for array in played)
    vocabulary = model.token_voices.numpy()
    held = (velocities > 0).numpy() & known.hits
    velocities[torch.from_numpy(~(held & known.performance))] = 0.0
    offsets[torch.from_numpy(~(held & known.performance))] = 0.0
    sampled = Sample(tokens.numpy(), velocities.numpy(), offsets.numpy())  # the same memory: single numbers are set faster there
    for position in range(decoder.hear(PerformanceTensors(tokens, velocities, offsets), known), len(tokens)):
        fixed = known.hits[position]
        state = decoder.step(tokens, velocities, offsets, position)
        if fixed.all():
            hits = held[position]
        else:
            logits = decoder.token_logits().double().numpy() / voice_temperature_scale[position]
            if bias is not None:
                logits += bias(sampled.tokens, position)
            probabilities = token_probabilities(logits, decoder.silent, settings)
            if rhythm is not None and not math.isnan(rhythm[position]):
                probabilities = np.where(decoder.silent, 0.0, probabilities)
            if fixed.any():
                probabilities *= (vocabulary[:, fixed] == held[position, fixed]).all(axis=1)
            # A rare set of fixed voices may be in no token of the vocabulary: then these voices sound alone.
            token = sample_index(probabilities, generator) if probabilities.any() else UNK
            sampled.tokens[position] = token
            hits = vocabulary[token] | held[position]
        if hits.any():
            open_hits = hits & ~(held[position] & known.performance[position])
            place = position % tokens_per_bar
            step = sampled.velocities[position], sampled.offsets[position]
            accent = math.nan if rhythm is None else float(rhythm[position])
            performer.sample(state, int(sampled.tokens[position]), place, open_hits, *step, accent)
        if position and position % tokens_per_bar == 0:
            until = position + 1
            yield Sample(sampled.tokens[:until], sampled.velocities[:until], sampled.offsets[:until])
    yield sampled


def sample_index(probabilities: Floats, generator: np.random.Generator) -> int:
    """Sample an index by inverse CDF from one uniform number; `probabilities` need not add up to 1."""
    return invert(probabilities, generator.random())[0]


def invert(probabilities: Floats, uniform: float) -> tuple[int, float]:
    """Invert the CDF of a density that is constant inside each bin.

    Args:
        probabilities: (bins,) of each bin; need not add up to 1.
        uniform: In [0, 1).

    Returns:
        The bin, and the place in it, in [0, 1).
    """
    cumulative = np.cumsum(probabilities)
    whole = float(cumulative[-1])
    aim = min(uniform * whole, math.nextafter(whole, 0.0))  # a product may be rounded up to the end
    chosen = int(cumulative.searchsorted(aim, side="right"))
    share = float(probabilities[chosen])
    place = (aim - float(cumulative[chosen]) + share) / share
    return chosen, min(max(place, 0.0), _BEFORE_ONE)


def token_probabilities(logits: Floats, silent: NDArray[np.bool_], settings: SamplingSettings) -> Floats:
    """Turn logits into the probabilities that are sampled from.

    The temperature acts separately on whether anything sounds (with `onset_temperature_floor`) and, if so, on which voices. At
    temperature 1 that is the plain softmax over all tokens but `[BOS]` and `[UNK]`, which are never sampled.

    Args:
        logits: (vocabulary,) of the model.
        silent: (vocabulary,) bool, tokens that sound no voice.
        settings: Settings of the sampler.

    Returns:
        (vocabulary,) probabilities that add up to 1.
    """
    plain = np.exp(logits - logits[SPECIALS:].max())
    plain[:SPECIALS] = 0.0
    sounding = np.where(silent, 0.0, plain)
    onset = sounding.sum()
    rest = plain.sum() - onset
    exponent = 1.0 / max(settings.temperature, settings.onset_temperature_floor)
    share = onset**exponent / (onset**exponent + rest**exponent)
    probabilities = share * _voice_probabilities(sounding, settings) + (1.0 - share) * _tempered(
        plain - sounding, settings.temperature
    )
    return _nucleus(probabilities, settings.top_p)


def _voice_probabilities(weights: Floats, settings: SamplingSettings) -> Floats:
    """Turn the weights of tokens that sound into the probability of each, given that something sounds."""
    tempered = _tempered(weights, settings.temperature)
    if settings.temperature >= 1.0:
        return tempered
    untempered = settings.untempered_share
    return (1.0 - untempered) * tempered + untempered * _tempered(weights, 1.0)


def _tempered(weights: Floats, temperature: float) -> Floats:
    """Raise weights to 1 / temperature and make them add up to 1 (or 0 where there are none)."""
    largest = weights.max()
    if largest == 0.0:
        return weights
    raised: Floats = (weights / largest) ** (1.0 / temperature)
    raised /= raised.sum()
    return raised


def _nucleus(probabilities: Floats, top_p: float) -> Floats:
    """Keep the most probable tokens that together reach `top_p`; the source is Holtzman et al., ICLR 2020."""
    if top_p >= 1.0:
        return probabilities
    order = np.argsort(-probabilities, kind="stable")
    before = np.cumsum(probabilities[order]) - probabilities[order]  # of the more probable ones
    kept = np.zeros_like(probabilities)
    kept[order] = np.where(before < top_p, probabilities[order], 0.0)
    kept /= kept.sum()
    return kept


class PerformanceSampler:
    """Samples velocity and timing of the voices of a step, one voice after the other.

    Short elementwise operations use NumPy, whose calls cost a third of torch's, and products use torch. A test compares the
    result with the model's own heads.
    """

    def __init__(
        self,
        model: Seq2SeqLSTM,
        binning: Binning,
        settings: SamplingSettings,
        tokens_per_bar: int,
        generator: np.random.Generator,
    ) -> None:
        """Multiply out everything that does not depend on samples."""
        self._binning = binning
        self._generator = generator
        temperature = float(np.clip(settings.temperature, *settings.performance_temperature))
        self._velocity_temperature, self._timing_temperature = (temperature * factor for factor in settings.temperature_scale)
        self._correlation, self._rhythm_correlation = settings.velocity_correlation, settings.rhythm_correlation
        self._noise = generator.standard_normal((tokens_per_bar, VOICE_COUNT))
        velocity, timing = model.velocity_head, model.timing_head
        self._hidden = velocity.inner.out_features
        self._main = model.main_dim
        self._past_hits = model.history_features // (2 * TRIANGLES)
        by_main, by_history, by_token, by_voice, by_earlier = torch.split(
            torch.cat([velocity.inner.weight, timing.inner.weight[:, :-TRIANGLES]]),  # (2 * head_hidden, head inputs)
            [
                model.main_dim,
                model.history_features,
                model.token_embedding.embedding_dim,
                model.voice_embedding.embedding_dim,
                EARLIER_FEATURES,
            ],
            dim=1,
        )
        constant = torch.cat([velocity.inner.bias, timing.inner.bias])
        self._from_main = by_main.contiguous()
        self._from_history = by_history.contiguous()
        self._from_token = model.token_embedding.weight @ by_token.T + constant  # (vocabulary, 2 * head_hidden)
        self._from_voice = model.voice_embedding.weight @ by_voice.T  # (13, 2 * head_hidden)
        self._from_earlier = by_earlier.reshape(len(by_earlier), VOICE_COUNT, -1).transpose(0, 1).contiguous()
        self._from_velocity = timing.inner.weight[:, -TRIANGLES:].contiguous()  # its last inputs, see `Seq2SeqLSTM.timing_logits`
        self._velocity_layers, self._timing_layers = ((head.middle, head.outer) for head in (velocity, timing))

    def sample(
        self,
        state: Tensor,
        token: int,
        place: int,
        hits: NDArray[np.bool_],
        velocities: Singles,
        offsets: Singles,
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
            accent: Of the rhythm's onset there, a standard normal number; NaN = none.
        """
        past = state[self._main : self._main + 2 * VOICE_COUNT * self._past_hits].numpy().reshape(self._past_hits, 2, VOICE_COUNT)
        common = torch.addmv(self._from_token[token], self._from_main, state[: self._main])
        for voice in np.flatnonzero(hits | (velocities > 0)).tolist():
            if hits[voice]:
                hidden = torch.addmv(common + self._from_voice[voice], self._from_history, _encode_triangular(past[..., voice]))
                for_velocity, for_timing = torch.split(hidden, self._hidden)
                uniform = self._correlated_uniform(place, voice, accent)
                velocity = self._sample_bin(for_velocity, self._velocity_layers, self._velocity_temperature, uniform)
                velocities[voice] = self._binning.velocity(*velocity)
                loudness = torch.from_numpy(_triangular_basis(velocities[voice]))
                for_timing = torch.addmv(for_timing, self._from_velocity, loudness)
                uniform = self._generator.random()
                timing = self._sample_bin(for_timing, self._timing_layers, self._timing_temperature, uniform)
                offsets[voice] = self._binning.offset(*timing)
            played = np.array([[velocities[voice], 2.0 * offsets[voice]]], dtype=np.float32)
            common = torch.addmv(common, self._from_earlier[voice], _encode_triangular(played))  # for the voices that follow

    def _correlated_uniform(self, place: int, voice: int, accent: float = math.nan) -> float:
        """Draw a uniform number correlated with the last one for this voice and place, and with the accent of a rhythm.

        The source is the Gaussian copula, Nelsen (2006), 2.3.
        """
        fresh = self._generator.standard_normal()
        noise = self._correlation * self._noise[place, voice] + math.sqrt(1.0 - self._correlation**2) * fresh
        self._noise[place, voice] = noise
        if not math.isnan(accent):
            noise = self._rhythm_correlation * accent + math.sqrt(1.0 - self._rhythm_correlation**2) * noise
        return min(0.5 * math.erfc(-noise / math.sqrt(2.0)), _BEFORE_ONE)

    def _sample_bin(
        self, first: Tensor, layers: tuple[nn.Linear, nn.Linear], temperature: float, uniform: float
    ) -> tuple[NDArray[np.int64], float]:
        """Sample a bin and a place in it: with the centres alone one would hear that there are bins."""
        weights = run_layers(first, layers).double().numpy()
        chosen, inside = invert(_tempered(np.exp(weights - weights.max()), temperature), uniform)
        return np.array(chosen), inside


def _encode_triangular(hits: Singles) -> Tensor:
    """Encode hits, (hits, velocity and doubled offset), to (hits * 2 * TRIANGLES,); see `history.encode_triangular`."""
    scaled = hits.copy()
    scaled[:, 1] = 0.5 * (hits[:, 1] + 1.0)
    return torch.from_numpy((_triangular_basis(scaled) * (hits[:, :1, None] > 0)).ravel())


def _triangular_basis(values: Singles) -> Singles:
    """Encode numbers, (...) to (..., TRIANGLES); see `history.triangular_basis`."""
    centres = np.arange(TRIANGLES, dtype=np.float32)
    spread: Singles = np.maximum(1.0 - np.abs(values[..., None] * np.float32(TRIANGLES - 1) - centres), 0.0, dtype=np.float32)
    return spread
