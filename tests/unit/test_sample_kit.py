"""A kit as a file of one-shots: its layers, its chokes, its cache."""

import fcntl
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drummer import audio
from drummer.audio import sample_kit
from drummer.config import default_config
from drummer.errors import SoundfontError
from drummer.music.voices import VOICE_INDEX, VOICES

RATE = default_config().audio.sample_rate
pytestmark = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")


@pytest.fixture(scope="module")
def kit() -> audio.Kit:
    return audio.find_kit("black_pearl")


@pytest.fixture(scope="module")
def packed(kit: audio.Kit) -> tuple[dict, np.ndarray]:
    """Header and (frames, 2) sounds of the file."""
    data = sample_kit.record(kit)
    length = int.from_bytes(data[:4], "little")
    samples, rate = soundfile.read(io.BytesIO(data[4 + length :]))
    header = json.loads(data[4 : 4 + length])
    assert rate == header["rate"] == RATE
    return header, samples


def test_the_layers_of_a_voice_cover_every_velocity_once(packed):
    header, samples = packed
    assert len(header["layers"]) == len(VOICES)
    for layers in header["layers"]:
        assert [low for low, *_ in layers] == [1, *(high + 1 for _, high, *_ in layers[:-1])]
        assert layers[-1][1] == 127
        assert all(start >= 0 and start + frames <= len(samples) for *_, start, frames in layers)


def test_the_recorded_layers_of_the_kit_are_found(packed):
    snare = packed[0]["layers"][VOICE_INDEX["snare"]]
    assert [low for low, *_ in snare] == [1, 27, 53, 78, 103]  # five, as soundfonts/README.md says
    assert all(exponent == pytest.approx(2, abs=0.05) for _, _, exponent, *_ in snare)  # 40 log10(v / 127) dB, SoundFont 2.04


@pytest.mark.parametrize("velocity", [20, 26, 27, 90])
def test_a_layer_times_its_gain_is_what_the_synthesizer_plays(packed, kit, velocity):
    header, samples = packed
    voice = VOICE_INDEX["tom_low"]
    low, high, exponent, start, frames = next(layer for layer in header["layers"][voice] if velocity <= layer[1])
    ours = samples[start : start + frames] * header["scale"] * (velocity / high) ** exponent
    theirs = audio.load_renderer(kit).one_shot(voice, velocity)[:frames]
    assert low <= velocity
    assert np.abs(ours[: len(theirs)] - theirs).max() < 0.02 * np.abs(theirs).max() + 1 / 32767


def test_jumps_of_level_are_layers_even_where_the_recording_is_the_same():
    shape = np.random.default_rng(1).normal(size=(64, 2)).astype(np.float32)
    velocities = np.arange(1, 128, dtype=np.float32)
    gains = (velocities / 127) ** 2 * np.where(velocities < 50, 0.5, 1.0)
    layers = sample_kit.find_layers(gains[:, None, None] * shape)
    assert [(layer.low, layer.high) for layer in layers] == [(1, 49), (50, 127)]
    assert [layer.exponent for layer in layers] == pytest.approx([2, 2], abs=0.01)


def test_hihats_and_cymbals_cut_themselves_off_and_drums_ring_on(packed):
    chokes = {(voice, by): rate for voice, by, rate in packed[0]["chokes"]}
    hihats = [VOICE_INDEX[name] for name in ("hihat_closed", "hihat_pedal", "hihat_open")]
    assert {(one, other) for one in hihats for other in hihats} <= chokes.keys()
    assert (VOICE_INDEX["crash"], VOICE_INDEX["crash"]) in chokes
    assert not {(voice, voice) for voice in (VOICE_INDEX["kick"], VOICE_INDEX["snare"])} & chokes.keys()
    assert all(80 < rate < 130 for rate in chokes.values())  # FluidSynth lets 100 dB go in about 0.9 s


@pytest.fixture(scope="module")
def written(kit, tmp_path_factory):
    """The file of the kit, alone in its folder."""
    return sample_kit.write(kit, tmp_path_factory.mktemp("kit"))


@pytest.fixture
def path(written, tmp_path):
    """A copy of it, alone in its folder."""
    return Path(shutil.copy(written, tmp_path / written.name))


def test_a_file_is_written_once_and_again_when_the_kit_changes(kit, path, tmp_path):
    written = path.stat().st_mtime_ns
    assert sample_kit.write(kit, tmp_path) == path
    assert path.stat().st_mtime_ns == written
    louder = audio.Kit(**{**vars(kit), "gain_db": kit.gain_db + 1})
    assert sample_kit.write(louder, tmp_path) != path
    assert len(list(tmp_path.iterdir())) == 2  # no parts left over


def test_a_damaged_file_is_made_again(kit, path, tmp_path):
    whole = path.read_bytes()
    for damaged in (b"", whole[:-100], whole[:1000] + b"\0" + whole[1001:]):
        path.write_bytes(damaged)
        assert sample_kit.write(kit, tmp_path).read_bytes() == whole
        assert len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_program_has_left_half_written_is_removed_and_what_is_being_written_stays(kit, tmp_path):
    left = [tmp_path / name for name in ("tmpab12cd_x", "tmpxyz98765.part")]
    for path in left:
        path.write_bytes(b"half")
    with (tmp_path / "tmpbeingdone.part").open("wb") as written:
        fcntl.flock(written, fcntl.LOCK_EX)
        path = sample_kit.write(kit, tmp_path)
    assert set(tmp_path.iterdir()) == {path, tmp_path / "tmpbeingdone.part"}


def test_a_folder_that_cannot_be_written_is_one_sentence(kit, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SoundfontError, match="the recordings of the kit 'black_pearl' cannot be kept"):
        sample_kit.write(kit, tmp_path / "taken")


def test_every_kit_is_small_enough_to_load_with_the_page():
    for kit in audio.list_kits().values():
        assert sample_kit.write(kit, sample_kit.cache_folder()).stat().st_size < 4_000_000
