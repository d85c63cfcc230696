"""The scale of each genre: the ranks of measured values among the bars of its drummers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, CONTROLS, HIGHS, LOWS

QUANTILES = 21  # levels 0, 0.05, ..., 1


class GenreScale:
    """Quantiles of the training drummers' bars, by genre and control.

    Attributes:
        quantiles: (genres, 12, QUANTILES) of each control as `measure_controls` gives it, rising.
    """

    def __init__(self, quantiles: Floats) -> None:
        """Keep quantiles that `fit` has computed."""
        self.quantiles = quantiles

    @classmethod
    def fit(cls, measured: Iterable[tuple[int, Floats]], genres: int) -> GenreScale:
        """Fit on training performances; a genre without any gets the quantiles of all.

        Args:
            measured: Genre index and controls, (bars, 12) of `measure_controls`, of each performance.
            genres: Number of genres.
        """
        performances = list(measured)
        levels = np.linspace(0.0, 1.0, QUANTILES)

        def quantiles_of(chosen: list[Floats]) -> Floats:
            return np.nan_to_num(np.nanquantile(np.concatenate(chosen), levels, axis=0).T)

        all_genres = quantiles_of([values for _, values in performances])
        by_genre = [[values for index, values in performances if index == genre] for genre in range(genres)]
        return cls(np.stack([quantiles_of(chosen) if chosen else all_genres for chosen in by_genre]))

    def to_controls(self, measured: Floats, genre: int) -> Floats:
        """Convert measured values, (bars, 12), to control values, clipped to the controls' ranges; NaN stays NaN.

        A control that is `by_genre` becomes the share of the genre's bars that have less; lateness is relative to the genre's
        median.
        """
        levels = np.linspace(0.0, 1.0, QUANTILES)
        controls = measured.copy()
        for column in (CONTROL_INDEX[name] for name, control in CONTROLS.items() if control.by_genre):
            known = ~np.isnan(measured[:, column])
            controls[known, column] = np.interp(measured[known, column], self.quantiles[genre, column], levels)
        lateness = CONTROL_INDEX["lateness"]
        controls[:, lateness] -= self.quantiles[genre, lateness, QUANTILES // 2]
        return np.clip(controls, LOWS, HIGHS)
