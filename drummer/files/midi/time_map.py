"""Bars of a MIDI file: the part that is one groove, in one meter, from its first played bar to its last.

Times are ticks and fractions of ticks, never seconds, so that tempo changes move nothing and a delta time of years costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import LEAD_IN_BEATS

DEFAULT_SIGNATURE = (4, 4)
_LONGEST_COUNT_IN = 2  # bars
_FEWEST_CLICKS = 2  # of a count-in that no change of meter sets apart
_NEVER = np.iinfo(np.int64).max // 4

Signature = tuple[int, int]  # numerator, denominator


class Timed(NamedTuple):
    """Notes in the order of ticks, as far as bars depend on them.

    Attributes:
        ticks: (n,) onsets.
        lanes: (n,) number of the sound that each note plays.
        clicks: (n,) bool, whether its sound may count in: sticks, a metronome, a rim, a hi-hat.
        sticks: (n,) bool, whether its sound is made for that: all of `clicks` but hi-hats.
    """

    ticks: NDArray[np.int64]
    lanes: NDArray[np.int64]
    clicks: NDArray[np.bool_]
    sticks: NDArray[np.bool_]


class Span(NamedTuple):
    """The part of a file that becomes a groove.

    Attributes:
        start: Tick of its first bar line; before the file's beginning if it starts with a pickup.
        bars: Its length.
        signature: Time signature, as written.
        taken: (n,) bool, the notes in it; those ahead of `start` are early to the first downbeat.
        remarks: Parts of a sentence on what is left out.
    """

    start: Fraction
    bars: int
    signature: Signature
    taken: NDArray[np.bool_]
    remarks: list[str]


class _Section(NamedTuple):
    """A stretch in one time signature; its first bar begins at `start`."""

    start: int
    signature: Signature

    def bar(self, ticks_per_beat: int) -> Fraction:
        numerator, denominator = self.signature
        return Fraction(4 * numerator * ticks_per_beat, denominator)


class _Places(NamedTuple):
    """Bar of each note: as written, and with notes early to a bar line counted to the bar that it opens."""

    raw_section: NDArray[np.int64]
    raw_bar: NDArray[np.int64]
    section: NDArray[np.int64]
    bar: NDArray[np.int64]


def find_span(
    notes: Timed,
    signatures: Sequence[tuple[int, Signature]],
    ticks_per_beat: int,
    end: int,
    steps_per_beat: int,
    whole: bool = False,
    lost_until: int = -1,
) -> Span:
    """Find the part of a file that becomes a groove.

    - Of several signatures at one tick the last counts; before the first one the meter is 4/4.
    - Of the parts that signatures divide the music into, the one that is played longest is taken.
    - A short first bar is a pickup: it goes to the end of the first bar.
    - A count-in of at most two bars is left out, and so are rests before and after the music.
    - A note that is early to a bar line belongs to the bar that the line opens, except at the end of the music.

    Args:
        notes: At least one.
        signatures: (tick, signature) in the order of ticks.
        ticks_per_beat: Ticks in a quarter note.
        end: Tick at which the file ends.
        steps_per_beat: Grid of the groove, by which a bar line is taken or free.
        whole: Keep rests and count-in: from the first bar line of the part to the end of the file, if it ends on a bar line.
        lost_until: Tick of the last note that no sound of the kit plays; bars up to it are no rest. -1 = there is none.
    """
    sections = _sections(signatures, ticks_per_beat, int(notes.ticks[0]))
    places = _places(notes, sections, ticks_per_beat, steps_per_beat)
    played = np.unique(np.stack([places.section, places.bar]), axis=1)[0]  # the section of each bar that is played
    counts = np.bincount(played, minlength=len(sections)).tolist()
    chosen = max(range(len(sections)), key=lambda index: (counts[index] * sections[index].bar(ticks_per_beat), -index))
    section, taken = sections[chosen], places.section == chosen
    bar = section.bar(ticks_per_beat)
    last = int(places.raw_bar[taken & (places.raw_section == chosen)].max(initial=0))
    if whole:
        length = (end - section.start) / bar if chosen == len(sections) - 1 else Fraction(last + 1)
        bars = int(length) if length.denominator == 1 and length > last else last + 1
        return Span(Fraction(section.start), bars, section.signature, taken, _left_out(places, sections, chosen, []))
    first = min(int(places.bar[taken].min()), last)
    before = places.section < chosen
    remarks = []
    if before.any():
        opening = section.start - int(notes.ticks[0])
        short = section.start - sections[chosen - 1].start < bar
        bars_of_count_in = _separate_count_in(notes, places, before, short)
        if bars_of_count_in:
            remarks.append(_count_in(bars_of_count_in))
            before = before & False
        elif first == 0 and opening < bar and short:
            first, taken = -1, taken | before
            remarks.append("the short first bar is a pickup")
    else:
        bars_of_count_in = _opening_count_in(notes, places, taken, first, last, section, ticks_per_beat)
        if bars_of_count_in:
            taken = taken & (places.bar >= first + bars_of_count_in)
            first = int(places.bar[taken].min())
            remarks.append(_count_in(bars_of_count_in))
        elif skipped := _bars_before(sections, chosen, ticks_per_beat) + first:
            remarks.append(f"the music begins at bar {skipped + 1} of the file")
    remarks = _left_out(places, sections, chosen, remarks, ~taken & (before | (places.section > chosen)))
    rest = int((end - section.start) // bar) - max(last, (lost_until - section.start) // bar) - 1
    if rest > 0 and not (places.section > chosen).any():
        remarks.append(f"{rest} {'bar' if rest == 1 else 'bars'} of rest at the end left out")
    return Span(section.start + first * bar, last + 1 - first, section.signature, taken, remarks)


def _sections(signatures: Sequence[tuple[int, Signature]], ticks_per_beat: int, first_note: int) -> list[_Section]:
    """Divide the time by the signatures, the last one at each tick.

    A signature that is stated again changes nothing, except that it ends a short first bar, or sets bar lines before the music.
    """
    sections = [_Section(0, DEFAULT_SIGNATURE)]
    for stated, signature in dict(signatures).items():
        present = sections[-1]
        bar = present.bar(ticks_per_beat)
        tick = max(_snapped(stated, present.start, bar, ticks_per_beat), present.start)
        if tick == present.start:
            sections.pop()
        elif signature == present.signature:
            beyond = (tick - present.start) % bar
            lead = ticks_per_beat * LEAD_IN_BEATS
            if min(beyond, bar - beyond) <= lead or not (tick <= first_note or (len(sections) == 1 and tick < bar)):
                continue
        sections.append(_Section(tick, signature))
    return sections


def _snapped(tick: int, start: int, bar: Fraction, ticks_per_beat: int) -> int:
    """Move a signature that is a few ticks beside a bar line, as rounding leaves it, onto the line."""
    line = start + round((tick - start) / bar) * bar
    return int(line) if line.denominator == 1 and abs(line - tick) * 24 <= ticks_per_beat else tick


def _places(notes: Timed, sections: Sequence[_Section], ticks_per_beat: int, steps_per_beat: int) -> _Places:
    starts = np.array([section.start for section in sections])
    numerators, denominators = np.array([section.signature for section in sections], dtype=np.int64).T
    ends = np.append(starts[1:], _NEVER)
    index = np.maximum(np.searchsorted(starts, notes.ticks, side="right") - 1, 0)
    units = 4 * numerators[index] * ticks_per_beat  # of a bar, in ticks divided by the denominator
    into = (notes.ticks - starts[index]) * denominators[index]
    bar = into // units
    to_line = ((bar + 1) * units - into) / denominators[index]
    to_section = ends[index] - notes.ticks
    distance = np.minimum(to_line, to_section)
    half_step = ticks_per_beat / (2 * steps_per_beat)
    early = (distance <= ticks_per_beat * LEAD_IN_BEATS) & (_next_of_lane(notes) - notes.ticks > distance + half_step)
    over = early & (to_section <= to_line)  # early to the next section
    return _Places(index, bar, index + over, np.where(over, 0, bar + early))


def _next_of_lane(notes: Timed) -> NDArray[np.int64]:
    """Return the next onset of each note's sound."""
    order = np.lexsort((notes.ticks, notes.lanes))
    following = np.full(len(order), _NEVER)
    same = notes.lanes[order][:-1] == notes.lanes[order][1:]
    following[:-1][same] = notes.ticks[order][1:][same]
    result = np.empty_like(following)
    result[order] = following
    return result


