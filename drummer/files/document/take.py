"""A take: a groove with the settings that made it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import DocumentError
from drummer.files.document.plain_data import GridShape, check_fields, check_hit_count, whole_number
from drummer.files.document.settings import check_settings
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR
from drummer.music.mix import Mix
from drummer.validation import quote

HEADER_FIELDS = ("bpm", "meter", "steps_per_beat", "bars", "settings", "seed", "edited", "model_hash")
# Files and links of version 1 know only meters of whole quarter notes.
FIELDS_OF_VERSION_1 = tuple("beats_per_bar" if name == "meter" else name for name in HEADER_FIELDS)

_HASH = re.compile(r"(?:[0-9a-f]{8,64})?")


@dataclass(frozen=True)
class Take:
    """A groove with the settings that made it, so that the page can open it again.

    Attributes:
        groove: The groove.
        settings: Settings by the names in `SETTINGS`, read-only; one that is not there was left to the model. The tempo is that
            of the groove: if it was changed afterwards, `generated_bpm` is the tempo at which settings and seed give these hits.
        seed: Seed of the groove; None = the model did not generate it.
        edited: Whether the groove was changed afterwards.
        model_hash: Fingerprint of the weights, see `drummer.model.checkpoint.TrainedModel.fingerprint`; may be empty.

    Raises:
        DocumentError: If one of these is out of range or of the wrong type, in one sentence.
    """

    groove: Groove
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    edited: bool = False
    model_hash: str = ""

    def __post_init__(self) -> None:
        """Check all fields and copy the settings."""
        config = default_config()
        GridShape.of(self.groove)
        check_hit_count(self.groove.hit_count)
        if self.seed is not None:
            object.__setattr__(self, "seed", whole_number("the seed", self.seed, config.limits.seed))
        if not isinstance(self.edited, bool):
            raise DocumentError(f"'edited' must be true or false, got {quote(self.edited)}")
        if not isinstance(self.model_hash, str) or not _HASH.fullmatch(self.model_hash):
            raise DocumentError(f"the model hash must be 8 to 64 hexadecimal digits or empty, got {quote(self.model_hash)}")
        object.__setattr__(self, "settings", MappingProxyType(check_settings(self.settings, config.document)))

    @property
    def stem(self) -> str:
        """Name of its files without suffix, such as `funk_96bpm_8bars_seed123_edited`, or `latin-samba_6-8_90bpm_8bars`."""
        parts = ["-to-".join(self._genres("-")) or "groove", f"{self.groove.bpm:g}bpm", f"{self.groove.bars}bars"]
        if self.groove.meter != FOUR_FOUR:
            parts.insert(1, self.groove.meter.signature.replace("/", "-"))
        if self.seed is not None:
            parts.append(f"seed{self.seed}")
        return "_".join(parts + ["edited"] * self.edited)

    @property
    def heading(self) -> str:
        """Its title, such as `funk, 96 BPM, 8 bars, seed 123, edited`, or `latin, samba, 6/8, 90 BPM, 8 bars`."""
        bars = "1 bar" if self.groove.bars == 1 else f"{self.groove.bars} bars"
        meter = "" if self.groove.meter == FOUR_FOUR else str(self.groove.meter)
        parts = [" to ".join(self._genres(", ")), meter, f"{self.groove.bpm:g} BPM", bars]
        parts += [f"seed {self.seed}"] if self.seed is not None else []
        return ", ".join(part for part in parts + ["edited"] * self.edited if part)

    @property
    def markers(self) -> list[tuple[int, str]]:
        """First bar, from 0, and name of each block of a song; empty for other takes."""
        blocks = self.settings.get("song", ())
        firsts = np.cumsum([0, *(block["bars"] for block in blocks)]).tolist()
        named = [(first, block["part"].capitalize()) for first, block in zip(firsts, blocks, strict=False)]
        return [(first, name) for first, name in named if first < self.groove.bars]

    @property
    def mix(self) -> Mix:
        """How its lanes are mixed; without the setting `mix` each sounds as the kit has it."""
        return Mix.from_plain(self.settings.get("mix"))

    def _genres(self, joint: str) -> list[str]:
        """List its genres, the first with its style."""
        first = joint.join(self.settings[key] for key in ("genre", "style") if key in self.settings)
        return [each for each in (first, self.settings.get("to_genre")) if each]


def header_of(take: Take) -> dict[str, Any]:
    """Return the fields of a take other than its hits, as plain data; see `HEADER_FIELDS`."""
    groove = take.groove
    return {
        "bpm": groove.bpm,
        "meter": str(groove.meter),
        "steps_per_beat": groove.steps_per_beat,
        "bars": groove.bars,
        "settings": dict(take.settings),
        "seed": take.seed,
        "edited": take.edited,
        "model_hash": take.model_hash,
    }


def check_header(data: Mapping[str, Any], *, newest: bool, others: Collection[str] = ()) -> None:
    """Check that plain data has the fields of a take in the newest version or in version 1, and those others.

    Raises:
        DocumentError: If a field is missing or unknown.
    """
    header = HEADER_FIELDS if newest else FIELDS_OF_VERSION_1
    check_fields(data, (*others, *header), ("details",) if newest else ())


def take_of(data: Mapping[str, Any], groove: Groove) -> Take:
    """Make a take of a groove and a header.

    Raises:
        DocumentError: If the header is wrong.
    """
    return Take(groove, data["settings"], data["seed"], data["edited"], data["model_hash"])
