"""The file `groove.json`: a take as plain data, without any loss."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import DocumentError
from drummer.files.document.details import from_plain, to_plain
from drummer.files.document.plain_data import GridShape, build_groove, parse_json, read_hits, shortest
from drummer.files.document.take import Take, check_header, header_of, take_of
from drummer.music.voices import VOICES
from drummer.validation import quote

FORMAT = "drummer groove"
VERSION = 2  # version 1 has `beats_per_bar` instead of `meter`, and no details


def to_document(take: Take) -> dict[str, Any]:
    """Encode a take as plain data that JSON can hold; the inverse of `from_document`, bit for bit.

    A hit is `[step, voice, velocity, offset]`: step from 0, name of the voice, velocity in (0, 1], offset in [-0.5, 0.5) steps,
    positive = late. A groove that was read from a MIDI file has `details`, see `drummer.files.document.details`.
    """
    groove = take.groove
    steps, voices = np.nonzero(groove.hits)
    cells = zip(steps.tolist(), voices.tolist(), strict=True)
    hits = [[s, VOICES[v].name, shortest(groove.velocities[s, v]), shortest(groove.offsets[s, v])] for s, v in cells]
    data = {"format": FORMAT, "version": VERSION, **header_of(take), "hits": hits}
    return data if groove.details is None else {**data, "details": to_plain(groove.details)}


def from_document(data: object) -> Take:
    """Decode a take from plain data; the inverse of `to_document`.

    Raises:
        DocumentError: If the data is wrong, in one sentence that names the first fault.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DocumentError(f"this is not a groove: it must be an object whose 'format' is '{FORMAT}'")
    version = data.get("version")
    if version not in (1, VERSION) or isinstance(version, bool):
        raise DocumentError(f"the groove file is of version {quote(version)}, but this Drummer reads 1 and {VERSION}")
    check_header(data, newest=version == VERSION, others=("format", "version", "hits"))
    shape = GridShape.of(data)
    own = from_plain(data.get("details"), shape.steps)
    return take_of(data, build_groove(shape, read_hits(data["hits"], shape.steps), own))


def to_json(take: Take) -> str:
    """Encode a take as the content of `groove.json`; the inverse of `from_json`, bit for bit."""
    text = json.dumps(to_document(take), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("],[", "],\n[") + "\n"  # a line for each hit


def from_json(text: str | bytes) -> Take:
    """Decode the content of `groove.json`; the inverse of `to_json`.

    Raises:
        DocumentError: If it is too large, not JSON, or not a take.
    """
    limit = default_config().document.max_bytes
    if len(text) > limit:
        raise DocumentError(f"the groove file is too large: it may have at most {limit / 1e6:g} MB")
    return from_document(parse_json(text, "the groove file is not JSON, or damaged"))
