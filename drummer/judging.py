"""What a model is worth as numbers: `python -m drummer.evaluation` writes them out as lines, `python -m report` as tables.

How surprised it is by held-out drummers, and how well what it plays passes for a drummer. Needs scikit-learn
(`requirements-dev.txt`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from drummer.comparison import (
    Labelled,
    Windows,
    area_intervals,
    classify,
    cut_windows,
    distance,
    divergences,
    diversity,
    found_in,
    genre_recognised,
    human,
)
from drummer.data.corpus import Corpus
from drummer.files import midi
from drummer.generation.drummer import Drummer
from drummer.lookup import Lookup
from drummer.music.groove import Groove

COUNT, BARS = 24, 12  # grooves of each genre, and their length
HUMANISED_BARS = 64  # of each beat that are humanised
LONGEST = 32  # bars of a groove at a time

Performer = Callable[[Labelled, int], Groove]  # performs the pattern of a piece, from a seed


class Area(NamedTuple):
    """Area under the ROC curve of a classifier: its mean over draws of windows, its spread, and a 95% interval over groups."""

    value: float
    spread: float
    low: float
    high: float


class Comparison(NamedTuple):
    """Two sets of windows compared.

    Attributes:
        name: What is compared with what.
        apart: How well they are told apart, by aspect.
        distance: Standardised Wasserstein-1 distance of the features.
        divergences: Jensen-Shannon divergence of velocities and of timing, in bits.
    """

    name: str
    apart: dict[str, Area]
    distance: float
    divergences: dict[str, float]


class Character(NamedTuple):
    """What windows are like, by themselves.

    Attributes:
        name: Whose they are.
        recognised: Share of windows whose genre a classifier guesses that learned from training drummers, each genre weighing
            the same.
        by_genre: The same share of each genre.
        found: Share of onset patterns found in the training split, by their length in bars.
        diversity: Share of cells in which bars of different grooves of a genre differ.
    """

    name: str
    recognised: float
    by_genre: dict[str, float]
    found: dict[int, float]
    diversity: float


def compare(name: str, some: Windows, others: Windows, scale: Windows, draws: int = 8) -> Comparison:
    """Compare two sets of windows, distances being measured in standard deviations of a third."""
    drawn = classify(some, others, draws)
    bounds = area_intervals(drawn)
    apart = {
        aspect: Area(float(np.mean(areas)), float(np.std(areas)), *bounds[aspect])
        for aspect, areas in ((aspect, [draw.area(aspect) for draw in drawn]) for aspect in bounds)
    }
    return Comparison(name, apart, distance(some, others, scale, draws), divergences(some, others, draws))


def describe(name: str, windows: Windows, train: Windows, train_takes: Sequence[Labelled]) -> Character:
    """Look at windows by themselves: is the genre heard, is anything copied, do they differ?"""
    overall, by_genre = genre_recognised(train, windows)
    return Character(name, overall, by_genre, found_in(train_takes, windows), diversity(windows))


def drummers(corpus: Corpus, split: str, genres: Sequence[str]) -> list[Labelled]:
    """Label the beats of a split."""
    return human(corpus.select(split, genres, "beat"))


def play_all(
    drummer: Drummer, count: int = COUNT, bars: int = BARS, temperature: float | None = None, first_seed: int = 0
) -> list[Labelled]:
    """Play grooves of each genre, by default with default settings, as they come out of their MIDI files."""
    takes = [(genre, seed) for genre in drummer.genres for seed in range(first_seed, first_seed + count)]
    played = []
    for genre, seed in tqdm(takes, desc="Playing", unit="groove", leave=False):
        groove = drummer.generate(
            genre=genre, bpm=drummer.reference_bpm(genre, seed), bars=bars, temperature=temperature, seed=seed
        )
        played.append(Labelled(midi.as_written(groove), genre, f"{genre} {seed}"))
    return played


def against_split(played: Windows, train: Windows, held_out: Windows, split: str, draws: int = 8) -> Iterator[Comparison]:
    """Compare what was played with drummers of a split, and with training drummers in the genres that the split lacks."""
    unheard = sorted(set(train.genres.tolist()) - set(held_out.genres.tolist()))
    yield compare(f"played against {split} drummers", played, held_out, train, draws)
    yield compare(
        f"played {', '.join(unheard)} against training drummers",
        played.of_genres(unheard),
        train.of_genres(unheard),
        train,
        draws,
    )


def human_control(train: Windows, held_out: Windows) -> Comparison:
    """Compare drummers with drummers: what a model that were one would score."""
    return compare("the human control: training drummers against them", train, held_out, train)


def cut_pieces(takes: Sequence[Labelled]) -> list[Labelled]:
    """Cut beats into pieces of at most `LONGEST` bars, up to `HUMANISED_BARS` of each."""
    return [
        take._replace(groove=take.groove.cut(start, min(start + LONGEST, take.groove.bars)))
        for take in takes
        for start in range(0, min(take.groove.bars, HUMANISED_BARS), LONGEST)
    ]


def perform_all(pieces: Sequence[Labelled], perform: Performer) -> list[Labelled]:
    """Perform the patterns of pieces anew, as they come out of their MIDI files."""
    return [
        piece._replace(groove=midi.as_written(perform(piece, seed)))
        for seed, piece in enumerate(tqdm(pieces, desc="Performing", unit="groove", leave=False))
    ]


def by_model(drummer: Drummer) -> Performer:
    """Perform as a model does."""
    return lambda piece, seed: drummer.humanize(piece.groove, genre=piece.genre, seed=seed)


def by_lookup(lookup: Lookup) -> Performer:
    """Perform by looking up each hit among those of drummers."""
    return lambda piece, seed: lookup.humanize(piece.groove, piece.genre, np.random.default_rng(seed))


def judge_performed(name: str, pieces: Sequence[Labelled], performed: Sequence[Labelled], draws: int = 8) -> Comparison:
    """Compare pieces that were performed anew with what the drummers did."""
    windows = cut_windows(pieces)
    return compare(name, cut_windows(performed), windows, windows, draws)
