import re
from collections import Counter

from drummer.music.voices import PITCH_TO_VOICE, VOICE_COUNT, VOICE_INDEX, VOICES

GMD_PITCHES = (22, 26, 36, 37, 38, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 57, 58, 59)


def test_order_and_general_midi_pitches():
    assert [(voice.name, voice.pitch) for voice in VOICES] == [
        ("kick", 36),
        ("snare", 38),
        ("rim", 37),
        ("clap", 39),
        ("hihat_closed", 42),
        ("hihat_pedal", 44),
        ("hihat_open", 46),
        ("tom_low", 43),
        ("tom_mid", 47),
        ("tom_high", 50),
        ("crash", 49),
        ("ride", 51),
        ("ride_bell", 53),
    ]
    assert VOICE_COUNT == 13
    assert all(VOICES[index].name == name for name, index in VOICE_INDEX.items())


def test_no_pitch_belongs_to_two_voices():
    counts = Counter(pitch for voice in VOICES for pitch in voice.accepted)
    assert set(counts.values()) == {1}
    assert PITCH_TO_VOICE.keys() == counts.keys()


def test_what_is_written_is_read_as_the_same_voice():
    assert [PITCH_TO_VOICE[voice.pitch] for voice in VOICES] == list(range(VOICE_COUNT))


def test_every_pitch_of_gmd_is_read_as_the_drum_that_was_struck():
    drums = {pitch: VOICES[PITCH_TO_VOICE[pitch]].name for pitch in GMD_PITCHES}
    assert drums[22] == "hihat_closed"
    assert drums[26] == "hihat_open"
    assert drums[40] == "snare"
    assert drums[58] == "tom_low"
    assert drums[52] == drums[55] == drums[57] == "crash"
    assert drums[59] == "ride"


def test_colors_tell_the_voices_apart():
    assert all(re.fullmatch(r"#[0-9a-f]{6}", voice.color) for voice in VOICES)
    assert len({voice.color for voice in VOICES}) == VOICE_COUNT
