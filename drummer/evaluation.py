"""Numbers about a model: `python -m drummer.evaluation [--model small] [--split validation] [--likelihood-only]`.

How surprised it is by held-out drummers, next to a simple baseline; and how well what it plays freely passes for a drummer, next
to how well other drummers do by the same code. Choose models on the validation split; the test split is for the last measurement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from drummer import midi, touch
from drummer.bigram import Bigram
from drummer.config import default_config
from drummer.controls import CONTROLS, RANGES
from drummer.corpus import SPLITS, Corpus, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.groove import Groove
from drummer.likelihood import bits_a_beat
from drummer.lookup import Lookup
from drummer.model import PARTS
from drummer.performer import Drummer, typical_bpm
from drummer.weights import TrainedModel
from drummer.windows import EncodedPerformance, encode_performances

if TYPE_CHECKING:
    from drummer.comparison import Labelled, Windows

COUNT, BARS = 24, 12  # grooves of each genre, and their length
HUMANISED_BARS, LONGEST = 64, 32  # bars of each beat that are humanised, in pieces of at most so many
CONTROL_COUNT = 24  # grooves of each genre and control


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on what a model was trained on, with its vocabulary."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.genres))
    return bigram


def likelihood_report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Measure a model and the baseline on a split, beats and fills apart, by genre too; yields lines of text."""
    bigram = fit_bigram(corpus, trained)

    def lines(name: str, takes: Sequence[EncodedPerformance]) -> Iterator[str]:
        yield f"{name}: {len(takes)} performances, {sum(take.source.beats for take in takes)} beats long"
        yield f"  {trained.size}: {bits_a_beat(trained.model, trained.tokenizer, takes)}"
        yield f"  bigram: {bigram.bits_a_beat(takes)}"

    for part in PARTS:
        takes = encode_performances(corpus.select(split, trained.genres, part), trained.tokenizer, trained.genres)
        if takes:
            yield from lines(f"{split} {part}s in 4/4", takes)
        for index, genre in enumerate(trained.genres):
            chosen = [take for take in takes if take.genre == index]
            if chosen:
                yield from lines(f"{split} {part}s, {genre}", chosen)


def playing_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Compare what a model plays freely with drummers; yields lines of text. Takes minutes."""
    from drummer import comparison  # scikit-learn is needed for this alone

    train_takes = comparison.human(corpus.select("train", drummer.genres, "beat"))
    train = comparison.cut_windows(train_takes)
    held_out = comparison.cut_windows(comparison.human(corpus.select(split, drummer.genres, "beat")))
    played = comparison.cut_windows(play_all(drummer))
    unheard = sorted(set(drummer.genres) - set(held_out.genres))  # of these the split holds no beats

    yield f"{len(played)} windows played, {len(held_out)} of {split} drummers, {len(train)} of training drummers"
    for name, some, others in (
        (f"played against {split} drummers", played, held_out),
        ("the human control: training drummers against them", train, held_out),
        (f"played {', '.join(unheard)} against training drummers", played.of_genres(unheard), train.of_genres(unheard)),
    ):
        yield f"told apart, {name}: {_apart(some, others)}"
        yield f"  standardised Wasserstein distance {comparison.distance(some, others, train):.3f}"
        shapes = comparison.divergences(some, others)
        yield f"  Jensen-Shannon divergence, bits: {', '.join(f'{what} {value:.4f}' for what, value in shapes.items())}"
    for giveaway in comparison.giveaways(played, train):
        yield (
            f"told by {giveaway.name} alone: {giveaway.area:.2f}, median {giveaway.some:.3f} played, "
            f"{giveaway.others:.3f} by training drummers"
        )
    for name, windows in (("played", played), (f"{split} drummers", held_out)):
        overall, by_genre = comparison.genre_recognised(train, windows)
        found = comparison.found_in(train_takes, windows)
        yield f"{name}: genre recognised {overall:.2f} ({', '.join(f'{genre} {share:.2f}' for genre, share in by_genre.items())})"
        yield f"  onset patterns found in training: {', '.join(f'{bars} bars {share:.3f}' for bars, share in found.items())}"
        yield f"  bars of different grooves of a genre differ in {comparison.diversity(windows):.3f} of their cells"


def humanise_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Perform the patterns of held-out beats anew, by the model and by a lookup, and compare both with what the drummers did."""
    from drummer import comparison

    lookup = Lookup(corpus.select("train", drummer.genres, "beat"))
    takes = comparison.human(corpus.select(split, drummer.genres, "beat"))
    pieces = [
        take._replace(groove=take.groove.cut(start, min(start + LONGEST, take.groove.bars)))
        for take in takes
        for start in range(0, min(take.groove.bars, HUMANISED_BARS), LONGEST)
    ]
    drummers = comparison.cut_windows(pieces)
    ways: dict[str, list[Labelled]] = {drummer.trained.size: [], "lookup by genre, voice and step": []}
    for seed, piece in enumerate(tqdm(pieces, desc="Performing", unit="groove", leave=False)):
        by_model = drummer.humanise(piece.groove, genre=piece.genre, seed=seed)
        by_lookup = lookup.humanise(piece.groove, piece.genre, np.random.default_rng(seed))
        for performed, groove in zip(ways.values(), (by_model, by_lookup), strict=True):
            performed.append(piece._replace(groove=midi.read(midi.to_bytes(groove)).groove))
    for name, performed in ways.items():
        windows = comparison.cut_windows(performed)
        shapes = comparison.divergences(windows, drummers)
        yield f"{split} patterns performed by {name}: told apart {_apart(windows, drummers)}"
        yield f"  standardised Wasserstein distance {comparison.distance(windows, drummers, drummers):.3f}"
        yield f"  Jensen-Shannon divergence, bits: {', '.join(f'{what} {value:.4f}' for what, value in shapes.items())}"


