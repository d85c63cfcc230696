"""Drum maps: the MIDI note of each voice on other makers' kits.

Each layout has two sources that agree, or the maker's own chart or file, and the notes of the factory settings. A voice without a
key is played by the most similar sound of the kit, never by the nearest number: between the drums of many kits lie keys that
choke a cymbal. `DrumMap.report` names such voices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drummer.errors import SettingError
from drummer.music.groove import Groove
from drummer.music.voices import PITCH_TO_VOICE, VOICE_INDEX, VOICES
from drummer.validation import quote


@dataclass(frozen=True)
class DrumMap:
    """A drum map: the layout of a kit.

    Attributes:
        name: Identifier.
        label: Name as a musician reads it.
        pitches: (13,) MIDI note that plays each voice, in the order of `VOICES`.
        missing: Voices that the kit has no key for → name of the sound that plays them instead.
        accepted: MIDI note → index of the voice that it is read as.
    """

    name: str
    label: str
    pitches: tuple[int, ...]
    missing: Mapping[str, str]
    accepted: Mapping[int, int]

    def report(self, groove: Groove) -> str:
        """List in a sentence the hits of a groove that another sound of the kit plays; empty if there are none."""
        counts = groove.hits.sum(axis=0).tolist()
        parts = []
        for voice, stand_in in self.missing.items():
            index = VOICE_INDEX[voice]
            if counts[index]:
                hits = "1 hit" if counts[index] == 1 else f"{counts[index]} hits"
                parts.append(f"no {VOICES[index].label.lower()}, so its {stand_in} plays {hits}")
        return f"{self.label} has {', and '.join(parts)}." if parts else ""


def find_drum_map(name: str) -> DrumMap:
    """Find a drum map by name.

    Raises:
        SettingError: If there is no such map; the sentence lists all.
    """
    if not isinstance(name, str) or name not in DRUM_MAPS:
        raise SettingError(f"unknown drum map {quote(name)}, it must be one of {', '.join(DRUM_MAPS)}")
    return DRUM_MAPS[name]


def _drum_map(name: str, label: str, pitches: tuple[int, ...], **missing: str) -> DrumMap:
    accepted: dict[int, int] = {}
    for index, (voice, pitch) in enumerate(zip(VOICES, pitches, strict=True)):
        if voice.name not in missing:
            accepted[pitch] = index
    return DrumMap(name, label, pitches, MappingProxyType(missing), MappingProxyType(accepted))


GENERAL_MIDI = DrumMap(
    "general_midi", "General MIDI", tuple(voice.pitch for voice in VOICES), MappingProxyType({}), MappingProxyType(PITCH_TO_VOICE)
)

# In the order of `VOICES`: kick, snare, rim; clap; hi-hat closed, pedal, open; tom low, mid, high; crash, ride, bell.
_MAPS = (
    GENERAL_MIDI,
    # Roland's support article 360005173411, as remidi and hvo_sequence give it. 40 is the snare's rim shot.
    _drum_map("roland_td17", "Roland TD-17", (36, 38, 37, 40, 42, 44, 46, 43, 45, 48, 49, 51, 53), clap="rim shot"),
    # XLN's keymap of 2 June 2021, as groovebin gives it; EavesDrum; remidi. 55 is a hi-hat half open, 37 the rim shot.
    _drum_map("addictive_drums_2", "Addictive Drums 2", (36, 38, 42, 37, 49, 48, 55, 65, 69, 71, 77, 60, 61), clap="rim shot"),
    # EavesDrum; remidi. 40 is the rim shot; 50 would mute a crash. EZdrummer's percussion slot is another sound in each kit.
    _drum_map(
        "ezdrummer", "EZdrummer and Superior Drummer 3", (36, 38, 37, 40, 42, 44, 46, 43, 47, 48, 49, 51, 53), clap="rim shot"
    ),
    # Apple's figure for Logic Pro 12.3, as groovebin gives it; remidi. The toms are struck in the centre.
    _drum_map("logic", "Logic Drum Kit Designer", (36, 38, 37, 39, 42, 44, 46, 41, 45, 48, 49, 51, 53)),
    # EavesDrum; remidi. 65 is a hi-hat that needs no pedal controller to be open; 49 would choke the splash.
    _drum_map("ssd5", "Steven Slate Drums 5", (36, 38, 37, 76, 42, 44, 65, 43, 47, 48, 55, 51, 53)),
    # remidi; the notes that midiKITWARP translates. 29 is the rim shot, 34 the open hi-hat's tip; 60 and 71 are the ride
    # after two sources against one.
    _drum_map("bfd3", "BFD3", (24, 26, 25, 29, 30, 32, 34, 31, 35, 38, 41, 60, 71), clap="rim shot"),
    # remidi; the notes that midiKITWARP translates; the maker's manual, section 5.
    _drum_map("ni_studio_drummer", "NI Studio Drummer", (36, 38, 37, 33, 42, 44, 46, 43, 45, 47, 49, 51, 53)),
    # EavesDrum; remidi.
    _drum_map("mt_power_2", "MT Power Drum Kit 2", (36, 38, 37, 38, 42, 65, 46, 41, 45, 48, 49, 51, 53), clap="snare"),
    # drumkit.xml of Hydrogen 1.0.0 to 1.2.6: the kit's output notes.
    _drum_map("hydrogen", "Hydrogen GMRockKit", (36, 38, 37, 39, 42, 44, 46, 41, 43, 45, 49, 51, 53)),
)
DRUM_MAPS: Mapping[str, DrumMap] = MappingProxyType({each.name: each for each in _MAPS})
