"""The baseline for humanising: velocity and microtiming looked up by genre, voice and step of the bar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drummer.data.corpus import Performance
from drummer.music.groove import Groove

_Key = tuple[str, int, int]


class Lookup:
    """What drummers did at each place: a hit takes velocity and offset of one of their hits there, drawn at random.

    So each place has a drummer's distribution, and velocity goes with timing, but no hit knows of another.
    """

    def __init__(self, performances: Iterable[Performance]) -> None:
        """Collect the hits of training performances, all on one grid."""
        places: defaultdict[_Key, list[NDArray[np.float32]]] = defaultdict(list)
        for performance in performances:
            groove = performance.groove
            for step, voice in np.argwhere(groove.hits).tolist():
                values = np.array([groove.velocities[step, voice], groove.offsets[step, voice]])
                for key in _keys(performance.genre, voice, step % groove.steps_per_bar):
                    places[key].append(values)
        self._places = {key: np.stack(values) for key, values in places.items()}

    def humanize(self, groove: Groove, genre: str, generator: np.random.Generator) -> Groove:
        """Perform a pattern; a hit where no drummer of the genre has one is looked up by voice alone, else stays as it is."""
        velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
        for step, voice in np.argwhere(groove.hits).tolist():
            keys = _keys(genre, voice, step % groove.steps_per_bar)
            values = next((self._places[key] for key in keys if key in self._places), None)
            if values is not None:
                velocities[step, voice], offsets[step, voice] = values[generator.integers(len(values))]
        return replace(groove, velocities=velocities, offsets=offsets)


def _keys(genre: str, voice: int, step: int) -> tuple[_Key, _Key]:
    """From the most specific to the most general."""
    return (genre, voice, step), ("", voice, -1)
