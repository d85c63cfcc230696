"""The page: the layout of its panels, and its start. The panels themselves are in `drummer.web.panels`."""

import html
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, during which Gradio would ask its server for news
# A folder of our own: old files in it are deleted, and Gradio's default folder belongs to every Gradio app on this machine.
os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()).resolve() / "drummer"))

from drummer.config import default_config
from drummer.web.host import launch, read_port, report_errors

report_errors()  # from here on, while the page is put together
PORT = read_port()
CONFIG = default_config()  # before the libraries, so that what is wrong in it is said at once

import gradio as gr

from drummer import DrummerError, Groove, audio, model_names
from drummer.audio import sample_kit
from drummer.files.document import from_code
from drummer.generation.threads import use_one_thread
from drummer.pictures import piano_roll
from drummer.validation import begin_sentence
from drummer.web import api, boundary, script, workers
from drummer.web.control import style_of_controls
from drummer.web.grid import drum_grid
from drummer.web.models import load
from drummer.web.page_context import GridOutputs, PageContext, show_errors, show_take
from drummer.web.panels import bring, controls, editing, export, feel, settings, sheet_music, song
from drummer.web.presets import preset_chips
from drummer.web.sharing import share
from drummer.web.shell.link_card import LINK
from drummer.web.sweeping import sweep_regularly

SOUND = audio.audio_available()
KITS = audio.list_kits()
use_one_thread()


@show_errors
def open_page(values: dict[str, Any], request: gr.Request) -> GridOutputs | tuple[Any, Any]:
    """Open the groove of a link, or generate a first one; do nothing where the browser has kept a groove from before a reload."""
    if values["resumed"]:
        return gr.skip(), gr.skip()
    code = request.query_params.get(LINK)
    if code is not None:
        try:
            return show_take(from_code(code), opened="open")
        except DrummerError as error:
            gr.Warning(html.escape(begin_sentence(str(error))))
    return settings.generate_first(values)


def prepare_samples() -> dict[str, Path]:
    """Find or make the sample kits that the grid plays. A damaged kit is left out and reported on the console."""
    files = {}
    for name, drums in KITS.items() if SOUND else ():
        try:
            files[name] = sample_kit.write(drums, sample_kit.cache_folder())
        except DrummerError as error:
            print(f"app.py: {error}", file=sys.stderr)
    gr.set_static_paths(list(files.values()))
    return files


def warm_up() -> None:
    """Load fonts, models and kits now, not while a user waits. Damaged ones are reported now, and again when they are chosen."""
    silence = Groove.silent(1, CONFIG.limits.bpm[1])
    piano_roll.draw(silence, title="Drummer")
    ready: list[Callable[[], object]] = [partial(_load_model, name) for name in model_names()]
    ready += [partial(audio.render, silence, drums) for drums in KITS.values() if SOUND]
    for make_ready in ready:
        try:
            make_ready()
        except DrummerError as error:
            print(f"app.py: {error}", file=sys.stderr)


def _load_model(name: str) -> None:
    drummer = load(name)
    if name == CONFIG.defaults.model:  # a visitor's first groove is not the first that torch computes
        drummer.generate(genre=drummer.genres[0], bars=1)


with gr.Blocks(title="Drummer", analytics_enabled=False, delete_cache=(CONFIG.app.file_seconds,) * 2) as page:
    gr.HTML("<h1>Drummer</h1><p>Drum grooves with a human feel</p>", elem_id="masthead", container=False)
    presets = preset_chips(elem_id="presets")
    with gr.Row(elem_id="studio"):
        with gr.Column(elem_id="controls"):
            style = settings.build_style()
            main = controls.build_main()
            chosen = settings.build(presets, style)
        with gr.Column(elem_id="result"):
            gr.Markdown(audio.INSTALL_HINT, visible=not SOUND, elem_id="no-sound")
            grid = drum_grid(prepare_samples(), elem_id="roll")
            saved = export.build()
            drawing, song_blocks, brought, felt = sheet_music.build(), song.build(), bring.build(), feel.build()
        with gr.Column(elem_id="directions"):
            directed = controls.build(main)
    gr.HTML('<a href="?view=api">Use via API</a>', elem_id="foot", container=False)

    wanted = [*chosen.inputs, chosen.meter, chosen.style, *directed.inputs]
    context = PageContext(grid, gr.DownloadButton(visible=False), saved.midi_options, wanted, main.pad)
    api.register(chosen.inputs)  # first, or the page's own functions take the names
    settings.wire(chosen, context)
    controls.wire(directed, context)
    settings.wire_genres(chosen, directed.to_genre)
    editing.wire(context)
    export.wire(saved, context)
    sheet_music.wire(drawing, context)
    song.wire(song_blocks, chosen, context)
    bring.wire(brought, chosen, context)
    feel.wire(felt, chosen, context)

    # JavaScript gets and returns values in these orders; `page.js` has the ids of the widgets in its configuration.
    kept: list[Any] = [*context.settings, chosen.auto_tempo, chosen.dice, *saved.midi_options, saved.loop, *saved.sound_options]
    recalled = page.load(None, None, [*kept, directed.more, directed.pad], js=script.call("recallSettings"))
    shown = grid.restore(None, None, None)  # a widget in a closed accordion does not report that it has changed
    gr.on([widget.change for widget in kept], None, kept, None, js=script.call("keepSettings"))
    for event in (recalled, shown):
        event.then(None, kept, None, js=script.call("keepSettings"))
    resumed = gr.Checkbox(visible=False, elem_id="resumed")  # made last: JavaScript sets the last of the values
    context.connect(page.load, open_page, context.request_with(resumed), js=script.call("open"))

    boundary.guard(page)

CLIENT_CONFIG = {
    **settings.client_config(),
    **controls.client_config(),
    **export.client_config(),
    "settings": [widget.elem_id for widget in context.settings],
    "kept": [widget.elem_id for widget in kept],
}
shared, queue = share(page)
warm_up()

if __name__ == "__main__":
    workers.start(CONFIG.app.workers, queue.is_wanted)
    sweep_regularly()
    launch(
        page,
        PORT,
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        css_paths=script.STYLES,
        head=script.head(CLIENT_CONFIG, style_of_controls()),
        footer_links=["api"],  # for the page's own link at its foot: Gradio's footer is hidden, see styles/layout.css
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
