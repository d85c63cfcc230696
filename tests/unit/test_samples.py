"""Samples: sound files of the musician's own that play lanes, in a request and in the sound that is exported."""

import base64
import io
import zipfile

import numpy as np
import pytest

from drummer import audio, exports
from drummer.config import default_config
from drummer.errors import DocumentError, SettingError
from drummer.files.document import Take, from_code, from_json, to_code, to_json
from drummer.music.mix import Mix, SampleName, Strip
from drummer.music.voices import VOICE_INDEX
from drummer.web.samples import read_samples
from tests.sound import BLACK_PEARL, RATE, make_groove, needs_fluidsynth

DIGEST = "0123456789abcdef"
SNARE = SampleName(DIGEST, "Mein Schlag 1.wav")
GROOVE = make_groove(("kick", 0, 0.5), ("snare", 1, 1), ("snare", 3, 0.5), ("hihat_closed", 2, 0.4), bpm=60)
RAMP = np.stack([np.linspace(8000, 4000, 3 * RATE), np.linspace(-2000, -1000, 3 * RATE)], axis=1).astype(np.int16)  # three beats


def packed(frames: np.ndarray, rate: int = RATE) -> dict:
    return {"rate": rate, "channels": frames.shape[1], "pcm": base64.b64encode(frames.astype("<i2").tobytes()).decode()}


def stems_of(mix: Mix, samples: dict, *, loop: bool = True, **form: int) -> dict[str, np.ndarray]:
    wanted = audio.with_samples(mix, samples)
    rendered = audio.render_stems(GROOVE, BLACK_PEARL, loop=loop, mix=wanted, sound_format=exports.base.SoundFormat(**form))
    return {name: stem.samples.astype(float) for name, stem in (*rendered.voices.items(), ("mix", rendered.mix))}


def test_a_request_brings_samples_by_their_digests():
    samples = read_samples({DIGEST: packed(RAMP), "b" * 16: packed(RAMP[:100, :1], 48000)})
    np.testing.assert_array_equal(samples[DIGEST].samples, RAMP)
    assert (samples["b" * 16].samples.shape, samples["b" * 16].sample_rate) == ((100, 1), 48000)
    assert read_samples(None) == {}


