"""Parsing of standard MIDI files: bytes to notes and the few other events that a groove is made of.

Lenient, as players are: damaged places are skipped or mended and counted, and a file that breaks off is read as far as it goes.
No Python library does that: mido, miditoolkit and pretty_midi (both on mido) and symusic refuse files for one bad controller or a
RIFF wrapper. Every byte is looked at a bounded number of times, and at most the file's own length is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.errors import MidiError
from drummer.validation import QUOTED

PEDAL = 4  # controller: position of a foot pedal, here the hi-hat's
_HEADER, _TRACK = b"MThd", b"MTrk"
_NAME, _INSTRUMENT, _END_OF_TRACK, _TEMPO, _SIGNATURE = 0x03, 0x04, 0x2F, 0x51, 0x58
_META, _SYSEX, _SYSEX_PART = 0xFF, 0xF0, 0xF7
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2, 0xF1: 1, 0xF2: 2, 0xF3: 1}
_META_LENGTHS = {0x2F: 0, 0x51: 3, 0x58: 4, 0x59: 2, 0x54: 5, 0x20: 1, 0x21: 1, 0x00: 2}
_DRUM_BANKS = {120, 127}  # values of controller 0 that make a channel a drum channel: GM2, XG
_GREATEST = 2**28 - 1  # largest number that MIDI can hold
_LOOKAHEAD = 4  # events that are parsed to tell a wrong data byte from the next event's status
_MAX_DENOMINATOR_POWER = 6
_ON, _OFF, _PRESSURE, _CONTROL, _PROGRAM = 0x90, 0x80, 0xA0, 0xB0, 0xC0


@dataclass(frozen=True, eq=False)
class Notes:
    """Notes as parallel int64 arrays, in the order of ticks.

    Attributes:
        tick: Onset.
        track: Number of the track, from 0.
        channel: From 0.
        key: MIDI key, 0-127.
        velocity: 1-127.
        length: Ticks until the note-off; -1 = it never ends.
    """

    tick: NDArray[np.int64]
    track: NDArray[np.int64]
    channel: NDArray[np.int64]
    key: NDArray[np.int64]
    velocity: NDArray[np.int64]
    length: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of notes."""
        return len(self.tick)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Notes:
        """Pick notes by a mask or by their numbers."""
        return Notes(*(getattr(self, each.name)[chosen] for each in fields(self)))


class Control(NamedTuple):
    """A pedal position or a key pressure.

    Attributes:
        tick: Time.
        track: Number of the track, from 0.
        channel: From 0.
        key: The key that is pressed; None = the pedal (controller 4).
        value: 0-127.
    """

    tick: int
    track: int
    channel: int
    key: int | None
    value: int


@dataclass
class MidiEvents:
    """Events of a MIDI file, in the order of ticks, all tracks together.

    Attributes:
        ticks_per_beat: Ticks in a quarter note.
        notes: Notes.
        controls: Hi-hat pedal positions and key pressures.
        tempos: (tick, microseconds a quarter note).
        signatures: (tick, (numerator, denominator)); of several at one tick the one that counts is the last.
        names: Track → its name, at most 40 printable characters.
        programs: (track, channel) → first program that is selected there, 0-127.
        drum_parts: (track, channel) that select a bank of drum kits.
        end: Tick at which the longest track ends.
        mended: Number of damaged places that were skipped or mended.
        cut_short: Whether the file ends inside a track.
    """

    ticks_per_beat: int
    notes: Notes = field(init=False)
    controls: list[Control] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    signatures: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    programs: dict[tuple[int, int], int] = field(default_factory=dict)
    drum_parts: set[tuple[int, int]] = field(default_factory=set)
    end: int = 0
    mended: int = 0
    cut_short: bool = False


