"""Writing MIDI files: a groove as notes on the drum channel."""

import io
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import mido
import numpy as np
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.config_sections import MidiConfig
from drummer.errors import MidiError
from drummer.files.drum_maps import DrumMap, drum_map_of, find_drum_map
from drummer.files.midi.parsing import PEDAL as PEDAL_CONTROLLER
from drummer.files.midi.parts import DRUM_CHANNEL
from drummer.files.midi.placing import CLOSED, MAX_VELOCITY, OPEN, pedal_threshold
from drummer.files.midi.reading import read
from drummer.music.details import NO_KEY, PEDAL, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.percussion import stand_in_voice
from drummer.music.voices import VOICES
from drummer.validation import quote_path

_CLOCKS_PER_QUARTER = 24  # MIDI clocks
_PERCUSSION = len(VOICES)  # number of the lane beside the thirteen voices
_FIRST, _OFF, _CONTROL, _ON = range(4)  # order of the events of one tick


def write(
    groove: Groove,
    path: str | Path,
    name: str | None = None,
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap | None = None,
    track_per_drum: bool = False,
) -> None:
    """Write a groove to a MIDI file; see `to_bytes`. The track's name is the file's, without its suffix, unless `name` is given.

    Raises:
        MidiError: If the file cannot be written, or the groove has a form that MIDI cannot hold.
    """
    path = Path(path)
    data = to_bytes(groove, path.stem if name is None else name, config, drum_map=drum_map, track_per_drum=track_per_drum)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise MidiError(f"cannot write {quote_path(path)}: {error.strerror or error}") from error


def as_written(groove: Groove) -> Groove:
    """Return a groove as it is read back from its MIDI file: with the timing and velocities that listeners hear."""
    return read(to_bytes(groove), whole=True, details=groove.details is not None).groove


def to_bytes(
    groove: Groove,
    name: str = "Drums",
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap | None = None,
    track_per_drum: bool = False,
    markers: Iterable[tuple[int, str]] = (),
) -> bytes:
    """Encode a groove as the content of a MIDI file; the inverse of `read`.

    The file is of type 0: one track with everything, which a DAW imports as one clip (the first track of a type 1 file is meant
    for tempo alone). Its notes are on channel 10 at the pitches of a drum map, and it ends on the last bar line, so that it
    loops. A hit stays in its grid cell: reading the file gives the same hits, their onsets within a tick and their velocities
    within 1/254 (the very quietest become 1/127). Hits ahead of the first bar line move onto it, since nothing comes before tick
    0. If a kit has no key for a voice, another voice plays it (`DrumMap.report`); of two hits of one key at one tick the louder
    stays.

    Args:
        groove: The groove.
        name: Name of the track; characters outside Latin-1, which MIDI has no bytes for, become question marks.
        config: Form of the file; by default that of `config.yaml`.
        drum_map: The kit that the file is written for; by default the one that the groove came from, or General MIDI.
        track_per_drum: Whether to write one MIDI track per drum: a file of type 1 with the tempo first, then a track for each
            voice that plays, by its name.
        markers: Bars, from 0, and the text that a DAW shows at each, such as the part of a song.

    Raises:
        MidiError: If the groove has more steps in a beat than a beat has ticks.
    """
    config = config or default_config().midi
    ticks_per_beat = groove.details.ticks_per_beat if groove.details else config.ticks_per_beat
    if groove.steps_per_beat > config.ticks_per_beat:
        raise MidiError(f"a MIDI file holds at most {config.ticks_per_beat} steps a beat, got {groove.steps_per_beat}")
    end = round(groove.beats * ticks_per_beat)
    bar_ticks = groove.meter.quarters * ticks_per_beat
    drum_map = drum_map or drum_map_of(groove)
    notes = written_notes(groove, drum_map, config)
    signs = [(round(bar * bar_ticks), mido.MetaMessage("marker", text=_latin(text))) for bar, text in markers]
    controls = _controls(groove, drum_map, ticks_per_beat, config.closed_pedal)
    if track_per_drum:
        lanes = [(voice, each.label) for voice, each in enumerate(VOICES)] + [(_PERCUSSION, "Percussion")]
        parts = [(label, [note for note in notes if note.voice == voice]) for voice, label in lanes]
        tracks = [_track(_header(groove, name), [], end, signs, controls)]
        tracks += [_track([_track_name(label)], part, end) for label, part in parts if part]
    else:
        tracks = [_track(_header(groove, name), notes, end, signs, controls)]
    buffer = io.BytesIO()
    mido.MidiFile(type=int(track_per_drum), ticks_per_beat=ticks_per_beat, tracks=tracks).save(file=buffer)
    return buffer.getvalue()


class WrittenNote(NamedTuple):
    """A note of a file.

    Attributes:
        start: Tick of its note-on.
        end: Tick of its note-off.
        voice: Index of its voice; 13 = percussion.
        pitch: MIDI key.
        velocity: 1-127.
    """

    start: int
    end: int
    voice: int
    pitch: int
    velocity: int


