"""A groove as sound: FluidSynth plays it on a kit, that is on a soundfont with a map from voices to keys."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import wave
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_int, c_void_p
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from drummer.config import ROOT, AudioConfig, default_config
from drummer.errors import AudioUnavailableError, SettingError, SoundfontError
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.validation import quote

SOUNDFONTS = ROOT / "soundfonts"
INSTALL_HINT = (
    "Install FluidSynth to hear grooves: apt-get install libfluidsynth3 (Debian, Ubuntu) or brew install fluid-synth (macOS)"
)

_SUFFIXES = (".sf2", ".sf3")
_DRUM_BANK = 128  # where General MIDI soundfonts keep their drum kits
_PART = 2**18  # frames that are made whole numbers at a time
_BLOCK = 64  # frames; FluidSynth hears an event at the start of its next block (FLUID_BUFSIZE)
_BEND_RANGE = 12  # semitones, the range that every channel is set to
_CHANNELS = 16
_ALL_SOUND_OFF = 120  # MIDI controller that silences a channel at once
_LOG_LEVELS = 5  # FLUID_PANIC to FLUID_DBG
_MidiNote = Annotated[int, Field(ge=0, le=127)]
_STRICT = ConfigDict(extra="forbid", strict=True)
_SIDE_BY_SIDE = 2  # stems that are played at the same time
_HIHATS = tuple(VOICE_INDEX[name] for name in ("hihat_closed", "hihat_pedal", "hihat_open"))

Tell = Callable[[float], object]  # is told which share of some work is done


def tell_nobody(share: float) -> None:
    """Be told how much is done where nobody waits for it."""


# -- kits ------------------------------------------------------------------------------------------------------------------


@pydantic_dataclass(frozen=True, config=_STRICT)
class Key:
    """What plays one voice: a MIDI note number, bent by so many semitones (positive = up)."""

    key: _MidiNote
    bend: Annotated[float, Field(ge=-_BEND_RANGE, lt=_BEND_RANGE)] = 0.0


@dataclass(frozen=True)
class Kit:
    """A soundfont and how to play it.

    Attributes:
        name: Identifier, from the file name.
        label: Name as a musician reads it.
        path: The .sf2 or .sf3 file.
        keys: What plays each voice, in the order of `VOICES`.
        bank: Bank of the preset; without one the soundfont's drum kit is taken, or else its first preset.
        program: Program of the preset in that bank.
        gain_db: Decibels added, so that all kits are equally loud.
        velocity_exponent: Shape of the velocity curve, see `synth_velocity`.
        license: SPDX identifier of the soundfont's licence.
        attribution: Whom to name.
        source: Where the soundfont comes from.
        genres: Which it was made for, the fittest first; empty where it suits all.
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

    def synth_velocity(self, velocity: float) -> int:
        """Map a groove's velocity in (0, 1] to the MIDI velocity 1-127 that the soundfont is played with.

        This is the one place where a velocity is bent: `127 * velocity ** velocity_exponent`. FluidSynth turns MIDI velocity v
        into a gain of `40 * log10(v / 127)` dB (SoundFont 2.04, 8.4.1). A soundfont whose soft layers were also recorded soft
        counts dynamics twice, so that ghost notes vanish; an exponent below 1 brings them back.
        """
        curved: float = float(velocity) ** self.velocity_exponent
        return max(1, round(127 * curved))


@pydantic_dataclass(frozen=True, config=_STRICT)
class _Description:
    """The description file of a kit, `<name>.yaml` beside the soundfont; the fields are those of `Kit`."""

    label: str | None = None
    keys: Mapping[str, _MidiNote | Key] = Field(default_factory=dict)
    bank: Annotated[int, Field(ge=0, le=_DRUM_BANK)] | None = None
    program: Annotated[int, Field(ge=0, le=127)] = 0
    gain_db: Annotated[float, Field(ge=-60, le=20)] = 0.0
    velocity_exponent: Annotated[float, Field(ge=0.1, le=4)] = 1.0
    license: str = ""
    attribution: str = ""
    source: str = ""
    genres: tuple[str, ...] = ()


