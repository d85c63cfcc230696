"""The drum grid: roll, editor and player in one control."""

from drummer.web.grid.control import DrumGrid
from drummer.web.grid.value import audible, from_value, to_value

__all__ = ["DrumGrid", "audible", "from_value", "to_value"]
