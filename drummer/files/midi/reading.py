"""Reading MIDI files: the drums, or the rhythm of any instrument, as a groove.

All times are mido's ticks, never seconds: a tick is a fraction of a beat at any tempo, and a delta time of years costs
nothing until it is checked against `MidiConfig.max_bars`.
"""

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

import mido
import numpy as np

from drummer.config import default_config
from drummer.config_sections import MidiConfig
from drummer.errors import GrooveError, MidiError
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.music.groove import MAX_BPM, MIN_BPM, Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from drummer.validation import cut, quote_path

DRUM_CHANNEL = 9  # General MIDI's channel 10, counted from 0 as in the file
MAX_VELOCITY = 127
DEFAULT_TEMPO = 500_000  # microseconds a quarter note in a file without a tempo, 120 BPM
DEFAULT_SIGNATURE = (4, 4)

_DRUM_SHARE = 0.8  # of a channel's notes that must be on drum pitches before it is taken for drums
_TIMEKEEPERS = {VOICE_INDEX["kick"], VOICE_INDEX["snare"]}

# mido reads a number of any length, in quadratic time; MIDI allows four bytes, each but the last with its high bit set. No drum
# file holds this many such bytes in a row, not even in a long text or in a sequencer's own data.
_ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{4096}")


@dataclass(frozen=True)
class MidiReading:
    """A groove read from a MIDI file, and a record of the losses.

    Attributes:
        groove: The groove.
        unplaced: Number of notes in the drum channel that no voice takes, by MIDI pitch.
        merged: Number of hits lost because two hits of one voice shared a grid cell; the louder one stayed.
        signature: Time signature of the file, as written, such as (6, 8).
        remarks: Parts of a sentence on everything else that the groove does not hold, such as a change of tempo.
    """

    groove: Groove
    unplaced: Mapping[int, int]
    merged: int
    signature: tuple[int, int]
    remarks: tuple[str, ...]

    def summary(self) -> str:
        """Summarize the reading in a line, such as `8 bars, 4/4, 96 BPM, 3 notes had no drum voice`."""
        numerator, denominator = self.signature
        parts = [_count(self.groove.bars, "bar"), f"{numerator}/{denominator}", f"{self.groove.bpm:.4g} BPM"]
        if self.unplaced:
            parts.append(f"{_count(sum(self.unplaced.values()), 'note')} had no drum voice")
        if self.merged:
            parts.append(f"{_count(self.merged, 'hit')} fell together with another")
        return ", ".join([*parts, *self.remarks])


def read(
    source: str | Path | bytes | BinaryIO,
    steps_per_beat: int = 12,
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
) -> MidiReading:
    """Read the drums of a MIDI file; the inverse of `to_bytes` and `write`.

    - The drums are the notes of channel 10 that a voice takes. If it has none: those of the channel that looks like drums, with
      at least 80% of its notes on drum pitches and a kick or a snare among them (of several, the one with the most notes).
    - The groove's tempo is the tempo at its first hit. Onsets are in beats, so later tempo changes do not move them.
    - The file's first time signature holds for all of it.
    - The length is that of the file, rests included, if it ends on a bar line; else the fewest whole bars that hold all hits.

    Args:
        source: Path of a type 0 or type 1 file, or its content.
        steps_per_beat: Grid of the groove.
        config: Bounds on the file; by default those of `config.yaml`.
        drum_map: The kit that the file was made for.

    Raises:
        MidiError: If the file is missing, too large, too long, damaged, of a form that has no beats, or without drums.
    """
    config = config or default_config().midi
    name, events = _open(source, config)
    drums, channel = _find_drums(name, events.notes, drum_map.accepted)
    return _reading(name, events, drums, channel, drum_map.accepted, steps_per_beat, config)


def read_rhythm(
    source: str | Path | bytes | BinaryIO, voice: str = "kick", steps_per_beat: int = 12, config: MidiConfig | None = None
) -> MidiReading:
    """Read the rhythm of any instrument as hits of one drum voice, such as a bass line's rhythm for the kick.

    The notes are those of the channel that has the most. Of simultaneous notes the loudest stays. Otherwise as `read`.

    Args:
        source: As `read`.
        voice: Name of the voice, see `drummer.music.voices`.
        steps_per_beat: As `read`.
        config: As `read`.

    Raises:
        MidiError: As `read`, except that no drums are needed.
    """
    config = config or default_config().midi
    name, events = _open(source, config)
    channel, _ = Counter(note.channel for note in events.notes).most_common(1)[0]
    notes = [note for note in events.notes if note.channel == channel]
    every_pitch = dict.fromkeys(range(128), VOICE_INDEX[voice])
    reading = _reading(name, events, notes, DRUM_CHANNEL, every_pitch, steps_per_beat, config)
    return replace(reading, remarks=(f"notes of channel {channel + 1}", *reading.remarks))