def list_kits(folder: Path = SOUNDFONTS) -> dict[str, Kit]:
    """List the kits in a folder by name: every .sf2 and .sf3 file is one.

    A file `<name>.yaml` beside `<name>.sf2` describes it. Without one the kit has General MIDI keys. Of two files with one name
    the second keeps its suffix as part of the name.

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
    """Look a kit up by name among those in the folder.

    Raises:
        SoundfontError: If there is no such kit; the sentence names those there are. Also what `list_kits` raises.
    """
    kits = list_kits(folder)
    if not isinstance(name, str) or name not in kits:
        raise SoundfontError(f"there is no kit {quote(name)}, choose one of: {', '.join(kits) or 'none is installed'}")
    return kits[name]


def kits_for(genre: str, folder: Path = SOUNDFONTS) -> list[Kit]:
    """List the kits as they are offered for a genre: those made for it, those that suit all, those made for others.

    Raises:
        SoundfontError: As `list_kits`.
    """

    def rank(kit: Kit) -> tuple[bool, int, bool, bool]:
        made_for_it = genre in kit.genres
        place = kit.genres.index(genre) if made_for_it else 0
        return not made_for_it, place, bool(kit.genres), kit.name != default_config().defaults.kit

    return sorted(list_kits(folder).values(), key=rank)


def kit_for(genre: str, folder: Path = SOUNDFONTS) -> Kit:
    """Choose the kit that suits a genre best, see `kits_for`.

    Raises:
        SoundfontError: If there is none. Also as `list_kits`.
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
    """Parse a description once, not for each click: YAML takes a few milliseconds a kit."""
    return TypeAdapter(_Description).validate_json(json.dumps(yaml.safe_load(text)))


def _voice_keys(named: Mapping[str, int | Key], source: str) -> tuple[Key, ...]:
    unknown = [name for name in named if name not in VOICE_INDEX]
    if unknown:
        raise SoundfontError(f"{source}: there is no voice {quote(unknown[0])}, the voices are: {', '.join(VOICE_INDEX)}")
    keys = [named.get(voice.name, voice.pitch) for voice in VOICES]
    return tuple(key if isinstance(key, Key) else Key(key) for key in keys)


# -- rendered sound --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rendering:
    """A groove as stereo sound.

    Attributes:
        samples: (frames, 2) int16.
        loop_frames: Frames from the first bar line to the last, `round(groove.seconds * sample_rate)`. What follows in `samples`
            is the tail that rings on.
        sample_rate: Frames a second.
    """

    samples: NDArray[np.int16]
    loop_frames: int
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Length with the tail, in seconds."""
        return len(self.samples) / self.sample_rate

    def wav_bytes(self) -> bytes:
        """Encode as a 16-bit stereo WAV file."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(self.sample_rate)
            file.writeframes(self.samples.astype("<i2", copy=False).data)
        return buffer.getvalue()

    def flac_bytes(self) -> bytes:
        """Encode as a 16-bit stereo FLAC file: the same samples as `wav_bytes` in half the space."""
        # FluidSynth decodes kits with the libsndfile that was loaded first; the one that comes with soundfile rounds otherwise.
        _find_library()
        import soundfile

        buffer = io.BytesIO()
        soundfile.write(buffer, self.samples, self.sample_rate, format="FLAC", subtype="PCM_16")
        return buffer.getvalue()

    def to_wav(self, path: str | Path) -> None:
        """Write `wav_bytes` to a file."""
        Path(path).write_bytes(self.wav_bytes())


class Stems(NamedTuple):
    """A groove taken apart.

    Attributes:
        mix: All of it.
        voices: Each voice that has hits, by name in the order of `VOICES`, as long as the mix.
    """

    mix: Rendering
    voices: dict[str, Rendering]


def audio_available() -> bool:
    """Tell whether the FluidSynth library is installed; if not, `INSTALL_HINT` says how to get it."""
    return _find_library() is not None


def render(groove: Groove, kit: Kit, config: AudioConfig | None = None) -> Rendering:
    """Play a groove once, from the first bar line until it has rung out; see `Renderer.render`."""
    return _renderer(kit, config or default_config().audio).render(groove)


def load_renderer(kit: Kit, config: AudioConfig | None = None) -> Renderer:
    """Load a kit, or take the renderer that has it loaded; raises what `Renderer` does."""
    return _renderer(kit, config or default_config().audio)


