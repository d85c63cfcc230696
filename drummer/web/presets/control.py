"""The chips of the presets as Gradio component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.config_page_sections import PresetConfig
from drummer.music.meter import Meter
from drummer.web.control import control
from drummer.web.labels import spell, spell_style

SCRIPTS = ("presets.js",)


def presets() -> list[dict[str, Any]]:
    """List the presets as `page.js` reads them: name, a word on each, and the groove's settings, tempo, bars, seed and meter."""
    return [
        {
            "name": preset.name,
            "about": _about(preset),
            "settings": {"genre": preset.genre, "style": preset.style, **preset.controls},
            "bpm": preset.bpm,
            "bars": preset.bars,
            "seed": preset.seed,
            "meter": str(Meter.parse(preset.meter)),
        }
        for preset in default_config().presets
    ]


def preset_chips(**settings: Any) -> gr.HTML:
    """Make a row of chips, one for each preset.

    Its value is the index of the preset that was clicked last, or None. Event: `choose` when one is clicked.
    """
    named = [{"name": preset["name"], "about": preset["about"]} for preset in presets()]
    return control(Path(__file__).parent, SCRIPTS, presets=named, value=None, **settings)


def _about(preset: PresetConfig) -> str:
    style = f", {spell_style(preset.style).lower()}" if preset.style else ""
    meter = "" if preset.meter == "4/4" else f"{preset.meter}, "
    return f"{spell(preset.genre)}{style}, {meter}{preset.bpm} BPM"
