"""Variations: which voices of a groove stay, and from which seed the others are generated again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drummer.generation.random_streams import RandomStream
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES, FAMILY_INDICES

MOST_VARIATIONS = 16


def draw_kept_voices(groove: Groove, seed: int, number: int, highest_seed: int) -> tuple[list[str], int]:
    """Draw the voices that a variation keeps: about half of the families that sound, at least one and never all.

    If a single family sounds, it is generated again and nothing is kept.

    Args:
        groove: The groove that is varied.
        seed: Source of all randomness, with the number.
        number: Number of the variation, from 0.
        highest_seed: End of the range of the seed that is drawn.

    Returns:
        Names of the voices, and the seed of the variation.
    """
    generator = np.random.default_rng([seed, RandomStream.VARIATION, number])
    counts = [int(groove.hits[:, voices].sum()) for voices in FAMILY_INDICES.values()]
    families = zip(FAMILIES.values(), counts, _draw_half(counts, generator), strict=True)
    kept = [name for family, hits, anew in families if hits and not anew for name in family]
    return kept, int(generator.integers(highest_seed))


def _draw_half(counts: Sequence[int], generator: np.random.Generator) -> NDArray[np.bool_]:
    """Draw about half of the families to generate again, given their numbers of hits.

    Of those that sound at least one is drawn, in proportion to its hits, and, if there are several, at least one is not.
    """
    chosen = generator.random(len(counts)) < 0.5
    playing = np.flatnonzero(counts)
    if len(playing) == 0:
        return chosen
    anew, *kept = generator.choice(
        playing, min(2, len(playing)), replace=False, p=np.array(counts)[playing] / sum(counts)
    ).tolist()
    chosen[anew] = True
    chosen[kept] = False
    return chosen
