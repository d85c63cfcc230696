"""What the models learn from: how much of each genre, at which tempos, and what the two kinds of tokens keep of it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from drummer.config import Config, default_config, load_config
from drummer.data.corpus import SPLITS
from drummer.model.tokenizer import UNK, Tokenizer
from drummer.music.groove import Groove
from report import rows
from report.original_recipe import BeatTokenizer
from report.published import RECIPE


class Example(NamedTuple):
    """Some bars of a performance that show what tokens are: from the bar `first`, counted from 0."""

    performance: str
    first: int
    bars: int


EXAMPLE = Example("drummer1/session1/2", 8, 2)


def measure_data() -> rows.Values:
    """Count the performances in 4/4 of each genre and split, their minutes and tempos."""
    corpus = rows.corpus()
    values: rows.Values = {"genres": {}}
    for genre in default_config().genres:
        values["genres"][genre] = {
            split: {
                "beats": [(take.groove.bpm, take.beats * 60 / take.groove.bpm) for take in corpus.select(split, [genre], "beat")],
                "fills": len(corpus.select(split, [genre], "fill")),
            }
            for split in SPLITS
        }
    values["performances"] = len(corpus.performances)
    values["drummers"] = len({take.drummer for take in corpus.performances})
    values["hits"] = sum(take.groove.hit_count for take in corpus.performances)
    return values


def measure_tokens() -> rows.Values:
    """Measure what each kind of token knows and keeps of held-out beats."""
    return {
        "step": _tokens(default_config(), Tokenizer),
        "beat": _tokens(load_config(RECIPE), BeatTokenizer),
        "example": EXAMPLE._asdict(),
    }


def _tokens(config: Config, kind: type[Tokenizer]) -> rows.Values:
    corpus = rows.corpus(config.grid.steps_per_beat)
    train = [take.groove for take in corpus.select("train", config.genres)]
    tokenizer = kind.fit(train, config)
    values: rows.Values = {"vocabulary": tokenizer.size, "steps_per_beat": config.grid.steps_per_beat}
    for split in SPLITS:
        values[split] = _round_trip(config, tokenizer, split)
    (take,) = [take for take in corpus.performances if take.id == EXAMPLE.performance]
    groove = take.groove.cut(EXAMPLE.first, EXAMPLE.first + EXAMPLE.bars)
    sequence = tokenizer.encode(groove)
    values["tokens"] = sequence.tokens.tolist()
    values["played"] = _hits(groove)
    values["decoded"] = _hits(tokenizer.decode(sequence, groove.bpm))
    return values


def _hits(groove: Groove) -> list[tuple[float, int, float]]:
    """List (beat, voice, velocity) of each hit."""
    return [(float(beat), int(voice), float(velocity)) for beat, voice, velocity in zip(*groove.to_hits(), strict=True)]


def _round_trip(config: Config, tokenizer: Tokenizer, split: str) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for take in rows.corpus(config.grid.steps_per_beat).select(split, config.genres, "beat"):
        groove = take.groove
        sequence = tokenizer.encode(groove)
        counted = sequence.tokens[: take.beats * groove.steps_per_beat // tokenizer.token_steps]
        back = tokenizer.decode(sequence, groove.bpm)
        both = groove.hits & back.hits
        milliseconds = 60_000 / groove.bpm / groove.steps_per_beat
        counts["tokens"] += len(counted)
        counts["unknown"] += int((counted == UNK).sum())
        counts["onsets"] += groove.hit_count + take.lost
        counts["kept"] += int(both.sum())
        counts["velocity"] += np.abs(groove.velocities - back.velocities)[both].sum() * 127
        counts["timing"] += np.abs(groove.offsets - back.offsets)[both].sum() * milliseconds
    return {
        "unknown": counts["unknown"] / counts["tokens"],
        "onsets_kept": counts["kept"] / counts["onsets"],
        "velocity_error": counts["velocity"] / counts["kept"],
        "timing_error": counts["timing"] / counts["kept"],
    }


MEASUREMENTS = [
    rows.Measurement("data", measure_data, minutes=0.3, quick=True),
    rows.Measurement("tokens", measure_tokens, minutes=1, quick=True),
]
