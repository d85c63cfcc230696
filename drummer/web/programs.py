"""What programs ask the page for: functions with named endpoints."""

from __future__ import annotations

from pathlib import Path

from drummer import audio, pianoroll
from drummer.web import actions
from drummer.web.actions import Order
from drummer.web.desk import in_a_sentence
from drummer.web.files import name_file, write_midi, write_wav


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
    picture = name_file(take, "png")
    pianoroll.save(take.groove, picture, title=take.heading)
    return write_midi(take), write_wav(take) if audio.audio_available() else None, picture
