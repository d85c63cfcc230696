"""The page: widgets and wiring. What a groove is and how it is made is the package's business."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, in which Gradio asks its makers for news

import gradio as gr

from drummer import Drummer, DrummerError, Groove, audio, default_config, file_stem, midi, model_names, pianoroll, usual_bpm

CONFIG = default_config()
START, LIMITS = CONFIG.defaults, CONFIG.limits
try:
    KITS = audio.list_kits()
except DrummerError as error:  # a kit that somebody dropped in; the host reads this
    sys.exit(f"app.py: {error}")
SOUND = audio.audio_available()
GENRE_LABELS = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}
STYLE = Path(__file__).parent / "drummer" / "web" / "page.css"

# JavaScript for what would otherwise take a round trip to the server.
USUAL_TEMPO = f"(genre) => ({ {name: usual_bpm(name) for name in CONFIG.genres} })[genre]"
KEEP_SEED = "() => false"
READ_SCREEN = """() => [
    document.body.classList.contains("dark") ? "dark" : "light",
    window.innerWidth < 700 ? "phone" : "wide",
].join(" ")"""
BEGIN = f"""(seed, dice) => {{
    document.querySelector("#player audio")?.setAttribute("autoplay", "");
    return [dice ? Math.floor(Math.random() * {CONFIG.app.dice_sides}) : seed, ({READ_SCREEN})()];
}}"""
COPY = "(file) => file"


@cache
def load(model: str) -> Drummer:
    """Read a model once."""
    return Drummer.load(model)


def generate(
    genre: str, bpm: int, bars: int, temperature: float, seed: int, kit: str, model: str, screen: str | None = None
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
        screen: Theme and layout of the picture, such as `dark phone`; the page fills it in.

    Returns:
        The MIDI file, the audio file (WAV; none where FluidSynth is not installed) and the picture (PNG).
    """
    try:
        drums = audio.find_kit(str(kit))
        groove = load(str(model)).play(genre=str(genre), bpm=bpm, bars=bars, temperature=temperature, seed=seed)
        heading = f"{label(genre)} · {groove.bpm:g} BPM · seed {int(seed)}"
        return write_files(groove, drums, file_stem(genre, groove, int(seed)), heading, screen or "light wide")
    except DrummerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def write_files(groove: Groove, drums: audio.Kit, stem: str, heading: str, screen: str) -> tuple[Path, Path | None, Path]:
    """Write what a musician keeps into a folder of its own, under the one that Gradio serves and clears."""
    Path(page.GRADIO_CACHE).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=page.GRADIO_CACHE))
    midi_file, wav, picture = (folder / f"{stem}.{suffix}" for suffix in ("mid", "wav", "png"))
    theme, _, layout = screen.partition(" ")
    midi.write(groove, midi_file)
    pianoroll.save(groove, picture, theme, heading, layout)
    if not SOUND:
        return midi_file, None, picture
    audio.render(groove, drums).to_wav(wav)
    return midi_file, wav, picture


def label(genre: str) -> str:
    """Spell a genre as a musician does."""
    return GENRE_LABELS.get(genre, genre.capitalize())


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


genres = [(label(name), name) for name in CONFIG.genres]
kits = [(drums.label, name) for name, drums in KITS.items()]
models = [(name.capitalize(), name) for name in model_names()]

with gr.Blocks(title="Drummer", analytics_enabled=False, delete_cache=(CONFIG.app.file_seconds,) * 2) as page:
    gr.HTML("<h1>Drummer</h1><p>Drum grooves with a human feel</p>", elem_id="masthead", container=False)
    screen = gr.Textbox(visible=False)
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
            with gr.Row(elem_id="deck"):
                player = gr.Audio(
                    label="Groove",
                    show_label=False,
                    interactive=False,
                    buttons=[],
                    waveform_options=gr.WaveformOptions(show_recording_waveform=False),
                    visible=SOUND,
                    elem_id="player",
                )
                with gr.Row(elem_id="downloads"):
                    midi_button = gr.DownloadButton("MIDI", elem_id="midi")
                    wav_button = gr.DownloadButton("WAV", visible=SOUND, elem_id="wav")
            roll = gr.Image(
                label="Piano roll",
                show_label=False,
                interactive=False,
                buttons=["fullscreen"],
                alt_text="Piano roll of the groove",
                elem_id="roll",
            )

    settings = [genre, bpm, bars, temperature, seed, kit, model]
    files = [midi_button, player, roll]
    work = {
        "preprocess": False,  # all checks are the package's own, each with its sentence
        "concurrency_id": "processor",
        "concurrency_limit": CONFIG.app.workers,
        "trigger_mode": "always_last",  # of several clicks the last counts, so that the seed shown is the one that plays
    }
    genre.input(None, genre, bpm, js=USUAL_TEMPO)
    seed.input(None, None, dice, js=KEEP_SEED)
    gr.on([], generate, settings, files, api_name="generate", **work)  # for programs; the page says besides what it looks like
    for begun in (
        button.click(None, [seed, dice], [seed, screen], js=BEGIN),
        page.load(None, None, screen, js=READ_SCREEN),
    ):
        made = begun.then(generate, [*settings, screen], files, api_visibility="private", **work)
        made.then(None, player, wav_button, js=COPY)
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
