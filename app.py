"""The page: widgets and wiring. What a groove is and how it is made is the package's business."""

import html
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, in which Gradio asks its makers for news

import gradio as gr

from drummer import DrummerError, Groove, audio, default_config, exports, midi, model_names, oneshots, pianoroll, usual_bpm
from drummer.document import Take, from_code, to_code
from drummer.drum_maps import DRUM_MAPS, GENERAL_MIDI, DrumMap, find_drum_map
from drummer.web import actions
from drummer.web.actions import AUTO, NO_FILLS, NO_MORPH, Order
from drummer.web.grid import asked, drum_grid, from_value, to_value

CONFIG = default_config()
START, LIMITS = CONFIG.defaults, CONFIG.limits
try:
    KITS = audio.list_kits()
except DrummerError as error:  # a kit that somebody dropped in; the host reads this
    sys.exit(f"app.py: {error}")
SOUND = audio.audio_available()
GENRE_LABELS = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}
FILLS = [("Auto", AUTO), ("Never", NO_FILLS), *((f"{bars} bars", str(bars)) for bars in (2, 4, 8, 16))]
LINK = "groove"  # name of the parameter of a link that holds a groove
P = ParamSpec("P")
R = TypeVar("R")
STYLE = Path(__file__).parent / "drummer" / "web" / "page.css"


def offer_kits(genre: str) -> dict[str, Any]:
    """List the kits for a menu, those that suit a genre first, and choose the first."""
    names = [drums.name for drums in audio.kits_for(genre)]
    return {"choices": [(KITS[name].label, name) for name in names], "value": names[0] if names else None}


# JavaScript for what would otherwise take a round trip to the server.
BY_GENRE = {name: [usual_bpm(name), {"__type__": "update", **offer_kits(name)}] for name in CONFIG.genres}
SUIT_GENRE = f"(genre) => ({json.dumps(BY_GENRE)})[genre]"
UNTICK = "() => false"
ROLL_DICE = f"(seed, dice) => dice ? Math.floor(Math.random() * {CONFIG.app.dice_sides}) : seed"
BEGIN = f"(seed, dice) => {{ document.querySelector('.drum-grid').drumGrid.expect(); return ({ROLL_DICE})(seed, dice); }}"
DIRECT = "() => document.querySelector('.drum-grid').drumGrid.direct()"
UNTICK_AND_DIRECT = f"() => {{ ({DIRECT})(); return false; }}"
SET_TEMPO = f"(take, bpm) => take && {LIMITS.bpm[0]} <= bpm && bpm <= {LIMITS.bpm[1]} ? {{ ...take, bpm, edited: true }} : take"
SET_KIT = "(take, kit) => take && { ...take, settings: { ...take.settings, kit } }"
SET_HUMAN = "(take, human) => take && { ...take, settings: { ...take.settings, human: human / 100 } }"
SHOW_SETTINGS = f"""({{ settings, bpm, bars, seed }}) => [
    settings.genre ?? "{START.genre}", bpm, bars, settings.temperature ?? {START.temperature}, seed ?? 0,
    settings.kit ?? "{START.kit}", settings.model ?? "{START.model}",
    ...["intensity", "complexity", "swing"].flatMap((name) => [100 * (settings[name] ?? 0.5), settings[name] == null]),
    settings.lateness ?? 0, settings.lateness == null,
    settings.fill === 0 ? "{NO_FILLS}" : String(settings.fill_every ?? "{AUTO}"),
    100 * (settings.human ?? 1), settings.to_genre ?? "{NO_MORPH}",
]"""
OFFER_TAKES = "(takes) => document.querySelector('.drum-grid').drumGrid.offer(takes)"
COPY_LINK = f"""(code) => {{
    const link = `${{location.origin}}${{location.pathname}}?{LINK}=${{code}}`;
    const grid = document.querySelector(".drum-grid").drumGrid;
    navigator.clipboard.writeText(link).then(
        () => grid.inform("The link is copied: whoever opens it hears this groove"),
        () => window.prompt("Copy this link", link),
    );
}}"""
SAVE = """(file) => Object.assign(document.createElement("a"), { href: file.url, download: file.orig_name }).click()"""
OFFER_DRAG = """(file) => {
    const button = document.querySelector("#midi");
    button.draggable = true;
    button.ondragstart = ({ dataTransfer }) => dataTransfer.setData("DownloadURL", `audio/midi:${file.orig_name}:${file.url}`);
}"""


