import io
import os
import shutil
import subprocess
import sys
import textwrap
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from drummer import audio
from drummer.config import ROOT, default_config
from drummer.errors import SoundfontError
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX, VOICES

RATE = default_config().audio.sample_rate
KITS = audio.list_kits()
BLACK_PEARL = KITS["black_pearl"]
FULL_SCALE = 32767

needs_fluidsynth = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
each_kit = pytest.mark.parametrize("kit", KITS.values(), ids=list(KITS))


def make_groove(*hits: tuple[str, float, float], bpm: float = 120, bars: int = 1) -> Groove:
    """A groove of (voice, onset in beats, velocity)."""
    names, beats, velocities = zip(*hits, strict=True)
    voices = np.array([VOICE_INDEX[name] for name in names])
    return Groove.from_hits(Hits(np.array(beats, dtype=float), voices, np.array(velocities, dtype=np.float32)), bpm, bars=bars)


def level_db(samples: np.ndarray) -> float:
    """RMS level in dB of full scale."""
    return 10 * np.log10(np.mean((samples / FULL_SCALE) ** 2) + 1e-12)


def peak_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.abs(samples.astype(float)).max() / FULL_SCALE + 1e-9)


def one_hit(voice: str, velocity: int, kit: audio.Kit) -> np.ndarray:
    return audio.render(make_groove((voice, 0, velocity / 127)), kit).samples


def loudness(samples: np.ndarray) -> float:
    """Loudness in LUFS by ITU-R BS.1770-4 without gating: its two filters, applied to the spectrum."""
    power = np.abs(np.fft.rfft(samples / FULL_SCALE, axis=0)) ** 2
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(len(samples), 1 / RATE) / 48000)  # coefficients are for 48 kHz
    shelf = 1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2
    shelf /= 1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weighted = power * (np.abs(shelf * high_pass) ** 2)[:, np.newaxis]
    return -0.691 + 10 * np.log10(2 * weighted.sum() / len(samples) ** 2)


def run_python(code: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *map(str, arguments)]
    env = os.environ | environment
    return subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


# -- kits ------------------------------------------------------------------------------------------------------------------


def test_shipped_kits_name_their_licence_and_author():
    acoustic, electronic = ("CC-BY-SA-3.0", "Glen MacArthur, AVL Drumkits"), ("CC0-1.0", "The Drummer project")
    assert {name: (kit.license, kit.attribution) for name, kit in KITS.items()} == {
        "black_pearl": acoustic,
        "electronic_808": electronic,
        "electronic_909": electronic,
        "red_zeppelin": acoustic,
    }
    assert all(kit.path.stat().st_size < 10_000_000 for kit in KITS.values())
    assert default_config().defaults.kit in KITS


def test_electronic_kits_are_offered_first_where_they_are_at_home():
    def names(genre):
        return [kit.name for kit in audio.kits_for(genre)]

    assert names("hiphop") == ["electronic_808", "electronic_909", "black_pearl", "red_zeppelin"]
    assert names("dance") == ["electronic_909", "electronic_808", "black_pearl", "red_zeppelin"]
    assert names("jazz") == ["black_pearl", "red_zeppelin", "electronic_808", "electronic_909"]
    assert [audio.kit_for(genre).name for genre in ("hiphop", "dance", "jazz")] == [
        "electronic_808",
        "electronic_909",
        "black_pearl",
    ]


def test_where_no_kit_is_installed_none_can_be_chosen(tmp_path):
    assert audio.kits_for("rock", tmp_path) == []
    with pytest.raises(SoundfontError, match="none is installed"):
        audio.kit_for("rock", tmp_path)


def test_an_unknown_kit_is_answered_with_the_names_there_are():
    with pytest.raises(SoundfontError, match=r"no kit '\.\./red_zeppelin', choose one of: black_pearl, electronic_808"):
        audio.find_kit("../red_zeppelin")


def test_no_kit_at_all(tmp_path):
    assert audio.list_kits(tmp_path / "missing") == {}
    with pytest.raises(SoundfontError, match="none is installed"):
        audio.find_kit("black_pearl", tmp_path)