def parse(name: str, data: bytes) -> MidiEvents:
    """Parse a MIDI file.

    Args:
        name: Of the file, for error sentences.
        data: Its content: from `MThd` on, also where it stands in a RIFF wrapper or behind a foreign header.

    Raises:
        MidiError: If it is no MIDI file, has no notes, or counts time in something else than beats.
    """
    start = data.find(_HEADER)
    if start < 0:
        raise MidiError(f"{name} is not a MIDI file")
    if len(data) < start + 14:
        raise MidiError(f"{name} is incomplete: it ends within its first 14 bytes")
    kind, stated, division = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10, 12))
    if not 0 < division < 0x8000:
        raise MidiError(f"{name} counts time in film frames (SMPTE) or not at all, but a groove needs beats")
    events = MidiEvents(division)
    rows: list[tuple[int, int, int, int, int, int]] = []
    tracks_with_notes = 0
    at = _find_track(data, start + 8 + max(6, int.from_bytes(data[start + 4 : start + 8], "big")), start + 14)
    track = 0
    while at is not None:
        parser = _TrackParser(data, at + 8, _track_end(data, at), track, events)
        parser.parse()
        tracks_with_notes += bool(parser.rows)
        rows += parser.rows
        events.cut_short |= not parser.ended and at + 8 + int.from_bytes(data[at + 4 : at + 8], "big") > len(data)
        at = _next_track(data, at, parser.at)
        track += 1
    if not rows:
        cause = "is incomplete: it ends before its first note" if events.cut_short or track < stated else "holds no notes"
        raise MidiError(f"{name} {cause}")
    if kind == 2 and tracks_with_notes > 1:
        raise MidiError(f"{name} is a MIDI file of type 2 with several tracks, but only types 0 and 1 have one common time")
    columns = np.array(rows, dtype=np.int64).T
    order = np.lexsort((columns[1], columns[4], columns[3], columns[2], columns[0]))
    events.notes = Notes(*columns[:, order])
    for items in (events.controls, events.tempos, events.signatures):
        items.sort(key=lambda item: item[0])  # stable: at one tick in the order of the file
    return events


def _is_chunk(data: bytes, at: int) -> bool:
    """Tell whether a chunk that fits into the file begins here."""
    head = data[at : at + 4]
    if head == _TRACK:
        return True
    length = int.from_bytes(data[at + 4 : at + 8], "big")
    return len(data) >= at + 8 + length and head.isascii() and head.isalnum()


def _find_track(data: bytes, at: int, otherwise: int) -> int | None:
    """Return where the first track at or after `at` begins; other chunks are stepped over.

    Args:
        data: The file.
        at: Where a chunk is expected.
        otherwise: Where to search for a track if there is no chunk.
    """
    while _is_chunk(data, at):
        if data.startswith(_TRACK, at):
            return at
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        otherwise = at
    found = data.find(_TRACK, otherwise)
    return None if found < 0 else found


def _track_end(data: bytes, at: int) -> int:
    """Return where a track ends: after its stated length if a chunk or nothing follows there, else where the next one begins."""
    stated = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    if stated == len(data) or (stated < len(data) and _is_chunk(data, stated)):
        return stated
    following = data.find(_TRACK, at + 8)
    return len(data) if following < 0 else following


def _next_track(data: bytes, at: int, parsed: int) -> int | None:
    """Return where the track after the one at `at` begins, whose events end at `parsed`."""
    if data.startswith(_TRACK, parsed):
        return parsed
    return _find_track(data, max(parsed, _track_end(data, at)), parsed)


