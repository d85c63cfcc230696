"""Charts of control responses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from drummer.evaluation.control_response import ControlResponse
from drummer.music.arrays import Floats
from drummer.music.controls import CONTROLS

_COLUMNS = 4
_POINTS = 5  # of a curve
_PANEL = 2.6, 2.1  # inches


def save_control_chart(responses: Iterable[ControlResponse], path: Path) -> None:
    """Write the chart of `control_chart` to a file."""
    control_chart(responses).savefig(path, dpi=144)


def control_chart(responses: Iterable[ControlResponse]) -> Figure:
    """Plot measured over requested values: one panel per control, one line per genre, their median bold."""
    found = list(responses)
    figure = Figure((_COLUMNS * _PANEL[0], math.ceil(len(CONTROLS) / _COLUMNS) * _PANEL[1]), layout="constrained")
    panels = figure.subplots(math.ceil(len(CONTROLS) / _COLUMNS), _COLUMNS, squeeze=False).flatten()
    for panel, (name, control) in zip(panels, CONTROLS.items(), strict=False):
        chosen = [response for response in found if response.control == name]
        curves = []
        for response in chosen:
            requested, curve = _curve(response)
            curves.append(curve)
            panel.plot(requested, curve, color="#9ab", linewidth=0.8)
        if curves:
            panel.plot(requested, np.nanmedian(curves, axis=0), color="#c2410c", linewidth=2.4)
        followed = sum(response.followed for response in chosen)
        panel.set_title(f"{name}: followed in {followed} of {len(chosen)} genres", fontsize=8)
        panel.set_ylabel(control.measured, fontsize=7)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(CONTROLS) :]:
        panel.set_visible(False)
    return figure


def _curve(response: ControlResponse) -> tuple[Floats, Floats]:
    """Average neighbouring grooves: (points,) requested values, and the mean measured value around each."""
    known = ~np.isnan(response.measured)
    values = np.unique(response.requested)
    points = np.linspace(values[0], values[-1], min(_POINTS, len(values)))
    nearest = np.abs(response.requested[:, None] - points).argmin(axis=1)
    measured = [response.measured[known & (nearest == index)] for index in range(len(points))]
    return points, np.array([group.mean() if len(group) else np.nan for group in measured])
