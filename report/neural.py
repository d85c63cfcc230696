"""Neural discriminators between the shipped model and drummers."""

from __future__ import annotations

from drummer.evaluation.reports import measure_neural
from report import results

MODEL, SPLIT = "medium", "test"


def measure() -> results.Values:
    """Train and judge the discriminators."""
    return {"model": MODEL, SPLIT: measure_neural(results.drummer(MODEL), results.corpus(), SPLIT)}


MEASUREMENTS = [results.Measurement("neural", measure, minutes=45)]
