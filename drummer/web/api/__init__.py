"""The API: named endpoints for `gradio_client`, plain HTTP and, where its extra is installed, MCP.

A groove travels as the content of `groove.json`, a JSON object that `drummer.files.document` describes. Endpoints that change a
groove take one and return one; `open_file` reads one from a MIDI file and `export` writes files. The server keeps nothing between
two calls. Parameters that are left out come from the groove's own settings, or else from the defaults of the page.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import api

from drummer.files.drum_maps import GENERAL_MIDI
from drummer.music.meter import FOUR_FOUR
from drummer.web.api.analysis import choices, feel, sheet
from drummer.web.api.editing import (
    continue_groove,
    double_time,
    half_time,
    humanise,
    replace_voices,
    reroll,
    reroll_bar,
    variations,
)
from drummer.web.api.files import export, make_link, open_file, open_link
from drummer.web.api.generation import generate, morph, play, song, stream
from drummer.web.page_context import event_options

# Endpoints whose signatures describe them; `generate` and `open_file` take and return values of widgets.
TYPED_ENDPOINTS: tuple[Callable[..., Any], ...] = (
    play,
    continue_groove,
    reroll,
    replace_voices,
    reroll_bar,
    variations,
    morph,
    half_time,
    double_time,
    humanise,
    song,
    stream,
    export,
    make_link,
    open_link,
    feel,
    sheet,
    choices,
)
_QUICK = (half_time, double_time, make_link, open_link, choices)
_LONG = (song, variations)


def register(settings: list[gr.components.Component]) -> None:
    """Register the endpoints; to be called inside the page.

    Args:
        settings: Widgets for the parameters of `generate`; their values are its defaults.
    """
    files = (
        gr.DownloadButton("MIDI", visible=False),
        gr.Audio(label="sound", visible=False),
        gr.Image(label="picture", visible=False),
    )
    meter = gr.Textbox(str(FOUR_FOUR), label="meter", visible=False)
    style = gr.Textbox("", label="style", visible=False)
    gr.on([], generate, [*settings, meter, style], [*files], api_name="generate", **event_options())
    inputs = gr.File(label="file", visible=False), gr.Textbox(GENERAL_MIDI.name, visible=False), gr.Textbox("", visible=False)
    outputs = gr.JSON(label="groove", visible=False), gr.Textbox(label="understood", visible=False)
    gr.on([], open_file, [*inputs], [*outputs], api_name="open_file", **event_options(quick=True))
    for endpoint in TYPED_ENDPOINTS:
        options = event_options(endpoint in _QUICK, endpoint in _LONG)
        api(endpoint, concurrency_id=options["concurrency_id"], concurrency_limit=options["concurrency_limit"])
