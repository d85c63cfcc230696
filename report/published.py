"""The recipe that Drummer was first published with: on the official split, and under the protocol that it was published with.

The published protocol cuts all performances into overlapping windows, shuffles these into its splits, and shows the encoder what
the decoder must play. It lives here and nowhere else: nothing that it measures says how well a model plays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from drummer.config import ROOT, Config, load_config
from drummer.corpus import SPLITS, Corpus
from drummer.model import Known, ModelShape
from drummer.training import Trainer
from drummer.windows import Batch, EncodedPerformance, Window, encode_performances, group, make_batch
from report.guesses import Guesses, guess_batches, guess_tokens, scores
from report.trials import Point

RECIPE = ROOT / "recipes" / "published.yaml"
BATCH = 16  # windows; the recipe's 1,024 would leave about two updates a pass over GMD
# The recipe's teacher forcing falls by .006 a pass, so in the few passes of this budget it would hardly leave 1.
CHANGES = (f"training.batch_size={BATCH}", "training.teacher_forcing.end=1.0")
HOP_BARS = 1  # between the starts of overlapping windows
SHARES = (0.8, 0.1, 0.1)  # of the windows that go into training, validation and test
JUDGED = 256  # windows of each shuffled split that are judged


class Shuffled(NamedTuple):
    """The published protocol's splits, each a list of windows of all performances with everything given."""

    train: list[Window]
    validation: list[Window]
    test: list[Window]


def published_config(recipe: Path = RECIPE) -> Config:
    """Read the published recipe with the changes that the report's budget asks for."""
    return load_config(recipe, CHANGES)


def shuffled_splits(corpus: Corpus, trainer: Trainer) -> Shuffled:
    """Cut all performances into overlapping windows and shuffle them into splits, as the published recipe did."""
    config, shape = trainer.config, trainer.model.shape
    takes = encode_performances(
        [take for split in SPLITS for take in corpus.select(split, config.genres)], trainer.tokenizer, list(config.genres)
    )
    length = config.training.window_bars * shape.tokens_per_bar
    known = Known(np.ones((length, shape.cells), dtype=bool), np.ones((length, shape.cells), dtype=bool))
    windows = [
        Window(take, start, length, known)
        for take in takes
        for start in range(0, len(take.tokens) - length + 1, HOP_BARS * shape.tokens_per_bar)
    ]
    order = np.random.default_rng(config.training.seed).permutation(len(windows))
    ends = np.cumsum([round(share * len(windows)) for share in SHARES[:2]])
    return Shuffled(*([windows[index] for index in part.tolist()] for part in np.split(order, ends)))


def revealed(windows: Sequence[Window], shape: ModelShape) -> Batch:
    """Make a batch in which the encoder reads all of what the decoder must play, and the decoder must play all of it."""
    batch = make_batch(windows, shape)
    target = torch.stack([torch.arange(window.length) < window.performance.counted - window.start for window in windows])
    return batch._replace(target=target)


def revealed_batches(windows: Sequence[Window], shape: ModelShape, size: int, passes: int) -> Iterator[Batch]:
    """Go once over shuffled windows."""
    for chosen in group(windows, size * windows[0].length, np.random.default_rng([passes])):
        yield revealed(chosen, shape)


def guess_revealed(trainer: Trainer, windows: Sequence[Window]) -> Guesses:
    """Guess the tokens of the first `JUDGED` windows of a shuffled split, the encoder reading them."""
    shape = trainer.model.shape
    chosen = windows[:JUDGED]
    batches = (revealed(chosen[start : start + 64], shape) for start in range(0, len(chosen), 64))
    return guess_batches(trainer.model, batches, tokens_per_beat=1)


def overlap(splits: Shuffled) -> dict[str, float]:
    """Measure how much of the shuffled test split has been trained on: share of its beats, and of its whole windows."""
    trained_beats: set[tuple[int, int]] = set()
    trained_windows: set[bytes] = set()
    for window in splits.train:
        beats = range(window.start, window.start + window.length)
        trained_beats |= {(id(window.performance), beat) for beat in beats}
        trained_windows.add(_content(window))
    shared = [
        (id(window.performance), beat) in trained_beats
        for window in splits.test
        for beat in range(window.start, window.start + window.length)
    ]
    return {
        "test_beats_in_training": float(np.mean(shared)),
        "test_windows_in_training": float(np.mean([_content(window) in trained_windows for window in splits.test])),
    }


def _content(window: Window) -> bytes:
    return window.performance.tokens[window.start : window.start + window.length].tobytes()


def measure_shuffled(splits: Shuffled) -> Any:
    """Make what `Trial.measure` needs to follow the shuffled validation split."""

    def measure(trainer: Trainer) -> Point:
        guesses = guess_revealed(trainer, splits.validation)
        return {"loss": float(guesses.bits.mean()), **scores(guesses)}

    return measure


def measure_split(takes: Sequence[EncodedPerformance]) -> Any:
    """Make what `Trial.measure` needs to follow the official validation split."""

    def measure(trainer: Trainer) -> Point:
        guesses = guess_tokens(trainer.model, takes, tokens_per_beat=1)
        return {"loss": float(guesses.bits.mean()), **scores(guesses)}

    return measure


def round_trip(corpus: Corpus, trainer: Trainer, split: str) -> dict[str, float]:
    """Encode the beats of a split and decode them: shares of onsets, and of their velocities, that come back."""
    kept = total = same = 0
    for take in corpus.select(split, trainer.config.genres, "beat"):
        groove = take.groove
        back = trainer.tokenizer.decode(trainer.tokenizer.encode(groove), groove.bpm)
        both = groove.hits & back.hits
        kept += int(both.sum())
        total += groove.hit_count + take.lost
        same += int((np.abs(groove.velocities - back.velocities)[both] < 0.5 / 127).sum())
    return {"onsets_kept": kept / total, "velocities_kept": same / total}


def decoded(corpus: Corpus, trainer: Trainer, split: str) -> list[Any]:
    """Encode and decode whole performances of a split; what a perfect model of this recipe could play at best."""
    return [
        replace(take, groove=trainer.tokenizer.decode(trainer.tokenizer.encode(take.groove), take.groove.bpm))
        for take in corpus.select(split, trainer.config.genres, "beat")
    ]
