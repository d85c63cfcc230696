"""FluidSynth: loading the library, and a synthesizer with a drum kit in it.

The library is looked for when it is first needed, not when this module is imported.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from ctypes import c_int, c_void_p
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from drummer.audio.kits import BEND_RANGE, DRUM_BANK, Kit
from drummer.config import default_config
from drummer.config_sections import AudioConfig
from drummer.errors import AudioUnavailableError, SoundfontError
from drummer.music.percussion import PERCUSSION, stand_in_voice
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT, VOICE_INDEX

INSTALL_HINT = (
    "Install FluidSynth to hear grooves: apt-get install libfluidsynth3 (Debian, Ubuntu) or brew install fluid-synth (macOS)"
)
BLOCK_FRAMES = 64  # FluidSynth starts a note at the start of its next block (FLUID_BUFSIZE)
HIHATS = FAMILY_INDICES["hihat"]

_CHANNELS = 32
_PERCUSSION_CHANNEL = 13  # the first after those of the voices
_STAND_IN_CHANNEL = 16  # of the first voice where it stands in for percussion: on its own channel it would choke the voice
_ALL_SOUND_OFF = 120  # MIDI controller that silences a channel at once
_EXPRESSION = 11  # MIDI controller of a channel's level: 40 dB for a tenth of its value
_LOUDEST = 127
_WHOLE_BEND = 128 / 127  # FluidSynth bends a little less far than it is told to (measured: 1190 cents instead of 1200)
_LOG_LEVELS = 5  # FLUID_PANIC to FLUID_DBG


def audio_available() -> bool:
    """Return whether the FluidSynth library is installed; if not, `INSTALL_HINT` says how to install it."""
    return _find_library() is not None


def require_fluidsynth() -> None:
    """Raise `AudioUnavailableError` if the FluidSynth library is not installed."""
    _load_library()


class KitSynth:
    """A FluidSynth synthesizer with a kit loaded, as a context manager that frees it."""

    def __init__(self, kit: Kit, config: AudioConfig, tuning: float = 0.0) -> None:
        """Load the kit.

        Args:
            kit: The kit.
            config: Gain, sample rate and polyphony.
            tuning: Semitones that all its sounds are tuned up, -12 to 12.

        Raises:
            AudioUnavailableError: If the FluidSynth library is not installed.
            SoundfontError: If the soundfont cannot be loaded or has no such preset.
        """
        library = _load_library()
        self.kit = kit
        self._tuning = tuning
        self._write_float = library.write_float
        gain = config.gain * 10 ** (kit.gain_db / 20)
        settings = {"synth.polyphony": config.polyphony, "synth.reverb.active": 0, "synth.chorus.active": 0}
        self._synth = library.Synth(gain, config.sample_rate, _CHANNELS, **settings)
        try:
            self._load_soundfont()
        except SoundfontError:
            self.close()
            raise

    def close(self) -> None:
        """Free the synthesizer."""
        self._synth.delete()

    def __enter__(self) -> Self:
        """Return the synthesizer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Free the synthesizer."""
        self.close()

    def note_on(self, voice: int, velocity: int) -> None:
        """Play a voice at a MIDI velocity of 1-127 from the next block on.

        Args:
            voice: Index into `VOICES`, or `percussion_voice` of a General MIDI key: the kit's own sound, or else the voice that
                stands in for it.
            velocity: The velocity.
        """
        if voice < VOICE_COUNT:
            key = self.kit.keys[voice].key
        elif (own := self.percussion.get(voice - VOICE_COUNT)) is not None:
            key = own
        else:
            key = self.kit.keys[_stand_in(voice)].key
        self._synth.noteon(self._channel(voice), key, velocity)

    def damp(self, voice: int, decibels: float) -> None:
        """Lower the level of a voice by some decibels, from the next block on until `silence`."""
        self._synth.cc(self._channel(voice), _EXPRESSION, round(_LOUDEST * 10 ** (-decibels / 40)))

    def silence(self, voice: int) -> None:
        """Cut off the sound of a voice at once. The next one has its usual level."""
        self._synth.cc(self._channel(voice), _ALL_SOUND_OFF, 0)
        self._synth.cc(self._channel(voice), _EXPRESSION, _LOUDEST)

    @cached_property
    def percussion(self) -> Mapping[int, int]:
        """The percussion instruments that the kit has sounds for: General MIDI key → key of the soundfont."""
        return _find_percussion(self.kit) if self.kit.percussion is None else dict(self.kit.percussion)

    def has_sound(self, key: int) -> bool:
        """Return whether the soundfont has a sound on a key, by playing it."""
        self._synth.noteon(_PERCUSSION_CHANNEL, key, _LOUDEST)
        sounds: bool = self._synth.get_active_voice_count() > 0
        self._synth.cc(_PERCUSSION_CHANNEL, _ALL_SOUND_OFF, 0)
        self.write(np.zeros((BLOCK_FRAMES, 2), dtype=np.float32))
        return sounds

    def write(self, sound: NDArray[np.float32]) -> None:
        """Fill an array of (frames, 2) with the next frames."""
        # Not Synth.get_samples, which clips and adds dither from the process-wide rand(): no two processes would agree.
        left = sound.ctypes.data
        self._write_float(self._synth.synth, len(sound), left, 0, 2, left, 1, 2)

    def _channel(self, voice: int) -> int:
        """Choose a MIDI channel: voices choke each other only on the same one, and a channel has one pitch bend."""
        if voice >= VOICE_COUNT:
            own = voice - VOICE_COUNT in self.percussion
            return _PERCUSSION_CHANNEL if own else _STAND_IN_CHANNEL + _stand_in(voice)
        if voice in HIHATS:
            return next(other for other in HIHATS if self.kit.keys[other].bend == self.kit.keys[voice].bend)
        return voice

    def _load_soundfont(self) -> None:
        soundfont = self._synth.sfload(str(self.kit.path))
        if soundfont < 0:
            raise SoundfontError(f"the soundfont {self.kit.path.name} cannot be loaded, it is damaged")
        bank, program = self._find_preset(soundfont)
        bends = {_PERCUSSION_CHANNEL: 0.0}
        for voice, key in enumerate(self.kit.keys):
            bends[self._channel(voice)] = bends[_STAND_IN_CHANNEL + voice] = key.bend
        for channel, bend in bends.items():
            if self._synth.program_select(channel, soundfont, bank, program) < 0:
                raise SoundfontError(f"the soundfont {self.kit.path.name} has no program {program} in bank {bank}")
            self._bend(channel, bend + self._tuning * _WHOLE_BEND)

    def _find_preset(self, soundfont: int) -> tuple[int, int]:
        """Return the bank and program of the kit's preset."""
        if self.kit.bank is not None:
            return self.kit.bank, self.kit.program
        banks = (DRUM_BANK, *range(DRUM_BANK))
        presets = ((bank, program) for bank in banks for program in range(128))
        found = next((preset for preset in presets if self._synth.sfpreset_name(soundfont, *preset) is not None), None)
        if found is None:
            raise SoundfontError(f"the soundfont {self.kit.path.name} has no preset to play")
        return found

    def _bend(self, channel: int, semitones: float) -> None:
        reach = 2 * BEND_RANGE if self._tuning else BEND_RANGE  # without tuning as it was before there was any, bit for bit
        for control, value in ((101, 0), (100, 0), (6, reach)):  # registered parameter 0: pitch bend range
            self._synth.cc(channel, control, value)
        self._synth.pitch_bend(channel, min(8191, round(semitones / reach * 8192)))


