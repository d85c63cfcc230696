"""Grooves for the ear, and measures of sound, for the tests of audio."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from drummer import audio
from drummer.config import ROOT, default_config
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX

RATE = default_config().audio.sample_rate
KITS = audio.list_kits()
BLACK_PEARL = KITS["black_pearl"]
FULL_SCALE = 32767

needs_fluidsynth = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
each_kit = pytest.mark.parametrize("kit", KITS.values(), ids=list(KITS))


def make_groove(*hits: tuple[str, float, float], bpm: float = 120, bars: int = 1) -> Groove:
    """Make a groove of (voice, onset in beats, velocity)."""
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
