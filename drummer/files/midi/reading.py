"""Reading MIDI files: the drums, or the rhythm of any instrument, as a groove.

Bytes are parsed in `parsing`, drums told from other instruments in `parts`, and bars found in `time_map`; `placing` puts notes
on the grid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import mido
import numpy as np
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.config_sections import MidiConfig
from drummer.errors import MidiError
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.files.midi.parsing import MidiEvents, Notes, parse
from drummer.files.midi.parts import CLICK_KEYS, Drums, Part, PartInfo, find_drums, rank_rhythms, split
from drummer.files.midi.placing import Grid, close_hihats, groove_of, place
from drummer.files.midi.time_map import Signature, Span, Timed, find_span
from drummer.music.groove import MAX_BPM, MIN_BPM, Groove
from drummer.music.meter import DENOMINATORS, MAX_NUMERATOR, Meter
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_name, quote, quote_path, spell_range

_LISTED_PARTS = 3  # in an error's sentence
DEFAULT_TEMPO = 500_000  # microseconds a quarter note in a file without a tempo, 120 BPM
_RIM = VOICE_INDEX["rim"]


@dataclass(frozen=True)
class MidiReading:
    """A groove read from a MIDI file, and a record of the losses.

    Attributes:
        groove: The groove.
        unplaced: Number of notes of the drums that are neither a voice nor percussion, by MIDI key, in the whole file.
        merged: Number of hits lost because another one is on the same key at the same tick, or, of a rhythm, in the same cell of
            the grid; the louder one stayed.
        signature: Time signature, as written, such as (6, 8).
        remarks: Parts of a sentence on everything else that the groove does not hold, such as a change of tempo.
        drum_map: The kit that the keys belong to.
    """

    groove: Groove
    unplaced: Mapping[int, int]
    merged: int
    signature: Signature
    remarks: tuple[str, ...]
    drum_map: DrumMap = GENERAL_MIDI

    def summary(self) -> str:
        """Summarize the reading in a line, such as `8 bars, 4/4, 96 BPM, 3 notes had no drum voice`."""
        parts = [_count(self.groove.bars, "bar"), self.groove.meter.signature, f"{self.groove.bpm:.4g} BPM"]
        if self.unplaced:
            parts.append(f"{_count(sum(self.unplaced.values()), 'note')} had no drum voice")
        return ", ".join([*parts, *self.remarks])


def read(
    source: str | Path | bytes | BinaryIO,
    steps_per_beat: int = 12,
    config: MidiConfig | None = None,
    *,
    drum_map: DrumMap = GENERAL_MIDI,
    whole: bool = False,
    details: bool = True,
) -> MidiReading:
    """Read the drums of a MIDI file; with `whole`, the inverse of `to_bytes` and `write`.

    - The drums are the parts that track names, channels, programs, keys and note lengths show to be drums; see
      `drummer.files.midi.parts`.
    - The groove is in one meter. It begins at the first bar that is played and ends with the last, without a count-in; see
      `drummer.files.midi.time_map`.
    - Its tempo is the tempo at its first hit. Onsets are in beats, so later tempo changes do not move them.
    - Hits keep their keys, percussion is kept beside the thirteen voices; see `drummer.music.details`.

    Args:
        source: Path of a file, or its content.
        steps_per_beat: Grid of the groove.
        config: Bounds on the file; by default those of `config.yaml`.
        drum_map: The kit that the file was made for.
        whole: Keep rests before and after the music, and a count-in; the length is that of the file if it ends on a bar line.
        details: Keep keys, percussion, second hits in a cell, pedal positions and chokes, and let the pedal close the hi-hat;
            otherwise only the cells of the thirteen voices, as keys alone give them.

    Raises:
        MidiError: If the file is missing, too large, too long, no MIDI file, of a form that has no beats, or without drums.
    """
    config = config or default_config().midi
    name, events = _open(source, config)
    drums = _drums(name, split(events, drum_map.accepted), drum_map)
    notes = _notes_of(events, drums.parts)
    voices = _voices(notes, drum_map)
    known = voices >= 0
    channels = {part.channel for part in drums.parts}
    controls = [control for control in events.controls if control.channel in channels] if details else []
    kit = notes.where(known)
    voices = close_hihats(kit, voices[known], controls, config.closed_pedal)
    if not details:
        hits = voices < VOICE_COUNT
        if hits.any():
            kit, voices = kit.where(hits), voices[hits]
    beyond = notes.where(~known)
    lost_until = int(beyond.tick.max(initial=-1))
    span, remarks = _span(name, events, kit, voices, config, steps_per_beat, whole, lost_until)
    grid = Grid(span.start, Meter(*span.signature), span.bars, events.ticks_per_beat, steps_per_beat)
    placed = place(kit.where(span.taken), voices[span.taken], grid, drum_map if details else None, controls)
    first_hit = int(kit.tick[span.taken][0])
    bpm, changes = _tempo(name, events, first_hit, grid)
    groove = groove_of(placed, grid, bpm, drum_map, config.ticks_per_beat if details else events.ticks_per_beat)
    unplaced = Counter(beyond.key.tolist())
    percussion = len(groove.details.percussion) if groove.details else 0
    remarks = [
        *_merged(placed.merged),
        *drums.remarks,
        *([f"{_count(percussion, 'percussion hit')} beside the drums"] if percussion else []),
        *changes,
        *remarks,
    ]
    unplaced_by_key = MappingProxyType(dict(sorted(unplaced.items())))
    return MidiReading(groove, unplaced_by_key, placed.merged, span.signature, tuple(remarks), drum_map)


def read_rhythm(
    source: str | Path | bytes | BinaryIO,
    voice: str = "kick",
    steps_per_beat: int = 12,
    config: MidiConfig | None = None,
    *,
    part: int | None = None,
) -> MidiReading:
    """Read the rhythm of any instrument as hits of one drum voice, such as a bass line's rhythm for the kick.

    Of simultaneous notes the loudest stays. Otherwise as `read`.

    Args:
        source: As `read`.
        voice: Name of the voice, see `drummer.music.voices`.
        steps_per_beat: As `read`.
        config: As `read`.
        part: Number of the part, see `list_parts`; by default the first part listed.

    Raises:
        MidiError: As `read`, except that no drums are needed, or if there is no such part.
        SettingError: If there is no such voice.
    """
    check_name("voice", voice, VOICE_INDEX)
    config = config or default_config().midi
    name, events = _open(source, config)
    chosen = _rhythm_part(name, _ranked(events), part)
    notes = chosen.notes
    voices = np.full(len(notes), VOICE_INDEX[voice], dtype=np.int64)
    span, remarks = _span(name, events, notes, voices, config, steps_per_beat)
    grid = Grid(span.start, Meter(*span.signature), span.bars, events.ticks_per_beat, steps_per_beat)
    placed = place(notes.where(span.taken), voices[span.taken], grid, None, ())
    bpm, changes = _tempo(name, events, int(notes.tick[span.taken][0]), grid)
    groove = groove_of(placed, grid, bpm, GENERAL_MIDI, events.ticks_per_beat)
    remarks = [*_merged(placed.merged), f"notes of {chosen}", *changes, *remarks]
    return MidiReading(groove, MappingProxyType({}), placed.merged, span.signature, tuple(remarks))


def list_parts(source: str | Path | bytes | BinaryIO, config: MidiConfig | None = None) -> tuple[PartInfo, ...]:
    """List the parts of a file, that with the likeliest rhythm first: basses, then other instruments, then drums.

    Raises:
        MidiError: As `read`, except that no drums are needed.
    """
    _, events = _open(source, config or default_config().midi)
    return tuple(part.info() for part in _ranked(events))


def _ranked(events: MidiEvents) -> list[Part]:
    return rank_rhythms(split(events, GENERAL_MIDI.accepted))


def _rhythm_part(name: str, ranked: Sequence[Part], number: int | None) -> Part:
    if number is None:
        return ranked[0]
    found = [part for part in ranked if part.number == number]
    if not found:
        numbers = ", ".join(f"{part.number} ({part.info().label})" for part in ranked[:_LISTED_PARTS])
        more = ", ..." if len(ranked) > _LISTED_PARTS else ""
        raise MidiError(f"{name} has no part {quote(number)} with notes, choose one of {numbers}{more}")
    return found[0]


def _drums(name: str, parts: Sequence[Part], drum_map: DrumMap) -> Drums:
    return find_drums(name, parts, drum_map.accepted.keys() | drum_map.percussion)


def _notes_of(events: MidiEvents, parts: Sequence[Part]) -> Notes:
    return events.notes.where(np.any([part.chosen for part in parts], axis=0))


def _voices(notes: Notes, drum_map: DrumMap) -> NDArray[np.int64]:
    """Return the voice of each note; 13 + key for percussion and for keys that choke, -1 for other keys."""
    table = np.full(128, -1, dtype=np.int64)
    for key in drum_map.percussion | drum_map.chokes:
        table[key] = VOICE_COUNT + key
    for key, voice in drum_map.accepted.items():
        table[key] = voice
    return table[notes.key]


def _span(
    name: str,
    events: MidiEvents,
    notes: Notes,
    voices: NDArray[np.int64],
    config: MidiConfig,
    steps_per_beat: int,
    whole: bool = False,
    lost_until: int = -1,
) -> tuple[Span, list[str]]:
    """Find the part of the file that becomes the groove, with remarks on the rest."""
    possible = [item for item in events.signatures if _is_meter(item[1], config.max_beats_per_bar)]
    sticks = (voices == _RIM) | np.isin(voices - VOICE_COUNT, list(CLICK_KEYS))
    timed = Timed(notes.tick, voices, sticks | np.isin(voices, FAMILY_INDICES["hihat"]), sticks)
    span = find_span(timed, possible, events.ticks_per_beat, events.end, steps_per_beat, whole, lost_until)
    if span.bars > config.max_bars:  # no number: it may have many digits
        raise MidiError(f"{name} is too long: the music of a MIDI file can have at most {config.max_bars} bars")
    remarks = list(span.remarks)
    odd = {signature for _, signature in events.signatures if not _is_meter(signature, config.max_beats_per_bar)}
    if odd:
        remarks.append(f"a time signature of {'/'.join(map(str, min(odd)))} is ignored")
    if events.mended:
        remarks.append(f"{_count(events.mended, 'damaged place')} mended")
    if events.cut_short:
        remarks.append("the file breaks off")
    return span, remarks


def _is_meter(signature: Signature, most_beats: int) -> bool:
    numerator, denominator = signature
    fits = denominator in DENOMINATORS and 1 <= numerator <= MAX_NUMERATOR
    return fits and 4 * numerator <= most_beats * denominator


def _tempo(name: str, events: MidiEvents, first_hit: int, grid: Grid) -> tuple[float, list[str]]:
    """Return the tempo at the first hit in BPM, and a remark if it changes later in the groove."""
    in_force = [tempo for tick, tempo in events.tempos if tick <= first_hit]
    tempo = in_force[-1] if in_force else DEFAULT_TEMPO
    bpm = mido.tempo2bpm(tempo)
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise MidiError(f"{name} has a tempo of {bpm:.4g} BPM, but it must be {spell_range(MIN_BPM, MAX_BPM)}")
    whole = round(bpm)  # most whole tempos have no exact number of microseconds: 97 BPM is stored as 97.00003
    bpm = float(whole) if mido.bpm2tempo(whole) == tempo else float(bpm)
    later = {other for tick, other in events.tempos if first_hit < tick < grid.end}
    return bpm, [f"the tempo changes, {bpm:.4g} BPM is kept"] if later - {tempo} else []


def _open(source: str | Path | bytes | BinaryIO, config: MidiConfig) -> tuple[str, MidiEvents]:
    """Return a name for error sentences and the events of the file."""
    name, data = _load(source, config.max_bytes)
    return name, parse(name, data)


def _load(source: str | Path | bytes | BinaryIO, max_bytes: int) -> tuple[str, bytes]:
    """Return a name for error sentences, and the content, read up to the limit."""
    if source == "":
        raise MidiError("the name of the MIDI file is empty")
    if isinstance(source, str | Path):
        name = quote_path(Path(source).name)
        data = _load_file(Path(source), max_bytes)
    else:
        name = "the file"
        data = source if isinstance(source, bytes) else source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise MidiError(f"{name} is too large: a MIDI file can have at most {max_bytes / 1e6:g} MB")
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


def _merged(hits: int) -> list[str]:
    return [f"{_count(hits, 'hit')} fell together with another"] if hits else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
