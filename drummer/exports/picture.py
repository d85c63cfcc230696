"""Export as a picture of the piano roll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drummer.exports.base import Choices, ExportFormat
from drummer.files.document import Take

if TYPE_CHECKING:
    from drummer.audio import ProgressCallback


class _Picture(ExportFormat):
    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:  # noqa: ARG002
        """Draw the piano roll, with the take's heading as its title."""
        from drummer.pictures import piano_roll  # matplotlib takes half a second to load

        return piano_roll.to_bytes(take.groove, self.extension, title=take.heading, markers=take.markers)


class Png(_Picture):
    """The piano roll as pixels."""

    name = extension = "png"
    label = "PNG"
    description = "the piano roll"


class Svg(_Picture):
    """The piano roll as vector graphics."""

    name = extension = "svg"
    label = "SVG"
    description = "the piano roll for print"
