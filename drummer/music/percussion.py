"""Percussion: General MIDI instruments beside the thirteen voices, and the voice that stands in for each.

Names are those of the General MIDI Level 1 and Level 2 percussion key maps (MMA RP-003 and RP-024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from drummer.music.details import LATEST_OFFSET
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_INDEX


@dataclass(frozen=True)
class PercussionInstrument:
    """A percussion instrument.

    Attributes:
        key: Its General MIDI key.
        label: Name as a musician reads it.
        stand_in: Name of the most similar of the thirteen voices.
    """

    key: int
    label: str
    stand_in: str


_NAMED = (
    (27, "High Q", "rim"),
    (28, "Slap", "clap"),
    (29, "Scratch push", "hihat_closed"),
    (30, "Scratch pull", "hihat_closed"),
    (31, "Sticks", "rim"),
    (32, "Square click", "rim"),
    (33, "Metronome click", "rim"),
    (34, "Metronome bell", "ride_bell"),
    (54, "Tambourine", "hihat_closed"),
    (56, "Cowbell", "ride_bell"),
    (58, "Vibraslap", "crash"),
    (60, "High bongo", "tom_high"),
    (61, "Low bongo", "tom_mid"),
    (62, "Mute high conga", "tom_high"),
    (63, "Open high conga", "tom_mid"),
    (64, "Low conga", "tom_low"),
    (65, "High timbale", "tom_high"),
    (66, "Low timbale", "tom_mid"),
    (67, "High agogo", "ride_bell"),
    (68, "Low agogo", "ride_bell"),
    (69, "Cabasa", "hihat_closed"),
    (70, "Maracas", "hihat_closed"),
    (71, "Short whistle", "ride_bell"),
    (72, "Long whistle", "ride_bell"),
    (73, "Short guiro", "hihat_closed"),
    (74, "Long guiro", "hihat_open"),
    (75, "Claves", "rim"),
    (76, "High wood block", "rim"),
    (77, "Low wood block", "rim"),
    (78, "Mute cuica", "tom_high"),
    (79, "Open cuica", "tom_mid"),
    (80, "Mute triangle", "hihat_closed"),
    (81, "Open triangle", "ride_bell"),
    (82, "Shaker", "hihat_closed"),
    (83, "Jingle bell", "hihat_closed"),
    (84, "Bell tree", "crash"),
    (85, "Castanets", "rim"),
    (86, "Mute surdo", "kick"),
    (87, "Open surdo", "kick"),
)
PERCUSSION_LANE = "percussion"  # name of all percussion where voices are named, such as in lists of muted ones
PERCUSSION: Mapping[int, PercussionInstrument] = MappingProxyType({entry[0]: PercussionInstrument(*entry) for entry in _NAMED})


def stand_in_voice(key: int) -> int | None:
    """Return the index of the voice that stands in for a percussion key; None for a key of no instrument."""
    instrument = PERCUSSION.get(key)
    return None if instrument is None else VOICE_INDEX[instrument.stand_in]


def with_stand_ins(groove: Groove) -> Groove:
    """Replace percussion by its stand-in voices, where these are silent, and drop the details, as the model hears a groove."""
    if groove.details is None:
        return groove
    velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
    for hit in groove.details.percussion:
        voice = stand_in_voice(hit.key)
        if voice is not None and not groove.hits[hit.step, voice] and hit.velocity > velocities[hit.step, voice]:
            velocities[hit.step, voice], offsets[hit.step, voice] = hit.velocity, min(hit.offset, LATEST_OFFSET)
    return replace(groove, hits=velocities > 0, velocities=velocities, offsets=offsets, details=None)
