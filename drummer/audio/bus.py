"""Effects on the sum of all lanes: a room and a compressor, which the drum grid has too, in `drummer/web/grid/bus.js`."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drummer.audio.mixing import Sound

_ROOM_SECONDS = 1.3  # in which the room dies away by 60 dB
_PREDELAY_SECONDS = 0.006  # before the room answers
_ROOM_DB = -6.0  # energy of the impulse response: level of the room beside the dry sound at an amount of 1
_CHUNK = 2**16  # frames of sound that are worked on at a time; longer than the room
_FFT_FRAMES = 2**17  # at least a chunk and the room

_BLOCK = 32  # frames over which the compressor measures the peak; divides the 128 frames that an AudioWorklet is given
_ATTACK_SECONDS = 0.005
_RELEASE_SECONDS = 0.12
_RANGE_DB = 24.0  # the threshold is so far below full scale at an amount of 1
_RATIO = 4.0
_SILENCE = 1e-6  # peak of a block, 1 = full scale, below which it counts as silent


@lru_cache(maxsize=4)
def room_response(sample_rate: int) -> Sound:
    """Make the impulse response of the room, (frames, 2): noise that dies away by 60 dB in 1.3 s and gets darker as it does.

    The noise comes from a linear congruential generator with a fixed seed, so that the browser makes the same. Its energy is
    -6 dB in the mean of both channels.
    """
    frames = round(_ROOM_SECONDS * sample_rate)
    response = np.zeros((frames, 2))
    state = 1
    for channel in (0, 1):
        low = 0.0
        for frame in range(round(_PREDELAY_SECONDS * sample_rate), frames):
            state = (state * 1664525 + 1013904223) % 2**32
            signed = state - 2**32 if state >= 2**31 else state
            fade = math.exp(-6.9 * frame / frames)
            low += (0.15 + 0.6 * fade) * (signed / 2**31 * fade - low)
            response[frame, channel] = low
    response *= math.sqrt(2 * 10 ** (_ROOM_DB / 10) / np.sum(response**2))
    return response.astype(np.float32)


def add_room(sound: Sound, amount: float, sample_rate: int, *, wraps: bool) -> Sound:
    """Add the room to a sound: `sound + amount * (sound convolved with the impulse response)`, channel by channel.

    Args:
        sound: The dry sound, which is changed in place where it wraps.
        amount: Share of the room, 0-1.
        sample_rate: Frames a second.
        wraps: Whether the sound is a loop, at whose start the room of its end is heard; or else it becomes longer by the room.
    """
    response = room_response(sample_rate)
    frames, reach = len(sound), len(response) - 1
    if not wraps:
        sound = np.concatenate([sound, np.zeros((reach, 2), dtype=np.float32)])
    spectrum = np.fft.rfft(response * np.float32(amount), _FFT_FRAMES, axis=0)
    tail = np.zeros((reach, 2), dtype=np.float32)  # what the chunks before still add
    for start in range(0, frames, _CHUNK):
        part = sound[start : min(start + _CHUNK, frames)]
        filtered = np.fft.irfft(np.fft.rfft(part, _FFT_FRAMES, axis=0) * spectrum, _FFT_FRAMES, axis=0)
        wet = filtered[: len(part) + reach].astype(np.float32, copy=False)
        wet[:reach] += tail
        part += wet[: len(part)]
        tail = wet[len(part) :]
    if not wraps:
        sound[frames:] += tail
        return sound
    for start in range(0, reach, frames):
        part = tail[start : start + frames]
        sound[: len(part)] += part
    return sound


def compress(sound: Sound, amount: float, sample_rate: int, *, wraps: bool) -> Sound:
    """Compress a sound in place, and return it: a feed-forward compressor that both channels share.

    For each block of 32 frames, with the peak of both channels in dB of full scale:

        threshold = -24 dB * amount          ratio = 4          make-up = half the reduction of a peak at full scale
        target    = -max(0, peak - threshold) * (1 - 1 / ratio)
        reduction = reduction + k * (target - reduction)        k = 1 - exp(-block / time); time = 5 ms if it sinks, else 120 ms
        gain      = 10 ** ((reduction + make-up) / 20)

    In each block the gain moves in a straight line from its value for the block before to its own.

    Args:
        sound: The sound.
        amount: 0-1.
        sample_rate: Frames a second.
        wraps: Whether the sound is a loop, whose start follows its end.
    """
    slope = 1 - 1 / _RATIO
    threshold, makeup = -_RANGE_DB * amount, 0.5 * _RANGE_DB * amount * slope
    levels = 20 * np.log10(np.maximum(_block_peaks(sound), _SILENCE))
    targets = (-slope * np.maximum(0.0, levels - threshold)).tolist()
    before = targets if wraps else []  # of a loop, the round before
    reductions = _smooth([*before, *targets], sample_rate)[len(before) :]
    gains = (10 ** ((np.array(reductions) + makeup) / 20)).astype(np.float32)
    steps = np.arange(1, _BLOCK + 1, dtype=np.float32) / _BLOCK
    for start in range(0, len(sound), _CHUNK):
        part = sound[start : start + _CHUNK]
        first = start // _BLOCK
        known = gains[first : first + _CHUNK // _BLOCK + 1]
        ramps = known[:-1, np.newaxis] + np.diff(known)[:, np.newaxis] * steps
        part *= ramps.reshape(-1, 1)[: len(part)]
    return sound


def _block_peaks(sound: Sound) -> NDArray[np.float32]:
    """Return the peak of both channels in each block; the last one may be shorter."""
    parts = [np.abs(sound[start : start + _CHUNK]).max(axis=1) for start in range(0, len(sound), _CHUNK)]
    flat = np.concatenate([*parts, np.zeros(-len(sound) % _BLOCK, dtype=np.float32)])
    peaks: NDArray[np.float32] = flat.reshape(-1, _BLOCK).max(axis=1)
    return peaks


def _smooth(targets: list[float], sample_rate: int) -> list[float]:
    """Follow the targets, in dB, with attack and release: the reduction before the first block, and after each."""
    attack, release = (1 - math.exp(-_BLOCK / (sample_rate * seconds)) for seconds in (_ATTACK_SECONDS, _RELEASE_SECONDS))
    reduction, followed = 0.0, [0.0]
    for target in targets:
        reduction += (attack if target < reduction else release) * (target - reduction)
        followed.append(reduction)
    return followed
