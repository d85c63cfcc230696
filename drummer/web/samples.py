"""Samples of a request: sound files of the musician's own, which travel with the request of an export and are never stored.

The browser sends an object of samples by their digests, see `drummer.music.mix.SampleName`; each has `rate` in frames a second,
`channels`, 1 or 2, and `pcm`, frames of 16 bits in little-endian order as base64.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import numpy as np

from drummer.audio import Sample
from drummer.config import default_config
from drummer.errors import SettingError
from drummer.files.sound_format import SAMPLE_RATES
from drummer.music.mix import LANES
from drummer.validation import check_whole, quote

_FIELDS = {"rate", "channels", "pcm"}
_BYTES = 2  # of a frame of one channel


def read_samples(data: object) -> dict[str, Sample]:
    """Read and check samples, by their digests; None has none.

    Raises:
        SettingError: If one is not as described, too long, or all together are too large, in one sentence.
    """
    if data is None:
        return {}
    if not isinstance(data, Mapping) or len(data) > len(LANES):
        raise SettingError(f"samples must be an object of at most {len(LANES)} digests and sounds, got {quote(data)}")
    samples = {str(digest): _read(sample) for digest, sample in data.items()}
    total, most = sum(each.samples.nbytes for each in samples.values()), default_config().samples.max_total_bytes
    if total > most:
        raise SettingError(
            f"the samples of a take may have {most / 1e6:g} MB together, and these have {total / 1e6:.2g}: use shorter ones"
        )
    return samples


def _read(data: object) -> Sample:
    if not isinstance(data, Mapping) or data.keys() != _FIELDS:
        raise SettingError(f"a sample must have rate, channels and pcm, got {quote(data)}")
    rate = data["rate"]
    if rate not in SAMPLE_RATES:
        raise SettingError(f"the sample rate of a sample must be {' or '.join(map(str, SAMPLE_RATES))}, got {quote(rate)}")
    channels = check_whole("the number of channels of a sample", data["channels"], (1, 2))
    pcm = _decode(data["pcm"])
    longest, frame = default_config().samples.max_seconds, _BYTES * channels
    if not pcm or len(pcm) % frame:
        raise SettingError(f"the frames of a sample must have {frame} bytes each, got {len(pcm)} bytes")
    if len(pcm) > longest * rate * frame:
        raise SettingError(
            f"a sample may last {longest:g} s, and this one lasts {len(pcm) / frame / rate:.3g}: use a shorter one"
        )
    return Sample(np.frombuffer(pcm, dtype="<i2").astype(np.int16).reshape(-1, channels), int(rate))


def _decode(text: object) -> bytes:
    if not isinstance(text, str):
        raise SettingError(f"the frames of a sample must be base64, got {quote(text)}")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingError("the frames of a sample must be base64, and these are not: send them again") from error
