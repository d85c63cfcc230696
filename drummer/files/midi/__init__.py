"""MIDI files to grooves and back; the only package that imports a MIDI library.

`read` and `write` are inverses: a groove that was written and read is the same, its onsets to a tick.
"""

from drummer.files.midi.reading import (
    DEFAULT_SIGNATURE,
    DEFAULT_TEMPO,
    DRUM_CHANNEL,
    MAX_VELOCITY,
    MidiReading,
    read,
    read_rhythm,
)
from drummer.files.midi.writing import as_written, to_bytes, write

__all__ = [
    "DEFAULT_SIGNATURE",
    "DEFAULT_TEMPO",
    "DRUM_CHANNEL",
    "MAX_VELOCITY",
    "MidiReading",
    "as_written",
    "read",
    "read_rhythm",
    "to_bytes",
    "write",
]
