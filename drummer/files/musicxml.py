"""MusicXML: a groove as a drum part that notation programs open, play and print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from drummer.config import default_config
from drummer.config_sections import NotationConfig
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.notation import DIVISIONS, Event, Stroke, notate
from drummer.music.percussion import PERCUSSION
from drummer.music.voices import VOICES

_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_PART = "P1"
_CHANNEL = 10
# Length in divisions → note type and dots; in a triplet three notes take the time of two.
_TYPES = {3: ("16th", 0), 6: ("eighth", 0), 9: ("eighth", 1), 12: ("quarter", 0), 18: ("quarter", 1)}
_TRIPLET_TYPES = {4: ("eighth", 0), 8: ("quarter", 0)}
_BEAMS = {"eighth": 1, "16th": 2}


class _Place(NamedTuple):
    """Place of a voice on the staff, as in a treble clef, and its note head."""

    position: str
    head: str = ""


# After the Percussive Arts Society's guide to standardized drumset notation (Norman Weinberg, 1998).
_PLACES = {
    "kick": _Place("F4"),
    "snare": _Place("C5"),
    "rim": _Place("C5", "x"),
    "clap": _Place("E5", "x"),  # apart from the snare, with which it often sounds
    "hihat_closed": _Place("G5", "x"),
    "hihat_pedal": _Place("D4", "x"),
    "hihat_open": _Place("G5", "circle-x"),
    "tom_low": _Place("A4"),
    "tom_mid": _Place("D5"),
    "tom_high": _Place("E5"),
    "crash": _Place("A5", "x"),
    "ride": _Place("F5", "x"),
    "ride_bell": _Place("F5", "diamond"),
}
_PERCUSSION_PLACE = _Place("B5", "triangle")


def to_bytes(
    groove: Groove,
    title: str = "",
    config: NotationConfig | None = None,
    *,
    markers: Iterable[tuple[int, str]] = (),
) -> bytes:
    """Encode a groove as a MusicXML 4.0 file: one part for a drum set, see `drummer.music.notation.notate`.

    Soft hits are ghost notes in parentheses, loud ones have accents. Sound is that of General MIDI percussion.

    Args:
        groove: The groove.
        title: Title of the part.
        config: Velocities of ghost notes and accents; by default those of `config.yaml`.
        markers: First bar, from 0, and name of each block of a song; they become rehearsal marks.
    """
    config = config or default_config().notation
    bars = notate(groove)
    root = Element("score-partwise", version="4.0")
    if title:
        SubElement(SubElement(root, "work"), "work-title").text = title
    SubElement(SubElement(SubElement(root, "identification"), "encoding"), "software").text = "Drummer"
    strokes = (stroke for bar in bars for event in (*bar.hands, *bar.feet) for stroke in event.strokes)
    _list_instruments(root, sorted({_instrument(stroke) for stroke in strokes}))
    part = SubElement(root, "part", id=_PART)
    marks = dict(markers)
    for number, bar in enumerate(bars):
        measure = SubElement(part, "measure", number=str(number + 1))
        if number == 0:
            _write_attributes(measure, groove.meter)
            _write_tempo(measure, groove)
        if number in marks:
            kind = SubElement(SubElement(measure, "direction", placement="above"), "direction-type")
            SubElement(kind, "rehearsal").text = marks[number]
        _write_voice(measure, bar.hands, 1, config)
        SubElement(SubElement(measure, "backup"), "duration").text = str(round(groove.meter.quarters * DIVISIONS))
        _write_voice(measure, bar.feet, 2, config)
        if number == len(bars) - 1:
            SubElement(SubElement(measure, "barline", location="right"), "bar-style").text = "light-heavy"
    indent(root)
    return f"{_HEADER}{tostring(root, encoding='unicode')}\n".encode()


def _list_instruments(root: Element, keys: Sequence[int]) -> None:
    """List the drums by their General MIDI keys, so that programs play them."""
    part = SubElement(SubElement(root, "part-list"), "score-part", id=_PART)
    SubElement(part, "part-name", {"print-object": "no"}).text = "Drum set"
    labels = {voice.pitch: voice.label for voice in VOICES} | {key: each.label for key, each in PERCUSSION.items()}
    for key in keys:
        SubElement(SubElement(part, "score-instrument", id=_id(key)), "instrument-name").text = labels.get(key, f"Key {key}")
    for key in keys:
        instrument = SubElement(part, "midi-instrument", id=_id(key))
        for name, value in (("midi-channel", _CHANNEL), ("midi-program", 1), ("midi-unpitched", key + 1)):  # counted from 1
            SubElement(instrument, name).text = str(value)


def _write_attributes(measure: Element, meter: Meter) -> None:
    attributes = SubElement(measure, "attributes")
    SubElement(attributes, "divisions").text = str(DIVISIONS)
    SubElement(SubElement(attributes, "key"), "fifths").text = "0"
    time = SubElement(attributes, "time")
    SubElement(time, "beats").text = str(meter.numerator)
    SubElement(time, "beat-type").text = str(meter.denominator)
    SubElement(SubElement(attributes, "clef"), "sign").text = "percussion"


def _write_tempo(measure: Element, groove: Groove) -> None:
    """Write the metronome mark, in dotted quarters where those are the beat, and the tempo in quarters a minute."""
    direction = SubElement(measure, "direction", placement="above")
    mark = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(mark, "beat-unit").text = "quarter"
    dotted = groove.meter.compound and groove.meter.denominator == 8
    if dotted:
        SubElement(mark, "beat-unit-dot")
    SubElement(mark, "per-minute").text = f"{groove.bpm / (1.5 if dotted else 1):.5g}"
    SubElement(direction, "sound", tempo=f"{groove.bpm:g}")


def _write_voice(measure: Element, events: Sequence[Event], number: int, config: NotationConfig) -> None:
    """Write the notes and rests of one voice, the first with stems up, the second down."""
    if not any(event.strokes for event in events):
        rest = SubElement(measure, "note")
        SubElement(rest, "rest", measure="yes")
        SubElement(rest, "duration").text = str(sum(event.length for event in events))
        SubElement(rest, "voice").text = str(number)
        return
    beams = _beams_of(events)
    for index, event in enumerate(events):
        accented = any(stroke.velocity > config.accent_velocity for stroke in event.strokes)
        starts = event.triplet and (index == 0 or events[index - 1].beat != event.beat)
        stops = event.triplet and (index + 1 == len(events) or events[index + 1].beat != event.beat)
        for place, stroke in enumerate(event.strokes or (None,)):
            note = SubElement(measure, "note")
            _write_note(note, event, stroke, number, is_first=place == 0, config=config)
            if place == 0:
                for level, value in beams.get(index, {}).items():
                    SubElement(note, "beam", number=str(level)).text = value
                _write_notations(note, number, accented=accented, starts=starts, stops=stops)


def _write_note(
    note: Element, event: Event, stroke: Stroke | None, number: int, *, is_first: bool, config: NotationConfig
) -> None:
    """Write the parts of a note, or of a rest, that come before its beams, in the order of the standard."""
    if not is_first:
        SubElement(note, "chord")
    place = None
    if stroke is None:
        SubElement(note, "rest")
    else:
        place = _PERCUSSION_PLACE if stroke.voice is None else _PLACES[VOICES[stroke.voice].name]
        unpitched = SubElement(note, "unpitched")
        SubElement(unpitched, "display-step").text = place.position[0]
        SubElement(unpitched, "display-octave").text = place.position[1]
    SubElement(note, "duration").text = str(event.length)
    if stroke is not None:
        SubElement(note, "instrument", id=_id(_instrument(stroke)))
    SubElement(note, "voice").text = str(number)
    kind, dots = _type_of(event)
    SubElement(note, "type").text = kind
    for _ in range(dots):
        SubElement(note, "dot")
    if event.triplet:
        ratio = SubElement(note, "time-modification")
        SubElement(ratio, "actual-notes").text, SubElement(ratio, "normal-notes").text = "3", "2"
        SubElement(ratio, "normal-type").text = "eighth"
    if stroke is None or place is None:
        return
    SubElement(note, "stem").text = "up" if number == 1 else "down"
    is_ghost = stroke.velocity < config.ghost_velocity
    if place.head or is_ghost:
        head = SubElement(note, "notehead", {"parentheses": "yes"} if is_ghost else {})
        head.text = place.head or "normal"


def _write_notations(note: Element, number: int, *, accented: bool, starts: bool, stops: bool) -> None:
    if not (accented or starts or stops):
        return
    notations = SubElement(note, "notations")
    if starts:
        SubElement(notations, "tuplet", type="start", bracket="yes")
    if stops:
        SubElement(notations, "tuplet", type="stop")
    if accented:
        SubElement(SubElement(notations, "articulations"), "accent", placement="above" if number == 1 else "below")


def _beams_of(events: Sequence[Event]) -> dict[int, dict[int, str]]:
    """Beam the eighths and sixteenths that follow each other in a beat: index → level → begin, continue, end or hook."""
    beams: dict[int, dict[int, str]] = {}
    runs: list[list[int]] = [[]]
    for index, event in enumerate(events):
        if runs[-1] and events[runs[-1][-1]].beat != event.beat:
            runs.append([])
        if event.strokes and _level(event):
            runs[-1].append(index)
        else:
            runs.append([])
    for run in runs:
        levels = [_level(events[index]) for index in run]
        for place, index in enumerate(run if len(run) > 1 else ()):
            beams[index] = {level: _beam(levels, place, level) for level in range(1, levels[place] + 1)}
    return beams


def _beam(levels: Sequence[int], place: int, level: int) -> str:
    """Name a note's part in the beam of a level: 1 joins eighths, 2 sixteenths."""
    before = place > 0 and levels[place - 1] >= level
    after = place + 1 < len(levels) and levels[place + 1] >= level
    if before and after:
        return "continue"
    if before or after:
        return "end" if before else "begin"
    return "backward hook" if place else "forward hook"


def _type_of(event: Event) -> tuple[str, int]:
    return (_TRIPLET_TYPES if event.triplet else _TYPES)[event.length]


def _level(event: Event) -> int:
    return _BEAMS.get(_type_of(event)[0], 0)


def _instrument(stroke: Stroke) -> int:
    """Return the General MIDI key of a stroke."""
    return stroke.key if stroke.voice is None else VOICES[stroke.voice].pitch


def _id(key: int) -> str:
    return f"{_PART}-I{key}"
