"""Exports: a take written as a file that a musician keeps.

`FORMATS` lists the formats. The API's choices, the command line's options, the page's buttons and the ZIP with everything follow
from it; a new format is a class in a module of its own and its name in `_FORMATS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from drummer.errors import SettingError
from drummer.exports.archive import Archive
from drummer.exports.base import AudioFormat, Choices, ExportedFile, ExportFormat
from drummer.exports.groove_json import GrooveJson
from drummer.exports.midi_file import MidiFile
from drummer.exports.musicxml_file import MusicXml
from drummer.exports.picture import Png, Svg
from drummer.exports.sound import Flac, Stems, Wav
from drummer.files.document import Take
from drummer.validation import quote

if TYPE_CHECKING:
    from drummer.audio import ProgressCallback

__all__ = ["FORMATS", "AudioFormat", "Choices", "ExportFormat", "ExportedFile", "FormatName", "export", "find_format"]

_FORMATS = (MidiFile(), Wav(), Flac(), Stems(), MusicXml(), Png(), Svg(), GrooveJson())  # in the order of buttons and help texts
FORMATS: Mapping[str, ExportFormat] = MappingProxyType({each.name: each for each in (*_FORMATS, Archive(_FORMATS))})
if TYPE_CHECKING:
    FormatName = str
else:  # the API shows these names as the choices of a parameter
    FormatName = Literal[tuple(FORMATS)]


def export(take: Take, form: str, choices: Choices, progress: ProgressCallback | None = None) -> ExportedFile:
    """Export a take.

    Args:
        take: The take as it is heard.
        form: Name of one of `FORMATS`.
        choices: How it is exported.
        progress: Called with the share that is done, 0-1, while a slow format is written.

    Raises:
        SettingError: If there is no such format, the format needs a kit and none was chosen, or the sound is too long.
        DrummerError: If the kit cannot be played, or the groove has a form that MIDI cannot hold.
    """
    chosen = find_format(form)
    data = chosen.write(take, choices, progress)
    return ExportedFile(chosen.file_name(take, choices), data)


def find_format(name: str) -> ExportFormat:
    """Find a format by name.

    Raises:
        SettingError: If there is no such format.
    """
    if not isinstance(name, str) or name not in FORMATS:
        raise SettingError(f"unknown form {quote(name)}, it must be one of {', '.join(FORMATS)}")
    return FORMATS[name]
