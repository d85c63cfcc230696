"""`Groove`: the type of music that all parts of the program exchange.

The representation follows Gillick et al., "Learning to Groove with Inverse Sequence Transformations" (ICML 2019): which voices
sound at each step, how hard, and how far from the grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.errors import GrooveError
from drummer.music.details import LATEST_OFFSET, FileDetails, join
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.voices import MIN_VELOCITY, VOICE_COUNT
from drummer.validation import quote, spell_range

MIN_BPM = 4.0  # a MIDI tempo is at most 2**24 - 1 microseconds a beat, that is 3.6 BPM
MAX_BPM = 1000.0
MAX_EXPRESSION = 1.5
# A bar's music begins this many beats before its bar line, half a sixteenth: of the kicks on beat 1 in the Groove MIDI Dataset
# 18% (blues) to 52% (jazz) are more than 1/24 beat early and so nearest to a step of the bar before.
LEAD_IN_BEATS = 1 / 8


class Hits(NamedTuple):
    """The hits of a groove as parallel arrays, one entry a hit.

    Attributes:
        beats: (n,) float64 onsets in quarter notes from the first bar line; negative = ahead of it.
        voices: (n,) int64 indices into `VOICES`.
        velocities: (n,) float32 in (0, 1], MIDI velocity / 127.
    """

    beats: NDArray[np.float64]
    voices: NDArray[np.int64]
    velocities: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Groove:
    """A drum pattern of whole bars on a grid, with its dynamics and its microtiming.

    Attributes:
        hits: (steps, 13) bool, true where a voice sounds.
        velocities: (steps, 13) float32, in (0, 1] where there is a hit (MIDI velocity / 127), else 0.
        offsets: (steps, 13) float32 in [-0.5, 0.5) steps, positive = later than the grid, 0 where there is no hit.
        bpm: Quarter notes a minute, 4-1000.
        steps_per_beat: Grid steps in a quarter note, which is a beat here in every meter.
        meter: Time signature and grouping.
        details: Parts of the MIDI file that the groove was read from; None for grooves that were not.

    Raises:
        GrooveError: If the arrays disagree with each other or with these ranges.
    """

    hits: NDArray[np.bool_]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]
    bpm: float
    steps_per_beat: int = 12
    meter: Meter = FOUR_FOUR
    details: FileDetails | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only copies and check every documented range."""
        hits = np.array(self.hits, dtype=np.bool_)
        velocities = np.array(self.velocities, dtype=np.float32)
        offsets = np.array(self.offsets, dtype=np.float32)
        _check_scalars(self.bpm, self.steps_per_beat)
        _check_shapes(hits, velocities, offsets, self.steps_per_bar)
        _check_values(hits, velocities, offsets)
        if self.details is not None:
            if self.details.keys.shape != hits.shape:
                raise GrooveError(f"the keys must have the shape of the hits {hits.shape}, got {self.details.keys.shape}")
            object.__setattr__(self, "details", self.details.for_hits(hits))
        for name, array in (("hits", hits), ("velocities", velocities), ("offsets", offsets)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "bpm", float(self.bpm))

    def __reduce__(self) -> tuple[type[Groove], tuple[object, ...]]:
        """Pickle the constructor's arguments: pickled arrays would come back writeable."""
        return Groove, (self.hits, self.velocities, self.offsets, self.bpm, self.steps_per_beat, self.meter, self.details)

    def __eq__(self, other: object) -> bool:
        """Tell whether two grooves are bit-identical: same grid, meter, tempo, hits, velocities, offsets and details."""
        if not isinstance(other, Groove):
            return NotImplemented
        mine, theirs = ((each.hits, each.velocities, each.offsets) for each in (self, other))
        same = self.bpm == other.bpm and self._grid == other._grid and self.details == other.details
        return same and all(map(np.array_equal, mine, theirs))

    __hash__ = None  # type: ignore[assignment]  # equal by value, and arrays have no hash

    @property
    def _grid(self) -> tuple[int, Meter]:
        return self.steps_per_beat, self.meter

    # -- derived, never stored ---------------------------------------------------------------------------------------------

    @property
    def steps(self) -> int:
        """Number of grid steps."""
        return len(self.hits)

    @property
    def steps_per_bar(self) -> int:
        """Grid steps in a bar."""
        return self.meter.steps(self.steps_per_beat)

    @property
    def bars(self) -> int:
        """Number of bars."""
        return self.steps // self.steps_per_bar

    @property
    def beats(self) -> float:
        """Length in quarter notes."""
        return self.bars * self.meter.quarters

    @property
    def seconds(self) -> float:
        """Length in seconds, bar line to bar line."""
        return self.beats * 60.0 / self.bpm

    @property
    def hit_count(self) -> int:
        """Number of hits."""
        return int(self.hits.sum())

    @property
    def bar_phase(self) -> NDArray[np.int64]:
        """(steps,) position of each step in its bar, 0 to `steps_per_bar` - 1."""
        return np.arange(self.steps) % self.steps_per_bar

    # -- a list of hits and back -------------------------------------------------------------------------------------------

    def to_hits(self) -> Hits:
        """List the hits in the order of their onsets (voices in their order where onsets are equal)."""
        steps, voices = np.nonzero(self.hits)
        beats = (steps + self.offsets[steps, voices].astype(np.float64)) / self.steps_per_beat
        order = np.lexsort((voices, beats))
        return Hits(beats[order], voices[order], self.velocities[steps, voices][order])

    @classmethod
    def from_hits(
        cls, hits: Hits, bpm: float, *, bars: int | None = None, steps_per_beat: int = 12, meter: Meter = FOUR_FOUR
    ) -> Groove:
        """Put hits on a grid; the inverse of `to_hits`.

        A hit goes to its nearest step and keeps the distance as its offset. Of two hits of a voice in one cell the louder stays,
        so `len(hits.beats) - groove.hit_count` hits are lost (0.9% of GMD's on 12 steps a beat).

        Args:
            hits: The hits. Onsets before the first bar line by more than half a step, or nearest to a step after the last
                bar, are an error.
            bpm: Quarter notes a minute.
            bars: Length of the result; by default as many whole bars as hold all hits, at least one.
            steps_per_beat: Grid steps in a quarter note.
            meter: Time signature and grouping.

        Raises:
            GrooveError: If a hit lies outside the bars or a value is out of range.
        """
        _check_scalars(bpm, steps_per_beat)
        _check_hits(hits)
        steps_per_bar = meter.steps(steps_per_beat)
        positions = np.asarray(hits.beats, dtype=np.float64) * steps_per_beat  # in steps, exact
        steps = np.floor(positions + 0.5).astype(np.int64)
        if bars is None:
            last = int(steps.max()) if len(steps) else 0
            bars = last // steps_per_bar + 1
        shape = (bars * steps_per_bar, VOICE_COUNT)
        if len(steps) and (steps.min() < 0 or steps.max() >= shape[0]):
            raise GrooveError(f"every hit must lie inside the {bars} bars, but one does not")
        velocities = np.zeros(shape, dtype=np.float32)
        offsets = np.zeros(shape, dtype=np.float32)
        quiet_first = np.argsort(hits.velocities, kind="stable")  # so that the loudest is written last and stays
        cell = steps[quiet_first], hits.voices[quiet_first]
        velocities[cell] = hits.velocities[quiet_first]
        offsets[cell] = np.clip((positions - steps)[quiet_first], -0.5, LATEST_OFFSET)
        return cls(velocities > 0, velocities, offsets, bpm, steps_per_beat, meter)

    # -- edits: each returns a new groove ----------------------------------------------------------------------------------

    @classmethod
    def silent(cls, bars: int, bpm: float, *, steps_per_beat: int = 12, meter: Meter = FOUR_FOUR) -> Groove:
        """Make a groove of `bars` bars without a hit."""
        nothing = np.zeros((bars * meter.steps(steps_per_beat), VOICE_COUNT), dtype=np.float32)
        return cls(nothing > 0, nothing, nothing, bpm, steps_per_beat, meter)

    def with_bpm(self, bpm: float) -> Groove:
        """Play the same beats at another tempo."""
        return replace(self, bpm=bpm)

    def cut(self, first_bar: int, last_bar: int) -> Groove:
        """Take the music of the bars from `first_bar` up to, not including, `last_bar` (0-based).

        Early downbeats (see `early_hits`) go with the bar that they open: those of the first bar move onto its first step, as
        early as a step can hold them (-0.5); those of the bar after the last are left out. So cutting at a bar line and joining
        again with `then` neither loses a hit nor doubles one. `slice_bars` takes the steps as they are.

        Raises:
            GrooveError: If that is not at least one bar inside the groove.
        """
        part = self.slice_bars(first_bar, last_bar)
        early, lead = self.early_hits(), self.lead_in_steps
        velocities, offsets = part.velocities.copy(), part.offsets.copy()
        start, end = first_bar * self.steps_per_bar, last_bar * self.steps_per_bar
        if start > 0:
            steps, voices = np.nonzero(early[start - lead : start])
            velocities[0, voices] = self.velocities[start - lead + steps, voices]
            offsets[0, voices] = -0.5
        if end < self.steps:
            after = early[end - lead : end]
            velocities[len(velocities) - lead :][after] = 0.0
            offsets[len(offsets) - lead :][after] = 0.0
        details = part.details
        if self.details is not None:
            details = self.details.cut(start, end, self.steps_per_beat * LEAD_IN_BEATS)
            if start > 0:
                keys = details.keys.copy()
                keys[0, voices] = self.details.keys[start - lead + steps, voices]
                details = replace(details, keys=keys)
        return replace(part, hits=velocities > 0, velocities=velocities, offsets=offsets, details=details)

    def slice_bars(self, first_bar: int, last_bar: int) -> Groove:
        """Take the steps of the bars from `first_bar` up to, not including, `last_bar`, exactly as they are; see `cut`.

        Raises:
            GrooveError: If that is not at least one bar inside the groove.
        """
        if not 0 <= first_bar < last_bar <= self.bars:
            raise GrooveError(f"bars {first_bar} to {last_bar} are not inside a groove of {self.bars} bars")
        part = slice(first_bar * self.steps_per_bar, last_bar * self.steps_per_bar)
        return replace(
            self,
            hits=self.hits[part],
            velocities=self.velocities[part],
            offsets=self.offsets[part],
            details=self.details and self.details.cut(part.start, part.stop),
        )

    def without(self, cells: NDArray[np.bool_]) -> Groove:
        """Leave out the hits of some cells, (steps, 13) bool or what broadcasts to it."""
        hits = self.hits & ~cells
        return replace(
            self,
            hits=hits,
            velocities=np.where(hits, self.velocities, 0),
            offsets=np.where(hits, self.offsets, 0),
            details=self.details and self.details.without(np.broadcast_to(cells, hits.shape)),
        )

    @property
    def lead_in_steps(self) -> int:
        """Number of steps before a bar line that can hold an early downbeat; 1 on 12 steps a beat."""
        return math.ceil(self.steps_per_beat * LEAD_IN_BEATS - 0.5)

    def early_hits(self, beats: float | None = None) -> NDArray[np.bool_]:
        """Find hits that are played early: at most `LEAD_IN_BEATS` ahead of a bar line on which their voice is silent.

        Such a hit is meant for the bar line. Where the voice sounds there too, the hit is a grace note of the bar before.
        The last bar line is the first one of the next time round.

        Args:
            beats: Distance of the lines in quarter notes, whole steps, counted from each bar line; by default a bar.

        Returns:
            (steps, 13) bool.
        """
        distance = self.steps_per_bar if beats is None else max(1, round(beats * self.steps_per_beat))
        lines = np.append(np.flatnonzero(self.bar_phase % distance == 0)[1:], self.steps)
        early = np.zeros_like(self.hits)
        taken = self.hits[lines % self.steps]  # (lines, 13)
        for back in range(1, self.lead_in_steps + 1):
            steps = lines - back
            near = back - self.offsets[steps] <= self.steps_per_beat * LEAD_IN_BEATS
            early[steps] = self.hits[steps] & near & ~taken
            taken = taken | self.hits[steps]
        return early

    def then(self, other: Groove) -> Groove:
        """Append another groove on the same grid, at this groove's tempo.

        Raises:
            GrooveError: If the grids or the meters differ.
        """
        if self._grid != other._grid:
            raise GrooveError(
                f"both grooves must have the same grid, got {self.steps_per_beat} steps a beat in {self.meter}, "
                f"then {other.steps_per_beat} in {other.meter}"
            )
        return replace(
            self,
            hits=np.concatenate([self.hits, other.hits]),
            velocities=np.concatenate([self.velocities, other.velocities]),
            offsets=np.concatenate([self.offsets, other.offsets]),
            details=join(self.details, other.details, (self.steps, other.steps)),
        )

    def with_expression(self, amount: float) -> Groove:
        """Scale timing and dynamics.

        Offsets are scaled, and so are the distances of velocities from their voice's mean: 0 puts every hit on its step, each
        voice at one velocity; 1 is the groove itself, bit for bit; above 1, early hits come earlier and soft ones are softer.

        Args:
            amount: 0-1.5.

        Raises:
            GrooveError: If the amount is outside.
        """
        if not isinstance(amount, Real) or not 0.0 <= amount <= MAX_EXPRESSION:
            raise GrooveError(f"the expression must be {spell_range(0, MAX_EXPRESSION)}, got {quote(amount)}")
        if amount == 1.0:
            return self
        counts = np.maximum(self.hits.sum(axis=0), 1)
        means = self.velocities.sum(axis=0, dtype=np.float64) / counts
        velocities = np.clip(means + amount * (self.velocities - means), MIN_VELOCITY, 1.0)
        offsets = np.clip(amount * self.offsets.astype(np.float64), -0.5, LATEST_OFFSET)
        details = self.details and self.details.with_expression(amount)
        return replace(
            self, velocities=np.where(self.hits, velocities, 0.0), offsets=np.where(self.hits, offsets, 0.0), details=details
        )

    def regrid(self, steps_per_beat: int) -> Groove:
        """Put the same onsets on a finer or coarser grid.

        Hits that now share a cell are lost, see `from_hits`, and so are the details of a file.
        """
        if steps_per_beat == self.steps_per_beat:
            return self
        hits = self.to_hits()
        last = self.beats - 0.5 / steps_per_beat - 1e-9  # a late last hit must not fall over the end on a coarser grid
        first = -0.5 / steps_per_beat  # nor an early first one over the start on a finer one
        inside = hits._replace(beats=np.clip(hits.beats, first, last))
        return Groove.from_hits(inside, self.bpm, bars=self.bars, steps_per_beat=steps_per_beat, meter=self.meter)


