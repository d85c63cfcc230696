"""Export as a MIDI file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drummer.exports.base import Choices, ExportFormat
from drummer.files import midi
from drummer.files.document import Take
from drummer.files.drum_maps import GENERAL_MIDI, drum_map_of

if TYPE_CHECKING:
    from drummer.audio import ProgressCallback


class MidiFile(ExportFormat):
    """A MIDI file for the chosen drum map, with the parts of a song as markers."""

    name = extension = "mid"
    label = description = "MIDI"
    is_quick = is_primary = True

    def file_name(self, take: Take, choices: Choices) -> str:
        """Return the name, with that of the kit which the notes are for if it is not General MIDI."""
        drum_map = choices.drum_map or drum_map_of(take.groove)
        kit = "" if drum_map is GENERAL_MIDI else f"_{drum_map.short_name}"
        return f"{take.stem}{kit}.{self.extension}"

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:  # noqa: ARG002
        """Write the notes."""
        return midi.to_bytes(
            take.groove, take.stem, drum_map=choices.drum_map, track_per_drum=choices.track_per_drum, markers=take.markers
        )
