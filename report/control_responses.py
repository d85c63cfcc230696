"""Response of the shipped model to its controls."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from drummer.evaluation.control_response import ControlResponse, control_responses
from drummer.music.controls import CONTROLS
from report import results

MODEL, COUNT = "medium", 32  # grooves per genre and control


def measure() -> results.Values:
    """Sweep each control in each genre."""
    drummer = results.drummer(MODEL)
    total = len(CONTROLS) * len(drummer.genres)
    found = [
        {
            "control": response.control,
            "genre": response.genre,
            "requested": response.requested.tolist(),
            "measured": [None if np.isnan(value) else value for value in response.measured.tolist()],
            "correlation": response.correlation,
        }
        for response in tqdm(control_responses(drummer, COUNT), total=total, desc="Controls", unit="genre", leave=False)
    ]
    return {"model": MODEL, "grooves": COUNT, "responses": found}


def restore(values: results.Values) -> list[ControlResponse]:
    """Read responses from a result; they have no grooves."""
    return [
        ControlResponse(
            found["control"],
            found["genre"],
            np.array(found["requested"]),
            np.array([np.nan if value is None else value for value in found["measured"]]),
            (),
        )
        for found in values["responses"]
    ]


MEASUREMENTS = [results.Measurement("controls", measure, minutes=16)]
