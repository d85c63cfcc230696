"""Export as a drum part in MusicXML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drummer.exports.base import Choices, ExportFormat
from drummer.files import musicxml
from drummer.files.document import Take

if TYPE_CHECKING:
    from drummer.audio import ProgressCallback


class MusicXml(ExportFormat):
    """A drum part that notation programs open, with the parts of a song as rehearsal marks."""

    name = extension = "musicxml"
    label = "MusicXML"
    description = "the part as sheet music in MusicXML"

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:  # noqa: ARG002
        """Write the notes, with the take's heading as the title."""
        return musicxml.to_bytes(take.groove, take.heading, markers=take.markers)
