"""Probabilities of sampling: from logits to the distribution that is sampled from, and from a uniform number to a choice.

Probabilities are computed in float64 and inverted from one uniform number each, so that another CPU, whose float32 logits differ
in the last bits, seldom samples anything else.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config_sections import SamplingConfig
from drummer.model.tokenizer import SPECIALS
from drummer.music.arrays import Floats

BEFORE_ONE = math.nextafter(1.0, 0.0)


class SamplingSettings(NamedTuple):
    """Settings of the sampler.

    Attributes:
        temperature: Divides the logits of the tokens; 1 = as learned, lower = more typical, higher = bolder.
        top_p: Tokens are sampled from the smallest set that holds this share of the probability, in (0, 1].
        onset_temperature_floor: Lowest temperature of the choice between sound and silence. At most steps silence is most
            probable, so that a lower temperature would end in silence.
        untempered_share: Share of the probability that a temperature below 1 leaves as learned. Without it a groove that begins
            on the snare alone at a low temperature never gets a kick.
        performance_temperature: Range that the temperature is clipped to for velocity and timing, which stay a drummer's however
            typical or bold the notes are.
        temperature_scale: Factors on the temperature of velocity and timing.
        velocity_correlation: Correlation, in [0, 1), of the noise in a hit's velocity with that of the same voice at the same
            place of the bar before: the distribution of each hit stays as learned, but accents last from bar to bar.
        accent_correlation: Correlation, in [0, 1), of that noise with the accents of a rhythm, which leave the distribution as
            learned, or of a meter, which make hits between its groups softer.
    """

    temperature: float
    top_p: float
    onset_temperature_floor: float
    untempered_share: float
    performance_temperature: tuple[float, float]
    temperature_scale: tuple[float, float] = (1.0, 1.0)
    velocity_correlation: float = 0.0
    accent_correlation: float = 0.0

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
            config.accent_correlation,
        )


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
    return chosen, min(max(place, 0.0), BEFORE_ONE)


def token_probabilities(logits: Floats, silent: NDArray[np.bool_], settings: SamplingSettings) -> Floats:
    """Turn logits into the probabilities that are sampled from.

    The temperature acts separately on the choice between sound and silence (with `onset_temperature_floor`) and on that of the
    voices. At temperature 1 that is the plain softmax over all tokens but `[BOS]` and `[UNK]`, which are never sampled.

    Args:
        logits: (vocabulary,) of the model.
        silent: (vocabulary,) bool, tokens that sound no voice.
        settings: Settings of the sampler.

    Returns:
        (vocabulary,) probabilities that add up to 1.
    """
    plain: Floats = np.exp(logits - logits[SPECIALS:].max())
    plain[:SPECIALS] = 0.0
    if settings.temperature == 1.0 and settings.top_p >= 1.0:
        plain /= plain.sum()  # shortcut: the code below gives the same result
        return plain
    sounding = np.where(silent, 0.0, plain)
    onset = sounding.sum()
    rest = plain.sum() - onset
    exponent = 1.0 / max(settings.temperature, settings.onset_temperature_floor)
    share = onset**exponent / (onset**exponent + rest**exponent)
    probabilities = share * _voice_probabilities(sounding, settings) + (1.0 - share) * tempered(
        plain - sounding, settings.temperature
    )
    return _nucleus(probabilities, settings.top_p)


def _voice_probabilities(weights: Floats, settings: SamplingSettings) -> Floats:
    """Turn the weights of tokens that sound into the probability of each, given that something sounds."""
    raised = tempered(weights, settings.temperature)
    if settings.temperature >= 1.0:
        return raised
    untempered = settings.untempered_share
    return (1.0 - untempered) * raised + untempered * tempered(weights, 1.0)


def tempered(weights: Floats, temperature: float) -> Floats:
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
