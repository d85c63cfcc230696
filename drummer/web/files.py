"""Files that a musician keeps, each in a folder of its own under the one that Gradio serves and clears."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gradio.utils import get_upload_folder

from drummer import audio, default_config, midi
from drummer.document import Take
from drummer.drum_maps import GENERAL_MIDI, DrumMap
from drummer.web.actions import heard


def name_file(take: Take, suffix: str, form: str = "") -> Path:
    """Choose where a file of a take is written, under a name that says what it is."""
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=folder)) / f"{take.stem}{form}.{suffix}"


def write_midi(take: Take, drum_map: DrumMap = GENERAL_MIDI, track_a_voice: bool = False) -> Path:
    """Write the MIDI file of what is heard."""
    path = name_file(take, "mid")
    midi.write(heard(take).groove, path, drum_map=drum_map, track_a_voice=track_a_voice)
    return path


def write_wav(take: Take, loop: bool = False) -> Path:
    """Write the sound of what is heard, exactly as long as its bars or until it has rung out."""
    path = name_file(take, "wav", "_loop" * loop)
    (audio.render_loop if loop else audio.render)(heard(take).groove, kit_of(take)).to_wav(path)
    return path


def kit_of(take: Take) -> audio.Kit:
    """Find the kit that plays a take."""
    return audio.find_kit(take.settings.get("kit", default_config().defaults.kit))
