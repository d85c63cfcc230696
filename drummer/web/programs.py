"""What programs ask the page for: functions with named endpoints."""

from __future__ import annotations

from pathlib import Path

from drummer import audio
from drummer.web import actions
from drummer.web.actions import Order
from drummer.web.desk import in_a_sentence
from drummer.web.files import write_file


@in_a_sentence
def generate(
    genre: str, bpm: int, bars: int, temperature: float, seed: int, kit: str, model: str
) -> tuple[Path, Path | None, Path]:
    """Play a new drum groove: the same settings and seed give the same groove.

    Args:
        genre: What the drummer plays, such as funk.
        bpm: Tempo in quarter notes a minute.
        bars: Length in bars of four beats.
        temperature: How bold the drummer is: 1 plays as it learned, less is safer.
        seed: A whole number that all chance comes from.
        kit: The drum kit that the audio is played on.
        model: The size of the model.

    Returns:
        The MIDI file, the audio file (WAV; none where FluidSynth is not installed) and the picture (PNG).
    """
    audio.find_kit(str(kit))
    take = actions.play(Order(genre, bpm, bars, temperature, seed, kit, model))
    sound = write_file(take, "wav") if audio.audio_available() else None
    return write_file(take, "mid"), sound, write_file(take, "png")
