"""Files of kinds that real programs write, and what a musician expects of each: files beside the repository, and own ones."""

import json
from pathlib import Path

import mido
import numpy as np
import pytest

from drummer.files import midi
from drummer.files.drum_maps import GENERAL_MIDI, find_drum_map
from drummer.files.import_midi import understand
from drummer.music.percussion import with_stand_ins
from drummer.music.voices import VOICE_INDEX
from tests.midi_cases import EXPECTED, FOLDER, needs_cases
from tests.midi_events import END, file_bytes, note, rock, signature, tempo, track_name


@needs_cases
@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_understood(name):
    expected = EXPECTED[name]
    found = understand(FOLDER / name, find_drum_map(expected.get("map", "general_midi")))
    if "refused" in expected:
        assert expected["refused"] in found["refused"]
        return
    for key in ("bars", "meter", "bpm", "hits"):
        assert found[key] == expected.get(key, found[key]), found
    assert found["hits"] >= expected.get("hits_at_least", 0)
    assert sum(found["unplaced"].values()) == expected.get("unplaced", 0)
    assert expected.get("hits_or_said", "") in " ".join(found["remarks"]) or found["hits"]
    assert found["voices"] | expected.get("voices", {}) == found["voices"]


@needs_cases
@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "keys_back" in expected])
def test_a_case_goes_back_on_its_own_keys(name):
    notes = midi.written_notes(midi.read(FOLDER / name).groove)
    assert [note.pitch for note in sorted(notes)] == EXPECTED[name]["keys_back"]


@needs_cases
def test_what_is_left_out_of_a_case_is_said():
    assert "a count-in of 1 bar left out" in midi.read(FOLDER / "countin_4_4_then_3_4.mid").remarks
    assert "the music begins at bar 41 of the file" in midi.read(FOLDER / "drums_from_bar_41.mid").remarks
    assert "692 bars of rest at the end left out" in midi.read(FOLDER / "file_ends_at_bar_700.mid").remarks
    assert "4 clicks on channel 10 left out" in midi.read(FOLDER / "click_on_channel_10.mid").remarks


def read(*tracks, **options):
    return midi.read(file_bytes(*tracks), **options)


def test_the_last_of_several_signatures_at_a_tick_counts():
    reading = read([(0, signature(12, 8)), (0, signature(5, 4)), (0, signature(3, 4)), *rock(0, 4, 3)])
    assert (reading.groove.meter.signature, reading.groove.bars) == ("3/4", 4)


def test_before_the_first_signature_the_meter_is_four_four():
    reading = read([*rock(0, 6), (6 * 1920, signature(7, 8)), *rock(6 * 1920, 2, 3.5)])
    assert (reading.groove.meter.signature, reading.groove.bars) == ("4/4", 6)
    assert any("the time signature changes, the longest part in 4/4 is kept" in remark for remark in reading.remarks)


def test_the_longest_part_is_kept_and_the_rest_is_said():
    reading = read([(0, signature(4, 4)), *rock(0, 3), (3 * 1920, signature(3, 4)), *rock(3 * 1920, 9, 3)])
    assert (reading.groove.meter.signature, reading.groove.bars) == ("3/4", 9)
    assert f"{len(rock(0, 3))} notes outside it left out" in reading.summary()
    assert reading.groove.hits[0, 0]


@pytest.mark.parametrize(("first", "second", "pickup"), [((1, 4), (4, 4), 480), ((1, 8), (6, 8), 240), ((2, 4), (3, 4), 960)])
def test_a_pickup_is_the_end_of_the_first_bar(first, second, pickup):
    bar = 1920 * second[0] // second[1]
    toms = [(tick, note(47)) for tick in range(0, pickup, 240)]
    reading = read([(0, signature(*first)), *toms, (pickup, signature(*second)), *rock(pickup, 2, bar / 480)])
    groove = reading.groove
    assert (groove.meter.signature, groove.bars) == ("/".join(map(str, second)), 3)
    assert groove.to_hits().beats[: len(toms)].tolist() == [(bar - pickup + tick) / 480 for tick, _ in toms]
    assert groove.hits[groove.steps_per_bar, 0]
    assert "the short first bar is a pickup" in reading.remarks


