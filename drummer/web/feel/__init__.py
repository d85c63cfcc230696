"""How does it feel? A control that shows the comparison with real drummers as a chart and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.web.control import control
from drummer.web.feel.data import describe

__all__ = ["describe", "feel_control"]


def feel_control(**settings: Any) -> gr.HTML:
    """Make the control that shows the comparison.

    Its value has `sentence`, `chart` (the numbers that it draws, see `describe`) and `copied` (whether the groove is a copy).
    While it is in sight it follows the groove in the grid: the event `compare` requests a comparison.
    """
    return control(Path(__file__).parent, ("../picture.js", "chart.js", "feel.js"), **settings)
