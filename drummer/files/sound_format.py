"""Sample rate, bit depth and peak level of sound files. Needs no library for sound."""

from __future__ import annotations

from dataclasses import dataclass

from drummer.errors import SettingError
from drummer.validation import is_number, quote

SAMPLE_RATES = (44_100, 48_000)  # Hz
BIT_DEPTHS = (16, 24)


@dataclass(frozen=True)
class SoundFormat:
    """The sample rate, bit depth and peak level of exported sound.

    Attributes:
        sample_rate: Frames a second, one of `SAMPLE_RATES`.
        bit_depth: Bits of a sample, one of `BIT_DEPTHS`.
        normalize: Whether the sound has a sample peak of `audio.normalized_peak_db` (-1 dBFS; peaks between the samples, "true
            peaks", may be higher), or is as loud as the page plays it.

    Raises:
        SettingError: If one of these has no such value, in one sentence.
    """

    sample_rate: int = SAMPLE_RATES[0]
    bit_depth: int = BIT_DEPTHS[0]
    normalize: bool = False

    def __post_init__(self) -> None:
        """Check all fields. A float such as 48000.0 is accepted, since pages and JSON send them."""
        for name, value, known in (
            ("the sample rate", self.sample_rate, SAMPLE_RATES),
            ("the bit depth", self.bit_depth, BIT_DEPTHS),
        ):
            if not is_number(value) or value not in known:
                raise SettingError(f"{name} must be {known[0]} or {known[1]}, got {quote(value)}")
        if not isinstance(self.normalize, bool):
            raise SettingError(f"'normalize' must be true or false, got {quote(self.normalize)}")
        object.__setattr__(self, "sample_rate", int(self.sample_rate))
        object.__setattr__(self, "bit_depth", int(self.bit_depth))

    @property
    def full_scale(self) -> int:
        """The highest value of a sample, such as 32767."""
        return int(2 ** (self.bit_depth - 1)) - 1


USUAL_FORMAT = SoundFormat()  # of a file without a choice
