import numpy as np
import pytest

from drummer import audio
from drummer.music.voices import VOICES
from tests.sound import FULL_SCALE, KITS, RATE, each_kit, level_db, loudness, make_groove, needs_fluidsynth, one_hit, peak_db


@needs_fluidsynth
@each_kit
@pytest.mark.parametrize("voice", [voice.name for voice in VOICES])
def test_every_voice_has_dynamics_and_ghost_notes_are_heard(kit, voice):
    sounds = {velocity: one_hit(voice, velocity, kit) for velocity in (5, 20, 40, 64, 90, 110, 127)}
    levels = {velocity: level_db(sound[: RATE // 4]) for velocity, sound in sounds.items()}
    steps = np.diff(list(levels.values()))
    assert (steps > 0).all(), levels
    assert -45 < peak_db(sounds[20]) < -20
    assert -15 < peak_db(sounds[127]) < -3
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
    levels = [np.mean([loudness(audio.render(groove, kit, loop=True).samples) for groove in grooves]) for kit in KITS.values()]
    assert max(levels) - min(levels) < 1.0, levels
    assert -26 < np.mean(levels) < -20


@needs_fluidsynth
@each_kit
def test_a_dense_loud_groove_does_not_clip(kit):
    eighths = [(voice, beat / 2, 1.0) for voice in ("kick", "snare", "hihat_closed", "crash") for beat in range(8)]
    take = audio.render(make_groove(*eighths, bpm=120), kit)
    assert -6 < peak_db(take.samples) < 0
    everything = [(voice.name, beat / 4, 1.0) for voice in VOICES for beat in range(16)]
    samples = audio.render(make_groove(*everything, bpm=120), kit, loop=True).samples
    assert np.abs(samples.astype(int)).max() <= FULL_SCALE
    assert np.abs(np.diff(samples.astype(int), axis=0)).max() < FULL_SCALE  # no overflow from one end to the other
