"""Write a SoundFont 2 file: samples, and for each which keys and velocities it answers to.

Section numbers are those of the SoundFont Technical Specification, version 2.04. Only what a drum kit needs is here: one preset,
one instrument, one-shot mono samples. There is no well-kept Python library that writes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GAP = 46  # zero points that must follow every sample (7.10)
_MONO = 1  # sfSampleType monoSample (7.10)
_PERCUSSION = 128  # the bank of drum kits
# Generators (8.1.2).
_PAN, _RELEASE, _INSTRUMENT, _KEYS, _VELOCITIES, _SAMPLE, _CLASS = 17, 38, 41, 43, 44, 53, 57
_RING_ON = 6000  # timecents: 32 s, so that a key that is let go does not stop a drum


@dataclass(frozen=True)
class Zone:
    """A sample and what it answers to.

    Attributes:
        name: At most 19 characters of ASCII.
        samples: (n,) int16.
        key: MIDI note.
        velocities: The softest and the hardest MIDI velocity, 1-127.
        pan: -1 left to 1 right.
        choke: Zones of one class, above 0, cut each other off; 0 = none.
    """

    name: str
    samples: NDArray[np.int16]
    key: int
    velocities: tuple[int, int]
    pan: float = 0.0
    choke: int = 0


def soundfont(name: str, zones: Sequence[Zone], sample_rate: int, *, engineer: str, copyright_note: str) -> bytes:
    """Build the content of an .sf2 file with one preset, program 0 of the percussion bank (4.1)."""
    return _chunk(
        b"RIFF",
        b"sfbk"
        + _list(b"INFO", _info(name, engineer, copyright_note))
        + _list(b"sdta", [(b"smpl", b"".join(zone.samples.astype("<i2").tobytes() + bytes(2 * _GAP) for zone in zones))])
        + _list(b"pdta", _presets(name, zones, sample_rate)),
    )


def _info(name: str, engineer: str, copyright_note: str) -> list[tuple[bytes, bytes]]:
    """Fill the INFO list (5): version of the format, sound engine, and texts."""
    texts = ((b"isng", "EMU8000"), (b"INAM", name), (b"IENG", engineer), (b"ICOP", copyright_note))
    return [(b"ifil", struct.pack("<HH", 2, 4)), *((tag, _text(text)) for tag, text in texts)]


def _presets(name: str, zones: Sequence[Zone], sample_rate: int) -> list[tuple[bytes, bytes]]:
    """Fill the pdta list (7); every table ends with one record more, which tells where the last one ends."""
    phdr = _preset_header(name, _PERCUSSION, 0) + _preset_header("EOP", 0, 1)
    inst = _name(name) + struct.pack("<H", 0) + _name("EOI") + struct.pack("<H", len(zones))
    generators = [_generators(number, zone) for number, zone in enumerate(zones)]
    starts = np.cumsum([0, *(len(each) for each in generators)]).tolist()
    ibag = b"".join(struct.pack("<HH", start, 0) for start in starts)
    igen = b"".join(each for zone in generators for each in zone) + bytes(4)
    pbag = struct.pack("<HHHH", 0, 0, 1, 0)
    pgen = struct.pack("<HH", _INSTRUMENT, 0) + bytes(4)
    tables = (phdr, pbag, bytes(10), pgen, inst, ibag, bytes(10), igen, _sample_headers(zones, sample_rate))
    names = (b"phdr", b"pbag", b"pmod", b"pgen", b"inst", b"ibag", b"imod", b"igen", b"shdr")
    return list(zip(names, tables, strict=True))


def _preset_header(name: str, bank: int, bag: int) -> bytes:
    """Write a record of phdr (7.2)."""
    return _name(name) + struct.pack("<HHHIII", 0, bank, bag, 0, 0, 0)


def _generators(number: int, zone: Zone) -> list[bytes]:
    """Write a zone's records of igen (7.9): the ranges come first, the sample last (8.1.2)."""
    return [
        struct.pack("<HBB", _KEYS, zone.key, zone.key),
        struct.pack("<HBB", _VELOCITIES, *zone.velocities),
        struct.pack("<Hh", _PAN, round(500 * zone.pan)),
        struct.pack("<Hh", _RELEASE, _RING_ON),
        struct.pack("<HH", _CLASS, zone.choke),
        struct.pack("<HH", _SAMPLE, number),
    ]


def _sample_headers(zones: Sequence[Zone], sample_rate: int) -> bytes:
    """Write shdr (7.10). A sample is recorded at its own key, so that it sounds as it is."""
    records, start = [], 0
    for zone in zones:
        end = start + len(zone.samples)
        records.append(_name(zone.name) + struct.pack("<IIIIIBbHH", start, end, start, end, sample_rate, zone.key, 0, 0, _MONO))
        start = end + _GAP
    return b"".join(records) + _name("EOS") + bytes(26)


def _name(name: str) -> bytes:
    """Write a name of 20 bytes, zeros at its end."""
    return name.encode("ascii")[:19].ljust(20, b"\0")


def _text(text: str) -> bytes:
    """Write a text of even length that ends with one or two zeros (5)."""
    data = text.encode("ascii")[:254] + b"\0"
    return data + bytes(len(data) % 2)


def _list(kind: bytes, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    return _chunk(b"LIST", kind + b"".join(_chunk(tag, data) for tag, data in chunks))


def _chunk(tag: bytes, data: bytes) -> bytes:
    """Write a RIFF chunk (3.1)."""
    return tag + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
