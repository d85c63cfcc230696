"""Sampling without one of its parts: what each contributes to the discriminator AUC of the shipped model, without training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drummer.evaluation import metrics
from drummer.evaluation.discriminator import discriminator_auc
from drummer.evaluation.windows import cut_windows
from drummer.generation.drummer import Drummer
from report import results
from report.models import human_windows

MODEL, SPLIT = "medium", "validation"
FIRST_SEEDS = (0, 1000)
_FLAT = ((0.0, 1.0), (1.0, 1.0))  # the same temperature for every bar or beat
# Changes of `config.sampling`; the first is none.
PARTS: Mapping[str, Mapping[str, Any]] = {
    "unchanged": {},
    "the same temperature for every bar and beat": {"bar_temperature_scale": _FLAT, "beat_temperature_scale": _FLAT},
    "no correlated noise of velocity": {"velocity_correlation": 0.0},
    "no returns to patterns of three and more bars before": {"returns": (0.0, 0.0)},
    "no penalty on runs of kicks": {"kick_runs": (0.0, 0.0)},
    "no penalty on voices that the reference leaves out": {"unused_voices": 0.0},
}


def measure(count: int = metrics.COUNT) -> results.Values:
    """Generate with each change and compare with the drummers of a split: change → AUC by aspect for each set of seeds."""
    trained, config, drummers = results.drummer(MODEL).trained, results.drummer(MODEL).config, human_windows(SPLIT)
    values: results.Values = {"model": MODEL, "split": SPLIT, "parts": {}}
    for name, changes in PARTS.items():
        changed = Drummer(trained, replace(config, sampling=replace(config.sampling, **changes)))
        sets = [cut_windows(metrics.generate_grooves(changed, count, first_seed=seed)) for seed in FIRST_SEEDS]
        found = [discriminator_auc(windows, drummers, results.REPETITIONS) for windows in sets]
        values["parts"][name] = [{aspect: area for aspect, (area, _) in areas.items()} for areas in found]
    return values


MEASUREMENTS = [results.Measurement("sampling_parts", measure, minutes=30)]
