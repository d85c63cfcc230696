"""The take that a visitor finds on the page."""

from __future__ import annotations

from drummer.files.document import Take
from drummer.web import actions
from drummer.web.requests import GrooveRequest


class FirstTake:
    """Generates the first take of a visit, and keeps it: by default all visitors get the same."""

    def __init__(self) -> None:
        """Begin with no take."""
        self._kept: tuple[GrooveRequest, Take] | None = None

    def generate(self, request: GrooveRequest) -> Take:
        """Return the take that was generated last, if it was requested by the same parameters; otherwise generate one.

        Raises:
            DrummerError: As `actions.generate`.
        """
        kept = self._kept  # read once: other visitors may replace it meanwhile
        if kept is not None and kept[0] == request:
            return kept[1]
        take = actions.generate(request)
        self._kept = request, take
        return take
