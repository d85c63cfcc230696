"""Rendering: a groove played on a kit, once, as a seamless loop, or as stems."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, cached_property, partial

import numpy as np

from drummer.audio.bus import add_room, compress
from drummer.audio.fluidsynth import BLOCK_FRAMES, HIHATS, KitSynth, check_soundfont, require_fluidsynth
from drummer.audio.kits import Kit, find_kit
from drummer.audio.mixing import Sound, apply_strip, audible_frames, bend_peaks, sample_peak
from drummer.audio.notes import NoteOn, Played, chokes_of_round_before, in_order, lanes_of, list_notes, with_damping
from drummer.audio.rendering import Rendering, Stems
from drummer.audio.samples import longest_frames, play_lanes, sample_of
from drummer.config import default_config
from drummer.config_sections import AudioConfig
from drummer.errors import SettingError
from drummer.files.sound_format import USUAL_FORMAT, SoundFormat
from drummer.music.groove import Groove
from drummer.music.mix import PLAIN_MIX, PLAIN_STRIP, Mix, Strip

ProgressCallback = Callable[[float], object]  # called with the share of a piece of work that is done, 0-1

_CONVERTED_FRAMES = 2**18  # frames that are converted to whole numbers at a time
_PARALLEL_STEMS = 2  # rendered at the same time


def render(
    groove: Groove,
    kit: Kit,
    config: AudioConfig | None = None,
    sound_format: SoundFormat | None = None,
    mix: Mix = PLAIN_MIX,
    *,
    loop: bool = False,
) -> Rendering:
    """Render a groove, once until it has rung out or as a seamless loop; see `Renderer.render`.

    The sample rate of the sound format, here and in `render_stems`, replaces that of the configuration.
    """
    return _renderer_for(kit, config, sound_format).render(groove, sound_format or USUAL_FORMAT, mix, loop=loop)


def render_stems(
    groove: Groove,
    kit: Kit,
    config: AudioConfig | None = None,
    *,
    loop: bool = True,
    progress: ProgressCallback | None = None,
    sound_format: SoundFormat | None = None,
    mix: Mix = PLAIN_MIX,
) -> Stems:
    """Render each voice of a groove by itself; see `Renderer.render_stems`."""
    renderer = _renderer_for(kit, config, sound_format)
    return renderer.render_stems(groove, loop=loop, progress=progress, sound_format=sound_format or USUAL_FORMAT, mix=mix)


def load_renderer(kit: Kit, config: AudioConfig | None = None) -> Renderer:
    """Return the renderer of a kit, which is loaded once for the process; raises the errors of `Renderer`."""
    with _loading:  # two first requests at a time would load a kit twice
        return _cached_renderer(kit, config or default_config().audio)


def _renderer_for(kit: Kit, config: AudioConfig | None, sound_format: SoundFormat | None) -> Renderer:
    config = config or default_config().audio
    return load_renderer(kit, replace(config, sample_rate=sound_format.sample_rate) if sound_format else config)


class Renderer:
    """Renders grooves on one kit. Threads may share it, and the same groove always gives the same samples.

    Its methods take the bit depth and the peak level of a sound format; the sample rate is that of its configuration. As heard,
    peaks above `audio.knee` are bent; normalised sound is scaled instead, and not bent. They also take a mix, see
    `drummer.audio.mixing` and `drummer.audio.bus`.
    """

    def __init__(self, kit: Kit, config: AudioConfig) -> None:
        """Load the kit.

        Raises:
            AudioUnavailableError: If the FluidSynth library is not installed.
            SoundfontError: If the kit's file is missing, damaged or has no such preset.
        """
        self.kit = kit
        self.config = config
        require_fluidsynth()
        check_soundfont(kit.path)
        # FluidSynth frees decoded samples with the last synthesizer that uses them. This one plays nothing and keeps them.
        keeper = KitSynth(kit, config)
        self.percussion = keeper.percussion  # General MIDI keys of the kit's own percussion → keys of the soundfont
        weakref.finalize(self, keeper.close)

    def render(
        self, groove: Groove, sound_format: SoundFormat = USUAL_FORMAT, mix: Mix = PLAIN_MIX, *, loop: bool = False
    ) -> Rendering:
        """Render a groove. Onsets are exact to 32 frames (0.7 ms).

        Rendered once, the sound begins at the first bar line, where hits ahead of it sound too. After the last bar line the tail
        rings on until it falls below `audio.silence_db`; it is faded to silence at `audio.tail_seconds`.

        A loop has exactly `loop_frames` frames. The tail that rings over the last bar line is added at the start, where the first
        hi-hat of the next round chokes it: an open hi-hat on the last eighth is cut by a closed one on the first beat. Hits ahead
        of the first bar line sound at the end, ahead of the next round.

        Args:
            groove: The groove.
            sound_format: Bit depth and peak level.
            mix: Channel strips, room and compressor.
            loop: Whether the sound is a seamless loop.

        Raises:
            SettingError: If the groove is longer than `audio.max_seconds`.
        """
        loop_frames = self._loop_frames(groove)
        sound = self._play(groove, mix, loop=loop)
        if not loop:
            sound = sound[: loop_frames + audible_frames(sound[loop_frames:], self.config.silence_db)]
        return self._rendering(sound, loop_frames, sound_format, self._gain(sound_format, sample_peak(sound)))

    def render_stems(
        self,
        groove: Groove,
        *,
        loop: bool = True,
        progress: ProgressCallback | None = None,
        sound_format: SoundFormat = USUAL_FORMAT,
        mix: Mix = PLAIN_MIX,
    ) -> Stems:
        """Render each voice that has hits, and all percussion, by itself, as `render` plays them together.

        The mix is the sum of the stems, except for rounding (half a step each) and, as heard, for peaks above `audio.knee`, which
        are bent by the level of the mix and of each stem. Normalised, mix and stems have one gain: the loudest of them, as a rule
        the mix, peaks at `audio.normalized_peak_db`. The mix is not sample for sample the same as `render`: FluidSynth fades the
        first 1.5 ms of a hit in, unless the place in its memory has been used before.

        Hi-hats choke each other across stems: the stem of one is rendered with the other hi-hats as softly as possible, and then
        the sound of those alone is subtracted.

        Args:
            groove: The groove.
            loop: As in `render`.
            progress: Called after each voice.
            sound_format: Bit depth and peak level.
            mix: The channel strip of each stem, and the room, which stems have too. The compressor is in the mix alone, which is
                the compressed sum of the stems then.

        Raises:
            SettingError: If the stems and their mix are too long; see `check_length`.
        """
        self.check_length(groove, with_stems=True, sound_format=sound_format)
        names = lanes_of(self._list_notes(groove))
        frames, stems, scaled, peak = self._loop_frames(groove), {}, {}, 0.0
        total = self._add_room(self._fit(self._render(groove, [], loop=loop), groove, mix, loop=loop), mix, loop=loop)
        parallel = _PARALLEL_STEMS if groove.seconds <= self.config.stem_seconds_side_by_side else 1
        with ThreadPoolExecutor(parallel) as pool:  # FluidSynth releases Python's lock while it plays
            for first in range(0, len(names), parallel):  # not all at once: a minute takes 21 MB, and twice that as a stem
                some = names[first : first + parallel]
                sounds = pool.map(partial(self._play_stem, groove, mix, loop), some)
                for name in some:
                    sound = next(sounds)
                    total += sound
                    if sound_format.normalize:  # by a gain that is known once all have been played
                        scaled[name], peak = sound, max(peak, sample_peak(sound))
                    else:
                        stems[name] = self._rendering(sound, frames, sound_format)
                    del sound
                    if progress is not None:
                        progress(len(scaled or stems) / len(names))
        total = self._compress(total, mix, loop=loop)
        end = frames if loop else frames + audible_frames(total[frames:], self.config.silence_db)
        gain = self._gain(sound_format, max(peak, sample_peak(total)))
        for name in list(scaled):
            stems[name] = self._rendering(scaled.pop(name), frames, sound_format, gain)
        cut = {name: replace(stem, samples=stem.samples[:end]) for name, stem in stems.items()}
        return Stems(self._rendering(total[:end], frames, sound_format, gain), cut)

    def synthesize(self, notes: Sequence[Played], frames: int, tuning: float = 0.0) -> Sound:
        """Play notes and chokes, in the order of their frames: (frames, 2) in full scale, without bending peaks.

        Args:
            notes: The notes.
            frames: Length of the sound.
            tuning: Semitones that the kit is tuned up, -12 to 12.
        """
        sound = np.zeros((frames, 2), dtype=np.float32)
        with KitSynth(self.kit, self.config, tuning) as synth:  # a new one: one that has played gives other samples
            played = 0
            for event in with_damping(notes, self.config):
                start = min(round(event.frame / BLOCK_FRAMES) * BLOCK_FRAMES, frames)
                synth.write(sound[played:start])
                played = start
                if isinstance(event, NoteOn):
                    synth.note_on(event.voice, event.velocity)
                elif math.isinf(event.decibels):
                    synth.silence(event.voice)
                else:
                    synth.damp(event.voice, event.decibels)
            synth.write(sound[played:])
        return sound

    def one_shot(self, voice: int, velocity: int) -> Sound:
        """Play one note, MIDI velocity 1-127, until it has rung out as in `render`: (frames, 2) in full scale."""
        longest = len(self._fade)
        frames = longest // 4  # most notes are short, so this is tried first
        while True:
            sound = self.synthesize([NoteOn(0, voice, velocity)], frames)
            audible = audible_frames(sound, self.config.silence_db)
            if audible < frames - BLOCK_FRAMES:
                return sound[:audible]
            if frames == longest:
                return sound * self._fade
            frames = min(2 * frames, longest)

    def attacks(self, voice: int, frames: int) -> Sound:
        """Play the first frames of a voice at each MIDI velocity from 1 to 127: (127, frames, 2) in full scale."""
        sounds = np.zeros((127, frames, 2), dtype=np.float32)
        with KitSynth(self.kit, self.config) as synth:
            for velocity, sound in enumerate(sounds, start=1):
                synth.note_on(voice, velocity)
                synth.write(sound)
                synth.silence(voice)
                synth.write(np.zeros((BLOCK_FRAMES, 2), dtype=np.float32))
        return sounds

    def check_length(self, groove: Groove, *, with_stems: bool = False, sound_format: SoundFormat = USUAL_FORMAT) -> None:
        """Check that the sound of a groove, or its stems and their mix together, is not too long.

        Raises:
            SettingError: If it is longer than `audio.max_seconds`; for stems `max_seconds_with_stems`, `max_stem_seconds`. The
                last is half as long for stems of 24 bits and normalised ones, which take twice the memory.
        """
        seconds, config = groove.seconds, self.config
        sounds = 1 + len(lanes_of(self._list_notes(groove))) if with_stems else 1
        longest = min(config.max_seconds, config.max_seconds_with_stems) if with_stems else config.max_seconds
        if seconds > longest:
            raise SettingError(
                f"this groove lasts {_minutes(seconds)} and {'stems' if with_stems else 'sound'} may last {_minutes(longest)}: "
                "choose fewer bars or a higher tempo"
            )
        is_wide = sound_format.bit_depth > 16 or sound_format.normalize
        longest = config.max_stem_seconds / (2 if is_wide else 1)
        if with_stems and sounds * seconds > longest:
            at, instead = (" at 24 bit or normalised", ", 16 bit as heard") if is_wide else ("", "")
            raise SettingError(
                f"{sounds - 1} stems and their mix last {_minutes(sounds * seconds)} together and may last "
                f"{_minutes(longest)}{at}: choose fewer bars or a higher tempo{instead}, or the sound without stems"
            )

    def _render_once(self, groove: Groove, notes: Sequence[Played], tuning: float = 0.0) -> Sound:
        """Play notes once, with the longest tail, faded."""
        self.check_length(groove)
        loop_frames = self._loop_frames(groove)
        notes = [note._replace(frame=max(0, note.frame)) for note in notes]
        sound = self.synthesize(notes, loop_frames + len(self._fade), tuning)
        sound[loop_frames:] *= self._fade
        return sound

    def _render_loop(self, groove: Groove, notes: Sequence[Played], tuning: float = 0.0) -> Sound:
        """Play notes as a seamless loop, whose tail is mixed into its start."""
        self.check_length(groove)
        loop_frames = self._loop_frames(groove)
        frames = loop_frames + len(self._fade)
        notes = in_order(note._replace(frame=note.frame % loop_frames) for note in notes)
        choke = [note._replace(frame=note.frame + loop_frames) for note in notes if note.voice in HIHATS][:1]
        held = [note._replace(frame=note.frame + loop_frames) for note in chokes_of_round_before(notes)]
        sound = self.synthesize(in_order([*notes, *choke, *held]), frames, tuning)
        # The next round's hi-hat chokes the tail but must not sound in it: it is rendered alone and subtracted.
        silent = max(0, loop_frames // BLOCK_FRAMES - 1) * BLOCK_FRAMES  # before that hi-hat
        later = [note._replace(frame=note.frame - silent) for note in choke]
        tail = (sound[loop_frames:] - self.synthesize(later, frames - silent, tuning)[loop_frames - silent :]) * self._fade
        loop = sound[:loop_frames]
        for start in range(0, len(tail), loop_frames):
            part = tail[start : start + loop_frames]
            loop[: len(part)] += part
        return loop

    def _render(self, groove: Groove, notes: Sequence[Played], tuning: float = 0.0, *, loop: bool) -> Sound:
        return self._render_loop(groove, notes, tuning) if loop else self._render_once(groove, notes, tuning)

    def _play(self, groove: Groove, mix: Mix, *, loop: bool) -> Sound:
        """Play all lanes with a mix."""
        sound = self._add_room(self._play_strips(groove, mix, loop=loop), mix, loop=loop)
        return self._compress(sound, mix, loop=loop)

    def _play_stem(self, groove: Groove, mix: Mix, loop: bool, lane: str) -> Sound:
        """Play a lane by itself, with its strip and the room."""
        return self._add_room(self._play_strip(groove, mix, [lane], loop=loop), mix, loop=loop)

    def _add_room(self, sound: Sound, mix: Mix, *, loop: bool) -> Sound:
        return add_room(sound, mix.room, self.config.sample_rate, wraps=loop) if mix.room else sound

    def _compress(self, sound: Sound, mix: Mix, *, loop: bool) -> Sound:
        return compress(sound, mix.compressor, self.config.sample_rate, wraps=loop) if mix.compressor else sound

    def _play_strips(self, groove: Groove, mix: Mix, *, loop: bool) -> Sound:
        """Play lanes with their strips: those whose strips are the same together."""
        notes = self._list_notes(groove)
        lanes_by_strip: dict[Strip, list[str]] = {}
        for lane in lanes_of(notes):
            lanes_by_strip.setdefault(mix.strip(lane), []).append(lane)
        if lanes_by_strip.keys() <= {PLAIN_STRIP}:
            return self._render(groove, notes, loop=loop)
        parts = (self._play_strip(groove, mix, lanes, loop=loop) for lanes in lanes_by_strip.values())
        total = next(parts)
        for part in parts:
            total += part
        return total

    def _play_strip(self, groove: Groove, mix: Mix, lanes: Sequence[str], *, loop: bool) -> Sound:
        """Play lanes that have the same channel strip, with its sample or with a kit."""
        strip = mix.strip(lanes[0])
        sample = sample_of(mix, strip)
        if sample is None:
            return self._fit(self._play_lanes(groove, lanes, strip, loop=loop), groove, mix, loop=loop)
        self.check_length(groove)
        notes = list_notes(groove, replace(self.kit, velocity_exponent=1.0), self.config.sample_rate)
        silence = self._fit(np.zeros((0, 2), dtype=np.float32), groove, mix, loop=loop)
        return play_lanes(silence, sample, lanes, strip, notes, self.config, wraps=loop)

    def _fit(self, sound: Sound, groove: Groove, mix: Mix, *, loop: bool) -> Sound:
        """Lengthen a sound to the length of all lanes: a sample may have a longer tail than a kit."""
        tail = 0 if loop else max(len(self._fade), longest_frames(mix, self.config.sample_rate))
        missing = self._loop_frames(groove) + tail - len(sound)
        return np.pad(sound, ((0, missing), (0, 0))) if missing else sound

    def _play_lanes(self, groove: Groove, lanes: Collection[str], strip: Strip, *, loop: bool) -> Sound:
        """Play some lanes, choked by the hi-hats of the others, through a channel strip, and with its kit."""
        if strip.kit not in ("", self.kit.name):
            other = load_renderer(find_kit(strip.kit, self.kit.path.parent), self.config)
            return other._play_lanes(groove, lanes, replace(strip, kit=""), loop=loop)
        notes = self._list_notes(groove)
        own = [note for note in notes if note.lane in lanes]
        others: list[Played] = []
        if any(note.voice in HIHATS for note in own):
            hihats = [note for note in notes if isinstance(note, NoteOn) and note.voice in HIHATS]
            others = [note._replace(velocity=1) for note in hihats if note.lane not in lanes]
        sound = self._render(groove, in_order([*own, *others]), strip.tuning, loop=loop)
        if others:
            sound -= self._render(groove, others, strip.tuning, loop=loop)
        return apply_strip(sound, strip)

    @cached_property
    def _fade(self) -> Sound:
        """Gain of the tail, (tail frames, 1): 1, then linear to 0 over its last `fade_seconds`."""
        tail = np.arange(round(self.config.tail_seconds * self.config.sample_rate), 0, -1, dtype=np.float32)
        gain: Sound = np.minimum(tail / (self.config.fade_seconds * self.config.sample_rate), 1)
        return gain[:, np.newaxis]

    def _loop_frames(self, groove: Groove) -> int:
        return round(groove.seconds * self.config.sample_rate)

    def _list_notes(self, groove: Groove) -> list[Played]:
        return list_notes(groove, self.kit, self.config.sample_rate)

    def _gain(self, sound_format: SoundFormat, peak: float) -> float | None:
        """Return the gain that scales a peak to the level of normalised sound; None for sound as heard."""
        if not sound_format.normalize:
            return None
        return float(10 ** (self.config.normalized_peak_db / 20)) / peak if peak else 1.0

    def _rendering(self, sound: Sound, loop_frames: int, sound_format: SoundFormat, gain: float | None = None) -> Rendering:
        """Scale by a gain, or bend loud peaks where there is none, and convert to whole numbers."""
        samples = np.empty(sound.shape, dtype=np.int16 if sound_format.bit_depth == 16 else np.int32)
        for start in range(0, len(sound), _CONVERTED_FRAMES):  # by parts, since each step makes a copy
            part = sound[start : start + _CONVERTED_FRAMES]
            part = bend_peaks(part, self.config.knee) if gain is None else part * np.float32(gain)
            samples[start : start + _CONVERTED_FRAMES] = np.rint(part * sound_format.full_scale)
        return Rendering(samples, loop_frames, self.config.sample_rate, sound_format.bit_depth)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.3g} minutes"


_cached_renderer = cache(Renderer)
_loading = threading.Lock()
