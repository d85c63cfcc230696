"""Usual tempos of genres. Needs no torch."""

from __future__ import annotations

import math

from drummer.config import Config, default_config
from drummer.validation import check_name


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
