"""Small data sets of our own making, in the form of GMD and E-GMD."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from drummer.data.corpus import Performance
from drummer.evaluation.windows import LabelledGroove
from drummer.files import midi
from drummer.music.groove import Groove, Hits

COLUMNS = ("drummer", "session", "id", "style", "bpm", "beat_type", "time_signature", "midi_filename", "duration", "split")
GENRES = (
    "afrobeat", "afrocuban", "blues", "dance", "funk", "hiphop", "jazz", "latin", "neworleans",
    "pop", "punk", "reggae", "rock", "soul",
)  # fmt: skip
# Overrides of the configuration that make a model which learns such a data set in seconds.
TINY = (
    "model.sizes.small={hidden: 24, layers: 1, token_dim: 12, position_dim: 8, genre_dim: 4, bpm_dim: 2, encoder_hidden: 6, "
    "head_hidden: 16, dropout: 0.1}",
    "training.window_bars=2",
    "training.fine_tuning.epochs=0",
)


def simple_groove(bars: int = 4, bpm: float = 100.0, seed: int = 0) -> Groove:
    """Kick on 1 and 3, snare on 2 and 4, closed hi-hat on the eighths, with a hand that is never twice the same."""
    generator = np.random.default_rng(seed)
    beats = np.concatenate([np.arange(0, 4 * bars, 2), np.arange(1, 4 * bars, 2), np.arange(0, 4 * bars, 0.5)]).astype(float)
    voices = np.repeat([0, 1, 4], [2 * bars, 2 * bars, 8 * bars])
    beats += generator.normal(0.0, 0.01, len(beats)).clip(-0.02, 0.02)
    velocities = generator.uniform(0.3, 0.9, len(beats)).astype(np.float32)
    return Groove.from_hits(Hits(beats, voices, velocities), bpm, bars=bars)


def labelled_grooves(
    first_seed: int, count: int = 24, genre: str = "rock", bars: int = 12, quantized: bool = False
) -> list[LabelledGroove]:
    """Make simple grooves with seeds that count up, each in a group of its own; quantized ones are exactly on the grid."""
    grooves = [simple_groove(bars, seed=seed) for seed in range(first_seed, first_seed + count)]
    if quantized:
        grooves = [replace(groove, offsets=np.zeros_like(groove.offsets)) for groove in grooves]
    return [LabelledGroove(groove, genre, f"{genre} {first_seed + index} {quantized}") for index, groove in enumerate(grooves)]


def performance(name: str, groove: Groove) -> Performance:
    """Make a funk performance of the test split, such as `drummer1/session1/3`."""
    return Performance(name, name.split("/")[0], "funk", "beat", "test", "4-4", groove, 0, 0)


def write_gmd(folder: Path) -> Path:
    """Write a data set with three training beats and a fill of each genre, and a validation and a test beat."""
    rows = []
    for index, genre in enumerate(GENRES):
        takes = [("train", "beat", 4)] * 3 + [
            ("train", "fill", 1),
            ("validation", "beat", 4),
            ("validation", "fill", 1),
            ("test", "beat", 2),
        ]
        for number, (split, part, bars) in enumerate(takes):
            name = f"drummer1/session{index}/{number}_{genre}_{part}.mid"
            rows.append(_row(name, genre, part, split))
            _write(folder / name, simple_groove(bars, 90 + index, seed=10 * index + number))
    _write_table(folder / "info.csv", rows, COLUMNS)
    return folder


def write_e_gmd(folder: Path, kits: tuple[str, ...] = ("Acoustic Kit", "Jazz")) -> Path:
    """Write a data set that holds each performance once per kit."""
    rows = []
    for kit in kits:
        for split in ("train", "validation"):
            name = f"drummer1/session1/{split}_{kit.replace(' ', '')}.midi"
            rows.append(_row(name, "funk/groove1", "beat", split) | {"kit_name": kit})
            _write(folder / name, simple_groove(2))
    _write_table(folder / "e-gmd-v1.0.0.csv", rows, (*COLUMNS, "kit_name"))
    return folder


def _row(name: str, style: str, part: str, split: str) -> dict[str, str]:
    return {
        "drummer": "drummer1", "session": Path(name).parent.as_posix(), "id": Path(name).stem, "style": style, "bpm": "96",
        "beat_type": part, "time_signature": "4-4", "midi_filename": name, "duration": "1.0", "split": split,
    }  # fmt: skip


def _write(path: Path, groove: Groove) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(groove, path)


def _write_table(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
