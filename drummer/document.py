"""A groove with the settings that made it, as plain data: the file `groove.json`, and a code short enough for a link.

The file is lossless. The code keeps what a MIDI file keeps: velocities of 1 to 127, and onsets to a 480th of a beat.
Both come from strangers, so nothing in them is believed before it is checked.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.config import DocumentConfig, default_config
from drummer.errors import DocumentError, GrooveError, SettingError
from drummer.music.controls import CONTROLS
from drummer.music.groove import MAX_BPM, MAX_EXPRESSION, MIN_BPM, Groove
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX, VOICES
from drummer.validation import check_whole, is_number, quote

FORMAT = "drummer groove"
VERSION = 1
SONG_PARTS = ("intro", "verse", "chorus", "bridge", "ending")

_HEADER = ("bpm", "beats_per_bar", "steps_per_beat", "bars", "settings", "seed", "edited", "model_hash")
_NAME = re.compile(
    r"[\w(\[][\w .,()\[\]+=#!@~-]{0,63}"
)  # of a kit, a model, ...: as long as a file name that a person would choose
_HASH = re.compile(r"(?:[0-9a-f]{8,64})?")
_CODE = re.compile(r"[0-9A-Za-z_-]+")
_MAX_VELOCITY = 127
_TICKS_PER_BEAT = 480  # what a code rounds onsets to; the resolution of the MIDI files that Drummer writes
_MOST_TICKS = 254  # of a step, so that a distance fits into a byte
# What codes are likely to hold, so that they need not spell it out. Links in the world were made with it: it never changes.
_DICTIONARY = (
    b'"locked":["muted":["song":[{"part":"human":"drum_map":"to_genre":"fill":[0,0,0,1,0,0,0,1]null,null,"looseness":"dynamics":'
    b'"cymbals":"toms":"kick":"variation":"lateness":"swing":"fill_every":4,"complexity":0.5,"intensity":0.5,"model":"large"'
    b'"small""kit":"red_zeppelin""genre":"afrocuban""blues""dance""hiphop""jazz""latin""neworleans""pop""reggae""rock""soul"'
    b'{"bpm":120.0,"beats_per_bar":4,"steps_per_beat":12,"bars":8,"settings":{"genre":"funk","kit":"black_pearl",'
    b'"model":"medium","temperature":1.0},"seed":7,"edited":false,"model_hash":""}'
)

_Check = Callable[[str, object, DocumentConfig], Any]


@dataclass(frozen=True)
class Take:
    """A groove and how it came about: all that a page needs in order to open it again.

    Attributes:
        groove: What is played.
        settings: By the names in `SETTINGS`; what is not there was left to the drummer. Read-only. The tempo is how a groove is
            played: where it was changed afterwards, `generated_bpm` is the one at which settings and seed give these hits.
        seed: What all chance came from, or None where the groove was not played by the model.
        edited: Whether somebody has changed what settings and seed gave.
        model_hash: Which weights played it, see `drummer.model.checkpoint.TrainedModel.fingerprint`; may be empty.

    Raises:
        DocumentError: If one of these is not what it should be, in one sentence.
    """

    groove: Groove
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    edited: bool = False
    model_hash: str = ""

    def __post_init__(self) -> None:
        """Check everything and take a copy of the settings."""
        config = default_config()
        _Size.of(self.groove)
        _check_hit_count(self.groove.hit_count)
        if self.seed is not None:
            object.__setattr__(self, "seed", _whole("the seed", self.seed, config.limits.seed))
        if not isinstance(self.edited, bool):
            raise DocumentError(f"'edited' must be true or false, got {quote(self.edited)}")
        if not isinstance(self.model_hash, str) or not _HASH.fullmatch(self.model_hash):
            raise DocumentError(f"the model hash must be 8-64 hexadecimal digits or empty, got {quote(self.model_hash)}")
        object.__setattr__(self, "settings", MappingProxyType(_check_settings(self.settings, config.document)))

    @property
    def stem(self) -> str:
        """Its files' name as a musician would keep it, such as `funk_96bpm_8bars_seed123_edited`."""
        parts = ["-to-".join(self._genres) or "groove", f"{self.groove.bpm:g}bpm", f"{self.groove.bars}bars"]
        if self.seed is not None:
            parts.append(f"seed{self.seed}")
        return "_".join(parts + ["edited"] * self.edited)

    @property
    def heading(self) -> str:
        """What it is, in a line, such as `funk, 96 BPM, 8 bars, seed 123, edited`."""
        bars = "1 bar" if self.groove.bars == 1 else f"{self.groove.bars} bars"
        parts = [" to ".join(self._genres), f"{self.groove.bpm:g} BPM", bars]
        parts += [f"seed {self.seed}"] if self.seed is not None else []
        return ", ".join(part for part in parts + ["edited"] * self.edited if part)

    @property
    def markers(self) -> list[tuple[int, str]]:
        """First bar, from 0, and name of each block, where it is a song."""
        blocks = self.settings.get("song", ())
        firsts = np.cumsum([0, *(block["bars"] for block in blocks)]).tolist()
        named = [(first, block["part"].capitalize()) for first, block in zip(firsts, blocks, strict=False)]
        return [(first, name) for first, name in named if first < self.groove.bars]

    @property
    def _genres(self) -> list[str]:
        return [self.settings[key] for key in ("genre", "to_genre") if key in self.settings]


