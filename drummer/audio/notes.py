"""Notes for the synthesizer: the hits of a groove, its percussion, and its chokes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from drummer.audio.fluidsynth import BLOCK_FRAMES, percussion_voice
from drummer.audio.kits import Kit
from drummer.config_sections import AudioConfig
from drummer.files.drum_maps import DRUM_MAPS
from drummer.music.details import CHOKE, NO_KEY, FileDetails
from drummer.music.groove import Groove
from drummer.music.mix import LANES
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICES

_CYMBALS = FAMILY_INDICES["cymbal"]
_INAUDIBLE_DB = 80.0  # from which a choked cymbal is silent


class NoteOn(NamedTuple):
    """A hit for the synthesizer.

    Attributes:
        frame: Frames from the first bar line.
        voice: Index into `VOICES`, or `percussion_voice` of a General MIDI key.
        velocity: MIDI velocity, 1-127.
    """

    frame: int
    voice: int
    velocity: int

    @property
    def lane(self) -> str:
        """Name of its voice, or of the lane of percussion."""
        return VOICES[self.voice].name if self.voice < VOICE_COUNT else PERCUSSION_LANE


class Choke(NamedTuple):
    """A cymbal that is held fast: frames from the first bar line, and index into `VOICES`."""

    frame: int
    voice: int

    @property
    def lane(self) -> str:
        """Name of its voice; percussion is not choked by hand."""
        return VOICES[self.voice].name


class Damp(NamedTuple):
    """A change of a voice's level, in decibels below the usual one; infinite: its sound ends."""

    frame: int
    voice: int
    decibels: float


Played: TypeAlias = NoteOn | Choke


def list_notes(groove: Groove, kit: Kit, sample_rate: int) -> list[Played]:
    """List the hits of a groove, its percussion and second hits, and its chokes, in the order of their frames."""
    per_step = 60 / groove.bpm / groove.steps_per_beat * sample_rate

    def frame_at(steps: float) -> int:
        return int(np.rint(steps * per_step))

    hits = groove.to_hits()
    frames = np.rint(hits.beats * 60 / groove.bpm * sample_rate).astype(int)
    velocities = [kit.synth_velocity(velocity) for velocity in hits.velocities]
    played: list[Played] = [NoteOn(*note) for note in zip(frames.tolist(), hits.voices.tolist(), velocities, strict=True)]
    if groove.details is None:
        return played
    for hit in groove.details.extra_hits:
        voice = percussion_voice(hit.key) if hit.voice is None else hit.voice
        played.append(NoteOn(frame_at(hit.step + hit.offset), voice, kit.synth_velocity(hit.velocity)))
    played += [Choke(frame_at(onset), voice) for onset, voice in _chokes(groove, groove.details)]
    return in_order(played)


def in_order(played: Iterable[Played]) -> list[Played]:
    """Sort by frames; at the same frame chokes come before hits, since they choke what sounded before."""
    return sorted(played, key=lambda each: (each.frame, isinstance(each, NoteOn), each))


def with_damping(played: Sequence[Played], config: AudioConfig) -> list[NoteOn | Damp]:
    """Replace chokes by the decay of the choked voice: a change of level for each block, until its next hit or silence.

    Args:
        played: In the order of their frames.
        config: Decay of a choked cymbal.
    """
    events: list[NoteOn | Damp] = [each for each in played if isinstance(each, NoteOn)]
    notes = {voice: [note.frame for note in events if note.voice == voice] for voice in {each.voice for each in played}}
    per_block = config.choke_db_per_second * BLOCK_FRAMES / config.sample_rate
    for choke in (each for each in played if isinstance(each, Choke)):
        last = choke.frame + math.ceil(_INAUDIBLE_DB / per_block) * BLOCK_FRAMES
        end = min([last, *(frame for frame in notes[choke.voice] if frame >= choke.frame)])
        steps = range(choke.frame, end, BLOCK_FRAMES)
        events += [Damp(frame, choke.voice, per_block * number) for number, frame in enumerate(steps, 1)]
        events.append(Damp(end, choke.voice, math.inf))
    return sorted(events, key=lambda each: (each.frame, isinstance(each, NoteOn), each))


def lanes_of(played: Iterable[Played]) -> list[str]:
    """List the lanes that have hits, in the order of `LANES`."""
    playing = {note.lane for note in played if isinstance(note, NoteOn)}
    return [lane for lane in LANES if lane in playing]


def chokes_of_round_before(played: Iterable[Played]) -> list[Choke]:
    """List the chokes before the first hit of their voice: in a loop they choke the hit that rings on from the round before."""
    struck: set[int] = set()
    early = []
    for note in played:
        if isinstance(note, NoteOn):
            struck.add(note.voice)
        elif note.voice not in struck:
            early.append(note)
    return early


def _chokes(groove: Groove, details: FileDetails) -> list[tuple[float, int]]:
    """List the chokes of cymbals: the step, and the voice.

    A choke acts on the cymbal's last hit before it, or, where there is none, on the last hit of the round before. It acts only if
    this hit has the key of the choke or the canonical key of the cymbal.
    """
    chokes = [(each.step + each.offset, each.key) for each in details.messages if each.kind == CHOKE and each.value > 0]
    if not chokes:
        return []
    voices = DRUM_MAPS[details.key_map].accepted if details.key_map in DRUM_MAPS else {}
    found = []
    for cymbal in _CYMBALS:
        steps = np.flatnonzero(groove.hits[:, cymbal])
        struck = [(step + float(groove.offsets[step, cymbal]), int(details.keys[step, cymbal])) for step in steps.tolist()]
        struck += [(hit.step + hit.offset, hit.key) for hit in details.extra_hits if hit.voice == cymbal]
        struck.sort()
        for onset, key in chokes:
            before = [hit for hit in struck if hit[0] < onset] or struck
            own = before[-1][1] if before else None
            if own == key or (own == NO_KEY and voices.get(key) == cymbal):
                found.append((onset, cymbal))
    return found
