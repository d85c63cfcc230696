"""MIDI files to grooves and back; the only package that imports a MIDI library.

`read` and `write` are inverses, with the option `whole`: a groove that was written and read is the same, its onsets to a tick.
"""

from drummer.files.midi.parts import DRUM_CHANNEL, PartInfo
from drummer.files.midi.placing import MAX_VELOCITY
from drummer.files.midi.reading import DEFAULT_TEMPO, MidiReading, list_parts, read, read_rhythm
from drummer.files.midi.time_map import DEFAULT_SIGNATURE
from drummer.files.midi.writing import WrittenNote, as_written, to_bytes, write, written_notes

__all__ = [
    "DEFAULT_SIGNATURE",
    "DEFAULT_TEMPO",
    "DRUM_CHANNEL",
    "MAX_VELOCITY",
    "MidiReading",
    "PartInfo",
    "WrittenNote",
    "as_written",
    "list_parts",
    "read",
    "read_rhythm",
    "to_bytes",
    "write",
    "written_notes",
]
