"""What the drum grid asks of the drummer: play some of it anew, go on, play it at another pace, play more like it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from drummer.web import actions
from drummer.web.desk import Desk, Shown, in_a_sentence, private, show
from drummer.web.grid import asked, from_value, to_value
from drummer.web.panels.directions import read_order
from drummer.web.script import call


def wire(desk: Desk) -> None:
    """Say what the grid's buttons do; it makes them itself."""
    grid = desk.grid
    for event, function in ((grid.reroll, reroll), (grid.reroll_bar, reroll_bar), (grid.go_on, go_on)):
        desk.plays(event, function, [grid, *desk.settings])
    desk.plays(grid.half_time, half_time, grid, quick=True)
    desk.plays(grid.double_time, double_time, grid, quick=True)
    takes = gr.JSON(visible=False)
    grid.variations(vary, [grid, *desk.settings], takes, **private()).then(None, takes, None, js=call("offerTakes"))


@in_a_sentence
def reroll(value: Any, *settings: Any) -> Shown:
    """Play what is not locked anew."""
    return show(actions.reroll(from_value(value), read_order(*settings), asked(value).get("seed")))


@in_a_sentence
def reroll_bar(value: Any, *settings: Any) -> Shown:
    """Play one bar anew."""
    return show(actions.reroll_bar(from_value(value), read_order(*settings), asked(value).get("seed"), asked(value).get("bar")))


@in_a_sentence
def go_on(value: Any, *settings: Any) -> Shown:
    """Go on from what is there."""
    return show(actions.go_on(from_value(value), read_order(*settings), asked(value).get("seed"), asked(value).get("bars")))


@in_a_sentence
def half_time(value: Any) -> Shown:
    """Play it half as fast."""
    return show(actions.half_time(from_value(value)))


@in_a_sentence
def double_time(value: Any) -> Shown:
    """Play it twice as fast."""
    return show(actions.double_time(from_value(value)))


@in_a_sentence
def vary(value: Any, *settings: Any) -> list[dict[str, Any]]:
    """Play more like this, for the grid's shelf."""
    return [to_value(take) for take in actions.variations(from_value(value), read_order(*settings), asked(value).get("seed"))]
