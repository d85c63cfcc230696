"""How the shipped model keeps to a requested meter, steadiness, rhythm and style."""

from __future__ import annotations

from drummer.evaluation.adherence import measure_adherence
from report import results
from report.models import plain

MODEL = "medium"


def measure() -> results.Values:
    """Generate grooves that ask for each, and measure them."""
    drummer = results.drummer(MODEL)
    found = measure_adherence(drummer, results.corpus().select("train", drummer.genres, "beat"))
    return {"model": MODEL, **plain(found), "steady": [plain(score) for score in found.steady]}


MEASUREMENTS = [results.Measurement("adherence", measure, minutes=8)]