@pytest.mark.parametrize("bars", [1, 2])
@pytest.mark.parametrize(("key", "kept"), [(31, False), (37, False), (42, False), (36, True), (38, True)])
def test_sticks_that_count_in_are_left_out_and_a_beat_of_the_kick_is_not(key, bars, kept):
    clicks = [(480 * beat, note(key)) for beat in range(4 * bars)]
    reading = read([*clicks, *rock(1920 * bars, 4)])
    assert reading.groove.bars == 4 + bars * kept
    assert ("count-in" in reading.summary()) != kept


def test_a_metronome_of_two_sounds_counts_in():
    clicks = [(480 * beat, note(33 if beat % 4 else 34)) for beat in range(8)]
    assert "a count-in of 2 bars left out" in read([*clicks, *rock(3840, 3)]).remarks


def test_eighths_on_a_hihat_are_an_intro():
    intro = [(240 * eighth, note(42)) for eighth in range(8)]
    assert read([*intro, *rock(1920, 3)]).groove.bars == 4


def test_rests_around_the_music_are_left_out_and_said():
    reading = read([*rock(4999 * 1920, 1), (5003 * 1920, END)])
    assert reading.groove.bars == 1
    assert reading.remarks == ("the music begins at bar 5000 of the file", "3 bars of rest at the end left out")


def test_a_hit_early_to_the_first_downbeat_is_that_downbeat():
    early = [(1920 - 40, note(36)), *rock(1920, 2)[1:]]
    reading = read(early)
    assert reading.groove.bars == 2
    assert (reading.groove.hits[0, 0], reading.groove.offsets[0, 0]) == (True, -0.5)


def test_a_hit_just_ahead_of_the_end_makes_no_new_bar():
    groove = read([*rock(0, 4), (4 * 1920 - 3, note(49))]).groove
    assert groove.bars == 4
    assert groove.details is not None
    assert [(hit.key, hit.voice) for hit in groove.details.extra_hits] == [(49, 10)]
    assert [written.start for written in midi.written_notes(groove) if written.pitch == 49] == [4 * 1920 - 3]


@pytest.mark.parametrize(("written", "bars"), [((2, 4), 8), ((3, 8), 8), ((12, 8), 2), ((11, 8), 3), ((2, 2), 4)])
def test_any_meter_opens(written, bars):
    beats = 4 * written[0] / written[1]
    groove = read([(0, signature(*written)), *rock(0, bars, beats)]).groove
    assert (groove.meter.signature, groove.bars) == ("/".join(map(str, written)), bars)


@pytest.mark.parametrize("beside", [-2, 1, 3])
def test_a_signature_a_few_ticks_beside_a_bar_line_is_on_it(beside):
    signatures = [(max(beside, 0), signature(3, 4)), (4 * 1440 + beside, signature(5, 4))]
    reading = read(signatures, [*rock(0, 4, 3), *rock(4 * 1440, 6, 5)])
    assert (reading.groove.meter.signature, reading.groove.bars) == ("5/4", 6)
    assert not reading.groove.offsets.any()


def test_a_signature_of_nonsense_is_ignored_and_said():
    reading = read([(0, signature(255, 1)), *rock(0, 2)])
    assert reading.groove.meter.signature == "4/4"
    assert "a time signature of 255/1 is ignored" in reading.remarks


def test_congas_alone_are_kept_as_percussion():
    reading = read([(240 * index, note(62 + index % 3)) for index in range(16)])
    assert (reading.groove.hit_count, len(reading.groove.details.percussion)) == (0, 16)
    assert "16 percussion hits beside the drums" in reading.summary()
    assert sorted(each.pitch for each in midi.written_notes(reading.groove)) == sorted(62 + index % 3 for index in range(16))


def test_a_pedal_that_is_down_closes_the_hihat():
    events = []
    for beat in range(8):
        events += [(480 * beat, pedal(100 if beat % 2 == 0 else 10)), (480 * beat, note(46)), (480 * beat, note(36))]
    groove = read(events).groove
    counts = groove.hits.sum(axis=0)
    assert (counts[4], counts[6]) == (4, 4)
    assert {each.pitch for each in midi.written_notes(groove)} == {36, 46}


def test_a_module_with_a_key_for_the_closed_hihat_plays_the_open_one_half_open():
    closed = [(0, pedal(90)), (0, note(42)), (480, note(42))]
    events = [*closed, (960, pedal(75)), (960, note(46)), (1440, pedal(95)), (1440, note(46))]
    assert np.nonzero(read(events).groove.hits)[1].tolist() == [4, 4, 6, 4]