def written_notes(groove: Groove, drum_map: DrumMap | None = None, config: MidiConfig | None = None) -> list[WrittenNote]:
    """List the notes that `to_bytes` writes, key by key."""
    config, drum_map = config or default_config().midi, drum_map or drum_map_of(groove)
    ticks_per_beat = groove.details.ticks_per_beat if groove.details else config.ticks_per_beat
    length = max(1, round(config.note_beats * ticks_per_beat))
    return _notes(groove, drum_map, ticks_per_beat, length, round(groove.beats * ticks_per_beat))


def _header(groove: Groove, name: str) -> list[Any]:
    return [
        _track_name(name),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(groove.bpm)),
        mido.MetaMessage(
            "time_signature",
            numerator=groove.meter.numerator,
            denominator=groove.meter.denominator,
            clocks_per_click=round(_CLOCKS_PER_QUARTER * groove.meter.pulse),
        ),
    ]


def _track_name(name: str) -> Any:
    return mido.MetaMessage("track_name", name=_latin(name))


def _latin(text: str) -> str:
    return text.encode("latin-1", errors="replace").decode("latin-1")


def _track(
    header: Sequence[Any],
    notes: Sequence[WrittenNote],
    end: int,
    markers: Sequence[tuple[int, Any]] = (),
    controls: Sequence[tuple[int, Any]] = (),
) -> Any:
    """Make a track of notes, and of markers and controls at their ticks, that ends at a tick.

    At one tick note-offs come before controls, and those before note-ons.
    """
    events = [(tick, _FIRST, 0, marker) for tick, marker in markers] + [(tick, _CONTROL, 0, each) for tick, each in controls]
    for note in notes:
        on = mido.Message("note_on", channel=DRUM_CHANNEL, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=DRUM_CHANNEL, note=note.pitch, velocity=0)
        events += [(note.start, _ON, note.pitch, on), (note.end, _OFF, note.pitch, off)]
    track, now = mido.MidiTrack(header), 0
    for tick, _, _, message in sorted(events, key=itemgetter(0, 1, 2)):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track


def _notes(groove: Groove, drum_map: DrumMap, ticks_per_beat: int, length: int, end: int) -> list[WrittenNote]:
    """List the notes of a groove, key by key; each is short, and ends at the next note of its key or at the last bar line."""
    columns = [_cell_notes(groove, drum_map, ticks_per_beat)]
    if groove.details is not None:
        columns.append(_other_notes(groove.details, groove.steps_per_beat, drum_map))
    notes = np.concatenate(columns)  # start, voice, pitch, velocity
    notes = notes[np.lexsort((-notes[:, 3], notes[:, 0], notes[:, 2]))]
    fresh = np.ones(len(notes), dtype=bool)
    fresh[1:] = (np.diff(notes[:, 0]) != 0) | (np.diff(notes[:, 2]) != 0)
    notes = notes[fresh]
    following = np.full(len(notes), end)
    same = notes[:-1, 2] == notes[1:, 2]
    following[:-1][same] = notes[1:, 0][same]
    ends = np.minimum(notes[:, 0] + length, following)
    return [WrittenNote(note[0], note_end, *note[1:]) for note, note_end in zip(notes.tolist(), ends.tolist(), strict=True)]


def _cell_notes(groove: Groove, drum_map: DrumMap, ticks_per_beat: int) -> NDArray[np.int64]:
    """Make rows of start, voice, pitch and velocity of the thirteen voices' hits."""
    steps, voices = np.nonzero(groove.hits)
    pitches = np.array(drum_map.pitches)[voices]
    if groove.details is not None and groove.details.key_map == drum_map.name:
        keys = groove.details.keys[steps, voices].astype(np.int64)
        pitches = np.where(keys == NO_KEY, pitches, keys)
    starts = _onset_ticks(steps, groove.offsets[steps, voices], groove.steps_per_beat, ticks_per_beat)
    velocities = np.maximum(np.rint(groove.velocities[steps, voices] * MAX_VELOCITY), 1).astype(np.int64)
    return np.stack([starts, voices, pitches, velocities], axis=1)


def _other_notes(details: FileDetails, steps_per_beat: int, drum_map: DrumMap) -> NDArray[np.int64]:
    """Make rows as `_cell_notes` does, of percussion, second hits in a cell, and chokes that the kit plays by a key."""
    own = details.key_map == drum_map.name
    rows = []
    for hit in details.extra_hits:
        voice = hit.voice if hit.voice is not None else stand_in_voice(hit.key)
        kept = own or (hit.voice is None and hit.key in drum_map.percussion)
        pitch = hit.key if kept else None if voice is None else drum_map.pitches[voice]
        if pitch is not None:
            lane = _PERCUSSION if hit.voice is None else hit.voice
            rows.append((hit.step, hit.offset, lane, pitch, max(round(hit.velocity * MAX_VELOCITY), 1)))
    rows += [
        (each.step, each.offset, _PERCUSSION, each.key, max(each.value, 1))
        for each in details.messages
        if each.kind != PEDAL and own and each.key in drum_map.chokes
    ]
    if not rows:
        return np.zeros((0, 4), dtype=np.int64)
    table = np.array(rows, dtype=np.float64)
    starts = _onset_ticks(table[:, 0].astype(np.int64), table[:, 1], steps_per_beat, details.ticks_per_beat)
    return np.column_stack([starts, table[:, 2:].astype(np.int64)])


