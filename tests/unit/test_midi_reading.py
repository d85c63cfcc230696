import io

import mido
import numpy as np
import pytest

from drummer.errors import MidiError
from drummer.files import midi
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from tests.midi_events import BEAT, END, GMD_PITCHES, HIHAT, KICK, SNARE, file_bytes, note, random_groove, signature, tempo


def test_reads_onsets_velocities_tempo_and_length():
    data = file_bytes([(0, tempo(96)), (0, note(36, 127)), (490, note(38, 64)), (960, note(42, 1)), (1920, END)])
    reading = midi.read(data)
    beats, voices, velocities = reading.groove.to_hits()
    np.testing.assert_allclose(beats, [0, 490 / 480, 2], atol=1e-7)
    assert voices.tolist() == [KICK, SNARE, HIHAT]
    np.testing.assert_allclose(velocities, [1, 64 / 127, 1 / 127], rtol=1e-6)
    assert reading.groove.offsets[12, SNARE] == pytest.approx(10 / 40)  # late is positive
    assert (reading.groove.bpm, reading.groove.bars, str(reading.groove.meter)) == (96.0, 1, "4/4")
    assert reading.summary() == "1 bar, 4/4, 96 BPM"


def test_ticks_of_any_resolution_are_beats():
    fine = midi.read(file_bytes([(0, note(36)), (960, note(38)), (1460, note(42))], ppq=960)).groove
    coarse = midi.read(file_bytes([(0, note(36)), (48, note(38)), (73, note(42))], ppq=48)).groove
    assert np.array_equal(fine.hits, coarse.hits) and np.array_equal(fine.offsets, coarse.offsets)
    assert (fine.details.ticks_per_beat, coarse.details.ticks_per_beat) == (960, 48)


def test_a_note_on_without_velocity_is_not_a_hit():
    reading = midi.read(file_bytes([(0, note(36)), (60, note(36, 0)), (480, note(36)), (540, note(36, 0))]))
    assert reading.groove.hit_count == 2


def test_type_1_tracks_are_one_groove():
    conductor = [(0, signature(3, 4)), (0, tempo(140)), (0, END)]
    groove = midi.read(file_bytes(conductor, [(0, note(36)), (1440, END)], [(480, note(38)), (480, END)])).groove
    assert (groove.bpm, str(groove.meter), groove.bars, groove.hit_count) == (140.0, "3/4", 1, 2)


def test_a_tempo_change_moves_no_onset():
    changing = [(0, tempo(90)), *BEAT[:2], (600, tempo(180)), *BEAT[2:]]
    reading = midi.read(file_bytes(changing))
    assert reading.groove == midi.read(file_bytes([(0, tempo(90)), *BEAT])).groove
    assert "the tempo changes, 90 BPM is kept" in reading.summary()


@pytest.mark.parametrize(
    ("events", "bpm"),
    [
        (BEAT, 120),  # MIDI's default
        ([(0, tempo(80)), (100, tempo(100)), (480, note(36))], 100),  # in force when the drums start
        ([(0, note(36)), (100, tempo(100))], 120),
        ([(0, mido.MetaMessage("set_tempo", tempo=654321)), *BEAT], 60e6 / 654321),
    ],
)
def test_tempo_is_the_one_at_the_first_hit(events, bpm):
    assert midi.read(file_bytes(events)).groove.bpm == pytest.approx(bpm, rel=1e-12)


@pytest.mark.parametrize("bpm", [30, 97, 101, 138, 299, 1000])
def test_whole_tempos_come_back_whole(bpm):
    assert midi.read(midi.to_bytes(random_groove(bpm=bpm))).groove.bpm == bpm


@pytest.mark.parametrize(
    ("written", "bars"), [((4, 4), 3), ((3, 4), 4), ((6, 8), 4), ((5, 4), 3), ((5, 8), 5), ((7, 16), 7), ((2, 2), 3)]
)
def test_the_time_signature_is_the_meter(written, bars):
    reading = midi.read(file_bytes([(0, signature(*written)), (0, note(36)), (11 * 480 + 240, note(38))]))
    assert (reading.groove.meter, reading.groove.bars) == (Meter(*written), bars)


def test_of_two_meters_that_are_played_the_longer_part_is_kept():
    reading = midi.read(file_bytes([(0, signature(3, 4)), *BEAT, (2880, signature(4, 4)), (2880, note(36))]))
    assert reading.groove.meter == Meter(3, 4)
    assert "the time signature changes, the longest part in 3/4 is kept and 1 note outside it left out" in reading.remarks


