"""Sheet music: a control that draws the groove as a drum part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.web.control import control


def sheet_music_control(**settings: Any) -> gr.HTML:
    """Make the control that shows the part.

    Its value has `picture`, the URL of an image, and `sentence`, which says why there is none. While it is in sight it follows
    the groove in the grid: the event `engrave` requests a picture, with `theme` and `width` in pixels as value, see
    `drummer.pictures.sheet_music`.
    """
    return control(Path(__file__).parent, ("../picture.js", "sheet_music.js"), styles=("../picture.css",), **settings)
