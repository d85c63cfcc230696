import io
import subprocess
import sys
import textwrap
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from drummer import audio
from drummer.config import ROOT, default_config
from drummer.music.groove import Groove
from drummer.music.voices import VOICES
from tests.sound import BLACK_PEARL, FULL_SCALE, RATE, each_kit, level_db, make_groove, needs_fluidsynth, one_hit, peak_db


@needs_fluidsynth
@pytest.mark.parametrize(("bpm", "bars"), [(97, 2), (133.7, 3), (300, 1), (61, 1)])
def test_a_loop_has_the_exact_length(bpm, bars):
    groove = make_groove(("kick", 0, 0.8), ("crash", 4 * bars - 0.1, 0.8), bpm=bpm, bars=bars)
    frames = round(groove.seconds * RATE)
    take, loop = audio.render(groove, BLACK_PEARL), audio.render(groove, BLACK_PEARL, loop=True)
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
    take, loop = audio.render(groove, BLACK_PEARL), audio.render(groove, BLACK_PEARL, loop=True)
    early = round(0.04 * 60 / 120 * RATE)
    assert peak_db(take.samples[: RATE // 50]) > -30
    assert peak_db(take.samples[-early:]) < -60
    assert peak_db(loop.samples[-early:]) > -30


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
    take, loop = audio.render(groove, BLACK_PEARL), audio.render(groove, BLACK_PEARL, loop=True)
    folded = np.zeros((loop.loop_frames, 2))
    for start in range(0, len(take.samples), loop.loop_frames):
        part = take.samples[start : start + loop.loop_frames]
        folded[: len(part)] += part
    assert level_db(loop.samples[: RATE // 10]) > -50
    assert np.abs(folded - loop.samples).max() < 16  # what is quieter than audio.silence_db is not in the take


@needs_fluidsynth
def test_a_loop_repeats_without_a_seam():
    groove = make_groove(("tom_low", 3.75, 0.9), ("ride", 3.5, 0.9), ("kick", 1, 0.5))
    loop = audio.render(groove, BLACK_PEARL, loop=True).samples.astype(int)
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
    ringing = audio.render(make_groove(open_hat), BLACK_PEARL, loop=True).samples
    choked = audio.render(make_groove(open_hat, ("hihat_closed", 0, 1 / 127)), BLACK_PEARL, loop=True).samples
    later = slice(round(0.15 * RATE), round(0.25 * RATE))
    assert level_db(choked[later]) < level_db(ringing[later]) - 10


@needs_fluidsynth
def test_only_hihats_choke():
    groove = make_groove(("ride", 0, 1.0), ("ride_bell", 1, 0.01))
    alone = audio.render(make_groove(("ride", 0, 1.0)), BLACK_PEARL).samples
    both = audio.render(groove, BLACK_PEARL).samples
    later = slice(RATE, RATE + RATE // 5)
    assert level_db(both[later]) == pytest.approx(level_db(alone[later]), abs=0.5)


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
    heard = audio.render(groove, kit, loop=loop)
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
    for rendering in (audio.render(groove, BLACK_PEARL), audio.render(groove, BLACK_PEARL, loop=True)):
        assert len(rendering.samples) == rendering.loop_frames
        assert not rendering.samples.any()


@needs_fluidsynth
def test_the_same_groove_gives_the_same_samples_in_any_thread_and_process():
    groove = make_groove(*((voice.name, index * 0.25, 0.7) for index, voice in enumerate(VOICES)), bpm=133.7)
    expected = audio.render(groove, BLACK_PEARL, loop=True).samples
    with ThreadPoolExecutor(4) as pool:
        for rendering in pool.map(lambda _: audio.render(groove, BLACK_PEARL, loop=True), range(8)):
            assert np.array_equal(rendering.samples, expected)
    code = """
        import ctypes, sys
        ctypes.CDLL(None).rand()  # which FluidSynth would take its dither from
        import numpy as np
        from drummer import audio
        from drummer.music.groove import Groove
        hits = np.eye(16, 13).repeat(3, axis=0) * (np.arange(48) % 3 == 0)[:, None]
        sound = audio.render(Groove(hits > 0, hits * 0.7, hits * 0, 133.7), audio.find_kit("black_pearl"), loop=True)
        sys.stdout.buffer.write(sound.wav_bytes())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    assert result.stderr == b""
    with wave.open(io.BytesIO(result.stdout)) as file:
        assert file.readframes(file.getnframes()) == expected.tobytes()
