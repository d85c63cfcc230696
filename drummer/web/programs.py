"""What programs ask the page for: named endpoints, for `gradio_client`, plain HTTP and, where its extra is installed, MCP.

A groove travels as the content of `groove.json`, a JSON object that `drummer.document` describes: each endpoint that changes a
groove takes one and returns one. `open_file` makes it of a MIDI file and `export` makes files of it. Nothing is kept between two
calls. What is left out is as in the groove's own settings, or else as on the page when it opens.

No `from __future__ import annotations` here: Gradio reads the types of an endpoint from the signature itself.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import gradio as gr
from gradio.events import api

from drummer import audio, default_config, feel_chart, model_names, usual_bpm
from drummer.document import SONG_PARTS, Take, from_code, from_document, to_code, to_document
from drummer.drum_maps import DRUM_MAPS, GENERAL_MIDI, find_drum_map
from drummer.errors import MidiError
from drummer.generation.tempos import halfway_bpm
from drummer.model.description import known_genres
from drummer.music.controls import CONTROLS
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name, check_whole
from drummer.web import actions
from drummer.web.actions import VARIATIONS, Order
from drummer.web.desk import in_a_sentence, work
from drummer.web.files import save, write_file
from drummer.web.orders import DIRECTIONS, genre_of, new_order, order_about, read_voices
from drummer.web.panels.feel import book
from drummer.web.song import read_blocks

Json = dict[str, Any]
Form = Literal[
    "mid", "wav", "flac", "stems", "png", "svg", "json", "zip"
]  # drummer.exports.FORMS, which a type cannot be made of


def offer(usual: list[gr.components.Component]) -> None:
    """Make the endpoints, inside the page.

    Args:
        usual: The page's widgets for what `generate` takes; their values are its defaults.
    """
    files = (
        gr.DownloadButton("MIDI", visible=False),
        gr.Audio(label="sound", visible=False),
        gr.Image(label="picture", visible=False),
    )
    gr.on([], generate, usual, [*files], api_name="generate", **work())
    asked = gr.File(label="file", visible=False), gr.Textbox(GENERAL_MIDI.name, visible=False), gr.Textbox("", visible=False)
    read = gr.JSON(label="groove", visible=False), gr.Textbox(label="understood", visible=False)
    gr.on([], open_file, [*asked], [*read], api_name="open_file", **work(quick=True))
    for function in TYPED:
        quick = function in (half_time, double_time, make_link, open_link, choices)
        treated = work(quick, long=function in (song, variations))
        api(function, concurrency_id=treated["concurrency_id"], concurrency_limit=treated["concurrency_limit"])


@in_a_sentence
def generate(
    genre: str, bpm: int | None, bars: int, temperature: float, seed: int, kit: str, model: str
) -> tuple[Path, Path | None, Path]:
    """Play a new drum groove, as files: the same settings and seed give the same groove. `play` returns it as data.

    Args:
        genre: What the drummer plays, such as funk.
        bpm: Tempo in quarter notes a minute; null is the genre's usual one.
        bars: Length in bars of four beats.
        temperature: How bold the drummer is: 1 plays as it learned, less is safer.
        seed: A whole number that all chance comes from.
        kit: The drum kit that the audio is played on.
        model: The size of the model.

    Returns:
        The MIDI file, the audio file (WAV; none where FluidSynth is not installed) and the picture (PNG).
    """
    audio.find_kit(str(kit))
    take = actions.play(Order(genre, usual_bpm(genre) if bpm is None else bpm, bars, temperature, seed, kit, model))
    with ThreadPoolExecutor(1) as beside:  # FluidSynth needs no Python while it plays
        playing = beside.submit(write_file, take, "wav") if audio.audio_available() else None
        picture = write_file(take, "png")
        return write_file(take, "mid"), playing.result() if playing else None, picture


# -- playing ---------------------------------------------------------------------------------------------------------------


@in_a_sentence
def play(
    genre: str | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    human: float = 1.0,
    kit: str | None = None,
    model: str | None = None,
) -> Json:
    """Play a new drum groove: the same settings and seed give the same groove.

    Args:
        genre: What the drummer plays, such as funk; `choices` lists all genres.
        bpm: Tempo in quarter notes a minute, 30-300; by default the genre's usual one.
        bars: Length in bars of four beats, 1-32.
        temperature: How bold the drummer is, 0.1-2: 1 plays as it learned, less is safer.
        seed: A whole number from 0 to 4294967295 that all chance comes from.
        directions: What is asked for by name, such as {"intensity": 0.8, "fill_every": 4}; `choices` lists names and ranges.
        human: How much of timing and dynamics is heard, from 0 (on the grid) over 1 (as played) to 1.5.
        kit: The drum kit that sound is played on; by default the first that suits the genre.
        model: small, medium or large.

    Returns:
        The groove, as groove.json holds it.
    """
    order = new_order(
        genre=genre,
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        directions=directions,
        human=human,
        kit=kit,
        model=model,
    )
    return to_document(actions.play(order))


@in_a_sentence
def morph(
    genre: str,
    to_genre: str,
    bpm: float | None = None,
    bars: int | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    human: float = 1.0,
    kit: str | None = None,
    model: str | None = None,
) -> Json:
    """Play from one genre to another, bar by bar.

    Args:
        genre: The first genre.
        to_genre: The last genre.
        bpm: Tempo in quarter notes a minute, 30-300; by default half-way between their usual ones.
        bars: Length in bars of four beats, 1-32.
        temperature: How bold the drummer is, 0.1-2.
        seed: A whole number that all chance comes from.
        directions: As in `play`.
        human: As in `play`.
        kit: As in `play`.
        model: As in `play`.

    Returns:
        The groove, as groove.json holds it.
    """
    order = new_order(
        genre=genre,
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        directions=directions,
        human=human,
        kit=kit,
        model=model,
    )
    tempo = halfway_bpm(order.genre, to_genre) if bpm is None else bpm
    return to_document(actions.play(replace(order, bpm=tempo, to_genre=to_genre)))


@in_a_sentence
def song(
    blocks: list[Json],
    genre: str | None = None,
    bpm: float | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    kit: str | None = None,
    model: str | None = None,
) -> Json:
    """Play a whole song, block after block, with fills where they meet.

    Args:
        blocks: Such as [{"part": "verse", "bars": 8, "intensity": 0.4}]; parts are intro, verse, chorus, bridge and ending.
        genre: As in `play`.
        bpm: As in `play`.
        temperature: As in `play`.
        seed: As in `play`.
        directions: As in `play`, for the whole song; intensity, complexity and fills are the blocks' own.
        kit: As in `play`.
        model: As in `play`.

    Returns:
        The groove, as groove.json holds it.
    """
    order = new_order(genre=genre, bpm=bpm, temperature=temperature, seed=seed, directions=directions, kit=kit, model=model)
    return to_document(list(actions.grow_song(order, read_blocks({"blocks": blocks})))[-1])


# -- playing on, and anew --------------------------------------------------------------------------------------------------


@in_a_sentence
def continue_groove(
    groove: Json,
    bars: int = 4,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
) -> Json:
    """Let the drummer go on from a groove for some bars.

    Args:
        groove: A groove, as groove.json holds it.
        bars: How many bars are added, 1-32.
        genre: What the drummer plays; by default the groove's own genre.
        temperature: How bold the drummer is, 0.1-2; by default as the groove was played.
        seed: A whole number that all chance comes from.
        directions: As in `play`; by default the groove's own.
        model: small, medium or large; by default the one that played the groove.

    Returns:
        The groove with its new bars behind the old.
    """
    take = from_document(groove)
    bars = check_whole("the number of bars", bars, default_config().limits.bars)
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model)
    return to_document(actions.go_on(take, order, order.seed, bars))


@in_a_sentence
def reroll(
    groove: Json,
    keep: list[str] | None = None,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
) -> Json:
    """Play a groove anew but for some voices, which stay exactly as they are and which the others are played to fit.

    Args:
        groove: A groove, as groove.json holds it.
        keep: Names of the voices that stay, such as ["kick", "snare"]; by default those that are locked in the groove.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take = from_document(groove)
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model)
    return _reroll(take, list(take.settings.get("locked", ())) if keep is None else read_voices(keep), order)