# -- plain data and back ---------------------------------------------------------------------------------------------------


def to_document(take: Take) -> dict[str, Any]:
    """Turn a take into mappings, lists, text and numbers that JSON can hold; the inverse of `from_document`, bit for bit.

    A hit is `[step, voice, velocity, offset]`: step from 0, name of the voice, velocity in (0, 1], offset in [-0.5, 0.5) steps,
    positive = late.
    """
    groove = take.groove
    steps, voices = np.nonzero(groove.hits)
    cells = zip(steps.tolist(), voices.tolist(), strict=True)
    hits = [[s, VOICES[v].name, _shortest(groove.velocities[s, v]), _shortest(groove.offsets[s, v])] for s, v in cells]
    return {"format": FORMAT, "version": VERSION, **_header(take), "hits": hits}


def from_document(data: object) -> Take:
    """Make a take of plain data; the inverse of `to_document`.

    Raises:
        DocumentError: If it is not such data, in one sentence that names the first thing that is wrong.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DocumentError(f"this is not a groove: it must be an object whose 'format' is '{FORMAT}'")
    if data.get("version") != VERSION:
        raise DocumentError(f"the groove file is of version {quote(data.get('version'))}, but this Drummer reads {VERSION}")
    _check_fields(data, ("format", "version", *_HEADER, "hits"))
    size = _Size.of(data)
    return _read_take(data, _groove(size, _read_hits(data["hits"], size.steps)))


def to_json(take: Take) -> str:
    """Write a take as the content of `groove.json`; the inverse of `from_json`, bit for bit."""
    text = json.dumps(to_document(take), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("],[", "],\n[") + "\n"  # a line for each hit


def from_json(text: str | bytes) -> Take:
    """Read the content of `groove.json`; the inverse of `to_json`.

    Raises:
        DocumentError: If it is too large, no JSON, or not a take.
    """
    limit = default_config().document.max_bytes
    if len(text) > limit:
        raise DocumentError(f"the groove file is too large: it may have at most {limit / 1e6:g} MB")
    return from_document(_parse(text, "the groove file is not JSON, or damaged"))


# -- a code for links and back ---------------------------------------------------------------------------------------------


def to_code(take: Take) -> str:
    """Write a take as a code of letters, digits, `-` and `_`, which a URL holds as they are.

    Velocities are rounded to 1/127 and onsets to 1/480 beat, as in a MIDI file; all else is exact. Rounding what is rounded
    changes nothing: the take that `from_code` opens has the same code again.
    """
    groove = take.groove
    voices, steps = np.nonzero(groove.hits.T)  # a voice after the other: each repeats itself
    units = _units(groove.steps_per_beat)
    early = units // 2
    distances = np.rint(groove.offsets[steps, voices].astype(np.float64) * units).astype(np.int64)
    distances = np.clip(distances, -early, (units - 1) // 2)
    velocities = np.rint(groove.velocities[steps, voices].astype(np.float64) * _MAX_VELOCITY).clip(1, _MAX_VELOCITY)
    counts = np.bincount(voices, minlength=VOICE_COUNT)
    header = json.dumps(_header(take), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    columns = (
        header.encode() + b"\n" + _numbers(counts) + _numbers(_gaps(steps, counts)),
        velocities.astype(np.uint8).tobytes(),
        (distances + early).astype(np.uint8).tobytes(),
    )
    packer = zlib.compressobj(9, zdict=_DICTIONARY)
    packed = b"".join(packer.compress(column) + packer.flush(zlib.Z_PARTIAL_FLUSH) for column in columns) + packer.flush()
    return f"{VERSION}{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_code(code: str) -> Take:
    """Open a take from a code; the inverse of `to_code` but for what that rounds.

    Raises:
        DocumentError: If it is too long, cut off, changed, or made by another version.
    """
    config = default_config().document
    if not isinstance(code, str) or not 1 < len(code) <= config.max_code_length:
        raise DocumentError(f"the code of a groove must be text of 2-{config.max_code_length} letters and digits")
    if not _CODE.fullmatch(code):
        raise DocumentError("the code of a groove has only letters, digits, '-' and '_': copy the whole link again")
    if code[0] != str(VERSION):
        raise DocumentError(f"the code of the groove is in version {quote(code[0])}, but this Drummer reads {VERSION}")
    unpacked = _unpack(code[1:], config.max_bytes)
    header, newline, rest = unpacked.partition(b"\n")
    data = _parse(header, "the code of the groove is damaged: copy the whole link again")
    if not newline or not isinstance(data, dict):
        raise DocumentError("the code of the groove is damaged: copy the whole link again")
    _check_fields(data, _HEADER)
    size = _Size.of(data)
    return _read_take(data, _groove(size, _read_columns(rest, size)))


def _units(steps_per_beat: int) -> int:
    """Parts of a step that a code can tell apart."""
    return min(_MOST_TICKS, max(1, _TICKS_PER_BEAT // steps_per_beat))


def _unpack(packed: str, limit: int) -> bytes:
    unpacker = zlib.decompressobj(zdict=_DICTIONARY)
    try:
        data = unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), limit)
    except (binascii.Error, zlib.error) as error:
        raise DocumentError("the code of the groove is damaged: copy the whole link again") from error
    if not unpacker.eof or unpacker.unused_data:  # cut off, or more than the limit
        raise DocumentError("the code of the groove is incomplete or too large: copy the whole link again")
    return data


def _gaps(steps: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn the steps of each voice, rising, into distances from its hit before, the first from the start."""
    gaps = np.diff(steps, prepend=0)
    first = (np.cumsum(counts) - counts)[counts > 0]
    gaps[first] = steps[first]
    return gaps


