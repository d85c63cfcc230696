"""Keys, percussion, second hits, pedal and chokes of a file: kept, and written back as they came."""

from collections import Counter
from dataclasses import replace

import mido
import numpy as np
import pytest

from drummer.files import midi
from drummer.files.drum_maps import DRUM_MAPS, GENERAL_MIDI, find_drum_map
from drummer.files.midi.parsing import parse
from drummer.music.percussion import PERCUSSION
from drummer.music.voices import VOICE_INDEX, VOICES
from tests.midi_cases import EXPECTED, FOLDER, needs_cases
from tests.midi_events import END, GMD_PITCHES, file_bytes, note, official_test_split, rock

KICK = VOICE_INDEX["kick"]


def notes_of(data):
    """Count (tick, key, velocity)."""
    notes = parse("x", data).notes
    return Counter(zip(notes.tick.tolist(), notes.key.tolist(), notes.velocity.tolist(), strict=True))


def with_another_kick(groove):
    """Play the kick anew, on the beats."""
    cells = np.zeros_like(groove.hits)
    cells[:, KICK] = True
    rest = groove.without(cells)
    velocities = rest.velocities.copy()
    velocities[:: groove.steps_per_beat, KICK] = 0.5
    return replace(rest, hits=velocities > 0, velocities=velocities)


def keys_of(kit, voice):
    return {key for key, index in kit.accepted.items() if index == VOICE_INDEX[voice]}


EVERY_KEY = [(240 * index, note(key, 20 + index)) for index, key in enumerate([*GMD_PITCHES, *PERCUSSION])]
FLAM = [(1000, note(38, 40)), (1012, note(38, 90)), (1013, note(40, 91)), (1014, note(42, 80)), (1017, note(22, 70))]


@pytest.mark.parametrize("ppq", [96, 480, 960, 192, 100])
def test_after_one_voice_is_played_anew_every_other_note_is_as_it_came(ppq):
    data = file_bytes(sorted([*EVERY_KEY, *FLAM], key=lambda event: event[0]), ppq=ppq)
    reading = midi.read(data)
    written = midi.to_bytes(with_another_kick(reading.groove))
    assert parse("x", written).ticks_per_beat == ppq
    kicks = keys_of(find_drum_map("general_midi"), "kick")
    before, after = notes_of(data), notes_of(written)
    assert {each: n for each, n in before.items() if each[1] not in kicks} == {
        each: n for each, n in after.items() if each[1] not in kicks
    }
    assert {key for _, key, _ in after if key in kicks} == {36}


def test_real_performances_go_back_as_they_came(gmd):
    """But for the last hits: those nearest to the bar line that would follow stay within the last step."""
    for path in official_test_split(gmd)[::6]:
        reading = midi.read(path, whole=True)
        written = midi.to_bytes(with_another_kick(reading.groove))
        last = (reading.groove.beats - 0.5 / 12) * 480
        before, after = (
            {each for each in notes_of(data) if each[1] != 36 and each[0] < last} for data in (path.read_bytes(), written)
        )
        assert before == {each for each in after if each[0] < last - 1 or each in before}


@needs_cases
@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "refused" not in expected])
def test_a_case_goes_back_as_it_came(name):
    kit = find_drum_map(EXPECTED[name].get("map", "general_midi"))
    reading = midi.read(FOLDER / name, drum_map=kit)
    written = midi.to_bytes(with_another_kick(reading.groove), drum_map=kit)
    kicks, taken = keys_of(kit, "kick"), {each.pitch for each in midi.written_notes(reading.groove, kit)}
    before, after = (
        [each for each in sorted(notes_of(data).elements()) if each[1] in taken - kicks]
        for data in ((FOLDER / name).read_bytes(), written)
    )
    before = before[-len(after) :]  # without a count-in, clicks and a bass, which come first or lie at the beginning
    shift = before[0][0] - after[0][0]
    moved = [(tick + shift, key, velocity) for tick, key, velocity in after]
    if name == "last_hat_early.mid":  # the last step's last tick is the latest that its bar holds
        before, moved = before[:-1], moved[:-1]
    if name != "bass_busier_than_drums.mid":  # some of the bass's keys are the kit's
        assert moved == before


@pytest.mark.parametrize("name", DRUM_MAPS)
def test_every_key_of_a_kit_is_read_and_written_back(name):
    kit = DRUM_MAPS[name]
    keys = sorted(kit.accepted.keys() | kit.percussion | kit.chokes)
    data = file_bytes([(240 * index, note(key, 1 + index % 127)) for index, key in enumerate(keys)])
    reading = midi.read(data, drum_map=kit)
    assert not reading.unplaced and not reading.merged
    assert notes_of(midi.to_bytes(reading.groove, drum_map=kit)) == notes_of(data)


