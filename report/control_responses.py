"""Response of the shipped model to its controls."""

from __future__ import annotations

from functools import partial

import numpy as np
from tqdm import tqdm

from drummer.config import default_config
from drummer.evaluation.control_response import ControlResponse, control_responses
from drummer.music.controls import CONTROLS
from report import results

MODEL, COUNT = "medium", 32  # grooves per genre and control


def measure(steady: float | None = None) -> results.Values:
    """Sweep each control in each genre; with a steadiness, all controls but that."""
    drummer = results.drummer(MODEL)
    others = {} if steady is None else {"steady": steady}
    controls = [name for name in CONTROLS if name not in others]
    responses = control_responses(drummer, COUNT, controls, others=others)
    total = len(controls) * len(drummer.genres)
    found = [
        {
            "control": response.control,
            "genre": response.genre,
            "requested": response.requested.tolist(),
            "measured": [None if np.isnan(value) else value for value in response.measured.tolist()],
            "correlation": response.correlation,
        }
        for response in tqdm(responses, total=total, desc="Controls", unit="genre", leave=False)
    ]
    return {"model": MODEL, "grooves": COUNT, **others, "responses": found}


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


MEASUREMENTS = [
    results.Measurement("controls", measure, minutes=16),
    results.Measurement("controls_steady", partial(measure, default_config().app.first_steady), minutes=16),
]
