"""The mix of a groove: level, place, pitch and kit of each lane, and the effects on their sum. Needs no NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from drummer.errors import SettingError
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import VOICES
from drummer.validation import check_name, check_number, quote

LANES = (*(voice.name for voice in VOICES), PERCUSSION_LANE)  # the voices, and all percussion
STRIP_LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType({"volume": (-24, 6), "pan": (-1, 1), "tuning": (-12, 12)})
_LONGEST_NAME = 64  # of a kit or a sample: as long as a sensible file name
_DIGEST = re.compile("[0-9a-f]{16}")
_FILE_NAME = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{_LONGEST_NAME}}}")  # of any script, in one line
_BUS = ("room", "compressor")  # effects on the sum of all lanes


@dataclass(frozen=True)
class SampleName:
    """The name of a sample: a sound file of the musician's own, which stays in the browser.

    Attributes:
        digest: 16 hexadecimal digits of the file's content, by which a browser finds it; see `digestOf` in `sample.js` of the
            drum grid.
        name: Name of the file, of at most 64 characters.

    Raises:
        SettingError: If one is wrong.
    """

    digest: str
    name: str

    def __post_init__(self) -> None:
        """Check both."""
        if not isinstance(self.digest, str) or not _DIGEST.fullmatch(self.digest):
            raise SettingError(f"the digest of a sample must be 16 hexadecimal digits, got {quote(self.digest)}")
        if not isinstance(self.name, str) or not _FILE_NAME.fullmatch(self.name):
            raise SettingError(
                f"the name of a sample must be a file name of at most {_LONGEST_NAME} characters, got {quote(self.name)}"
            )


@dataclass(frozen=True)
class Strip:
    """The channel strip of a lane.

    Attributes:
        volume: Decibels that are added to the level, -24 to 6; 0 = as the kit has it.
        pan: Place from -1, all on the left, to 1, all on the right; 0 = as the kit has it.
        tuning: Semitones that the sound is raised by, -12 to 12; 0 = as the kit has it. It changes the length with the pitch, as
            a sampler does.
        kit: Name of the kit that plays the lane; empty = that of the groove.
        sample: The sample that plays the lane, where its sound is there; None, or where it is not = the kit.

    Raises:
        SettingError: If one is out of its range.
    """

    volume: float = 0.0
    pan: float = 0.0
    tuning: float = 0.0
    kit: str = ""
    sample: SampleName | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, limits in STRIP_LIMITS.items():
            check_number(f"the {name} of a lane", getattr(self, name), limits)
        if not isinstance(self.kit, str) or len(self.kit) > _LONGEST_NAME or not self.kit.isprintable():
            raise SettingError(f"the kit of a lane must be a name of at most {_LONGEST_NAME} characters, got {quote(self.kit)}")


PLAIN_STRIP = Strip()


@dataclass(frozen=True)
class Mix:
    """How the lanes of a groove are mixed.

    Attributes:
        strips: Channel strips by the names in `LANES`; lanes without one sound as the kit has them. Those that change nothing
            are left out.
        room: Share of a room in the sound, 0-1; 0 = none.
        compressor: How strongly the sum of all lanes is compressed, 0-1; 0 = not at all. Stems are without it.

    Raises:
        SettingError: If there is no such lane, or a value is out of its range.
    """

    strips: Mapping[str, Strip] = field(default_factory=dict)
    room: float = 0.0
    compressor: float = 0.0

    def __post_init__(self) -> None:
        """Check lanes and ranges, and drop strips that change nothing."""
        for name in _BUS:
            check_number(f"the {name} of the mix", getattr(self, name), (0, 1))
        for lane in self.strips:
            check_name("lane of the mix", lane, LANES)
        used = {lane: self.strips[lane] for lane in LANES if self.strips.get(lane, PLAIN_STRIP) != PLAIN_STRIP}
        object.__setattr__(self, "strips", MappingProxyType(used))

    def strip(self, lane: str) -> Strip:
        """Return the strip of a lane."""
        return self.strips.get(lane, PLAIN_STRIP)

    def to_plain(self) -> dict[str, Any]:
        """Encode as plain data that JSON can hold, without values that change nothing; the inverse of `from_plain`."""
        strips = {lane: {name: value for name, value in asdict(strip).items() if value} for lane, strip in self.strips.items()}
        bus = {name: getattr(self, name) for name in _BUS if getattr(self, name)}
        return ({"voices": strips} if strips else {}) | bus

    @classmethod
    def from_plain(cls, data: object) -> Mix:
        """Decode plain data such as `{"voices": {"snare": {"volume": -3, "pan": 0.25}}, "room": 0.3}`; None = no mix.

        Raises:
            SettingError: If the data is wrong, in one sentence.
        """
        known = _check_fields("the mix", data, ("voices", *_BUS))
        strips = _check_fields("'voices' of the mix", known.get("voices"), LANES)
        checked = {lane: _read_strip(f"the mix of the {lane}", strip) for lane, strip in strips.items()}
        return cls(checked, **{name: known[name] for name in _BUS if name in known})


PLAIN_MIX = Mix()  # every lane as the kit has it


def _read_strip(noun: str, data: object) -> Strip:
    values = dict(_check_fields(noun, data, tuple(each.name for each in fields(Strip))))
    if values.get("sample") is not None:
        names = tuple(each.name for each in fields(SampleName))
        sample = _check_fields(f"the sample in {noun}", values["sample"], names)
        values["sample"] = SampleName(**{name: sample.get(name) for name in names})  # type: ignore[arg-type]  # which it checks
    return Strip(**values)


def _check_fields(noun: str, data: object, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Check that plain data is an object that has only these fields, and return it; None has none."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise SettingError(f"{noun} must be names and values, got {quote(data)}")
    for name in data:
        check_name(f"part of {noun}", name, names)
    return data
