"""What a musician's own MIDI file holds, and what can be done with it.

The browser keeps the file and sends it along with what is asked, so nobody's file is kept on the server:
`{"content": "TVRoZA...", "drum_map": "general_midi", "do": "humanise", "bars": 4, "family": "hi-hats", "rhythm": "kick"}`, the
content in base64. None of it is believed before it is checked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from drummer.config import default_config
from drummer.errors import MidiError, SettingError
from drummer.files.document import Take, to_document
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap, find_drum_map
from drummer.files.import_midi import ImportedGroove, import_midi
from drummer.generation.masks import fix_voices, free_voices
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES as _FAMILIES
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name
from drummer.web.actions import Order, by_stretches, lengthen

FAMILIES: Mapping[str, tuple[str, ...]] = dict(
    zip(("kick", "snares", "hi-hats", "toms", "cymbals"), _FAMILIES.values(), strict=True)
)
DEEDS = ("open", "continue", "humanise", "replace", "accompany")


def survey(value: object) -> dict[str, Any]:
    """Say what a file holds.

    Returns:
        `understood`, a line; `drums` and `rhythm`, what there is to be seen of them, as `drummer.files.document` writes it.
        `drums` is None where it has no drums, which `understood` says then. `reading` is that of the value: which file it is
        about.

    Raises:
        MidiError: If it cannot be read at all.
    """
    drums: ImportedGroove | None = None
    try:
        drums = _bring(value, drum_map=_drum_map(value))
        understood = drums.summary
    except MidiError as error:
        try:
            rhythm = _bring(value, rhythm_of="kick")
        except MidiError:
            raise error from None  # it is not for want of drums
        understood = f"{rhythm.summary}: {error}, so that only its rhythm can be used"
    else:
        rhythm = _bring(value, rhythm_of="kick")
    reading = value.get("reading") if isinstance(value, Mapping) else None
    return {
        "reading": reading if isinstance(reading, int) and abs(reading) < 2**53 else None,  # as JavaScript counts
        "understood": understood,
        "drums": to_document(Take(drums.groove)) if drums else None,
        "rhythm": to_document(Take(rhythm.groove)),
    }


def do(value: object, order: Order) -> Take:
    """Do what is asked with a file: see `DEEDS`.

    - `open`: use it as it is.
    - `continue`: go on from it for some bars.
    - `humanise`: perform it anew, the same notes with a drummer's dynamics and microtiming.
    - `replace`: play one family of its voices anew, see `FAMILIES`.
    - `accompany`: let its notes, whatever instrument they are for, be one drum voice, and play the rest of the kit to it.

    Raises:
        DrummerError: If it cannot be read, or what is asked cannot be.
    """
    parts = value if isinstance(value, Mapping) else {}
    deed = check_name("thing to do with a file", str(parts.get("do")), DEEDS)
    family = check_name("family of voices", str(parts.get("family")), FAMILIES)
    rhythm = check_name("voice", str(parts.get("rhythm")), VOICE_INDEX)
    read = {"rhythm_of": rhythm} if deed == "accompany" else {"drum_map": _drum_map(value)}
    groove = _bring(value, **read).groove
    drummer = order.drummer

    def play(stretch: Groove, first: int, seed: Any) -> Groove:
        wanted = {"seed": seed, **order.asked(first, stretch.bars)}
        if deed == "humanise":
            return drummer.humanize(stretch, **wanted)
        if deed == "replace":
            return drummer.infill(stretch, free_voices(stretch, FAMILIES[family]), **wanted)
        return drummer.infill(stretch, fix_voices(stretch, [rhythm]), **wanted)

    if deed == "continue":
        groove = lengthen(groove, order, order.seed, parts.get("bars"))
    elif deed != "open":
        groove = by_stretches(groove, play, order.seed)
    settings = {name: setting for name, setting in order.settings.items() if name != "to_genre"}
    if deed == "open":
        return Take(groove, settings, edited=True)
    return Take(groove, settings, int(order.seed), edited=True, model_hash=drummer.trained.fingerprint)


def _bring(value: object, **how: Any) -> ImportedGroove:
    return import_midi(_content(value), max_bars=default_config().document.max_bars, **how)


def _content(value: object) -> bytes:
    content = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(content, str) or not content:
        raise SettingError("there is no file yet: drop or choose a MIDI file first")
    if len(content) > 2 * default_config().midi.max_bytes:
        raise MidiError(f"the MIDI file is too large: it may have at most {default_config().midi.max_bytes / 1e6:g} MB")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MidiError("the MIDI file did not arrive whole: choose it again") from error


def _drum_map(value: object) -> DrumMap:
    return find_drum_map(str(value.get("drum_map") if isinstance(value, Mapping) else GENERAL_MIDI.name))
