"""What the drum grid holds: a take as plain data, see `drummer.files.document`.

Besides there is `made`, which tells a groove that the server made from another, and, where the drummer is asked to play some of
it anew, `ask`: `{"seed": 1234, "bar": 2, "bars": 4}`, the seed, the bar in question (from 0), how many bars to go on for.
`opened` says that it came from a link or a file, so that the page shows its settings.
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
    """Turn a take into what the grid shows as a new groove; the inverse of `from_value`."""
    return {**to_document(take), "made": secrets.token_hex(4), "opened": opened}


def from_value(value: object) -> Take:
    """Read what the grid holds after edits; it comes from a browser, so all of it is checked.

    Raises:
        DocumentError: If there is no groove, or one that is not valid, in one sentence.
    """
    if not isinstance(value, Mapping):
        raise DocumentError("there is no groove yet, generate one first")
    return from_document({name: part for name, part in value.items() if name not in _OWN})


def asked(value: object) -> Mapping[str, Any]:
    """Read what is asked of the drummer; whoever uses it checks it."""
    ask = value.get("ask") if isinstance(value, Mapping) else None
    return ask if isinstance(ask, Mapping) else {}
