"""The electronic kits, synthesised: no sample of any machine is in them.

What the voices are made of follows the analogue drum machines of the early eighties as these describe them:

- Werner, Abel, Smith: "A Physically-Informed, Circuit-Bendable, Digital Model of the Roland TR-808 Bass Drum Circuit", DAFx 2014:
  a resonator whose pitch falls as it is struck. And "The TR-808 Cymbal: a Physically-Informed, Circuit-Bendable, Digital Model",
  ICMC 2014: six square waves, two band-passes, an envelope for each band.
- Gordon Reid: "Synth Secrets", Sound on Sound, 2002, on bass drum, snare, cymbals and cowbell of the TR-808 and TR-909: two
  decaying tones and filtered noise for the snare, a click and a falling pitch for the kick, a burst of bursts for the clap.

Each voice is a function of a style and of how hard it is hit, 0 to 1: harder is brighter, falls from higher and rings longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Sound = NDArray[np.float64]

SAMPLE_RATE = 44_100
SQUARES = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)  # Hz, of the cymbals; the last two are the cowbell's (ICMC 2014)
BANDS = (3440.0, 7100.0)  # Hz, the cymbals' two band-passes (ICMC 2014)
HARDNESS = (0.1, 0.35, 0.6, 0.8, 1.0)  # a layer each
LAYERS = ((1, 38), (39, 66), (67, 92), (93, 114), (115, 127))  # velocities of the layers
_RISE_DB = 1.0  # each layer is recorded so much louder than the one below, beside what the synthesizer adds
_BODY = 0.03  # seconds that a layer's level is measured over
_SETTLE = 0.05  # seconds
_FADE = 0.01  # seconds at the end of a sample


@dataclass(frozen=True)
class Style:
    """How a machine is tuned.

    Attributes:
        label: Name of the kit.
        kick: Hz where the kick starts and ends, seconds of the fall, seconds of ringing, share of click.
        snare: Hz of the two tones, seconds of their ringing, seconds of the noise, share of noise, Hz above which it is.
        toms: Hz of low, mid and high tom.
        tom_ring: Seconds.
        metal: Share of noise in hats and cymbals, the rest is square waves.
        closed: Seconds that the closed hi-hat rings.
        opened: Seconds that the open one rings.
    """

    label: str
    kick: tuple[float, float, float, float, float]
    snare: tuple[float, float, float, float, float, float]
    toms: tuple[float, float, float]
    tom_ring: float
    metal: float
    closed: float
    opened: float


STYLES: Mapping[str, Style] = {
    "electronic_808": Style(
        label="Electronic 808",
        kick=(120, 48, 0.012, 0.30, 0.15),
        snare=(180, 330, 0.07, 0.085, 0.55, 1200),
        toms=(82, 123, 155),
        tom_ring=0.20,
        metal=0.15,
        closed=0.036,
        opened=0.26,
    ),
    "electronic_909": Style(
        label="Electronic 909",
        kick=(240, 52, 0.024, 0.16, 0.45),
        snare=(190, 285, 0.06, 0.12, 0.75, 900),
        toms=(90, 131, 165),
        tom_ring=0.16,
        metal=0.55,
        closed=0.042,
        opened=0.20,
    ),
}


def kick(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """A sine that falls to its pitch, driven harder the harder it is hit, and a click."""
    start, end, fall, ring, click = style.kick
    t = _time(6.5 * ring)
    tone = _swept(t, end + (start - end) * (0.35 + 0.65 * hard), end, fall) * _decay(t, ring * (0.75 + 0.25 * hard))
    snap = _low_pass(noise.standard_normal(len(t)), 1500 + 4000 * hard) * _decay(t, 0.004)
    return _driven(tone, 0.6 + 1.6 * hard) + click * hard * snap


def snare(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """Two tones for the shell, noise for the wires; a soft hit is mostly shell."""
    low, high, ring, wires, share, above = style.snare
    t = _time(0.45)
    shell = _swept(t, low * (1 + 0.3 * hard), low, 0.01) + 0.6 * _swept(t, high * (1 + 0.2 * hard), high, 0.008)
    hiss = _low_pass(_high_pass(noise.standard_normal(len(t)), above), 5000 + 9000 * hard)
    amount = share * (0.55 + 0.45 * hard)
    return _driven(
        (1 - amount) * shell * _decay(t, ring) + 0.9 * amount * hiss * _decay(t, wires * (0.6 + 0.4 * hard)), 0.5 + hard
    )


def rim(_: Style, hard: float, noise: np.random.Generator) -> Sound:
    """Two short high tones through a diode, as of a stick on the rim."""
    t = _time(0.14)
    tones = np.sin(2 * np.pi * 1667 * t) * _decay(t, 0.009) + 0.8 * np.sin(2 * np.pi * 455 * t) * _decay(t, 0.016)
    tick = _high_pass(noise.standard_normal(len(t)), 3000) * _decay(t, 0.002)
    return _high_pass(_driven(tones, 1 + 2 * hard) + 0.5 * hard * tick, 300)


def clap(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """Noise around 1 kHz: three hands 10 ms apart, then the room."""
    t = _time(0.6)
    hands = sum(np.where(t >= at, _decay(np.maximum(t - at, 0), 0.005), 0.0) for at in (0.0, 0.0105, 0.0205))
    room = np.where(t >= 0.03, _decay(np.maximum(t - 0.03, 0), 0.05 + 0.04 * hard), 0.0)
    hiss = _band_pass(noise.standard_normal(len(t)), 700, 1700 + 1800 * hard) + style.metal * 0.15 * noise.standard_normal(len(t))
    return hiss * (hands + 0.55 * room)


def hihat_closed(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """The square waves' upper band, short."""
    t = _time(0.3)
    return _metal(style, t, noise, 6500 + 1500 * hard) * _decay(t, style.closed * (0.7 + 0.5 * hard))