def _controls(groove: Groove, drum_map: DrumMap, ticks_per_beat: int, closed_pedal: int) -> list[tuple[int, Any]]:
    """List pedal positions and key pressures with their ticks."""
    if groove.details is None:
        return []
    messages = [(each, _control(each, groove.details, drum_map)) for each in groove.details.messages]
    written = [(each, control) for each, control in messages if control is not None]
    steps = np.array([each.step for each, _ in written], dtype=np.int64)
    offsets = np.array([each.offset for each, _ in written], dtype=np.float64)
    ticks = _onset_ticks(steps, offsets, groove.steps_per_beat, ticks_per_beat)
    controls = [(tick, control) for tick, (_, control) in zip(ticks.tolist(), written, strict=True)]
    pedal = [(tick, each.value) for tick, (each, _) in zip(ticks.tolist(), written, strict=True) if each.kind == PEDAL]
    if pedal:
        hits = _cell_notes(groove, drum_map, ticks_per_beat)
        controls += [(tick, _pedal(value)) for tick, value in _further_pedal(hits, pedal, drum_map, closed_pedal)]
    return controls


def _further_pedal(
    hits: NDArray[np.int64], pedal: list[tuple[int, int]], drum_map: DrumMap, closed_pedal: int
) -> list[tuple[int, int]]:
    """List the pedal positions, (tick, value), that edited hi-hats need beside those of the file, to sound as drawn."""
    hats = hits[np.isin(hits[:, 1], (CLOSED, OPEN))]
    hats = hats[np.argsort(hats[:, 0], kind="stable")]
    key_voices = np.array([drum_map.accepted.get(pitch, OPEN) for pitch in hats[:, 2].tolist()], dtype=np.int64)
    ticks, values = np.array(pedal, dtype=np.int64).T
    before = np.searchsorted(ticks, hats[:, 0], side="right") - 1
    at_closed = values[np.maximum(before, 0)][(key_voices == CLOSED) & (before >= 0)]
    threshold = pedal_threshold(at_closed, closed_pedal)
    further: list[tuple[int, int]] = []
    position, latest = 0, -1
    for (tick, voice), message in zip(hats[key_voices == OPEN][:, :2].tolist(), before[key_voices == OPEN].tolist(), strict=True):
        if message > latest:
            position, latest = int(values[message]), message
        if (position >= threshold) != (voice == CLOSED):
            position = MAX_VELOCITY if voice == CLOSED else 0
            further.append((tick, position))
    return further


def _control(message: Message, details: FileDetails, drum_map: DrumMap) -> Any | None:
    """Make the MIDI message of a pedal position or a choke; None for one that the kit has no message for."""
    if message.kind == PEDAL:
        return _pedal(message.value)
    key: int | None = message.key
    if details.key_map != drum_map.name:
        voice = find_drum_map(details.key_map).accepted.get(message.key)
        key = None if voice is None else drum_map.pitches[voice]
    if key is None or key in drum_map.chokes:  # played as a note
        return None
    return mido.Message("polytouch", channel=DRUM_CHANNEL, note=key, value=message.value)


def _pedal(value: int) -> Any:
    return mido.Message("control_change", channel=DRUM_CHANNEL, control=PEDAL_CONTROLLER, value=value)


def _onset_ticks(
    steps: NDArray[np.int64], offsets: NDArray[np.floating[Any]], steps_per_beat: int, ticks_per_beat: int
) -> NDArray[np.int64]:
    """Round onsets to ticks within their own grid cell: from half a step ahead of the step to just before half a step after.

    Offsets of half a step and more, of extra hits just ahead of the last bar line, count from the step that would follow.
    """
    late = offsets >= 0.5
    steps, offsets = steps + late, offsets - late

    def first_tick(step: NDArray[np.int64]) -> NDArray[np.int64]:
        return -((1 - 2 * step) * ticks_per_beat // (2 * steps_per_beat))  # ceiling, in integers

    onsets = (steps + offsets.astype(np.float64)) * ticks_per_beat / steps_per_beat
    ticks = np.rint(onsets).astype(np.int64)
    first, last = first_tick(steps), first_tick(steps + 1) - 1
    return np.maximum(np.where(first <= last, np.clip(ticks, first, last), ticks), 0)  # a coarse file's cell may hold no tick
