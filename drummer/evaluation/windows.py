"""Windows of four bars cut out of grooves, with their descriptors, onset patterns and histograms.

The first window of a groove is left out: loops come from the middle, and the first windows of human performances differ from
their later ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.data.corpus import Performance
from drummer.evaluation.descriptors import Window, describe
from drummer.music.arrays import Floats
from drummer.music.groove import Groove

WINDOW_BARS = 4
ASPECTS = ("all", "notes", "velocity", "timing")
HISTOGRAM_BINS, HISTOGRAM_RANGE_MS = 32, 80.0


class LabelledGroove(NamedTuple):
    """A groove with its genre and its cross-validation group."""

    groove: Groove
    genre: str
    group: str


@dataclass(frozen=True)
class Windows:
    """Windows of four bars with their labels.

    Attributes:
        names: Names of the descriptors, `aspect.descriptor`.
        features: (windows, descriptors) values, NaN where a descriptor is undefined.
        genres: (windows,) text.
        groups: (windows,) text; cross-validation keeps the windows of one group in one fold.
        bpm: (windows,) quarter notes a minute.
        bars: (windows, 4) bytes, the onset pattern of each bar in sixteenths.
        velocities: (windows, 32) number of hits in each velocity bin.
        deviations: (windows, 32) number of hits in each bin of deviation from the nearest sixteenth, -80 to 80 ms.
    """

    names: tuple[str, ...]
    features: Floats
    genres: NDArray[np.str_]
    groups: NDArray[np.str_]
    bpm: Floats
    bars: NDArray[np.object_]
    velocities: Floats
    deviations: Floats

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.genres)

    def select(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Windows:
        """Select windows by index or mask."""
        return Windows(
            self.names,
            self.features[chosen],
            self.genres[chosen],
            self.groups[chosen],
            self.bpm[chosen],
            self.bars[chosen],
            self.velocities[chosen],
            self.deviations[chosen],
        )

    def of_genres(self, genres: Iterable[str]) -> Windows:
        """Select the windows of some genres."""
        return self.select(np.isin(self.genres, list(genres)))

    def aspect(self, aspect: str) -> Floats:
        """Return (windows, descriptors) of one of `ASPECTS`."""
        return self.features[:, [aspect in ("all", name.split(".")[0]) for name in self.names]]


def label_performances(performances: Iterable[Performance]) -> list[LabelledGroove]:
    """Label performances; those of one `eval_session` groove, played by four drummers, form one group."""
    labelled = []
    for performance in performances:
        _, _, groove = performance.id.partition("/eval_session/")
        group = f"eval_session/{groove}" if groove else performance.id
        labelled.append(LabelledGroove(performance.groove, performance.genre, group))
    return labelled


def cut_windows(grooves: Iterable[LabelledGroove]) -> Windows:
    """Cut grooves in 4/4 into windows of four bars, without the first of each groove and without silent ones."""
    rows, genres, groups, bpm, bars, velocities, deviations = [], [], [], [], [], [], []
    names: tuple[str, ...] = ()
    for labelled in grooves:
        for start in range(WINDOW_BARS, labelled.groove.bars - WINDOW_BARS + 1, WINDOW_BARS):
            window = labelled.groove.cut(start, start + WINDOW_BARS)
            if window.hit_count == 0:
                continue
            described = {
                f"{aspect}.{name}": value for aspect, values in describe(window).items() for name, value in values.items()
            }
            names = tuple(described)
            rows.append(list(described.values()))
            genres.append(labelled.genre)
            groups.append(labelled.group)
            bpm.append(window.bpm)
            hits = Window.of(window)
            limit = HISTOGRAM_RANGE_MS
            bars.append([bar.tobytes() for bar in hits.hits.reshape(WINDOW_BARS, -1)])
            velocities.append(np.histogram(hits.velocities, HISTOGRAM_BINS, (0.0, 1.0))[0])
            deviations.append(np.histogram(hits.deviations.clip(-limit, limit), HISTOGRAM_BINS, (-limit, limit))[0])
    return Windows(
        names,
        np.array(rows),
        np.array(genres),
        np.array(groups),
        np.array(bpm, dtype=np.float64),
        np.array(bars, dtype=object),
        np.array(velocities, dtype=np.float64),
        np.array(deviations, dtype=np.float64),
    )
