"""Rhythms: onsets with strength and timing but without a voice, as tapped, sung or taken from another part."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from drummer.errors import SettingError
from drummer.generation.masks import Mask
from drummer.model.inputs import encode_rhythm
from drummer.music.arrays import Floats
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR

_GROUP, _BETWEEN_GROUPS = 1.0, -0.3  # accents of a meter's groups, see docs/experiments.md


def loop_rhythm(rhythm: Groove, like: Groove, first_bar: int) -> Groove:
    """Repeat a rhythm over the bars of a groove from `first_bar` on; the bars before are silent.

    Args:
        rhythm: Its voices do not matter.
        like: For meter, grid, tempo and length.
        first_bar: First bar of the rhythm.

    Raises:
        SettingError: If the rhythm is in another meter, or silent.
    """
    if rhythm.meter.signature != like.meter.signature:
        raise SettingError(f"the rhythm must be in {like.meter.signature}, as the groove is, got {rhythm.meter.signature}")
    if rhythm.hit_count == 0:
        raise SettingError("the rhythm must have at least one onset")
    part = rhythm.regrid(like.steps_per_beat)
    bars = np.arange(like.bars - first_bar) % part.bars
    steps = (bars[:, None] * part.steps_per_bar + np.arange(part.steps_per_bar)).ravel()
    before = np.zeros((first_bar * like.steps_per_bar, part.hits.shape[1]), dtype=np.float32)
    velocities, offsets = (np.concatenate([before, values[steps]]) for values in (part.velocities, part.offsets))
    return Groove(velocities > 0, velocities, offsets, like.bpm, like.steps_per_beat, like.meter)


def encode_from(rhythm: Groove, first_bar: int) -> NDArray[np.float32]:
    """Encode a rhythm as the model reads it, known from a bar on: (steps, 3), see `inputs.encode_rhythm`."""
    encoded = encode_rhythm(rhythm.velocities, rhythm.offsets)
    encoded[: first_bar * rhythm.steps_per_bar, 0] = 0.0
    return encoded


def accents_of(rhythm: Groove) -> Floats:
    """Rank the strengths of a rhythm's onsets as normal scores: (steps,), 0 = the median, NaN without an onset.

    These are van der Waerden's scores: the normal quantile of rank / (onsets + 1), where equal strengths have their mean rank.
    """
    onsets = onsets_of(rhythm)
    strengths = rhythm.velocities.max(axis=1)[onsets]
    accents = np.full(rhythm.steps, np.nan)
    _, kinds, counts = np.unique(strengths, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[kinds]
    accents[onsets] = [NormalDist().inv_cdf(rank / (len(ranks) + 1)) for rank in ranks.tolist()]
    return accents


def meter_accents(groove: Groove) -> Floats | None:
    """Make the accents by which a listener can count the bars of a groove: (steps,) as `accents_of`; None in 4/4.

    Training holds little in other meters but adapted 4/4, whose accents are those of another bar. A group's first step is
    accented, and the step before it, where an early hit lies.
    """
    if groove.meter.signature == FOUR_FOUR.signature:
        return None
    bar = np.full(groove.steps_per_bar, _BETWEEN_GROUPS)
    starts = np.array([round(start * groove.steps_per_beat) for start in groove.meter.group_starts])
    bar[[starts, starts - 1]] = _GROUP
    return np.tile(bar, groove.bars)


def onsets_of(rhythm: Groove) -> Mask:
    """Find the steps where a rhythm has an onset: (steps,) bool."""
    return np.asarray(rhythm.hits.any(axis=1))
