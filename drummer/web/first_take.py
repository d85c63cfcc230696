"""The take that a visitor finds on the page."""

from __future__ import annotations

from drummer.files.document import Take
from drummer.web import actions
from drummer.web.requests import GrooveRequest

_MOST = 8  # takes that are kept


class FirstTake:
    """Generates the first take of a visit, and keeps it: by default all visitors get the same."""

    def __init__(self) -> None:
        """Begin with no take."""
        self._kept: tuple[tuple[GrooveRequest, Take], ...] = ()  # those that were wanted last come first

    def generate(self, request: GrooveRequest) -> Take:
        """Return the take that is kept for these parameters; otherwise generate one, and forget the one not wanted for longest.

        Raises:
            DrummerError: As `actions.generate`.
        """
        take = next((take for known, take in self._kept if known == request), None)
        if take is None:
            take = actions.generate(request)
        others = (each for each in self._kept if each[0] != request)
        self._kept = ((request, take), *others)[:_MOST]
        return take