def percussion_voice(key: int) -> int:
    """Number the percussion of a General MIDI key after the voices, for `KitSynth.note_on`."""
    return VOICE_COUNT + key


def _stand_in(voice: int) -> int:
    """Find the voice that stands in for percussion, given as `percussion_voice`; the rim for percussion of no name."""
    stand_in = stand_in_voice(voice - VOICE_COUNT)
    return VOICE_INDEX["rim"] if stand_in is None else stand_in


@cache
def _find_percussion(kit: Kit) -> Mapping[int, int]:
    """Find the percussion keys of General MIDI on which a soundfont sounds."""
    with KitSynth(kit, default_config().audio) as synth:
        return {key: key for key in PERCUSSION if synth.has_sound(key)}


def check_soundfont(path: Path) -> None:
    """Check that a file is a whole soundfont; FluidSynth would try its other readers on anything else.

    Raises:
        SoundfontError: If it cannot be read, is no soundfont or incomplete.
    """
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


class _Library(NamedTuple):
    Synth: Any
    write_float: Any


def _load_library() -> _Library:
    library = _find_library()
    if library is None:
        raise AudioUnavailableError(INSTALL_HINT)
    return library


@cache
def _find_library() -> _Library | None:
    """Import pyfluidsynth, which looks for the FluidSynth library as it is imported."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints the library's path where the environment has CI
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
