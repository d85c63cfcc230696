"""A groove of each genre to look at and to listen to."""

from __future__ import annotations

import soundfile

from drummer import audio
from drummer.files import midi
from drummer.generation.tempos import usual_bpm
from report import rows

MODEL, BARS, SEED = "medium", 4, 7
QUALITY = 0.55  # of Ogg Vorbis, 0 = largest files, 1 = smallest
LIMIT = 3_000_000  # bytes of all sounds together


def measure() -> rows.Values:
    """Play, write and render a groove of each genre into the report's folder."""
    drummer, kit = rows.drummer(MODEL), audio.find_kit("black_pearl")
    values: rows.Values = {"model": MODEL, "seed": SEED, "bars": BARS, "kit": kit.name, "grooves": {}}
    for genre in drummer.genres:
        groove = drummer.generate(genre=genre, bpm=usual_bpm(genre), bars=BARS, seed=SEED)
        midi.write(groove, rows.FOLDER / f"{genre}.mid")
        sound, path = audio.render(groove, kit), rows.FOLDER / f"{genre}.ogg"
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


MEASUREMENTS = [rows.Measurement("examples", measure, minutes=0.5, seed=SEED)]
