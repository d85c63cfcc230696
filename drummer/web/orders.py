"""What a program asks for, read and checked: an `Order`, as the page's widgets give it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from drummer import audio, default_config, usual_bpm
from drummer.errors import SettingError
from drummer.files.document import Take
from drummer.music.controls import CONTROLS
from drummer.music.groove import MAX_HUMAN
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name, check_number, check_whole, quote
from drummer.web.actions import AUTO, NO_FILLS, Order

DIRECTIONS = (*(name for name in CONTROLS if name != "fill"), "fill_every")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def new_order(
    *,
    genre: Any = None,
    bpm: Any = None,
    bars: Any = None,
    temperature: Any = None,
    seed: Any = 0,
    directions: Any = None,
    human: Any = 1.0,
    kit: Any = None,
    model: Any = None,
    settings: Mapping[str, Any] = _NOTHING,
) -> Order:
    """Make an order; what is None is as in the `settings` of a take, or else as on the page when it opens.

    Raises:
        DrummerError: If a name is unknown, or a whole number out of its range; the drummer checks the others.
    """
    config = default_config()
    genre = genre_of(settings, genre)
    return Order(
        genre,
        usual_bpm(genre, config) if bpm is None else bpm,
        check_whole("the number of bars", config.defaults.bars if bars is None else bars, config.limits.bars),
        settings.get("temperature", config.defaults.temperature) if temperature is None else temperature,
        check_whole("seed", seed, config.limits.seed),
        audio.kit_for(genre).name if kit is None else audio.find_kit(kit).name,
        str(settings.get("model", config.defaults.model) if model is None else model),
        human=check_number("human", human, (0, MAX_HUMAN)),
        **_read_directions(_directions_of(settings) if directions is None else directions),
    )


def order_about(take: Take, **asked: Any) -> Order:
    """Make an order about a take that is there; see `new_order`."""
    return new_order(bpm=take.groove.bpm, settings=take.settings, **asked)


def genre_of(settings: Mapping[str, Any], genre: Any) -> str:
    """Find the genre that is asked for, or else that of a take's settings, or else the page's first."""
    genres, first = default_config().genres, default_config().defaults.genre
    return check_name("genre", settings.get("genre", first) if genre is None else genre, genres)


def read_voices(names: Any) -> list[str]:
    """Read names of voices.

    Raises:
        SettingError: If they are none.
    """
    if not isinstance(names, list):
        raise SettingError(f"voices must be a list of names, such as kick, got {quote(names)}")
    return [check_name("voice", name, VOICE_INDEX) for name in names]


def _directions_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the directions of a take that hold for the whole of it: those by the bar fit no other number of bars."""
    asked = {name: settings[name] for name in DIRECTIONS if isinstance(settings.get(name), int | float)}
    return {"fill_every": 0, **asked} if settings.get("fill") == 0 else asked


def _read_directions(directions: Any) -> dict[str, Any]:
    """Read directions as an `Order` has them."""
    if not isinstance(directions, Mapping):
        raise SettingError(f"directions must be an object of names and numbers, got {quote(directions)}")
    asked = {check_name("direction", str(name), DIRECTIONS): value for name, value in directions.items() if value is not None}
    period = asked.pop("fill_every", None)
    if period is not None:
        period = check_whole("fill_every", period, (0, default_config().limits.bars[1]))
    return {**asked, "fills": AUTO if period is None else str(period) if period else NO_FILLS}
