import io
import zipfile
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
import soundfile

from drummer import audio
from drummer.errors import SettingError
from drummer.exports import FORMATS, Choices, export
from drummer.files import midi
from drummer.files.document import Take, from_json
from drummer.files.drum_maps import DRUM_MAPS, find_drum_map
from drummer.files.sound_format import SoundFormat
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from tests.datasets import simple_groove

RATE = 44_100
needs_fluidsynth = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")


def a_take(**changes):
    return Take(**{"groove": simple_groove(2, 96), "settings": {"genre": "funk", "intensity": 0.7}, "seed": 7, **changes})


def contents(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def samples(data):
    read, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE
    return read.astype(int)


@needs_fluidsynth
@pytest.mark.parametrize("audio_format", ["flac", "wav"])
def test_a_zip_holds_all_that_a_musician_takes_away(audio_format):
    take = a_take()
    kit = audio.find_kit("black_pearl")
    files = contents(export(take, "zip", Choices(kit, find_drum_map("addictive_drums_2"), audio_format=audio_format)).data)
    stem = "funk_96bpm_2bars_seed7"
    stems = [f"{stem}/stems/{stem}_{voice}.{audio_format}" for voice in ("kick", "snare", "hihat_closed")]
    others = [
        f"{stem}_addictive-drums.mid",
        f"{stem}.musicxml",
        f"{stem}.png",
        f"{stem}.svg",
        f"{stem}_loop.{audio_format}",
        "groove.json",
        "about.txt",
    ]
    assert sorted(files) == sorted([*stems, *(f"{stem}/{name}" for name in others)])
    loop = samples(files[f"{stem}/{stem}_loop.{audio_format}"])
    assert len(loop) == round(2 * 4 * 60 / 96 * RATE)
    total = np.sum([samples(files[name]) for name in stems], axis=0)
    assert np.abs(total - loop).max() <= 2
    assert from_json(files[f"{stem}/groove.json"]) == take
    reading = midi.read(files[f"{stem}/{stem}_addictive-drums.mid"], drum_map=find_drum_map("addictive_drums_2"))
    assert reading.groove == midi.as_written(take.groove)
    assert files[f"{stem}/{stem}.png"].startswith(b"\x89PNG")
    assert b"<!-- funk, 96 BPM, 2 bars, seed 7 -->" in files[f"{stem}/{stem}.svg"]
    about = files[f"{stem}/about.txt"].decode()
    assert "Glen MacArthur" in about and "CC-BY-SA-3.0" in about and "Addictive Drums 2" in about


@needs_fluidsynth
def test_the_same_take_gives_the_same_bytes():
    choices = Choices(audio.find_kit("electronic_808"))
    assert export(a_take(), "zip", choices) == export(a_take(), "zip", choices)


@needs_fluidsynth
def test_with_a_tail_the_sound_rings_on_behind_its_bars():
    files = contents(export(a_take(), "zip", Choices(audio.find_kit("black_pearl"), loop=False)).data)
    sound = samples(files["funk_96bpm_2bars_seed7/funk_96bpm_2bars_seed7.flac"])
    assert len(sound) > round(2 * 4 * 60 / 96 * RATE)


@needs_fluidsynth
def test_a_normalised_loop_at_48_khz():
    take, kit = a_take(), audio.find_kit("black_pearl")
    for form, depth, suffix in (("wav", 24, "_48k-24bit"), ("flac", 24, "_48k-24bit"), ("flac", 16, "_48k-16bit")):
        name, data = export(take, form, Choices(kit, sound_format=SoundFormat(48_000, depth, normalize=True)))
        assert name == f"funk_96bpm_2bars_seed7_loop{suffix}.{form}"
        info = soundfile.info(io.BytesIO(data))
        assert (info.samplerate, info.subtype, info.channels) == (48_000, f"PCM_{depth}", 2)
        assert info.frames == 2 * 4 * 60 * 48_000 / 96
        peak = np.abs(soundfile.read(io.BytesIO(data))[0]).max()
        assert peak == pytest.approx(10 ** (-1 / 20), abs=2 ** (2 - depth))


@needs_fluidsynth
def test_normalised_stems_have_one_gain_and_add_up_to_the_mix_also_where_it_would_be_bent():
    groove = simple_groove(2, 96)
    loud = Take(replace(groove, velocities=np.where(groove.hits, 1, 0)), {"genre": "funk"})
    choices = Choices(audio.find_kit("black_pearl"), audio_format="wav", sound_format=SoundFormat(44_100, 24, normalize=True))
    files = contents(export(loud, "zip", choices).data)
    sounds = {name: soundfile.read(io.BytesIO(data))[0] for name, data in files.items() if name.endswith(".wav")}
    assert all(name.count("_44.1k-24bit") == 1 for name in sounds)
    (mix,) = (sound for name, sound in sounds.items() if "/stems/" not in name)
    stems = [sound for name, sound in sounds.items() if "/stems/" in name]
    assert np.abs(np.sum(stems, axis=0) - mix).max() < 4 / 2**23
    assert max(np.abs(sound).max() for sound in [mix, *stems]) == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    (about,) = (data.decode() for name, data in files.items() if name.endswith("about.txt"))
    assert "44.1 kHz, 24 bit, sample peak -1 dBFS" in about


@needs_fluidsynth
def test_sound_of_24_bits_is_that_of_16_bits_with_more_of_them():
    kit = audio.find_kit("electronic_808")
    usual, fine = (
        soundfile.read(io.BytesIO(export(a_take(), form, Choices(kit, sound_format=SoundFormat(44_100, depth))).data))[0]
        for form, depth in (("flac", 16), ("wav", 24))
    )
    assert 0 < np.abs(usual - fine).max() < 1.5 / 2**15  # full scale is a step below 1
    assert np.unique(np.rint(fine * 2**23).astype(int) % 256).size > 200


@needs_fluidsynth
def test_a_groove_whose_wide_stems_are_too_long_is_refused_in_a_sentence():
    groove = reduce(Groove.then, [simple_groove(1, 30)] * 48)
    kit = audio.find_kit("electronic_808")
    with pytest.raises(SettingError, match="24 bit or normalised: choose fewer bars or a higher tempo, 16 bit as heard, or"):
        audio.load_renderer(kit).check_length(groove, with_stems=True, sound_format=SoundFormat(bit_depth=24))
    audio.load_renderer(kit).check_length(groove, with_stems=True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sample_rate": 96_000}, "the sample rate must be 44100 or 48000, got 96000"),
        ({"sample_rate": "48000"}, "the sample rate must be 44100 or 48000, got '48000'"),
        ({"bit_depth": 32}, "the bit depth must be 16 or 24, got 32"),
        ({"bit_depth": [16]}, "the bit depth must be 16 or 24, got a list of length 1"),
        ({"normalize": "yes"}, "'normalize' must be true or false, got 'yes'"),
    ],
)
def test_sound_of_a_format_that_there_is_not_gets_a_sentence(values, sentence):
    with pytest.raises(SettingError) as caught:
        SoundFormat(**values)
    assert str(caught.value) == sentence


