"""Bring your own: read a musician's MIDI file, and continue it, humanize it, infill the rest or follow its rhythm."""

from __future__ import annotations

from typing import Any

import gradio as gr

from drummer.web.bring import apply, bring_control, inspect
from drummer.web.page_context import GridOutputs, PageContext, Values, private_event_options, show_errors, show_take
from drummer.web.panels.settings import Settings
from drummer.web.requests import read_request
from drummer.web.script import call

FILE = "bring-file"  # element id of the control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Bring your own", open=False, elem_id="bring", elem_classes="panel"):
        return bring_control(elem_id=FILE)


def wire(bring: gr.HTML, settings: Settings, context: PageContext) -> None:
    """Connect the widgets."""
    described = bring.read(read, bring, bring, **private_event_options(quick=True))
    described.failure(None, None, None, js=call("rejectFile"))
    begun = bring.act(None, [settings.seed, settings.dice], settings.seed, js=call("begin"))
    context.connect(begun.then, act, context.request_with(bring))


@show_errors
def read(value: Any) -> dict[str, Any]:
    """Describe a file."""
    return inspect(value)


@show_errors
def act(values: Values) -> GridOutputs:
    """Apply the chosen action to a file."""
    request = read_request(values, ignored=("bars", "tempo", "meter"))
    return show_take(apply(values[FILE], request), opened=values[FILE]["do"])
