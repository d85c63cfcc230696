"""Song mode: blocks of bars, generated one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import gradio as gr

from drummer import DrummerError
from drummer.files.document import Take
from drummer.web import actions
from drummer.web.grid import from_value
from drummer.web.page_context import PageContext, Values, show_errors, show_parts
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
    begun = song.perform(None, [settings.seed, settings.dice], settings.seed, js=call("beginSong"))
    context.connect(begun.then, generate_song, context.request_with(song), also=[song], long=True, streams=True)
    context.connect(context.grid.regenerate, regenerate, context.request_with(context.grid), also=[song], streams=True)


@show_errors
def generate_song(values: Values) -> Iterator[_Progress]:
    """Generate a song, show its bars as they come, and report the progress in blocks."""
    blocks = read_blocks(values[BLOCKS])
    request = read_request(values, ignored=("bars",))
    check_playable(request)
    yield from _report(actions.stream(request, blocks), [block.bars for block in blocks])


@show_errors
def regenerate(values: Values) -> Iterator[_Progress]:
    """Generate the groove, or the song, that is shown again with the controls of the page."""
    take = from_value(values["roll"])
    blocks = actions.blocks_of(take)
    request = read_request(values, ignored=("bars", "meter") if blocks else ("meter",)).with_params(meter=take.groove.meter)
    lengths = [block.bars for block in blocks] or [request.params.bars]
    yield from _report(actions.regenerate(take, request), lengths)


def _report(parts: Iterator[Take], lengths: Sequence[int]) -> Iterator[_Progress]:
    """Show the bars of a take as they come, and report how many of its blocks, with so many bars each, are there."""
    ends = list(accumulate(lengths))
    unchanged = gr.skip(), gr.skip()
    if len(lengths) > 1:
        yield *unchanged, {"done": 0, "of": len(lengths)}
    try:
        for take, outputs in show_parts(parts, ends[-1]):
            yield *outputs, {"done": bisect_right(ends, take.groove.bars), "of": len(lengths)} if len(lengths) > 1 else gr.skip()
    except DrummerError:
        yield *unchanged, {"done": None}
        raise
    yield *unchanged, {"done": None}
