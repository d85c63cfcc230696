"""How does it feel?: the groove in the grid, as it is heard, beside real drummers of its genre."""

from __future__ import annotations

import base64
import os
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import gradio as gr

from drummer import DrummerError, default_config
from drummer.feel import FeelComparison, chart
from drummer.web import actions
from drummer.web.desk import Desk, in_a_sentence, private
from drummer.web.feel import feel_control
from drummer.web.grid import from_value
from drummer.web.labels import spell
from drummer.web.panels.settings import Settings
from drummer.web.script import call


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("How does it feel?", open=False, elem_id="feel", elem_classes="panel"):
        return feel_control()


def wire(feel: gr.HTML, chosen: Settings, desk: Desk) -> None:
    """Say what the widgets do."""
    compared = feel.compare(compare, [feel, desk.grid, chosen.genre], feel, **private())
    compared.failure(None, None, None, js=call("settleFeel"))


@cache
def book() -> FeelComparison:
    """Open the book of drummers, once: all models learned from the same."""
    return FeelComparison(actions.load(default_config().defaults.model).trained)


def read_ahead() -> threading.Thread:
    """Open the book and read it in the background, in what time the visitors leave."""

    def read() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # of this thread alone
        try:
            genres = book().trained.genres
        except DrummerError:  # the host has been told; whoever compares is told then
            return
        for genre in genres:
            begun = time.monotonic()
            book().read_ahead(genre)
            time.sleep(3 * (time.monotonic() - begun))  # three quarters of the time Python is free for visitors

    thread = threading.Thread(target=read, name="feel", daemon=True)
    thread.start()
    return thread


@in_a_sentence
def compare(value: Any, groove: Any, genre: Any) -> dict[str, Any]:
    """Set what is heard beside drummers of its genre, or of the genre that is chosen where it has none."""
    look = value if isinstance(value, Mapping) else {}
    take = from_value(groove)
    genre = str(take.settings.get("genre", genre))
    feel = book().compare(actions.heard(take).groove, genre)
    spelled = spell(genre) if spell(genre)[1:] != genre[1:] else genre  # in the middle of a sentence
    theme, layout = (str(look.get(name, usual)) for name, usual in (("theme", "light"), ("layout", "wide")))
    picture = chart.to_bytes(feel, "svg", theme, layout, spelled)
    return {
        "sentence": feel.sentence(spelled),
        "picture": f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}",
        "copied": feel.copied,
    }
