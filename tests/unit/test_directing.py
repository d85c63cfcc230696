"""What a musician does with a groove besides playing it: variations, morphs, songs, and files of their own."""

from dataclasses import replace

import numpy as np
import pytest

from drummer import model_names
from drummer.errors import MidiError, SettingError
from drummer.files import midi
from drummer.files.import_midi import import_midi
from drummer.generation.masks import fix_voices, free_voices
from drummer.generation.song import USUAL, Block, generate_song
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from tests.datasets import simple_groove
from tests.midi_events import BEAT, file_bytes, note, signature, tempo

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


# -- variations and replacements ---------------------------------------------------------------------------------------------


def test_a_variation_is_the_same_however_many_are_asked_for(drummer, funk):
    assert drummer.variations(funk, 1, genre="funk", seed=5)[0] == drummer.variations(funk, 2, genre="funk", seed=5)[0]
    assert drummer.variations(funk, 1, genre="funk", seed=6)[0] != drummer.variations(funk, 1, genre="funk", seed=5)[0]


def test_silence_has_variations_too(drummer):
    assert len(drummer.variations(Groove.silent(1, 100), 2, genre="rock")) == 2


def test_controls_of_a_groove_are_measured(drummer):
    hard = drummer.generate(genre="rock", bars=4, seed=1)
    soft = replace(hard, velocities=hard.velocities * np.float32(0.5))
    controls = drummer.controls_of(hard, "rock")
    assert len(controls["intensity"]) == 4
    assert np.mean(controls["intensity"]) > np.mean(drummer.controls_of(soft, "rock")["intensity"])
    assert controls["variation"][0] is None  # nothing comes before it
    assert drummer.generate(genre="rock", bars=4, seed=2, **controls).bars == 4


def test_replaced_voices_are_other_ones_and_all_others_stay(drummer, funk):
    other = drummer.infill(funk, free_voices(funk, ["kick"]), genre="funk", seed=8)
    kick = VOICE_INDEX["kick"]
    assert np.array_equal(other.velocities[:, kick + 1 :], funk.velocities[:, kick + 1 :])
    assert not np.array_equal(other.hits[:, kick], funk.hits[:, kick])
    with pytest.raises(SettingError, match="unknown voice 'cowbell'"):
        drummer.infill(funk, free_voices(funk, ["cowbell"]))


@pytest.mark.parametrize("count", [0, 17, 1.5])
def test_the_number_of_variations_is_checked(drummer, funk, count):
    with pytest.raises(SettingError, match="number of variations must be a whole number from 1 to 16"):
        drummer.variations(funk, count)


# -- morph -----------------------------------------------------------------------------------------------------------------


def test_a_morph_keeps_to_its_settings(drummer):
    morph = drummer.interpolate("jazz", genre="funk", bars=4, seed=2)
    assert (morph.bars, morph.bpm) == (4, 109.0)  # between 95 and 125
    assert morph == drummer.interpolate("jazz", genre="funk", bars=4, seed=2)
    assert morph != drummer.interpolate("jazz", genre="funk", bars=4, seed=3)
    soft, hard = (drummer.interpolate("jazz", genre="funk", bars=4, seed=2, intensity=value) for value in (0.05, 0.95))
    assert morph != soft != hard != morph
    assert drummer.interpolate("funk", genre="funk", bars=1).bars == 1
    with pytest.raises(SettingError, match="unknown genre 'polka'"):
        drummer.interpolate("polka", genre="funk")


# -- songs -----------------------------------------------------------------------------------------------------------------

SONG = [Block("intro", 2), Block("verse", 4), Block("chorus", 4), Block("verse", 4), Block("chorus", 4), Block("ending", 2)]


def test_a_song_is_reproducible(drummer):
    assert generate_song(drummer, SONG[:3], genre="soul", seed=4) == generate_song(drummer, SONG[:3], genre="soul", seed=4)
    assert generate_song(drummer, SONG[:3], genre="soul", seed=4) != generate_song(drummer, SONG[:3], genre="soul", seed=5)


