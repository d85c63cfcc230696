"""Which parts of a file are drums, what is left out, and the rhythm of any part."""

import mido
import pytest

from drummer.errors import MidiError, SettingError
from drummer.files import midi
from drummer.files.import_midi import import_midi
from tests.midi_events import BEAT, file_bytes, note, rock, track_name


def program(number, channel=0):
    return mido.Message("program_change", channel=channel, program=number)


def held(keys, channel, length=440, step=480, varied=0):
    """Notes one after another, each held for a while: (tick, message)."""
    events = []
    for index, key in enumerate(keys):
        end = step * index + length - varied * (index % 4)
        events += [(step * index, note(key, channel=channel)), (end, note(key, 0, channel))]
    return events


BASS = (36, 36, 43, 41, 38, 36, 43, 45) * 2


def hits(*tracks):
    return midi.read(file_bytes(*tracks)).groove.hit_count


def test_the_track_called_drums_is_the_kit_though_a_bass_is_busier():
    drums = [(0, track_name("Drums")), *rock(0, 2, channel=0)]
    bass = [(0, track_name("Bass")), (0, program(33, 1)), *held(BASS * 2, 1, 100, 120)]
    reading = midi.read(file_bytes(bass, drums))
    assert reading.groove.hit_count == len(rock(0, 2))
    assert reading.remarks == ("drums found on channel 1", "1 other part left out: Bass")


@pytest.mark.parametrize(
    "track",
    [
        [(0, track_name("Bass")), *held(BASS, 0, 60)],  # by its name
        [(0, program(33)), *held(BASS, 0, 60)],  # by its program
        held(BASS, 0, varied=30),  # by nothing but its notes
        held((36, 43, 45, 47, 48, 43), 0),
    ],
)
def test_a_bass_line_is_no_drum_part_and_its_rhythm_can_be_taken(track):
    data = file_bytes(track)
    with pytest.raises(MidiError, match="no drums"):
        midi.read(data)
    assert midi.read_rhythm(data).groove.hit_count > 0


def test_four_clicks_on_channel_10_are_not_the_kit():
    reading = midi.read(file_bytes(rock(0, 8, channel=0), [(480 * beat, note(37)) for beat in range(4)]))
    assert reading.groove.hit_count == len(rock(0, 8))
    assert "4 clicks on channel 10 left out" in reading.remarks


def test_a_metronome_through_the_whole_song_is_not_the_kit():
    click = [(480 * beat, note(76 if beat % 4 == 0 else 77)) for beat in range(32)]
    reading = midi.read(file_bytes(rock(0, 8, channel=0), click))
    assert (reading.groove.hit_count, reading.groove.details) == (len(rock(0, 8)), None)


def test_a_track_called_click_is_left_out():
    click = [(0, track_name("Click")), *((480 * beat, note(76)) for beat in range(32))]
    reading = midi.read(file_bytes(rock(0, 8), click))
    assert reading.groove.details is None
    assert "32 clicks on 'Click' on channel 10 left out" in reading.remarks


@pytest.mark.parametrize("channels", [(9, 10), (10, 9), (9, 9), (0, 0)])
def test_a_kit_that_is_spread_is_joined(channels):
    beat = [(tick, each.copy(channel=channels[0])) for tick, each in rock(0, 2) if each.note != 42]
    hats = [(tick, each.copy(channel=channels[1])) for tick, each in rock(0, 2) if each.note == 42]
    names = [(0, track_name("Kick and snare"))], [(0, track_name("Hats"))]
    assert hits(names[0] + beat, names[1] + hats) == len(rock(0, 2))
    if channels != (0, 0):
        assert hits(beat, hats) == len(rock(0, 2))


def test_a_second_kit_is_joined_and_not_lost():
    second = [(tick + 120, each.copy(channel=10)) for tick, each in rock(0, 2)]
    reading = midi.read(file_bytes(rock(0, 2), second))
    assert reading.groove.hit_count == 2 * len(rock(0, 2))
    assert "drums of channels 10 and 11" in reading.remarks


def test_a_part_that_may_be_drums_and_is_not_joined_is_said():
    bass = [(240 * index, note(36 + index % 3, channel=1)) for index in range(40)]
    reading = midi.read(file_bytes(BEAT, bass))
    assert reading.groove.hit_count == 4
    assert "notes of channel 2 left out" in reading.remarks


def test_channel_10_is_drums_if_nothing_else_is():
    track = [(0, track_name("bass_guitar")), (0, note(53)), (480, note(37))]
    assert hits(track) == 2
    assert hits(track, [(0, track_name("Drums")), *rock(0, 1, channel=1)]) == len(rock(0, 1))


def test_a_bank_of_drum_kits_makes_any_channel_drums():
    bank = mido.Message("control_change", channel=3, control=0, value=127)
    congas = [(0, bank), *((240 * index, note(62 + index % 3, channel=3)) for index in range(8))]
    assert len(midi.read(file_bytes(congas)).groove.details.percussion) == 8


@pytest.mark.parametrize("name", ["Steel Drums", "Lead", "Piano"])
def test_a_melody_on_drum_keys_is_no_kit(name):
    with pytest.raises(MidiError, match="no drums"):
        midi.read(file_bytes([(0, track_name(name)), (0, program(114)), *held((48, 50, 52, 53, 55, 57), 0)]))


