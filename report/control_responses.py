"""Does the shipped model do what it is told?"""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from drummer.controls import CONTROLS
from drummer.evaluation.control_response import Response, respond
from report import results

MODEL, COUNT = "medium", 6  # grooves of each genre and control; `python -m drummer.evaluation --controls` plays 16


def measure() -> results.Values:
    """Ask for one control after the other in each genre."""
    drummer = results.drummer(MODEL)
    total = len(CONTROLS) * len(drummer.genres)
    found = [
        {
            "control": response.control,
            "genre": response.genre,
            "asked": response.asked.tolist(),
            "effects": [None if np.isnan(effect) else effect for effect in response.effects.tolist()],
            "correlation": response.correlation,
        }
        for response in tqdm(respond(drummer, COUNT), total=total, desc="Asking", unit="genre", leave=False)
    ]
    return {"model": MODEL, "grooves": COUNT, "responses": found}


def restore(values: results.Values) -> list[Response]:
    """Take responses out of a row, without their grooves."""
    return [
        Response(
            found["control"],
            found["genre"],
            np.array(found["asked"]),
            np.array([np.nan if effect is None else effect for effect in found["effects"]]),
            (),
        )
        for found in values["responses"]
    ]


MEASUREMENTS = [results.Measurement("controls", measure, minutes=5)]
