"""Song mode: blocks of bars that the drummer plays one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from drummer import DrummerError
from drummer.files.document import Take
from drummer.web import actions
from drummer.web.desk import Desk, a_sentence, show
from drummer.web.grid import from_value
from drummer.web.panels.directions import read_order
from drummer.web.panels.settings import Settings
from drummer.web.script import call
from drummer.web.song import read_blocks, song_control

_Told = tuple[Any, Any, dict[str, Any]]  # what `Desk.plays` shows, and what the control is told


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Song", open=False, elem_id="song", elem_classes="panel"):
        return song_control()


def wire(song: gr.HTML, chosen: Settings, desk: Desk) -> None:
    """Say what the widgets do."""
    asked = song.perform(None, [chosen.seed, chosen.dice], chosen.seed, js=call("begin"))
    desk.plays(asked.then, perform, [song, *desk.settings], also=[song], long=True)
    desk.plays(desk.grid.direct, direct, [desk.grid, *desk.settings], also=[song])


def perform(value: Any, *settings: Any) -> Iterator[_Told]:
    """Play a song, and tell after each block how far it is."""

    def play() -> tuple[int, Iterator[Take]]:
        blocks = read_blocks(value)
        return len(blocks), actions.grow_song(read_order(*settings), blocks)

    yield from _tell(play)  # Gradio has to see that it yields


def direct(groove: Any, *settings: Any) -> Iterator[_Told]:
    """Play the groove, or the song, that is there as the directions now say."""

    def play() -> tuple[int, Iterator[Take]]:
        take = from_value(groove)
        return len(actions.blocks_of(take)) or 1, actions.direct(take, read_order(*settings))

    yield from _tell(play)  # Gradio has to see that it yields


def _tell(play: Callable[[], tuple[int, Iterator[Take]]]) -> Iterator[_Told]:
    """Tell how far it is of so many takes, each longer than the one before, and show the last."""
    unchanged = gr.skip(), gr.skip()
    try:
        count, takes = play()
        if count > 1:
            yield *unchanged, {"done": 0, "of": count}
        for done, take in enumerate(takes, 1):
            yield *(show(take) if done == count else unchanged), {"done": done, "of": count}
        yield *unchanged, {"done": None}  # Gradio sends the last of these twice, and a groove that comes twice is a change
    except DrummerError as error:
        yield *unchanged, {"done": None}
        raise a_sentence(error) from error