def render_loop(groove: Groove, kit: Kit, config: AudioConfig | None = None) -> Rendering:
    """Play a groove for seamless repetition, without a tail; see `Renderer.render_loop`."""
    return _renderer(kit, config or default_config().audio).render_loop(groove)


def render_stems(
    groove: Groove, kit: Kit, config: AudioConfig | None = None, *, loop: bool = True, tell: Tell = tell_nobody
) -> Stems:
    """Play each voice of a groove by itself; see `Renderer.render_stems`."""
    return _renderer(kit, config or default_config().audio).render_stems(groove, loop=loop, tell=tell)


class Strike(NamedTuple):
    """A hit as the synthesizer gets it: frames from the first bar line, index into `VOICES`, MIDI velocity 1-127."""

    frame: int
    voice: int
    velocity: int


class Renderer:
    """Plays grooves on one kit. Threads may share it, and the same groove always gives the same samples."""

    def __init__(self, kit: Kit, config: AudioConfig) -> None:
        """Load the kit.

        Raises:
            AudioUnavailableError: If the FluidSynth library is not installed.
            SoundfontError: If the kit's file is missing, damaged or has no such preset.
        """
        self.kit = kit
        self.config = config
        self._library = _library()
        _check_file(kit.path)
        # FluidSynth frees decoded samples with the last synth that uses them, so this one stays and plays nothing.
        keeper = self._new_synth()
        weakref.finalize(self, keeper.delete)

    def render(self, groove: Groove) -> Rendering:
        """Play a groove once, from the first bar line until it has rung out.

        Onsets are exact to 32 frames (0.7 ms). Hits ahead of the first bar line sound on it. The tail ends where it falls below
        `audio.silence_db`, and is faded to silence at `audio.tail_seconds`.
        """
        loop_frames = self._loop_frames(groove)
        sound = self._take(groove, self._events(groove))
        return self._rendering(sound[: loop_frames + self._audible_frames(sound[loop_frames:])], loop_frames)

    def render_loop(self, groove: Groove) -> Rendering:
        """Play a groove as it sounds between two rounds of itself, so that it repeats without a seam.

        `samples` has exactly `loop_frames` frames. What rings over the last bar line is added at the start, and the next round's
        first hi-hat chokes it: an open one on the last eighth is cut by a closed one on the first beat. Hits ahead of the first
        bar line sound at the end, ahead of the next round.
        """
        return self._rendering(self._loop(groove, self._events(groove)), self._loop_frames(groove))

    def render_stems(self, groove: Groove, *, loop: bool = True, tell: Tell = tell_nobody) -> Stems:
        """Play each voice that has hits by itself, as `render_loop` or else as `render` plays them together.

        The mix is the sum of the stems, but for rounding (half a step of 16 bits each) and but for peaks above `audio.knee`,
        which are bent in the mix and in each stem by what is there. It is not sample for sample what `render` gives: FluidSynth
        fades the first 1.5 ms of a hit in, unless the place in its memory has been used before.

        Hi-hats choke each other across stems: those of other voices are played as softly as can be, and what they sound like by
        themselves is taken off again.

        Args:
            groove: What to play.
            loop: Whether as `render_loop`.
            tell: Is told after each voice how much is done.
        """
        events = self._events(groove)
        play = self._loop if loop else self._take
        self.check_length(groove, with_stems=True)
        names = [voice.name for index, voice in enumerate(VOICES) if groove.hits[:, index].any()]
        frames, voices = self._loop_frames(groove), {}
        mix = play(groove, [])
        side_by_side = _SIDE_BY_SIDE if groove.seconds <= self.config.stem_seconds_side_by_side else 1
        with ThreadPoolExecutor(side_by_side) as beside:  # FluidSynth needs no Python while it plays
            for first in range(
                0, len(names), side_by_side
            ):  # no further ahead: a sound is 21 MB a minute, and twice that as a stem
                some = names[first : first + side_by_side]
                sounds = beside.map(lambda name: self._stem(groove, events, VOICE_INDEX[name], play), some)
                for name in some:
                    sound = next(sounds)
                    mix += sound
                    voices[name] = self._rendering(sound, frames)
                    del sound
                    tell(len(voices) / len(names))
        end = frames if loop else frames + self._audible_frames(mix[frames:])
        cut = {name: replace(voice, samples=voice.samples[:end]) for name, voice in voices.items()}
        return Stems(self._rendering(mix[:end], frames), cut)

    def _stem(
        self,
        groove: Groove,
        events: Sequence[Strike],
        voice: int,
        play: Callable[[Groove, Sequence[Strike]], NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        own = [event for event in events if event.voice == voice]
        if voice not in _HIHATS:
            return play(groove, own)
        hihats = [event if event.voice == voice else event._replace(velocity=1) for event in events if event.voice in _HIHATS]
        others = [event for event in hihats if event.voice != voice]
        if not others:
            return play(groove, own)
        sound = play(groove, hihats)
        sound -= play(groove, others)
        return sound

    def _take(self, groove: Groove, events: Sequence[Strike]) -> NDArray[np.float32]:
        """Play events once, with the longest tail, faded."""
        self.check_length(groove)
        loop_frames = self._loop_frames(groove)
        sound = self._play([event._replace(frame=max(0, event.frame)) for event in events], loop_frames + len(self._fade))
        sound[loop_frames:] *= self._fade
        return sound

    def _loop(self, groove: Groove, events: Sequence[Strike]) -> NDArray[np.float32]:
        """Play events as if they had been played before and will be again."""
        self.check_length(groove)
        loop_frames = self._loop_frames(groove)
        frames = loop_frames + len(self._fade)
        events = sorted(event._replace(frame=event.frame % loop_frames) for event in events)
        choke = [event._replace(frame=event.frame + loop_frames) for event in events if event.voice in _HIHATS][:1]
        sound = self._play(events + choke, frames)
        # The synthesizer adds voices up: without the next round's hit, what is left is the tail that this hit has choked.
        silent = max(0, loop_frames // _BLOCK - 1) * _BLOCK  # before that hit
        later = [event._replace(frame=event.frame - silent) for event in choke]
        tail = (sound[loop_frames:] - self._play(later, frames - silent)[loop_frames - silent :]) * self._fade
        loop = sound[:loop_frames]
        for start in range(0, len(tail), loop_frames):
            part = tail[start : start + loop_frames]
            loop[: len(part)] += part
        return loop

    def strike(self, *strikes: Strike, frames: int) -> NDArray[np.float32]:
        """Play single notes, given in the order of their frames: (frames, 2) in full scale, loud peaks not bent."""
        return self._play(strikes, frames)

    def one_shot(self, voice: int, velocity: int) -> NDArray[np.float32]:
        """Play one note, MIDI velocity 1-127, until it has rung out as in `render`: (frames, 2) in full scale."""
        longest = len(self._fade)
        frames = longest // 4  # most notes are short, so look there first
        while True:
            sound = self._play([Strike(0, voice, velocity)], frames)
            audible = self._audible_frames(sound)
            if audible < frames - _BLOCK:
                return sound[:audible]
            if frames == longest:
                return sound * self._fade
            frames = min(2 * frames, longest)

    def attacks(self, voice: int, frames: int) -> NDArray[np.float32]:
        """Play a voice at each MIDI velocity from 1 to 127, cut off after so many frames: (127, frames, 2) in full scale."""
        sounds = np.zeros((127, frames, 2), dtype=np.float32)
        channel, key = self._channel(voice), self.kit.keys[voice].key
        synth = self._new_synth()
        try:
            for velocity, sound in enumerate(sounds, start=1):
                synth.noteon(channel, key, velocity)
                self._write(synth, sound)
                synth.cc(channel, _ALL_SOUND_OFF, 0)
                self._write(synth, np.zeros((_BLOCK, 2), dtype=np.float32))
        finally:
            synth.delete()
        return sounds

    @cached_property
    def _fade(self) -> NDArray[np.float32]:
        """(tail frames, 1) gain of the tail: 1, then linear to 0 over its last `fade_seconds`."""
        tail = np.arange(round(self.config.tail_seconds * self.config.sample_rate), 0, -1, dtype=np.float32)
        gain: NDArray[np.float32] = np.minimum(tail / (self.config.fade_seconds * self.config.sample_rate), 1)
        return gain[:, np.newaxis]

    def _loop_frames(self, groove: Groove) -> int:
        return round(groove.seconds * self.config.sample_rate)

    def _events(self, groove: Groove) -> list[Strike]:
        hits = groove.to_hits()
        frames = np.rint(hits.beats * 60 / groove.bpm * self.config.sample_rate).astype(int)
        velocities = [self.kit.synth_velocity(velocity) for velocity in hits.velocities]
        return [Strike(*event) for event in zip(frames.tolist(), hits.voices.tolist(), velocities, strict=True)]

    def _play(self, events: Sequence[Strike], frames: int) -> NDArray[np.float32]:
        """Play events, in the order of their frames, and return the first `frames` frames, (frames, 2) in full scale."""
        sound = np.zeros((frames, 2), dtype=np.float32)
        synth = self._new_synth()  # one that has played before would not give the same samples again
        try:
            played = 0
            for event in events:
                start = min(round(event.frame / _BLOCK) * _BLOCK, frames)
                self._write(synth, sound[played:start])
                played = start
                synth.noteon(self._channel(event.voice), self.kit.keys[event.voice].key, event.velocity)
            self._write(synth, sound[played:])
        finally:
            synth.delete()
        return sound

    def _write(self, synth: Any, part: NDArray[np.float32]) -> None:
        # Not Synth.get_samples, which clips and adds dither from the process-wide rand(): no two processes would agree.
        left = part.ctypes.data
        self._library.write_float(synth.synth, len(part), left, 0, 2, left, 1, 2)

    def _audible_frames(self, sound: NDArray[np.float32]) -> int:
        """Frames up to the last one that is above `audio.silence_db`."""
        audible = np.flatnonzero(np.abs(sound).max(axis=1) >= 10 ** (self.config.silence_db / 20))
        return int(audible[-1]) + 1 if len(audible) else 0

    def _rendering(self, sound: NDArray[np.float32], loop_frames: int) -> Rendering:
        samples = np.empty(sound.shape, dtype=np.int16)
        for start in range(0, len(sound), _PART):  # by parts: each step makes a copy
            part = _soften(sound[start : start + _PART], self.config.knee)
            samples[start : start + _PART] = np.rint(part * np.iinfo(np.int16).max).astype(np.int16)
        return Rendering(samples, loop_frames, self.config.sample_rate)

    def check_length(self, groove: Groove, *, with_stems: bool = False) -> None:
        """Check that a groove's sound, or its stems and their mix together, is not too long.

        Raises:
            SettingError: If it is, see `audio.max_seconds` and `audio.max_stem_seconds`.
        """
        seconds, config = groove.seconds, self.config
        sounds = 1 + int(groove.hits.any(axis=0).sum()) if with_stems else 1
        if seconds > config.max_seconds:
            raise SettingError(
                f"this groove lasts {_minutes(seconds)} and sound may last {_minutes(config.max_seconds)}: "
                "choose fewer bars or a higher tempo"
            )
        if with_stems and sounds * seconds > config.max_stem_seconds:
            raise SettingError(
                f"{sounds - 1} stems and their mix last {_minutes(sounds * seconds)} together and may last "
                f"{_minutes(config.max_stem_seconds)}: choose fewer bars or a higher tempo, or the sound without stems"
            )

    def _channel(self, voice: int) -> int:
        """Choose a MIDI channel: voices choke each other only on the same one, and all of a channel have the same bend."""
        if voice in _HIHATS:
            return next(other for other in _HIHATS if self.kit.keys[other].bend == self.kit.keys[voice].bend)
        return voice

    def _new_synth(self) -> Any:
        settings = {
            "synth.polyphony": self.config.polyphony,
            "synth.reverb.active": 0,
            "synth.chorus.active": 0,
        }
        gain = self.config.gain * 10 ** (self.kit.gain_db / 20)
        synth = self._library.Synth(gain, self.config.sample_rate, _CHANNELS, **settings)
        try:
            self._load_kit(synth)
        except SoundfontError:
            synth.delete()
            raise
        return synth

    def _load_kit(self, synth: Any) -> None:
        soundfont = synth.sfload(str(self.kit.path))
        if soundfont < 0:
            raise SoundfontError(f"the soundfont {self.kit.path.name} cannot be loaded, it is damaged")
        bank, program = self._preset(synth, soundfont)
        for voice, key in enumerate(self.kit.keys):
            channel = self._channel(voice)
            if synth.program_select(channel, soundfont, bank, program) < 0:
                raise SoundfontError(f"the soundfont {self.kit.path.name} has no program {program} in bank {bank}")
            _set_bend(synth, channel, key.bend)

    def _preset(self, synth: Any, soundfont: int) -> tuple[int, int]:
        if self.kit.bank is not None:
            return self.kit.bank, self.kit.program
        banks = (_DRUM_BANK, *range(_DRUM_BANK))
        presets = ((bank, program) for bank in banks for program in range(128))
        found = next((preset for preset in presets if synth.sfpreset_name(soundfont, *preset) is not None), None)
        if found is None:
            raise SoundfontError(f"the soundfont {self.kit.path.name} has no preset to play")
        return found


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.3g} minutes"


_cached_renderer = cache(Renderer)
_renderer_lock = threading.Lock()


def _renderer(kit: Kit, config: AudioConfig) -> Renderer:
    with _renderer_lock:  # or two first requests would load a kit twice
        return _cached_renderer(kit, config)


def _soften(sound: NDArray[np.float32], knee: float) -> NDArray[np.float32]:
    """Bend peaks above the knee smoothly towards full scale, so that no pile of loud hits can clip; below it nothing changes."""
    loud = np.abs(sound) > knee
    room = 1 - knee
    softened = sound.copy()
    softened[loud] = np.sign(sound[loud]) * (knee + room * np.tanh((np.abs(sound[loud]) - knee) / room))
    return softened


def _set_bend(synth: Any, channel: int, semitones: float) -> None:
    for control, value in ((101, 0), (100, 0), (6, _BEND_RANGE)):  # registered parameter 0: pitch bend range
        synth.cc(channel, control, value)
    synth.pitch_bend(channel, round(semitones / _BEND_RANGE * 8192))


def _check_file(path: Path) -> None:
    """Reject what is no soundfont, or only the first part of one; FluidSynth would go on and try other readers on it."""
    try:
        with path.open("rb") as file:
            header = file.read(12)
        size = path.stat().st_size
    except OSError as error:
        raise SoundfontError(f"cannot read the soundfont {path.name}: {error.strerror}") from error
    if header[:4] != b"RIFF" or header[8:] != b"sfbk":
        raise SoundfontError(f"the file {path.name} is not a soundfont, it must be an .sf2 or .sf3 file")
    if size < 8 + int.from_bytes(header[4:8], "little"):
        raise SoundfontError(f"the soundfont {path.name} is incomplete, copy it again")


# -- the FluidSynth library ------------------------------------------------------------------------------------------------


class _Library(NamedTuple):
    Synth: Any
    write_float: Any


def _library() -> _Library:
    library = _find_library()
    if library is None:
        raise AudioUnavailableError(INSTALL_HINT)
    return library


@cache
def _find_library() -> _Library | None:
    """Import pyfluidsynth, which looks for the FluidSynth library as it is imported."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it found where the environment has CI
            import fluidsynth
    except (ImportError, OSError):
        return None
    _silence_log(fluidsynth)
    out = [(name, kind, 1) for name, kind in (("left", c_void_p), ("left_offset", c_int), ("left_step", c_int))]
    out += [(name, kind, 1) for name, kind in (("right", c_void_p), ("right_offset", c_int), ("right_step", c_int))]
    write_float = fluidsynth.cfunc("fluid_synth_write_float", c_int, ("synth", c_void_p, 1), ("frames", c_int, 1), *out)
    return _Library(fluidsynth.Synth, write_float)


def _silence_log(fluidsynth: Any) -> None:
    """Keep FluidSynth's messages off stderr; every failure that matters here also comes as a return value."""
    set_log = fluidsynth.cfunc(
        "fluid_set_log_function", c_void_p, ("level", c_int, 1), ("function", c_void_p, 1), ("data", c_void_p, 1)
    )
    for level in range(_LOG_LEVELS):
        set_log(level, None, None)
