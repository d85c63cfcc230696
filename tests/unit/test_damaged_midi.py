import random
import struct
from pathlib import Path

import mido
import pytest

from drummer.errors import MidiError
from drummer.files import midi
from drummer.music.voices import VOICES
from tests.midi_events import BEAT, END, file_bytes, note, random_groove, tempo


def with_header(kind=0, tracks=1, division=480, data=None):
    body = (file_bytes(BEAT) if data is None else data)[14:]
    return struct.pack(">4sLhhh", b"MThd", 6, kind, tracks, division) + body


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"RIFF1234WAVEfmt ", "is not a MIDI file"),
        (b"MThd", "is incomplete"),
        (file_bytes(BEAT)[:24], "is incomplete"),
        (file_bytes([(0, END)]), "holds no notes"),
        (file_bytes([(0, note(5)), (10, note(99))]), "holds no drums"),
        (file_bytes(BEAT, BEAT, kind=2), "type 2"),
        (with_header(division=-6360), "SMPTE"),
        (with_header(division=0), "needs beats"),
        (bytes(2_000_000), "at most 1 MB"),
        (file_bytes([*BEAT, (10**9, note(36))]), "at most 512 bars"),
        (file_bytes([(0, mido.MetaMessage("set_tempo", tempo=2**24 - 1)), *BEAT]), "from 4 to 1000"),
        (b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\x0f\0\0" + b"\xff" * 900_000, "is incomplete"),
        (b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\x0f\0" + b"\xff" * 4000 + b"\0\x99\x24\x64\0\xff\x2f\0", "holds no notes"),
    ],
)
def test_bad_files_give_a_sentence(data, sentence):
    with pytest.raises(MidiError, match=sentence) as caught:
        midi.read(data)
    assert "\n" not in str(caught.value)


def test_paths_that_hold_no_file_give_a_sentence(tmp_path):
    with pytest.raises(MidiError, match="there is no file"):
        midi.read(tmp_path / "missing.mid")
    with pytest.raises(MidiError, match="is not a file"):
        midi.read(tmp_path)
    with pytest.raises(MidiError, match="is not a file"):
        midi.read(Path("/dev/zero"))


def test_the_error_names_the_file(tmp_path):
    (tmp_path / "song.mid").write_bytes(b"not MIDI")
    with pytest.raises(MidiError, match=r"^song\.mid is not a MIDI file$"):
        midi.read(tmp_path / "song.mid")


def survives(data):
    try:
        reading = midi.read(data)
    except MidiError as error:
        assert str(error)
        return False
    midi.read(midi.to_bytes(reading.groove))  # whatever was read is a groove that can be written
    return True


@pytest.fixture(scope="module")
def real_bytes():
    groove = random_groove(bars=1, density=0.1)
    header = [(0, mido.MetaMessage("key_signature", key="Am")), (0, mido.MetaMessage("smpte_offset")), (0, tempo(101))]
    controllers = [(40 * i, mido.Message("control_change", channel=9, control=4, value=i)) for i in range(10)]
    notes = [(round(beat * 480) + 30, note(VOICES[voice].pitch)) for beat, voice, _ in zip(*groove.to_hits(), strict=True)]
    sysex = [(0, mido.Message("sysex", data=(1, 2, 3)))]
    return file_bytes(header + sysex, sorted(controllers + notes, key=lambda event: event[0]))


def test_a_file_cut_anywhere_is_read_as_far_as_it_goes(real_bytes):
    whole = midi.read(real_bytes).groove
    counts = []
    for end in range(len(real_bytes)):
        try:
            reading = midi.read(real_bytes[:end])
        except MidiError as error:
            assert "incomplete" in str(error) or "empty" in str(error) or "not a MIDI file" in str(error)
            counts.append(0)
        else:
            assert "the file breaks off" in reading.remarks or end >= len(real_bytes) - 4
            counts.append(reading.groove.hit_count)
    assert counts == sorted(counts)
    assert counts[-1] == whole.hit_count


def test_flipped_bytes_give_a_groove_or_a_sentence(real_bytes):
    generator = random.Random(7)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(real_bytes)
        for _ in range(generator.randint(1, 6)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        outcomes.add(survives(bytes(damaged)))
    assert outcomes == {True, False}


def test_a_damaged_header_gives_a_groove_or_a_sentence(real_bytes):
    for position in range(4, 80):
        for value in (0, 0x7F, 0xFF):
            survives(real_bytes[:position] + bytes([value]) + real_bytes[position + 1 :])
