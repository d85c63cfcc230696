"""Samples: sound files of the musician's own, which play lanes of a groove in place of a kit.

The drum grid plays them with Web Audio, in `drummer/web/grid/sample.js`; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drummer.audio.fluidsynth import HIHATS
from drummer.audio.mixing import Sound, apply_strip
from drummer.audio.notes import NoteOn, Played, in_order
from drummer.config_sections import AudioConfig
from drummer.music.mix import Mix, Strip
from drummer.music.voices import VOICES

_FULL_SCALE = 32767  # of 16 bits
_CHOKED_DB = 100.0  # a choked hit is over once it has lost so much
_HIHAT_LANES = tuple(VOICES[voice].name for voice in HIHATS)


@dataclass(frozen=True, eq=False)
class Sample:
    """The sound of a sample.

    Attributes:
        samples: (frames, 1 or 2) int16.
        sample_rate: Frames a second.
    """

    samples: NDArray[np.int16]
    sample_rate: int

    def at(self, sample_rate: int, tuning: float = 0.0) -> Sound:
        """Return the sound at another sample rate and tuned up by so many semitones: (frames, 2) in full scale."""
        sound = self.samples.astype(np.float32) / np.float32(_FULL_SCALE)
        return np.repeat(read_at_speed(sound, self._speed(sample_rate, tuning)), 3 - sound.shape[1], axis=1)

    def frames_at(self, sample_rate: int, tuning: float = 0.0) -> int:
        """Count the frames of `at`."""
        return _length(len(self.samples), self._speed(sample_rate, tuning))

    def _speed(self, sample_rate: int, tuning: float) -> float:
        return float(2 ** (tuning / 12)) * self.sample_rate / sample_rate


@dataclass(frozen=True)
class SampledMix(Mix):
    """A mix with the sound of its samples.

    Attributes:
        samples: Samples by their digests. A lane whose sample is not among them is played by its kit.
    """

    samples: Mapping[str, Sample] = field(default_factory=dict)


def with_samples(mix: Mix, samples: Mapping[str, Sample]) -> Mix:
    """Give a mix the sound of its samples."""
    return SampledMix(mix.strips, mix.room, mix.compressor, samples) if samples else mix


def sample_of(mix: Mix, strip: Strip) -> Sample | None:
    """Find the sound of a strip's sample; None where it has none, or its sound is not there."""
    return mix.samples.get(strip.sample.digest) if isinstance(mix, SampledMix) and strip.sample is not None else None


def longest_frames(mix: Mix, sample_rate: int) -> int:
    """Count the frames of the longest sample of a mix, as it is tuned; 0 without any."""
    found = ((sample_of(mix, strip), strip) for strip in mix.strips.values())
    return max((sample.frames_at(sample_rate, strip.tuning) for sample, strip in found if sample is not None), default=0)


def read_at_speed(sound: Sound, speed: float) -> Sound:
    """Read a sound, (frames, channels), at another speed, between its frames on a cubic through the four nearest."""
    if speed == 1:
        return sound
    places = np.arange(_length(len(sound), speed)) * speed
    at = places.astype(np.int64)
    x = (places - at).astype(np.float32)[:, np.newaxis]
    padded = np.pad(sound, ((1, 2), (0, 0)))  # so that each frame has its neighbours
    before, here, then, after = (padded[at + offset] for offset in range(4))
    bent = 2 * before - 5 * here + 4 * then - after + x * (3 * (here - then) + after - before)
    read: Sound = here + 0.5 * x * (then - before + x * bent)
    return read


def play_lanes(
    silence: Sound,
    sample: Sample,
    lanes: Collection[str],
    strip: Strip,
    notes: Sequence[Played],
    config: AudioConfig,
    *,
    wraps: bool,
) -> Sound:
    """Play lanes of a groove with a sample, through their channel strip.

    The amplitude of a hit is its velocity squared: 40 dB for a tenth, as General MIDI recommends and FluidSynth plays. The next
    hit of its lane chokes a hit, and so does each hi-hat those of the other hi-hats: it fades by `audio.choke_db_per_second`.

    Args:
        silence: As long as the sound, (frames, 2); it is overwritten and returned.
        sample: The sample.
        lanes: Names of the lanes.
        strip: Their strip.
        notes: The notes of all lanes, their velocities as the groove has them.
        config: Sample rate, and decay of a choked hit.
        wraps: Whether the sound is a loop, into whose start its end rings.
    """
    sound = sample.at(config.sample_rate, strip.tuning)
    notes = in_order(note._replace(frame=note.frame % len(silence) if wraps else max(0, note.frame)) for note in notes)
    for lane in lanes:
        _play_lane(silence, sound, lane, notes, config, wraps=wraps)
    return apply_strip(silence, strip)


def _play_lane(total: Sound, sound: Sound, lane: str, notes: Sequence[Played], config: AudioConfig, *, wraps: bool) -> None:
    """Add the hits of a lane to a sound."""
    chokers = _HIHAT_LANES if lane in _HIHAT_LANES else (lane,)
    events = [note for note in notes if note.lane in chokers]
    per_frame = config.choke_db_per_second / config.sample_rate
    fade = (10 ** (-per_frame / 20 * np.arange(math.ceil(_CHOKED_DB / per_frame)))).astype(np.float32)[:, np.newaxis]
    for number, note in enumerate(events):
        if note.lane != lane or not isinstance(note, NoteOn):
            continue
        following = events[number + 1].frame if number + 1 < len(events) else len(total) + events[0].frame
        is_choked = wraps or number + 1 < len(events)
        free = following - note.frame if is_choked else len(sound)  # frames until it is choked
        heard = sound[: free + len(fade)] * np.float32((note.velocity / 127) ** 2)
        heard[free:] *= fade[: max(0, len(heard) - free)]
        _add(total, heard, note.frame, wraps=wraps)


def _add(total: Sound, sound: Sound, start: int, *, wraps: bool) -> None:
    """Add a sound to another from a frame on; what does not fit is added at the start, or left out."""
    while len(sound):
        part = sound[: max(0, len(total) - start)]
        total[start : start + len(part)] += part
        sound, start = sound[len(part) :] if wraps else sound[:0], 0


def _length(frames: int, speed: float) -> int:
    return frames if speed == 1 else max(1, int((frames - 1) / speed))
