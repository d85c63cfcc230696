"""Statistics of the data set, and the reconstruction error of both tokenizers."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from drummer.config import Config, default_config, load_config
from drummer.data.corpus import SPLITS
from drummer.model.tokenizer import UNK, Tokenizer
from drummer.music.groove import Groove
from report import results
from report.original_recipe import BeatTokenizer
from report.published import RECIPE


class Example(NamedTuple):
    """Bars of a performance that illustrate the tokens, starting at bar `first`, counted from 0."""

    performance: str
    first: int
    bars: int


EXAMPLE = Example("drummer1/session1/2", 8, 2)


def measure_data() -> results.Values:
    """Count the performances in 4/4 of each genre and split, their minutes and tempos."""
    corpus = results.corpus()
    values: results.Values = {"genres": {}}
    for genre in default_config().genres:
        values["genres"][genre] = {
            split: {
                "beats": [
                    (performance.groove.bpm, performance.beats * 60 / performance.groove.bpm)
                    for performance in corpus.select(split, [genre], "beat")
                ],
                "fills": len(corpus.select(split, [genre], "fill")),
            }
            for split in SPLITS
        }
    values["performances"] = len(corpus.performances)
    values["drummers"] = len({performance.drummer for performance in corpus.performances})
    values["hits"] = sum(performance.groove.hit_count for performance in corpus.performances)
    return values


def measure_tokens() -> results.Values:
    """Measure unknown tokens and reconstruction error of both tokenizers."""
    return {
        "step": _tokens(default_config(), Tokenizer),
        "beat": _tokens(load_config(RECIPE), BeatTokenizer),
        "example": EXAMPLE._asdict(),
    }


def _tokens(config: Config, kind: type[Tokenizer]) -> results.Values:
    corpus = results.corpus(config.grid.steps_per_beat)
    train = [performance.groove for performance in corpus.select("train", config.genres)]
    tokenizer = kind.fit(train, config)
    values: results.Values = {"vocabulary": tokenizer.size, "steps_per_beat": config.grid.steps_per_beat}
    for split in SPLITS:
        values[split] = _round_trip(config, tokenizer, split)
    (performance,) = [performance for performance in corpus.performances if performance.id == EXAMPLE.performance]
    groove = performance.groove.cut(EXAMPLE.first, EXAMPLE.first + EXAMPLE.bars)
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
    for performance in results.corpus(config.grid.steps_per_beat).select(split, config.genres, "beat"):
        groove = performance.groove
        sequence = tokenizer.encode(groove)
        counted = sequence.tokens[: performance.beats * groove.steps_per_beat // tokenizer.token_steps]
        back = tokenizer.decode(sequence, groove.bpm)
        both = groove.hits & back.hits
        milliseconds = 60_000 / groove.bpm / groove.steps_per_beat
        counts["tokens"] += len(counted)
        counts["unknown"] += int((counted == UNK).sum())
        counts["onsets"] += groove.hit_count + performance.lost
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
    results.Measurement("data", measure_data, minutes=0.3, quick=True),
    results.Measurement("tokens", measure_tokens, minutes=1, quick=True),
]
