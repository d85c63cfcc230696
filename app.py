"""The page: widgets and wiring. What a groove is and how it is made is the package's business."""

import json
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, in which Gradio asks its makers for news

import gradio as gr

from drummer import (
    Drummer,
    DrummerError,
    Groove,
    audio,
    default_config,
    file_stem,
    midi,
    model_names,
    oneshots,
    pianoroll,
    usual_bpm,
)
from drummer.document import Take
from drummer.web.grid import audible, drum_grid, from_value, to_value

CONFIG = default_config()
START, LIMITS = CONFIG.defaults, CONFIG.limits
try:
    KITS = audio.list_kits()
except DrummerError as error:  # a kit that somebody dropped in; the host reads this
    sys.exit(f"app.py: {error}")
SOUND = audio.audio_available()
GENRE_LABELS = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}
STYLE = Path(__file__).parent / "drummer" / "web" / "page.css"


def offer_kits(genre: str) -> dict[str, Any]:
    """List the kits for a menu, those that suit a genre first, and choose the first."""
    names = [drums.name for drums in audio.kits_for(genre)]
    return {"choices": [(KITS[name].label, name) for name in names], "value": names[0] if names else None}


# JavaScript for what would otherwise take a round trip to the server.
BY_GENRE = {name: [usual_bpm(name), {"__type__": "update", **offer_kits(name)}] for name in CONFIG.genres}
SUIT_GENRE = f"(genre) => ({json.dumps(BY_GENRE)})[genre]"
KEEP_SEED = "() => false"
ROLL_DICE = f"(seed, dice) => dice ? Math.floor(Math.random() * {CONFIG.app.dice_sides}) : seed"
BEGIN = f"(seed, dice) => {{ document.querySelector('.drum-grid').drumGrid.expect(); return ({ROLL_DICE})(seed, dice); }}"
SET_TEMPO = f"(take, bpm) => take && {LIMITS.bpm[0]} <= bpm && bpm <= {LIMITS.bpm[1]} ? {{ ...take, bpm }} : take"
SET_KIT = "(take, kit) => take && { ...take, settings: { ...take.settings, kit } }"
SHOW_SETTINGS = """({ settings, bpm, bars, seed }) =>
    [settings.genre, bpm, bars, settings.temperature, seed, settings.kit, settings.model]"""
SAVE = """(file) => {
    const link = Object.assign(document.createElement("a"), { href: file.url, download: file.orig_name });
    link.click();
}"""
OFFER_DRAG = """(file) => {
    const button = document.querySelector("#midi");
    button.draggable = true;
    button.ondragstart = ({ dataTransfer }) => dataTransfer.setData("DownloadURL", `audio/midi:${file.orig_name}:${file.url}`);
}"""


@cache
def load(model: str) -> Drummer:
    """Read a model once."""
    return Drummer.load(model)


# -- what the page and programs ask for ------------------------------------------------------------------------------------


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
    try:
        take = play(genre, bpm, bars, temperature, seed, kit, model)
        picture = name_file(take, "png")
        pianoroll.save(take.groove, picture, title=f"{label(genre)} · {take.groove.bpm:g} BPM · seed {int(seed)}")
        return write_midi(take), write_wav(take) if SOUND else None, picture
    except DrummerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def perform(*settings: Any) -> tuple[dict[str, Any], Path]:
    """Play a groove for the page: what the grid shows, and its MIDI file."""
    try:
        take = play(*settings)
        return to_value(take), write_midi(take)
    except DrummerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def save_midi(value: Any) -> Path:
    """Write what the grid holds as a MIDI file."""
    try:
        return write_midi(from_value(value))
    except DrummerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def save_wav(value: Any) -> Path:
    """Write what the grid holds as a WAV file."""
    try:
        return write_wav(from_value(value))
    except DrummerError as error:
        raise gr.Error(str(error), print_exception=False) from error


# -- how it is made --------------------------------------------------------------------------------------------------------