def _read_columns(data: bytes, size: _Size) -> _Cells:
    """Read what follows the header of a code: how many hits each voice has, where, how hard, how early or late."""
    damaged = DocumentError("the code of the groove is damaged: copy the whole link again")
    counts, rest = _read_numbers(data, VOICE_COUNT)
    total = int(counts.sum())
    if len(counts) < VOICE_COUNT or (counts > size.steps).any():
        raise damaged
    gaps, rest = _read_numbers(rest, total)
    if len(gaps) < total or len(rest) != 2 * total or (gaps > size.steps).any():
        raise damaged
    voices = np.repeat(np.arange(VOICE_COUNT), counts)
    before = np.cumsum(gaps) - gaps
    steps = np.cumsum(gaps) - np.repeat(before[(np.cumsum(counts) - counts)[counts > 0]], counts[counts > 0])
    within = np.diff(voices, prepend=-1) == 0
    if (steps >= size.steps).any() or (gaps[within] == 0).any():
        raise damaged
    units = _units(size.steps_per_beat)
    velocities, distances = np.frombuffer(rest, dtype=np.uint8).astype(np.int64).reshape(2, total)
    offsets = (distances - units // 2) / units
    return _Cells(steps, voices, (velocities / _MAX_VELOCITY).astype(np.float32), offsets.astype(np.float32))


def _numbers(values: Iterable[int]) -> bytes:
    """Write whole numbers in as many bytes as they need, seven bits each, all but a number's last with the high bit set."""
    written = bytearray()
    for value in values:
        left = int(value)
        while left > 127:
            written.append(128 | left & 127)
            left >>= 7
        written.append(left)
    return bytes(written)


def _read_numbers(data: bytes, count: int) -> tuple[NDArray[np.int64], bytes]:
    """Read as many of `_numbers` as there are, at most `count` and of three bytes; returns them and what follows."""
    values: list[int] = []
    value = shift = used = 0
    for byte in data:
        if len(values) == count or shift > 14:
            break
        used += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return np.array(values, dtype=np.int64), data[used:]


# -- checks ----------------------------------------------------------------------------------------------------------------


class _Cells(NamedTuple):
    """What sounds, as parallel arrays in any order."""

    steps: NDArray[np.int64]
    voices: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]