def hihat_pedal(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """The same, closed by the foot: darker, with a slower start."""
    t = _time(0.3)
    rise = 1 - _decay(t, 0.003)
    return _metal(style, t, noise, 4000 + 1000 * hard) * rise * _decay(t, style.closed * (0.9 + 0.3 * hard))


def hihat_open(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """The same, open."""
    t = _time(1.3)
    return _metal(style, t, noise, 6000 + 1500 * hard) * _decay(t, style.opened * (0.8 + 0.3 * hard))


def tom(number: int) -> Callable[[Style, float, np.random.Generator], Sound]:
    """A sine that falls a little, with a breath of noise; 0 low, 1 mid, 2 high."""

    def play(style: Style, hard: float, noise: np.random.Generator) -> Sound:
        pitch, ring = style.toms[number], style.tom_ring * (1.15, 1.0, 0.9)[number]
        t = _time(5 * ring)
        tone = _swept(t, pitch * (1.1 + 0.5 * hard), pitch, 0.03) * _decay(t, ring * (0.8 + 0.2 * hard))
        skin = _low_pass(noise.standard_normal(len(t)), 800 + 3000 * hard) * _decay(t, 0.03)
        return _driven(tone, 0.4 + hard) + 0.12 * hard * skin

    return play


def crash(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """Both bands, the upper one ringing longer, and noise as it is struck."""
    t = _time(3.2)
    low = _band(t, noise, SQUARES, BANDS[0] * 0.7, BANDS[0] * 1.4) * _decay(t, 0.35)
    high = _metal(style, t, noise, 4500 + 2000 * hard) * _decay(t, 0.62 + 0.08 * hard)
    wash = _high_pass(noise.standard_normal(len(t)), 5000) * _decay(t, 0.5) * (0.12 + 0.2 * hard)
    return _level(low) * 0.35 + _level(high) + wash


def ride(style: Style, hard: float, noise: np.random.Generator) -> Sound:
    """A ping of the upper band over a wash of both."""
    t = _time(2.6)
    ping = _band(t, noise, SQUARES, BANDS[1] * 0.7, BANDS[1] * 1.35) * (
        _decay(t, 0.03) * (0.3 + 0.6 * hard) + 0.3 * _decay(t, 0.5)
    )
    wash = _metal(style, t, noise, 5000 + 1000 * hard) * _decay(t, 0.5)
    return _level(ping) + (0.6 + 0.2 * hard) * _level(wash)


def ride_bell(_: Style, hard: float, noise: np.random.Generator) -> Sound:
    """The two squares of the cowbell, driven, with a long quiet tail."""
    t = _time(1.8)
    bell = _band(t, noise, SQUARES[-2:], 700, 2600 + 3500 * hard) * (_decay(t, 0.02) + 0.5 * _decay(t, 0.28))
    shimmer = _high_pass(noise.standard_normal(len(t)), 7000) * _decay(t, 0.15)
    return _level(bell) + 0.05 * hard * shimmer


# By voice: what plays it, its General MIDI note, its peak in dB of full scale at its hardest, where it stands from left to right.
VOICES: Mapping[str, tuple[Callable[[Style, float, np.random.Generator], Sound], int, float, float]] = {
    "kick": (kick, 36, -1.0, 0.0),
    "snare": (snare, 38, -2.0, 0.0),
    "rim": (rim, 37, -1.0, 0.15),
    "clap": (clap, 39, -2.0, -0.1),
    "hihat_closed": (hihat_closed, 42, -2.0, 0.3),
    "hihat_pedal": (hihat_pedal, 44, -4.5, 0.3),
    "hihat_open": (hihat_open, 46, -4.0, 0.3),
    "tom_low": (tom(0), 43, -3.0, 0.4),
    "tom_mid": (tom(1), 47, -1.5, 0.0),
    "tom_high": (tom(2), 50, -3.0, -0.4),
    "crash": (crash, 49, -3.5, -0.4),
    "ride": (ride, 51, -4.5, 0.45),
    "ride_bell": (ride_bell, 53, -3.0, 0.45),
}
HIHATS = ("hihat_closed", "hihat_pedal", "hihat_open")


def recordings(style: Style, voice: str) -> list[NDArray[np.int16]]:
    """Play a voice once for each layer, softest first: as loud as each other but for a small rise, the hardest at its peak."""
    play, _, peak_db, _ = VOICES[voice]
    number = list(VOICES).index(voice)
    sounds = [play(style, hard, np.random.default_rng([number, layer])) for layer, hard in enumerate(HARDNESS)]
    body = slice(round(_BODY * SAMPLE_RATE))
    sounds = [
        sound / np.sqrt(np.mean(sound[body] ** 2)) * 10 ** (_RISE_DB * (layer + 1 - len(sounds)) / 20)
        for layer, sound in enumerate(sounds)
    ]
    loudest = np.abs(sounds[-1]).max() / 10 ** (peak_db / 20)
    fade = np.minimum(np.arange(len(sounds[0]), 0, -1) / (_FADE * SAMPLE_RATE), 1)
    return [np.rint(np.clip(sound / loudest * fade, -1, 1) * 32767).astype(np.int16) for sound in sounds]


# -- what voices are made of -----------------------------------------------------------------------------------------------


def _time(seconds: float) -> Sound:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _decay(t: Sound, seconds: float) -> Sound:
    """Fall to 1/e in so many seconds."""
    return np.exp(-t / seconds)


def _swept(t: Sound, start: float, end: float, fall: float) -> Sound:
    """A sine whose frequency falls exponentially from `start` to `end` Hz."""
    return np.sin(2 * np.pi * np.cumsum(end + (start - end) * _decay(t, fall)) / SAMPLE_RATE)


def _square(t: Sound, frequency: float) -> Sound:
    """A square wave without what is above half the sample rate: the sum of its odd harmonics."""
    orders = np.arange(1, SAMPLE_RATE / 2 / frequency, 2)
    return sum((np.sin(2 * np.pi * frequency * order * t) / order for order in orders), np.zeros(len(t)))


def _squares(t: Sound, noise: np.random.Generator, frequencies: Sequence[float]) -> Sound:
    """Sum square waves that run free, so that each hit meets them somewhere else, from `_SETTLE` seconds before `t` begins.

    So filters have settled by then and are not struck by the start of the waves.
    """
    running = np.concatenate([t[: round(_SETTLE * SAMPLE_RATE)] - _SETTLE, t])
    starts = noise.random(len(frequencies)) / frequencies
    waves = (_square(running + start, frequency) for start, frequency in zip(starts, frequencies, strict=True))
    return sum(waves, np.zeros(len(running)))


def _band(t: Sound, noise: np.random.Generator, frequencies: Sequence[float], low: float, high: float) -> Sound:
    return _band_pass(_squares(t, noise, frequencies), low, high)[-len(t) :]


def _metal(style: Style, t: Sound, noise: np.random.Generator, above: float) -> Sound:
    """Square waves that beat with each other, as in a transistor driven too hard, and noise."""
    bank = _squares(t, noise, SQUARES)
    beating = _level(_high_pass(bank + 0.35 * bank**2 / np.abs(bank).max(), above)[-len(t) :])
    return (1 - style.metal) * beating + style.metal * _level(_high_pass(noise.standard_normal(len(t)), above))


def _driven(sound: Sound, drive: float) -> Sound:
    return np.tanh(drive * sound) / np.tanh(drive)


def _level(sound: Sound) -> Sound:
    """Bring to a mean power of 1."""
    return sound / np.sqrt(np.mean(sound**2))


def _low_pass(sound: Sound, frequency: float) -> Sound:
    return sosfilt(butter(2, frequency, "lowpass", fs=SAMPLE_RATE, output="sos"), sound)


def _high_pass(sound: Sound, frequency: float) -> Sound:
    return sosfilt(butter(4, frequency, "highpass", fs=SAMPLE_RATE, output="sos"), sound)


def _band_pass(sound: Sound, low: float, high: float) -> Sound:
    return sosfilt(butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
