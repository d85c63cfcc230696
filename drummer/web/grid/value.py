"""What the drum grid holds: a take as plain data, see `drummer.document`.

Besides there is `made`, which tells a groove that the server made from another.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drummer.document import Take, from_document, to_document
from drummer.errors import DocumentError
from drummer.groove import Groove
from drummer.voices import VOICE_COUNT, VOICE_INDEX

Value = dict[str, Any]


def to_value(take: Take) -> Value:
    """Turn a take into what the grid shows as a new groove; the inverse of `from_value`."""
    return {**to_document(take), "made": secrets.token_hex(4)}


def from_value(value: object) -> Take:
    """Read what the grid holds after edits; it comes from a browser, so all of it is checked.

    Raises:
        DocumentError: If there is no groove, or one that is not valid, in one sentence.
    """
    if not isinstance(value, Mapping):
        raise DocumentError("there is no groove yet, generate one first")
    return from_document({name: part for name, part in value.items() if name != "made"})


def audible(take: Take) -> Groove:
    """Leave out what is muted, or, where a voice is soloed, all others: a download holds what is heard."""
    muted, soloed = ({VOICE_INDEX[name] for name in take.settings.get(what, ())} for what in ("muted", "soloed"))
    silent = [voice for voice in range(VOICE_COUNT) if (voice not in soloed if soloed else voice in muted)]
    velocities, offsets = take.groove.velocities.copy(), take.groove.offsets.copy()
    velocities[:, silent] = offsets[:, silent] = 0
    return replace(take.groove, hits=velocities > 0, velocities=velocities, offsets=offsets)
