"""Drum kits: a soundfont with a description of how to play it.

A kit is an `.sf2` or `.sf3` file in `soundfonts/`; `<name>.yaml` beside it holds its label, keys, loudness and licence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from drummer.config import ROOT, default_config
from drummer.errors import SoundfontError
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.validation import quote

SOUNDFONTS = ROOT / "soundfonts"
DRUM_BANK = 128  # where General MIDI soundfonts keep their drum kits
BEND_RANGE = 12  # semitones, the pitch bend range that every channel is set to

_SUFFIXES = (".sf2", ".sf3")
_MidiNote = Annotated[int, Field(ge=0, le=127)]
_STRICT = ConfigDict(extra="forbid", strict=True)


@pydantic_dataclass(frozen=True, config=_STRICT)
class Key:
    """The key that plays a voice: a MIDI note number, with a pitch bend in semitones (positive = up)."""

    key: _MidiNote
    bend: Annotated[float, Field(ge=-BEND_RANGE, lt=BEND_RANGE)] = 0.0


@dataclass(frozen=True)
class Kit:
    """A soundfont and how to play it.

    Attributes:
        name: Identifier, from the file name.
        label: Name as a musician reads it.
        path: The .sf2 or .sf3 file.
        keys: The key of each voice, in the order of `VOICES`.
        bank: Bank of the preset; None = the soundfont's drum kit, or else its first preset.
        program: Program of the preset in that bank.
        gain_db: Decibels added, so that all kits are equally loud.
        velocity_exponent: Shape of the velocity curve, see `synth_velocity`.
        license: SPDX identifier of the soundfont's licence.
        attribution: Author to be named, as the licence demands.
        source: Address that the soundfont comes from.
        genres: Genres that it was made for, the best match first; empty = it suits all.
        percussion: General MIDI keys of percussion, each with the soundfont's key that plays it; None = the same keys, where the
            soundfont has them.
    """

    name: str
    label: str
    path: Path
    keys: tuple[Key, ...] = tuple(Key(voice.pitch) for voice in VOICES)
    bank: int | None = None
    program: int = 0
    gain_db: float = 0.0
    velocity_exponent: float = 1.0
    license: str = ""
    attribution: str = ""
    source: str = ""
    genres: tuple[str, ...] = ()
    percussion: tuple[tuple[int, int], ...] | None = None

    def synth_velocity(self, velocity: float) -> int:
        """Map a groove's velocity in (0, 1] to the MIDI velocity 1-127 that the soundfont is played with.

        This is the only place that applies a velocity curve: `127 * velocity ** velocity_exponent`. FluidSynth turns MIDI
        velocity v into a gain of `40 * log10(v / 127)` dB (SoundFont 2.04, 8.4.1). A soundfont whose soft layers were also
        recorded soft counts dynamics twice, so that ghost notes vanish; an exponent below 1 brings them back.
        """
        curved: float = float(velocity) ** self.velocity_exponent
        return max(1, round(127 * curved))


@pydantic_dataclass(frozen=True, config=_STRICT)
class _Description:
    """The description file of a kit, `<name>.yaml` beside the soundfont; the fields are those of `Kit`."""

    label: str | None = None
    keys: Mapping[str, _MidiNote | Key] = Field(default_factory=dict)
    bank: Annotated[int, Field(ge=0, le=DRUM_BANK)] | None = None
    program: Annotated[int, Field(ge=0, le=127)] = 0
    gain_db: Annotated[float, Field(ge=-60, le=20)] = 0.0
    velocity_exponent: Annotated[float, Field(ge=0.1, le=4)] = 1.0
    license: str = ""
    attribution: str = ""
    source: str = ""
    genres: tuple[str, ...] = ()
    percussion: Mapping[_MidiNote, _MidiNote] | None = None


def list_kits(folder: Path = SOUNDFONTS) -> dict[str, Kit]:
    """List the kits in a folder by name: one for each .sf2 and .sf3 file.

    A file `<name>.yaml` beside `<name>.sf2` describes it; without a description the kit has General MIDI keys. Of two files with
    the same stem the second has its suffix in its name.

    Raises:
        SoundfontError: If a description cannot be read, or has an unknown key or a wrong value.
    """
    kits: dict[str, Kit] = {}
    files = folder.iterdir() if folder.is_dir() else ()
    for path in sorted(file for file in files if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".")):
        name = path.name if path.stem in kits else path.stem
        kits[name] = _read_kit(name, path)
    return kits


def find_kit(name: str, folder: Path = SOUNDFONTS) -> Kit:
    """Find a kit by name.

    Raises:
        SoundfontError: If there is no such kit (the sentence lists the available ones), or as `list_kits`.
    """
    kits = list_kits(folder)
    if not isinstance(name, str) or name not in kits:
        raise SoundfontError(f"there is no kit {quote(name)}, choose one of: {', '.join(kits) or 'none is installed'}")
    return kits[name]


def kits_for(genre: str, folder: Path = SOUNDFONTS) -> list[Kit]:
    """List the kits in the order of their fitness for a genre: made for it, suiting all, made for other genres.

    Raises:
        SoundfontError: As `list_kits`.
    """

    def rank(kit: Kit) -> tuple[bool, int, bool, bool]:
        made_for_it = genre in kit.genres
        place = kit.genres.index(genre) if made_for_it else 0
        return not made_for_it, place, bool(kit.genres), kit.name != default_config().defaults.kit

    return sorted(list_kits(folder).values(), key=rank)


def kit_for(genre: str, folder: Path = SOUNDFONTS) -> Kit:
    """Choose the kit that suits a genre best; see `kits_for`.

    Raises:
        SoundfontError: If there is no kit, or as `list_kits`.
    """
    kits = kits_for(genre, folder)
    return kits[0] if kits else find_kit(default_config().defaults.kit, folder)


def _read_kit(name: str, path: Path) -> Kit:
    description = _read_description(path.with_suffix(".yaml"))
    return Kit(
        name=name,
        label=description.label or name.replace("_", " "),
        path=path,
        keys=_voice_keys(description.keys, path.with_suffix(".yaml").name),
        bank=description.bank,
        program=description.program,
        gain_db=description.gain_db,
        velocity_exponent=description.velocity_exponent,
        license=description.license,
        attribution=description.attribution,
        source=description.source,
        genres=description.genres,
        percussion=None if description.percussion is None else tuple(sorted(description.percussion.items())),
    )


def _read_description(path: Path) -> _Description:
    if not path.exists():
        return _Description()
    try:
        return _parse_description(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise SoundfontError(f"{path.name}: '{where}' is wrong, {problem['msg'][0].lower()}{problem['msg'][1:]}") from error
    except (OSError, TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SoundfontError(f"cannot read the kit description {path.name}: {str(error).splitlines()[0]}") from error


@lru_cache(maxsize=64)
def _parse_description(text: str) -> _Description:
    """Parse a description, once for each text: YAML takes a few milliseconds a kit."""
    return TypeAdapter(_Description).validate_json(json.dumps(yaml.safe_load(text)))


def _voice_keys(named: Mapping[str, int | Key], source: str) -> tuple[Key, ...]:
    unknown = [name for name in named if name not in VOICE_INDEX]
    if unknown:
        raise SoundfontError(f"{source}: there is no voice {quote(unknown[0])}, the voices are: {', '.join(VOICE_INDEX)}")
    keys = [named.get(voice.name, voice.pitch) for voice in VOICES]
    return tuple(key if isinstance(key, Key) else Key(key) for key in keys)
