"""Endpoints that generate new grooves.

No `from __future__ import annotations` in the modules of endpoints: Gradio reads the types from the signatures.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from drummer import audio
from drummer.files.document import to_document
from drummer.music.meter import FOUR_FOUR
from drummer.web import actions
from drummer.web.files import write_file
from drummer.web.page_context import show_errors
from drummer.web.requests import make_request
from drummer.web.song import read_blocks

Json = dict[str, Any]


@show_errors
def generate(
    genre: str,
    bpm: int | None,
    bars: int,
    temperature: float,
    seed: int,
    kit: str,
    model: str,
    meter: str = str(FOUR_FOUR),
    style: str | None = None,
) -> tuple[Path, Path | None, Path]:
    """Generate a drum groove as files. The same settings and seed give the same groove. The endpoint play returns it as data.

    Args:
        genre: A genre, such as funk.
        bpm: Tempo in quarter notes a minute; null = the genre's usual tempo.
        bars: Length in bars.
        temperature: 1 samples from the distribution as learned, less is more typical, more is bolder.
        seed: Source of all randomness, a whole number.
        kit: Drum kit of the audio.
        model: Size of the model.
        meter: As in `play`.
        style: As in `play`.

    Returns:
        The MIDI file, the audio file (WAV; null where FluidSynth is not installed) and the piano roll (PNG).
    """
    request = make_request(
        genre=str(genre),
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        kit=str(kit),
        model=str(model),
        meter=str(meter),
        style=style,
    )
    take = actions.generate(request)
    with ThreadPoolExecutor(1) as beside:  # FluidSynth needs no Python while it renders
        rendering = beside.submit(write_file, take, "wav") if audio.audio_available() else None
        picture = write_file(take, "png")
        return write_file(take, "mid"), rendering.result() if rendering else None, picture


@show_errors
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
    top_p: float | None = None,
    meter: str = str(FOUR_FOUR),
    style: str | None = None,
    rhythm: Json | None = None,
) -> Json:
    """Generate a drum groove. The same settings and seed give the same groove.

    Args:
        genre: A genre, such as funk; `choices` lists all genres.
        bpm: Tempo in quarter notes a minute, 30-300; by default the genre's usual tempo.
        bars: Length in bars, 1-32.
        temperature: 0.1-2: 1 samples from the distribution as learned, less is more typical, more is bolder.
        seed: Source of all randomness, a whole number from 0 to 4294967295.
        directions: Controls by name, such as {"intensity": 0.8, "fill_every": 4}; `choices` lists names and ranges.
        human: Scale of timing and dynamics: 0 = on the grid, 1 = as generated, up to 1.5.
        kit: Drum kit of the audio; by default the first that suits the genre.
        model: One of `choices`, such as medium.
        top_p: Sample only from the most probable tokens that together have this probability, above 0 and at most 1.
        meter: Time signature such as 6/8, with the grouping of its beats if it is not the usual one: 7/8 (3+2+2).
        style: A style of the genre, such as samba of latin; `choices` lists them; by default any.
        rhythm: A groove whose onsets and accents the drums follow, repeated over the bars; which voices it has does not matter.
            `open_file` reads one from a part of a MIDI file. Its tempo is the default, and its meter must be `meter`.

    Returns:
        The groove, in the format of groove.json.
    """
    request = make_request(
        genre=genre,
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        directions=directions,
        human=human,
        kit=kit,
        model=model,
        top_p=top_p,
        meter=meter,
        style=style,
        rhythm=rhythm,
    )
    return to_document(actions.generate(request))


@show_errors
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
    top_p: float | None = None,
    meter: str = str(FOUR_FOUR),
    style: str | None = None,
) -> Json:
    """Generate a groove that moves from one genre to another, bar by bar.

    Args:
        genre: The first genre.
        to_genre: The last genre.
        bpm: Tempo in quarter notes a minute, 30-300; by default half-way between the usual tempos of the two genres.
        bars: Length in bars, 1-32.
        temperature: As in `play`.
        seed: As in `play`.
        directions: As in `play`.
        human: As in `play`.
        kit: As in `play`.
        model: As in `play`.
        top_p: As in `play`.
        meter: As in `play`.
        style: As in `play`, of the first genre.

    Returns:
        The groove, in the format of groove.json.
    """
    request = make_request(
        genre=genre,
        to_genre=to_genre,
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        directions=directions,
        human=human,
        kit=kit,
        model=model,
        top_p=top_p,
        meter=meter,
        style=style,
    )
    return to_document(actions.generate(request))


@show_errors
def song(
    blocks: list[Json],
    genre: str | None = None,
    bpm: float | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    kit: str | None = None,
    model: str | None = None,
    top_p: float | None = None,
    meter: str = str(FOUR_FOUR),
    style: str | None = None,
) -> Json:
    """Generate a whole song, block after block, with a fill at the end of each block but the last.

    Args:
        blocks: Such as [{"part": "verse", "bars": 8, "intensity": 0.4}]; parts are intro, verse, chorus, bridge and ending.
        genre: As in `play`.
        bpm: As in `play`.
        temperature: As in `play`.
        seed: As in `play`.
        directions: As in `play`, for the whole song; intensity, complexity and fills are set by the blocks.
        kit: As in `play`.
        model: As in `play`.
        top_p: As in `play`.
        meter: As in `play`.
        style: As in `play`.

    Returns:
        The groove, in the format of groove.json.
    """
    request = make_request(
        genre=genre,
        bpm=bpm,
        temperature=temperature,
        seed=seed,
        directions=directions,
        kit=kit,
        model=model,
        top_p=top_p,
        meter=meter,
        style=style,
    )
    return to_document(actions.join_takes(actions.stream(request, read_blocks({"blocks": blocks}))))


@show_errors
def stream(
    genre: str | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    human: float = 1.0,
    kit: str | None = None,
    model: str | None = None,
    top_p: float | None = None,
    meter: str = str(FOUR_FOUR),
    to_genre: str | None = None,
    blocks: list[Json] | None = None,
    style: str | None = None,
    rhythm: Json | None = None,
) -> Iterator[Json]:
    """Generate what `play`, `morph` or `song` does, and send each bar as soon as it is generated.

    Args:
        genre: As in `play`.
        bpm: As in `play`.
        bars: As in `play`; of a song, the blocks give their number.
        temperature: As in `play`.
        seed: As in `play`.
        directions: As in `play`.
        human: As in `play`.
        kit: As in `play`.
        model: As in `play`.
        top_p: As in `play`.
        meter: As in `play`.
        to_genre: The genre that the groove moves to, as in `morph`; null = it stays in the first one.
        blocks: The blocks of a song, as in `song`; null = no song.
        style: As in `play`.
        rhythm: As in `play`.

    Returns:
        One groove after the other, in the format of groove.json, each of the new bars only: their hits, one after the other, are
        those of `play`. An early hit on a downbeat is at the end of the groove before. To stop, cancel the call.
    """
    request = make_request(
        genre=genre,
        to_genre=to_genre,
        bpm=bpm,
        bars=bars,
        temperature=temperature,
        seed=seed,
        directions=directions,
        human=human,
        kit=kit,
        model=model,
        top_p=top_p,
        meter=meter,
        style=style,
        rhythm=rhythm,
    )
    for part in actions.stream(request, () if blocks is None else read_blocks({"blocks": blocks})):
        yield to_document(part)
