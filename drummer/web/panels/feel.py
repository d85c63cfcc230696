"""How does it feel?: the groove of the grid compared with real drummers of its genre."""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import cache
from typing import Any

import gradio as gr

from drummer import DrummerError, default_config
from drummer.feel import FeelComparison
from drummer.web import actions
from drummer.web.feel import describe, feel_control
from drummer.web.grid import from_value
from drummer.web.labels import spell
from drummer.web.models import load
from drummer.web.page_context import PageContext, Values, by_id, private_event_options, show_errors
from drummer.web.panels.settings import Settings
from drummer.web.script import call

CHART = "feel-chart"  # element id of the control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("How does it feel?", open=False, elem_id="feel", elem_classes="panel"):
        return feel_control(elem_id=CHART)


def wire(feel: gr.HTML, settings: Settings, context: PageContext) -> None:
    """Connect the widgets."""
    compared = feel.compare(by_id(compare), {context.grid, settings.genre}, feel, **private_event_options())
    compared.failure(None, None, None, js=call("settleFeel"))


@cache
def comparison() -> FeelComparison:
    """Load the reference data of the comparison once; all models were trained on the same."""
    return FeelComparison(load(default_config().defaults.model).trained)


def read_ahead() -> threading.Thread:
    """Load the reference data in a background thread of the lowest priority."""

    def read() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # of this thread alone
        try:
            genres = comparison().trained.genres
        except DrummerError:  # already reported at the start of the page; a comparison reports it again
            return
        for genre in genres:
            begun = time.monotonic()
            comparison().read_ahead(genre)
            time.sleep(3 * (time.monotonic() - begun))  # three quarters of the time Python is free for visitors

    thread = threading.Thread(target=read, name="feel", daemon=True)
    thread.start()
    return thread


@show_errors
def compare(values: Values) -> dict[str, Any]:
    """Compare the groove, as it is heard, with drummers of its genre, or of the chosen genre where it has none."""
    take = from_value(values["roll"])
    genre = str(take.settings.get("genre", values["genre"]))
    feel = comparison().compare(actions.as_heard(take).groove, genre)
    spelled = spell(genre) if spell(genre)[1:] != genre[1:] else genre  # in the middle of a sentence
    return {"sentence": feel.sentence(spelled), "chart": describe(feel, spelled), "copied": feel.copied}
