"""Presets: named starting points, each a style with its tempo, controls and a seed."""

from drummer.web.presets.control import preset_chips, presets

__all__ = ["preset_chips", "presets"]
