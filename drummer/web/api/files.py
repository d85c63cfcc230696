"""Endpoints that open and write files and links."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import gradio as gr

from drummer import audio, exports
from drummer.errors import MidiError
from drummer.exports import FormatName
from drummer.files.document import from_code, from_document, to_code, to_document
from drummer.files.drum_maps import GENERAL_MIDI, find_drum_map
from drummer.files.sound_format import BIT_DEPTHS, SAMPLE_RATES, SoundFormat
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name, check_whole
from drummer.web import actions
from drummer.web.files import write_file
from drummer.web.page_context import show_errors

Json = dict[str, Any]
_NUMBER = re.compile("[0-9]{1,6}")
_PARTS = (1, 999_999)


@show_errors
def open_file(file: Any, drum_map: str = GENERAL_MIDI.name, rhythm_of: str = "") -> tuple[Json, str]:
    """Read a groove from a MIDI file or a groove.json.

    Args:
        file: The file; the end of its name tells its format: .json, .mid or .midi.
        drum_map: The drum kit that a MIDI file was made for; `choices` lists the names.
        rhythm_of: Read the notes of a part as hits of this voice, such as kick for a bass line that `reroll` keeps; empty = read
            the drums. kick:3 reads the third part of the file; without a number it is the one with the likeliest rhythm.

    Returns:
        The groove, and a line that describes what was read.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("path"), str):
        raise MidiError("there is no file: give a MIDI file or a groove.json")
    voice, _, part = str(rhythm_of or "").partition(":")
    rhythm = check_name("voice", voice, VOICE_INDEX) if voice or part else None
    number = check_whole("the number of the part", int(part) if _NUMBER.fullmatch(part) else part, _PARTS) if part else None
    take, understood = actions.open_file(Path(file["path"]), find_drum_map(str(drum_map)), rhythm, number)
    return to_document(take), understood


@show_errors
def export(
    groove: Json,
    form: FormatName = "mid",
    drum_map: str = "",
    track_a_voice: bool = False,
    loop: bool = False,
    kit: str | None = None,
    audio_format: exports.AudioFormat = "flac",
    sample_rate: int = SAMPLE_RATES[0],
    bit_depth: int = BIT_DEPTHS[0],
    normalize: bool = False,
) -> gr.FileData:
    """Write a groove as a file with a descriptive name.

    Args:
        groove: A groove, in the format of groove.json. Its setting mix, such as {"voices": {"snare": {"volume": -3, "pan": 0.25,
            "tuning": 2, "kit": "electronic_808"}}, "room": 0.3, "compressor": 0.5} in dB, -1 to 1, semitones and 0 to 1, is in
            the audio. Samples exist only in a visitor's browser; here the kit plays their lanes.
        form: mid, wav, flac, stems (a ZIP with an audio file of each voice), musicxml (sheet music), png, svg, json (groove.json)
            or zip (all of them).
        drum_map: The drum kit whose notes the MIDI file has; `choices` lists the names. By default the map of the groove's source
            file, or General MIDI.
        track_a_voice: Whether the MIDI file has one track per drum.
        loop: Whether audio is a seamless loop, exactly as long as its bars, or rings out after them.
        kit: The drum kit of the audio; by default the groove's own.
        audio_format: flac or wav, of the sounds in stems and zip.
        sample_rate: 44100 or 48000, in Hz.
        bit_depth: 16 or 24.
        normalize: Whether the sample peak of the audio is -1 dBFS, with one gain for all stems, or as loud as the page plays it.

    Returns:
        The file.
    """
    take = from_document(groove)
    if kit is not None:
        take = replace(take, settings={**take.settings, "kit": audio.find_kit(str(kit)).name})
    choices = exports.Choices(
        drum_map=find_drum_map(str(drum_map)) if drum_map else None,
        track_per_drum=bool(track_a_voice),
        loop=bool(loop),
        audio_format=audio_format,
        sound_format=SoundFormat(sample_rate, bit_depth, normalize),
    )
    return describe_file(write_file(take, str(form), choices))


@show_errors
def make_link(groove: Json) -> str:
    """Encode a groove as letters and digits; the page's address followed by ?groove= and the code opens it for anyone.

    Args:
        groove: A groove, in the format of groove.json.

    Returns:
        The code.
    """
    return to_code(from_document(groove))


@show_errors
def open_link(code: str) -> Json:
    """Decode the groove of a link.

    Args:
        code: The part of the link after ?groove=, or the whole link.

    Returns:
        The groove, in the format of groove.json.
    """
    return to_document(from_code(str(code).rpartition("groove=")[2]))


def describe_file(path: Path) -> gr.FileData:
    """Describe a file as Gradio sends it: the plain data of this type."""
    return cast(gr.FileData, gr.FileData(path=str(path), orig_name=path.name).model_dump())
