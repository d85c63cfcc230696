"""What a musician takes away, under names to keep: MIDI, sound, stems, pictures, `groove.json`, or one ZIP with all of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal, NamedTuple

from drummer import audio
from drummer.errors import SettingError
from drummer.files import document, midi
from drummer.files.document import Take
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.pictures import piano_roll
from drummer.validation import quote

AudioFormat = Literal["wav", "flac"]

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "mid": "MIDI",
        "wav": "the sound",
        "flac": "the sound in half the space",
        "stems": "a ZIP with the sound of each voice by itself",
        "png": "the piano roll",
        "svg": "the piano roll for print",
        "json": "the groove with its settings, which Drummer opens again",
        "zip": "a ZIP with all of these",
    }
)
SOUNDS = ("wav", "flac", "stems")  # forms that there are none of without FluidSynth

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can hold; the same take gives the same bytes
_SIDE_BY_SIDE = 2  # files that are encoded at the same time
_RENDERING = 0.75  # share of the time for sounds that is not their encoding
_COMPRESSED = (".flac", ".png")


def is_played(form: str) -> bool:
    """Tell whether a form needs a kit that plays it; a ZIP does where there is FluidSynth, and has no sound elsewhere."""
    return form in SOUNDS or (form == "zip" and audio.audio_available())


@dataclass(frozen=True)
class Choices:
    """How a take is written.

    Attributes:
        kit: What plays it; None = no sound.
        drum_map: Whose notes the MIDI file has.
        track_a_voice: Whether the MIDI file has a track for each voice.
        loop: Whether the sound is as long as its bars, with its tail folded over the seam, or rings out behind them.
        audio_format: `wav` or `flac`.
    """

    kit: audio.Kit | None
    drum_map: DrumMap = GENERAL_MIDI
    track_a_voice: bool = False
    loop: bool = True
    audio_format: AudioFormat = "flac"


class File(NamedTuple):
    """What is written: the name that a musician keeps, and the content."""

    name: str
    data: bytes


def export(take: Take, form: str, choices: Choices, original: Take | None = None, tell: audio.Tell = audio.tell_nobody) -> File:
    """Write a take in one of `FORMS`.

    Args:
        take: What is heard.
        form: Which of them.
        choices: How it is written.
        original: As in `pack`; also what `json` opens again.
        tell: As in `pack`; of one file it is told nothing.

    Raises:
        SettingError: If there is no such form, or no kit for a sound.
        DrummerError: As `pack`; sound by itself also where FluidSynth is not installed.
    """
    if form == "mid":
        data = midi.to_bytes(
            take.groove, take.stem, drum_map=choices.drum_map, track_a_voice=choices.track_a_voice, markers=take.markers
        )
        return File(f"{take.stem}.mid", data)
    if form in ("png", "svg"):
        return File(f"{take.stem}.{form}", piano_roll.to_bytes(take.groove, form, title=take.heading, markers=take.markers))
    if form == "json":
        return File(f"{take.stem}.json", document.to_json(original or take).encode())
    if form == "zip":
        return File(f"{take.stem}.zip", pack(take, choices, original, tell))
    if not isinstance(form, str) or form not in FORMS:
        raise SettingError(f"unknown form {quote(form)}, it must be one of {', '.join(FORMS)}")
    if choices.kit is None:
        raise SettingError(f"{FORMS[form]} needs a kit that plays it")
    stem = f"{take.stem}{'_loop' * choices.loop}"
    if form == "stems":
        sounds = _sounds(take, choices.kit, choices, tell)
        files = {PurePosixPath(name).name: data for name, data in sounds.items() if "/" in name}
        files["about.txt"] = "\n".join([take.heading, "", *_credits(choices, choices.kit), ""]).encode()
        return File(f"{stem}_stems.zip", _zip(f"{stem}_stems", files))
    sound = (audio.render_loop if choices.loop else audio.render)(take.groove, choices.kit)
    return File(f"{stem}.{form}", _encode(sound, form))


def pack(take: Take, choices: Choices, original: Take | None = None, tell: audio.Tell = audio.tell_nobody) -> bytes:
    """Pack everything into a ZIP: MIDI, sound, a stem for each voice, the piano roll as PNG and SVG, `groove.json`.

    The stems add up to the sound beside them, see `audio.Renderer.render_stems`. Without FluidSynth, or without a kit, there is
    no sound in it. The same take and choices give the same bytes.

    Args:
        take: What is heard.
        choices: How it is written.
        original: What `groove.json` opens again, where that is more than what is heard, such as voices that are muted.
        tell: Is told how much of the sound is done, 0-1: it is what takes long.

    Raises:
        SettingError: If its sounds are too long together, see `audio.Renderer.check_length`.
        DrummerError: If the kit cannot be played, or the groove has a form that MIDI cannot hold.
    """
    kit = choices.kit if audio.audio_available() else None
    if kit is not None:
        audio.load_renderer(kit).check_length(take.groove, with_stems=True)
    files = dict(export(take, form, choices) for form in ("mid", "png", "svg"))
    files["groove.json"] = document.to_json(original or take).encode()
    if kit is not None:
        files |= _sounds(take, kit, choices, tell)
    files["about.txt"] = _about(take, choices, kit).encode()
    return _zip(take.stem, files)


def _sounds(take: Take, kit: audio.Kit, choices: Choices, tell: audio.Tell) -> dict[str, bytes]:
    """Write the sound, and that of each voice into a folder beside it."""
    mix, voices = audio.render_stems(take.groove, kit, loop=choices.loop, tell=lambda share: tell(_RENDERING * share))
    kind, written = choices.audio_format, {}
    sounds = {f"{take.stem}{'_loop' * choices.loop}": mix} | {f"stems/{take.stem}_{name}": voices[name] for name in voices}
    del mix, voices
    count, names = len(sounds), list(sounds)
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as beside:  # libsndfile needs no Python while it encodes
        for name, data in zip(names, beside.map(lambda name: _encode(sounds.pop(name), kind), names), strict=True):
            written[f"{name}.{kind}"] = data
            tell(_RENDERING + (1 - _RENDERING) * len(written) / count)
    return written


def _encode(sound: audio.Rendering, audio_format: str) -> bytes:
    return sound.flac_bytes() if audio_format == "flac" else sound.wav_bytes()


def _about(take: Take, choices: Choices, kit: audio.Kit | None) -> str:
    """Say what is in the ZIP and whom to name."""
    lines = [take.heading, "", f"MIDI: notes of {choices.drum_map.label}"]
    report = choices.drum_map.report(take.groove)
    lines += [report] if report else []
    lines += _credits(choices, kit)
    lines.append("groove.json: opens in Drummer with all its settings")
    lines += ["", json.dumps(dict(take.settings), ensure_ascii=False)] if take.settings else []
    return "\n".join(lines) + "\n"


def _credits(choices: Choices, kit: audio.Kit | None) -> list[str]:
    """Say how long the sound is, and whose."""
    if kit is None:
        return ["Sound: none, FluidSynth was not installed or no kit was chosen"]
    length = "exactly its bars, its tail folded over the seam" if choices.loop else "its bars and what rings on"
    lines = [f"Sound: kit {kit.label}, {length}; the stems add up to it"]
    return [*lines, f"Kit: {kit.attribution}, {kit.license}"] if kit.attribution else lines


def _zip(folder: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", _DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if PurePosixPath(name).suffix in _COMPRESSED else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
