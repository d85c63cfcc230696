"""How does it feel? A control that shows the comparison with real drummers as a picture and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.web.control import control


def feel_control(**settings: Any) -> gr.HTML:
    """Make the control that shows the comparison.

    Its value has `sentence`, `picture` (the URL of an image) and `copied` (whether the groove is a copy).
    While it is in sight it follows the groove in the grid: the event `compare` requests a comparison, with `theme` and `layout`
    of the picture as value, see `drummer.feel.chart`.
    """
    return control(Path(__file__).parent, ("../picture.js", "feel.js"), styles=("../picture.css",), **settings)
