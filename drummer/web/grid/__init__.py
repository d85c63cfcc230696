"""The drum grid: roll, editor and player in one control."""

from drummer.web.grid.control import drum_grid
from drummer.web.grid.value import from_value, read_ask, stream_values, to_value

__all__ = ["drum_grid", "from_value", "read_ask", "stream_values", "to_value"]