@dataclass(frozen=True)
class _Size:
    """The form of a groove; what is too large to be handled is an error."""

    beats_per_bar: int
    steps_per_beat: int
    bars: int
    bpm: float

    def __post_init__(self) -> None:
        config = default_config().document
        whole = {
            "beats_per_bar": _whole("the beats in a bar", self.beats_per_bar, (1, config.max_beats_per_bar)),
            "steps_per_beat": _whole("the steps in a beat", self.steps_per_beat, (1, config.max_steps_per_beat)),
            "bars": _whole("the number of bars", self.bars, (1, config.max_bars)),
        }
        for name, value in whole.items():  # JSON may write 8 as 8.0
            object.__setattr__(self, name, value)
        if self.steps > config.max_steps:
            raise DocumentError(f"the groove is too long: it may have at most {config.max_steps} steps, got {self.steps}")
        if not is_number(self.bpm) or not MIN_BPM <= self.bpm <= MAX_BPM:
            raise DocumentError(f"the tempo must be {MIN_BPM:g}-{MAX_BPM:g} BPM, got {quote(self.bpm)}")

    @classmethod
    def of(cls, data: Groove | Mapping[str, Any]) -> _Size:
        """Take the form of a groove, or of one as plain data."""
        names = (each.name for each in fields(cls))
        return cls(*(data[name] if isinstance(data, Mapping) else getattr(data, name) for name in names))

    @property
    def steps(self) -> int:
        return self.bars * self.beats_per_bar * self.steps_per_beat


def _header(take: Take) -> dict[str, Any]:
    groove = take.groove
    return {
        "bpm": groove.bpm,
        "beats_per_bar": groove.beats_per_bar,
        "steps_per_beat": groove.steps_per_beat,
        "bars": groove.bars,
        "settings": dict(take.settings),
        "seed": take.seed,
        "edited": take.edited,
        "model_hash": take.model_hash,
    }