# -- what the page and programs ask for ------------------------------------------------------------------------------------


def in_a_sentence(function: Callable[P, R]) -> Callable[P, R]:
    """Tell a user what was wrong in one sentence."""

    @wraps(function)
    def told(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except DrummerError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return told


@in_a_sentence
def generate(
    genre: str, bpm: int, bars: int, temperature: float, seed: int, kit: str, model: str
) -> tuple[Path, Path | None, Path]:
    """Play a new drum groove: the same settings and seed give the same groove.

    Args:
        genre: What the drummer plays, such as funk.
        bpm: Tempo in quarter notes a minute.
        bars: Length in bars of four beats.
        temperature: How bold the drummer is: 1 plays as it learned, less is safer.
        seed: A whole number that all chance comes from.
        kit: The drum kit that the audio is played on.
        model: The size of the model.

    Returns:
        The MIDI file, the audio file (WAV; none where FluidSynth is not installed) and the picture (PNG).
    """
    audio.find_kit(str(kit))
    take = actions.play(Order(genre, bpm, bars, temperature, seed, kit, model))
    picture = name_file(take, "png")
    pianoroll.save(take.groove, picture, title=take.heading)
    return write_midi(take), write_wav(take) if SOUND else None, picture


@in_a_sentence
def perform(*settings: Any) -> tuple[dict[str, Any], Path]:
    """Play a groove: what the grid shows, and its MIDI file."""
    return show(actions.play(read_order(*settings)))


@in_a_sentence
def reroll(value: Any, *settings: Any) -> tuple[dict[str, Any], Path]:
    """Play what is not locked anew."""
    return show(actions.reroll(from_value(value), read_order(*settings), asked(value).get("seed")))


@in_a_sentence
def reroll_bar(value: Any, *settings: Any) -> tuple[dict[str, Any], Path]:
    """Play one bar anew."""
    return show(actions.reroll_bar(from_value(value), read_order(*settings), asked(value).get("seed"), asked(value).get("bar")))


@in_a_sentence
def go_on(value: Any, *settings: Any) -> tuple[dict[str, Any], Path]:
    """Go on from what is there."""
    return show(actions.go_on(from_value(value), read_order(*settings), asked(value).get("seed"), asked(value).get("bars")))


@in_a_sentence
def half_time(value: Any) -> tuple[dict[str, Any], Path]:
    """Play it half as fast."""
    return show(actions.half_time(from_value(value)))


@in_a_sentence
def double_time(value: Any) -> tuple[dict[str, Any], Path]:
    """Play it twice as fast."""
    return show(actions.double_time(from_value(value)))


@in_a_sentence
def vary(value: Any, *settings: Any) -> list[dict[str, Any]]:
    """Play more like this, for the grid's shelf."""
    return [to_value(take) for take in actions.variations(from_value(value), read_order(*settings), asked(value).get("seed"))]


@in_a_sentence
def open_page(request: gr.Request, *settings: Any) -> tuple[dict[str, Any], Path]:
    """Open the groove of a link, or play a first one."""
    code = request.query_params.get(LINK)
    if code is not None:
        try:
            return show(from_code(code), opened=True)
        except DrummerError as error:
            gr.Warning(html.escape(str(error)))
    return show(actions.play(read_order(*settings)))


@in_a_sentence
def open_file(path: str) -> tuple[dict[str, Any], Path]:
    """Open a groove.json or a MIDI file, and say what was understood."""
    take, understood = actions.open_file(Path(path))
    gr.Info(html.escape(understood))
    return show(take, opened=True)


@in_a_sentence
def save_midi(value: Any, drum_map: str = "general_midi", track_a_voice: bool = False) -> Path:
    """Write what the grid holds as a MIDI file."""
    take = from_value(value)
    chosen = find_drum_map(str(drum_map))
    if report := chosen.report(actions.heard(take).groove):
        gr.Info(html.escape(report))
    return write_midi(take, chosen, bool(track_a_voice))


@in_a_sentence
def save_wav(value: Any, loop: bool = False) -> Path:
    """Write what the grid holds as a WAV file."""
    return write_wav(from_value(value), bool(loop))


@in_a_sentence
def save_all(value: Any, drum_map: str, track_a_voice: bool, loop: bool) -> Path:
    """Write what the grid holds in all forms, in one ZIP."""
    take = from_value(value)
    choices = exports.Choices(kit_of(take) if SOUND else None, find_drum_map(str(drum_map)), bool(track_a_voice), bool(loop))
    path = name_file(take, "zip")
    path.write_bytes(exports.pack(actions.heard(take), choices, original=take))
    return path


@in_a_sentence
def make_code(value: Any) -> str:
    """Write what the grid holds as the code of a link."""
    return to_code(from_value(value))


# -- between widgets and the package ---------------------------------------------------------------------------------------


def read_order(*settings: Any) -> Order:
    """Read the widgets of `settings`, below: a direction is a value and whether it is left to the drummer."""
    names = ("genre", "bpm", "bars", "temperature", "seed", "kit", "model")
    intensity, no_intensity, complexity, no_complexity, swing, no_swing, lateness, no_lateness, *rest = settings[7:]
    fills, human, to_genre = rest
    return Order(
        **dict(zip(names, settings[:7], strict=True)),
        intensity=None if no_intensity else intensity / 100,
        complexity=None if no_complexity else complexity / 100,
        swing=None if no_swing else swing / 100,
        lateness=None if no_lateness else lateness,
        fills=fills,
        human=human / 100,
        to_genre=to_genre,
    )


def show(take: Take, *, opened: bool = False) -> tuple[dict[str, Any], Path]:
    """Give the page a take: what the grid shows, and its MIDI file, ready to be dragged away."""
    return to_value(take, opened=opened), write_midi(take)


def write_midi(take: Take, drum_map: DrumMap = GENERAL_MIDI, track_a_voice: bool = False) -> Path:
    """Write the MIDI file of what is heard."""
    path = name_file(take, "mid")
    midi.write(actions.heard(take).groove, path, drum_map=drum_map, track_a_voice=track_a_voice)
    return path


def write_wav(take: Take, loop: bool = False) -> Path:
    """Write the sound of what is heard, exactly as long as its bars or until it has rung out."""
    path = name_file(take, "wav", "_loop" * loop)
    (audio.render_loop if loop else audio.render)(actions.heard(take).groove, kit_of(take)).to_wav(path)
    return path


def kit_of(take: Take) -> audio.Kit:
    """Find the kit that plays a take."""
    return audio.find_kit(take.settings.get("kit", START.kit))


def name_file(take: Take, suffix: str, form: str = "") -> Path:
    """Choose a file that a musician keeps, in a folder of its own, under the one that Gradio serves and clears."""
    Path(page.GRADIO_CACHE).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=page.GRADIO_CACHE)) / f"{take.stem}{form}.{suffix}"


