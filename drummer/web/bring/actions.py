"""Actions on a musician's own MIDI file.

The browser keeps the file and sends it with each action, so that no file is kept on the server:
`{"content": "TVRoZA...", "drum_map": "general_midi", "do": "humanize", "bars": 4, "family": "hi-hats", "rhythm": "kick",
"part": 2}`, the content in base64, the number of the part for the rhythm or null. In place of the content it may send `taps`, see
`drummer.web.bring.taps`, whose rhythm can be used. Every value is checked.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drummer.config import default_config
from drummer.errors import DrummerError, MidiError, SettingError
from drummer.files.document import Take, to_document
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap, find_drum_map
from drummer.files.import_midi import PART_NUMBERS, ImportedGroove, import_midi
from drummer.files.midi import list_parts
from drummer.generation.masks import fix_voices, free_voices
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES as _FAMILIES
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name, check_whole
from drummer.web.actions import continue_groove
from drummer.web.bring.taps import read_taps
from drummer.web.grid.value import pack
from drummer.web.long_takes import by_stretches
from drummer.web.requests import GrooveRequest

FAMILIES: Mapping[str, tuple[str, ...]] = dict(
    zip(("kick", "snares", "hi-hats", "toms", "cymbals"), _FAMILIES.values(), strict=True)
)
_MOST_PARTS = 200  # of a file that a menu lists
ACTIONS = ("open", "continue", "humanize", "replace", "infill", "follow")  # values of `do`


def inspect(value: object) -> dict[str, Any]:
    """Describe a file.

    Returns:
        `understood`, a line about the file; `drums` and `rhythm`, its drums and the rhythm of one of its parts, in the format
        of `drummer.web.grid.value.pack`. Without drums `drums` is None, and `understood` explains why. `parts` lists label and
        number of each part, that with the likeliest rhythm first. `reading` is copied from the value: the browser's number of the
        file.

    Raises:
        MidiError: If the file cannot be read.
    """
    drums: ImportedGroove | None = None
    rhythm: ImportedGroove | None = None
    try:
        drums = _bring(value, drum_map=_drum_map(value))
        understood = drums.summary
    except MidiError as error:
        try:
            rhythm = _bring(value, rhythm_of="kick", rhythm_part=_part(value))
        except MidiError:
            raise error from None  # the lack of drums is not its only fault
        understood = f"{rhythm.summary}: {error}, so that only its rhythm can be used"
    else:
        with contextlib.suppress(DrummerError):  # reported where the rhythm is requested; the drums can be used
            rhythm = _bring(value, rhythm_of="kick", rhythm_part=_part(value))
    reading = value.get("reading") if isinstance(value, Mapping) else None
    return {
        "reading": reading if isinstance(reading, int) and abs(reading) < 2**53 else None,  # the range of JavaScript's integers
        "understood": understood,
        "drums": pack(to_document(Take(drums.groove))) if drums else None,
        "rhythm": pack(to_document(Take(rhythm.groove))) if rhythm else None,
        "parts": [[part.label, part.number] for part in list_parts(_content(value))[:_MOST_PARTS]],
    }


def apply(value: object, request: GrooveRequest) -> Take:
    """Apply an action to a file or, those with a rhythm, to taps.

    - `open`: use it as it is.
    - `continue`: append some bars.
    - `humanize`: keep the hits and generate their dynamics and microtiming.
    - `replace`: generate one family of voices again, see `FAMILIES`.
    - `infill`: take the notes of any part as the hits of one voice, and generate the other voices to fit.
    - `follow`: generate a new groove that sounds at the notes of any part and follows its accents. The part is repeated over the
      bars that are requested; without a number of bars it is used once, or as much of it as a groove may have.

    Raises:
        DrummerError: If the file cannot be read, or a value is not valid.
    """
    parts = value if isinstance(value, Mapping) else {}
    action = check_name("thing to do with a file", str(parts.get("do")), ACTIONS)
    family = check_name("family of voices", str(parts.get("family")), FAMILIES)
    rhythm = check_name("voice", str(parts.get("rhythm")), VOICE_INDEX)
    of_a_part = action in ("infill", "follow")
    if of_a_part and parts.get("taps") is not None:
        groove = read_taps(parts["taps"], rhythm)
    else:
        read = {"rhythm_of": rhythm, "rhythm_part": _part(value)} if of_a_part else {"drum_map": _drum_map(value)}
        groove = _bring(value, **read).groove
    drummer, params = request.drummer, request.params

    def generate(stretch: Groove, first_bar: int, seed: int) -> Groove:
        if action == "humanize":
            return drummer.humanize(stretch, params, first_bar=first_bar, seed=seed)
        fixed = free_voices(stretch, FAMILIES[family]) if action == "replace" else fix_voices(stretch, [rhythm])
        return drummer.infill(stretch, fixed, params, first_bar=first_bar, seed=seed)

    if action == "continue":
        groove = continue_groove(groove, request.with_params(bars=parts.get("bars")))
    elif action == "follow":
        own = min(groove.bars, default_config().limits.bars[1])
        bars = own if parts.get("bars") is None else parts["bars"]
        groove = drummer.generate(replace(params, bars=bars, bpm=groove.bpm, meter=groove.meter, rhythm=groove))
    elif action != "open":
        groove = by_stretches(groove, generate, params.seed)
    settings = {name: setting for name, setting in request.settings.items() if name != "to_genre"}
    if action == "open":
        return Take(groove, settings)
    return Take(groove, settings, params.seed, edited=True, model_hash=drummer.trained.fingerprint)


def _bring(value: object, **options: Any) -> ImportedGroove:
    return import_midi(_content(value), max_bars=default_config().document.max_bars, **options)


def _content(value: object) -> bytes:
    content = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(content, str) or not content:
        raise SettingError("there is no file yet: drop or choose a MIDI file first")
    if len(content) > 2 * default_config().midi.max_bytes:
        raise MidiError(f"the MIDI file is too large: it can have at most {default_config().midi.max_bytes / 1e6:g} MB")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MidiError("the MIDI file did not arrive complete: choose it again") from error


def _part(value: object) -> int | None:
    part = value.get("part") if isinstance(value, Mapping) else None
    return None if part is None else check_whole("the number of the part", part, PART_NUMBERS)


def _drum_map(value: object) -> DrumMap:
    return find_drum_map(str(value.get("drum_map") if isinstance(value, Mapping) else GENERAL_MIDI.name))