def test_an_unknown_format_of_stems_gets_a_sentence():
    with pytest.raises(SettingError, match="unknown audio format 'mp3', it must be one of wav, flac"):
        Choices(None, audio_format="mp3")


@pytest.mark.parametrize(
    ("drum_map", "name"),
    [("general_midi", ""), ("addictive_drums_2", "_addictive-drums"), ("roland_td17", "_roland-td17"), ("ssd5", "_ssd5")],
)
def test_the_name_of_a_midi_file_says_the_kit_that_its_notes_are_for(drum_map, name):
    seven = Take(Groove.silent(1, 97, meter=Meter(7, 8)), {"genre": "funk"})
    assert export(seven, "mid", Choices(None, find_drum_map(drum_map))).name == f"funk_7-8_97bpm_1bars{name}.mid"


def test_the_names_of_drum_maps_in_files_differ():
    assert len({each.short_name for each in DRUM_MAPS.values()}) == len(DRUM_MAPS)


def test_without_a_kit_there_is_no_sound_and_it_says_so():
    files = contents(export(a_take(), "zip", Choices(None)).data)
    assert {name.rpartition(".")[2] for name in files} == {"mid", "musicxml", "png", "svg", "json", "txt"}
    assert "Sound: none" in files["funk_96bpm_2bars_seed7/about.txt"].decode()


@needs_fluidsynth
@pytest.mark.parametrize("loop", [False, True])
def test_stems_by_themselves_add_up_to_the_sound_of_the_zip(loop):
    choices = Choices(audio.find_kit("black_pearl"), loop=loop)
    name, data = export(a_take(), "stems", choices)
    assert name == f"funk_96bpm_2bars_seed7{'_loop' * loop}_stems.zip"
    files = contents(data)
    stems = [samples(content) for name, content in files.items() if name.endswith(".flac")]
    assert len(stems) == 3
    assert "Glen MacArthur" in files[f"{name.removesuffix('.zip')}/about.txt"].decode()
    mix = next(
        content
        for name, content in contents(export(a_take(), "zip", choices).data).items()
        if name.count("/") == 1 and ".flac" in name
    )
    assert np.abs(np.sum(stems, axis=0) - samples(mix)).max() <= 2


def test_what_opens_again_is_the_take_and_not_what_is_heard_of_it():
    take = a_take(settings={"muted": ["kick"]})
    assert from_json(export(a_take(), "json", Choices(None, original=take)).data) == take


@pytest.mark.parametrize("form", ["mp3", *(name for name, each in FORMATS.items() if each.is_sound)])
def test_what_cannot_be_written_gets_a_sentence(form):
    with pytest.raises(SettingError) as caught:
        export(a_take(), form, Choices(None))
    assert ("kit" if form in FORMATS else "must be one of mid, wav") in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "stem", "heading"),
    [
        ({}, "funk_96bpm_2bars_seed7", "funk, 96 BPM, 2 bars, seed 7"),
        ({"edited": True}, "funk_96bpm_2bars_seed7_edited", "funk, 96 BPM, 2 bars, seed 7, edited"),
        ({"settings": {}, "seed": None}, "groove_96bpm_2bars", "96 BPM, 2 bars"),
        (
            {"settings": {"genre": "funk", "to_genre": "jazz"}, "groove": Groove.silent(1, 97.5)},
            "funk-to-jazz_97.5bpm_1bars_seed7",
            "funk to jazz, 97.5 BPM, 1 bar, seed 7",
        ),
    ],
)
def test_names_are_those_that_a_musician_keeps(changes, stem, heading):
    assert (a_take(**changes).stem, a_take(**changes).heading) == (stem, heading)