@in_a_sentence
def replace_voices(
    groove: Json,
    voices: list[str],
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
) -> Json:
    """Play some voices of a groove anew, to fit all others, which stay exactly as they are.

    Args:
        groove: A groove, as groove.json holds it.
        voices: Names of the voices that are played anew, such as ["kick"]; `choices` lists all voices.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take, played = from_document(groove), read_voices(voices)
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model)
    return _reroll(take, [name for name in VOICE_INDEX if name not in played], order)


@in_a_sentence
def reroll_bar(
    groove: Json,
    bar: int = 1,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
) -> Json:
    """Play one bar of a groove anew; all others stay, and so do voices that are locked.

    Args:
        groove: A groove, as groove.json holds it.
        bar: Which bar, counted from 1.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take = from_document(groove)
    index = check_whole("the bar", bar, (1, take.groove.bars)) - 1
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model)
    return to_document(actions.reroll_bar(take, order, order.seed, index))


@in_a_sentence
def variations(
    groove: Json,
    count: int = VARIATIONS,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    model: str | None = None,
) -> list[Json]:
    """Play more like a groove: the same feel, in which some voices stay and others are played anew.

    Args:
        groove: A groove of at most 32 bars, as groove.json holds it.
        count: How many, 1-16.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        model: As in `continue_groove`.

    Returns:
        The new grooves, in a list.
    """
    take = from_document(groove)
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, model=model)
    return [to_document(each) for each in actions.variations(take, order, order.seed, count)]