class _Note(NamedTuple):
    tick: int
    channel: int  # from 0
    pitch: int
    velocity: int


class _Events(NamedTuple):
    """The events of a file that a groove is made of, in the order of ticks, all tracks together."""

    ticks_per_beat: int
    notes: list[_Note]
    tempos: list[tuple[int, int]]  # tick, microseconds a quarter note
    signatures: list[tuple[int, tuple[int, int]]]  # tick, (numerator, denominator)
    end: int  # tick at which the longest track ends


def _reading(
    name: str,
    events: _Events,
    drums: Sequence[_Note],
    channel: int,
    accepted: Mapping[int, int],
    steps_per_beat: int,
    config: MidiConfig,
) -> MidiReading:
    """Make a groove of notes, given in the order of ticks; those on accepted pitches are hits."""
    signature = events.signatures[0][1] if events.signatures else DEFAULT_SIGNATURE
    meter = _meter(name, signature)
    placed = [note for note in drums if note.pitch in accepted]
    bars = _bars(name, placed, events, meter, config.max_bars)
    bpm = _bpm(name, events.tempos, placed[0].tick)
    voices = [accepted[note.pitch] for note in placed]
    hits = _hits(placed, voices, events.ticks_per_beat, bars * meter.quarters, steps_per_beat)
    groove = Groove.from_hits(hits, bpm, bars=bars, steps_per_beat=steps_per_beat, meter=meter)
    unplaced = Counter(note.pitch for note in drums if note.pitch not in accepted)
    return MidiReading(
        groove,
        MappingProxyType(dict(sorted(unplaced.items()))),
        len(placed) - groove.hit_count,
        signature,
        _remarks(events, channel, bpm),
    )


def _load(source: str | Path | bytes | BinaryIO, max_bytes: int) -> tuple[str, bytes]:
    """Return a name for error sentences and the content, of which no more than the limit is read."""
    if isinstance(source, str | Path):
        name = quote_path(Path(source).name)
        data = _load_file(Path(source), max_bytes)
    else:
        name = "the MIDI file"
        data = source if isinstance(source, bytes) else source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise MidiError(f"{name} is too large: a MIDI file may have at most {max_bytes / 1e6:g} MB")
    if not data:
        raise MidiError(f"{name} is empty")
    return name, data


def _load_file(path: Path, max_bytes: int) -> bytes:
    if not path.exists():
        raise MidiError(f"there is no file {quote_path(path)}")
    if not path.is_file():  # a folder, or a device that never ends
        raise MidiError(f"{quote_path(path)} is not a file")
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise MidiError(f"cannot read {quote_path(path)}: {error.strerror or error}") from error


def _open(source: str | Path | bytes | BinaryIO, config: MidiConfig) -> tuple[str, _Events]:
    """Return a name for error sentences and the events of the file."""
    name, data = _load(source, config.max_bytes)
    return name, _collect(name, _parse(name, data))


def _parse(name: str, data: bytes) -> Any:
    if not data.startswith(b"MThd"):
        raise MidiError(f"{name} is not a MIDI file")
    if _ENDLESS_NUMBER.search(data):
        raise MidiError(f"{name} is damaged: it holds a number without an end")
    try:
        midi = mido.MidiFile(file=io.BytesIO(data))
    except EOFError as error:
        raise MidiError(f"{name} is incomplete: it ends before its last track does") from error
    except Exception as error:  # mido's parser raises OSError, ValueError, IndexError, KeyError, ...
        raise MidiError(f"{name} is damaged: {cut(error) or type(error).__name__}") from error
    if midi.type not in (0, 1):
        raise MidiError(f"{name} is a MIDI file of type {midi.type}, but only types 0 and 1 have one common time")
    if midi.ticks_per_beat <= 0:
        raise MidiError(f"{name} counts time in film frames (SMPTE) or not at all, but a groove needs beats")
    return midi


