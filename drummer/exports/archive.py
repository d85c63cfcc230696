"""Export of everything as one ZIP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from drummer.exports.base import Choices, ExportFormat
from drummer.exports.sound import credits_of, render_files
from drummer.exports.zip_file import write_zip
from drummer.files.document import Take
from drummer.files.drum_maps import drum_map_of

if TYPE_CHECKING:
    from drummer.audio import Kit, ProgressCallback


class Archive(ExportFormat):
    """A ZIP with the other formats: MIDI, pictures, `groove.json`, the sound and the stems that add up to it."""

    name = extension = "zip"
    label = "All (ZIP)"
    description = "a ZIP with all of these and a stem for each voice"
    is_slow = is_primary = True
    in_archive = False

    def __init__(self, formats: Sequence[ExportFormat]) -> None:
        """Keep the formats; those with `in_archive` are written."""
        self.formats = formats

    def needs_kit(self) -> bool:
        """Return whether there is FluidSynth; without it the ZIP has no sound."""
        from drummer import audio

        return audio.audio_available()

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:
        """Write all files; without FluidSynth or a kit there is no sound in it."""
        from drummer import audio

        kit = choices.kit if audio.audio_available() else None
        if kit is not None:
            audio.load_renderer(kit).check_length(take.groove, with_stems=True, sound_format=choices.sound_format)
        files = {each.archive_name(take, choices): each.write(take, choices) for each in self.formats if each.in_archive}
        if kit is not None:
            mix, stems = render_files(take, kit, choices, progress)
            files |= {**mix, **{f"stems/{name}": data for name, data in stems.items()}}
        files["about.txt"] = _about(take, choices, kit).encode()
        return write_zip(take.stem, files)


def _about(take: Take, choices: Choices, kit: Kit | None) -> str:
    """Describe the files of the ZIP, with the credits of the kit."""
    drum_map = choices.drum_map or drum_map_of(take.groove)
    lines = [take.heading, "", f"MIDI: notes of {drum_map.label}"]
    report = drum_map.report(take.groove)
    lines += [report] if report else []
    lines += credits_of(take, choices, kit)
    lines.append("groove.json: opens in Drummer with all its settings")
    lines += ["", json.dumps(dict(take.settings), ensure_ascii=False)] if take.settings else []
    return "\n".join(lines) + "\n"
