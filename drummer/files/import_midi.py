"""Import of a musician's own MIDI file: a groove that Drummer can play with, and a summary of the file."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from drummer.config import default_config
from drummer.files import midi
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.music.groove import Groove
from drummer.validation import check_number


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
    max_bars: int | None = None,
) -> ImportedGroove:
    """Import a MIDI file.

    `Drummer.continue_groove` continues the groove, `Drummer.humanize` performs it, and `Drummer.infill` gives it another kick
    with `free_voices(groove, ["kick"])`. With `rhythm_of="kick"` the notes of any instrument become kicks, and `Drummer.infill`
    with `fix_voices(groove, ["kick"])` plays the rest of the kit to them.

    Args:
        source: Path of a file, or its content. The result contains no names out of the file.
        drum_map: The kit that the file was made for.
        rhythm_of: Name of the voice that all notes become; None = the file's drums are read.
        max_bars: Longest groove; the rest of the file is cut off. By default the most that `Drummer` plays at once.

    Raises:
        MidiError: If the file cannot be read, or is too slow or fast for a groove.
        SettingError: If the tempo is outside the range that Drummer plays.
    """
    limits = default_config().limits
    reading = midi.read(source, drum_map=drum_map) if rhythm_of is None else midi.read_rhythm(source, rhythm_of)
    groove, summary = reading.groove, reading.summary()
    check_number("the file's tempo", groove.bpm, limits.bpm, " BPM")
    most = limits.bars[1] if max_bars is None else max_bars
    if groove.bars > most:
        groove = groove.cut(0, most)
        summary += f", the first {groove.bars} bars are used"
    return ImportedGroove(groove, summary)