def _separate_count_in(notes: Timed, places: _Places, before: NDArray[np.bool_], short: bool) -> int:
    """Count the bars of a count-in before a change of meter: one sound, for at most two bars; 0 if there is none.

    Args:
        notes: All notes.
        places: Their bars.
        before: The notes before the change.
        short: Whether the bar before it is shorter than those after it, so that it may as well be a pickup.
    """
    bars = len(set(zip(places.section[before].tolist(), places.bar[before].tolist(), strict=True)))
    clicking = bool(notes.sticks[before].all())
    if bars > _LONGEST_COUNT_IN or (len(np.unique(notes.lanes[before])) > 1 and not clicking):
        return 0
    return bars if not short or (clicking and int(before.sum()) > 1) else 0


def _opening_count_in(
    notes: Timed, places: _Places, taken: NDArray[np.bool_], first: int, last: int, section: _Section, ticks_per_beat: int
) -> int:
    """Count the bars at the beginning in which sticks or one hi-hat count in, on beats; 0 if there is no count-in.

    A bar of rest may lie between them and the music; it is not counted.
    """
    numerator, denominator = section.signature
    beats_per_bar = numerator // 3 if denominator >= 8 and numerator % 3 == 0 and numerator > 3 else numerator
    bar = section.bar(ticks_per_beat)
    clicks, lane = 0, None
    for count in range(_LONGEST_COUNT_IN + 1):
        inside = taken & (places.bar == first + count)
        paused = not inside.any()  # a bar of rest between the count-in and the music
        if paused:
            inside = taken & (places.bar == first + count + 1)
            if not inside.any():
                return 0
        sticks, lanes, number = bool(notes.sticks[inside].all()), np.unique(notes.lanes[inside]), int(inside.sum())
        onsets = (notes.ticks[inside] - float(section.start + (first + count) * bar)) / ticks_per_beat * denominator / 4
        on_beats = bool(np.all(np.abs(onsets - np.rint(onsets)) <= LEAD_IN_BEATS))
        steady = notes.clicks[inside].all() and len(lanes) == 1 and number == beats_per_bar and lane in (None, lanes[0])
        if paused or not (on_beats and (sticks or steady)):
            others = len(np.unique(notes.lanes[taken & (places.bar >= first + count)]))
            return count if clicks >= _FEWEST_CLICKS and others > 1 and (len(lanes) > 1 or lane != lanes[0]) else 0
        if first + count >= last:
            return 0
        clicks += number
        lane = lanes[0]
    return 0


def _bars_before(sections: Sequence[_Section], chosen: int, ticks_per_beat: int) -> int:
    pairs = pairwise(sections[: chosen + 1])
    return sum(-int(-(following.start - section.start) // section.bar(ticks_per_beat)) for section, following in pairs)


def _left_out(
    places: _Places, sections: Sequence[_Section], chosen: int, remarks: list[str], left: NDArray[np.bool_] | None = None
) -> list[str]:
    left = places.section != chosen if left is None else left
    if left.any():
        numerator, denominator = sections[chosen].signature
        count = int(left.sum())
        remarks.append(
            f"the time signature changes, the longest part in {numerator}/{denominator} is kept and "
            f"{count} {'note' if count == 1 else 'notes'} outside it left out"
        )
    return remarks


def _count_in(bars: int) -> str:
    return f"a count-in of {bars} {'bar' if bars == 1 else 'bars'} left out"