def test_all_of_general_midi_is_read_with_any_kit():
    for kit in DRUM_MAPS.values():
        known = kit.accepted.keys() | kit.percussion | kit.chokes
        assert {*range(35, 60), *range(27, 35), *range(60, 83)} <= known, kit.name
        assert not kit.percussion & kit.accepted.keys() and not kit.chokes & (kit.accepted.keys() | kit.percussion)


def test_the_keys_of_the_roland_have_their_voices():
    kit = find_drum_map("roland_td17")
    voices = {key: VOICES[kit.accepted[key]].name for key in GMD_PITCHES}
    assert voices == {key: VOICES[find_drum_map("general_midi").accepted[key]].name for key in GMD_PITCHES}


def test_a_kit_of_another_maker_plays_the_voices_and_not_the_keys():
    groove = midi.read(file_bytes([(0, note(35)), (480, note(40)), (960, note(56)), (1440, note(64))])).groove
    kit = find_drum_map("bfd3")  # 56 is a hi-hat there, 64 a crash
    assert sorted(each.pitch for each in midi.written_notes(groove, kit)) == sorted((24, 26, 71, 31))


def test_a_voice_played_anew_gets_the_canonical_key():
    groove = with_another_kick(midi.read(file_bytes([*rock(0, 2), (3839, note(35))])).groove)
    assert {each.pitch for each in midi.written_notes(groove) if each.voice == KICK} == {36}


def controls_of(data):
    return [(each.tick, each.key, each.value) for each in parse("x", data).controls]


def test_pedal_positions_and_chokes_are_kept_and_written_back():
    def pedal(value):
        return mido.Message("control_change", channel=9, control=4, value=value)

    def choke(value):
        return mido.Message("polytouch", channel=9, note=49, value=value)

    events = [
        (0, pedal(0)),
        (0, note(46)),
        (300, pedal(127)),
        (480, note(49)),
        (700, choke(127)),
        (720, choke(0)),
        (960, note(46)),
    ]
    data = file_bytes([*events, (1900, END)])
    groove = midi.read(data).groove
    assert np.nonzero(groove.hits)[1].tolist() == [6, 10, 4]
    written = midi.to_bytes(groove)
    assert controls_of(written) == [(0, None, 0), (300, None, 127), (700, 49, 127), (720, 49, 0)]
    assert midi.read(written).groove == groove
    assert controls_of(midi.to_bytes(groove, track_per_drum=True)) == controls_of(written)


def test_a_stream_of_pedal_positions_is_thinned_out_and_closes_the_same_hihats():
    stream = [(tick, mido.Message("control_change", channel=9, control=4, value=tick // 7 % 128)) for tick in range(0, 3840, 2)]
    hats = [(120 * index + 3, note(46)) for index in range(32)]
    groove = midi.read(file_bytes(sorted([*stream, *hats], key=lambda event: event[0]))).groove
    assert len(groove.details.messages) <= 3 * 96
    expected = [4 if (120 * index + 3) // 2 * 2 // 7 % 128 >= 64 else 6 for index in range(32)]
    assert groove.to_hits().voices.tolist() == expected
    assert midi.read(midi.to_bytes(groove)).groove == groove


def test_a_hihat_that_is_opened_by_hand_is_open_in_the_file():
    """Though the file's pedal is down there; the others stay as they are."""
    pedal = mido.Message("control_change", channel=9, control=4, value=127)
    groove = midi.read(file_bytes([(0, pedal), *((480 * beat, note(46)) for beat in range(4))])).groove
    velocities = groove.velocities.copy()
    velocities[12, 6], velocities[12, 4] = velocities[12, 4], 0
    edited = replace(groove, hits=velocities > 0, velocities=velocities)
    again = midi.read(midi.to_bytes(edited)).groove
    assert (again.hits == edited.hits).all()
    assert controls_of(midi.to_bytes(edited)) == [(0, None, 127), (480, None, 0), (960, None, 127)]
    assert controls_of(midi.to_bytes(groove)) == [(0, None, 127)]


def test_percussion_has_a_track_of_its_own():
    data = midi.to_bytes(midi.read(file_bytes([(0, note(36)), (240, note(54)), (480, note(38))])).groove, track_per_drum=True)
    assert list(parse("x", data).names.values())[-3:] == ["Kick", "Snare", "Percussion"]
    assert notes_of(data) == Counter({(0, 36, 100): 1, (240, 54, 100): 1, (480, 38, 100): 1})


def test_a_key_that_chokes_is_no_hit():
    kit = find_drum_map("ezdrummer")
    groove = midi.read(file_bytes([(0, note(49)), (480, note(50, 77))]), drum_map=kit).groove
    assert groove.hit_count == 1
    assert [(each.kind, each.key, each.value) for each in groove.details.messages] == [("choke", 50, 77)]
    assert [each.pitch for each in midi.written_notes(groove)] == [49, 50]
    assert [each.pitch for each in midi.written_notes(groove, GENERAL_MIDI)] == [49]
