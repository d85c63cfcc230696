"""Bring your own: what a musician's MIDI file holds, and what the drummer makes of it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from drummer.web.bring import bring_control, do, survey
from drummer.web.desk import Desk, Shown, in_a_sentence, private, show
from drummer.web.panels.directions import read_order
from drummer.web.panels.settings import Settings
from drummer.web.script import call


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Bring your own", open=False, elem_id="bring", elem_classes="panel"):
        return bring_control()


def wire(bring: gr.HTML, chosen: Settings, desk: Desk) -> None:
    """Say what the widgets do."""
    understood = bring.read(read, bring, bring, **private(quick=True))
    understood.failure(None, None, None, js=call("rejectFile"))
    asked = bring.act(None, [chosen.seed, chosen.dice], chosen.seed, js=call("begin"))
    desk.plays(asked.then, act, [bring, *desk.settings])


@in_a_sentence
def read(value: Any) -> dict[str, Any]:
    """Say what a file holds."""
    return survey(value)


@in_a_sentence
def act(value: Any, *settings: Any) -> Shown:
    """Do what is asked with a file."""
    return show(do(value, read_order(*settings)), opened=True)
