"""Export as `groove.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drummer.exports.base import Choices, ExportFormat
from drummer.files.document import Take, to_json

if TYPE_CHECKING:
    from drummer.audio import ProgressCallback


class GrooveJson(ExportFormat):
    """The take itself: the groove with its settings, which Drummer opens again."""

    name = extension = "json"
    label = "groove.json"
    description = "the groove with its settings, which Drummer opens again"
    is_quick = True

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:  # noqa: ARG002
        """Write the original take, or this one."""
        return to_json(choices.original or take).encode()

    def archive_name(self, take: Take, choices: Choices) -> str:  # noqa: ARG002
        """Return the name that it has in each ZIP."""
        return "groove.json"