@in_a_sentence
def humanise(
    groove: Json,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
) -> Json:
    """Perform a flat pattern: every hit stays on its step, its velocity and its timing are a drummer's.

    Args:
        groove: A groove, as groove.json holds it; `open_file` makes one of a MIDI file.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.

    Returns:
        The groove, performed.
    """
    take = from_document(groove)
    order = order_about(take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model)
    return to_document(actions.humanise(take, order, order.seed))


@in_a_sentence
def half_time(groove: Json) -> Json:
    """Play the first half of a groove half as fast, at the same tempo and in as many bars.

    Args:
        groove: A groove, as groove.json holds it.

    Returns:
        The new groove.
    """
    return to_document(actions.half_time(from_document(groove)))


@in_a_sentence
def double_time(groove: Json) -> Json:
    """Play a groove twice as fast, and twice, at the same tempo and in as many bars.

    Args:
        groove: A groove, as groove.json holds it.

    Returns:
        The new groove.
    """
    return to_document(actions.double_time(from_document(groove)))


# -- in and out ------------------------------------------------------------------------------------------------------------


@in_a_sentence
def open_file(file: Any, drum_map: str = GENERAL_MIDI.name, rhythm_of: str = "") -> tuple[Json, str]:
    """Make a groove of a MIDI file or of a groove.json.

    Args:
        file: The file. What it is is told from the end of its name: .json, .mid or .midi.
        drum_map: The kit that a MIDI file was made for; `choices` lists the names.
        rhythm_of: The voice that all notes are to be, such as kick for a bass line, for `reroll` to keep; empty = read its drums.

    Returns:
        The groove, and a line on what was understood of the file.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("path"), str):
        raise MidiError("there is no file: give a MIDI file or a groove.json")
    rhythm = check_name("voice", str(rhythm_of), VOICE_INDEX) if rhythm_of else None
    take, understood = actions.open_file(Path(file["path"]), find_drum_map(str(drum_map)), rhythm)
    return to_document(take), understood


@in_a_sentence
def export(
    groove: Json,
    form: Form = "mid",
    drum_map: str = GENERAL_MIDI.name,
    track_a_voice: bool = False,
    loop: bool = False,
    kit: str | None = None,
) -> gr.FileData:
    """Write a groove as a file, under a name that a musician keeps.

    Args:
        groove: A groove, as groove.json holds it.
        form: mid, wav, flac, stems (a ZIP with a sound of each voice), png, svg, json (groove.json) or zip (all of it).
        drum_map: Whose notes the MIDI file has; `choices` lists the names.
        track_a_voice: Whether the MIDI file has a track for each voice.
        loop: Whether sound is exactly as long as its bars, with its tail folded over the seam, or rings out behind them.
        kit: The drum kit that sound is played on; by default the groove's own.

    Returns:
        The file.
    """
    take = from_document(groove)
    if kit is not None:
        take = replace(take, settings={**take.settings, "kit": audio.find_kit(str(kit)).name})
    chosen = find_drum_map(str(drum_map))
    return _file(write_file(take, str(form), chosen, track_a_voice=bool(track_a_voice), loop=bool(loop)))


@in_a_sentence
def make_link(groove: Json) -> str:
    """Write a groove as a code of letters and digits; the page's address followed by ?groove= and the code opens it for anyone.

    Args:
        groove: A groove, as groove.json holds it.

    Returns:
        The code.
    """
    return to_code(from_document(groove))


@in_a_sentence
def open_link(code: str) -> Json:
    """Open the groove of a link.

    Args:
        code: What follows ?groove= in the link, or the whole link.

    Returns:
        The groove, as groove.json holds it.
    """
    return to_document(from_code(str(code).rpartition("groove=")[2]))


# -- looking ---------------------------------------------------------------------------------------------------------------


@in_a_sentence
def feel(groove: Json, genre: str | None = None) -> tuple[Json, gr.FileData]:
    """Set a groove, as it is heard, beside real drummers of its genre: is it loose, hard, busy, or a copy?

    Args:
        groove: A groove, as groove.json holds it.
        genre: Which drummers; by default those of the groove's own genre.

    Returns:
        A sentence that a drummer would say; the rank of each trait, that is the share of drummers' bars that have less; the share
        of hits in common with the nearest training bars; whether it is a copy. And a picture (PNG).
    """
    take = from_document(groove)
    compared = book().compare(actions.heard(take).groove, genre_of(take.settings, genre))
    picture = save(f"{take.stem}_feel.png", feel_chart.to_bytes(compared))
    ranks = {name: None if trait.rank != trait.rank else round(trait.rank, 3) for name, trait in compared.traits.items()}
    found = {
        "sentence": compared.sentence(),
        "ranks": ranks,
        "shared": round(compared.shared, 3),
        "copied": bool(compared.copied),
    }
    return found, _file(picture)


@in_a_sentence
def choices(model: str | None = None) -> Json:
    """List what there is to choose from: genres with their usual tempo, models, kits, voices, drum maps, directions, parts.

    Args:
        model: small, medium or large, whose genres are listed; by default the usual one.

    Returns:
        Names by kind; directions with what they mean and their range.
    """
    model = check_name("model", default_config().defaults.model if model is None else model, model_names())
    most = default_config().limits.bars[1]
    spans: dict[str, Json] = {name: CONTROLS[name].definition for name in DIRECTIONS if name in CONTROLS}
    spans["fill_every"] = {"meaning": "a fill in the last of every so many bars, 0 = never", "low": 0, "high": most}
    return {
        "genres": {name: usual_bpm(name) for name in known_genres(model)},
        "models": list(model_names()),
        "kits": {name: kit.label for name, kit in audio.list_kits().items()},
        "voices": list(VOICE_INDEX),
        "drum_maps": {name: each.label for name, each in DRUM_MAPS.items()},
        "directions": spans,
        "parts": list(SONG_PARTS),
    }


def _reroll(take: Take, kept: list[str], order: Order) -> Json:
    locked = replace(take, settings={**take.settings, "locked": kept})
    played = actions.reroll(locked, order, order.seed)
    return to_document(replace(played, settings=take.settings))


def _file(path: Path) -> gr.FileData:
    """Describe a file as Gradio hands it over: by the plain data of this type."""
    return cast(gr.FileData, gr.FileData(path=str(path), orig_name=path.name).model_dump())


# Those whose types say all; `generate` and `open_file` take and give what widgets do.
TYPED: tuple[Callable[..., Any], ...] = (
    play,
    continue_groove,
    reroll,
    replace_voices,
    reroll_bar,
    variations,
    morph,
    half_time,
    double_time,
    humanise,
    song,
    export,
    make_link,
    open_link,
    feel,
    choices,
)
