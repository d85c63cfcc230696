import io

import mido
import numpy as np
import pytest

from drummer.errors import MidiError
from drummer.files import midi
from drummer.music.groove import Groove, Hits
from tests.midi_events import KICK, SNARE, random_groove


def absolute(data):
    """List the messages of a written file with their ticks."""
    (track,) = mido.MidiFile(file=io.BytesIO(data)).tracks
    tick, events = 0, []
    for message in track:
        tick += message.time
        events.append((tick, message))
    return events


def test_the_form_that_a_daw_loops():
    groove = random_groove(bars=3, bpm=96)
    data = midi.to_bytes(groove, "Funk")
    file = mido.MidiFile(file=io.BytesIO(data))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (0, 480, 1)
    events = absolute(data)
    assert [message.type for _, message in events[:3]] == ["track_name", "set_tempo", "time_signature"]
    assert {tick for tick, _ in events[:3]} == {0}
    assert events[0][1].name == "Funk"
    assert events[1][1].tempo == 625_000
    assert (events[2][1].numerator, events[2][1].denominator) == (4, 4)
    assert (events[-1][0], events[-1][1].type) == (3 * 4 * 480, "end_of_track")


@pytest.mark.parametrize("seed", range(5))
def test_notes_never_overlap_themselves_nor_the_last_bar_line(seed):
    groove = random_groove(seed, density=0.8)
    sounding = {}
    for tick, message in absolute(midi.to_bytes(groove)):
        if message.type == "note_on":
            assert message.channel == 9
            assert message.note not in sounding
            assert 1 <= message.velocity <= 127
            sounding[message.note] = tick
        elif message.type == "note_off":
            assert 1 <= tick - sounding.pop(message.note) <= 60  # an eighth of a beat at most
            assert tick <= groove.beats * 480
    assert not sounding


def test_canonical_pitches():
    every = Groove.from_hits(Hits(np.arange(13) / 4, np.arange(13), np.full(13, 0.5, np.float32)), 120)
    pitches = [message.note for _, message in absolute(midi.to_bytes(every)) if message.type == "note_on"]
    assert pitches == [36, 38, 37, 39, 42, 44, 46, 43, 47, 50, 49, 51, 53]


def test_a_hit_ahead_of_the_first_bar_line_moves_onto_it():
    early = Groove.from_hits(Hits(np.array([-0.04, 1.0]), np.array([KICK, SNARE]), np.array([0.5, 0.5], np.float32)), 120)
    ons = [tick for tick, message in absolute(midi.to_bytes(early)) if message.type == "note_on"]
    assert ons == [0, 480]


def test_the_quietest_hit_still_sounds():
    quiet = Groove.from_hits(Hits(np.array([0.0]), np.array([KICK]), np.array([1e-6], np.float32)), 120)
    assert [message.velocity for _, message in absolute(midi.to_bytes(quiet)) if message.type == "note_on"] == [1]


def test_any_text_is_a_track_name():
    for name in ("Café", "日本語 🥁", "", "\ud800"):
        data = midi.to_bytes(random_groove(), name)
        assert absolute(data)[0][1].name == name.encode("latin-1", "replace").decode("latin-1")


def test_bytes_are_the_same_each_time():
    assert midi.to_bytes(random_groove(3)) == midi.to_bytes(random_groove(3))


def test_write_names_the_track_after_the_file(tmp_path):
    path = tmp_path / "funk_96bpm.mid"
    midi.write(random_groove(), path)
    assert path.read_bytes() == midi.to_bytes(random_groove(), "funk_96bpm")
    midi.write(random_groove(), path, "Verse")
    assert path.read_bytes() == midi.to_bytes(random_groove(), "Verse")


def test_writing_where_nothing_can_be_written_gives_a_sentence(tmp_path):
    with pytest.raises(MidiError, match="cannot write"):
        midi.write(random_groove(), tmp_path / "missing" / "x.mid")


def test_a_groove_finer_than_ticks_is_refused():
    with pytest.raises(MidiError, match="480 steps a beat"):
        midi.to_bytes(Groove.silent(1, 120, steps_per_beat=481))


def test_a_silent_groove_is_written():
    silent = mido.MidiFile(file=io.BytesIO(midi.to_bytes(Groove.silent(2, 120))))
    assert sum(message.time for message in silent.tracks[0]) == 2 * 4 * 480
