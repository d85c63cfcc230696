"""Endpoints that make a groove of another one: continue, infill, variations, humanize, half and double time."""

from dataclasses import replace
from typing import Any

from drummer.files.document import Take, from_document, to_document
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_whole
from drummer.web import actions
from drummer.web.actions import VARIATIONS
from drummer.web.page_context import show_errors
from drummer.web.requests import GrooveRequest, make_request_for, read_voices

Json = dict[str, Any]


@show_errors
def continue_groove(
    groove: Json,
    bars: int = 4,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
    top_p: float | None = None,
    style: str | None = None,
) -> Json:
    """Continue a groove by some bars.

    Args:
        groove: A groove, in the format of groove.json.
        bars: Number of bars to add, 1-32.
        genre: A genre; by default the groove's own.
        temperature: As in `play`; by default the groove's own.
        seed: Source of all randomness, a whole number.
        directions: As in `play`; by default the groove's own.
        model: One of `choices`; by default the one that generated the groove.
        top_p: As in `play`; by default the groove's own.
        style: As in `play`; by default the groove's own where its genre is, and "" is any.

    Returns:
        The groove followed by its new bars.
    """
    take = from_document(groove)
    request = make_request_for(
        take,
        bars=bars,
        genre=genre,
        temperature=temperature,
        seed=seed,
        directions=directions,
        model=model,
        top_p=top_p,
        style=style,
    )
    return to_document(actions.continue_take(take, request))


@show_errors
def reroll(
    groove: Json,
    keep: list[str] | None = None,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
    top_p: float | None = None,
    style: str | None = None,
) -> Json:
    """Generate the voices of a groove again but for some, which stay as they are; the others are generated to fit them.

    Bars that are locked in the groove, `locked_bars` among its settings, counted from 0, stay too.

    Args:
        groove: A groove, in the format of groove.json.
        keep: Names of the voices that stay, such as ["kick", "snare"]; by default those that are locked in the groove.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.
        top_p: As in `continue_groove`.
        style: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take = from_document(groove)
    request = make_request_for(
        take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model, top_p=top_p, style=style
    )
    return _reroll(take, list(take.settings.get("locked", ())) if keep is None else read_voices(keep), request)


@show_errors
def replace_voices(
    groove: Json,
    voices: list[str],
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
    top_p: float | None = None,
    style: str | None = None,
) -> Json:
    """Generate some voices of a groove again, to fit all others, which stay as they are.

    Args:
        groove: A groove, in the format of groove.json.
        voices: Names of the voices to generate, such as ["kick"]; `choices` lists all voices.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.
        top_p: As in `continue_groove`.
        style: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take, replaced = from_document(groove), read_voices(voices)
    request = make_request_for(
        take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model, top_p=top_p, style=style
    )
    return _reroll(take, [name for name in VOICE_INDEX if name not in replaced], request)


@show_errors
def reroll_bar(
    groove: Json,
    bar: int = 1,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
    top_p: float | None = None,
    fill: bool = False,
    style: str | None = None,
) -> Json:
    """Generate one bar of a groove again; all other bars stay, and so do voices that are locked. A locked bar is refused.

    Args:
        groove: A groove, in the format of groove.json.
        bar: Number of the bar, from 1.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.
        top_p: As in `continue_groove`.
        fill: Whether the bar is to be a fill.
        style: As in `continue_groove`.

    Returns:
        The new groove.
    """
    take = from_document(groove)
    index = check_whole("the bar", bar, (1, take.groove.bars)) - 1
    request = make_request_for(
        take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model, top_p=top_p, style=style
    )
    return to_document(actions.reroll_bar(take, request, index, fill=bool(fill)))


@show_errors
def variations(
    groove: Json,
    count: int = VARIATIONS,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    model: str | None = None,
    directions: Json | None = None,
    top_p: float | None = None,
    style: str | None = None,
) -> list[Json]:
    """Generate variations of a groove with the same feel: some voices stay, the others are generated again.

    Args:
        groove: A groove of at most 32 bars, in the format of groove.json.
        count: Number of variations, 1-16.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        model: As in `continue_groove`.
        directions: As in `play`; by default each bar keeps the controls that are measured in the groove.
        top_p: As in `continue_groove`.
        style: As in `continue_groove`.

    Returns:
        The new grooves, in a list.
    """
    take = from_document(groove)
    request = make_request_for(
        take,
        genre=genre,
        temperature=temperature,
        seed=seed,
        model=model,
        directions={} if directions is None else directions,
        top_p=top_p,
        style=style,
    )
    return [to_document(each) for each in actions.variations(take, request, count)]


@show_errors
def humanise(
    groove: Json,
    genre: str | None = None,
    temperature: float | None = None,
    seed: int = 0,
    directions: Json | None = None,
    model: str | None = None,
    top_p: float | None = None,
    style: str | None = None,
) -> Json:
    """Humanize a flat pattern: every hit stays on its step and gets a drummer's velocity and timing.

    Args:
        groove: A groove, in the format of groove.json; `open_file` reads one from a MIDI file.
        genre: As in `continue_groove`.
        temperature: As in `continue_groove`.
        seed: As in `continue_groove`.
        directions: As in `continue_groove`.
        model: As in `continue_groove`.
        top_p: As in `continue_groove`.
        style: As in `continue_groove`.

    Returns:
        The humanized groove.
    """
    take = from_document(groove)
    request = make_request_for(
        take, genre=genre, temperature=temperature, seed=seed, directions=directions, model=model, top_p=top_p, style=style
    )
    return to_document(actions.humanize(take, request))


@show_errors
def half_time(groove: Json) -> Json:
    """Play the first half of a groove half as fast, at the same tempo and in as many bars.

    Args:
        groove: A groove, in the format of groove.json.

    Returns:
        The new groove.
    """
    return to_document(actions.half_time(from_document(groove)))


@show_errors
def double_time(groove: Json) -> Json:
    """Play a groove twice as fast, and twice, at the same tempo and in as many bars.

    Args:
        groove: A groove, in the format of groove.json.

    Returns:
        The new groove.
    """
    return to_document(actions.double_time(from_document(groove)))


def _reroll(take: Take, fixed: list[str], request: GrooveRequest) -> Json:
    """Generate all voices again but the fixed ones; the locks of the take stay as they are."""
    locked = replace(take, settings={**take.settings, "locked": fixed})
    return to_document(replace(actions.reroll(locked, request), settings=take.settings))
