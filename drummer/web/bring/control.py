"""The control for a musician's own MIDI file, as Gradio component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.files.drum_maps import DRUM_MAPS
from drummer.music.meter import USUAL_GROUPINGS
from drummer.music.voices import VOICES
from drummer.web.bring.actions import FAMILIES
from drummer.web.control import control
from drummer.web.grid.control import voices

_SCRIPTS = (
    *("../grid/meter.js", "../grid/groove.js", "../grid/geometry.js", "../grid/painter.js", "../grid/overview.js"),
    *("../grid/ticks.js", "taps.js", "tap_field.js", "bring.js"),
)


def bring_control(**settings: Any) -> gr.HTML:
    """Make a control that reads a MIDI file and offers actions. Its value is described in `drummer.web.bring.actions`.

    Events: `read` when a file or another drum map is chosen; `act` when one of `ACTIONS` is.
    """
    return control(
        Path(__file__).parent,
        _SCRIPTS,
        voices=voices(),
        groupings=USUAL_GROUPINGS,
        maps=[[drum_map.label, name] for name, drum_map in DRUM_MAPS.items()],
        families=[[family, family] for family in FAMILIES],
        rhythms=[[voice.label, voice.name] for voice in VOICES],
        max_bytes=default_config().midi.max_bytes,
        **settings,
    )
