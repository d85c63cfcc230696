"""Grooves as sound: drum kits, rendering with FluidSynth, and the sample kits that browsers play.

Importing this loads no FluidSynth; it is looked for when it is first needed.
"""

from drummer.audio.fluidsynth import INSTALL_HINT, audio_available
from drummer.audio.kits import SOUNDFONTS, Key, Kit, find_kit, kit_for, kits_for, list_kits
from drummer.audio.notes import NoteOn
from drummer.audio.renderer import ProgressCallback, Renderer, load_renderer, render, render_stems
from drummer.audio.rendering import Rendering, Stems
from drummer.audio.samples import Sample, SampledMix, with_samples

__all__ = [
    "INSTALL_HINT",
    "SOUNDFONTS",
    "Key",
    "Kit",
    "NoteOn",
    "ProgressCallback",
    "Renderer",
    "Rendering",
    "Sample",
    "SampledMix",
    "Stems",
    "audio_available",
    "find_kit",
    "kit_for",
    "kits_for",
    "list_kits",
    "load_renderer",
    "render",
    "render_stems",
    "with_samples",
]