def test_a_block_says_what_is_wrong():
    assert (Block("verse", 8).intensity, Block("verse", 8).complexity) == USUAL["verse"]
    assert Block("verse", 8, 0.0, 1.0).intensity == 0.0
    for arguments, sentence in (
        (("solo", 8), "unknown part of a song 'solo', it must be one of intro, verse, chorus, bridge, ending"),
        (("verse", 33), "the bars of the verse must be a whole number from 1 to 32, got 33"),
        (("verse", 8, 1.5), "the intensity of the verse must be from 0 to 1, got 1.5"),
        (("verse", 8, 0.5, float("nan")), "the complexity of the verse must be from 0 to 1, got nan"),
    ):
        with pytest.raises(SettingError, match=sentence):
            Block(*arguments)


def test_a_song_has_its_limits(drummer):
    with pytest.raises(SettingError, match="number of blocks must be a whole number from 1 to 32, got 0"):
        generate_song(drummer, [])
    with pytest.raises(SettingError, match="a song may have at most 512 bars, got 1024"):
        generate_song(drummer, [Block("verse", 32)] * 32)


# -- a musician's own file ---------------------------------------------------------------------------------------------------


def test_a_file_is_understood_and_played_on(drummer):
    data = file_bytes([(0, tempo(96)), *BEAT, (1440, note(4)), (1441, note(4)), (1442, note(5)), (7 * 1920, note(49))])
    groove, understood = import_midi(data)
    assert understood == "8 bars, 4/4, 96 BPM, 3 notes had no drum voice"
    assert drummer.continue_groove(groove, genre="funk", bars=2).bpm == 96.0
    assert np.array_equal(drummer.humanize(groove, genre="funk").hits, groove.hits)
    assert drummer.infill(groove, free_voices(groove, ["kick"]), genre="funk").bars == 8


def test_the_rhythm_of_a_bass_line_becomes_the_kick(drummer):
    bass = [(tick, note(40 + tick % 7, channel=2)) for tick in (0, 720, 960, 1680)]
    chords = [(0, note(pitch, channel=0)) for pitch in (60, 64, 67)]
    groove, understood = import_midi(file_bytes(bass, chords), rhythm_of="kick")
    assert groove.to_hits().beats.tolist() == [0.0, 1.5, 2.0, 3.5]
    assert groove.hits[:, 1:].sum() == 0
    assert understood == "1 bar, 4/4, 120 BPM, notes of channel 3"
    played = drummer.infill(groove, fix_voices(groove, ["kick"]), genre="funk", seed=1)
    assert np.array_equal(played.hits[:, 0], groove.hits[:, 0])
    assert played.hits[:, 1:].any()


@pytest.mark.parametrize("meter", ["8/8", "11/8 (3+3+3+2)"])
def test_a_groove_in_another_meter_is_read_and_only_generating_is_refused(drummer, meter):
    meter = Meter.parse(meter)
    groove, _ = import_midi(file_bytes([(0, signature(meter.numerator, meter.denominator)), *BEAT]))
    assert groove.meter.signature == meter.signature
    silent = Groove.silent(2, 100, meter=meter)
    sentence = f"^the drummer plays in .*4/4.*, not in {meter.signature}: grooves in other meters can be edited"
    for refused in (
        lambda: drummer.generate(genre="funk", bars=2, meter=meter),
        lambda: drummer.interpolate("jazz", genre="funk", bars=2, meter=str(meter)),
        lambda: generate_song(drummer, SONG[:2], genre="funk", meter=str(meter)),
        lambda: drummer.continue_groove(silent, genre="funk", bars=2),
        lambda: drummer.humanize(silent, genre="funk"),
        lambda: drummer.infill(silent, fix_voices(silent, ["kick"]), genre="funk"),
        lambda: drummer.variations(silent, genre="funk"),
    ):
        with pytest.raises(SettingError, match=sentence):
            refused()


def test_a_long_file_is_cut_and_that_is_said():
    groove, understood = import_midi(midi.to_bytes(simple_groove(40)))
    assert groove == midi.as_written(simple_groove(40)).cut(0, 32)
    assert understood.endswith("the first 32 bars are used")


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([(0, tempo(20)), *BEAT], "the file's tempo must be from 30 to 300 BPM, got 20"),
        ([(0, note(60, channel=0))], "holds no drums"),
    ],
)
def test_what_drummer_cannot_play_with_is_said(events, sentence):
    with pytest.raises((MidiError, SettingError), match=sentence):
        import_midi(file_bytes(events))
