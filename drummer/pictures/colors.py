"""Colours of the piano roll: palettes of its themes, and inks that stand out from their background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from drummer.errors import SettingError
from drummer.music.arrays import Floats
from drummer.music.voices import VOICES
from drummer.validation import quote

PERCUSSION_COLOR = "#8a8b84"  # of percussion, beside the colours of `VOICES`
MARK_CONTRAST = 3.0  # between the hardest hit and its lane: the least for graphics, WCAG 2.2 criterion 1.4.11


@dataclass(frozen=True)
class Palette:
    """Colours of a theme, as #rrggbb."""

    page: str
    lane: str
    edge: str  # lines between lanes
    family: str  # lines between families of voices
    beat: str
    group: str  # lines at the beginning of a group of beats
    bar: str
    text: str
    muted: str
    faint: str  # voices that do not play


_PALETTES = {
    "light": Palette(
        page="#ffffff",
        lane="#f7f7f4",
        edge="#edede8",
        family="#d6d6cf",
        beat="#e0e0da",
        group="#bcbcb4",
        bar="#9b9b92",
        text="#22231f",
        muted="#5c5d57",
        faint="#777870",
    ),
    "dark": Palette(
        page="#17181b",
        lane="#1e1f23",
        edge="#27282d",
        family="#3b3e45",
        beat="#31343a",
        group="#4d515a",
        bar="#6d727c",
        text="#ececea",
        muted="#a9acb3",
        faint="#7f838c",
    ),
}


def lane_inks(theme: str) -> list[str]:
    """List the colours of the voices on their lanes in a theme, as #rrggbb: those of `VOICES`, made to stand out.

    Raises:
        SettingError: If there is no such theme.
    """
    return [to_hex(tuple(readable(voice.color, find_palette(theme).lane))) for voice in VOICES]


def percussion_ink(theme: str) -> str:
    """Return the colour of percussion on its lane, as `lane_inks` those of the voices."""
    return to_hex(tuple(readable(PERCUSSION_COLOR, find_palette(theme).lane)))


def find_palette(theme: str) -> Palette:
    """Find the palette of a theme.

    Raises:
        SettingError: If there is no such theme.
    """
    if theme not in _PALETTES:
        raise SettingError(f"a piano roll's theme is one of {', '.join(_PALETTES)}, got {quote(theme)}")
    return _PALETTES[theme]


def readable(color: str, background: str) -> Floats:
    """Move a colour towards black or white until its contrast with the background is at least `MARK_CONTRAST`: (3,) in 0-1."""
    ink, ground = np.array(to_rgb(color)), np.array(to_rgb(background))
    far = np.round(1 - ground)
    while contrast(ink, ground) < MARK_CONTRAST:
        ink += 0.05 * (far - ink)
    return ink


def contrast(one: Floats, other: Floats) -> float:
    """Compute the contrast of two sRGB colours, each (3,) in 0-1, as WCAG 2.2 defines it: 1 (none) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Floats) -> float:
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))