def label(genre: str) -> str:
    """Spell a genre as a musician does."""
    return GENRE_LABELS.get(genre, genre.capitalize())


def record_kits() -> dict[str, Path]:
    """Find or make the files of one-shots that the grid plays; a damaged kit is left out, and the host told."""
    files = {}
    for name, drums in KITS.items() if SOUND else ():
        try:
            files[name] = oneshots.write(drums, oneshots.cache_folder())
        except DrummerError as error:
            print(error, file=sys.stderr)
    gr.set_static_paths(list(files.values()))
    return files


def warm_up() -> None:
    """Read fonts, models and kits now, not while somebody waits; whoever chooses what is damaged is told then."""
    silence = Groove.silent(1, LIMITS.bpm[1])
    pianoroll.draw(silence, title="Drummer")
    try:
        for name in model_names():
            actions.load(name).play(bars=1)
        for drums in KITS.values() if SOUND else ():
            audio.render(silence, drums)
    except DrummerError as error:
        print(error, file=sys.stderr)


# -- the page --------------------------------------------------------------------------------------------------------------


def direction(low: int, high: int, name: str, elem_id: str) -> list[gr.Slider | gr.Checkbox]:
    """Make a slider that is left to the drummer until it is moved."""
    with gr.Row(elem_classes="direction"):
        slider = gr.Slider(low, high, (low + high) / 2, step=1, label=name, buttons=[], elem_id=elem_id)
        left = gr.Checkbox(True, label="Auto", elem_id=f"{elem_id}-auto")
    slider.input(None, None, left, js=UNTICK_AND_DIRECT)
    left.input(None, None, None, js=DIRECT)
    return [slider, left]


