"""`FileDetails`: the parts of a MIDI file beside hits, velocities and offsets, so that it is written as it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from drummer.errors import GrooveError
from drummer.music.voices import FAMILY_INDICES, MIN_VELOCITY, PITCH_TO_VOICE, VOICE_COUNT

LATEST_OFFSET = np.nextafter(np.float32(0.5), np.float32(0.0))  # of a hit in a cell
NO_KEY = -1  # in `FileDetails.keys`: the drum map's canonical key
PEDAL, CHOKE = "pedal", "choke"
_HIHATS = list(FAMILY_INDICES["hihat"])


class ExtraHit(NamedTuple):
    """A hit beside the cells of the thirteen voices: percussion, or the second hit of a voice in one cell.

    Attributes:
        step: Grid step, from 0.
        offset: Distance from the step in [-0.5, 1.0) steps, positive = late. Offsets of 0.5 and more occur only
            just before the last bar line, where no next step exists.
        key: MIDI key, 0-127.
        velocity: In (0, 1], MIDI velocity / 127.
        voice: Index of the voice whose second hit it is; None for percussion.
    """

    step: int
    offset: float
    key: int
    velocity: float
    voice: int | None = None


class Message(NamedTuple):
    """A MIDI message that shapes hits.

    Attributes:
        step: Grid step, from 0.
        offset: Distance from the step, as of an extra hit.
        kind: `pedal` (controller 4, how far the hi-hat pedal is down) or `choke` (pressure on a key).
        key: MIDI key of a choke, 0-127; 0 for the pedal.
        value: 0-127.
    """

    step: int
    offset: float
    kind: str
    key: int
    value: int


@dataclass(frozen=True, eq=False)
class FileDetails:
    """The parts of a musician's MIDI file that the cells of a groove cannot hold: keys, percussion, second hits, pedal, chokes.

    Attributes:
        keys: (steps, 13) int16, the MIDI key of each hit; `NO_KEY` = the canonical key of the drum map.
        extra_hits: Percussion and second hits, in the order of their onsets.
        messages: Pedal positions and chokes, in the order of their times.
        key_map: Name of the drum map that the keys belong to.
        ticks_per_beat: Resolution of the file in ticks a quarter note, 1-32767.

    Raises:
        GrooveError: If a value is out of range.
    """

    keys: NDArray[np.int16]
    extra_hits: tuple[ExtraHit, ...] = ()
    messages: tuple[Message, ...] = ()
    key_map: str = "general_midi"
    ticks_per_beat: int = 480

    def __post_init__(self) -> None:
        """Make the keys a read-only copy, sort the rest and check every documented range."""
        keys = np.array(self.keys, dtype=np.int16)
        if keys.ndim != 2 or keys.shape[1] != VOICE_COUNT or keys.min(initial=0) < NO_KEY or keys.max(initial=0) > 127:
            raise GrooveError(f"the keys of hits must be from 0 to 127 for each of {VOICE_COUNT} voices")
        keys.setflags(write=False)
        object.__setattr__(self, "keys", keys)
        for name, kind in (("extra_hits", ExtraHit), ("messages", Message)):
            in_order = sorted(getattr(self, name), key=lambda each: (each.step + each.offset, each.key))
            object.__setattr__(
                self, name, tuple(kind(*each)._replace(offset=float(np.float32(each.offset))) for each in in_order)
            )
        for hit in self.extra_hits:
            _check_place(hit, len(keys))
            if not 0 < hit.velocity <= 1 or (hit.voice is not None and not 0 <= hit.voice < VOICE_COUNT):
                raise GrooveError("an extra hit needs a velocity above 0 and at most 1, and a voice or none")
        for message in self.messages:
            _check_place(message, len(keys))
            if message.kind not in (PEDAL, CHOKE) or not 0 <= message.value <= 127:
                raise GrooveError(f"a message must be of the kind {PEDAL} or {CHOKE} with a value from 0 to 127")
        if not 1 <= self.ticks_per_beat <= 32767:
            raise GrooveError(f"a file has 1 to 32767 ticks a beat, got {self.ticks_per_beat}")

    @classmethod
    def empty(cls, steps: int, key_map: str = "general_midi", ticks_per_beat: int = 480) -> FileDetails:
        """Make details of a file that has none: every hit on its canonical key, nothing beside the voices."""
        return cls(np.full((steps, VOICE_COUNT), NO_KEY, dtype=np.int16), (), (), key_map, ticks_per_beat)

    def __reduce__(self) -> tuple[type[FileDetails], tuple[object, ...]]:
        """Pickle the constructor's arguments: a pickled array would come back writeable."""
        return FileDetails, (self.keys, self.extra_hits, self.messages, self.key_map, self.ticks_per_beat)

    def __eq__(self, other: object) -> bool:
        """Compare all values."""
        if not isinstance(other, FileDetails):
            return NotImplemented
        return self._values == other._values and np.array_equal(self.keys, other.keys)

    __hash__ = None  # type: ignore[assignment]  # equal by value, and arrays have no hash

    @property
    def _values(self) -> tuple[object, ...]:
        return self.extra_hits, self.messages, self.key_map, self.ticks_per_beat

    @property
    def percussion(self) -> tuple[ExtraHit, ...]:
        """The extra hits that are of none of the thirteen voices."""
        return tuple(hit for hit in self.extra_hits if hit.voice is None)

    def for_hits(self, hits: NDArray[np.bool_]) -> FileDetails:
        """Forget the keys of cells that have no hit; (steps, 13) bool."""
        unused = (self.keys != NO_KEY) & ~hits
        return replace(self, keys=np.where(unused, NO_KEY, self.keys)) if unused.any() else self

    def cut(self, start: int, end: int, lead_in: float = 0.0) -> FileDetails:
        """Take the steps from `start` up to, not including, `end`.

        Args:
            start: First step.
            end: Step after the last.
            lead_in: Steps before a bar line in which percussion belongs to the bar after it, as `Groove.cut` does with hits.
        """
        last = end - start - 1

        def is_inside(hit: ExtraHit) -> bool:
            if hit.voice is not None or not lead_in:  # second hits go with the cell of the first
                return start <= hit.step < end
            first = start - lead_in if start else -0.5
            return first <= hit.step + hit.offset < (end - lead_in if end < len(self.keys) else np.inf)

        extra = [_moved(hit, -start, last) for hit in self.extra_hits if is_inside(hit)]
        messages = [_moved(each, -start, last) for each in self.messages if start <= each.step < end]
        before = [each for each in self.messages if each.kind == PEDAL and each.step < start] if lead_in else []
        if before and not any(each.kind == PEDAL and each.step + each.offset <= 0 for each in messages):
            messages.insert(0, before[-1]._replace(step=0, offset=-0.5))  # the pedal keeps its last position
        return replace(self, keys=self.keys[start:end], extra_hits=tuple(extra), messages=tuple(messages))

    def then(self, other: FileDetails) -> FileDetails:
        """Append the details of the groove that follows. Keys that belong to another drum map become canonical ones."""
        steps = len(self.keys)
        keys = other.keys if other.key_map == self.key_map else np.full_like(other.keys, NO_KEY)
        return replace(
            self,
            keys=np.concatenate([self.keys, keys]),
            extra_hits=self.extra_hits + tuple(hit._replace(step=hit.step + steps) for hit in other.extra_hits),
            messages=self.messages + tuple(each._replace(step=each.step + steps) for each in other.messages),
        )

    def without(self, cells: NDArray[np.bool_]) -> FileDetails:
        """Leave out keys, second hits and chokes of some cells, (steps, 13) bool, and pedal positions where all hi-hats go."""
        hihats = np.all(cells[:, _HIHATS], axis=1)

        def stays(message: Message) -> bool:
            if message.kind == PEDAL:
                return not hihats[message.step]
            voice = self._voice_of(message.key)
            return voice is None or not cells[message.step, voice]

        return replace(
            self,
            keys=np.where(cells, NO_KEY, self.keys),
            extra_hits=tuple(hit for hit in self.extra_hits if hit.voice is None or not cells[hit.step, hit.voice]),
            messages=tuple(filter(stays, self.messages)),
        )

    def _voice_of(self, key: int) -> int | None:
        """Find the voice whose hits have a key, or else the one that General MIDI gives it."""
        voices = np.flatnonzero((self.keys == key).any(axis=0))
        return int(voices[0]) if len(voices) else PITCH_TO_VOICE.get(key)

    def with_expression(self, amount: float) -> FileDetails:
        """Scale timing and dynamics of extra hits as `Groove.with_expression` does; the mean velocity is that of their key."""
        by_key: dict[int, list[float]] = {}
        for hit in self.extra_hits:
            by_key.setdefault(hit.key, []).append(hit.velocity)
        means = {key: sum(velocities) / len(velocities) for key, velocities in by_key.items()}

        def scaled(hit: ExtraHit) -> ExtraHit:
            velocity = min(max(means[hit.key] + amount * (hit.velocity - means[hit.key]), MIN_VELOCITY), 1.0)
            latest = max(hit.offset, float(LATEST_OFFSET))  # one just ahead of the last bar line stays inside the bars
            return hit._replace(velocity=velocity, offset=min(max(amount * hit.offset, -0.5), latest))

        return replace(self, extra_hits=tuple(map(scaled, self.extra_hits)))

    def with_pedal_changes_only(self, closed: int) -> FileDetails:
        """Keep only the pedal positions that open or close the hi-hat; e-kits send a dozen positions a bar.

        Args:
            closed: Lowest position that closes it.
        """
        messages, down = [], None
        for each in self.messages:
            if each.kind != PEDAL or (each.value >= closed) != down:
                messages.append(each)
            if each.kind == PEDAL:
                down = each.value >= closed
        return replace(self, messages=tuple(messages))

    def without_percussion(self) -> FileDetails:
        """Leave out the extra hits that are of none of the thirteen voices."""
        return replace(self, extra_hits=tuple(hit for hit in self.extra_hits if hit.voice is not None))


_Item = TypeVar("_Item", ExtraHit, Message)


def _check_place(item: ExtraHit | Message, steps: int) -> None:
    if not (0 <= item.step < steps and -0.5 <= item.offset <= 1.0 and 0 <= item.key <= 127):
        raise GrooveError("every extra hit and message must lie inside the bars, on a key from 0 to 127")


def _moved(item: _Item, steps: int, last: int) -> _Item:
    """Move an item by steps; one that would fall over an end stays just inside."""
    step = item.step + steps
    if step < 0:
        return item._replace(step=0, offset=-0.5)
    return item._replace(step=min(step, last))


def join(first: FileDetails | None, second: FileDetails | None, steps: tuple[int, int]) -> FileDetails | None:
    """Join the details of two grooves one after the other, given their numbers of steps; None if neither has any."""
    origin = first or second
    if origin is None:
        return None
    missing = [FileDetails.empty(count, origin.key_map, origin.ticks_per_beat) for count in steps]
    return (first or missing[0]).then(second or missing[1])
