"""Song mode: blocks of bars, generated one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from drummer import DrummerError
from drummer.files.document import Take
from drummer.web import actions
from drummer.web.grid import from_value
from drummer.web.page_context import PageContext, Values, show_take, to_gradio_error
from drummer.web.panels.settings import Settings
from drummer.web.requests import check_playable, read_request
from drummer.web.script import call
from drummer.web.song import read_blocks, song_control

_Progress = tuple[Any, Any, dict[str, Any]]  # outputs of `PageContext.connect`, and the progress that the control shows
BLOCKS = "song-blocks"  # element id of the control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Song", open=False, elem_id="song", elem_classes="panel"):
        return song_control(elem_id=BLOCKS)


def wire(song: gr.HTML, settings: Settings, context: PageContext) -> None:
    """Connect the widgets."""
    begun = song.perform(None, [settings.seed, settings.dice], settings.seed, js=call("begin"))
    context.connect(begun.then, generate_song, context.request_with(song), also=[song], long=True)
    context.connect(context.grid.regenerate, regenerate, context.request_with(context.grid), also=[song])


def generate_song(values: Values) -> Iterator[_Progress]:
    """Generate a song, and report the progress after each block."""

    def start() -> tuple[int, Iterator[Take]]:
        blocks = read_blocks(values[BLOCKS])
        request = read_request(values, ignored=("bars",))
        check_playable(request)
        return len(blocks), actions.stream_song(request, blocks)

    yield from _report(start)  # Gradio has to see that it yields


def regenerate(values: Values) -> Iterator[_Progress]:
    """Generate the groove, or the song, that is shown again with the controls of the page."""

    def start() -> tuple[int, Iterator[Take]]:
        take = from_value(values["roll"])
        blocks = len(actions.blocks_of(take))
        request = read_request(values, ignored=("bars", "meter") if blocks else ("meter",)).with_params(meter=take.groove.meter)
        return blocks or 1, actions.regenerate(take, request)

    yield from _report(start)  # Gradio has to see that it yields


def _report(start: Callable[[], tuple[int, Iterator[Take]]]) -> Iterator[_Progress]:
    """Report the progress of so many takes, each longer than the one before, and show the last."""
    unchanged = gr.skip(), gr.skip()
    try:
        count, takes = start()
        if count > 1:
            yield *unchanged, {"done": 0, "of": count}
        for done, take in enumerate(takes, 1):
            yield *(show_take(take) if done == count else unchanged), {"done": done, "of": count}
        yield *unchanged, {"done": None}  # Gradio sends the last of these twice, and a groove that comes twice is a change
    except DrummerError as error:
        yield *unchanged, {"done": None}
        raise to_gradio_error(error) from error
