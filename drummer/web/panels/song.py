"""Song mode: blocks of bars, generated one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from drummer.web import actions
from drummer.web.grid import from_value
from drummer.web.long_takes import blocks_of
from drummer.web.page_context import GridOutputs, PageContext, Values, show_errors, show_parts
from drummer.web.panels.settings import Settings
from drummer.web.requests import check_playable, read_request, read_request_for
from drummer.web.script import call
from drummer.web.song import read_blocks, song_control

BLOCKS = "song-blocks"  # element id of the control


def build() -> gr.HTML:
    """Make the widgets."""
    with gr.Accordion("Song", open=False, elem_id="song", elem_classes="panel"):
        return song_control(elem_id=BLOCKS)


def wire(song: gr.HTML, settings: Settings, context: PageContext) -> None:
    """Connect the widgets."""
    inputs = [settings.dice, settings.auto_tempo, song, *context.settings]
    song.generate(None, inputs, settings.seed, js=call("generateSong"))
    context.offer_stream(generate_song, context.request_with(song, settings.auto_tempo), long=True)
    context.grid.regenerate(None, [*context.settings], None, js=call("regenerateNow"))
    context.offer_stream(regenerate, context.request_with(context.grid))


@show_errors
def generate_song(values: Values) -> Iterator[GridOutputs]:
    """Generate a song, bar by bar."""
    blocks = read_blocks(values[BLOCKS])
    request = read_request(values, ignored=("bars",))
    check_playable(request)
    yield from show_parts(actions.stream(request, blocks), sum(block.bars for block in blocks))


@show_errors
def regenerate(values: Values) -> Iterator[GridOutputs]:
    """Generate the groove, or the song, that is shown again with the controls of the page, bar by bar."""
    take = from_value(values["roll"])
    blocks = blocks_of(take)
    request = read_request_for(take, values, ignored=("bars", "meter") if blocks else ("meter",))
    request = request.with_params(meter=take.groove.meter)
    bars = sum(block.bars for block in blocks) or request.params.bars
    yield from show_parts(actions.regenerate(take, request), bars)
