"""A musician's own MIDI file: what was understood of it, ready to go on from, to humanise or to play along with."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from drummer import midi
from drummer.config import default_config
from drummer.drum_maps import GENERAL_MIDI, DrumMap
from drummer.errors import MidiError
from drummer.music.groove import Groove
from drummer.validation import check_number


class Brought(NamedTuple):
    """What a file holds.

    Attributes:
        groove: In 4/4.
        understood: A line for the musician, such as `8 bars, 4/4, 96 BPM, 3 notes had no drum voice`.
    """

    groove: Groove
    understood: str


def bring(
    source: str | Path | bytes | BinaryIO,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
    rhythm_of: str | None = None,
    max_bars: int | None = None,
) -> Brought:
    """Read a musician's MIDI file.

    What to do with it: `Drummer.continue_groove` plays on, `Drummer.humanize` performs it, `Drummer.infill(groove,
    free_voices(groove, ["kick"]))` gives it another kick; with `rhythm_of="kick"` its notes, of whatever instrument, are kicks,
    and `Drummer.infill(groove, fix_voices(groove, ["kick"]))` plays the rest of the kit to them.

    Args:
        source: Path of a file, or its content. No name out of it is in what comes back.
        drum_map: The kit that the file was made for.
        rhythm_of: Name of the voice that all notes are to be; by default the file's drums are read.
        max_bars: What is longer is cut; by default what `Drummer` can play at once.

    Raises:
        MidiError: If it cannot be read, is not in 4/4, or too slow or fast for Drummer.
        SettingError: If the tempo is outside what Drummer plays.
    """
    limits, grid = default_config().limits, default_config().grid
    reading = midi.read(source, drum_map=drum_map) if rhythm_of is None else midi.read_rhythm(source, rhythm_of)
    groove, understood = reading.groove, reading.summary()
    if groove.beats_per_bar != grid.beats_per_bar:
        numerator, denominator = reading.signature
        raise MidiError(f"the file is in {numerator}/{denominator}, but Drummer plays in {grid.beats_per_bar}/4")
    check_number("the file's tempo", groove.bpm, limits.bpm, " BPM")
    most = limits.bars[1] if max_bars is None else max_bars
    if groove.bars > most:
        groove = groove.cut(0, most)
        understood += f", the first {groove.bars} bars are used"
    return Brought(groove, understood)