def controls_report(drummer: Drummer) -> Iterator[str]:
    """See whether a model heeds its controls: Spearman correlation of what was asked for and what was played, by genre.

    For each control and genre `CONTROL_COUNT` grooves of 4 bars. One control is asked for, in equal steps over its range (a fill:
    in bars 2 and 4 or not there), all others are left to the drummer. What was played is the mean of `touch.measure`.
    """
    yield f"{'control':12}" + "".join(f"{genre[:8]:>9}" for genre in drummer.genres)
    for column, control in enumerate(CONTROLS):
        correlations = [
            _heeded(drummer, genre, column)
            for genre in tqdm(drummer.genres, desc=f"Asking for {control}", unit="genre", leave=False)
        ]
        yield f"{control:12}" + "".join(f"{value:9.2f}" for value in correlations)


def _heeded(drummer: Drummer, genre: str, column: int) -> float:
    from scipy.stats import spearmanr

    control = CONTROLS[column]
    fill = control == "fill"
    wishes = (
        [float(index % 2) for index in range(CONTROL_COUNT)] if fill else np.linspace(*RANGES[control], CONTROL_COUNT).tolist()
    )
    effects = []
    for seed, wish in enumerate(wishes):
        asked: dict[str, Any] = {control: [None, wish, None, wish] if fill else wish}
        measured = touch.measure(drummer.play(genre=genre, bpm=typical_bpm(genre, seed), bars=4, seed=seed, **asked))[:, column]
        effects.append(np.nanmean(measured[[1, 3]] if fill else measured))
    if np.nanmin(effects) == np.nanmax(effects):
        return 0.0  # it plays the same whatever is asked, of which a correlation is not defined
    return float(spearmanr(wishes, effects, nan_policy="omit").statistic)


def play_all(drummer: Drummer) -> list[Labelled]:
    """Play 24 grooves of 12 bars of each genre with default settings, as they come out of their MIDI files."""
    from drummer.comparison import Labelled

    takes = [(genre, seed) for genre in drummer.genres for seed in range(COUNT)]
    return [
        Labelled(_through_midi(drummer, genre, seed), genre, f"{genre} {seed}")
        for genre, seed in tqdm(takes, desc="Playing", unit="groove")
    ]


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m drummer.evaluation", description="Measure a model on held-out drummers.")
    parser.add_argument("--model", default=default_config().defaults.model)
    parser.add_argument("--split", default="validation", choices=SPLITS)
    parser.add_argument("--data", type=Path, help="folder of GMD or E-GMD")
    parser.add_argument("--likelihood-only", action="store_true", help="do not play; takes seconds, not minutes")
    parser.add_argument(
        "--controls", action="store_true", help="see whether it heeds its controls, and nothing else; needs no data"
    )
    arguments = parser.parse_args()
    try:
        drummer = Drummer.load(arguments.model)
        if arguments.controls:
            for line in controls_report(drummer):
                print(line, flush=True)
            return 0
        folder = find_dataset(arguments.data)
        if folder is None:
            raise CorpusError("no data set found; name its folder with --data")
        corpus = read_corpus(folder, drummer.trained.config)
        for line in likelihood_report(drummer.trained, corpus, arguments.split):
            print(line, flush=True)
        if not arguments.likelihood_only:
            for report in (playing_report, humanise_report):
                for line in report(drummer, corpus, arguments.split):
                    print(line, flush=True)
    except DrummerError as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    return 0


def _through_midi(drummer: Drummer, genre: str, seed: int) -> Groove:
    groove = drummer.play(genre=genre, bpm=typical_bpm(genre, seed), bars=BARS, seed=seed)
    return midi.read(midi.to_bytes(groove)).groove


def _apart(some: Windows, others: Windows) -> str:
    from drummer.comparison import told_apart

    return ", ".join(f"{aspect} {area:.3f} ± {spread:.3f}" for aspect, (area, spread) in told_apart(some, others).items())


if __name__ == "__main__":
    sys.exit(main())
