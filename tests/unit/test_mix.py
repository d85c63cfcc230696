"""The mix of a take: as data, and in the sound that is exported."""

import io
import zipfile

import numpy as np
import pytest
import soundfile

from drummer import audio, exports
from drummer.errors import DocumentError, SettingError
from drummer.files.document import Take, from_code, from_json, to_code, to_json
from drummer.music.mix import PLAIN_MIX, PLAIN_STRIP, Mix, Strip
from tests.sound import BLACK_PEARL, FULL_SCALE, RATE, level_db, make_groove, needs_fluidsynth

GROOVE = make_groove(("kick", 0, 0.5), ("snare", 1, 0.5), ("hihat_open", 2, 0.6), ("hihat_closed", 2.5, 0.3), ("tom_mid", 3, 0.4))
MIX = {"voices": {"kick": {"volume": -6}, "snare": {"pan": -0.5, "tuning": 2.5}, "percussion": {"pan": 1}}}


def test_a_mix_is_in_the_file_and_in_the_link_of_a_take():
    take = Take(GROOVE, {"kit": "black_pearl", "mix": MIX})
    for opened in (from_json(to_json(take)), from_code(to_code(take))):
        assert opened.settings["mix"] == MIX
        assert opened.mix.strip("snare") == Strip(pan=-0.5, tuning=2.5)
        assert opened.mix.strip("ride") == PLAIN_STRIP
    assert Take(GROOVE).mix == Mix()


def test_values_that_change_nothing_are_no_mix():
    assert Mix({"kick": Strip(), "ride": Strip(0, 0, 0)}) == Mix()
    assert Mix.from_plain({"voices": {"kick": {"volume": 0, "pan": 0.5}, "snare": {}}}).to_plain() == {
        "voices": {"kick": {"pan": 0.5}}
    }


@pytest.mark.parametrize(
    ("mix", "sentence"),
    [
        ("loud", "the mix must be names and values, got 'loud'"),
        ({"echo": 1}, "unknown part of the mix 'echo', it must be one of voices"),
        ({"voices": ["kick"]}, "'voices' of the mix must be names and values, got a list of length 1"),
        ({"voices": {"gong": {}}}, "unknown part of 'voices' of the mix 'gong', it must be one of kick, snare,"),
        ({"voices": {"kick": {"gain": 1}}}, "unknown part of the mix of the kick 'gain', it must be one of volume, pan, tuning"),
        ({"voices": {"kick": {"volume": 7}}}, "the volume of a lane must be -24-6, got 7"),
        ({"voices": {"kick": {"pan": float("nan")}}}, "the pan of a lane must be -1-1, got nan"),
        ({"voices": {"kick": {"tuning": "up"}}}, "the tuning of a lane must be -12-12, got 'up'"),
    ],
)
def test_a_wrong_mix_gets_a_sentence(mix, sentence):
    with pytest.raises(DocumentError, match=sentence) as caught:
        Take(GROOVE, {"mix": mix})
    assert "\n" not in str(caught.value)
    with pytest.raises(SettingError):
        Mix.from_plain(mix)


def stems_of(mix=PLAIN_MIX, loop=True):
    rendered = audio.render_stems(GROOVE, BLACK_PEARL, loop=loop, mix=mix)
    return {name: stem.samples.astype(float) for name, stem in (*rendered.voices.items(), ("mix", rendered.mix))}


@needs_fluidsynth
def test_volume_and_pan_of_a_stem_follow_the_law_and_leave_the_others_alone():
    plain, mixed = stems_of(), stems_of(Mix({"kick": Strip(volume=-6, pan=0.5), "tom_mid": Strip(pan=-1)}))
    left, right = plain["kick"].T * 10 ** (-6 / 20)
    half = np.sqrt(0.5)  # cosine and sine of 45 degrees
    np.testing.assert_allclose(mixed["kick"], np.stack([left * half, right + left * half], axis=1), atol=1)
    np.testing.assert_allclose(mixed["tom_mid"][:, 0], plain["tom_mid"].sum(axis=1), atol=1.5)
    assert not mixed["tom_mid"][:, 1].any()
    for name in ("snare", "hihat_open", "hihat_closed"):
        np.testing.assert_array_equal(mixed[name], plain[name])
    total = sum(mixed[name] for name in plain if name != "mix")
    assert np.abs(total - mixed["mix"]).max() <= 3  # half a step each


@needs_fluidsynth
@pytest.mark.parametrize("render", [audio.render, audio.render_loop])
def test_the_sound_is_the_sum_of_its_mixed_stems(render):
    mix = Mix({"kick": Strip(-9), "hihat_open": Strip(-6, -0.4), "tom_mid": Strip(tuning=-5)})
    sound = render(GROOVE, BLACK_PEARL, mix=mix).samples
    total = stems_of(mix, loop=render is audio.render_loop)["mix"]
    assert len(total) == len(sound)
    assert level_db(sound - total) < level_db(sound) - 40
    plain = render(GROOVE, BLACK_PEARL).samples[: len(sound)]
    assert level_db(sound[: len(plain)] - plain) > level_db(plain) - 15


@needs_fluidsynth
def test_hihats_choke_each_other_through_strips_of_their_own():
    ringing = audio.render(make_groove(("hihat_open", 1, 1)), BLACK_PEARL).samples
    mix = Mix({"hihat_open": Strip(-1, tuning=1), "hihat_pedal": Strip(-3)})
    choked = audio.render(make_groove(("hihat_open", 1, 1), ("hihat_pedal", 1.25, 1 / 127)), BLACK_PEARL, mix=mix).samples
    later = slice(round(0.78 * RATE), round(0.9 * RATE))
    assert level_db(choked[later]) < level_db(ringing[later]) - 10


@needs_fluidsynth
@pytest.mark.parametrize("tuning", [-12, 7])
@pytest.mark.parametrize("voice", ["tom_low", "tom_high"])  # the kit itself bends the high one
def test_tuning_moves_the_pitch(voice, tuning):
    def pitch(mix=PLAIN_MIX):
        sound = audio.render(make_groove((voice, 0, 0.7)), BLACK_PEARL, mix=mix).samples.mean(axis=1)
        return np.argmax(np.abs(np.fft.rfft(sound, 4 * RATE))) / 4

    assert pitch(Mix({voice: Strip(tuning=tuning)})) == pytest.approx(pitch() * 2 ** (tuning / 12), rel=0.02)


@needs_fluidsynth
@pytest.mark.parametrize("form", ["wav", "stems"])
def test_exported_sound_has_the_mix_of_the_take(form):
    take = Take(
        GROOVE, {"mix": {"voices": {voice: {"pan": 1} for voice in ("kick", "snare", "hihat_open", "hihat_closed", "tom_mid")}}}
    )
    _, data = exports.export(take, form, exports.Choices(BLACK_PEARL))
    if form == "stems":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(next(name for name in archive.namelist() if name.endswith("snare.flac")))
    sound, _ = soundfile.read(io.BytesIO(data))
    assert np.abs(sound[:, 0]).max() < 2 / FULL_SCALE < 0.01 < np.abs(sound[:, 1]).max()
