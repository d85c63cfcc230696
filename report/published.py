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
from drummer.data.batches import Batch, Window, group, make_batch
from drummer.data.corpus import SPLITS, Performance
from drummer.data.encoding import EncodedPerformance, encode_performances
from drummer.evaluation import metrics
from drummer.evaluation.windows import LabelledGroove, cut_windows, label_performances
from drummer.files import midi
from drummer.model.checkpoint import save_weights
from drummer.model.inputs import FixedMask, ModelShape
from drummer.model.tokenizer import Tokenizer
from drummer.music.meter import FOUR_FOUR
from drummer.training.trainer import Trainer
from report import results
from report.intervals import bootstrap
from report.learning_rates import past_updates
from report.models import HELD_OUT, compare_with_drummers, human_grooves, human_windows, plain
from report.original_recipe import OriginalPlayer, OriginalTrainer, load_original
from report.predictions import Predictions, predict_batches, predict_tokens, scores
from report.short_runs import Point, ShortRun

RECIPE = ROOT / "recipes" / "published.yaml"
BATCH = 16  # windows; the recipe's 1,024 would leave about two updates a pass over GMD
# The recipe's teacher forcing falls by .006 a pass, so in the few passes of this budget it would hardly leave 1.
CHANGES = (f"training.batch_size={BATCH}", "original_recipe.teacher_forcing.end=1.0")
SIZE = "small"
SPLIT_SECONDS, SPLIT_MEASUREMENTS = 690, 7  # CPU time of training, and how often it is looked at on the way
SHUFFLED_SECONDS, SHUFFLED_MEASUREMENTS = 500, 6
FEW, FEW_SECONDS = 10, 300  # of how many takes one is kept, and the time for these
JUDGED_TAKES = 80  # performances of a split that are judged; validation and test have fewer
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


def make_leaky_trainer(takes: Sequence[Performance]) -> OriginalTrainer:
    """Prepare the small model of the published recipe with a vocabulary that was found in all takes, as it was then."""
    config = published_config()
    corpus = results.corpus(config.grid.steps_per_beat)
    everything = tuple(replace(take, split="train") for take in takes)
    validation = tuple(corpus.select("validation", config.genres))  # which the trainer asks for, and the protocol never uses
    return OriginalTrainer(config, SIZE, replace(corpus, performances=everything + validation), Path(), "", quiet=True)


def all_takes() -> list[Performance]:
    """List the takes in 4/4 of all splits."""
    config = published_config()
    corpus = results.corpus(config.grid.steps_per_beat)
    return [take for split in SPLITS for take in corpus.select(split, config.genres)]


def overlapping(trainer: Trainer, takes: Sequence[EncodedPerformance]) -> list[Window]:
    """Cut takes into overlapping windows, and shuffle them; the encoder is given all of each."""
    config, shape = trainer.config, trainer.model.shape
    length = config.training.window_bars * shape.tokens_per_bar(FOUR_FOUR)
    fixed = FixedMask(np.ones((length, shape.cells), dtype=bool), np.ones((length, shape.cells), dtype=bool))
    windows = [
        Window(take, start, length, fixed)
        for take in takes
        for start in range(0, len(take.tokens) - length + 1, HOP_BARS * shape.tokens_per_bar(FOUR_FOUR))
    ]
    return [windows[index] for index in np.random.default_rng(config.training.seed).permutation(len(windows)).tolist()]


def shuffled_splits(trainer: Trainer) -> Shuffled:
    """Deal overlapping, shuffled windows out to splits, as the published recipe did."""
    windows = overlapping(trainer, trainer.train)
    first, second = np.cumsum([round(share * len(windows)) for share in SHARES[:2]]).tolist()
    return Shuffled(windows[:first], windows[first:second], windows[second:])


def revealed(windows: Sequence[Window], shape: ModelShape) -> Batch:
    """Make a batch in which the encoder reads all of what the decoder must play, and the decoder must play all of it."""
    batch = make_batch(windows, shape)
    target = torch.stack([torch.arange(window.length) < window.performance.counted - window.start for window in windows])
    return batch._replace(token_targets=target)


def revealed_batches(windows: Sequence[Window], shape: ModelShape, size: int, passes: int) -> Iterator[Batch]:
    """Go once over shuffled windows."""
    for chosen in group(windows, size * windows[0].length, np.random.default_rng([passes])):
        yield revealed(chosen, shape)


def guess_revealed(trainer: Trainer, windows: Sequence[Window]) -> Predictions:
    """Guess the tokens of the first `JUDGED` windows of a shuffled split, the encoder reading them."""
    shape = trainer.model.shape
    chosen = windows[:JUDGED]
    batches = (revealed(chosen[start : start + 64], shape) for start in range(0, len(chosen), 64))
    return predict_batches(trainer.model, batches, tokens_per_beat=1)


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
    """Make a `ShortRun.measure` that scores the shuffled validation split."""

    def measure(trainer: Trainer) -> Point:
        predictions = guess_revealed(trainer, splits.validation)
        return {"loss": float(predictions.bits.mean()), **scores(predictions)}

    return measure


def measure_split(takes: Sequence[EncodedPerformance]) -> Any:
    """Make a `ShortRun.measure` that scores the official validation split."""

    def measure(trainer: Trainer) -> Point:
        predictions = predict_tokens(trainer.model, takes, tokens_per_beat=1)
        return {"loss": float(predictions.bits.mean()), **scores(predictions)}

    return measure


