"""The details of a MIDI file as plain data, see `drummer.music.details`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import DocumentError, GrooveError
from drummer.files.document.plain_data import check_fields, shortest, whole_number
from drummer.files.drum_maps import DRUM_MAPS
from drummer.music.details import NO_KEY, ExtraHit, FileDetails, Message
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.validation import is_number, quote, spell_range

_FIELDS = ("key_map", "ticks_per_beat", "keys", "extra_hits", "messages")


def to_plain(details: FileDetails) -> dict[str, Any]:
    """Encode details as plain data that JSON can hold; the inverse of `from_plain`.

    `keys` lists `[step, voice, key]`; `extra_hits` `[step, offset, key, velocity, voice or null]`; `messages`
    `[step, offset, kind, key, value]`. Voices go by name.
    """
    steps, voices = np.nonzero(details.keys != NO_KEY)
    cells = zip(steps.tolist(), voices.tolist(), details.keys[steps, voices].tolist(), strict=True)
    return {
        "key_map": details.key_map,
        "ticks_per_beat": details.ticks_per_beat,
        "keys": [[step, VOICES[voice].name, key] for step, voice, key in cells],
        "extra_hits": [
            [
                hit.step,
                shortest(hit.offset),
                hit.key,
                shortest(hit.velocity),
                None if hit.voice is None else VOICES[hit.voice].name,
            ]
            for hit in details.extra_hits
        ],
        "messages": [[each.step, shortest(each.offset), each.kind, each.key, each.value] for each in details.messages],
    }


def from_plain(data: object, steps: int) -> FileDetails | None:
    """Decode details of a groove of `steps` steps; None gives None. The inverse of `to_plain`.

    Raises:
        DocumentError: If the data is wrong, in one sentence.
    """
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise DocumentError(f"'details' must be an object, got {quote(data)}")
    check_fields(data, _FIELDS)
    if not isinstance(data["key_map"], str) or data["key_map"] not in DRUM_MAPS:
        raise DocumentError(f"'key_map' must be one of {', '.join(DRUM_MAPS)}, got {quote(data['key_map'])}")
    keys = np.full((steps, len(VOICES)), NO_KEY, dtype=np.int16)
    for number, (step, voice, key) in enumerate(_rows(data, "keys", 3), 1):
        place = whole_number(f"the step of key {number}", step, (0, steps - 1)), _voice(voice)
        keys[place] = whole_number(f"key {number}", key, (0, 127))
    extra_hits = [
        ExtraHit(
            whole_number(f"the step of extra hit {number}", step, (0, steps - 1)),
            _number(f"the offset of extra hit {number}", offset, -0.5, 1.0),
            whole_number(f"the key of extra hit {number}", key, (0, 127)),
            _number(f"the velocity of extra hit {number}", velocity, 0, 1),
            None if voice is None else _voice(voice),
        )
        for number, (step, offset, key, velocity, voice) in enumerate(_rows(data, "extra_hits", 5), 1)
    ]
    messages = [
        Message(
            whole_number(f"the step of message {number}", step, (0, steps - 1)),
            _number(f"the offset of message {number}", offset, -0.5, 1.0),
            kind if isinstance(kind, str) else "",
            whole_number(f"the key of message {number}", key, (0, 127)),
            whole_number(f"the value of message {number}", value, (0, 127)),
        )
        for number, (step, offset, kind, key, value) in enumerate(_rows(data, "messages", 5), 1)
    ]
    ticks = whole_number("the ticks of a beat", data["ticks_per_beat"], (1, 32767))
    try:
        return FileDetails(keys, tuple(extra_hits), tuple(messages), data["key_map"], ticks)
    except GrooveError as error:
        raise DocumentError(str(error)) from error


def _rows(data: Mapping[str, Any], name: str, columns: int) -> list[list[Any]]:
    rows, most = data[name], default_config().document.max_hits
    if not isinstance(rows, list) or len(rows) > most:
        raise DocumentError(f"'{name}' must be a list of at most {most} entries, got {quote(rows)}")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != columns:
            raise DocumentError(f"entry {number} of '{name}' must be a list of {columns} values, got {quote(row)}")
    return rows


def _voice(name: object) -> int:
    if not isinstance(name, str) or name not in VOICE_INDEX:
        raise DocumentError(f"unknown voice {quote(name)}, it must be one of {', '.join(VOICE_INDEX)}")
    return VOICE_INDEX[name]


def _number(noun: str, value: object, low: float, high: float) -> float:
    if not is_number(value) or not low <= value <= high:
        raise DocumentError(f"{noun} must be {spell_range(low, high)}, got {quote(value)}")
    return float(value)
