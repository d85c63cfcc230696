"""The code in a link: a take in as few characters as possible, rounded as in a MIDI file.

A code is a version digit and the base64 of compressed columns: the header as JSON; the number of hits and their steps by voice;
velocities of 1 to 127; offsets to a 480th of a beat.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.errors import DocumentError
from drummer.files.document.details import from_plain, to_plain
from drummer.files.document.plain_data import Cells, GridShape, build_groove, parse_json
from drummer.files.document.take import Take, check_header, header_of, take_of
from drummer.music.voices import VOICE_COUNT
from drummer.validation import quote

VERSION = 2  # version 1 has `beats_per_bar` instead of `meter`, and no details

_CODE = re.compile(r"[0-9A-Za-z_-]+")
_MAX_VELOCITY = 127
_TICKS_PER_BEAT = 480  # that onsets are rounded to; the resolution of the MIDI files that Drummer writes
_MAX_UNITS = 254  # of a step, so that an offset fits into a byte
# zlib's preset dictionary: text that codes are likely to contain. Shared links depend on it, so it never changes.
DICTIONARY = (
    b'"locked":["muted":["song":[{"part":"human":"drum_map":"to_genre":"fill":[0,0,0,1,0,0,0,1]null,null,"looseness":"dynamics":'
    b'"cymbals":"toms":"kick":"variation":"lateness":"swing":"fill_every":4,"complexity":0.5,"intensity":0.5,"model":"large"'
    b'"small""kit":"red_zeppelin""genre":"afrocuban""blues""dance""hiphop""jazz""latin""neworleans""pop""reggae""rock""soul"'
    b'{"bpm":120.0,"beats_per_bar":4,"steps_per_beat":12,"bars":8,"settings":{"genre":"funk","kit":"black_pearl",'
    b'"model":"medium","temperature":1.0},"seed":7,"edited":false,"model_hash":""}'
)


def to_code(take: Take) -> str:
    """Encode a take in letters, digits, `-` and `_`, which a URL holds as they are.

    Velocities are rounded to 1/127 and onsets to 1/480 beat, as in a MIDI file. Of a hi-hat pedal only the positions that open or
    close the hi-hat are kept. All else is exact. Rounding is stable: the take that `from_code` returns has the same code again.
    """
    groove = take.groove
    voices, steps = np.nonzero(groove.hits.T)  # voice by voice: each repeats itself, which compresses well
    units = _units(groove.steps_per_beat)
    early = units // 2
    distances = np.rint(groove.offsets[steps, voices].astype(np.float64) * units).astype(np.int64)
    distances = np.clip(distances, -early, (units - 1) // 2)
    velocities = np.rint(groove.velocities[steps, voices].astype(np.float64) * _MAX_VELOCITY).clip(1, _MAX_VELOCITY)
    counts = np.bincount(voices, minlength=VOICE_COUNT)
    closed = default_config().midi.closed_pedal
    own = {} if groove.details is None else {"details": to_plain(groove.details.with_pedal_changes_only(closed))}
    header = json.dumps({**header_of(take), **own}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    columns = (
        header.encode() + b"\n" + _numbers(counts) + _numbers(_gaps(steps, counts)),
        velocities.astype(np.uint8).tobytes(),
        (distances + early).astype(np.uint8).tobytes(),
    )
    packer = zlib.compressobj(9, zdict=DICTIONARY)
    packed = b"".join(packer.compress(column) + packer.flush(zlib.Z_PARTIAL_FLUSH) for column in columns) + packer.flush()
    return f"{VERSION}{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_code(code: str) -> Take:
    """Decode a take from a code; the inverse of `to_code` except for its rounding.

    Raises:
        DocumentError: If it is too long, cut off, changed, or made by another version.
    """
    config = default_config().document
    if not isinstance(code, str) or not 1 < len(code) <= config.max_code_length:
        raise DocumentError(f"the code of a groove must be text of 2 to {config.max_code_length} letters and digits")
    if not _CODE.fullmatch(code):
        raise DocumentError("the code of a groove has only letters, digits, '-' and '_': copy the whole link again")
    if code[0] not in ("1", str(VERSION)):
        raise DocumentError(f"the code of the groove is in version {quote(code[0])}, but this Drummer reads 1 and {VERSION}")
    unpacked = _unpack(code[1:], config.max_bytes)
    header, newline, rest = unpacked.partition(b"\n")
    data = parse_json(header, "the code of the groove is damaged: copy the whole link again")
    if not newline or not isinstance(data, dict):
        raise DocumentError("the code of the groove is damaged: copy the whole link again")
    check_header(data, newest=code[0] == str(VERSION))
    shape = GridShape.of(data)
    own = from_plain(data.get("details"), shape.steps)
    return take_of(data, build_groove(shape, _read_columns(rest, shape), own))


def _units(steps_per_beat: int) -> int:
    """Return the number of parts of a step that offsets are rounded to."""
    return min(_MAX_UNITS, max(1, _TICKS_PER_BEAT // steps_per_beat))


def _unpack(packed: str, limit: int) -> bytes:
    unpacker = zlib.decompressobj(zdict=DICTIONARY)
    try:
        data = unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), limit)
    except (binascii.Error, zlib.error) as error:
        raise DocumentError("the code of the groove is damaged: copy the whole link again") from error
    if not unpacker.eof or unpacker.unused_data:  # cut off, or more than the limit
        raise DocumentError("the code of the groove is incomplete or too large: copy the whole link again")
    return data


def _gaps(steps: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps from each hit of a voice back to the one before, of its first to the start; steps rise within a voice."""
    gaps = np.diff(steps, prepend=0)
    first = (np.cumsum(counts) - counts)[counts > 0]
    gaps[first] = steps[first]
    return gaps


def _read_columns(data: bytes, shape: GridShape) -> Cells:
    """Read the columns after the header: number of hits of each voice, steps, velocities, offsets."""
    damaged = DocumentError("the code of the groove is damaged: copy the whole link again")
    counts, rest = _read_numbers(data, VOICE_COUNT)
    total = int(counts.sum())
    if len(counts) < VOICE_COUNT or (counts > shape.steps).any():
        raise damaged
    gaps, rest = _read_numbers(rest, total)
    if len(gaps) < total or len(rest) != 2 * total or (gaps > shape.steps).any():
        raise damaged
    voices = np.repeat(np.arange(VOICE_COUNT), counts)
    before = np.cumsum(gaps) - gaps
    steps = np.cumsum(gaps) - np.repeat(before[(np.cumsum(counts) - counts)[counts > 0]], counts[counts > 0])
    within = np.diff(voices, prepend=-1) == 0
    if (steps >= shape.steps).any() or (gaps[within] == 0).any():
        raise damaged
    units = _units(shape.steps_per_beat)
    velocities, distances = np.frombuffer(rest, dtype=np.uint8).astype(np.int64).reshape(2, total)
    offsets = (distances - units // 2) / units
    return Cells(steps, voices, (velocities / _MAX_VELOCITY).astype(np.float32), offsets.astype(np.float32))


def _numbers(values: Iterable[int]) -> bytes:
    """Encode whole numbers with seven bits a byte; all bytes of a number but its last have the high bit set."""
    written = bytearray()
    for value in values:
        left = int(value)
        while left > 127:
            written.append(128 | left & 127)
            left >>= 7
        written.append(left)
    return bytes(written)


def _read_numbers(data: bytes, count: int) -> tuple[NDArray[np.int64], bytes]:
    """Decode at most `count` of `_numbers`, each of at most three bytes; return them and the rest of the data."""
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
