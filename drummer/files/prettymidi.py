"""`PrettyMIDI` objects of the library pretty_midi to grooves and back, by way of a MIDI file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from drummer.errors import MidiError
from drummer.files import midi
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.music.groove import Groove
from drummer.validation import cut

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

_MICROSECONDS = 60_000_000  # in a minute; tempos of MIDI are whole microseconds a quarter note


def from_pretty_midi(pm: PrettyMIDI, *, drum_map: DrumMap = GENERAL_MIDI) -> Groove:
    """Read the drums of a `PrettyMIDI` object as a groove; the inverse of `to_pretty_midi`.

    Drums, tempo and meter are found as in a MIDI file, see `drummer.files.midi.read`. As a `PrettyMIDI` does not say where its
    music ends, the groove ends with the bar of its last hit.

    Example:
        >>> import pretty_midi
        >>> pm = pretty_midi.PrettyMIDI(initial_tempo=90)
        >>> pm.time_signature_changes = [pretty_midi.TimeSignature(6, 8, 0.0)]
        >>> kit = pretty_midi.Instrument(program=0, is_drum=True)
        >>> kit.notes = [pretty_midi.Note(100, 36, 0.0, 0.1), pretty_midi.Note(90, 38, 1.0, 1.1)]
        >>> pm.instruments = [kit]
        >>> groove = from_pretty_midi(pm)
        >>> str(groove.meter), groove.bpm, groove.to_hits().beats.tolist()
        ('6/8', 90.0, [0.0, 1.5])

    Args:
        pm: The object, which stays as it is.
        drum_map: The kit that its notes are made for.

    Raises:
        MidiError: If it is no `PrettyMIDI`, holds no drums, or holds values that MIDI has no room for.
    """
    import pretty_midi  # takes a quarter of a second

    if not isinstance(pm, pretty_midi.PrettyMIDI):
        raise MidiError(f"a PrettyMIDI object is needed, got one of type {type(pm).__name__}")
    buffer = io.BytesIO()
    try:
        pm.write(buffer)
    except Exception as error:  # its writer and mido raise ValueError, TypeError, IndexError, AttributeError, ...
        raise MidiError(f"the PrettyMIDI object cannot be written as MIDI: {cut(error) or type(error).__name__}") from error
    groove = midi.read(buffer.getvalue(), drum_map=drum_map, whole=True).groove
    return groove.with_bpm(_exact_bpm(groove.bpm, pm))


def to_pretty_midi(groove: Groove, *, drum_map: DrumMap | None = None) -> PrettyMIDI:
    """Convert a groove to a `PrettyMIDI` object with its tempo, its time signature and one drum instrument (`is_drum`).

    Hits that came from a file keep their keys. Notes are those of the MIDI file that `drummer.files.midi.to_bytes` writes; chokes
    and the grouping of the meter are lost, since a `PrettyMIDI` has no place for them.

    Example:
        >>> from drummer import Groove, Meter
        >>> pm = to_pretty_midi(Groove.silent(2, bpm=90, meter=Meter(6, 8)))
        >>> pm.time_signature_changes
        [TimeSignature(numerator=6, denominator=8, time=0.0)]

    Args:
        groove: The groove.
        drum_map: The kit whose notes the object has; by default the one that the groove came from, or General MIDI.

    Raises:
        MidiError: If the groove has a form that MIDI cannot hold.
    """
    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(midi.to_bytes(groove, drum_map=drum_map)))


def _exact_bpm(read: float, pm: PrettyMIDI) -> float:
    """Round the tempo of an object to whole microseconds a quarter note; its writer cuts it, which makes 97 BPM 97.0002."""
    _, tempos = pm.get_tempo_changes()
    bpm = min(tempos.tolist(), key=lambda tempo: abs(tempo - read))
    quarter, whole = round(_MICROSECONDS / bpm), float(round(bpm))
    return whole if round(_MICROSECONDS / whole) == quarter else _MICROSECONDS / quarter
