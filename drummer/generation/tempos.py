"""Tempos of genres, and the reference performance of a seed. Needs no torch."""

from __future__ import annotations

import math

import numpy as np

from drummer.config import Config, default_config
from drummer.config_sections import GenreConfig
from drummer.generation.random_streams import RandomStream
from drummer.validation import check_name

# Seeds that count up are spread evenly over the reference performances: multiples of the golden ratio, see Niederreiter (1992),
# Random Number Generation and Quasi-Monte Carlo Methods, chapter 3.
_GOLDEN_RATIO = (math.sqrt(5.0) - 1.0) / 2.0


def usual_bpm(genre: str, config: Config | None = None) -> int:
    """Look up the tempo that a genre is most often played at.

    Raises:
        SettingError: If there is no such genre.
    """
    genres = (config or default_config()).genres
    return genres[check_name("genre", genre, genres)].usual_bpm


def halfway_bpm(genre: str, to_genre: str, config: Config | None = None) -> int:
    """Compute the tempo half-way between the usual tempos of two genres, as a ratio: their geometric mean.

    Raises:
        SettingError: If there is no such genre.
    """
    return round(math.sqrt(usual_bpm(genre, config) * usual_bpm(to_genre, config)))


def draw_bpm(tempos: GenreConfig, seed: int) -> int:
    """Draw a tempo of a genre: triangular over the range of its drummers, its peak at the usual tempo."""
    if tempos.slow_bpm == tempos.fast_bpm:
        return tempos.usual_bpm
    generator = np.random.default_rng([seed, RandomStream.TEMPO])
    return round(generator.triangular(tempos.slow_bpm, tempos.usual_bpm, tempos.fast_bpm))


def reference_quantile(seed: int) -> float:
    """Choose the reference performance of a seed: a quantile in [0, 1), see `ReferenceBank.draw`."""
    return seed * _GOLDEN_RATIO % 1.0
