"""The value of the drum grid: a take as plain data, see `drummer.files.document`.

Besides the take there are `made`, a random id of each groove that the server makes; `ask`, parameters of a request about the
groove, such as `{"seed": 1234, "bar": 2, "bars": 4}`: the seed, the bar from 0, the number of bars to add; and `opened`, true for
grooves from a link or a file, whose settings the page then shows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from drummer.errors import DocumentError
from drummer.files.document import Take, from_document, to_document

Value = dict[str, Any]

_OWN = ("made", "ask", "opened")


def to_value(take: Take, *, opened: bool = False) -> Value:
    """Turn a take into a value that the grid shows as a new groove; the inverse of `from_value`."""
    return {**to_document(take), "made": secrets.token_hex(4), "opened": opened}


def from_value(value: object) -> Take:
    """Read and check the grid's value, which comes from a browser.

    Raises:
        DocumentError: If there is no groove, or one that is not valid, in one sentence.
    """
    if not isinstance(value, Mapping):
        raise DocumentError("there is no groove yet, generate one first")
    return from_document({name: part for name, part in value.items() if name not in _OWN})


def read_ask(value: object) -> Mapping[str, Any]:
    """Read the parameters of a request in the grid's value, unchecked."""
    ask = value.get("ask") if isinstance(value, Mapping) else None
    return ask if isinstance(ask, Mapping) else {}
