"""The page: where its panels stand, and what happens when it opens. What they do is said in `drummer.web.panels`."""

import html
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, in which Gradio asks its makers for news
# A folder of our own, since what is old in it is deleted, and Gradio's is that of every Gradio on this machine.
os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()).resolve() / "drummer"))

from drummer.web.host import asked_port, launch, report_in_a_sentence

report_in_a_sentence()  # what is raised from here on, while the page is put together
PORT = asked_port()

import gradio as gr
import torch

from drummer import DrummerError, Groove, audio, default_config, model_names
from drummer.audio import sample_kit
from drummer.files.document import from_code
from drummer.pictures import piano_roll
from drummer.web import actions, boundary, programs, script, workers
from drummer.web.desk import Desk, Shown, in_a_sentence, show
from drummer.web.grid import drum_grid
from drummer.web.panels import bring, directions, feel, play_anew, settings, song, take_away
from drummer.web.sharing import share
from drummer.web.sweeping import sweep_regularly

CONFIG = default_config()
SOUND = audio.audio_available()
KITS = audio.list_kits()
torch.set_num_threads(1)  # see `drummer.generation.threads`


@in_a_sentence
def open_page(request: gr.Request, *values: Any) -> Shown | tuple[Any, Any]:
    """Open the groove of a link, or play a first one; nothing where the last of the values says that the page has one already."""
    *order, resumed = values
    if resumed:
        return gr.skip(), gr.skip()
    code = request.query_params.get(take_away.LINK)
    if code is not None:
        try:
            return show(from_code(code), opened=True)
        except DrummerError as error:
            gr.Warning(html.escape(str(error)))
    return settings.perform(*order)


def record_kits() -> dict[str, Path]:
    """Find or make the files of one-shots that the grid plays; a damaged kit is left out, and the host told."""
    files = {}
    for name, drums in KITS.items() if SOUND else ():
        try:
            files[name] = sample_kit.write(drums, sample_kit.cache_folder())
        except DrummerError as error:
            print(f"app.py: {error}", file=sys.stderr)
    gr.set_static_paths(list(files.values()))
    return files


def warm_up() -> None:
    """Read fonts, models and kits now, not while somebody waits; whoever chooses what is damaged is told then."""
    silence = Groove.silent(1, CONFIG.limits.bpm[1])
    piano_roll.draw(silence, title="Drummer")
    ready: list[Callable[[], object]] = [partial(_try_model, name) for name in model_names()]
    ready += [partial(audio.render, silence, drums) for drums in KITS.values() if SOUND]
    for make_ready in ready:
        try:
            make_ready()
        except DrummerError as error:
            print(f"app.py: {error}", file=sys.stderr)


def _try_model(name: str) -> None:
    drummer = actions.load(name)
    drummer.generate(genre=drummer.genres[0], bars=1)


with gr.Blocks(title="Drummer", analytics_enabled=False, delete_cache=(CONFIG.app.file_seconds,) * 2) as page:
    gr.HTML("<h1>Drummer</h1><p>Drum grooves with a human feel</p>", elem_id="masthead", container=False)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="controls"):
            chosen = settings.build()
        with gr.Column(elem_id="result"):
            gr.Markdown(audio.INSTALL_HINT, visible=not SOUND, elem_id="no-sound")
            grid = drum_grid(record_kits(), elem_id="roll")
            taken = take_away.build()
            song_blocks, brought, felt = song.build(), bring.build(), feel.build()
        with gr.Column(elem_id="directions"):
            directed = directions.build()

    desk = Desk(grid, gr.DownloadButton(visible=False), taken.midi_choices, [*chosen.inputs, *directed.inputs])
    programs.offer(chosen.inputs)  # first, or the page's own functions take the names
    settings.wire(chosen, desk)
    directions.wire(directed, desk)
    settings.wire_genres(chosen, directed.to_genre)
    play_anew.wire(desk)
    take_away.wire(taken, desk)
    song.wire(song_blocks, chosen, desk)
    bring.wire(brought, chosen, desk)
    feel.wire(felt, chosen, desk)
    kept: list[Any] = [*desk.settings, chosen.own_tempo, chosen.dice, *taken.midi_choices, taken.loop]
    recalled = page.load(None, None, [*kept, directed.more], js=script.call("recallSettings"))
    shown = grid.restore(None, None, None)  # folded away, a widget does not say that it has changed
    gr.on([widget.change for widget in kept], None, kept, None, js=script.call("keepSettings"))
    for event in (recalled, shown):
        event.then(None, kept, None, js=script.call("keepSettings"))
    desk.plays(page.load, open_page, [*desk.settings, gr.Checkbox(visible=False)], js=script.call("open"))

    boundary.guard(page)

shared, queue = share(page)
warm_up()

if __name__ == "__main__":
    workers.start(CONFIG.app.workers, queue.is_wanted)
    sweep_regularly()
    launch(
        page,
        PORT,
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        css_paths=script.STYLE,
        head=script.head(settings.facts() | directions.facts() | take_away.facts() | {"kept": [each.elem_id for each in kept]}),
        footer_links=["api"],
        i18n=gr.I18n(en={"common.complete": "Complete"}),  # Gradio reads the key itself to screen readers
        run_history=False,
        ssr_mode=False,
        state_session_capacity=CONFIG.app.sessions,
        mcp_server=find_spec("mcp") is not None,  # requirements-mcp.txt
        inbrowser="--open" in sys.argv,
        prevent_thread_lock=True,
        **shared,
    )
    feel.read_ahead()
    page.block_thread()
