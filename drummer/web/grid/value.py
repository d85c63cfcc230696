"""A groove as the drum grid holds it, plain data that the browser edits, and back.

    {"bpm": 96, "steps_per_beat": 12, "beats_per_bar": 4, "bars": 2,
     "hits": [[step, voice, velocity, offset], ...],
     "kit": "black_pearl", "muted": [voice, ...], "soloed": [voice, ...], "locked": [voice, ...],
     "origin": {"genre": "funk", "seed": 7, ...}, "edited": false, "made": "..."}

`voice` is an index into `VOICES`; velocity and offset are those of `Groove`. `origin` says what a groove was made with, `edited`
whether hits were changed since, and `made` tells one made by the server from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import GrooveError
from drummer.groove import Groove
from drummer.voices import VOICE_COUNT

Value = dict[str, Any]

_MAX_STEPS_PER_BEAT = 48
_MAX_BEATS_PER_BAR = 16


def to_value(groove: Groove, **more: Any) -> Value:
    """Write a groove as plain data, with more of the fields that the module lists; the inverse of `from_value`."""
    steps, voices = np.nonzero(groove.hits)
    velocities, offsets = (_shortest(array[steps, voices]) for array in (groove.velocities, groove.offsets))
    return {
        "bpm": groove.bpm,
        "steps_per_beat": groove.steps_per_beat,
        "beats_per_bar": groove.beats_per_bar,
        "bars": groove.bars,
        "hits": [list(hit) for hit in zip(steps.tolist(), voices.tolist(), velocities, offsets, strict=True)],
        **more,
    }


def from_value(data: object) -> Groove:
    """Read a groove from plain data; whatever a browser may send is checked.

    Raises:
        GrooveError: If it is no groove, in one sentence that says what is wrong.
    """
    if not isinstance(data, Mapping):
        raise GrooveError("there is no groove yet, generate one first")
    bars = _whole(data, "bars", *default_config().limits.bars)
    steps_per_beat = _whole(data, "steps_per_beat", 1, _MAX_STEPS_PER_BEAT)
    beats_per_bar = _whole(data, "beats_per_bar", 1, _MAX_BEATS_PER_BAR)
    bpm = data.get("bpm")
    low, high = default_config().limits.bpm
    if not _is_number(bpm) or not low <= bpm <= high:
        raise GrooveError(f"tempo must be {low:g}-{high:g} BPM, got {bpm!r:.40}")
    shape = (bars * steps_per_beat * beats_per_bar, VOICE_COUNT)
    velocities, offsets = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    hits = data.get("hits")
    if not isinstance(hits, list) or len(hits) > velocities.size:
        raise GrooveError(f"the hits of a groove must be a list of at most {velocities.size}")
    for hit in hits:
        if not (isinstance(hit, list | tuple) and len(hit) == 4 and all(map(_is_number, hit))):
            raise GrooveError(f"a hit must be four numbers, step, voice, velocity and offset, got {hit!r:.60}")
        step, voice, velocity, offset = hit
        if step not in range(shape[0]) or voice not in range(VOICE_COUNT):
            raise GrooveError(f"a hit must be on a step 0-{shape[0] - 1} of a voice 0-{VOICE_COUNT - 1}, got {step} and {voice}")
        if not 0 < velocity <= 1 or not -0.5 <= offset < 0.5:
            raise GrooveError(
                f"a hit needs a velocity above 0 and at most 1, and an offset from -0.5 to below 0.5, got {velocity} and {offset}"
            )
        velocities[int(step), int(voice)], offsets[int(step), int(voice)] = velocity, offset
    return Groove(velocities > 0, velocities, offsets, bpm, steps_per_beat, beats_per_bar)


def audible(groove: Groove, data: Mapping[str, Any]) -> Groove:
    """Leave out what is muted, or, where a voice is soloed, all others: a download holds what is heard."""
    muted, soloed = _voices(data, "muted"), _voices(data, "soloed")
    silent = [voice for voice in range(VOICE_COUNT) if (voice not in soloed if soloed else voice in muted)]
    velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
    velocities[:, silent] = offsets[:, silent] = 0
    return replace(groove, hits=velocities > 0, velocities=velocities, offsets=offsets)


def _voices(data: Mapping[str, Any], name: str) -> set[int]:
    values = data.get(name) or []
    if not isinstance(values, Iterable) or not all(_is_number(value) and value in range(VOICE_COUNT) for value in values):
        raise GrooveError(f"'{name}' must be a list of voices 0-{VOICE_COUNT - 1}, got {values!r:.60}")
    return {int(value) for value in values}


def _whole(data: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = data.get(name)
    if not _is_number(value) or not low <= value <= high or value != int(value):
        raise GrooveError(f"{name.replace('_', ' ')} must be a whole number, {low}-{high}, got {value!r:.40}")
    return int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _shortest(values: Iterable[np.float32]) -> list[float]:
    """Write each as the shortest decimal that reads back as the same float32: a third of the digits of its float64."""
    return [float(str(value)) for value in values]