def test_a_dropped_in_soundfont_is_a_kit_with_general_midi_keys(tmp_path):
    shutil.copy(BLACK_PEARL.path, tmp_path / "my_drums.SF3")
    (tmp_path / "._my_drums.sf3").touch()
    (tmp_path / "notes.txt").touch()
    kits = audio.list_kits(tmp_path)
    assert list(kits) == ["my_drums"]
    assert kits["my_drums"].label == "my drums"
    assert [key.key for key in kits["my_drums"].keys] == [voice.pitch for voice in VOICES]
    assert all(key.bend == 0 for key in kits["my_drums"].keys)


def test_two_files_of_one_name_are_two_kits(tmp_path):
    for name in ("a.sf2", "a.sf3"):
        (tmp_path / name).touch()
    assert [(name, kit.path.name) for name, kit in audio.list_kits(tmp_path).items()] == [("a", "a.sf2"), ("a.sf3", "a.sf3")]


def test_a_description_beside_the_soundfont_is_used(tmp_path):
    (tmp_path / "mine.sf2").touch()
    (tmp_path / "mine.yaml").write_text(
        "label: Mine\nbank: 3\ngain_db: -2.5\nkeys: {kick: 35, tom_high: {key: 45, bend: -1.5}}\n"
    )
    kit = audio.find_kit("mine", tmp_path)
    assert (kit.label, kit.bank, kit.program, kit.gain_db) == ("Mine", 3, 0, -2.5)
    assert kit.keys[VOICE_INDEX["kick"]] == audio.Key(35)
    assert kit.keys[VOICE_INDEX["tom_high"]] == audio.Key(45, -1.5)
    assert kit.keys[VOICE_INDEX["snare"]] == audio.Key(38)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("keys: {cowbell: 56}", "there is no voice 'cowbell'"),
        ("keys: {kick: 128}", "keys.kick"),
        ("colour: red", "'colour' is wrong"),
        ("gain_db: loud", "'gain_db' is wrong"),
        ("velocity_exponent: 0", "'velocity_exponent' is wrong"),
        ("- kick", "x.yaml"),
        ("", "x.yaml"),
        ("a: [", "cannot read the kit description x.yaml"),
        ("a: 2024-01-01", "cannot read the kit description x.yaml"),
    ],
)
def test_a_wrong_description_is_refused_in_one_sentence(tmp_path, text, problem):
    (tmp_path / "x.sf2").touch()
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SoundfontError) as caught:
        audio.list_kits(tmp_path)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_velocity_curve_keeps_order_and_ends():
    velocities = [BLACK_PEARL.synth_velocity(velocity / 127) for velocity in range(1, 128)]
    assert velocities == sorted(velocities)
    assert velocities[-1] == 127
    assert velocities[19] > 20  # ghost notes are lifted
    straight = replace(BLACK_PEARL, velocity_exponent=1.0)
    assert [straight.synth_velocity(velocity / 127) for velocity in range(1, 128)] == list(range(1, 128))
    assert straight.synth_velocity(1e-6) == 1  # 0 would be a note-off


# -- length and time -------------------------------------------------------------------------------------------------------


@needs_fluidsynth
@pytest.mark.parametrize(("bpm", "bars"), [(97, 2), (133.7, 3), (300, 1), (61, 1)])
def test_a_loop_has_the_exact_length(bpm, bars):
    groove = make_groove(("kick", 0, 0.8), ("crash", 4 * bars - 0.1, 0.8), bpm=bpm, bars=bars)
    frames = round(groove.seconds * RATE)
    take, loop = audio.render(groove, BLACK_PEARL), audio.render_loop(groove, BLACK_PEARL)
    assert take.loop_frames == loop.loop_frames == len(loop.samples) == frames
    assert frames < len(take.samples) <= frames + default_config().audio.tail_seconds * RATE
    assert take.samples.dtype == loop.samples.dtype == np.int16


