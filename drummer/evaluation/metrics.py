"""Evaluation metrics of a model, shared by `python -m drummer.evaluation` (text) and `python -m report` (tables).

Needs scikit-learn (`requirements-dev.txt`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from drummer.data.corpus import Corpus
from drummer.evaluation.baselines import HitLookup
from drummer.evaluation.discriminator import auc_intervals, cross_validate, genre_accuracy
from drummer.evaluation.distributions import descriptor_distance, hit_divergences
from drummer.evaluation.novelty import diversity, training_overlap
from drummer.evaluation.windows import LabelledGroove, Windows, cut_windows, label_performances
from drummer.files import midi
from drummer.generation.drummer import Drummer
from drummer.music.groove import Groove

COUNT, BARS = 24, 12  # grooves per genre, and their length
MAX_BARS = 32  # of a generated groove, and of a piece to humanize
HUMANIZED_BARS = 64  # at most, of each performance

Humanizer = Callable[[LabelledGroove, int], Groove]  # (piece, seed) → the same notes with new velocities and timing


class Auc(NamedTuple):
    """Discriminator AUC: mean over repetitions, their standard deviation, and the ends of a 95% interval over groups."""

    value: float
    spread: float
    low: float
    high: float


class Comparison(NamedTuple):
    """Comparison of two sets of windows.

    Attributes:
        name: Description of the two sets.
        auc: Discriminator AUC by aspect.
        distance: Standardised Wasserstein-1 distance of the descriptors.
        divergences: Jensen-Shannon divergence of velocity and of timing, in bits.
    """

    name: str
    auc: dict[str, Auc]
    distance: float
    divergences: dict[str, float]


class SetStatistics(NamedTuple):
    """Statistics of one set of windows.

    Attributes:
        name: Description of the set.
        genre_accuracy: Share of windows whose genre is recognised by a classifier fitted on the training split; mean over genres.
        by_genre: The same share for each genre.
        training_overlap: Share of onset patterns found in the training split, by their length in bars.
        diversity: Share of cells that differ between windows of different grooves of a genre.
    """

    name: str
    genre_accuracy: float
    by_genre: dict[str, float]
    training_overlap: dict[int, float]
    diversity: float


def compare(name: str, first: Windows, second: Windows, scale: Windows, repetitions: int = 8) -> Comparison:
    """Compare two sets of windows; descriptor distances are in standard deviations of `scale`."""
    scores = cross_validate(first, second, repetitions)
    bounds = auc_intervals(scores)
    auc = {
        aspect: Auc(float(np.mean(areas)), float(np.std(areas)), *bounds[aspect])
        for aspect, areas in ((aspect, [one.auc(aspect) for one in scores]) for aspect in bounds)
    }
    distance = descriptor_distance(first, second, scale, repetitions)
    return Comparison(name, auc, distance, hit_divergences(first, second, repetitions))


def set_statistics(name: str, windows: Windows, train: Windows, train_grooves: Sequence[LabelledGroove]) -> SetStatistics:
    """Measure genre accuracy, overlap with the training data and diversity of a set of windows."""
    accuracy, by_genre = genre_accuracy(train, windows)
    return SetStatistics(name, accuracy, by_genre, training_overlap(train_grooves, windows), diversity(windows))


def human_beats(corpus: Corpus, split: str, genres: Sequence[str]) -> list[LabelledGroove]:
    """Return the beats (no fills) of a split as labelled grooves."""
    return label_performances(corpus.select(split, genres, "beat"))


def split_by_tempo(grooves: Sequence[LabelledGroove], share: float) -> tuple[list[LabelledGroove], list[LabelledGroove]]:
    """Split grooves into a share of each genre that is the fastest, at least one groove, and the others."""
    fast: set[str] = set()
    for genre in {one.genre for one in grooves}:
        own = sorted((one for one in grooves if one.genre == genre), key=lambda one: (-one.groove.bpm, one.group))
        fast.update(one.group for one in own[: max(1, round(share * len(own)))])
    return [one for one in grooves if one.group in fast], [one for one in grooves if one.group not in fast]


def generate_grooves(
    drummer: Drummer,
    count: int = COUNT,
    bars: int = BARS,
    temperature: float | None = None,
    first_seed: int = 0,
    tempo_factor: float = 1.0,
) -> list[LabelledGroove]:
    """Generate `count` grooves of each genre, as MIDI holds them, at the tempo of their reference performance times a factor."""
    seeds = [(genre, seed) for genre in drummer.genres for seed in range(first_seed, first_seed + count)]
    generated = []
    for genre, seed in tqdm(seeds, desc="Generating", unit="groove", leave=False):
        low, high = drummer.config.limits.bpm
        bpm = min(max(tempo_factor * drummer.reference_bpm(genre, seed), low), high)
        groove = drummer.generate(genre=genre, bpm=bpm, bars=bars, temperature=temperature, seed=seed)
        generated.append(LabelledGroove(midi.as_written(groove), genre, f"{genre} {seed}"))
    return generated


def compare_with_split(
    generated: Windows, train: Windows, held_out: Windows, split: str, repetitions: int = 8
) -> Iterator[Comparison]:
    """Compare generated windows with a split, then, in the genres that the split lacks, with the training split."""
    absent = sorted(set(train.genres.tolist()) - set(held_out.genres.tolist()))
    yield compare(f"generated against {split} drummers", generated, held_out, train, repetitions)
    yield compare(
        f"generated {', '.join(absent)} against training drummers",
        generated.of_genres(absent),
        train.of_genres(absent),
        train,
        repetitions,
    )


def human_control(train: Windows, held_out: Windows) -> Comparison:
    """Compare training drummers with held-out drummers: the score of an ideal model."""
    return compare("human control: training against held-out drummers", train, held_out, train)


def cut_pieces(grooves: Sequence[LabelledGroove]) -> list[LabelledGroove]:
    """Cut grooves into pieces of at most `MAX_BARS` bars, up to `HUMANIZED_BARS` of each groove."""
    return [
        one._replace(groove=one.groove.cut(start, min(start + MAX_BARS, one.groove.bars)))
        for one in grooves
        for start in range(0, min(one.groove.bars, HUMANIZED_BARS), MAX_BARS)
    ]


def humanize_all(pieces: Sequence[LabelledGroove], humanizer: Humanizer) -> list[LabelledGroove]:
    """Humanize pieces, with MIDI's resolution; the seed is the index of the piece."""
    return [
        piece._replace(groove=midi.as_written(humanizer(piece, seed)))
        for seed, piece in enumerate(tqdm(pieces, desc="Humanizing", unit="groove", leave=False))
    ]


def model_humanizer(drummer: Drummer) -> Humanizer:
    """Return a humanizer that samples velocity and timing from a model."""
    return lambda piece, seed: drummer.humanize(piece.groove, genre=piece.genre, seed=seed)


def lookup_humanizer(lookup: HitLookup) -> Humanizer:
    """Return a humanizer that draws velocity and timing from a table of human hits."""
    return lambda piece, seed: lookup.humanize(piece.groove, piece.genre, np.random.default_rng(seed))


def compare_humanized(
    name: str, pieces: Sequence[LabelledGroove], humanized: Sequence[LabelledGroove], repetitions: int = 8
) -> Comparison:
    """Compare humanized pieces with the original performances of the same notes."""
    windows = cut_windows(pieces)
    return compare(name, cut_windows(humanized), windows, windows, repetitions)