genres = [(label(name), name) for name in CONFIG.genres]
kits = offer_kits(START.genre)["choices"]
models = [(name.capitalize(), name) for name in model_names()]

with gr.Blocks(title="Drummer", analytics_enabled=False, delete_cache=(CONFIG.app.file_seconds,) * 2) as page:
    gr.HTML("<h1>Drummer</h1><p>Drum grooves with a human feel</p>", elem_id="masthead", container=False)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="controls"):
            genre = gr.Dropdown(
                [(label(name), name) for name in CONFIG.genres], value=START.genre, label="Genre", elem_id="genre"
            )
            bpm = gr.Slider(*LIMITS.bpm, usual_bpm(START.genre), step=1, label="Tempo (BPM)", buttons=[], elem_id="tempo")
            with gr.Row():
                bars = gr.Slider(*LIMITS.bars, START.bars, step=1, label="Bars", buttons=[], elem_id="bars")
                temperature = gr.Slider(
                    *LIMITS.temperature, START.temperature, step=0.05, label="Temperature", buttons=[], elem_id="temperature"
                )
            with gr.Row():
                seed = gr.Number(CONFIG.app.first_seed, label="Seed", precision=0, elem_id="seed")
                dice = gr.Checkbox(True, label="New seed each time", elem_id="dice")
            with gr.Row():
                kit = gr.Dropdown(kits, value=START.kit, label="Kit", elem_id="kit")
                model = gr.Dropdown(models, value=START.model, label="Model", elem_id="model")
            button = gr.Button("Generate", variant="primary", elem_id="generate")
        with gr.Column(elem_id="result"):
            gr.Markdown(audio.INSTALL_HINT, visible=not SOUND, elem_id="no-sound")
            grid = drum_grid(record_kits(), elem_id="roll")
            with gr.Row(elem_id="downloads"):
                midi_button = gr.Button("MIDI", elem_id="midi")
                wav_button = gr.Button("WAV", visible=SOUND, elem_id="wav")
                zip_button = gr.Button("All (ZIP)", elem_id="zip")
                link_button = gr.Button("Copy link", elem_id="link")
                open_button = gr.UploadButton("Open", file_types=[".json", ".mid", ".midi"], elem_id="open")
            with gr.Row(elem_id="formats"):
                maps = [(drum_map.label, name) for name, drum_map in DRUM_MAPS.items()]
                drum_map = gr.Dropdown(maps, value="general_midi", label="MIDI for", elem_id="map")
                track_a_voice = gr.Checkbox(False, label="A track a voice", elem_id="tracks")
                loop = gr.Checkbox(False, label="Sound as exact loop", visible=SOUND, elem_id="loop")
        with gr.Column(elem_id="directions"):
            gr.Markdown("### Direct the drummer\n*Auto* leaves it to the drummer.")
            directions = [
                *direction(0, 100, "Intensity", "intensity"),
                *direction(0, 100, "Complexity", "complexity"),
                *direction(0, 100, "Swing", "swing"),
                *direction(-20, 20, "Behind the beat (ms)", "lateness"),
            ]
            with gr.Row():
                fills = gr.Dropdown(FILLS, value=AUTO, label="A fill every", elem_id="fills")
                to_genre = gr.Dropdown([("No", NO_MORPH), *genres], value=NO_MORPH, label="Morph to", elem_id="morph")
            human = gr.Slider(0, 150, 100, step=1, label="Human (%)", buttons=[], elem_id="human")
    midi_file, saved = gr.DownloadButton(visible=False), gr.DownloadButton(visible=False)
    code = gr.Textbox(visible=False)
    takes = gr.JSON(visible=False)
    sound, picture = gr.Audio(visible=False), gr.Image(visible=False)  # for programs: the page plays and draws by itself

    usual = [genre, bpm, bars, temperature, seed, kit, model]
    settings = [*usual, *directions, fills, human, to_genre]
    made = [grid, midi_file]
    work: dict[str, Any] = {
        "preprocess": False,  # all checks are the package's own, each with its sentence
        "concurrency_id": "processor",
        "concurrency_limit": CONFIG.app.workers,
        "trigger_mode": "always_last",  # of several clicks the last counts, so that the seed shown is the one that plays
    }
    private: dict[str, Any] = {**work, "api_visibility": "private"}

    genre.input(None, genre, [bpm, kit], js=SUIT_GENRE)
    seed.input(None, None, dice, js=UNTICK)
    bpm.input(None, [grid, bpm], grid, js=SET_TEMPO)
    kit.input(None, [grid, kit], grid, js=SET_KIT)
    human.input(None, [grid, human], grid, js=SET_HUMAN)
    for widget in (fills, to_genre):
        widget.input(None, None, None, js=DIRECT)
    grid.restore(None, grid, settings, js=SHOW_SETTINGS)

    gr.on([], generate, usual, [midi_file, sound, picture], api_name="generate", **work)
    clicked = button.click(None, [seed, dice], seed, js=BEGIN)
    for ready in (
        clicked.then(perform, settings, made, **private),
        page.load(open_page, settings, made, **private),
        open_button.upload(open_file, open_button, made, **{**private, "preprocess": True}),
        grid.direct(perform, settings, made, **private),
        grid.reroll(reroll, [grid, *settings], made, **private),
        grid.reroll_bar(reroll_bar, [grid, *settings], made, **private),
        grid.go_on(go_on, [grid, *settings], made, **private),
        grid.half_time(half_time, grid, made, **private),
        grid.double_time(double_time, grid, made, **private),
        grid.edit(save_midi, grid, midi_file, **private),
    ):
        ready.then(None, midi_file, None, js=OFFER_DRAG)
    grid.variations(vary, [grid, *settings], takes, **private).then(None, takes, None, js=OFFER_TAKES)
    for pressed, save, choices in (
        (midi_button, save_midi, [drum_map, track_a_voice]),
        (wav_button, save_wav, [loop]),
        (zip_button, save_all, [drum_map, track_a_voice, loop]),
    ):
        pressed.click(save, [grid, *choices], saved, **private).then(None, saved, None, js=SAVE)
    link_button.click(make_code, grid, code, **private).then(None, code, None, js=COPY_LINK)
    page.queue(max_size=CONFIG.app.queue_size)

warm_up()

if __name__ == "__main__":
    page.launch(
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        css_paths=STYLE,
        footer_links=["api"],
        run_history=False,
        ssr_mode=False,
        inbrowser="--open" in sys.argv,
    )
