"""Rendered sound: stereo samples of 16 or 24 bits, and their encoding as WAV and FLAC."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.audio.fluidsynth import audio_available


@dataclass(frozen=True, eq=False)
class Rendering:
    """A groove as stereo sound.

    Attributes:
        samples: (frames, 2) int16; int32 of 24-bit values where `bit_depth` is 24.
        loop_frames: Frames from the first bar line to the last, `round(groove.seconds * sample_rate)`. The samples after them are
            the tail that rings on.
        sample_rate: Frames a second.
        bit_depth: Bits of a sample, 16 or 24.
    """

    samples: NDArray[np.int16] | NDArray[np.int32]
    loop_frames: int
    sample_rate: int
    bit_depth: int = 16

    @property
    def seconds(self) -> float:
        """Length with the tail, in seconds."""
        return len(self.samples) / self.sample_rate

    def wav_bytes(self) -> bytes:
        """Encode as a stereo WAV file."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(self.bit_depth // 8)
            file.setframerate(self.sample_rate)
            if self.bit_depth == 16:
                file.writeframes(self.samples.astype("<i2", copy=False).data)
            else:  # WAV packs a sample into three bytes, for which NumPy has no type
                file.writeframes(self.samples.astype("<i4", copy=False).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        return buffer.getvalue()

    def flac_bytes(self) -> bytes:
        """Encode as a stereo FLAC file: the same samples as `wav_bytes` in half the space."""
        # FluidSynth decodes kits with the libsndfile that was loaded first, and the one that comes with soundfile rounds
        # differently: so FluidSynth has to load its own before.
        audio_available()
        import soundfile

        buffer = io.BytesIO()
        samples = self.samples if self.bit_depth == 16 else self.samples << 8  # libsndfile reads the upper bits of an int32
        soundfile.write(buffer, samples, self.sample_rate, format="FLAC", subtype=f"PCM_{self.bit_depth}")
        return buffer.getvalue()

    def to_wav(self, path: str | Path) -> None:
        """Write `wav_bytes` to a file."""
        Path(path).write_bytes(self.wav_bytes())


class Stems(NamedTuple):
    """The sound of a groove, and of each voice by itself.

    Attributes:
        mix: The sound of all voices together.
        voices: The sound of each voice that has hits, by name in the order of `VOICES`, and of all `percussion`; each as long as
            the mix.
    """

    mix: Rendering
    voices: dict[str, Rendering]
