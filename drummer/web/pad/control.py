"""The pad as Gradio component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.web.control import control

SCRIPTS = ("pad.js",)


def pad_control(**settings: Any) -> gr.HTML:
    """Make a field whose width is the intensity and whose height is the complexity of a groove.

    Its value is `{"intensity": 70, "complexity": null}`: percent, null = left to the drummer. Event: `move` when a musician
    has moved the point or has left both to the drummer.
    """
    return control(Path(__file__).parent, SCRIPTS, value={"intensity": None, "complexity": None}, **settings)
