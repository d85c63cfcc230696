"""The pad: intensity and complexity as one point in a field."""

from drummer.web.pad.control import pad_control

__all__ = ["pad_control"]
