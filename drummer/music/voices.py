"""The 13 drum voices, in the one order that every array in the program uses for its last axis."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """One drum voice.

    Attributes:
        name: Identifier used in code, tables and token names.
        label: Name as a musician reads it.
        color: Hue family in pictures, as `#rrggbb`.
        pitch: Canonical General MIDI note number, the one that is written.
        accepted: Note numbers that are read as this voice, canonical pitch included.
    """

    name: str
    label: str
    color: str
    pitch: int
    accepted: tuple[int, ...]


# The accepted pitches cover General MIDI and all 22 pitches of the Roland TD-11 that recorded the Groove MIDI Dataset: 22 and 26
# are the edges of closed and open hi-hat, 40 the snare rim shot, 47, 50 and 58 the tom rims, 52 the crash edge, 55 the splash, 59
# the ride edge. Where General MIDI and Roland differ (47, 50), both readings are the same drum.
VOICES: tuple[Voice, ...] = (
    Voice("kick", "Kick", "#e4572e", 36, (35, 36)),
    Voice("snare", "Snare", "#f2a541", 38, (38, 40)),
    Voice("rim", "Snare rim", "#d9a15b", 37, (37,)),
    Voice("clap", "Clap", "#e17cae", 39, (39,)),
    Voice("hihat_closed", "Hi-hat closed", "#2fae9b", 42, (22, 42)),
    Voice("hihat_pedal", "Hi-hat pedal", "#3f8f78", 44, (44,)),
    Voice("hihat_open", "Hi-hat open", "#58c4dd", 46, (26, 46)),
    Voice("tom_low", "Tom low", "#7a5cc9", 43, (41, 43, 58)),
    Voice("tom_mid", "Tom mid", "#8f74dd", 47, (45, 47)),
    Voice("tom_high", "Tom high", "#ab93ee", 50, (48, 50)),
    Voice("crash", "Crash", "#d64550", 49, (49, 52, 55, 57)),
    Voice("ride", "Ride", "#4c86d6", 51, (51, 59)),
    Voice("ride_bell", "Ride bell", "#7aa7e8", 53, (53,)),
)

MIN_VELOCITY = 1 / 127  # of a hit, the softest of MIDI; a velocity of 0 is no hit
VOICE_COUNT = len(VOICES)
VOICE_INDEX: dict[str, int] = {voice.name: index for index, voice in enumerate(VOICES)}
# Families: voices that a drummer thinks of as one instrument.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snare": ("snare", "rim", "clap"),
    "hihat": ("hihat_closed", "hihat_pedal", "hihat_open"),
    "tom": ("tom_low", "tom_mid", "tom_high"),
    "cymbal": ("crash", "ride", "ride_bell"),
}
TIMEKEEPING_FAMILIES = ("hihat", "cymbal")
FAMILY_INDICES: Mapping[str, tuple[int, ...]] = {
    family: tuple(VOICE_INDEX[name] for name in names) for family, names in FAMILIES.items()
}
PITCH_TO_VOICE: dict[int, int] = {pitch: index for index, voice in enumerate(VOICES) for pitch in voice.accepted}
