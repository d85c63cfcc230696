"""Exports of grooves in other meters, with percussion and other details of a file."""

import io
import wave
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from drummer import audio
from drummer.exports import FORMATS, Choices, export
from drummer.files import midi
from drummer.files.document import Take, from_code, from_json, to_code
from drummer.music.details import CHOKE, ExtraHit, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from tests.midi_events import random_groove

RATE = 44_100
needs_fluidsynth = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
meters = pytest.mark.parametrize("meter", ["6/8", "7/8", "7/8 (3+2+2)", "5/4", "3/4"])


def take_in(meter: str) -> Take:
    groove = random_groove(4, bars=2, bpm=90.0, density=0.15, meter=Meter.parse(meter))
    hits, velocities = groove.hits.copy(), groove.velocities.copy()
    hits[[0, -6], 0], velocities[[0, -6], 0] = True, 0.7  # music from the first bar to the last
    hits[:, 10:], velocities[:, 10:] = False, 0  # cymbals
    hits[3, 10], velocities[3, 10] = True, 0.9
    offsets = np.where(hits, groove.offsets, 0)
    details = replace(
        FileDetails.empty(groove.steps),
        extra_hits=(ExtraHit(9, 0.25, 54, 0.6), ExtraHit(15, -0.25, 60, 0.5), ExtraHit(0, 0.4, 36, 0.4, 0)),
        messages=(Message(12, 0.0, CHOKE, 49, 127),),
    )
    groove = Groove(hits, velocities, offsets, 90.0, 12, groove.meter, details)
    return Take(groove, {"genre": "rock"}, edited=True)


@needs_fluidsynth
@meters
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_in_every_meter(meter, form):
    take = take_in(meter)
    name, data = export(take, form, Choices(audio.find_kit("black_pearl")))
    stem = f"rock_{take.groove.meter.signature.replace('/', '-')}_90bpm_2bars_edited"
    assert name.startswith(stem)
    frames = round(2 * take.groove.meter.quarters * 60 / 90 * RATE)
    if form == "mid":
        assert midi.read(data).groove.meter.signature == take.groove.meter.signature
        assert midi.read(data).groove.bars == 2
    elif form == "wav":
        with wave.open(io.BytesIO(data)) as file:
            assert file.getnframes() == frames
    elif form == "flac":
        assert len(soundfile.read(io.BytesIO(data))[0]) == frames
    elif form == "json":
        assert from_json(data) == take
    elif form == "png":
        assert imread(io.BytesIO(data)).shape[1] == 1760
    elif form == "musicxml":
        assert f"<beats>{take.groove.meter.numerator}</beats>".encode() in data
    elif form == "svg":
        assert f"rock, {meter}, 90 BPM, 2 bars, edited".encode() in data
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            names = [each.rpartition("/")[2] for each in archive.namelist()]
            assert f"{stem}_percussion.flac" in names
            sounds = [archive.read(each) for each in archive.namelist() if each.endswith(".flac")]
            assert {len(soundfile.read(io.BytesIO(sound))[0]) for sound in sounds} == {frames}


@meters
def test_a_link_keeps_meter_and_details(meter):
    take = take_in(meter)
    back = from_code(to_code(take)).groove
    assert (back.meter, back.bars, back.details) == (take.groove.meter, 2, take.groove.details)


def test_names_say_the_meter_where_it_is_not_four_four():
    assert take_in("7/8 (3+2+2)").heading == "rock, 7/8 (3+2+2), 90 BPM, 2 bars, edited"
    assert take_in("7/8").heading == "rock, 7/8, 90 BPM, 2 bars, edited"
    silent = Take(Groove.silent(1, 90, meter=Meter(6, 8)))
    assert (silent.stem, silent.heading) == ("groove_6-8_90bpm_1bars", "6/8, 90 BPM, 1 bar")
    usual = Take(Groove.silent(1, 90), {"genre": "rock"})
    assert (usual.stem, usual.heading) == ("rock_90bpm_1bars", "rock, 90 BPM, 1 bar")
    assert Take(Groove.silent(1, 90, meter=Meter(4, 4, (3, 1)))).heading == "4/4 (3+1), 90 BPM, 1 bar"
