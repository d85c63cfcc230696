"""Files that a musician keeps, each in a folder of its own under the one that Gradio serves and clears."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gradio.utils import get_upload_folder

from drummer import audio, default_config, exports
from drummer.document import Take
from drummer.drum_maps import GENERAL_MIDI, DrumMap
from drummer.web.actions import heard
from drummer.web.workers import by_a_worker

_export = by_a_worker(exports.export)


def write_file(
    take: Take,
    form: str,
    drum_map: DrumMap = GENERAL_MIDI,
    *,
    track_a_voice: bool = False,
    loop: bool = False,
    tell: audio.Tell | None = None,
) -> Path:
    """Write what is heard of a take.

    Args:
        take: The take.
        form: One of `drummer.exports.FORMS`.
        drum_map: As in `drummer.exports.Choices`, like `track_a_voice` and `loop`.
        track_a_voice: As there.
        loop: As there.
        tell: As in `drummer.exports.pack`; then the page does the work itself, where it hears how far it is.

    Raises:
        DrummerError: As `drummer.exports.export`.
    """
    kit = kit_of(take) if exports.is_played(form) else None
    choices = exports.Choices(kit, drum_map, track_a_voice, loop)
    if tell is None:
        name, data = _export(heard(take), form, choices, original=take)
    else:
        name, data = exports.export(heard(take), form, choices, original=take, tell=tell)
    path = new_file(name)
    path.write_bytes(data)
    return path


def new_file(name: str) -> Path:
    """Choose where a file of this name is written."""
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=folder)) / name


def kit_of(take: Take) -> audio.Kit:
    """Find the kit that plays a take."""
    return audio.find_kit(take.settings.get("kit", default_config().defaults.kit))
