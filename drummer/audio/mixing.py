"""The mixing desk of rendered sound: channel strips, and the bend of loud peaks.

The drum grid does the same with Web Audio, in `drummer/web/grid/mixer.js`; a test compares the two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drummer.music.mix import Strip

Sound = NDArray[np.float32]  # (frames, 2) in full scale


def apply_strip(sound: Sound, strip: Strip) -> Sound:
    """Set volume and pan of a lane's sound, in place, and return it; its tuning belongs to the synthesizer.

    The amplitude is multiplied by 10 ** (volume / 20). The pan law is that of Web Audio's `StereoPannerNode` for stereo input,
    which leaves the sound as it is at pan 0 and keeps the power of the side that moves:

        pan <= 0:  x = pan + 1   left' = left + right * cos(x * pi / 2)    right' = right * sin(x * pi / 2)
        pan > 0:   x = pan       left' = left * cos(x * pi / 2)            right' = right + left * sin(x * pi / 2)
    """
    if strip.pan > 0:
        stays, moves, angle = sound[:, 1], sound[:, 0], strip.pan * math.pi / 2
        stays += moves * np.float32(math.sin(angle))
        moves *= np.float32(math.cos(angle))
    elif strip.pan < 0:
        stays, moves, angle = sound[:, 0], sound[:, 1], (strip.pan + 1) * math.pi / 2
        stays += moves * np.float32(math.cos(angle))
        moves *= np.float32(math.sin(angle))
    if strip.volume:
        sound *= np.float32(10 ** (strip.volume / 20))
    return sound


def bend_peaks(sound: Sound, knee: float) -> Sound:
    """Bend peaks above the knee smoothly towards full scale, so that simultaneous loud hits cannot clip."""
    loud = np.abs(sound) > knee
    room = 1 - knee
    bent = sound.copy()
    bent[loud] = np.sign(sound[loud]) * (knee + room * np.tanh((np.abs(sound[loud]) - knee) / room))
    return bent


def sample_peak(sound: Sound) -> float:
    """Return the sample peak of a sound, 1 = full scale."""
    return float(max(sound.max(), -sound.min())) if sound.size else 0.0


def audible_frames(sound: Sound, silence_db: float) -> int:
    """Count the frames of a sound up to the last one that is above `silence_db`, in dBFS."""
    audible = np.flatnonzero(np.abs(sound).max(axis=1) >= 10 ** (silence_db / 20))
    return int(audible[-1]) + 1 if len(audible) else 0
