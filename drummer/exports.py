"""What a musician takes away: one ZIP with a groove as MIDI, sound, stems, pictures and `groove.json`, under names to keep."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from drummer import audio, document, midi, pianoroll
from drummer.document import Take
from drummer.drum_maps import GENERAL_MIDI, DrumMap

AudioFormat = Literal["wav", "flac"]

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can hold; the same take gives the same bytes
_COMPRESSED = (".flac", ".png")


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


def pack(take: Take, choices: Choices, original: Take | None = None) -> bytes:
    """Pack everything into a ZIP: MIDI, sound, a stem for each voice, the piano roll as PNG and SVG, `groove.json`.

    The stems add up to the sound beside them, see `audio.Renderer.render_stems`. Without FluidSynth, or without a kit, there is
    no sound in it. The same take and choices give the same bytes.

    Args:
        take: What is heard.
        choices: How it is written.
        original: What `groove.json` opens again, where that is more than what is heard, such as voices that are muted.

    Raises:
        DrummerError: If the kit cannot be played, or the groove has a form that MIDI cannot hold.
    """
    stem = take.stem
    kit = choices.kit if audio.audio_available() else None
    files = {f"{stem}.mid": midi.to_bytes(take.groove, stem, drum_map=choices.drum_map, track_a_voice=choices.track_a_voice)}
    for suffix in ("png", "svg"):
        files[f"{stem}.{suffix}"] = pianoroll.to_bytes(take.groove, suffix, title=take.heading)
    files["groove.json"] = document.to_json(original or take).encode()
    if kit is not None:
        mix, voices = audio.render_stems(take.groove, kit, loop=choices.loop)
        kind = choices.audio_format
        files[f"{stem}{'_loop' if choices.loop else ''}.{kind}"] = _encode(mix, kind)
        files |= {f"stems/{stem}_{voice}.{kind}": _encode(sound, kind) for voice, sound in voices.items()}
    files["about.txt"] = _about(take, choices, kit).encode()
    return _zip(stem, files)


def _encode(sound: audio.Rendering, audio_format: AudioFormat) -> bytes:
    return sound.flac_bytes() if audio_format == "flac" else sound.wav_bytes()


def _about(take: Take, choices: Choices, kit: audio.Kit | None) -> str:
    """Say what is in the ZIP and whom to name."""
    lines = [take.heading, "", f"MIDI: notes of {choices.drum_map.label}"]
    report = choices.drum_map.report(take.groove)
    lines += [report] if report else []
    if kit is None:
        lines.append("Sound: none, FluidSynth was not installed or no kit was chosen")
    else:
        length = "exactly its bars, its tail folded over the seam" if choices.loop else "its bars and what rings on"
        lines.append(f"Sound: kit {kit.label}, {length}; the stems add up to it")
        lines += [f"Kit: {kit.attribution}, {kit.license}"] if kit.attribution else []
    lines.append("groove.json: opens in Drummer with all its settings")
    lines += ["", json.dumps(dict(take.settings), ensure_ascii=False)] if take.settings else []
    return "\n".join(lines) + "\n"


def _zip(folder: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", _DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if PurePosixPath(name).suffix in _COMPRESSED else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