def play(genre: Any, bpm: Any, bars: Any, temperature: Any, seed: Any, kit: Any, model: Any) -> Take:
    """Let a drummer play."""
    drums, drummer = audio.find_kit(str(kit)), load(str(model))
    groove = drummer.play(genre=str(genre), bpm=bpm, bars=bars, temperature=temperature, seed=seed)
    temperature = START.temperature if temperature is None else temperature
    settings = {"genre": genre, "temperature": temperature, "kit": drums.name, "model": model}
    return Take(groove, settings, int(seed), model_hash=drummer.trained.fingerprint)


def write_midi(take: Take) -> Path:
    """Write the MIDI file of what is heard."""
    path = name_file(take, "mid")
    midi.write(audible(take), path)
    return path


def write_wav(take: Take) -> Path:
    """Write the sound of what is heard."""
    path = name_file(take, "wav")
    audio.render(audible(take), audio.find_kit(take.settings.get("kit", START.kit))).to_wav(path)
    return path


def name_file(take: Take, suffix: str) -> Path:
    """Choose a file that a musician keeps, in a folder of its own, under the one that Gradio serves and clears."""
    Path(page.GRADIO_CACHE).mkdir(parents=True, exist_ok=True)
    stem = file_stem(take.settings.get("genre", "groove"), take.groove, take.seed or 0) + "_edited" * take.edited
    return Path(tempfile.mkdtemp(dir=page.GRADIO_CACHE)) / f"{stem}.{suffix}"


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
            load(name).play(bars=1)
        for drums in KITS.values() if SOUND else ():
            audio.render(silence, drums)
    except DrummerError as error:
        print(error, file=sys.stderr)


# -- the page --------------------------------------------------------------------------------------------------------------

genres = [(label(name), name) for name in CONFIG.genres]
kits = offer_kits(START.genre)["choices"]
models = [(name.capitalize(), name) for name in model_names()]

with gr.Blocks(title="Drummer", analytics_enabled=False, delete_cache=(CONFIG.app.file_seconds,) * 2) as page:
    gr.HTML("<h1>Drummer</h1><p>Drum grooves with a human feel</p>", elem_id="masthead", container=False)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="controls"):
            genre = gr.Dropdown(genres, value=START.genre, label="Genre", elem_id="genre")
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
    midi_file, wav_file = gr.DownloadButton(visible=False), gr.DownloadButton(visible=False)
    sound, picture = gr.Audio(visible=False), gr.Image(visible=False)  # for programs: the page plays and draws by itself

    settings = [genre, bpm, bars, temperature, seed, kit, model]
    work: dict[str, Any] = {
        "preprocess": False,  # all checks are the package's own, each with its sentence
        "concurrency_id": "processor",
        "concurrency_limit": CONFIG.app.workers,
        "trigger_mode": "always_last",  # of several clicks the last counts, so that the seed shown is the one that plays
    }
    private: dict[str, Any] = {**work, "api_visibility": "private"}

    genre.input(None, genre, [bpm, kit], js=SUIT_GENRE)
    seed.input(None, None, dice, js=KEEP_SEED)
    bpm.input(None, [grid, bpm], grid, js=SET_TEMPO)
    kit.input(None, [grid, kit], grid, js=SET_KIT)
    grid.restore(None, grid, settings, js=SHOW_SETTINGS)

    gr.on([], generate, settings, [midi_file, sound, picture], api_name="generate", **work)
    for begun in (button.click(None, [seed, dice], seed, js=BEGIN), page.load(None, [seed, dice], seed, js=ROLL_DICE)):
        made = begun.then(perform, settings, [grid, midi_file], **private)
        made.then(None, midi_file, None, js=OFFER_DRAG)
    grid.edit(save_midi, grid, midi_file, **private).then(None, midi_file, None, js=OFFER_DRAG)
    midi_button.click(save_midi, grid, midi_file, **private).then(None, midi_file, None, js=SAVE)
    wav_button.click(save_wav, grid, wav_file, **private).then(None, wav_file, None, js=SAVE)
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
