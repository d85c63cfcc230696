"""The settings of a take, each with its check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from drummer.config import default_config
from drummer.config_sections import DocumentConfig
from drummer.errors import DocumentError, SettingError
from drummer.files.document.plain_data import whole_number
from drummer.music.controls import CONTROLS
from drummer.music.groove import MAX_BPM, MAX_EXPRESSION, MIN_BPM
from drummer.music.mix import Mix
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX
from drummer.validation import is_number, quote, spell_range

SONG_PARTS = ("intro", "verse", "chorus", "bridge", "ending")

_NAME = re.compile(r"[\w(\[][\w .,()\[\]+=#!@~-]{0,63}")  # of a kit, a model, ...: as long as a sensible file name

_Check = Callable[[str, object, DocumentConfig], Any]


def check_settings(settings: object, config: DocumentConfig) -> dict[str, Any]:
    """Check settings by name, and return a copy of those that have a value.

    Raises:
        DocumentError: If one is unknown or wrong.
    """
    if not isinstance(settings, Mapping):
        raise DocumentError(f"'settings' must be names and values, got {quote(settings)}")
    for name in settings:
        if name not in SETTINGS:
            raise DocumentError(f"unknown setting {quote(name)}, it must be one of {', '.join(SETTINGS)}")
    return {name: SETTINGS[name](name, value, config) for name, value in settings.items() if value is not None}


def _genre(name: str, value: object, _: DocumentConfig) -> str:
    genres = default_config().genres
    if not isinstance(value, str) or value not in genres:
        raise DocumentError(f"the setting '{name}' must be one of {', '.join(genres)}, got {quote(value)}")
    return value


def _name(name: str, value: object, _: DocumentConfig) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise DocumentError(
            f"the setting '{name}' must be 1 to 64 letters, digits, spaces and . , _ - + = # ! @ ~ ( ) [ ], got {quote(value)}"
        )
    return value


def _flag(name: str, value: object, _: DocumentConfig) -> bool:
    if not isinstance(value, bool):
        raise DocumentError(f"the setting '{name}' must be true or false, got {quote(value)}")
    return value


def _number(low: float, high: float) -> _Check:
    def check(name: str, value: object, _: DocumentConfig) -> Any:
        if not is_number(value) or not low <= value <= high:
            raise DocumentError(f"the setting '{name}' must be {spell_range(low, high)}, got {quote(value)}")
        return value

    return check


def _style(name: str, value: object, _: DocumentConfig) -> str:
    styles = sorted({style for settings in default_config().genres.values() for style in settings.styles})
    if not isinstance(value, str) or value not in styles:
        raise DocumentError(f"the setting '{name}' must be one of {', '.join(styles)}, got {quote(value)}")
    return value


def _temperature(name: str, value: object, config: DocumentConfig) -> Any:
    return _number(*default_config().limits.temperature)(name, value, config)


def _top_p(name: str, value: object, _: DocumentConfig) -> Any:
    if not is_number(value) or not 0 < value <= 1:
        raise DocumentError(f"the setting '{name}' must be above 0 and at most 1, got {quote(value)}")
    return value


def _bars(name: str, value: object, config: DocumentConfig) -> int:
    return whole_number(f"the setting '{name}'", value, (1, config.max_bars))


def _control(name: str, value: object, config: DocumentConfig) -> Any:
    """Check the value of a control: a number, or a list with a number or None for each bar."""
    check = _number(CONTROLS[name].low, CONTROLS[name].high)
    if not isinstance(value, list | tuple):
        return check(name, value, config)
    whole_number(f"the length of the setting '{name}'", len(value), (1, config.max_bars))
    return [None if each is None else check(name, each, config) for each in value]


def _voices(name: str, value: object, _: DocumentConfig) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > VOICE_COUNT:
        raise DocumentError(f"the setting '{name}' must be a list of voices, got {quote(value)}")
    for voice in value:
        if not isinstance(voice, str) or voice not in VOICE_INDEX:
            raise DocumentError(
                f"the setting '{name}' has the unknown voice {quote(voice)}, it must be of {', '.join(VOICE_INDEX)}"
            )
    return sorted(set(value), key=VOICE_INDEX.__getitem__)


def _lanes(name: str, value: object, config: DocumentConfig) -> list[str]:
    """Check a list of voices, and of the lane of percussion."""
    if not isinstance(value, list | tuple) or PERCUSSION_LANE not in value:
        return _voices(name, value, config)
    return [*_voices(name, [voice for voice in value if voice != PERCUSSION_LANE], config), PERCUSSION_LANE]


def _bar_numbers(name: str, value: object, config: DocumentConfig) -> list[int]:
    """Check a list of bars, from 0."""
    if not isinstance(value, list | tuple) or len(value) > config.max_bars:
        raise DocumentError(f"the setting '{name}' must be a list of bars, got {quote(value)}")
    return sorted({whole_number(f"a bar of the setting '{name}'", bar, (0, config.max_bars - 1)) for bar in value})


def _song(name: str, value: object, config: DocumentConfig) -> list[dict[str, Any]]:
    """Check the blocks of a song, each with `part`, `bars` and optionally `intensity` and `complexity`."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= config.max_blocks:
        raise DocumentError(f"the setting '{name}' must be a list of 1 to {config.max_blocks} blocks, got {quote(value)}")
    checks: dict[str, _Check] = {"part": _part, "bars": _bars, "intensity": _number(0, 1), "complexity": _number(0, 1)}
    blocks = []
    for block in value:
        if not isinstance(block, Mapping) or not {"part", "bars"} <= block.keys() <= checks.keys():
            raise DocumentError(f"a block of the setting '{name}' has part, bars, intensity and complexity, got {quote(block)}")
        blocks.append({key: checks[key](f"{name}.{key}", each, config) for key, each in block.items() if each is not None})
    if any("part" not in block or "bars" not in block for block in blocks):
        raise DocumentError(f"a block of the setting '{name}' needs a part and a number of bars")
    return blocks


def _part(name: str, value: object, _: DocumentConfig) -> str:
    if not isinstance(value, str) or value not in SONG_PARTS:
        raise DocumentError(f"the setting '{name}' must be one of {', '.join(SONG_PARTS)}, got {quote(value)}")
    return value


def _mix(_: str, value: object, __: DocumentConfig) -> dict[str, Any]:
    try:
        return Mix.from_plain(value).to_plain()
    except SettingError as error:
        raise DocumentError(str(error)) from error


# All settings that the page restores when it opens a take.
SETTINGS: Mapping[str, _Check] = MappingProxyType(
    {
        "genre": _genre,
        "style": _style,
        "to_genre": _genre,  # of an interpolation
        "model": _name,
        "kit": _name,
        "drum_map": _name,
        "temperature": _temperature,
        "top_p": _top_p,
        "human": _number(0, MAX_EXPRESSION),
        "fill_every": _bars,
        "generated_bpm": _number(MIN_BPM, MAX_BPM),
        **dict.fromkeys(CONTROLS, _control),
        "locked": _voices,
        "locked_bars": _bar_numbers,  # from 0
        "muted": _lanes,
        "soloed": _lanes,
        "song": _song,
        "mix": _mix,  # see `drummer.music.mix.Mix`
        "volume": _number(0, 1),
        "room": _number(0, 1),
        "metronome": _flag,
        "count_in": _flag,
    }
)