def _parse(text: str | bytes, problem: str) -> object:
    """Parse JSON that stands for one thing only: no name twice, no NaN."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(pairs)
        if len(names) < len(pairs):
            raise ValueError("a name stands there twice")
        return names

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is no number")

    try:
        data: object = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise DocumentError(problem) from error
    return data


def _check_fields(data: Mapping[str, Any], expected: Iterable[str]) -> None:
    for name in data:
        if name not in expected:
            raise DocumentError(f"the groove has the unknown field {quote(name)}")
    for name in expected:
        if name not in data:
            raise DocumentError(f"the groove lacks the field '{name}'")


def _check_hit_count(count: int) -> None:
    most = default_config().document.max_hits  # more would not fit into a file of `max_bytes`
    if count > most:
        raise DocumentError(f"the groove has too many hits: it may have at most {most}, got {count}")


def _read_hits(hits: object, step_count: int) -> _Cells:
    if not isinstance(hits, list):
        raise DocumentError(f"'hits' must be a list, got {quote(hits)}")
    _check_hit_count(len(hits))
    cells: dict[tuple[int, int], tuple[float, float]] = {}
    for number, hit in enumerate(hits, 1):
        if not isinstance(hit, list) or len(hit) != 4:
            raise DocumentError(f"hit {number} must be [step, voice, velocity, offset], got {quote(hit)}")
        step, voice, velocity, offset = hit
        step = _whole(f"the step of hit {number}", step, (0, step_count - 1))
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
    return _Cells(steps, voices, velocities, offsets)


def _groove(size: _Size, cells: _Cells) -> Groove:
    every = np.zeros((3, size.steps, VOICE_COUNT), dtype=np.float32)
    place = cells.steps, cells.voices
    every[0][place], every[1][place], every[2][place] = 1, cells.velocities, cells.offsets
    try:
        return Groove(every[0] > 0, every[1], every[2], size.bpm, size.steps_per_beat, size.beats_per_bar)
    except GrooveError as error:
        raise DocumentError(str(error)) from error


def _read_take(data: Mapping[str, Any], groove: Groove) -> Take:
    return Take(groove, data["settings"], data["seed"], data["edited"], data["model_hash"])


def _check_settings(settings: object, config: DocumentConfig) -> dict[str, Any]:
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
            f"the setting '{name}' must be 1-64 letters, digits, spaces and . , _ - + = # ! @ ~ ( ) [ ], got {quote(value)}"
        )
    return value


def _flag(name: str, value: object, _: DocumentConfig) -> bool:
    if not isinstance(value, bool):
        raise DocumentError(f"the setting '{name}' must be true or false, got {quote(value)}")
    return value


def _number(low: float, high: float) -> _Check:
    def check(name: str, value: object, _: DocumentConfig) -> Any:
        if not is_number(value) or not low <= value <= high:
            raise DocumentError(f"the setting '{name}' must be {low:g}-{high:g}, got {quote(value)}")
        return value

    return check


def _temperature(name: str, value: object, config: DocumentConfig) -> Any:
    return _number(*default_config().limits.temperature)(name, value, config)


def _top_p(name: str, value: object, _: DocumentConfig) -> Any:
    if not is_number(value) or not 0 < value <= 1:
        raise DocumentError(f"the setting '{name}' must be above 0 and at most 1, got {quote(value)}")
    return value


def _bars(name: str, value: object, config: DocumentConfig) -> int:
    return _whole(f"the setting '{name}'", value, (1, config.max_bars))


def _wish(name: str, value: object, config: DocumentConfig) -> Any:
    """Check what is asked of a drummer: a number, or a list with one or None for each bar."""
    check = _number(CONTROLS[name].low, CONTROLS[name].high)
    if not isinstance(value, list | tuple):
        return check(name, value, config)
    _whole(f"the length of the setting '{name}'", len(value), (1, config.max_bars))
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


def _song(name: str, value: object, config: DocumentConfig) -> list[dict[str, Any]]:
    """Check the blocks of a song, each with `part`, `bars` and perhaps `intensity` and `complexity`."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= config.max_blocks:
        raise DocumentError(f"the setting '{name}' must be a list of 1-{config.max_blocks} blocks, got {quote(value)}")
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


# Everything besides the groove that a page has to set again when it opens a take.
SETTINGS: Mapping[str, _Check] = MappingProxyType(
    {
        "genre": _genre,
        "to_genre": _genre,  # of a morph
        "model": _name,
        "kit": _name,
        "drum_map": _name,
        "temperature": _temperature,
        "top_p": _top_p,
        "human": _number(0, MAX_EXPRESSION),
        "fill_every": _bars,
        "generated_bpm": _number(MIN_BPM, MAX_BPM),
        **dict.fromkeys(CONTROLS, _wish),
        "locked": _voices,
        "muted": _voices,
        "soloed": _voices,
        "song": _song,
        "volume": _number(0, 1),
        "room": _number(0, 1),
        "metronome": _flag,
        "count_in": _flag,
    }
)


def _whole(what: str, value: object, limits: tuple[int, int]) -> int:
    try:
        return check_whole(what, value, limits)
    except SettingError as error:
        raise DocumentError(str(error)) from error


def _shortest(value: np.float32) -> float:
    """Find the shortest decimal number that is read back as the same single."""
    short = float(str(value))
    return short if np.float32(short) == value else float(value)