@needs_fluidsynth
def test_onsets_sound_when_the_groove_says():
    beats = np.arange(1, 15) + np.linspace(-0.04, 0.04, 14)  # up to half a step early and late
    groove = make_groove(*(("rim", beat, 0.8) for beat in beats), bpm=97, bars=4)
    sound = np.abs(audio.render(groove, BLACK_PEARL).samples.astype(int)).max(axis=1)
    attack = np.argmax(np.abs(one_hit("rim", 102, BLACK_PEARL)).max(axis=1) > 1000)  # of the sample itself
    for onset in beats * 60 / 97:
        start = round((onset - 0.05) * RATE)
        heard = start + np.argmax(sound[start : start + RATE // 4] > 1000) - attack
        assert heard / RATE == pytest.approx(onset, abs=0.0016)  # 32 frames for this hit and 32 for the reference


@needs_fluidsynth
def test_a_hit_ahead_of_the_first_bar_line_is_played_on_it_or_ahead_of_the_next_round():
    groove = make_groove(("rim", -0.04, 0.8), ("rim", 2, 0.8))
    take, loop = audio.render(groove, BLACK_PEARL), audio.render_loop(groove, BLACK_PEARL)
    early = round(0.04 * 60 / 120 * RATE)
    assert peak_db(take.samples[: RATE // 50]) > -30
    assert peak_db(take.samples[-early:]) < -60
    assert peak_db(loop.samples[-early:]) > -30


# -- the tail and the loop -------------------------------------------------------------------------------------------------


@needs_fluidsynth
def test_the_tail_rings_out():
    short = audio.render(make_groove(("rim", 3.5, 0.8)), BLACK_PEARL)
    long = audio.render(make_groove(("crash", 3.5, 1.0)), BLACK_PEARL)
    assert len(short.samples) < len(long.samples)
    for take in (short, long):
        assert np.abs(np.diff(take.samples[-100:].astype(int), axis=0)).max() < 20
        assert peak_db(take.samples[-10:]) < -70


@needs_fluidsynth
@pytest.mark.parametrize("bpm", [120, 300])  # at 300 BPM the tail is longer than the loop
def test_what_rings_over_the_last_bar_line_is_added_to_the_start(bpm):
    groove = make_groove(("tom_mid", 3.5, 0.7), ("tom_low", 2, 0.5), bpm=bpm)
    take, loop = audio.render(groove, BLACK_PEARL), audio.render_loop(groove, BLACK_PEARL)
    folded = np.zeros((loop.loop_frames, 2))
    for start in range(0, len(take.samples), loop.loop_frames):
        part = take.samples[start : start + loop.loop_frames]
        folded[: len(part)] += part
    assert level_db(loop.samples[: RATE // 10]) > -50
    assert np.abs(folded - loop.samples).max() < 16  # what is quieter than audio.silence_db is not in the take


@needs_fluidsynth
def test_a_loop_repeats_without_a_seam():
    groove = make_groove(("tom_low", 3.75, 0.9), ("ride", 3.5, 0.9), ("kick", 1, 0.5))
    loop = audio.render_loop(groove, BLACK_PEARL).samples.astype(int)
    steps = np.abs(np.diff(np.concatenate([loop[-400:], loop[:400]]), axis=0))
    assert level_db(loop[:400]) > -40  # it does ring over the seam
    assert steps[399].max() <= steps.max(where=np.arange(799)[:, None] != 399, initial=0)


@needs_fluidsynth
@each_kit
@pytest.mark.parametrize("choking", ["hihat_closed", "hihat_pedal"])
def test_an_open_hihat_is_choked(kit, choking):
    ringing = audio.render(make_groove(("hihat_open", 1, 1)), kit).samples
    choked = audio.render(make_groove(("hihat_open", 1, 1), (choking, 1.25, 1 / 127)), kit).samples
    later = slice(round(0.78 * RATE), round(0.9 * RATE))  # 0.15 s after the choke
    assert level_db(choked[later]) < level_db(ringing[later]) - 10


@needs_fluidsynth
def test_a_loop_chokes_the_open_hihat_of_the_round_before():
    open_hat = ("hihat_open", 3.75, 1.0)
    ringing = audio.render_loop(make_groove(open_hat), BLACK_PEARL).samples
    choked = audio.render_loop(make_groove(open_hat, ("hihat_closed", 0, 1 / 127)), BLACK_PEARL).samples
    later = slice(round(0.15 * RATE), round(0.25 * RATE))
    assert level_db(choked[later]) < level_db(ringing[later]) - 10


@needs_fluidsynth
def test_only_hihats_choke():
    groove = make_groove(("ride", 0, 1.0), ("ride_bell", 1, 0.01))
    alone = audio.render(make_groove(("ride", 0, 1.0)), BLACK_PEARL).samples
    both = audio.render(groove, BLACK_PEARL).samples
    later = slice(RATE, RATE + RATE // 5)
    assert level_db(both[later]) == pytest.approx(level_db(alone[later]), abs=0.5)


# -- sound -----------------------------------------------------------------------------------------------------------------


@needs_fluidsynth
@each_kit
@pytest.mark.parametrize("voice", [voice.name for voice in VOICES])
def test_every_voice_has_dynamics_and_ghost_notes_are_heard(kit, voice):
    levels = {velocity: level_db(one_hit(voice, velocity, kit)[: RATE // 4]) for velocity in (5, 20, 40, 64, 90, 110, 127)}
    steps = np.diff(list(levels.values()))
    assert (steps > 0).all(), levels
    assert -45 < peak_db(one_hit(voice, 20, kit)) < -20
    assert -15 < peak_db(one_hit(voice, 127, kit)) < -3
    assert 15 < levels[127] - levels[20] < 32


@needs_fluidsynth
@each_kit
@pytest.mark.parametrize("voice", ["kick", "snare", "hihat_closed", "ride", "crash", "tom_high"])
def test_harder_hits_are_other_recordings_and_not_only_louder(kit, voice):
    hits = [one_hit(voice, velocity, kit)[:4096].mean(axis=1) for velocity in (7, 20, 45, 75, 127)]
    alike = np.abs(np.corrcoef(hits)) > 0.99  # one recording at two volumes correlates fully
    recordings = {tuple(row) for row in alike}
    assert len(recordings) >= 4, alike


@needs_fluidsynth
@each_kit
def test_drums_are_the_drums_they_are_called(kit):
    def spectrum(voice: str) -> tuple[np.ndarray, np.ndarray]:
        return np.fft.rfftfreq(RATE, 1 / RATE), np.abs(np.fft.rfft(one_hit(voice, 110, kit)[:RATE].mean(axis=1), RATE)) ** 2

    def pitch(voice: str) -> float:
        frequencies, power = spectrum(voice)
        return float(frequencies[power.argmax()])

    def brightness(voice: str) -> float:
        frequencies, power = spectrum(voice)
        return float((frequencies * power).sum() / power.sum())

    def ringing(voice: str) -> float:
        """Seconds to fall by 30 dB for good."""
        sound = one_hit(voice, 110, kit).astype(float)
        envelope = np.sqrt((sound[: len(sound) // 441 * 441] ** 2).mean(axis=1).reshape(-1, 441).mean(axis=1))
        return float(np.flatnonzero(envelope > envelope.max() * 10**-1.5)[-1]) / 100

    assert pitch("kick") < 120
    assert pitch("tom_low") < pitch("tom_mid") < pitch("tom_high")
    assert pitch("tom_high") / pitch("tom_mid") == pytest.approx(2 ** (4 / 12), rel=0.03)
    assert brightness("hihat_closed") > 8000 > brightness("snare") > brightness("kick")
    assert ringing("hihat_closed") < 0.25 < ringing("hihat_open") < ringing("ride")
    assert ringing("crash") > 1.5
    assert ringing("rim") < 0.2


@needs_fluidsynth
def test_kits_are_equally_loud():
    rock = [("kick", beat, 0.9) for beat in (0, 0.5, 2, 2.5)] + [("snare", beat, 1.0) for beat in (1, 3)]
    rock += [("hihat_closed", beat / 2, 0.7 - 0.2 * (beat % 2)) for beat in range(8)]
    funk = [("kick", beat, 0.8) for beat in (0, 1.5, 2.75)] + [("snare", beat, 0.9) for beat in (1, 3)]
    funk += [("snare", beat, 0.3) for beat in (0.75, 1.75, 2.25)] + [("hihat_closed", beat / 4, 0.5) for beat in range(15)]
    swing = [("ride", beat, 0.7) for beat in (0, 1, 5 / 3, 2, 3, 11 / 3)] + [("hihat_pedal", beat, 0.7) for beat in (1, 3)]
    fill = [("snare", 0, 1.0), ("tom_high", 1, 0.8), ("tom_mid", 2, 0.8), ("tom_low", 3, 0.8), ("crash", 0, 0.8)]
    grooves = [make_groove(*hits, bpm=110) for hits in (rock, funk, swing, fill)]
    levels = [np.mean([loudness(audio.render_loop(groove, kit).samples) for groove in grooves]) for kit in KITS.values()]
    assert max(levels) - min(levels) < 1.0, levels
    assert -26 < np.mean(levels) < -20


@needs_fluidsynth
@each_kit
def test_a_dense_loud_groove_does_not_clip(kit):
    eighths = [(voice, beat / 2, 1.0) for voice in ("kick", "snare", "hihat_closed", "crash") for beat in range(8)]
    take = audio.render(make_groove(*eighths, bpm=120), kit)
    assert -6 < peak_db(take.samples) < 0
    everything = [(voice.name, beat / 4, 1.0) for voice in VOICES for beat in range(16)]
    samples = audio.render_loop(make_groove(*everything, bpm=120), kit).samples
    assert np.abs(samples.astype(int)).max() <= FULL_SCALE
    assert np.abs(np.diff(samples.astype(int), axis=0)).max() < FULL_SCALE  # no overflow from one end to the other


# -- stems -----------------------------------------------------------------------------------------------------------------


@needs_fluidsynth
@each_kit
@pytest.mark.parametrize("loop", [True, False], ids=["loop", "take"])
def test_stems_add_up_to_the_mix(kit, loop):
    generator = np.random.default_rng(5)
    hits = [(voice.name, beat / 4, generator.uniform(0.1, 0.6)) for voice in VOICES for beat in generator.choice(16, 5)]
    hits += [("hihat_open", 3.75, 0.6), ("hihat_closed", 0, 0.4), ("hihat_pedal", 1.3, 0.5), ("crash", -0.04, 0.3)]
    groove = make_groove(*hits)
    mix, stems = audio.render_stems(groove, kit, loop=loop)
    assert np.abs(mix.samples).max() < 0.7 * FULL_SCALE  # nothing is bent
    assert list(stems) == [voice.name for voice in VOICES]
    for stem in stems.values():
        assert (len(stem.samples), stem.loop_frames, stem.sample_rate) == (len(mix.samples), mix.loop_frames, RATE)
        assert peak_db(stem.samples) > -60
    total = np.sum([stem.samples.astype(int) for stem in stems.values()], axis=0)
    assert np.abs(total - mix.samples).max() <= 0.5 * (len(stems) + 1)
    heard = (audio.render_loop if loop else audio.render)(groove, kit)
    assert len(heard.samples) == pytest.approx(len(mix.samples), abs=RATE / 100)
    frames = min(len(heard.samples), len(mix.samples))
    apart = np.abs(heard.samples[:frames].astype(int) - mix.samples[:frames]).max(axis=1)
    assert np.mean(apart > 7) < 0.02  # the first frames of some hits
    assert level_db(heard.samples) == pytest.approx(level_db(mix.samples), abs=0.1)


@needs_fluidsynth
def test_a_stem_is_choked_by_what_is_in_another():
    groove = make_groove(("hihat_open", 1, 1.0), ("hihat_closed", 1.25, 0.8))
    alone = audio.render(make_groove(("hihat_open", 1, 1.0)), BLACK_PEARL).samples
    stems = audio.render_stems(groove, BLACK_PEARL, loop=False).voices
    struck, later = slice(round(0.5 * RATE), round(0.6 * RATE)), slice(round(0.78 * RATE), round(0.9 * RATE))
    assert level_db(stems["hihat_open"].samples[struck]) == pytest.approx(level_db(alone[struck]), abs=0.01)
    assert level_db(stems["hihat_open"].samples[later]) < level_db(alone[later]) - 10
    assert peak_db(stems["hihat_closed"].samples[: round(0.6 * RATE)]) < -80


@needs_fluidsynth
def test_a_silent_groove_has_no_stems():
    mix, stems = audio.render_stems(Groove.silent(1, 120), BLACK_PEARL)
    assert stems == {}
    assert len(mix.samples) == mix.loop_frames
    assert not mix.samples.any()


@needs_fluidsynth
def test_no_hits_is_silence():
    groove = Groove.silent(bars=2, bpm=97)
    for rendering in (audio.render(groove, BLACK_PEARL), audio.render_loop(groove, BLACK_PEARL)):
        assert len(rendering.samples) == rendering.loop_frames
        assert not rendering.samples.any()


@needs_fluidsynth
def test_the_same_groove_gives_the_same_samples_in_any_thread_and_process():
    groove = make_groove(*((voice.name, index * 0.25, 0.7) for index, voice in enumerate(VOICES)), bpm=133.7)
    expected = audio.render_loop(groove, BLACK_PEARL).samples
    with ThreadPoolExecutor(4) as pool:
        for rendering in pool.map(lambda _: audio.render_loop(groove, BLACK_PEARL), range(8)):
            assert np.array_equal(rendering.samples, expected)
    code = """
        import ctypes, sys
        ctypes.CDLL(None).rand()  # which FluidSynth would take its dither from
        import numpy as np
        from drummer import audio
        from drummer.music.groove import Groove
        hits = np.eye(16, 13).repeat(3, axis=0) * (np.arange(48) % 3 == 0)[:, None]
        sound = audio.render_loop(Groove(hits > 0, hits * 0.7, hits * 0, 133.7), audio.find_kit("black_pearl"))
        sys.stdout.buffer.write(sound.wav_bytes())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    assert result.stderr == b""
    with wave.open(io.BytesIO(result.stdout)) as file:
        assert file.readframes(file.getnframes()) == expected.tobytes()


@needs_fluidsynth
def test_wav(tmp_path):
    take = audio.render(make_groove(("snare", 0, 0.8)), BLACK_PEARL)
    take.to_wav(tmp_path / "take.wav")
    with wave.open(str(tmp_path / "take.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        assert file.readframes(file.getnframes()) == take.samples.tobytes()
    assert take.seconds == len(take.samples) / RATE


def test_flac_holds_the_same_samples():
    samples = np.random.default_rng(0).integers(-FULL_SCALE - 1, FULL_SCALE, (5000, 2), dtype=np.int16)
    data = audio.Rendering(samples, 4000, RATE).flac_bytes()
    read, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE
    assert np.array_equal(read, samples)


@needs_fluidsynth
def test_writing_flac_first_changes_nothing_of_what_is_rendered_later():
    code = """
        import hashlib, sys
        import numpy as np
        from drummer import audio
        from drummer.music.groove import Groove
        if sys.argv[1] == "flac":
            audio.Rendering(np.zeros((9, 2), dtype=np.int16), 9, 44100).flac_bytes()
        hits = np.eye(48, 13)
        sound = audio.render(Groove(hits > 0, hits * 0.7, hits * 0, 120), audio.find_kit("black_pearl"))
        print(hashlib.sha256(sound.samples.tobytes()).hexdigest())
    """
    with_flac, without = (run_python(code, argument) for argument in ("flac", "none"))
    assert (with_flac.returncode, with_flac.stderr) == (0, "")
    assert with_flac.stdout == without.stdout


# -- soundfonts that cannot be played --------------------------------------------------------------------------------------


@needs_fluidsynth
def test_a_soundfont_without_a_drum_bank_plays_its_first_preset(tmp_path):
    shutil.copy(BLACK_PEARL.path, tmp_path / "plain.sf3")  # its one preset is in bank 0
    plain = audio.render(make_groove(("kick", 0, 0.8)), audio.find_kit("plain", tmp_path))
    assert peak_db(plain.samples) > -30


@needs_fluidsynth
def test_a_drum_bank_is_preferred(tmp_path):
    data = bytearray(BLACK_PEARL.path.read_bytes())
    header = data.index(b"phdr") + 8
    assert data[header + 22 : header + 24] == b"\0\0"
    data[header + 22 : header + 24] = (128).to_bytes(2, "little")  # wBank
    (tmp_path / "drums.sf3").write_bytes(data)
    kit = audio.find_kit("drums", tmp_path)
    assert peak_db(audio.render(make_groove(("snare", 0, 0.8)), kit).samples) > -30
    with pytest.raises(SoundfontError, match=r"drums\.sf3 has no program 0 in bank 0"):
        audio.render(make_groove(("snare", 0, 0.8)), replace(kit, bank=0))


def damaged_soundfonts() -> dict[str, bytes]:
    good = BLACK_PEARL.path.read_bytes()
    presets = good.rindex(b"pdta")
    return {
        "empty": b"",
        "text": b"not a soundfont\n" * 100,
        "header": good[:12],
        "wav": audio.Rendering(np.zeros((100, 2), dtype=np.int16), 100, RATE).wav_bytes(),
        "half": good[: len(good) // 2],
        "end": good[:-1],
        "sizes": good[:16] + b"\xff\xff\xff\x7f" + good[20:],
        "presets": good[:presets] + bytes(len(good) - presets),
        "ogg": good[:400] + bytes(presets - 800) + good[presets - 400 :],
    }


@needs_fluidsynth
def test_damaged_soundfonts_are_refused_in_one_sentence_each(tmp_path):
    for name, content in damaged_soundfonts().items():
        (tmp_path / f"{name}.sf3").write_bytes(content)
    (tmp_path / "folder.sf3").mkdir()
    # In a process of its own, which FluidSynth could take down with it.
    code = """
        import sys
        from dataclasses import replace
        from pathlib import Path
        from drummer import audio
        from drummer.errors import SoundfontError
        from drummer.music.groove import Groove
        kits = audio.list_kits(Path(sys.argv[1]))
        kits["missing"] = replace(kits["empty"], path=Path("missing.sf3"))
        for name, kit in kits.items():
            try:
                audio.render(Groove.silent(bars=1, bpm=120), kit)
            except SoundfontError as error:
                print(name, error, sep=": ")
    """
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    answers = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    assert {name: answer.replace(f"{name}.sf3", "*") for name, answer in answers.items()} == {
        "empty": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "text": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "wav": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "header": "the soundfont * is incomplete, copy it again",
        "half": "the soundfont * is incomplete, copy it again",
        "end": "the soundfont * is incomplete, copy it again",
        "sizes": "the soundfont * cannot be loaded, it is damaged",
        "presets": "the soundfont * cannot be loaded, it is damaged",
        "ogg": "the soundfont * cannot be loaded, it is damaged",
        "folder": "cannot read the soundfont *: Is a directory",
        "missing": "cannot read the soundfont *: No such file or directory",
    }


# -- without FluidSynth ----------------------------------------------------------------------------------------------------


def test_without_the_library_the_module_imports_and_rendering_says_what_to_install():
    code = """
        import ctypes.util
        ctypes.util.find_library = lambda name: None
        from drummer import audio
        from drummer.errors import AudioUnavailableError
        from drummer.music.groove import Groove
        assert not audio.audio_available()
        assert "black_pearl" in audio.list_kits()
        try:
            audio.render(Groove.silent(bars=1, bpm=120), audio.find_kit("black_pearl"))
        except AudioUnavailableError as error:
            print(error)
    """
    result = run_python(code, HOMEBREW_PREFIX="")
    assert result.returncode == 0, result.stderr
    assert result.stdout == audio.INSTALL_HINT + "\n"


@needs_fluidsynth
def test_nothing_is_printed():
    code = """
        from drummer import audio
        from drummer.music.groove import Groove
        audio.render(Groove.silent(bars=1, bpm=120), audio.find_kit("black_pearl"))
    """
    result = run_python(code, CI="true")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_importing_loads_no_library():
    result = run_python("import sys, drummer.audio; print('fluidsynth' in sys.modules)")
    assert result.stdout == "False\n", result.stderr
