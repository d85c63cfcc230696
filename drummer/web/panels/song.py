"""Song mode: blocks of bars that the drummer plays one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from drummer import DrummerError
from drummer.web import actions
from drummer.web.desk import Desk, a_sentence, show
from drummer.web.panels.directions import read_order
from drummer.web.panels.settings import Settings
from drummer.web.script import call
from drummer.web.song import read_blocks, song_control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Song", open=False, elem_id="song", elem_classes="panel"):
        return song_control()


def wire(song: gr.HTML, chosen: Settings, desk: Desk) -> None:
    """Say what the widgets do."""
    asked = song.perform(None, [chosen.seed, chosen.dice], chosen.seed, js=call("begin"))
    desk.plays(asked.then, perform, [song, *desk.settings], also=[song])


def perform(value: Any, *settings: Any) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Play a song, and tell after each block how far it is."""
    try:
        order, blocks = read_order(*settings), read_blocks(value)
        unchanged = gr.skip(), gr.skip()
        yield *unchanged, {"done": 0, "of": len(blocks)}
        for done, take in enumerate(actions.grow_song(order, blocks), 1):
            yield *(show(take) if done == len(blocks) else unchanged), {"done": done, "of": len(blocks)}
        yield *unchanged, {"done": None}  # Gradio sends the last of these twice, and a groove that comes twice is a change
    except DrummerError as error:
        yield gr.skip(), gr.skip(), {"done": None}
        raise a_sentence(error) from error
