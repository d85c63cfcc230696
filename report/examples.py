"""Example groove of each genre, as MIDI and sound."""

from __future__ import annotations

import soundfile

from drummer import audio, midi
from drummer.generation.tempos import usual_bpm
from report import results

MODEL, BARS, SEED = "medium", 4, 7
QUALITY = 0.55  # Ogg Vorbis compression, 0 = largest files, 1 = smallest
LIMIT = 3_000_000  # bytes, all sounds together


def measure() -> results.Values:
    """Generate a groove of each genre; write its MIDI and sound into the report's folder."""
    drummer, kit = results.drummer(MODEL), audio.find_kit("black_pearl")
    values: results.Values = {"model": MODEL, "seed": SEED, "bars": BARS, "kit": kit.name, "grooves": {}}
    for genre in drummer.genres:
        groove = drummer.generate(genre=genre, bpm=usual_bpm(genre), bars=BARS, seed=SEED)
        midi.write(groove, results.FOLDER / f"{genre}.mid")
        sound, path = audio.render(groove, kit), results.FOLDER / f"{genre}.ogg"
        soundfile.write(path, sound.samples, sound.sample_rate, format="OGG", subtype="VORBIS", compression_level=QUALITY)
        values["grooves"][genre] = {
            "bpm": groove.bpm,
            "hits": groove.hit_count,
            "seconds": round(len(sound.samples) / sound.sample_rate, 1),
            "bytes": path.stat().st_size,
        }
    total = sum(groove["bytes"] for groove in values["grooves"].values())
    assert total < LIMIT, f"the sounds take {total} bytes together, {LIMIT} are allowed"
    return values


MEASUREMENTS = [results.Measurement("examples", measure, minutes=0.5, seed=SEED)]
