"""The drum grid's buttons: re-roll, fill, continue, half and double time, more like this."""

from __future__ import annotations

from typing import Any

import gradio as gr

from drummer.files.document import Take
from drummer.web import actions
from drummer.web.grid import from_value, read_ask, to_value
from drummer.web.page_context import GridOutputs, PageContext, Values, by_id, private_event_options, show_errors, show_take
from drummer.web.requests import OF_A_NEW_GROOVE, GrooveRequest, read_request_for
from drummer.web.script import call

GRID = "roll"  # element id of the grid


def wire(context: PageContext) -> None:
    """Connect the grid's buttons; the grid makes them itself."""
    grid, inputs = context.grid, context.request_with(context.grid)
    again = ((grid.reroll, reroll), (grid.reroll_bar, reroll_bar), (grid.fill_bar, fill_bar))
    for event, function in (*again, (grid.continue_groove, continue_groove)):
        context.connect(event, function, inputs)
    context.connect(grid.half_time, half_time, {grid}, quick=True)
    context.connect(grid.double_time, double_time, {grid}, quick=True)
    takes = gr.JSON(visible=False)
    made = grid.variations(by_id(vary), inputs, takes, **private_event_options())
    made.then(None, takes, None, js=call("offerTakes"))


@show_errors
def reroll(values: Values) -> GridOutputs:
    """Generate the voices that are not locked again."""
    return show_take(actions.reroll(*_read(values)))


@show_errors
def reroll_bar(values: Values) -> GridOutputs:
    """Generate one bar again."""
    return show_take(actions.reroll_bar(*_read(values), read_ask(values[GRID]).get("bar")))


@show_errors
def fill_bar(values: Values) -> GridOutputs:
    """Generate one bar again, as a fill."""
    return show_take(actions.reroll_bar(*_read(values), read_ask(values[GRID]).get("bar"), fill=True))


@show_errors
def continue_groove(values: Values) -> GridOutputs:
    """Continue the groove by some bars."""
    take, request = _read(values)
    return show_take(actions.continue_take(take, request.with_params(bars=read_ask(values[GRID]).get("bars"))))


@show_errors
def half_time(values: Values) -> GridOutputs:
    """Play the groove half as fast."""
    return show_take(actions.half_time(from_value(values[GRID])))


@show_errors
def double_time(values: Values) -> GridOutputs:
    """Play the groove twice as fast."""
    return show_take(actions.double_time(from_value(values[GRID])))


@show_errors
def vary(values: Values) -> list[dict[str, Any]]:
    """Generate variations for the grid's shelf of takes."""
    return [to_value(take) for take in actions.variations(*_read(values))]


def _read(values: Values) -> tuple[Take, GrooveRequest]:
    """Read the grid's take and the request about it; the grid draws the seed."""
    take = from_value(values[GRID])
    return take, read_request_for(take, values, ignored=OF_A_NEW_GROOVE).with_params(seed=read_ask(values[GRID]).get("seed"))