def _check_scalars(bpm: float, steps_per_beat: int) -> None:
    if not isinstance(bpm, Real) or not MIN_BPM <= bpm <= MAX_BPM:  # also false for NaN
        raise GrooveError(f"tempo must be {spell_range(MIN_BPM, MAX_BPM)} BPM, got {quote(bpm)}")
    if steps_per_beat < 1:
        raise GrooveError(f"a beat needs at least one step, got {steps_per_beat}")


def _check_hits(hits: Hits) -> None:
    if not np.all(np.isfinite(hits.beats)):
        raise GrooveError("the onset of every hit must be a number of beats inside the bars")
    if not np.all((hits.voices >= 0) & (hits.voices < VOICE_COUNT)):  # a negative index would count from the last voice
        raise GrooveError(f"the voice of every hit must be {spell_range(0, VOICE_COUNT - 1)}")
    if not np.all((hits.velocities > 0) & (hits.velocities <= 1)):  # a velocity of 0 would be lost without a word
        raise GrooveError("the velocity of every hit must be above 0 and at most 1")


def _check_shapes(
    hits: NDArray[np.bool_], velocities: NDArray[np.float32], offsets: NDArray[np.float32], steps_per_bar: int
) -> None:
    if hits.ndim != 2 or hits.shape[1] != VOICE_COUNT:
        raise GrooveError(f"hits must have the shape (steps, {VOICE_COUNT}), got {hits.shape}")
    if velocities.shape != hits.shape or offsets.shape != hits.shape:
        raise GrooveError(
            f"hits, velocities and offsets must have one shape, got {hits.shape}, {velocities.shape} and {offsets.shape}"
        )
    if len(hits) == 0 or len(hits) % steps_per_bar:
        raise GrooveError(f"a groove must fill whole bars of {steps_per_bar} steps, got {len(hits)} steps")


def _check_values(hits: NDArray[np.bool_], velocities: NDArray[np.float32], offsets: NDArray[np.float32]) -> None:
    if not (np.all(velocities[hits] > 0) and np.all(velocities[hits] <= 1)):  # NaN fails both
        raise GrooveError("the velocity of every hit must be above 0 and at most 1")
    if not (np.all(offsets[hits] >= -0.5) and np.all(offsets[hits] < 0.5)):
        raise GrooveError("the offset of every hit must be at least -0.5 and less than 0.5 steps")
    if np.any(velocities[~hits]) or np.any(offsets[~hits]):
        raise GrooveError("velocity and offset must be 0 where there is no hit")
