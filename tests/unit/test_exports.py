import io
import zipfile

import numpy as np
import pytest
import soundfile

from drummer import audio
from drummer.errors import SettingError
from drummer.exports import FORMATS, Choices, export
from drummer.files import midi
from drummer.files.document import Take, from_json
from drummer.files.drum_maps import find_drum_map
from drummer.music.groove import Groove
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
    others = [f"{stem}.mid", f"{stem}.png", f"{stem}.svg", f"{stem}_loop.{audio_format}", "groove.json", "about.txt"]
    assert sorted(files) == sorted([*stems, *(f"{stem}/{name}" for name in others)])
    loop = samples(files[f"{stem}/{stem}_loop.{audio_format}"])
    assert len(loop) == round(2 * 4 * 60 / 96 * RATE)
    total = np.sum([samples(files[name]) for name in stems], axis=0)
    assert np.abs(total - loop).max() <= 2
    assert from_json(files[f"{stem}/groove.json"]) == take
    reading = midi.read(files[f"{stem}/{stem}.mid"], drum_map=find_drum_map("addictive_drums_2"))
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


def test_without_a_kit_there_is_no_sound_and_it_says_so():
    files = contents(export(a_take(), "zip", Choices(None)).data)
    assert {name.rpartition(".")[2] for name in files} == {"mid", "png", "svg", "json", "txt"}
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
