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
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.files.midi.reading import DRUM_CHANNEL, MAX_VELOCITY, read
from drummer.music.groove import Groove
from drummer.music.voices import VOICES
from drummer.validation import quote_path

_CLOCKS_PER_QUARTER = 24  # MIDI clocks


def write(
    groove: Groove,
    path: str | Path,
    name: str | None = None,
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
    track_a_voice: bool = False,
) -> None:
    """Write a groove to a MIDI file; see `to_bytes`. The track's name is the file's, without its suffix, unless `name` is given.

    Raises:
        MidiError: If the file cannot be written, or the groove has a form that MIDI cannot hold.
    """
    path = Path(path)
    data = to_bytes(groove, path.stem if name is None else name, config, drum_map=drum_map, track_a_voice=track_a_voice)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise MidiError(f"cannot write {quote_path(path)}: {error.strerror or error}") from error


def as_written(groove: Groove) -> Groove:
    """Return a groove as it is read back from its MIDI file: with the timing and velocities that listeners hear."""
    return read(to_bytes(groove)).groove


def to_bytes(
    groove: Groove,
    name: str = "Drums",
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
    track_a_voice: bool = False,
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
        drum_map: The kit that the file is written for.
        track_a_voice: Whether to write one MIDI track per drum: a file of type 1 with the tempo first, then a track for each
            voice that plays, by its name.
        markers: Bars, from 0, and the text that a DAW shows at each, such as the part of a song.

    Raises:
        MidiError: If the groove has more steps in a beat than a beat has ticks.
    """
    config = config or default_config().midi
    if groove.steps_per_beat > config.ticks_per_beat:
        raise MidiError(f"a MIDI file holds at most {config.ticks_per_beat} steps a beat, got {groove.steps_per_beat}")
    notes = _notes(groove, config, drum_map)
    end = round(groove.beats * config.ticks_per_beat)
    bar_ticks = round(groove.meter.quarters * config.ticks_per_beat)
    signs = [(bar * bar_ticks, mido.MetaMessage("marker", text=_latin(text))) for bar, text in markers]
    if track_a_voice:
        parts = [(VOICES[voice].label, [note for note in notes if note.voice == voice]) for voice in range(len(VOICES))]
        tracks = [_track(_header(groove, name), [], end, signs)]
        tracks += [_track([_track_name(label)], part, end) for label, part in parts if part]
    else:
        tracks = [_track(_header(groove, name), notes, end, signs)]
    buffer = io.BytesIO()
    mido.MidiFile(type=int(track_a_voice), ticks_per_beat=config.ticks_per_beat, tracks=tracks).save(file=buffer)
    return buffer.getvalue()


class _Written(NamedTuple):
    """A note of a file."""

    start: int  # ticks
    end: int
    voice: int
    pitch: int
    velocity: int


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


def _track(header: Sequence[Any], notes: Sequence[_Written], end: int, markers: Sequence[tuple[int, Any]] = ()) -> Any:
    """Make a track of notes, and of markers at their ticks, that ends at a tick; at one tick note-offs come before note-ons."""
    events = [(tick, -1, 0, marker) for tick, marker in markers]
    for note in notes:
        on = mido.Message("note_on", channel=DRUM_CHANNEL, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=DRUM_CHANNEL, note=note.pitch, velocity=0)
        events += [(note.start, 1, note.pitch, on), (note.end, 0, note.pitch, off)]
    track, now = mido.MidiTrack(header), 0
    for tick, _, _, message in sorted(events, key=itemgetter(0, 1, 2)):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=end - now))
    return track


def _notes(groove: Groove, config: MidiConfig, drum_map: DrumMap) -> list[_Written]:
    """List the notes of a groove, key by key; each is short, and ends at the next note of its key or at the last bar line."""
    steps, voices = np.nonzero(groove.hits)
    pitches = np.array(drum_map.pitches)[voices]
    starts = _onset_ticks(groove, steps, voices, config.ticks_per_beat)
    velocities = np.maximum(np.rint(groove.velocities[steps, voices] * MAX_VELOCITY), 1).astype(np.int64)
    order = np.lexsort((-velocities, starts, pitches))
    notes = np.stack([starts, voices, pitches, velocities], axis=1)[order]
    fresh = np.ones(len(notes), dtype=bool)
    fresh[1:] = (np.diff(notes[:, 0]) != 0) | (np.diff(notes[:, 2]) != 0)
    notes = notes[fresh]
    following = np.full(len(notes), round(groove.beats * config.ticks_per_beat))
    same = notes[:-1, 2] == notes[1:, 2]
    following[:-1][same] = notes[1:, 0][same]
    ends = np.minimum(notes[:, 0] + max(1, round(config.note_beats * config.ticks_per_beat)), following)
    return [_Written(note[0], end, *note[1:]) for note, end in zip(notes.tolist(), ends.tolist(), strict=True)]


def _onset_ticks(groove: Groove, steps: NDArray[np.int64], voices: NDArray[np.int64], ticks_per_beat: int) -> NDArray[np.int64]:
    """Round onsets to ticks within their own grid cell: from half a step ahead of the step to just before half a step after."""

    def first_tick(step: NDArray[np.int64]) -> NDArray[np.int64]:
        return -((1 - 2 * step) * ticks_per_beat // (2 * groove.steps_per_beat))  # ceiling, in integers

    onsets = (steps + groove.offsets[steps, voices].astype(np.float64)) * ticks_per_beat / groove.steps_per_beat
    ticks = np.rint(onsets).astype(np.int64)
    return np.maximum(np.clip(ticks, first_tick(steps), first_tick(steps + 1) - 1), 0)
