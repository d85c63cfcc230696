"""Does the shipped model do what it is told?"""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from drummer.music.controls import CONTROLS
from drummer.responses import Response, respond
from report import rows

MODEL, COUNT = "medium", 6  # grooves of each genre and control; `python -m drummer.evaluation --controls` plays 16


def measure() -> rows.Values:
    """Ask for one control after the other in each genre."""
    drummer = rows.drummer(MODEL)
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


def restore(values: rows.Values) -> list[Response]:
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


MEASUREMENTS = [rows.Measurement("controls", measure, minutes=5)]
