"""Checks of a groove as plain data, which comes from strangers: JSON, the shape of the grid, hits."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.errors import DocumentError, GrooveError, SettingError
from drummer.music.details import FileDetails
from drummer.music.groove import MAX_BPM, MIN_BPM, Groove
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_whole, is_number, quote, spell_range


class Cells(NamedTuple):
    """The cells of the grid that have a hit, as parallel arrays in any order."""

    steps: NDArray[np.int64]
    voices: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]


@dataclass(frozen=True)
class GridShape:
    """The shape and tempo of a groove, within the limits of files.

    Raises:
        DocumentError: If a number is out of range, or there are too many steps.
    """

    meter: Meter
    steps_per_beat: int
    bars: int
    bpm: float

    def __post_init__(self) -> None:
        """Check the numbers."""
        config = default_config().document
        whole = {
            "steps_per_beat": whole_number("the steps in a beat", self.steps_per_beat, (1, config.max_steps_per_beat)),
            "bars": whole_number("the number of bars", self.bars, (1, config.max_bars)),
        }
        for name, value in whole.items():  # JSON may write 8 as 8.0
            object.__setattr__(self, name, value)
        try:
            steps = self.steps
        except GrooveError as error:
            raise DocumentError(str(error)) from error
        if steps > config.max_steps:
            raise DocumentError(f"the groove is too long: it may have at most {config.max_steps} steps, got {steps}")
        if not is_number(self.bpm) or not MIN_BPM <= self.bpm <= MAX_BPM:
            raise DocumentError(f"the tempo must be {spell_range(MIN_BPM, MAX_BPM)} BPM, got {quote(self.bpm)}")

    @classmethod
    def of(cls, data: Groove | Mapping[str, Any]) -> GridShape:
        """Return the shape of a groove, or of a groove as plain data."""
        if isinstance(data, Mapping):
            return cls(_read_meter(data), data["steps_per_beat"], data["bars"], data["bpm"])
        return cls(data.meter, data.steps_per_beat, data.bars, data.bpm)

    @property
    def steps(self) -> int:
        """Number of steps in all bars."""
        return self.bars * self.meter.steps(self.steps_per_beat)


def _read_meter(data: Mapping[str, Any]) -> Meter:
    """Read the meter of a groove; files of version 1 have a whole number of quarter notes in a bar instead."""
    try:
        if "meter" in data:
            return Meter.parse(data["meter"])
        most = default_config().document.max_beats_per_bar
        return Meter(whole_number("the beats in a bar", data["beats_per_bar"], (1, most)), 4)
    except GrooveError as error:
        raise DocumentError(str(error)) from error


def build_groove(shape: GridShape, cells: Cells, details: FileDetails | None = None) -> Groove:
    """Make a groove of its shape, hits and the details of its file.

    Raises:
        DocumentError: If they form no valid groove.
    """
    every = np.zeros((3, shape.steps, VOICE_COUNT), dtype=np.float32)
    place = cells.steps, cells.voices
    every[0][place], every[1][place], every[2][place] = 1, cells.velocities, cells.offsets
    try:
        return Groove(every[0] > 0, every[1], every[2], shape.bpm, shape.steps_per_beat, shape.meter, details)
    except GrooveError as error:
        raise DocumentError(str(error)) from error


def parse_json(text: str | bytes, problem: str) -> object:
    """Parse strict JSON: no name twice, no NaN.

    Raises:
        DocumentError: With the given sentence, if it is anything else.
    """

    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(pairs)
        if len(names) < len(pairs):
            raise ValueError("a name is there twice")
        return names

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is no number")

    try:
        data: object = json.loads(text, object_pairs_hook=without_duplicates, parse_constant=refuse)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise DocumentError(problem) from error
    return data


def check_fields(data: Mapping[str, Any], expected: Collection[str], optional: Collection[str] = ()) -> None:
    """Check that all expected fields are there, and no others but the optional ones.

    Raises:
        DocumentError: If not.
    """
    for name in data:
        if name not in expected and name not in optional:
            raise DocumentError(f"the groove has the unknown field {quote(name)}")
    for name in expected:
        if name not in data:
            raise DocumentError(f"the groove lacks the field '{name}'")


def check_hit_count(count: int) -> None:
    """Raise `DocumentError` if a groove has more hits than a file may hold."""
    most = default_config().document.max_hits  # more would not fit into a file of `max_bytes`
    if count > most:
        raise DocumentError(f"the groove has too many hits: it may have at most {most}, got {count}")


def read_hits(hits: object, step_count: int) -> Cells:
    """Read a list of `[step, voice, velocity, offset]`.

    Raises:
        DocumentError: If a hit is not of this form, is out of range, or the second one of its cell.
    """
    if not isinstance(hits, list):
        raise DocumentError(f"'hits' must be a list, got {quote(hits)}")
    check_hit_count(len(hits))
    cells: dict[tuple[int, int], tuple[float, float]] = {}
    for number, hit in enumerate(hits, 1):
        if not isinstance(hit, list) or len(hit) != 4:
            raise DocumentError(f"hit {number} must be [step, voice, velocity, offset], got {quote(hit)}")
        step, voice, velocity, offset = hit
        step = whole_number(f"the step of hit {number}", step, (0, step_count - 1))
        if not isinstance(voice, str) or voice not in VOICE_INDEX:
            raise DocumentError(f"hit {number} has the unknown voice {quote(voice)}, it must be one of {', '.join(VOICE_INDEX)}")
        if not is_number(velocity) or not 0 < velocity <= 1:
            raise DocumentError(f"the velocity of hit {number} must be above 0 and at most 1, got {quote(velocity)}")
        if not is_number(offset) or not -0.5 <= offset < 0.5:
            raise DocumentError(f"the offset of hit {number} must be at least -0.5 and less than 0.5 steps, got {quote(offset)}")
        if (step, VOICE_INDEX[voice]) in cells:
            raise DocumentError(f"hit {number} is the second one of its voice at step {step}, there may be one")
        cells[step, VOICE_INDEX[voice]] = velocity, offset
    steps, voices = np.array(list(cells), dtype=np.int64).reshape(-1, 2).T
    velocities, offsets = np.array(list(cells.values()), dtype=np.float32).reshape(-1, 2).T
    return Cells(steps, voices, velocities, offsets)


def whole_number(name: str, value: object, limits: tuple[int, int]) -> int:
    """Check a whole number against its limits, both included.

    Raises:
        DocumentError: If it is outside, or not whole.
    """
    try:
        return check_whole(name, value, limits)
    except SettingError as error:
        raise DocumentError(str(error)) from error


def shortest(value: float | np.floating[Any]) -> float:
    """Find the shortest decimal number that is read back as the same single."""
    single = np.float32(value)
    short = float(str(single))
    return short if np.float32(short) == single else float(single)
