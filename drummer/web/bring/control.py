"""The Python side of the control that takes a musician's MIDI file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.files.drum_maps import DRUM_MAPS
from drummer.music.voices import VOICES
from drummer.web.bring.deeds import FAMILIES
from drummer.web.control import control
from drummer.web.grid.control import voices

_SCRIPTS = ("../grid/groove.js", "../grid/drawing.js", "bring.js")


def bring_control(**settings: Any) -> gr.HTML:
    """Make a control that takes a MIDI file and asks what to do with it. Its value is what `drummer.web.bring.deeds` describes.

    Events: `read` when there is a file, or another drum map for it; `act` when something is to be done with it.
    """
    return control(
        Path(__file__).parent,
        _SCRIPTS,
        voices=voices(),
        maps=[[drum_map.label, name] for name, drum_map in DRUM_MAPS.items()],
        families=[[family, family] for family in FAMILIES],
        rhythms=[[voice.label, voice.name] for voice in VOICES],
        max_bytes=default_config().midi.max_bytes,
        **settings,
    )
