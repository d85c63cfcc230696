"""Bring your own: a control that reads a MIDI file and offers to continue it, humanize it or infill the rest."""

from drummer.web.bring.actions import apply, inspect
from drummer.web.bring.control import bring_control

__all__ = ["apply", "bring_control", "inspect"]