def pedal(value):
    return mido.Message("control_change", channel=9, control=4, value=value)


def test_the_description_for_scripts_is_whole():
    events = [(0, track_name("Drums")), *rock(0, 2), (100, note(56)), (200, note(3)), (1930, note(42, 20))]
    found = understand(file_bytes(sorted(events, key=lambda event: event[0])), GENERAL_MIDI)
    assert list(found) == ["bars", "meter", "bpm", "hits", "voices", "keys", "unplaced", "remarks"]
    assert (found["bars"], found["meter"], found["bpm"], found["unplaced"]) == (2, "4/4", 120.0, {"3": 1})
    assert found["hits"] == sum(found["keys"].values()) == len(rock(0, 2)) + 2
    assert found["voices"]["hihat_closed"] == 17
    assert found["keys"]["56"] == 1
    assert json.loads(json.dumps(found)) == found
    assert understand(b"RIFF") == {"refused": "the file is not a MIDI file"}
    assert list(understand(Path("nothing.mid"))) == ["refused"]


@pytest.mark.parametrize(("tick", "key"), [(0, 10), (5 * 1920, 100)])
def test_notes_of_no_sound_beside_the_music_count_as_lost(tick, key):
    found = understand(file_bytes(sorted([(tick, note(key)), *rock(1920, 4)], key=lambda event: event[0]), [(6 * 1920, END)]))
    assert (found["bars"], found["unplaced"]) == (4, {str(key): 1})
    assert ("1 bar of rest at the end left out" in found["remarks"]) == (tick == 0)


def test_bars_behind_the_last_lost_note_are_rest():
    data = file_bytes([*rock(0, 2), (3 * 1920, note(100))], [(6 * 1920, END)])
    assert "2 bars of rest at the end left out" in understand(data)["remarks"]


def test_notes_that_two_tracks_double_are_said():
    found = understand(file_bytes(rock(0, 2), rock(0, 2)))
    assert found["hits"] == len(rock(0, 2))
    assert f"{len(rock(0, 2))} hits fell together with another" in found["remarks"]


@pytest.mark.parametrize("key", [31, 42])
def test_a_bar_of_rest_may_follow_the_count_in(key):
    reading = read([*((480 * beat, note(key)) for beat in range(4)), *rock(2 * 1920, 4)])
    assert (reading.groove.bars, len(midi.written_notes(reading.groove))) == (4, len(rock(0, 4)))
    assert reading.remarks == ("a count-in of 1 bar left out",)


def test_sticks_around_a_bar_of_rest_are_music():
    sticks = [(480 * beat, note(37)) for beat in (0, 1, 2, 3, 8, 9, 10, 11)]
    assert read([*sticks, *rock(3 * 1920, 2)]).groove.bars == 5


def test_a_tempo_of_0_leaves_the_tempo_before():
    nothing = mido.MetaMessage("set_tempo", tempo=0)
    assert read([(0, tempo(90)), (0, nothing), *rock(0, 2)]).groove.bpm == 90
    assert read([(0, nothing), *rock(0, 2)]).groove.bpm == 120


@pytest.mark.parametrize("ticks", [1, 10, 19, 20])
def test_percussion_and_chokes_just_ahead_of_the_end_are_kept_and_understood(ticks):
    last = 2 * 1920 - ticks
    choke = mido.Message("polytouch", channel=9, note=49, value=127)
    groove = read([*rock(0, 2), (last, note(54)), (last, choke)]).groove
    assert groove.bars == 2
    assert with_stand_ins(groove).hits[-1, VOICE_INDEX["hihat_closed"]]
    assert [each.start for each in midi.written_notes(groove) if each.pitch == 54] == [last]
    again = midi.read(midi.to_bytes(groove)).groove
    assert again == groove


def test_a_choke_key_just_ahead_of_the_end_is_read():
    ssd5 = find_drum_map("ssd5")
    key = min(ssd5.chokes)
    groove = midi.read(file_bytes([*rock(0, 2), (2 * 1920 - 5, note(key))]), drum_map=ssd5).groove
    assert groove.details is not None
    assert [each.key for each in groove.details.messages] == [key]