def test_all_pitches_of_gmd_have_a_voice():
    reading = midi.read(file_bytes([(480 * i, note(pitch)) for i, pitch in enumerate(GMD_PITCHES)]))
    assert reading.groove.hit_count == len(GMD_PITCHES)
    assert not reading.unplaced


def test_notes_without_a_voice_are_counted():
    reading = midi.read(file_bytes([*BEAT, (1440, note(5)), (1500, note(5)), (1600, note(99))]))
    assert dict(reading.unplaced) == {5: 2, 99: 1}
    assert reading.groove.hit_count == 4
    assert reading.summary() == "1 bar, 4/4, 120 BPM, 3 notes had no drum voice"


def test_of_two_hits_in_a_cell_the_louder_is_in_it_and_the_other_beside_it():
    reading = midi.read(file_bytes([(0, note(22, 90)), (5, note(42, 30)), (480, note(36))]))
    assert (reading.merged, reading.groove.hit_count) == (0, 2)
    assert reading.groove.velocities[0, HIHAT] == pytest.approx(90 / 127)
    (second,) = reading.groove.details.extra_hits
    assert (second.step, second.key, second.voice) == (0, 42, HIHAT)
    alone = midi.read(file_bytes([(0, note(22, 90)), (5, note(42, 30)), (480, note(36))]), details=False)
    assert (alone.merged, alone.groove.details) == (1, None)
    assert "1 hit fell together with another" in alone.summary()


def test_of_two_notes_on_a_key_at_a_tick_the_louder_is_heard():
    reading = midi.read(file_bytes([(0, note(36, 50)), (0, note(36, 90)), (0, note(36, 70))]))
    assert (reading.merged, reading.groove.hit_count, reading.groove.details) == (2, 1, None)
    assert reading.groove.velocities[0, KICK] == pytest.approx(90 / 127)


def test_a_whole_file_that_ends_on_a_bar_line_keeps_its_rests():
    assert midi.read(file_bytes([*BEAT, (4 * 1920, END)]), whole=True).groove.bars == 4
    assert midi.read(file_bytes([*BEAT, (4 * 1920 - 7, END)]), whole=True).groove.bars == 1
    assert midi.read(file_bytes([(tick + 1920, each) for tick, each in BEAT]), whole=True).groove.bars == 2
    assert midi.read(file_bytes([*BEAT, (4 * 1920, END)])).groove.bars == 1


def test_a_hit_just_ahead_of_the_closing_bar_line_stays_inside():
    groove = midi.read(file_bytes([*BEAT, (1915, note(49)), (1920, END)])).groove
    assert groove.bars == 1
    assert groove.details is not None
    (hit,) = groove.details.extra_hits
    assert (hit.step, hit.voice, hit.offset) == (47, VOICE_INDEX["crash"], pytest.approx(1 - 5 / 40))


def test_channel_10_wins_over_other_channels():
    bass = [(240 * i, note(36 + i % 3, channel=1)) for i in range(40)]
    assert midi.read(file_bytes([*BEAT, (1920, END)], bass)).groove.hit_count == 4


def test_drums_on_another_channel_are_known_by_their_pitches():
    piano = [(240 * i, note(60 + i % 12, channel=1)) for i in range(4)]
    kit = [(tick, message.copy(channel=2)) for tick, message in BEAT]
    reading = midi.read(file_bytes(piano, kit))
    assert reading.groove.hit_count == 4
    assert reading.remarks == ("drums found on channel 3", "1 other part left out: channel 2")


@pytest.mark.parametrize("pitches", [range(48, 84), (43, 45, 47, 50, 52), (60, 64, 67, 36)], ids=["scale", "melody", "chord"])
def test_a_piano_is_not_a_drum_kit(pitches):
    with pytest.raises(MidiError, match="no drums"):
        midi.read(file_bytes([(240 * i, note(pitch, channel=0)) for i, pitch in enumerate(pitches)]))


def test_reads_paths_bytes_and_open_files(tmp_path):
    data = file_bytes(BEAT)
    path = tmp_path / "beat.mid"
    path.write_bytes(data)
    expected = midi.read(data).groove
    assert midi.read(path).groove == midi.read(str(path)).groove == midi.read(io.BytesIO(data)).groove == expected
