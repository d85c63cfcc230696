"""Parts of a MIDI file, each the notes of one channel in one track: which are drums, and which has the likeliest rhythm."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.errors import MidiError
from drummer.files.midi.parsing import MidiEvents, Notes
from drummer.music.percussion import PERCUSSION
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX

DRUM_CHANNEL = 9  # General MIDI's channel 10, counted from 0 as in the file
# Sounds of General MIDI that count in: high Q, sticks, square click, metronome, cowbell, claves, wood blocks.
CLICK_KEYS = frozenset({27, 31, 32, 33, 34, 56, 75, 76, 77})
_LAST_CLICK_OF_GM2 = 34  # keys from 27 to here are sounds for scratching and counting

_DRUM_NAME = re.compile(
    r"(?<![a-z])(?:drum|drums|drumset|drum ?kit|kit|perc|percs|percussion|kick|snare|hi-?hats?|cymbals?|congas?|bongos?|timbales"
    r"|schlagzeug|schlagwerk|batterie|bater[ií]a|batteria|slagwerk|trommeln?|perkusja|ドラム|鼓|드럼|ударн\w*|барабан\w*)(?![a-z])"
)
_DRUM_DETAIL = re.compile(
    r"(?<![a-z])(?:bd|sd|hh|oh|ch|hats?|toms?|rides?|crash|crashes|claps?|rims?|shaker|tambourine|cowbell)(?![a-z])"
)
# Instruments of General MIDI percussion by the last words of their labels, without the sounds that count in.
_PERCUSSION_NAME = re.compile(
    r"(?<![a-z])(?:"
    + "|".join(
        sorted(
            {
                re.sub(r"^(?:high|low|mute|open|short|long) ", "", each.label.lower()).replace(" ", "[ -]?")
                for each in PERCUSSION.values()
                if each.key > _LAST_CLICK_OF_GM2
            }
            | {"tamb", "maraca", "clave", "castanet"}
        )
    )
    + r")s?(?![a-z])"
)
_OTHER_NAME = re.compile(
    r"(?<![a-z])(?:bass|basso|guitars?|gtr|piano|e-?piano|keys|keyboards?|organ|strings?|synth|lead|pads?|vocals?|vox|voice|choir"
    r"|melody|chords?|brass|horns?|flute|sax|saxophone|trumpets?|violins?|cello|harp|arp|marimba|vibes|vibraphone|steel)(?![a-z])"
)
_CLICK_NAME = re.compile(r"(?<![a-z])(?:click|clicks|metronome?|count-?in)(?![a-z])")
_BASS_NAME = re.compile(r"(?<![a-z])(?:bass|basso|bajo|basse)(?![a-z])")
_BASS_PROGRAMS = range(32, 40)
_CORE = frozenset(VOICE_INDEX[name] for name in (*FAMILIES["kick"], *FAMILIES["snare"], *FAMILIES["hihat"], *FAMILIES["cymbal"]))
_BEAT = frozenset(VOICE_INDEX[name] for name in ("kick", "snare"))
_TIMEKEEPERS = frozenset(VOICE_INDEX[name] for name in (*FAMILIES["hihat"], "ride"))

# Evidence for drums, tuned on the cases of tests/unit/test_midi_parts.py.
_DRUM_SHARE = 0.8  # of notes that must be on keys of the thirteen voices
_CORE_SHARE = 0.6  # of notes that must be kick, snare, hi-hat or cymbals
_MOST_PARTS = 256
_MAIN_SHARE = 0.12  # of notes that must be on the key that is struck most; a melody's are spread
_LIKELY, _SURE = 2, 4  # scores of a part that is taken for drums: where there are no others, and beside others
_CLICK_SHARE = 0.2  # of the kit's notes: fewer clicks need not be on every beat
_PERCUSSION_KEYS = 4  # most keys of a part whose name is a percussion instrument; more are a melody
_ALIKE = 0.8  # share of notes of one length that makes all lengths alike


class PartInfo(NamedTuple):
    """A part of a MIDI file, as a musician chooses it.

    Attributes:
        number: From 1, in the order of the file.
        name: Name of its track, at most 40 printable characters; may be empty.
        channel: From 1.
        instrument: Name of its General MIDI program; `Drums` for drums, empty if the file selects none.
        notes: Number of its notes.
    """

    number: int
    name: str
    channel: int
    instrument: str
    notes: int

    @property
    def label(self) -> str:
        """Describe the part in a line, such as `Bass, Electric Bass (finger), channel 2, 32 notes`."""
        names = dict.fromkeys(each for each in (self.name, self.instrument) if each)  # each once
        return ", ".join([*names, f"channel {self.channel}", f"{self.notes} note{'s' if self.notes != 1 else ''}"])


@dataclass(frozen=True, eq=False)
class Part:
    """The notes of one channel in one track, and the evidence on their instrument.

    Attributes:
        number: From 1, in the order of the file.
        track: From 0.
        channel: From 0.
        name: Of the track.
        program: General MIDI program, from 0; None = none is selected.
        drum_bank: Whether it selects a bank of drum kits.
        chosen: (notes of the file,) bool.
        notes: Its notes.
        voices: (n,) index of the voice of each note, -1 = none.
        ticks_per_beat: Of the file.
    """

    number: int
    track: int
    channel: int
    name: str
    program: int | None
    drum_bank: bool
    chosen: NDArray[np.bool_]
    notes: Notes
    voices: NDArray[np.int64]
    ticks_per_beat: int

    @cached_property
    def score(self) -> int:
        """Weigh keys and lengths of the notes: from 2 on they look like drums, from 4 on hardly like anything else."""
        if self.share(range(VOICE_COUNT)) < _DRUM_SHARE or self.share(_CORE) < _CORE_SHARE or not self.share(_BEAT):
            return -1
        if np.bincount(self.notes.key).max() < _MAIN_SHARE * len(self.notes):
            return -1
        onsets = np.unique(self.notes.tick)
        together = 1 - len(onsets) / len(self.notes)
        timekeeping = self.share(_TIMEKEEPERS)
        keys = len(np.unique(self.notes.key))
        score = 2 * (together >= 0.1) + 2 * (timekeeping >= 0.15) + (self.share(_CORE) >= 0.9)
        score += -2 if self._holds else 1
        score -= 2 * (together == 0 and keys >= 4 and timekeeping < 0.15)
        return int(score - 3 * bool(self.program))

    @cached_property
    def _holds(self) -> bool:
        """Whether notes are held until the next one, for differing times, as a bass does."""
        lengths = self.notes.length[self.notes.length >= 0]
        if not len(lengths):
            return False
        _, counts = np.unique(lengths, return_counts=True)
        gaps = np.diff(np.unique(self.notes.tick))
        alike = counts.max() >= _ALIKE * len(lengths)
        typical_gap = np.median(gaps) if len(gaps) else np.inf
        return bool(not alike and np.median(lengths) >= max(0.6 * typical_gap, self.ticks_per_beat / 4))

    @cached_property
    def named_drums(self) -> bool:
        """Whether the track's name says that it holds drums."""
        name = self.name.lower()
        return bool(_DRUM_NAME.search(name)) and "steel" not in name

    @cached_property
    def named_otherwise(self) -> bool:
        """Whether the track's name says that it holds another instrument."""
        return bool(_OTHER_NAME.search(self.name.lower())) and not self.named_drums

    @property
    def is_drums(self) -> bool:
        """Whether name, bank or channel say that the part is drums; on channel 10 another name counts if the notes agree."""
        if self.named_drums or (self.drum_bank and not self.named_otherwise):
            return True
        return self.channel == DRUM_CHANNEL and (not self.named_otherwise or self.score >= _LIKELY)

    @property
    def surely_drums(self) -> bool:
        """Whether the part is drums by its name, bank or channel, or by notes that leave no doubt."""
        return self.is_drums or self.score >= _SURE

    @property
    def is_bass(self) -> bool:
        """Whether name or program say that the part is a bass."""
        bass = bool(_BASS_NAME.search(self.name.lower())) or self.program in _BASS_PROGRAMS
        return bass and not self.named_drums and self.channel != DRUM_CHANNEL

    @cached_property
    def named_click(self) -> bool:
        """Whether the track's name says that it is a click."""
        return bool(_CLICK_NAME.search(self.name.lower()))

    def is_click(self, kit_notes: int) -> bool:
        """Tell whether it is a click beside a kit of some notes: sticks or a metronome on beats, few of them or on each."""
        sticks = np.isin(self.notes.key, list(CLICK_KEYS)) | (self.voices == VOICE_INDEX["rim"])
        if self.name or not sticks.all() or np.any(self.notes.tick % self.ticks_per_beat):
            return False
        few = len(self.notes) < _CLICK_SHARE * kit_notes
        return few or bool(np.all(np.diff(np.unique(self.notes.tick)) == self.ticks_per_beat))

    def share(self, voices: Sequence[int] | frozenset[int] | range) -> float:
        """Compute the share of notes that are of some voices."""
        return float(np.isin(self.voices, list(voices)).mean())

    def is_percussion(self, readable: Set[int]) -> bool:
        """Tell whether its name is a percussion instrument and its notes are on few keys that a kit has sounds for."""
        if not _PERCUSSION_NAME.search(self.name.lower()) or self.named_otherwise:
            return False
        keys = np.unique(self.notes.key)
        return len(keys) <= _PERCUSSION_KEYS and bool(np.isin(keys, list(readable)).all())

    def completes(self, kit: NDArray[np.int64]) -> bool:
        """Tell whether the part has drums that a kit lacks, given the voices of the kit's notes."""
        if self.named_otherwise or self.program or self.share(range(VOICE_COUNT)) < 0.9 or self._holds:
            return False
        if not _DRUM_DETAIL.search(self.name.lower()) and self.share(_CORE) < 0.9:
            return False
        return self.share(range(VOICE_COUNT)) > 0 and float(np.isin(self.voices, np.unique(kit)).mean()) <= 0.1

    def info(self) -> PartInfo:
        """Describe the part to a musician."""
        instrument = "Drums" if self.surely_drums else instrument_name(self.program)
        return PartInfo(self.number, self.name, self.channel + 1, instrument, len(self.notes))

    def __str__(self) -> str:
        """Name the part in a remark, such as `'Bass', channel 2`."""
        return f"'{self.name}' on channel {self.channel + 1}" if self.name else f"channel {self.channel + 1}"


