"""The drum grid: roll, editor and player in one control."""

from drummer.web.grid.control import drum_grid
from drummer.web.grid.value import read_ask, from_value, to_value

__all__ = ["read_ask", "drum_grid", "from_value", "to_value"]