@pytest.mark.parametrize("name", ["DRUMS", "Standard Kit 1", "Perc.", "Drums_2", "Schlagzeug", "ドラム", "Ударные", "Bass Drum"])
def test_names_of_drums_in_many_tongues(name):
    in_utf_8 = track_name(name.encode().decode("latin-1"))  # which a file's other names are not in
    assert hits([(0, in_utf_8), *((240 * index, note(41 + 2 * (index % 5), channel=4)) for index in range(8))]) == 8


SONG = [
    [(0, track_name("Piano")), (0, program(0)), *held((60, 64, 67) * 8, 0)],
    [(0, track_name("Bass <b>")), (0, program(33, 1)), *held((36, 43, 41), 1)],
    [(0, track_name("Kit")), *rock(0, 4)],
]


def test_parts_are_listed_with_the_likeliest_rhythm_first():
    parts = midi.list_parts(file_bytes(*SONG))
    assert [part.label for part in parts] == [
        "Bass <b>, Electric Bass (finger), channel 2, 3 notes",
        "Piano, Acoustic Grand Piano, channel 1, 24 notes",
        "Kit, Drums, channel 10, 48 notes",
    ]
    assert [part.number for part in parts] == [2, 1, 3]


def test_the_rhythm_of_the_chosen_part_is_read():
    data = file_bytes(*SONG)
    assert midi.read_rhythm(data, "snare").groove.hits.sum(axis=0)[:2].tolist() == [0, 3]
    assert midi.read_rhythm(data, part=1).groove.hit_count == 24
    groove, summary = import_midi(data, rhythm_of="kick", rhythm_part=2)
    assert groove.to_hits().beats.tolist() == [0, 1, 2]
    assert summary == "1 bar, 4/4, 120 BPM, notes of 'Bass <b>' on channel 2, 4 bars of rest at the end left out"


def test_a_part_that_is_not_there_gets_a_sentence_with_those_that_are():
    with pytest.raises(MidiError, match=r"has no part 7 with notes, choose one of 2 \(Bass <b>, Electric Bass"):
        midi.read_rhythm(file_bytes(*SONG), part=7)


def test_a_file_of_one_track_has_a_part_for_each_channel():
    everything = sorted((event for track in SONG for event in track if event[1].type == "note_on"), key=lambda event: event[0])
    parts = midi.list_parts(file_bytes([(0, track_name("Bass of doom")), *everything]))
    assert [(part.channel, part.name) for part in parts] == [(1, ""), (2, ""), (10, "")]


@pytest.mark.parametrize(
    ("name", "key"), [("Tambourine", 54), ("Cowbell", 56), ("Triangle", 81), ("Maracas", 70), ("Wood block", 76), ("shaker", 42)]
)
def test_a_percussion_track_on_its_own_channel_is_joined(name, key):
    track = [(0, track_name(name)), *((480 * beat + 60, note(key, channel=2)) for beat in range(8))]
    reading = midi.read(file_bytes([(0, track_name("Drums")), *rock(0, 2)], track))
    assert len(midi.written_notes(reading.groove)) == len(rock(0, 2)) + 8
    assert reading.remarks[0] == "drums of channels 3 and 10"


def test_a_melody_called_triangle_is_not_percussion():
    track = [(0, track_name("Triangle")), *held((60, 62, 64, 65, 67, 69), 2)]
    reading = midi.read(file_bytes(rock(0, 2), track))
    assert reading.groove.hit_count == len(rock(0, 2))
    assert reading.remarks == ("1 other part left out: Triangle",)


def test_other_parts_are_said():
    loop = [(0, track_name("Loop")), *held((60, 61), 2)]
    click = [(0, track_name("Click")), *((480 * beat, note(76, channel=0)) for beat in range(8))]
    assert midi.read(file_bytes(rock(0, 2), click)).remarks == ("1 other part left out: Click",)
    assert midi.read(file_bytes(rock(0, 2), held((60, 61), 2))).remarks == ("1 other part left out: channel 3",)
    assert midi.read(file_bytes(rock(0, 2), click, loop)).remarks == ("2 other parts left out",)


def test_a_bass_on_channel_10_beside_drums_is_left_out():
    bass = [(0, track_name("Bass")), *((240 * index + 20, note(36 if index % 4 else 40)) for index in range(16))]
    reading = midi.read(file_bytes([(0, track_name("Drums")), *rock(0, 2, channel=0)], bass))
    assert reading.groove.hit_count == len(rock(0, 2))
    assert reading.remarks == ("drums found on channel 1", "1 other part left out: Bass")


def test_a_bass_drum_called_bass_is_part_of_the_kit():
    bass = [(0, track_name("Bass")), *((480 * beat + 60, note(36)) for beat in range(8))]
    assert hits([(0, track_name("Drums")), *rock(0, 2)], bass) == len(rock(0, 2)) + 8


def test_a_rhythm_of_an_unknown_voice_is_refused():
    data = file_bytes(rock())
    for read in (lambda: import_midi(data, rhythm_of="bongo"), lambda: midi.read_rhythm(data, "bongo")):
        with pytest.raises(SettingError, match=r"unknown voice 'bongo', it must be one of kick, snare, "):
            read()
