"""Picture of the comparison of a groove with real drummers, for the library and the API; the page draws its own."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from drummer.feel.comparison import TRAITS, Feel
from drummer.music.arrays import Floats
from drummer.pictures.colors import find_palette

_COLORS = find_palette("light")
_BAND = "#cbd5dd"  # of the drummers; as `--half` in drummer/web/feel/feel.css
_MARK = "#c9431d"  # of the groove; as `--accent` in drummer/web/styles/theme.css
_EDGE = "#c9c9c2"


def draw(feel: Feel) -> Figure:
    """Draw the comparison in four panels: timing and velocity by family, rank of each trait, overlap with the nearest copy."""
    figure = Figure((8.8, 6.2), dpi=100, facecolor=_COLORS.page, layout="constrained")
    timing, velocity, place, nearest = figure.subplots(2, 2).flatten()
    drummers = f"{feel.genre} drummers"
    milliseconds = {name: (each.milliseconds, each.usual_milliseconds) for name, each in feel.families.items()}
    velocities = {name: (127 * each.velocities, 127 * each.usual_velocities) for name, each in feel.families.items()}
    _draw_families(timing, milliseconds)
    timing.axvline(0, color=_EDGE, linewidth=1, zorder=0)
    timing.set_xlabel("early  ←  milliseconds from the grid  →  late")
    _draw_families(velocity, velocities)
    velocity.set_xlim(0, 130)
    velocity.set_xlabel("soft  ←  velocity  →  hard")
    _draw_ranks(place, feel)
    _draw_overlaps(nearest, feel)
    titles = ("Timing", "Dynamics", f"Place among {drummers}", "Is it a copy?")
    for panel, title in zip((timing, velocity, place, nearest), titles, strict=True):
        _style(panel, title)
    same = feel.meter == feel.drummers_meter
    own, theirs = ("", "") if same else (f", {feel.meter}", f", {feel.drummers_meter}")
    figure.supxlabel(f"orange: this groove{own} · grey: {drummers}{theirs}", size=8, color=_COLORS.muted)
    return figure


def to_bytes(feel: Feel, kind: str = "png") -> bytes:
    """Draw the comparison as the content of a `png` or `svg` file."""
    buffer = io.BytesIO()
    draw(feel).savefig(buffer, format=kind, dpi=200)
    return buffer.getvalue()


def _draw_families(panel: Axes, families: Mapping[str, tuple[Floats, Floats]]) -> None:
    """Draw a row for each family of voices: quantiles of the drummers' hits as bands, the groove's hits as dots."""
    for row, (values, usual) in enumerate(families.values()):
        if not np.isnan(usual).any():
            for low, high, height, alpha in ((0, 4, 0.5, 0.5), (1, 3, 0.5, 1.0)):
                panel.barh(row, usual[high] - usual[low], left=usual[low], height=height, color=_BAND, alpha=alpha)
            panel.plot([usual[2]] * 2, [row - 0.25, row + 0.25], color=_COLORS.muted, linewidth=1.5)
        spread = 0.2 * np.sin(np.arange(len(values)) * 2.4)  # so that dots do not hide each other
        panel.scatter(values, row + spread, s=9, color=_MARK, alpha=0.55, linewidths=0, zorder=3)
    panel.set_yticks(range(len(families)), list(families))
    panel.set_ylim(len(families) - 0.5, -0.5)


def _draw_ranks(panel: Axes, feel: Feel) -> None:
    """Draw the rank of the groove among drummers in each trait, with the middle half of them as a band."""
    panel.axvspan(25, 75, color=_BAND)
    for row, (name, trait) in enumerate(feel.traits.items()):
        panel.plot([0, 100], [row, row], color=_EDGE, linewidth=1)
        if not np.isnan(trait.rank):
            panel.scatter(100 * trait.rank, row, s=48, color=_MARK, zorder=3)
        _, low, high = TRAITS[name]
        panel.text(0, row - 0.28, low, color=_COLORS.muted, size=7.5, va="center")
        panel.text(100, row - 0.28, high, color=_COLORS.muted, size=7.5, va="center", ha="right")
    panel.set_yticks(range(len(feel.traits)), [name.capitalize() for name in feel.traits])
    panel.set_ylim(len(feel.traits) - 0.5, -0.7)
    panel.set_xlabel("% of drummers' bars that have less")


def _draw_overlaps(panel: Axes, feel: Feel) -> None:
    """Draw the overlap of the groove with the nearest training bars over the histogram of overlaps among drummers."""
    if np.isnan(feel.shared):
        words = f"No: the training drummers\nplay in {feel.drummers_meter.signature}"
        panel.text(0.5, 0.5, words, color=_COLORS.text, size=9, ha="center", va="center", transform=panel.transAxes)
        panel.set(xticks=[], yticks=[])
        return
    counts, _, _ = panel.hist(100 * feel.usual_shared, bins=list(range(0, 105, 5)), color=_BAND)
    top = max(1.0, float(np.max(counts)))
    panel.axvline(100 * feel.shared, color=_MARK, linewidth=2.4)
    side = "right" if feel.shared > 0.5 else "left"
    panel.text(100 * feel.shared + (-2 if side == "right" else 2), 1.08 * top, "this groove", color=_MARK, size=8, ha=side)
    panel.set(xlim=(0, 102), ylim=(0, 1.25 * top), yticks=[])
    stretch = "bar" if feel.bars == 1 else f"{feel.bars} bars"
    panel.set_xlabel(f"% of hits in common with the nearest {stretch} of training\n(grey: of drummers with each other)")


def _style(panel: Axes, title: str) -> None:
    panel.set_title(title, loc="left", color=_COLORS.text, size=9.5, weight="bold")
    panel.set_facecolor(_COLORS.page)
    panel.tick_params(labelsize=8, colors=_COLORS.text, length=0)
    panel.xaxis.label.set(color=_COLORS.muted, size=8)
    panel.spines[:].set_visible(False)
