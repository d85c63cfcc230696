"""Export as sound: all voices together in one WAV or FLAC file, or the stem of each voice in a ZIP."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drummer.config import default_config
from drummer.exports.base import Choices, ExportFormat
from drummer.exports.zip_file import write_zip
from drummer.files.document import Take
from drummer.files.sound_format import USUAL_FORMAT
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import VOICES

if TYPE_CHECKING:
    from drummer.audio import Kit, ProgressCallback, Rendering

_PARALLEL_FILES = 2  # encoded at the same time
_RENDERING_SHARE = 0.75  # of the time for stems; the rest is their encoding


class _Sound(ExportFormat):
    is_sound = True
    in_archive = False  # it has the stems, and the mix of them

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:  # noqa: ARG002
        """Render the groove on the chosen kit."""
        from drummer import audio

        kit = self.require_kit(choices)
        mix = audio.with_samples(take.mix, choices.samples)
        sound = audio.render(take.groove, kit, sound_format=choices.sound_format, mix=mix, loop=choices.loop)
        return _encode(sound, self.extension)

    def file_name(self, take: Take, choices: Choices) -> str:
        """Return the name, which tells a loop from a sound that rings out, and an unusual sample rate or bit depth."""
        return f"{_stem(take, choices)}.{self.extension}"


class Wav(_Sound):
    """The sound, uncompressed."""

    name = extension = "wav"
    label = "WAV"
    description = "the sound"
    is_primary = True


class Flac(_Sound):
    """The sound, compressed without loss."""

    name = extension = "flac"
    label = "FLAC"
    description = "the sound in half the space"


class Stems(ExportFormat):
    """The sound of each voice by itself, in a ZIP."""

    name, extension = "stems", "zip"
    label = "Stems"
    description = "a ZIP with the sound of each voice by itself"
    is_sound = is_slow = True
    in_archive = False  # it has them in a folder

    def write(self, take: Take, choices: Choices, progress: ProgressCallback | None = None) -> bytes:
        """Render each voice, and write them with the credits of the kit."""
        kit = self.require_kit(choices)
        _, stems = render_files(take, kit, choices, progress)
        about = "\n".join([take.heading, "", *credits_of(take, choices, kit), ""])
        return write_zip(f"{_stem(take, choices)}_stems", {**stems, "about.txt": about.encode()})

    def file_name(self, take: Take, choices: Choices) -> str:
        """Return the name, which tells stems from the ZIP with everything."""
        return f"{_stem(take, choices)}_stems.zip"


def render_files(
    take: Take, kit: Kit, choices: Choices, progress: ProgressCallback | None
) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Render and encode the mix and the stem of each voice, which add up to the mix: two mappings of file names to contents."""
    from drummer import audio

    def rendered(share: float) -> None:
        if progress is not None:
            progress(_RENDERING_SHARE * share)

    wanted = audio.with_samples(take.mix, choices.samples)
    mix, voices = audio.render_stems(
        take.groove, kit, loop=choices.loop, progress=rendered, sound_format=choices.sound_format, mix=wanted
    )
    of_stems = f"{take.stem}{_format_suffix(choices)}"
    sounds = {_stem(take, choices): mix} | {f"{of_stems}_{name}": stem for name, stem in voices.items()}
    del mix, voices
    names, encoded = list(sounds), {}
    with ThreadPoolExecutor(_PARALLEL_FILES) as pool:  # libsndfile releases Python's lock while it encodes
        files = pool.map(lambda name: _encode(sounds.pop(name), choices.audio_format), names)
        for name, data in zip(names, files, strict=True):
            encoded[f"{name}.{choices.audio_format}"] = data
            if progress is not None:
                progress(_RENDERING_SHARE + (1 - _RENDERING_SHARE) * len(encoded) / len(names))
    mix_name, *stem_names = encoded
    return {mix_name: encoded[mix_name]}, {name: encoded[name] for name in stem_names}


def credits_of(take: Take, choices: Choices, kit: Kit | None) -> list[str]:
    """List the lines of about.txt on the length of the sound and its stems, and on the authors of the kit."""
    if kit is None:
        return ["Sound: none, FluidSynth was not installed or no kit was chosen"]
    length = "exactly its bars, a seamless loop" if choices.loop else "its bars, and then it rings out"
    form = choices.sound_format
    level = f", sample peak {default_config().audio.normalized_peak_db:g} dBFS" if form.normalize else ""
    stems = "the stems are without its compressor" if take.mix.compressor else "the stems add up to it"
    lines = [f"Sound: kit {kit.label}, {length}; {stems}"]
    lines += [f"Format: {form.sample_rate / 1000:g} kHz, {form.bit_depth} bit{level}"]
    lines += _sample_lines(take, choices)
    credited = [f"Kit{of}: {each.attribution}, {each.license}" for of, each in _kits(take, kit) if each.attribution]
    return [*lines, *dict.fromkeys(credited)]


def _sample_lines(take: Take, choices: Choices) -> list[str]:
    """List the samples of the mix with the lanes that they play; a lane without hits has none to play."""
    missing = "which was not in the browser, so the kit plays it"
    groove = take.groove
    playing = {voice.name for voice, hits in zip(VOICES, groove.hits.T, strict=True) if hits.any()}
    if groove.details is not None and groove.details.percussion:
        playing.add(PERCUSSION_LANE)
    strips = [(lane, strip.sample) for lane, strip in take.mix.strips.items() if lane in playing]
    named = [(lane.replace("_", " "), sample) for lane, sample in strips if sample is not None]
    return [f"Sample of {lane}: {each.name}{'' if each.digest in choices.samples else f', {missing}'}" for lane, each in named]


def _kits(take: Take, kit: Kit) -> list[tuple[str, Kit]]:
    """List the kit of a take and those that play single voices of it, with the words that name them."""
    from drummer import audio

    names = dict.fromkeys(strip.kit for strip in take.mix.strips.values() if strip.kit not in ("", kit.name))
    others = [audio.find_kit(name, kit.path.parent) for name in names]
    return [("", kit), *((f" {other.label}", other) for other in others)]


def _stem(take: Take, choices: Choices) -> str:
    return f"{take.stem}{'_loop' * choices.loop}{_format_suffix(choices)}"


def _format_suffix(choices: Choices) -> str:
    """Name the sample rate and the bit depth, such as `_48k-24bit`, if they are not the usual ones."""
    form = choices.sound_format
    is_usual = (form.sample_rate, form.bit_depth) == (USUAL_FORMAT.sample_rate, USUAL_FORMAT.bit_depth)
    return "" if is_usual else f"_{form.sample_rate / 1000:g}k-{form.bit_depth}bit"


def _encode(sound: Rendering, extension: str) -> bytes:
    return sound.flac_bytes() if extension == "flac" else sound.wav_bytes()