def _collect(name: str, midi: Any) -> _Events:
    notes, tempos, signatures, ends = [], [], [], [0]
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            kind = message.type
            if kind == "note_on":
                if message.velocity:  # a note-on without velocity is a note-off
                    notes.append(_Note(tick, message.channel, message.note, message.velocity))
            elif kind == "set_tempo":
                tempos.append((tick, message.tempo))
            elif kind == "time_signature":
                signatures.append((tick, (message.numerator, message.denominator)))
        ends.append(tick)
    if not notes:
        raise MidiError(f"{name} holds no notes")
    by_tick = itemgetter(0)
    return _Events(midi.ticks_per_beat, sorted(notes), sorted(tempos, key=by_tick), sorted(signatures, key=by_tick), max(ends))


def _find_drums(name: str, notes: Sequence[_Note], accepted: Mapping[int, int]) -> tuple[list[_Note], int]:
    """Return the notes of the drum channel, in the order of ticks, and that channel."""
    by_channel = {channel: list(group) for channel, group in groupby(sorted(notes, key=itemgetter(1)), key=itemgetter(1))}
    if any(note.pitch in accepted for note in by_channel.get(DRUM_CHANNEL, ())):
        return by_channel[DRUM_CHANNEL], DRUM_CHANNEL
    candidates = [channel for channel, group in by_channel.items() if _looks_like_drums(group, accepted)]
    if not candidates:
        raise MidiError(f"{name} holds no drums: neither channel 10 nor any other plays drum notes")
    channel = max(candidates, key=lambda candidate: len(by_channel[candidate]))
    return by_channel[channel], channel


def _looks_like_drums(notes: Sequence[_Note], accepted: Mapping[int, int]) -> bool:
    voices = [accepted[note.pitch] for note in notes if note.pitch in accepted]
    return len(voices) >= _DRUM_SHARE * len(notes) and not _TIMEKEEPERS.isdisjoint(voices)


def _meter(name: str, signature: tuple[int, int]) -> Meter:
    try:
        return Meter(*signature)
    except GrooveError as error:
        raise MidiError(f"{name} has an unknown time signature: {error}") from error


def _bars(name: str, hits: Sequence[_Note], events: _Events, meter: Meter, max_bars: int) -> int:
    """Return the file's own length in bars if it ends on a bar line, else the fewest bars that hold the onsets of all hits."""
    bar_ticks = max(1, round(events.ticks_per_beat * meter.quarters))
    stated, rest = divmod(events.end, bar_ticks)
    last_hit = hits[-1].tick
    meant = rest == 0 and last_hit < events.end
    if last_hit >= max_bars * bar_ticks or (meant and stated > max_bars):  # no number: it may have thousands of digits
        raise MidiError(f"{name} is too long: a MIDI file may have at most {max_bars} bars")
    return stated if meant else last_hit // bar_ticks + 1


def _bpm(name: str, tempos: Sequence[tuple[int, int]], first_hit: int) -> float:
    in_force = [tempo for tick, tempo in tempos if tick <= first_hit]
    tempo = in_force[-1] if in_force else DEFAULT_TEMPO
    bpm = mido.tempo2bpm(tempo) if tempo else float("inf")
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise MidiError(f"{name} has a tempo of {bpm:.4g} BPM, but it must be {MIN_BPM:g}-{MAX_BPM:g}")
    whole = round(bpm)  # most whole tempos have no exact number of microseconds: 97 BPM is stored as 97.00003
    return float(whole) if mido.bpm2tempo(whole) == tempo else float(bpm)


def _hits(notes: Sequence[_Note], voices: Sequence[int], ticks_per_beat: int, length: float, steps_per_beat: int) -> Hits:
    # The step nearest to a hit just ahead of the end would be the first one after it: the hit moves to the last step's last tick.
    latest = -(-ticks_per_beat * (2 * round(length * steps_per_beat) - 1) // (2 * steps_per_beat)) - 1
    beats = np.array([min(note.tick, latest) for note in notes], dtype=np.float64) / ticks_per_beat
    return Hits(
        beats,
        np.array(voices, dtype=np.int64),
        np.array([note.velocity for note in notes], dtype=np.float32) / np.float32(MAX_VELOCITY),
    )


def _remarks(events: _Events, channel: int, bpm: float) -> tuple[str, ...]:
    remarks = []
    if channel != DRUM_CHANNEL:
        remarks.append(f"drums found on channel {channel + 1}")
    if len({tempo for _, tempo in events.tempos}) > 1:
        remarks.append(f"the tempo changes, {bpm:.4g} BPM is kept")
    if len({each for _, each in events.signatures}) > 1:
        remarks.append("the time signature changes, the first is kept")
    return tuple(remarks)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
