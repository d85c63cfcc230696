"""Measurements as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from drummer.controls import CONTROLS, Floats
from drummer.evaluation.control_response import Response

_COLUMNS = 4
_POINTS = 5  # of a line
_PANEL = 2.6, 2.1  # inches
_UNITS = {
    "intensity": "mean velocity",
    "complexity": "hits a beat",
    "fill": "share of fills",
    "swing": "swing",
    "lateness": "ms behind the beat",
    "variation": "share of onsets that differ",
    "kick": "kicks a beat",
    "toms": "toms a beat",
    "cymbals": "share on cymbals",
    "dynamics": "spread of velocity",
    "looseness": "ms from the grid",
}


def control_responses(responses: Iterable[Response], path: Path) -> None:
    """Draw `responses_figure` into a file."""
    responses_figure(responses).savefig(path, dpi=144)


def responses_figure(responses: Iterable[Response]) -> Figure:
    """Draw a panel for each control: what was asked for against what was played, a line a genre, their median bold."""
    found = list(responses)
    figure = Figure((_COLUMNS * _PANEL[0], math.ceil(len(CONTROLS) / _COLUMNS) * _PANEL[1]), layout="constrained")
    panels = figure.subplots(math.ceil(len(CONTROLS) / _COLUMNS), _COLUMNS, squeeze=False).flatten()
    for panel, name in zip(panels, CONTROLS, strict=False):
        chosen = [response for response in found if response.control == name]
        curves = []
        for response in chosen:
            asked, curve = _curve(response)
            curves.append(curve)
            panel.plot(asked, curve, color="#9ab", linewidth=0.8)
        if curves:
            panel.plot(asked, np.nanmedian(curves, axis=0), color="#c2410c", linewidth=2.4)
        heeded = sum(response.heeded for response in chosen)
        panel.set_title(f"{name}: heeded in {heeded} of {len(chosen)} genres", fontsize=8)
        panel.set_ylabel(_UNITS[name], fontsize=7)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(CONTROLS) :]:
        panel.set_visible(False)
    return figure


def _curve(response: Response) -> tuple[Floats, Floats]:
    """Average neighbouring grooves: (points,) of what was asked for, and the mean effect around each."""
    known = ~np.isnan(response.effects)
    values = np.unique(response.asked)
    points = np.linspace(values[0], values[-1], min(_POINTS, len(values)))
    nearest = np.abs(response.asked[:, None] - points).argmin(axis=1)
    effects = [response.effects[known & (nearest == index)] for index in range(len(points))]
    return points, np.array([group.mean() if len(group) else np.nan for group in effects])
