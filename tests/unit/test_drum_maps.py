import io

import mido
import numpy as np
import pretty_midi
import pytest

from drummer.errors import SettingError
from drummer.files import midi
from drummer.files.drum_maps import DRUM_MAPS, GENERAL_MIDI, find_drum_map
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX, VOICES
from tests.datasets import simple_groove

each_map = pytest.mark.parametrize("drum_map", DRUM_MAPS.values(), ids=list(DRUM_MAPS))
# Keys among the hits that choke a cymbal or mute it, by maker.
CHOKES = {"ezdrummer": {50, 54, 56, 58}, "ssd5": {49, 54, 56, 58}, "addictive_drums_2": {63, 78, 80, 82}, "mt_power_2": {58}}


def every_voice(beats=(0, 1, 2.5), bars=1):
    """Each voice at each of some beats, a little apart from each other."""
    onsets = np.array([beat + 0.02 * index for beat in beats for index in range(len(VOICES))])
    voices = np.tile(np.arange(len(VOICES)), len(beats))
    return Groove.from_hits(Hits(onsets, voices, np.full(len(onsets), 0.5, dtype=np.float32)), 100, bars=bars)


def notes_of(data):
    """Read a file with another library than ours: (onset in ticks, pitch, velocity)."""
    score = pretty_midi.PrettyMIDI(io.BytesIO(data))
    assert all(instrument.is_drum for instrument in score.instruments)
    return sorted((score.time_to_tick(n.start), n.pitch, n.velocity) for each in score.instruments for n in each.notes)


@each_map
def test_each_voice_is_written_at_its_note(drum_map):
    groove = every_voice()
    notes = notes_of(midi.to_bytes(groove, drum_map=drum_map))
    expected = notes_of(midi.to_bytes(groove))
    translated = [(tick, drum_map.pitches[GENERAL_MIDI.accepted[pitch]], velocity) for tick, pitch, velocity in expected]
    assert notes == sorted(translated)


@each_map
def test_a_file_reads_back_by_its_map(drum_map):
    whole = every_voice()
    kept = [voice.name not in drum_map.missing for voice in VOICES]
    groove = Groove(whole.hits & kept, whole.velocities * kept, whole.offsets * kept, 100)
    reading = midi.read(midi.to_bytes(groove, drum_map=drum_map), drum_map=drum_map)
    assert np.array_equal(reading.groove.hits, groove.hits)
    assert not reading.unplaced


@each_map
def test_a_map_is_sound(drum_map):
    assert len(drum_map.pitches) == len(VOICES)
    own = [pitch for voice, pitch in zip(VOICES, drum_map.pitches, strict=True) if voice.name not in drum_map.missing]
    assert len(set(own)) == len(own)
    assert all(0 <= pitch <= 127 for pitch in drum_map.pitches)
    assert CHOKES.get(drum_map.name, set()).isdisjoint(drum_map.pitches)
    assert find_drum_map(drum_map.name) is drum_map


def test_the_numbers_that_differ_most_from_ours():
    """Spot checks against makers' charts: Addictive Drums 2 (keymap of 2021), BFD3, Superior Drummer 3."""

    def pitch(name, voice):
        return DRUM_MAPS[name].pitches[VOICE_INDEX[voice]]

    assert [pitch("addictive_drums_2", voice) for voice in ("rim", "hihat_closed", "tom_low", "ride_bell")] == [42, 49, 65, 61]
    assert [pitch("bfd3", voice) for voice in ("kick", "snare", "hihat_closed", "crash")] == [24, 26, 30, 41]
    assert pitch("ezdrummer", "tom_high") == 48
    assert pitch("mt_power_2", "hihat_pedal") == 65
    assert GENERAL_MIDI.pitches == tuple(voice.pitch for voice in VOICES)


def test_what_a_kit_lacks_is_played_by_something_else_and_said():
    groove = Groove.from_hits(Hits(np.array([0.0, 1, 2]), np.array([0, 3, 3]), np.full(3, 0.5, np.float32)), 100, bars=1)
    drums = find_drum_map("addictive_drums_2")
    assert drums.report(groove) == "Addictive Drums 2 has no clap, so its rim shot plays 2 hits."
    assert [pitch for _, pitch, _ in notes_of(midi.to_bytes(groove, drum_map=drums))] == [36, 37, 37]
    assert drums.report(simple_groove()) == ""
    assert GENERAL_MIDI.report(groove) == ""


def test_of_two_voices_on_one_key_at_once_the_louder_is_heard():
    hits = Hits(np.array([1.0, 1.0, 1.02, 2.0]), np.array([1, 3, 1, 3]), np.array([0.4, 0.8, 0.3, 0.5], dtype=np.float32))
    groove = Groove.from_hits(hits, 100, bars=1, steps_per_beat=48)
    notes = notes_of(midi.to_bytes(groove, drum_map=find_drum_map("mt_power_2")))
    assert notes == [(480, 38, 102), (490, 38, 38), (960, 38, 64)]


@pytest.mark.parametrize("drum_map", [GENERAL_MIDI, DRUM_MAPS["mt_power_2"]])
def test_a_track_per_drum(drum_map):
    groove = simple_groove(2)
    data = midi.to_bytes(groove, "Verse", drum_map=drum_map, track_per_drum=True)
    file = mido.MidiFile(file=io.BytesIO(data))
    assert file.type == 1
    assert [track.name for track in file.tracks] == ["Verse", "Kick", "Snare", "Hi-hat closed"]
    assert all(sum(message.time for message in track) == 2 * 4 * 480 for track in file.tracks)
    assert all(len({m.note for m in track if m.type == "note_on"}) == 1 for track in file.tracks[1:])
    assert midi.read(data, drum_map=drum_map).groove == midi.as_written(groove)


def test_an_unknown_map_is_answered_with_those_there_are():
    with pytest.raises(SettingError, match="unknown drum map 'cubase', it must be one of general_midi, roland_td17"):
        find_drum_map("cubase")
