"""Drum notation of a groove: its hits as notes and rests of two voices, hands and feet, on sixteenths or triplets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX

DIVISIONS = 12  # of a quarter note: a sixteenth is 3, an eighth of a triplet 4
_SIXTEENTH = DIVISIONS // 4
_TRIPLET = DIVISIONS // 3
_FEET = (VOICE_INDEX["kick"], VOICE_INDEX["hihat_pedal"])


class Stroke(NamedTuple):
    """A hit of a chord: index into `VOICES`, or None and the MIDI key of percussion; velocity in (0, 1]."""

    voice: int | None
    key: int
    velocity: float


@dataclass(frozen=True)
class Event:
    """A chord, or a rest.

    Attributes:
        start: Onset in divisions from the bar line.
        length: Length in divisions.
        beat: Number of its beat in the bar; notes are beamed within it.
        triplet: Whether it is part of a triplet.
        strokes: What sounds, from the lowest voice up; empty for a rest.
    """

    start: int
    length: int
    beat: int
    triplet: bool = False
    strokes: tuple[Stroke, ...] = ()


class Bar(NamedTuple):
    """The events of a bar's two voices, which both fill it."""

    hands: tuple[Event, ...]
    feet: tuple[Event, ...]


class _Beat(NamedTuple):
    """A span of a bar: its number, its start from the bar line and its length in divisions."""

    number: int
    start: int
    length: int


def notate(groove: Groove) -> list[Bar]:
    """Write a groove as drum notation, bar by bar.

    The hits of each beat, of both voices together, go to the nearest sixteenths, or to the nearest eighths of a triplet if those
    are nearer, in quarters alone; of two hits of a voice that meet the louder stays. Hits nearest to the last bar line are
    written on the first, where they sound in a loop. A note lasts until the next of its voice, at most until the end of its beat.
    """
    beats = _beats_of(groove.meter)
    bar_length = sum(beat.length for beat in beats)
    placed, triplets = _quantise(groove, beats, bar_length)
    bars = []
    for first in range(0, groove.bars * bar_length, bar_length):
        voices = []
        for is_feet in (False, True):
            events: list[Event] = []
            for beat in beats:
                chords = {
                    time: chord
                    for time in range(beat.start, beat.start + beat.length)
                    if (chord := _chord(placed.get(first + time, {}), is_feet))
                }
                events += _fill(beat, chords, triplet=first + beat.start in triplets)
            voices.append(tuple(events))
        bars.append(Bar(*voices))
    return bars


def _beats_of(meter: Meter) -> list[_Beat]:
    """Divide a bar into quarters; eighths and sixteenths into their groups, where groups of three are a beat each."""
    unit = 4 * DIVISIONS // meter.denominator
    lengths: list[int] = []
    for size in meter.grouping:
        group = size * unit
        if meter.denominator >= 8 and size == 3:
            lengths.append(group)
        else:
            lengths += [DIVISIONS] * (group // DIVISIONS) + [group % DIVISIONS] * bool(group % DIVISIONS)
    starts = np.cumsum([0, *lengths[:-1]]).tolist()
    return [_Beat(number, start, length) for number, (start, length) in enumerate(zip(starts, lengths, strict=True))]


def _quantise(
    groove: Groove, beats: Sequence[_Beat], bar_length: int
) -> tuple[dict[int, dict[tuple[int | None, int], Stroke]], set[int]]:
    """Place the hits: strokes by time in divisions, then by voice or key; and the starts of the beats that are triplets."""
    hits = _list_hits(groove)
    onsets = np.array([onset for onset, _ in hits])
    placed: dict[int, dict[tuple[int | None, int], Stroke]] = {}
    triplets: set[int] = set()
    end = groove.bars * bar_length
    for first in range(0, end, bar_length):
        for beat in beats:
            start, stop = first + beat.start, first + beat.start + beat.length
            # Early hits of the first beat belong to it, and hits at the very end to the last.
            low, high = (-np.inf if start == 0 else start), (np.inf if stop == end else stop)
            inside = np.flatnonzero((onsets >= low) & (onsets < high))
            since = np.maximum(onsets[inside] - start, 0)
            grid = _SIXTEENTH
            if beat.length == DIVISIONS and _distance(since, _TRIPLET) < _distance(since, _SIXTEENTH):
                grid = _TRIPLET
                triplets.add(start)
            for index, steps in zip(inside.tolist(), np.rint(since / grid).astype(int).tolist(), strict=True):
                stroke = hits[index][1]
                cell = placed.setdefault((start + min(steps * grid, beat.length)) % end, {})
                same = cell.get((stroke.voice, stroke.key))
                if same is None or same.velocity < stroke.velocity:
                    cell[stroke.voice, stroke.key] = stroke
    return placed, triplets


def _distance(onsets: np.ndarray[tuple[int], np.dtype[np.float64]], grid: int) -> float:
    """Sum the squared distances to a grid; between equal grids sixteenths win."""
    return float(np.sum((onsets - np.rint(onsets / grid) * grid) ** 2)) + (1e-6 if grid == _TRIPLET else 0)


def _list_hits(groove: Groove) -> list[tuple[float, Stroke]]:
    """List onsets in divisions and strokes, with the percussion and the second hits of a file."""
    hits = groove.to_hits()
    rows = zip((hits.beats * DIVISIONS).tolist(), hits.voices.tolist(), hits.velocities.tolist(), strict=True)
    listed = [(onset, Stroke(voice, 0, velocity)) for onset, voice, velocity in rows]
    for hit in groove.details.extra_hits if groove.details is not None else ():
        stroke = Stroke(hit.voice, 0 if hit.voice is not None else hit.key, hit.velocity)
        listed.append(((hit.step + hit.offset) / groove.steps_per_beat * DIVISIONS, stroke))
    return listed


def _chord(strokes: Mapping[tuple[int | None, int], Stroke], is_feet: bool) -> tuple[Stroke, ...]:
    own = [stroke for stroke in strokes.values() if (stroke.voice in _FEET) == is_feet]
    return tuple(sorted(own, key=lambda stroke: (stroke.voice is None, stroke.voice or 0, stroke.key)))


def _fill(beat: _Beat, chords: Mapping[int, tuple[Stroke, ...]], *, triplet: bool) -> Iterator[Event]:
    """Fill a beat of one voice with its chords and rests; a triplet with nothing behind its first note is a plain beat."""
    end = beat.start + beat.length
    triplet = triplet and any(time > beat.start for time in chords)
    for start, stop in pairwise(sorted({beat.start, *chords, end})):
        strokes, time = chords.get(start, ()), start
        for length in _note_lengths(start - beat.start, stop - start):
            yield Event(time, length, beat.number, triplet, strokes)
            strokes, time = (), time + length  # rests


def _note_lengths(start: int, length: int) -> list[int]:
    """Split a length that no single note has: five sixteenths into a quarter and a sixteenth, the quarter on an eighth."""
    if length != 5 * _SIXTEENTH:
        return [length]
    return [4 * _SIXTEENTH, _SIXTEENTH] if start % (2 * _SIXTEENTH) == 0 else [_SIXTEENTH, 4 * _SIXTEENTH]
