"""Files that are damaged in the ways of real programs: opened as players open them, or refused in a sentence, in bounded time."""

import random
import struct
import time

import mido
import pytest

from drummer.errors import MidiError
from drummer.files import midi
from drummer.files.import_midi import understand
from drummer.files.midi.parsing import parse
from tests.midi_events import BEAT, END, file_bytes, note, rock, tempo, track_name

PLAIN = file_bytes(rock(0, 2))
EVENTS = PLAIN[22:-4]  # without header, end of track


def chunk(kind, content, length=None):
    return kind + struct.pack(">I", len(content) if length is None else length) + content


def header(kind=0, tracks=1, division=480, more=b""):
    return chunk(b"MThd", struct.pack(">hhh", kind, tracks, division) + more)


def track(events, ending=b"\0\xff\x2f\0", length=None):
    return chunk(b"MTrk", events + ending, length)


PLAYED = {
    "controller of 255": header() + track(b"\0\xb0\x07\xff" + EVENTS),
    "controller of 255, running status": header() + track(b"\0\xb0\x07\x40\0\x07\xff" + EVENTS),
    "data without a status": header() + track(b"\0\x40" + EVENTS),
    "data after a time signature": header() + track(b"\0\xff\x58\x04\x04\x02\x18\x08\0" + EVENTS),
    "tempo of 0": header() + track(b"\0\xff\x51\x03\0\0\0" + EVENTS),
    "data byte that is lost": header() + track(b"\0\xb0\x07" + EVENTS[1:]),
    "key signature of mode 255": header() + track(b"\0\xff\x59\x02\0\xff" + EVENTS),
    "key signature of 12 flats": header() + track(b"\0\xff\x59\x02\xf4\x01" + EVENTS),
    "RIFF wrapper": b"RIFF" + struct.pack("<I", len(PLAIN) + 12) + b"RMIDdata" + struct.pack("<I", len(PLAIN)) + PLAIN,
    "MacBinary header": bytes(128) + PLAIN,
    "unknown chunk first": header() + chunk(b"XFIH", b"MTrk and more") + track(EVENTS),
    "unknown chunk last": PLAIN + chunk(b"XFKM", b"text"),
    "junk at the end": PLAIN + bytes(range(200)),
    "too many tracks stated": header(1, 9) + track(EVENTS),
    "too few tracks stated": header(1, 0) + track(b"") + track(EVENTS),
    "long header": header(more=b"\1\2\3\4") + track(EVENTS),
    "last bytes missing": PLAIN[:-3],
    "no end of track": header() + track(EVENTS, b""),
    "length of 0": header() + track(EVENTS, length=0),
    "length too great": header() + track(EVENTS, length=10**6),
    "length too small": header() + track(EVENTS, length=len(EVENTS) // 2) + track(b""),
    "type 2 with one track": header(2) + track(EVENTS),
    "type 5": header(5) + track(EVENTS),
    "running status after sysex": header() + track(b"\0\x99\x24\x64\0\xf0\x02\x01\xf7\0\x2a\x64" + EVENTS[7:]),
    "running status after a text": header() + track(b"\0\x99\x24\x64\0\xff\x01\x02ab\0\x2a\x64" + EVENTS[7:]),
    "long text": header() + track(b"\0\xff\x01\x81\x86\x20" + b"x" * 17184 + EVENTS),
    "large sysex": header() + track(b"\0\xf0\x83\x86\x20" + b"\x11" * 49951 + b"\xf7" + EVENTS),
    "sysex without a length": header() + track(b"\0\xf0\x7f\x7f\x7f\x04\xf7" + EVENTS, b""),
    "clock of a live connection": header() + track(b"\0\xf8" + EVENTS),
    "key that does not exist": header() + track(b"\0\x99\xa4\x64" + EVENTS),
}


@pytest.mark.parametrize("data", PLAYED.values(), ids=list(PLAYED))
def test_a_file_that_players_open_is_opened(data):
    expected = midi.read(PLAIN).groove
    groove = midi.read(data).groove
    assert groove.bars == expected.bars
    assert (groove.hits == expected.hits).all()
    assert (groove.velocities == expected.velocities).all()


def test_what_was_mended_is_said():
    assert "1 damaged place mended" in midi.read(header() + track(b"\0\xb0\x07\xff" + EVENTS)).remarks
    assert "the file breaks off" in midi.read(PLAIN[:-20]).remarks
    assert midi.read(PLAIN).remarks == ()


def test_a_whole_file_is_parsed_as_another_library_parses_it():
    last = [(9000, note(60, 1, 15)), (9001, note(60, 0, 15)), (9500, END)]
    events = [(0, tempo(96)), *rock(0, 2), *rock(3840, 2, 3, channel=3), *last]
    found = parse("x", file_bytes([(0, track_name("Drums")), *events], [(0, track_name("é" * 50)), *BEAT]))
    theirs = sorted((tick, each.channel, each.note, each.velocity) for tick, each in [*events, *BEAT] if is_note(each))
    notes = found.notes
    ours = zip(*(array.tolist() for array in (notes.tick, notes.channel, notes.key, notes.velocity)), strict=True)
    assert sorted(ours) == theirs
    assert (found.end, found.ticks_per_beat, found.mended) == (9500, 480, 0)
    assert found.names == {0: "Drums", 1: "é" * 40}
    assert found.tempos == [(0, mido.bpm2tempo(96))]
    assert notes.length[notes.key == 60].tolist() == [1]


def is_note(message):
    return message.type == "note_on" and message.velocity > 0


def test_names_are_one_line_of_printable_characters():
    data = file_bytes([(0, track_name("  <b>\n\x00\x1b[31m Kit\t 2 ")), *BEAT])
    assert parse("x", data).names == {0: "<b> [31m Kit 2"}


@pytest.fixture(scope="module")
def originals(request):
    """Files to be damaged: own ones, and real performances where they are there."""
    kit = [(0, track_name("Kit")), (0, tempo(101)), *rock(0, 4), (7680, END)]
    bass = [(0, mido.Message("program_change", program=33)), *((240 * i, note(40 + i % 5, channel=0)) for i in range(20))]
    files = [PLAIN, file_bytes(kit, bass), b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + PLAIN]
    try:
        gmd = request.getfixturevalue("gmd")
    except pytest.skip.Exception:
        return files
    return files + [path.read_bytes() for path in sorted(gmd.rglob("*.mid"), key=lambda path: path.stat().st_size)[:400:40]]


def damaged(data, generator):
    data = bytearray(data)
    place = generator.randrange(len(data))
    kind = generator.randrange(4)
    if kind == 0:
        for _ in range(generator.randint(1, 12)):
            data[generator.randrange(len(data))] = generator.randrange(256)
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        data[place:place] = generator.randbytes(generator.randint(1, 30))
    else:
        del data[place : place + generator.randint(1, 20)]
    return bytes(data)


def test_hundreds_of_damaged_files_give_a_groove_or_a_sentence(originals):
    generator = random.Random(11)
    opened = 0
    for number in range(800):
        data = damaged(originals[number % len(originals)], generator)
        try:
            groove = midi.read(data).groove
        except MidiError as error:
            assert 0 < len(str(error)) < 200 and "\n" not in str(error)
            continue
        opened += 1
        if number % 10 == 0:
            again = midi.read(midi.to_bytes(groove), whole=True)  # whatever was read is a groove that can be written
            assert again.groove.bars == groove.bars
            understand(data)
            midi.list_parts(data)
    assert opened > 400


LONG = {
    "endless numbers": b"\xff" * 900_000,
    "statuses": b"\x90" * 900_000,
    "empty tracks": b"MTrk\0\0\0\0" * 110_000,
    "tracks of a note": track(b"\0\x99\x24\x64") * 50_000,
    "track marks": b"MTrk" * 220_000,
    "empty chunks": b"ABCD\0\0\0\0" * 110_000,
    "open sysexes": b"MTrk\0\x0f\0\0" + b"\0\xf0\x7f" * 300_000,
    "notes": b"MTrk\0\x0f\0\0\0\x99" + b"\x24\x64\0" * 300_000,
    "pressures": b"MTrk\0\x0f\0\0\0\x99\x24\x64\0\xa9" + b"\x24\x64\0" * 300_000,
    "pedal": b"MTrk\0\x0f\0\0\0\x99\x24\x64\0\xb9" + b"\x04\x64\1" * 300_000,
    "signatures": b"MTrk\0\x0f\0\0\0\x99\x24\x64" + b"\1\xff\x58\2\3\2\1\xff\x58\2\4\2" * 70_000 + b"\0\x99\x24\x64",
    "tempos": b"MTrk\0\x0f\0\0\0\x99\x24\x64" + b"\1\xff\x51\3\7\1\1" * 120_000,
}


@pytest.mark.parametrize("content", LONG.values(), ids=list(LONG))
def test_what_is_meant_to_take_long_does_not(content):
    begun = time.process_time()
    try:
        midi.read(header() + content)
    except MidiError as error:
        assert str(error)
    assert time.process_time() - begun < 12  # each takes at most 2 s on an idle machine, and quadratic ones minutes


def test_a_file_of_400_bars_is_read_at_once():
    data = file_bytes(rock(0, 400))
    begun = time.process_time()
    assert midi.read(data).groove.bars == 400
    assert time.process_time() - begun < 0.5
