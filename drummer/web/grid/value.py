"""The value of the drum grid: a take as plain data, see `drummer.files.document`.

Besides the take there are `made`, a random id of each groove that the server makes; `ask`, parameters of a request about the
groove, such as `{"seed": 1234, "bar": 2, "bars": 4}`: the seed, the bar from 0, the number of bars to add; and `opened`, for a
groove from a link or a file what was done with it, one of `bring.ACTIONS`, else empty. The page then shows its settings.

A groove that is still being generated comes as several values with one `made`: `streamed` is the number of bars that are there of
`bars`, and `hits` are those of the new bars only. The grid marks its own value of such a groove as `unfinished`.

`hits` and `details` travel as JSON text: Gradio's page watches every list in a value, which takes seconds with thousands of hits.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from drummer.errors import DocumentError
from drummer.files.document import Take, from_document, to_document
from drummer.files.document.plain_data import parse_json

Value = dict[str, Any]

_OWN = ("made", "ask", "opened", "streamed", "unfinished")
_UNFINISHED = "the last bars of this groove are still being generated: try again when they are there"
_PACKED = ("hits", "details")


def to_value(take: Take, *, opened: str = "") -> Value:
    """Turn a take into a value that the grid shows as a new groove; the inverse of `from_value`."""
    return {**pack(to_document(take)), "made": secrets.token_hex(4), "opened": opened}


def stream_values(parts: Iterable[Take], bars: int) -> Iterator[tuple[Take, Value]]:
    """Turn takes of consecutive bars into values that the grid shows as one new groove, which grows.

    Args:
        parts: As `drummer.web.actions.stream` yields them.
        bars: Number of bars of all together.

    Yields:
        The take as far as it is, and the value.
    """
    made, whole = secrets.token_hex(4), None
    parts = iter(parts)
    for part in parts:
        first_step = 0 if whole is None else whole.groove.steps
        whole = part if whole is None else replace(whole, groove=whole.groove.then(part.groove))
        if whole.groove.bars == bars:
            deque(parts, maxlen=0)  # frees its worker: the browser may send another request as soon as it has the last bar
        document = to_document(part)
        hits = [[first_step + step, *hit] for step, *hit in document["hits"]]
        value = pack({**document, "bars": bars, "hits": hits})
        yield whole, {**value, "made": made, "opened": "", "streamed": whole.groove.bars}


def pack(document: Mapping[str, Any]) -> Value:
    """Turn the long parts of a document into JSON text."""
    packed = {name: json.dumps(document[name], separators=(",", ":")) for name in _PACKED if name in document}
    return {**document, **packed}


def from_value(value: object) -> Take:
    """Read and check the grid's value, which comes from a browser.

    Raises:
        DocumentError: If there is no groove, or one that is not valid, in one sentence.
    """
    if not isinstance(value, Mapping):
        raise DocumentError("there is no groove yet, generate one first")
    if value.get("unfinished"):
        raise DocumentError(_UNFINISHED)
    document = {name: part for name, part in value.items() if name not in _OWN}
    for name in _PACKED:
        if isinstance(document.get(name), str):
            document[name] = parse_json(document[name], "the groove did not arrive whole: reload the page")
    return from_document(document)


def read_ask(value: object) -> Mapping[str, Any]:
    """Read the parameters of a request in the grid's value, unchecked."""
    ask = value.get("ask") if isinstance(value, Mapping) else None
    return ask if isinstance(ask, Mapping) else {}
