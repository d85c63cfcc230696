"""A critic: by how much it is likelier that a drummer played some bars than that the model did, by their notes.

Training learns from it (`drummer.rehearsal`); results are judged by `drummer.comparison`. For a judge to be worth something the
pupil must not have been taught to please it, so a critic reads other numbers than `drummer.features` and is another classifier.
Needs scikit-learn (`requirements-train.txt`).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from drummer.comparison import Windows, matched
from drummer.features import LANES, Floats, Window
from drummer.groove import Groove

_FOLDS = 4
_LAGS = (1, 2, 3, 4, 6, 8)  # in sixteenths
_PARTS = 12  # of a beat
_NOTHING = -1.0  # stands for NaN; all traits are 0 or more
_SUREST = 1e-4  # no critic is surer than this


def traits(groove: Groove) -> dict[str, dict[str, float]]:
    """Describe the notes of some bars in 4/4 in the raw: group → name → value, NaN where there is nothing to say.

    How often each family of voices sounds at each sixteenth of the bar, how often each voice does, how its hits vary from bar to
    bar, how alike any two bars are, what comes again after a few sixteenths, and where in a beat the onsets are.
    """
    window = Window.of(groove)
    grid = window.by_bar(window.hits)  # (bars, 16, 13)
    lanes = np.stack([grid[:, :, voices].max(axis=2) for voices in LANES.values()], axis=2)  # (bars, 16, families)
    flat = lanes.reshape(-1, len(LANES))
    found = {f"voice_{voice}": value for voice, value in enumerate(grid.sum(axis=(0, 1)) / window.bars)}
    parts = np.floor(window.beats * _PARTS + 0.5).astype(np.int64) % _PARTS
    found |= {f"part_{part}": float((parts == part).mean()) for part in range(_PARTS)}
    for first, second in combinations(range(window.bars), 2):
        found[f"apart_{first}_{second}"] = float(np.abs(lanes[first] - lanes[second]).sum())
    for index, family in enumerate(LANES):
        lane, hits = lanes[:, :, index], flat[:, index]
        found |= {f"{family}_at_{place}": value for place, value in enumerate(lane.mean(axis=0))}
        found[f"{family}_spread"] = lane.sum(axis=1).std()
        for first, second in combinations(range(window.bars), 2):
            common = (lane[first] * lane[second]).sum()
            found[f"{family}_alike_{first}_{second}"] = _ratio(2 * common, lane[[first, second]].sum())
        found |= {f"{family}_after_{lag}": _ratio((hits[lag:] * hits[:-lag]).sum(), hits.sum()) for lag in _LAGS}
    return {"notes": found}


def opinions(played: Windows, drummers: Windows, generator: np.random.Generator) -> Floats:
    """Ask about windows of what was played a critic that has seen others of them, and drummers', but no window of their group.

    Args:
        played: Their features are `traits`.
        drummers: Likewise.
        generator: Chooses the windows that critics learn from.

    Returns:
        (windows,) log odds that it is a drummer's.
    """
    genres = np.unique(played.genres)

    def read(windows: Windows) -> Floats:
        known = np.nan_to_num(windows.features, nan=_NOTHING)  # the classifier takes single NaN, but no column of them
        return np.concatenate([known, windows.genres[:, None] == genres], axis=1)

    odds = np.zeros(len(played))
    for seen, unseen in GroupKFold(_FOLDS).split(played.features, groups=played.groups):
        pair = matched(played.take(seen), drummers, generator)
        labels = np.repeat([0, 1], [len(side) for side in pair])
        critic = HistGradientBoostingClassifier(
            max_depth=3, learning_rate=0.05, max_iter=100, early_stopping=False, random_state=0
        )
        critic.fit(np.concatenate([read(side) for side in pair]), labels)
        chance = critic.predict_proba(read(played.take(unseen)))[:, 1].clip(_SUREST, 1.0 - _SUREST)
        odds[unseen] = np.log(chance / (1.0 - chance))
    return odds


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan
