"""Drum maps: the MIDI note of each voice on other makers' kits.

Each layout has two sources that agree, or the maker's own chart or file, and the notes of the factory settings. A voice without a
key is played by the most similar sound of the kit, never by the nearest number: between the drums of many kits lie keys that
choke a cymbal. `DrumMap.report` names such voices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drummer.errors import SettingError
from drummer.music.groove import Groove
from drummer.music.percussion import PERCUSSION
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
        accepted: MIDI note → index of the voice that it is read as: every articulation of the kit, and the notes of General MIDI
            that the kit does not define otherwise.
        percussion: MIDI notes that are General MIDI percussion in this kit too.
        chokes: MIDI notes that choke or mute a cymbal.
    """

    name: str
    label: str
    pitches: tuple[int, ...]
    missing: Mapping[str, str]
    accepted: Mapping[int, int]
    percussion: frozenset[int] = frozenset()
    chokes: frozenset[int] = frozenset()

    @property
    def short_name(self) -> str:
        """Name in the names of files, without the version, such as `addictive-drums`."""
        return re.sub(r"_\d+$", "", self.name).replace("_", "-")

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


def drum_map_of(groove: Groove) -> DrumMap:
    """Return the drum map of the file that a groove came from; General MIDI for grooves that were generated or drawn."""
    return GENERAL_MIDI if groove.details is None else find_drum_map(groove.details.key_map)


def _drum_map(
    name: str, label: str, pitches: tuple[int, ...], articulations: Mapping[str, str], chokes: str = "", **missing: str
) -> DrumMap:
    """Make a drum map.

    Args:
        name: Identifier.
        label: Name as a musician reads it.
        pitches: As in `DrumMap`.
        articulations: Voice → further keys that play it, such as `35 60-62`.
        chokes: Keys that choke or mute a cymbal, in the same form.
        missing: As in `DrumMap`.
    """
    own = {pitch: index for index, (voice, pitch) in enumerate(zip(VOICES, pitches, strict=True)) if voice.name not in missing}
    for voice, keys in articulations.items():
        own |= {key: VOICE_INDEX[voice] for key in _keys(keys) if key not in own}
    choking = frozenset(_keys(chokes))
    general = {key: voice for key, voice in PITCH_TO_VOICE.items() if key not in choking}
    percussion = frozenset(PERCUSSION) - choking - own.keys() - general.keys()
    return DrumMap(name, label, pitches, MappingProxyType(missing), MappingProxyType(general | own), percussion, choking)


def _keys(text: str) -> list[int]:
    """List keys that are written as numbers and ranges."""
    spans = [[int(number) for number in part.split("-")] for part in text.split()]
    return [key for span in spans for key in range(span[0], span[-1] + 1)]


GENERAL_MIDI = _drum_map("general_midi", "General MIDI", tuple(voice.pitch for voice in VOICES), {})

# In the order of `VOICES`: kick, snare, rim; clap; hi-hat closed, pedal, open; tom low, mid, high; crash, ride, bell. The
# articulations are those of the same sources; where two of them differ, both readings are cymbals. Keys whose opening a pedal
# controller decides count as open, see `drummer.files.midi.placing.close_hihats`.
_MAPS = (
    GENERAL_MIDI,
    # Roland's support article 360005173411, as remidi and hvo_sequence give it. 40 is the snare's rim shot.
    _drum_map(
        "roland_td17",
        "Roland TD-17",
        (36, 38, 37, 40, 42, 44, 46, 43, 45, 48, 49, 51, 53),
        {
            "snare": "40",
            "hihat_closed": "22",
            "hihat_open": "26",
            "tom_low": "58",
            "tom_mid": "47",
            "tom_high": "50",
            "crash": "52 55 57",
            "ride": "59",
        },
        clap="rim shot",
    ),
    # XLN's keymap of 2 June 2021, as groovebin gives it; EavesDrum; remidi. 55 is a hi-hat half open, 37 the rim shot. Claps are
    # played by a Flexi slot (47, 73-76, 96-103), if the user loads some. 26-35 are brushes.
    _drum_map(
        "addictive_drums_2",
        "Addictive Drums 2",
        (36, 38, 42, 37, 49, 48, 55, 65, 69, 71, 77, 60, 61),
        {
            "snare": "26 28-35 37 39-41 43",
            "rim": "44 75",
            "clap": "47 73 74 76 96-103",
            "hihat_closed": "50-53",
            "hihat_pedal": "59",
            "hihat_open": "7-9 54 56-58",
            "tom_low": "66-68",
            "tom_mid": "70",
            "tom_high": "72",
            "crash": "46 79 81 89 91 93",
            "ride": "45 62 84 86",
            "ride_bell": "85",
        },
        chokes="63 78 80 82 87 90 92 94",
        clap="rim shot",
    ),
    # EavesDrum; remidi. 40 is the rim shot; 50 would mute a crash. EZdrummer's percussion slot (1) is another sound in each kit.
    _drum_map(
        "ezdrummer",
        "EZdrummer and Superior Drummer 3",
        (36, 38, 37, 40, 42, 44, 46, 43, 47, 48, 49, 51, 53),
        {
            "kick": "34 35",
            "snare": "6 33 39 40 66 68-70 125 126",
            "rim": "4 5 67 71 76 127",
            "clap": "1",
            "hihat_closed": "2 3 11 22 61-65 119",
            "hihat_pedal": "10 21 23",
            "hihat_open": "7-9 12-20 24-26 60 120-124",
            "tom_low": "41 72-75",
            "tom_mid": "45 77-80",
            "tom_high": "81 82",
            "crash": "27 28 31 32 52 55 57 84-93 96-105 108-112",
            "ride": "29 59 113 115 116",
            "ride_bell": "30 114 117",
        },
        chokes="50 54 56 58 83 94 95 106 107 118",
        clap="rim shot",
    ),
    # Apple's figure for Logic Pro 12.3, as groovebin gives it; remidi. The toms are struck in the centre.
    _drum_map(
        "logic",
        "Logic Drum Kit Designer",
        (36, 38, 37, 39, 42, 44, 46, 41, 45, 48, 49, 51, 53),
        {
            "kick": "35",
            "snare": "32 34 40",
            "hihat_pedal": "31 33",
            "tom_low": "43",
            "tom_mid": "47",
            "tom_high": "50",
            "crash": "57",
            "ride": "52 59",
        },
        chokes="28 29",
    ),
    # EavesDrum; remidi. 65 is a hi-hat that needs no pedal controller to be open; 49 would choke the splash.
    _drum_map(
        "ssd5",
        "Steven Slate Drums 5",
        (36, 38, 37, 76, 42, 44, 65, 43, 47, 48, 55, 51, 53),
        {
            "kick": "35",
            "snare": "21 33 34 40",
            "rim": "39",
            "hihat_closed": "22 60 61 66 67",
            "hihat_pedal": "72 73",
            "hihat_open": "26 46 62-64 68-71",
            "tom_low": "12 14 41",
            "tom_mid": "16 17 45",
            "tom_high": "19",
            "crash": "28 29 31 50 57 90-95",
            "ride": "52 59",
            "ride_bell": "83 84",
        },
        chokes="27 30 32 49 54 56 58",
    ),
    # remidi; the notes that midiKITWARP translates. 29 is the rim shot, 34 the open hi-hat's tip; 60 and 71 are the ride
    # after two sources against one.
    _drum_map(
        "bfd3",
        "BFD3",
        (24, 26, 25, 29, 30, 32, 34, 31, 35, 38, 41, 60, 71),
        {
            "kick": "84",
            "snare": "27-29 86",
            "rim": "88",
            "clap": "83",
            "hihat_closed": "37 58",
            "hihat_pedal": "56",
            "hihat_open": "18 20 22 39 42 44 46 49 51 54",
            "tom_low": "33 61 63 89 90",
            "tom_mid": "36 66 68 91 92",
            "tom_high": "40 70 73 93 94",
            "crash": "43 47 48 52 53 57 59 62 64 67 69 72 74 77 79",
            "ride": "45 50 55 76 81",
            "ride_bell": "65 95",
        },
        chokes="75 78 80 82 85 87",
        clap="rim shot",
    ),
    # remidi; the notes that midiKITWARP translates; the maker's manual, section 5.
    _drum_map(
        "ni_studio_drummer",
        "NI Studio Drummer",
        (36, 38, 37, 33, 42, 44, 46, 43, 45, 47, 49, 51, 53),
        {
            "kick": "60",
            "snare": "39 40 62-64 81 83 84 86",
            "rim": "35 61",
            "clap": "34",
            "hihat_closed": "31 32 66 68 85 87 90 92 94 97",
            "hihat_pedal": "70",
            "hihat_open": "76-80",
            "tom_low": "41 65 67 72 73 88 89 91 93",
            "tom_mid": "69 74 95 96",
            "tom_high": "71 75 98 100",
            "crash": "48 50 54-59",
            "ride": "52",
        },
        chokes="22-26",
    ),
    # EavesDrum; remidi.
    _drum_map(
        "mt_power_2",
        "MT Power Drum Kit 2",
        (36, 38, 37, 38, 42, 65, 46, 41, 45, 48, 49, 51, 53),
        {
            "kick": "33 35",
            "snare": "39 40",
            "hihat_closed": "62 63",
            "hihat_open": "44 60 61",
            "tom_low": "43",
            "tom_mid": "47",
            "tom_high": "50",
            "crash": "52 55 57",
        },
        chokes="58",
        clap="snare",
    ),
    # drumkit.xml of Hydrogen 1.0.0 to 1.2.6: the kit's output notes.
    _drum_map("hydrogen", "Hydrogen GMRockKit", (36, 38, 37, 39, 42, 44, 46, 41, 43, 45, 49, 51, 53), {"snare": "40"}),
)
DRUM_MAPS: Mapping[str, DrumMap] = MappingProxyType({each.name: each for each in _MAPS})
