"""Import of a musician's own MIDI file: a groove that Drummer can play with, and a summary of the file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from drummer.config import default_config
from drummer.errors import MidiError
from drummer.files import midi
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.music.groove import Groove
from drummer.music.voices import VOICES
from drummer.validation import check_number

PART_NUMBERS = (1, 2**31)  # that a request may name; a file has far fewer parts


class ImportedGroove(NamedTuple):
    """An imported file.

    Attributes:
        groove: The groove, in the meter of the file.
        summary: A line for the musician, such as `8 bars, 4/4, 96 BPM, 3 notes had no drum voice`.
    """

    groove: Groove
    summary: str


def import_midi(
    source: str | Path | bytes | BinaryIO,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
    rhythm_of: str | None = None,
    rhythm_part: int | None = None,
    max_bars: int | None = None,
) -> ImportedGroove:
    """Import a MIDI file.

    `Drummer.continue_groove` continues the groove, `Drummer.humanize` performs it, and `Drummer.infill` gives it another kick
    with `free_voices(groove, ["kick"])`. With `rhythm_of="kick"` the notes of any instrument become kicks, and `Drummer.infill`
    with `fix_voices(groove, ["kick"])` plays the rest of the kit to them.

    Args:
        source: Path of a file, or its content. Names out of the file are shortened to 40 printable characters.
        drum_map: The kit that the file was made for.
        rhythm_of: Name of the voice that all notes of a part become; None = the file's drums are read.
        rhythm_part: Number of that part, see `drummer.files.midi.list_parts`; by default the one with the likeliest rhythm.
        max_bars: Longest groove; the rest of the file is cut off. By default the most that `Drummer` plays at once.

    Raises:
        MidiError: If the file cannot be read, has no such part, or is too slow or fast for a groove.
        SettingError: If the tempo is outside the range that Drummer plays, or there is no voice `rhythm_of`.
    """
    limits = default_config().limits
    reading = midi.read(source, drum_map=drum_map) if rhythm_of is None else midi.read_rhythm(source, rhythm_of, part=rhythm_part)
    groove, summary = reading.groove, reading.summary()
    check_number("the file's tempo", groove.bpm, limits.bpm, " BPM")
    most = limits.bars[1] if max_bars is None else max_bars
    if groove.bars > most:
        groove = groove.cut(0, most)
        summary += f", the first {groove.bars} bars are used"
    return ImportedGroove(groove, summary)


def understand(source: str | Path | bytes | BinaryIO, drum_map: DrumMap = GENERAL_MIDI) -> dict[str, Any]:
    """Describe the drums of a MIDI file in plain values, for scripts.

    Args:
        source: Path of a file, or its content.
        drum_map: The kit that the file was made for.

    Returns:
        `bars`; `meter`, such as "6/8"; `bpm`; `hits`, the number of notes that are kept, percussion included; `voices`, hits of
        each voice by name; `keys`, notes that would be written back on each MIDI key; `unplaced`, notes that are lost, by key;
        `remarks`. Keys are texts, as JSON needs them. Of a file that cannot be read, only `refused`: the sentence that says why.
    """
    try:
        reading = midi.read(source, drum_map=drum_map)
    except MidiError as error:
        return {"refused": str(error)}
    groove = reading.groove
    extra_hits = groove.details.extra_hits if groove.details else ()
    voices = Counter(dict(zip((voice.name for voice in VOICES), groove.hits.sum(axis=0).tolist(), strict=True)))
    voices.update(VOICES[hit.voice].name for hit in extra_hits if hit.voice is not None)
    keys = Counter(note.pitch for note in midi.written_notes(groove, drum_map))
    return {
        "bars": groove.bars,
        "meter": groove.meter.signature,
        "bpm": groove.bpm,
        "hits": sum(keys.values()),
        "voices": dict(voices),
        "keys": {str(key): keys[key] for key in sorted(keys)},
        "unplaced": {str(key): count for key, count in reading.unplaced.items()},
        "remarks": list(reading.remarks),
    }
