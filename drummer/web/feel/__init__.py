"""How does it feel? The groove beside real drummers, as a picture and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.web.control import control


def feel_control(**settings: Any) -> gr.HTML:
    """Make a control that shows how a groove feels.

    Its value is what it is shown: `sentence`, `picture` (the URL of an image), `copied` (whether it is said to be a copy). While
    it is in sight it follows the groove in the grid: the event `compare` asks for the next, the value then being `theme` and
    `layout` of the picture, see `drummer.feel.chart`.
    """
    return control(Path(__file__).parent, ("feel.js",), **settings)