class _TrackParser:
    """Parser of one track's events."""

    def __init__(self, data: bytes, at: int, end: int, track: int, events: MidiEvents) -> None:
        self.data, self.at, self.end = data, at, end
        self.track, self.events = track, events
        self.rows: list[tuple[int, int, int, int, int, int]] = []  # as `Notes`
        self.ended = False  # whether it has an end-of-track event
        self.begun = False  # whether the delta time of the next event is read already
        self.sounding: dict[int, list[int]] = {}  # 128 * channel + key → rows of notes that have not ended, the oldest first

    def parse(self) -> None:
        """Parse the events up to the end of the track, and leave `at` behind the last."""
        tick = running = 0
        data, end = self.data, self.end
        while self.at < end:
            if not self.begun:
                delta, self.at = _number(data, self.at, end)
                tick += delta
                if self.at >= end:
                    break
            self.begun = False
            status = data[self.at]
            if status < 0x80:
                status = running
                if not status:  # data without a status: no event at all
                    self.events.mended += 1
                    self.at += 1
                    # What follows it is the status that was due, or, where that makes more sense, the next delta time.
                    self.begun = _follows(data, self.at, end, 0) >= _follows(data, self.at, end, 0, begun=False)
                    continue
            else:
                self.at += 1
            if status == _META:
                if self._meta(tick):
                    self.ended = True
                    break
            elif status in (_SYSEX, _SYSEX_PART):
                self._skip_sysex()
            elif status >= 0xF0:
                self.events.mended += 1  # of a live connection, not of a file
                self.at += _DATA_BYTES.get(status, 0)
            else:
                running = status
                self._message(tick, status)
        self.events.end = max(self.events.end, tick)

    def _message(self, tick: int, status: int) -> None:
        """Parse a channel's message, whose status is read."""
        size = _DATA_BYTES[status & 0xF0]
        at, data = self.at, self.data
        if at + size > self.end:
            self.at = self.end
            return
        first, second = data[at], data[at + size - 1]
        if first >= 0x80 or second >= 0x80:
            self.events.mended += 1
            wrong = at if first >= 0x80 else at + 1
            if _follows(data, wrong, self.end, status) > _follows(data, at + size, self.end, status, begun=False):
                self.at, self.begun = wrong, True  # the message was cut off, and another one begins here
                return
        self.at = at + size
        self._add_event(tick, status & 0xF0, status & 0x0F, first, second)

    def _add_event(self, tick: int, kind: int, channel: int, first: int, second: int) -> None:
        if first >= 0x80:  # a key or a controller that does not exist
            return
        second = min(second, 0x7F)
        if kind == _ON and second:
            self.sounding.setdefault(128 * channel + first, []).append(len(self.rows))
            self.rows.append((tick, self.track, channel, first, second, -1))
        elif kind in (_ON, _OFF):
            rows = self.sounding.pop(128 * channel + first, ())  # players end all notes of the key
            for row in rows:
                note = self.rows[row]
                self.rows[row] = (*note[:5], tick - note[0])
        elif kind == _PRESSURE:
            self.events.controls.append(Control(tick, self.track, channel, first, second))
        elif kind == _CONTROL and first == PEDAL:
            self.events.controls.append(Control(tick, self.track, channel, None, second))
        elif kind == _CONTROL and first == 0 and second in _DRUM_BANKS:
            self.events.drum_parts.add((self.track, channel))
        elif kind == _PROGRAM:
            self.events.programs.setdefault((self.track, channel), first)

    def _meta(self, tick: int) -> bool:
        """Parse a meta event, whose status is read; return whether it ends the track."""
        if self.at >= self.end:
            return False
        kind = self.data[self.at]
        length, at = _number(self.data, self.at + 1, self.end)
        if at + length > self.end and kind != _END_OF_TRACK:
            self.at = self.end
            return False
        content = self.data[at : at + min(length, 4 * QUOTED)]
        self.at = min(at + length, self.end)
        if kind == _TEMPO and len(content) >= 3:
            if value := int.from_bytes(content[:3], "big"):
                self.events.tempos.append((tick, value))
            else:  # no time at all for a beat: the tempo before stays
                self.events.mended += 1
        elif kind == _SIGNATURE and len(content) >= 2:
            if content[0] and content[1] <= _MAX_DENOMINATOR_POWER:
                self.events.signatures.append((tick, (content[0], 2 ** content[1])))
            else:
                self.events.mended += 1
        elif kind in (_NAME, _INSTRUMENT) and self.track not in self.events.names and (text := _clean(content)):
            self.events.names[self.track] = text
        return kind == _END_OF_TRACK

    def _skip_sysex(self) -> None:
        length, at = _number(self.data, self.at, self.end)
        if at + length <= self.end:
            self.at = at + length
            return
        self.events.mended += 1  # without its length, as on a cable: it ends with F7
        found = self.data.find(bytes([_SYSEX_PART]), self.at, self.end)
        self.at = self.end if found < 0 else found + 1


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and return it with the place behind it.

    MIDI allows four bytes; of longer ones, up to eight, the value is the greatest of four.
    """
    number = 0
    for place in range(at, min(at + 8, end)):
        byte = data[place]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return min(number, _GREATEST), place + 1
    return min(number, _GREATEST), min(at + 8, end)


def _follows(data: bytes, at: int, end: int, running: int, begun: bool = True) -> int:
    """Count the well-formed events from here on, up to four; `begun` = the first one's delta time is already read."""
    for count in range(_LOOKAHEAD):
        if not begun:
            if at >= end:
                return _LOOKAHEAD  # the track ends well
            _, following = _number(data, at, end)
            if data[following - 1] >= 0x80:
                return count
            at = following
        begun = False
        if at >= end:
            return count
        if data[at] >= 0x80:
            running, at = data[at], at + 1
        if running == _META:
            length, following = _number(data, at + 1, end)
            if at >= end or data[at] >= 0x80 or following + length > end or _META_LENGTHS.get(data[at], length) != length:
                return count
            if data[at] == _END_OF_TRACK:
                return _LOOKAHEAD
            at = following + length
        elif running in (_SYSEX, _SYSEX_PART):
            length, following = _number(data, at, end)
            at = following + length
            if at > end or data[at - 1] != _SYSEX_PART:
                return count
        else:
            size = _DATA_BYTES.get(running & 0xF0, 0)
            if not size or at + size > end or data[at] >= 0x80 or data[at + size - 1] >= 0x80:
                return count
            at += size
    return _LOOKAHEAD


def _clean(content: bytes) -> str:
    """Make a name of a text event: one line of at most 40 printable characters."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:QUOTED].strip()
