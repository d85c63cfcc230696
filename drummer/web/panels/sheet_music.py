"""Sheet music: the groove of the grid as a drum part, drawn while the panel is open."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import gradio as gr

from drummer.errors import SettingError
from drummer.validation import begin_sentence
from drummer.web import actions
from drummer.web.grid import from_value
from drummer.web.page_context import PageContext, Values, by_id, private_event_options, show_errors
from drummer.web.script import call
from drummer.web.sheet_music import sheet_music_control

DRAWING = "sheet-music-drawing"  # element id of the control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Sheet music", open=False, elem_id="sheet-music", elem_classes="panel"):
        return sheet_music_control(elem_id=DRAWING)


def wire(drawing: gr.HTML, context: PageContext) -> None:
    """Connect the widgets."""
    drawn = drawing.engrave(by_id(engrave), {drawing, context.grid}, drawing, **private_event_options())
    drawn.failure(None, None, None, js=call("settleSheetMusic"))


@show_errors
def engrave(values: Values) -> dict[str, Any]:
    """Draw the groove as it is heard; a groove that is too long gets a sentence in place of the picture."""
    look = values[DRAWING] if isinstance(values[DRAWING], Mapping) else {}
    try:
        drawn = actions.draw_sheet_music(from_value(values["roll"]), look.get("width"), str(look.get("theme", "light")))
    except SettingError as error:
        return {"picture": "", "sentence": f"{begin_sentence(str(error))}."}
    return {"picture": f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}", "sentence": ""}
