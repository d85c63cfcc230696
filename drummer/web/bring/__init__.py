"""Bring your own: a MIDI file that is read, looked at and played with."""

from drummer.web.bring.control import bring_control
from drummer.web.bring.deeds import do, survey

__all__ = ["bring_control", "do", "survey"]