def instrument_name(program: int | None) -> str:
    """Return the General MIDI name of a program, from 0; empty for none."""
    if program is None:
        return ""
    from pretty_midi.constants import INSTRUMENT_MAP  # imported where it is needed: a third of a second

    return str(INSTRUMENT_MAP[program])


def split(events: MidiEvents, voices: Mapping[int, int]) -> list[Part]:
    """Split a file into its parts, in the order of the file; one of hundreds of tracks by its channels alone.

    Args:
        events: The file.
        voices: MIDI key → index of the voice.
    """
    notes = events.notes
    voice_of = np.full(128, -1, dtype=np.int64)
    voice_of[list(voices)] = list(voices.values())
    places = notes.track * 16 + notes.channel
    order = np.unique(places)
    if len(order) > _MOST_PARTS:
        places = notes.channel
        order = np.unique(places)
    by_channel: dict[int, int] = {}  # a program may stand in another track than the notes
    for (_, channel), selected in events.programs.items():
        by_channel.setdefault(channel, selected)
    lone = np.bincount(order // 16)  # number of channels of each track: a name that several share is that of the song
    parts = []
    for number, place in enumerate(order.tolist(), 1):
        track, channel = divmod(place, 16)
        chosen = places == place
        own = notes.where(chosen)
        name = events.names.get(track, "") if lone[track] == 1 else ""
        program = events.programs.get((track, channel), by_channel.get(channel))
        bank = (track, channel) in events.drum_parts
        parts.append(Part(number, track, channel, name, program, bank, chosen, own, voice_of[own.key], events.ticks_per_beat))
    return parts


class Drums(NamedTuple):
    """The drums of a file.

    Attributes:
        parts: Parts that hold them, at least one.
        remarks: Parts of a sentence on the choice.
    """

    parts: list[Part]
    remarks: list[str]


def find_drums(name: str, parts: Sequence[Part], readable: Set[int]) -> Drums:
    """Find the parts that are drums.

    - Track names, channel 10 and drum banks say so; all such parts are joined. Clicks beside a kit are left out.
    - Parts on other channels are joined where keys and lengths of their notes leave no doubt, where they complete the kit, or
      where a track's name is a percussion instrument.
    - Where a track is called drums, one on channel 10 that is called another instrument is that instrument.
    - Where there are none, the part that looks most like drums is the kit.

    Args:
        name: Of the file, for error sentences.
        parts: The parts of the file.
        readable: Keys that are voices or percussion.

    Raises:
        MidiError: If no part is drums.
    """
    known = [part for part in parts if part.is_drums and np.isin(part.notes.key, list(readable)).any()]
    if not known:  # channel 10 is drums, whatever its name
        known = [part for part in parts if part.channel == DRUM_CHANNEL and np.isin(part.notes.key, list(readable)).any()]
    if any(part.named_drums for part in known):  # of one key it may be the bass drum, though it is called "Bass"
        known = [part for part in known if not part.named_otherwise or len(np.unique(part.notes.key)) == 1]
    others = [part for part in parts if part not in known and not part.named_otherwise]
    sure = [part for part in others if part.score >= _SURE]
    remarks = []
    clicks = [part for part in known if part.named_click]
    if sure and not [part for part in known if part not in clicks and not part.is_click(len(sure[0].notes))]:
        clicks = known
    if clicks and (sure or len(clicks) < len(known)):
        count = sum(len(part.notes) for part in clicks)
        remarks.append(f"{count} click{'s' if count != 1 else ''} on {_listed(clicks)} left out")
        known = [part for part in known if part not in clicks]
    if not known:
        likely = [part for part in others if part.score >= _LIKELY] or [part for part in parts if part.score >= _SURE]
        if not likely:
            raise MidiError(f"{name} holds no drums: neither channel 10 nor any other plays drum notes")
        known = [max(likely, key=lambda part: (part.score >= _SURE, len(part.notes)))]
    kit = np.concatenate([part.voices for part in known])
    joined = [part for part in others if part.score >= _SURE or part.completes(kit) or part.is_percussion(readable)]
    chosen = [part for part in parts if part in known or (part in joined and part not in clicks)]
    left = [part for part in others if part not in [*chosen, *clicks] and part.score >= _LIKELY]
    rest = [part for part in parts if part not in [*chosen, *clicks, *left]]
    channels = sorted({part.channel + 1 for part in chosen})
    if channels != [DRUM_CHANNEL + 1]:
        remarks.insert(
            0, f"drums found on channel {channels[0]}" if len(channels) == 1 else f"drums of channels {_and(channels)}"
        )
    if left:
        remarks.append(f"notes of {_listed(left)} left out")
    if len(rest) == 1:
        remarks.append(f"1 other part left out: {rest[0].name or rest[0]}")
    elif rest:
        remarks.append(f"{len(rest)} other parts left out")
    return Drums(chosen, remarks)


def rank_rhythms(parts: Sequence[Part]) -> list[Part]:
    """Sort the parts of a file by how likely a musician wants their rhythm: basses, then other parts, drums last.

    Of several the one with the most notes comes first.
    """
    return sorted(parts, key=lambda part: (part.surely_drums, not part.is_bass, -len(part.notes)))


def _listed(parts: Sequence[Part]) -> str:
    return _and([str(part) for part in parts[:3]] + (["others"] if len(parts) > 3 else []))


def _and(items: Sequence[object]) -> str:
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