def make_trainer() -> OriginalTrainer:
    """Prepare the small model of the published recipe."""
    config = published_config()
    return OriginalTrainer(config, SIZE, results.corpus(config.grid.steps_per_beat), Path(), "", quiet=True)


def measure_on_split() -> results.Values:
    """Train the published recipe on the official split, and score it there."""
    trainer, name = make_trainer(), "published_split"
    follow = measure_split(trainer.validation)
    trial = ShortRun(
        trainer, SPLIT_SECONDS, follow, SPLIT_MEASUREMENTS, past_updates(name), patience=trainer.config.training.patience
    )
    points = trial.run()
    save_weights(trainer.trained_model({}), results.TRAINED, name)
    return score_on_split(trainer, points)


def score_on_split(trainer: Trainer, points: list[Point]) -> results.Values:
    """Score a trained model on the official split, and on a part of its training data."""
    corpus, genres = results.corpus(trainer.config.grid.steps_per_beat), list(trainer.config.genres)
    values: results.Values = {"vocabulary": trainer.tokenizer.size, "parameters": _parameters(trainer), "points": points}
    for split in SPLITS:
        takes = encode_performances(corpus.select(split, genres, "beat"), trainer.tokenizer, trainer.config)[:JUDGED_TAKES]
        values[split] = _scored(predict_tokens(trainer.model, takes, tokens_per_beat=1))
    return values


def measure_on_shuffled() -> results.Values:
    """Train and score the published recipe under its published protocol."""
    return _measure_on_shuffled("published_shuffled", make_leaky_trainer(all_takes()), SHUFFLED_SECONDS)


def measure_on_few() -> results.Values:
    """Do the same with every `FEW`th take only, so that the time suffices to learn them, and judge the other takes too."""
    takes = all_takes()
    trainer = make_leaky_trainer(takes[::FEW])
    values = _measure_on_shuffled("published_few", trainer, FEW_SECONDS)
    others = [take for index, take in enumerate(takes) if index % FEW]
    unseen = encode_performances(others, trainer.tokenizer, trainer.config)
    return values | {"takes": len(takes[::FEW]), "others": _scored(guess_revealed(trainer, overlapping(trainer, unseen)))}


def _measure_on_shuffled(name: str, trainer: Trainer, seconds: float) -> results.Values:
    splits = shuffled_splits(trainer)

    def batches(passes: int) -> Iterator[Batch]:
        return revealed_batches(splits.train, trainer.model.shape, BATCH, passes)

    follow = measure_shuffled(splits)
    points = ShortRun(trainer, seconds, follow, SHUFFLED_MEASUREMENTS, past_updates(name), batches).run()
    save_weights(trainer.trained_model({}), results.TRAINED, name)
    return {
        "vocabulary": trainer.tokenizer.size,
        "parameters": _parameters(trainer),
        "points": points,
        "windows": {name: len(windows) for name, windows in splits._asdict().items()},
        "overlap": overlap(splits),
        "validation": _scored(guess_revealed(trainer, splits.validation)),
        "test": _scored(guess_revealed(trainer, splits.test)),
    }


def _scored(predictions: Predictions) -> dict[str, dict[str, float]]:
    return bootstrap(lambda chosen: scores(predictions, chosen), predictions.group, resamples=100)


def _parameters(trainer: Trainer) -> int:
    return sum(parameter.numel() for parameter in trainer.model.parameters())


def measure_played() -> results.Values:
    """Let the model that was trained on the official split play, and compare that with drummers.

    The training drummers, encoded and decoded with its tokens, are compared too: no model of this recipe could play better.
    """
    model = load_original("published_split", results.TRAINED)
    values = compare_with_drummers(generate_grooves(OriginalPlayer(model)))
    train = cut_windows(human_grooves("train"))
    coded = cut_windows(_through_tokens(model.tokenizer))
    for split in HELD_OUT:
        name = f"training drummers through the tokens against {split} drummers"
        values[split]["tokenized"] = plain(metrics.compare(name, coded, human_windows(split), train, results.REPETITIONS))
    return values


def generate_grooves(player: OriginalPlayer) -> list[LabelledGroove]:
    """Generate grooves of each genre as `metrics.generate_grooves` does, with MIDI's resolution."""
    generated = []
    for genre in player.genres:
        for seed in range(metrics.COUNT):
            groove = player.play(genre, player.typical_bpm(genre, seed), metrics.BARS, seed)
            generated.append(LabelledGroove(midi.as_written(groove), genre, f"{genre} {seed}"))
    return generated


def _through_tokens(tokenizer: Tokenizer) -> list[LabelledGroove]:
    """Encode and decode the beats of training drummers."""
    takes = results.corpus(tokenizer.steps_per_beat).select("train", results.drummer("medium").genres, "beat")
    return [
        take._replace(groove=tokenizer.decode(tokenizer.encode(take.groove), take.groove.bpm))
        for take in label_performances(takes)
    ]


MEASUREMENTS = [
    results.Measurement("published_split", measure_on_split, SPLIT_SECONDS / 60 + 2, seed=1),
    results.Measurement("published_shuffled", measure_on_shuffled, SHUFFLED_SECONDS / 60 + 2, seed=1),
    results.Measurement("published_few", measure_on_few, FEW_SECONDS / 60 + 1, seed=1),
    results.Measurement("published_played", measure_played, 4),
]
