"""Grooves as sound: drum kits, rendering with FluidSynth, and the sample kits that browsers play.

Importing this loads no FluidSynth; it is looked for when something is first rendered.
"""

from drummer.audio.renderer import (
    INSTALL_HINT,
    SOUNDFONTS,
    Key,
    Kit,
    Renderer,
    Rendering,
    Stems,
    Strike,
    Tell,
    audio_available,
    find_kit,
    kit_for,
    kits_for,
    list_kits,
    load_renderer,
    render,
    render_loop,
    render_stems,
    tell_nobody,
)

__all__ = [
    "INSTALL_HINT",
    "SOUNDFONTS",
    "Key",
    "Kit",
    "Renderer",
    "Rendering",
    "Stems",
    "Strike",
    "Tell",
    "audio_available",
    "find_kit",
    "kit_for",
    "kits_for",
    "list_kits",
    "load_renderer",
    "render",
    "render_loop",
    "render_stems",
    "tell_nobody",
]