LIMITS = default_config().samples
LONG = np.zeros((round(LIMITS.max_seconds * RATE) + 1, 1), dtype=np.int16)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ("loud", "samples must be an object of at most 14 digests and sounds, got 'loud'"),
        ({str(number): {} for number in range(15)}, "at most 14 digests"),
        ({DIGEST: [1]}, "a sample must have rate, channels and pcm, got a list of length 1"),
        ({DIGEST: {**packed(RAMP), "rate": float("nan")}}, "the sample rate of a sample must be 44100 or 48000, got nan"),
        ({DIGEST: {**packed(RAMP), "channels": 6}}, "number of channels of a sample must be a whole number from 1 to 2, got 6"),
        ({DIGEST: {**packed(RAMP), "pcm": "(-;"}}, "the frames of a sample must be base64, and these are not"),
        ({DIGEST: {**packed(RAMP), "pcm": "AAAA"}}, "the frames of a sample must have 4 bytes each, got 3 bytes"),
        ({DIGEST: packed(RAMP[:0])}, "the frames of a sample must have 4 bytes each, got 0 bytes"),
        ({DIGEST: packed(LONG)}, "a sample may last 10 s, and this one lasts 10: use a shorter one"),
        (
            {str(number): packed(LONG[:-1]) for number in range(5)},
            "the samples of a take may have 4 MB together, and these have 4.4",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_wrong_sample_gets_a_sentence(samples, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        read_samples(samples)
    assert "\n" not in str(caught.value)


def test_a_take_has_the_names_of_its_samples_and_not_their_sound():
    mix = {"voices": {"snare": {"pan": 0.5, "sample": {"digest": DIGEST, "name": "Mein Schlag 1.wav"}}}}
    take = Take(GROOVE, {"mix": mix})
    for opened in (from_json(to_json(take)), from_code(to_code(take))):
        assert opened.settings["mix"] == mix
        assert opened.mix.strip("snare") == Strip(pan=0.5, sample=SNARE)
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467.wav"  # an emoji of several characters
    assert SampleName(DIGEST, family).name == family
    for wrong, sentence in (
        ({"digest": "../etc", "name": "a"}, "the digest of a sample must be 16 hexadecimal digits, got '../etc'"),
        ({"digest": DIGEST}, "the name of a sample must be a file name of at most 64 characters, got None"),
        ({"digest": DIGEST, "name": "two\nlines"}, "the name of a sample must be"),
        ({"digest": DIGEST, "name": "a", "pcm": "AAAA"}, "unknown part of the sample in the mix of the snare 'pcm'"),
        ("a.wav", "the sample in the mix of the snare must be names and values, got 'a.wav'"),
    ):
        with pytest.raises(DocumentError, match=sentence):
            Take(GROOVE, {"mix": {"voices": {"snare": {"sample": wrong}}}})


@needs_fluidsynth
@pytest.mark.parametrize("loop", [True, False], ids=["loop", "once"])
def test_a_sample_plays_its_lane_and_leaves_the_others_alone(loop):
    samples = {DIGEST: audio.Sample(RAMP, RATE)}
    plain, mixed = stems_of(Mix(), {}, loop=loop), stems_of(Mix({"snare": Strip(sample=SNARE)}), samples, loop=loop)
    snare = mixed["snare"]
    rung = RATE // 5  # after which the hit before is silent
    np.testing.assert_allclose(snare[RATE + rung : 3 * RATE], RAMP[rung : 2 * RATE], atol=1)  # until its next hit chokes it
    soft = RAMP * (64 / 127) ** 2
    fade = 10 ** (-600 / 20 * np.arange(RATE // 20) / RATE)[:, np.newaxis]
    expected = soft[: RATE // 20] + RAMP[2 * RATE :][: RATE // 20] * fade
    np.testing.assert_allclose(snare[3 * RATE :][: RATE // 20], expected, atol=2)
    if loop:
        np.testing.assert_allclose(snare[:RATE], soft[RATE : 2 * RATE], atol=2)  # it rings over the last bar line
        np.testing.assert_array_equal(mixed["kick"], plain["kick"])
    else:
        assert not snare[:RATE].any()
        np.testing.assert_allclose(snare[4 * RATE : 6 * RATE], soft[RATE:], atol=2)  # to its end
        np.testing.assert_array_equal(mixed["kick"][: len(plain["kick"])], plain["kick"])
    total = sum(mixed[name] for name in mixed if name != "mix")
    assert np.abs(total - mixed["mix"]).max() <= 3  # half a step each


@needs_fluidsynth
def test_a_sample_is_tuned_and_brought_to_the_sample_rate_and_passes_the_strip():
    tone = np.rint(8000 * np.sin(2 * np.pi * 441 * np.arange(RATE) / RATE))[:, np.newaxis].astype(np.int16)
    strip = Strip(volume=-6, pan=1, tuning=12, sample=SNARE)
    snare = stems_of(Mix({"snare": strip}), {DIGEST: audio.Sample(tone, RATE)}, sample_rate=48000)["snare"]
    assert not snare[:, 0].any()
    heard = snare[48000:72000, 1]  # half a second at twice the speed
    at = np.arange(len(heard)) / 48000
    expected = 2 * 8000 * 10 ** (-6 / 20) * np.sin(2 * np.pi * 882 * at)  # both channels on one side
    assert np.abs(heard[:-10] - expected[:-10]).max() < 100
    assert not snare[72010 : 3 * 48000].any()


@needs_fluidsynth
def test_an_archive_names_its_samples_and_those_that_are_not_there():
    lost = Strip(sample=SampleName("f" * 16, "Boom.wav"))
    voices = {"snare": Strip(sample=SNARE), "kick": lost, "crash": lost}
    assert not GROOVE.hits[:, VOICE_INDEX["crash"]].any()
    take = Take(GROOVE, {"mix": Mix(voices).to_plain()})
    data = exports.export(take, "stems", exports.Choices(BLACK_PEARL, samples={DIGEST: audio.Sample(RAMP, RATE)})).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(each for each in archive.namelist() if each.endswith("about.txt"))
        about = archive.read(name).decode()
    assert "Sample of snare: Mein Schlag 1.wav\n" in about
    assert "Sample of kick: Boom.wav, which was not in the browser, so the kit plays it\n" in about
    assert "crash" not in about  # nothing plays there
