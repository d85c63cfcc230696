"""Placing the notes of a MIDI file on the grid of a groove: in cells, and as details where cells cannot hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drummer.files.drum_maps import DrumMap
from drummer.files.midi.parsing import Control, Notes
from drummer.music.details import CHOKE, LATEST_OFFSET, NO_KEY, PEDAL, ExtraHit, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICE_INDEX

MAX_VELOCITY = 127
CLOSED, OPEN = VOICE_INDEX["hihat_closed"], VOICE_INDEX["hihat_open"]


@dataclass(frozen=True)
class Grid:
    """The bars of a groove in the time of its file.

    Attributes:
        start: Tick of the first bar line.
        meter: Time signature.
        bars: Length.
        ticks_per_beat: Ticks in a quarter note.
        steps_per_beat: Grid steps in a quarter note.
    """

    start: Fraction
    meter: Meter
    bars: int
    ticks_per_beat: int
    steps_per_beat: int

    @property
    def steps(self) -> int:
        """Number of grid steps."""
        return self.bars * self.meter.steps(self.steps_per_beat)

    @property
    def end(self) -> Fraction:
        """Tick of the last bar line."""
        return self.start + Fraction(self.steps * self.ticks_per_beat, self.steps_per_beat)

    def locate_beside_cells(self, ticks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Locate ticks as `locate` does, but give those just ahead of the last bar line an offset of 0.5 to 1 from the last step.

        No cell can hold a hit there; extra hits and messages can.
        """
        steps, distances = self.locate(ticks)
        beats = (ticks - self.start.numerator / self.start.denominator) / self.ticks_per_beat
        past = beats * self.steps_per_beat - (self.steps - 1)
        return steps, np.where((past >= 0.5) & (past < 1.0), past, distances)

    def locate(self, ticks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the nearest step of each tick and the distance from it in [-0.5, 0.5) steps.

        Ticks ahead of the first bar line lie as early as the first step can hold them, and those just ahead of the last bar line
        on the last tick of the last step; see `locate_beside_cells`.
        """
        start, ticks_per_beat, steps_per_beat = self.start, self.ticks_per_beat, self.steps_per_beat
        steps = self.steps
        # The step nearest to a hit just ahead of the end would be the first one after it.
        latest = -(-ticks_per_beat * (2 * steps - 1) // (2 * steps_per_beat)) - 1
        beats = np.minimum(ticks - start.numerator / start.denominator, latest) / ticks_per_beat
        positions = np.maximum(beats * steps_per_beat, -0.5)
        nearest = np.clip(np.floor(positions + 0.5).astype(np.int64), 0, steps - 1)
        return nearest, np.clip(positions - nearest, -0.5, LATEST_OFFSET)


@dataclass(frozen=True)
class Placed:
    """Notes on a grid.

    Attributes:
        velocities: (steps, 13) float32, 0 where there is no hit.
        offsets: (steps, 13) float32 in steps.
        keys: (steps, 13) int16, MIDI key of each hit; -1 = the canonical key.
        extra_hits: Percussion and second hits in a cell.
        messages: Pedal positions and chokes.
        merged: Number of notes that are lost because another one is in their place.
    """

    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]
    keys: NDArray[np.int16]
    extra_hits: list[ExtraHit]
    messages: list[Message]
    merged: int


def close_hihats(notes: Notes, voices: NDArray[np.int64], controls: Iterable[Control], closed: int) -> NDArray[np.int64]:
    """Read open hi-hats as closed ones where the pedal is down.

    Modules that have another key for closed hi-hats choose the key by the pedal themselves, and send the open one for a half-open
    hi-hat too: in the Groove MIDI Dataset the pedal is at 90 or more for 92% of the closed hi-hats, and at 60-89 for 23% of the
    open ones. So in a file with keys for closed hi-hats, an open one counts as closed only where the pedal is as far down as it
    mostly is for the closed ones.

    Args:
        notes: Notes.
        voices: Their voices.
        controls: Pedal positions, among others.
        closed: Lowest position that closes the hi-hat.
    """
    pedal = [(control.tick, control.value) for control in controls if control.key is None]
    if not pedal:
        return voices
    ticks, values = np.array(pedal, dtype=np.int64).T
    before = np.searchsorted(ticks, notes.tick, side="right") - 1
    positions = np.where(before >= 0, values[np.maximum(before, 0)], 0)
    threshold = pedal_threshold(positions[(voices == CLOSED) & (before >= 0)], closed)
    return np.where((voices == OPEN) & (positions >= threshold), CLOSED, voices)


def pedal_threshold(at_closed: NDArray[np.int64], closed: int) -> float:
    """Return the pedal position from which on an open hi-hat is read as closed, given the positions at keys for closed ones."""
    return max(closed, float(np.median(at_closed))) if len(at_closed) else closed


def place(notes: Notes, voices: NDArray[np.int64], grid: Grid, drum_map: DrumMap | None, controls: Sequence[Control]) -> Placed:
    """Put notes on a grid.

    Of the hits of a voice in one cell the loudest is in the cell.

    Args:
        notes: Notes, in the order of ticks.
        voices: Their voices; 13 and more for notes beside the thirteen voices.
        grid: The grid.
        drum_map: The kit that the keys belong to; None = keep cells alone, so that other hits in a cell are lost.
        controls: Pedal positions and key pressures.
    """
    shape = (grid.steps, VOICE_COUNT)
    velocities, offsets = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    keys = np.full(shape, NO_KEY, dtype=np.int16)
    steps, distances = grid.locate(notes.tick) if drum_map is None else grid.locate_beside_cells(notes.tick)
    quiet_first = np.argsort(notes.velocity, kind="stable")  # so that the loudest is written last and stays
    if drum_map is not None:
        quiet_first = quiet_first[_first_of_each(notes, quiet_first)]
    held = (voices < VOICE_COUNT) & (distances < 0.5)
    in_cells = quiet_first[held[quiet_first]]
    holder = np.full(shape, -1, dtype=np.int64)
    holder[steps[in_cells], voices[in_cells]] = in_cells
    kept = np.sort(holder[holder >= 0])
    cells = steps[kept], voices[kept]
    velocities[cells] = notes.velocity[kept].astype(np.float32) / np.float32(MAX_VELOCITY)
    offsets[cells] = distances[kept]
    extra_hits: list[ExtraHit] = []
    messages: list[Message] = []
    if drum_map is None:
        return Placed(velocities, offsets, keys, extra_hits, messages, len(notes) - len(kept))
    canonical = np.array(drum_map.pitches)[voices[kept]]
    keys[cells] = np.where(notes.key[kept] == canonical, NO_KEY, notes.key[kept])
    beside = np.setdiff1d(quiet_first, kept)
    for index in beside.tolist():
        voice, key, velocity = (int(array[index]) for array in (voices, notes.key, notes.velocity))
        place_of = int(steps[index]), float(distances[index])
        if key in drum_map.chokes and voice >= VOICE_COUNT:
            messages.append(Message(*place_of, CHOKE, key, velocity))
        else:
            own = voice if voice < VOICE_COUNT else None
            extra_hits.append(ExtraHit(*place_of, key, velocity / MAX_VELOCITY, own))
    hihats = notes.tick[np.isin(voices, FAMILY_INDICES["hihat"])]
    messages += _messages(controls, grid, hihats)
    return Placed(velocities, offsets, keys, extra_hits, messages, len(notes) - len(kept) - len(beside))


def _first_of_each(notes: Notes, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the loudest of the notes that share tick and key, such as of two tracks that double a kit; quiet notes come first."""
    identity = notes.tick[order] * 128 + notes.key[order]
    _, last = np.unique(identity[::-1], return_index=True)
    marked = np.zeros(len(order), dtype=np.bool_)
    marked[len(order) - 1 - last] = True
    return marked


def _messages(controls: Sequence[Control], grid: Grid, hihats: NDArray[np.int64]) -> list[Message]:
    """Put pedal positions and chokes on a grid, thinned out by `_thinned`."""
    first, end = -int(-grid.start // 1), -int(-grid.end // 1)  # whole ticks: comparing fractions takes long
    positions = [control for control in controls if control.key is None and control.tick < end]
    earlier = sum(control.tick <= first for control in positions)
    chosen = _thinned(positions[max(earlier - 1, 0) :], grid, hihats)
    by_key = defaultdict(list)
    for control in controls:
        if control.key is not None and first <= control.tick < end:
            by_key[control.key].append(control)
    for pressures in by_key.values():
        chosen += _thinned(pressures, grid)
    if not chosen:
        return []
    chosen.sort(key=lambda control: control.tick)
    ticks = np.array([control.tick for control in chosen], dtype=np.int64)
    in_force = np.maximum(ticks, first)  # earlier positions hold at the first bar line
    steps, distances = grid.locate_beside_cells(in_force)
    return [
        Message(step, distance, PEDAL if control.key is None else CHOKE, control.key or 0, control.value)
        for control, step, distance in zip(chosen, steps.tolist(), distances.tolist(), strict=True)
    ]


def _thinned(controls: Sequence[Control], grid: Grid, notes: NDArray[np.int64] | None = None) -> list[Control]:
    """Keep the last control in each step, and none that repeats the value before it: e-kits send hundreds a bar.

    Args:
        controls: Controls of one kind.
        grid: The grid.
        notes: Onsets whose controls are kept too; None = keep the first in each step instead, such as the start of a choke.
    """
    if not controls:
        return []
    ticks = np.array([control.tick for control in controls], dtype=np.int64)
    changes = np.diff(grid.locate(ticks)[0]) != 0
    stays = np.append(changes, True)
    if notes is None:
        stays |= np.insert(changes, 0, True)
    else:
        played_with = np.searchsorted(ticks, notes, side="right") - 1
        stays[played_with[played_with >= 0]] = True
    kept = [controls[index] for index in np.flatnonzero(stays).tolist()]
    return kept[:1] + [control for before, control in pairwise(kept) if control.value != before.value]


def groove_of(placed: Placed, grid: Grid, bpm: float, drum_map: DrumMap, usual_ticks: int) -> Groove:
    """Make a groove of placed notes; it has details only if the file that is written of it depends on them.

    Args:
        placed: Notes on the grid.
        grid: The grid.
        bpm: Quarter notes a minute.
        drum_map: The kit that the keys belong to.
        usual_ticks: Ticks a quarter note in files of grooves without details.
    """
    details: FileDetails | None = None
    own = bool(placed.extra_hits or placed.messages or np.any(placed.keys != NO_KEY))
    if own or grid.ticks_per_beat != usual_ticks:
        details = FileDetails(placed.keys, tuple(placed.extra_hits), tuple(placed.messages), drum_map.name, grid.ticks_per_beat)
    hits = placed.velocities > 0
    return Groove(hits, placed.velocities, placed.offsets, bpm, grid.steps_per_beat, grid.meter, details)
