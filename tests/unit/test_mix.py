"""The mix of a take: as data, and in the sound that is exported."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from drummer import audio, exports
from drummer.audio import bus
from drummer.audio.mixing import bend_peaks
from drummer.config import default_config
from drummer.errors import DocumentError, SettingError, SoundfontError
from drummer.exports.sound import credits_of
from drummer.files.document import Take, from_code, from_json, to_code, to_json
from drummer.music.mix import PLAIN_MIX, PLAIN_STRIP, Mix, Strip
from tests.sound import BLACK_PEARL, FULL_SCALE, RATE, level_db, make_groove, needs_fluidsynth

GROOVE = make_groove(("kick", 0, 0.5), ("snare", 1, 0.5), ("hihat_open", 2, 0.6), ("hihat_closed", 2.5, 0.3), ("tom_mid", 3, 0.4))
MIX = {
    "voices": {"kick": {"volume": -6}, "snare": {"pan": -0.5, "tuning": 2.5, "kit": "electronic_808"}, "percussion": {"pan": 1}},
    "room": 0.3,
    "compressor": 0.5,
}


def test_a_mix_is_in_the_file_and_in_the_link_of_a_take():
    take = Take(GROOVE, {"kit": "black_pearl", "mix": MIX})
    for opened in (from_json(to_json(take)), from_code(to_code(take))):
        assert opened.settings["mix"] == MIX
        assert opened.mix.strip("snare") == Strip(pan=-0.5, tuning=2.5, kit="electronic_808")
        assert opened.mix.strip("ride") == PLAIN_STRIP
        assert (opened.mix.room, opened.mix.compressor) == (0.3, 0.5)
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
        ({"echo": 1}, "unknown part of the mix 'echo', it must be one of voices, room, compressor"),
        ({"voices": {"kick": {"kit": 808}}}, "the kit of a lane must be a name of at most 64 characters, got 808"),
        ({"room": 1.5}, "the room of the mix must be from 0 to 1, got 1.5"),
        ({"compressor": True}, "the compressor of the mix must be from 0 to 1, got True"),
        ({"voices": ["kick"]}, "'voices' of the mix must be names and values, got a list of length 1"),
        ({"voices": {"gong": {}}}, "unknown part of 'voices' of the mix 'gong', it must be one of kick, snare,"),
        (
            {"voices": {"kick": {"gain": 1}}},
            "unknown part of the mix of the kick 'gain', it must be one of volume, pan, tuning, kit",
        ),
        ({"voices": {"kick": {"volume": 7}}}, "the volume of a lane must be from -24 to 6, got 7"),
        ({"voices": {"kick": {"pan": float("nan")}}}, "the pan of a lane must be from -1 to 1, got nan"),
        ({"voices": {"kick": {"tuning": "up"}}}, "the tuning of a lane must be from -12 to 12, got 'up'"),
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


@pytest.mark.parametrize("rate", [44100, 48000])
def test_the_room_is_added_to_the_dry_sound_and_outlasts_it(rate):
    response = bus.room_response(rate)
    impulse = np.zeros((100, 2), dtype=np.float32)
    impulse[10] = 0.5, -1
    wet = bus.add_room(impulse.copy(), 0.5, rate, wraps=False)
    assert len(wet) == 99 + len(response)
    np.testing.assert_allclose(
        wet[10:] - np.pad(impulse[10:], ((0, len(response) - 1), (0, 0))),
        np.pad(response, ((0, 89), (0, 0)))[: len(wet) - 10] * [0.25, -0.5],
        atol=1e-6,
    )
    assert 10 * np.log10(np.mean(np.sum(response**2, axis=0))) == pytest.approx(-6, abs=0.01)
    wrapped = bus.add_room(impulse.copy(), 0.5, rate, wraps=True)  # a loop that is shorter than the room
    folded = np.pad(wet, ((0, -len(wet) % 100), (0, 0))).reshape(-1, 100, 2).sum(axis=0)
    np.testing.assert_allclose(wrapped, folded, atol=1e-5)


def test_the_compressor_has_a_threshold_a_ratio_and_make_up():
    for amount, level in ((1, -6), (0.5, -9), (1, -40)):
        steady = np.full((44100, 2), 10 ** (level / 20), dtype=np.float32)
        out = bus.compress(steady.copy(), amount, 44100, wraps=False)
        expected = level - 0.75 * max(0, level + 24 * amount) + 9 * amount
        assert 20 * np.log10(out[-1, 0]) == pytest.approx(expected, abs=0.02)
        assert 20 * np.log10(bus.compress(steady.copy(), amount, 44100, wraps=True)[0, 0]) == pytest.approx(expected, abs=0.02)
        attacked = 20 * np.log10(out[round(0.005 * 44100), 0] / out[-1, 0])  # 5 ms: all but 1 / e of the reduction
        assert attacked == pytest.approx(0.75 * max(0, level + 24 * amount) / np.e, abs=0.5)


@needs_fluidsynth
def test_a_loop_with_room_and_compressor_is_a_round_between_two_others():
    mix = Mix(room=0.6, compressor=0.7)
    groove = replace(GROOVE, bpm=240 * RATE / (64 * 1378))  # whole blocks of the synthesizer, at which it begins notes
    loop = audio.render(groove, BLACK_PEARL, mix=mix, loop=True).samples.astype(float)
    rounds = audio.render(groove.then(groove).then(groove), BLACK_PEARL, mix=mix).samples.astype(float)
    second = rounds[len(loop) : 2 * len(loop)]
    assert level_db(second - loop) < level_db(loop) - 40
    assert level_db(rounds[: len(loop) // 8] - loop[: len(loop) // 8]) > level_db(loop) - 40  # the first has no room from before


@needs_fluidsynth
def test_stems_have_the_room_and_not_the_compressor():
    dry, plain = stems_of(), stems_of(Mix(room=0.5))
    mixed = stems_of(Mix(room=0.5, compressor=0.8))
    for name in plain:
        assert name == "mix" or np.array_equal(mixed[name], plain[name])
    assert level_db(plain["kick"] - dry["kick"]) > level_db(dry["kick"]) - 20
    total = sum(mixed[name] for name in plain if name != "mix")
    assert np.abs(total - plain["mix"]).max() <= 3
    compressed = bus.compress((total / FULL_SCALE).astype(np.float32), 0.8, RATE, wraps=True)
    np.testing.assert_allclose(bend_peaks(compressed, default_config().audio.knee) * FULL_SCALE, mixed["mix"], atol=8)


@needs_fluidsynth
@pytest.mark.parametrize("loop", [False, True])
def test_the_sound_is_the_sum_of_its_mixed_stems(loop):
    mix = Mix({"kick": Strip(-9), "hihat_open": Strip(-6, -0.4), "tom_mid": Strip(tuning=-5)})
    sound = audio.render(GROOVE, BLACK_PEARL, mix=mix, loop=loop).samples
    total = stems_of(mix, loop=loop)["mix"]
    assert len(total) == len(sound)
    assert level_db(sound - total) < level_db(sound) - 40
    plain = audio.render(GROOVE, BLACK_PEARL, loop=loop).samples[: len(sound)]
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
def test_a_lane_is_played_with_a_kit_of_its_own():
    name = "electronic_808"
    mixed, plain = stems_of(Mix({"snare": Strip(kit=name), "hihat_open": Strip(kit=name)})), stems_of()
    other = audio.render_stems(GROOVE, audio.find_kit(name)).voices
    for voice in ("kick", "snare", "hihat_open", "hihat_closed", "tom_mid"):
        expected = other[voice].samples if voice in ("snare", "hihat_open") else plain[voice]
        np.testing.assert_array_equal(mixed[voice], expected)
    with pytest.raises(SoundfontError, match="there is no kit 'gone', choose one of"):
        stems_of(Mix({"snare": Strip(kit="gone")}))


@needs_fluidsynth
def test_the_authors_of_all_kits_are_named():
    take = Take(GROOVE, {"mix": {"voices": {"snare": {"kit": "red_zeppelin"}, "kick": {"kit": "electronic_808"}}}})
    lines = credits_of(take, exports.Choices(BLACK_PEARL), BLACK_PEARL)
    assert [line.partition(":")[0] for line in lines[-3:]] == ["Kit", "Kit Electronic 808", "Kit Red Zeppelin"]
    assert "Glen MacArthur" in lines[-1] and "Drummer project" in lines[-2]


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
