"""Chart of the comparison of a groove with real drummers; see `drummer.feel.comparison`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from drummer.errors import SettingError
from drummer.feel.comparison import TRAITS, Feel
from drummer.music.controls import Floats


@dataclass(frozen=True)
class _Inks:
    """Colours of a theme."""

    page: str
    text: str
    muted: str
    edge: str
    band: str  # drummers
    mark: str  # this groove


_INKS = {
    "light": _Inks("#ffffff", "#22231f", "#5c5d57", "#c9c9c2", "#cbd5dd", "#c9431d"),
    "dark": _Inks("#17181b", "#ececea", "#a9acb3", "#4a4e57", "#3d4a55", "#e4572e"),
}
_SIZES = {"wide": ((8.8, 6.2), 2, 2), "phone": ((3.9, 11.0), 4, 1)}  # inches, rows and columns


def draw(feel: Feel, theme: str = "light", layout: str = "wide", genre: str | None = None) -> Figure:
    """Draw the comparison in four panels: timing and velocity by family, rank of each trait, overlap with the nearest copy.

    Args:
        feel: The comparison.
        theme: `light` or `dark`.
        layout: `wide`, or `phone` with the panels one below the other.
        genre: Spelling of the genre, such as `hip-hop`.

    Raises:
        SettingError: If there is no such theme or layout.
    """
    if theme not in _INKS or layout not in _SIZES:
        raise SettingError(f"a chart's theme is one of {', '.join(_INKS)} and its layout of {', '.join(_SIZES)}")
    inks, (size, rows, columns) = _INKS[theme], _SIZES[layout]
    figure = Figure(size, dpi=100, facecolor=inks.page, layout="constrained")
    timing, velocity, place, nearest = figure.subplots(rows, columns).flatten()
    drummers = f"{genre or feel.genre} drummers"
    milliseconds = {name: (each.milliseconds, each.usual_milliseconds) for name, each in feel.families.items()}
    velocities = {name: (127 * each.velocities, 127 * each.usual_velocities) for name, each in feel.families.items()}
    _draw_families(timing, milliseconds, inks)
    timing.axvline(0, color=inks.edge, linewidth=1, zorder=0)
    timing.set_xlabel("early  ←  milliseconds from the grid  →  late")
    _draw_families(velocity, velocities, inks)
    velocity.set_xlim(0, 130)
    velocity.set_xlabel("soft  ←  velocity  →  hard")
    _draw_ranks(place, feel, inks)
    _draw_overlaps(nearest, feel, inks)
    titles = ("Timing", "Dynamics", f"Place among {drummers}", "Is it a copy?")
    for panel, title in zip((timing, velocity, place, nearest), titles, strict=True):
        _style(panel, title, inks)
    same = feel.meter == feel.drummers_meter
    own, theirs = ("", "") if same else (f", {feel.meter}", f", {feel.drummers_meter}")
    figure.supxlabel(f"orange: this groove{own} · grey: {drummers}{theirs}", size=8, color=inks.muted)
    return figure


def to_bytes(feel: Feel, kind: str = "png", theme: str = "light", layout: str = "wide", genre: str | None = None) -> bytes:
    """Draw the comparison as the content of a `png` or `svg` file; see `draw`."""
    buffer = io.BytesIO()
    draw(feel, theme, layout, genre).savefig(buffer, format=kind, dpi=200)
    return buffer.getvalue()


def _draw_families(panel: Axes, families: Mapping[str, tuple[Floats, Floats]], inks: _Inks) -> None:
    """Draw a row for each family of voices: quantiles of the drummers' hits as bands, the groove's hits as dots."""
    for row, (values, usual) in enumerate(families.values()):
        if not np.isnan(usual).any():
            for low, high, height, alpha in ((0, 4, 0.5, 0.5), (1, 3, 0.5, 1.0)):
                panel.barh(row, usual[high] - usual[low], left=usual[low], height=height, color=inks.band, alpha=alpha)
            panel.plot([usual[2]] * 2, [row - 0.25, row + 0.25], color=inks.muted, linewidth=1.5)
        spread = 0.2 * np.sin(np.arange(len(values)) * 2.4)  # so that dots do not hide each other
        panel.scatter(values, row + spread, s=9, color=inks.mark, alpha=0.55, linewidths=0, zorder=3)
    panel.set_yticks(range(len(families)), list(families))
    panel.set_ylim(len(families) - 0.5, -0.5)


def _draw_ranks(panel: Axes, feel: Feel, inks: _Inks) -> None:
    """Draw the rank of the groove among drummers in each trait, with the middle half of them as a band."""
    panel.axvspan(25, 75, color=inks.band)
    for row, (name, trait) in enumerate(feel.traits.items()):
        panel.plot([0, 100], [row, row], color=inks.edge, linewidth=1)
        if not np.isnan(trait.rank):
            panel.scatter(100 * trait.rank, row, s=48, color=inks.mark, zorder=3)
        _, low, high = TRAITS[name]
        panel.text(0, row - 0.28, low, color=inks.muted, size=7.5, va="center")
        panel.text(100, row - 0.28, high, color=inks.muted, size=7.5, va="center", ha="right")
    panel.set_yticks(range(len(feel.traits)), [name.capitalize() for name in feel.traits])
    panel.set_ylim(len(feel.traits) - 0.5, -0.7)
    panel.set_xlabel("% of drummers' bars that have less")


def _draw_overlaps(panel: Axes, feel: Feel, inks: _Inks) -> None:
    """Draw the overlap of the groove with the nearest training bars over the histogram of overlaps among drummers."""
    if np.isnan(feel.shared):
        words = f"No: the training drummers\nplay in {feel.drummers_meter.signature}"
        panel.text(0.5, 0.5, words, color=inks.text, size=9, ha="center", va="center", transform=panel.transAxes)
        panel.set(xticks=[], yticks=[])
        return
    counts, _, _ = panel.hist(100 * feel.usual_shared, bins=list(range(0, 105, 5)), color=inks.band)
    top = max(1.0, float(np.max(counts)))
    panel.axvline(100 * feel.shared, color=inks.mark, linewidth=2.4)
    side = "right" if feel.shared > 0.5 else "left"
    panel.text(100 * feel.shared + (-2 if side == "right" else 2), 1.08 * top, "this groove", color=inks.mark, size=8, ha=side)
    panel.set(xlim=(0, 102), ylim=(0, 1.25 * top), yticks=[])
    stretch = "bar" if feel.bars == 1 else f"{feel.bars} bars"
    panel.set_xlabel(f"% of hits in common with the nearest {stretch} of training\n(grey: of drummers with each other)")


def _style(panel: Axes, title: str, inks: _Inks) -> None:
    panel.set_title(title, loc="left", color=inks.text, size=9.5, weight="bold")
    panel.set_facecolor(inks.page)
    panel.tick_params(labelsize=8, colors=inks.text, length=0)
    panel.xaxis.label.set(color=inks.muted, size=8)
    panel.spines[:].set_visible(False)
