"""Numbers about a model: `python -m drummer.evaluation [--model small] [--split validation] [--likelihood-only]`.

How surprised it is by held-out drummers, next to a simple baseline; and how well what it plays freely passes for a drummer, next
to how well other drummers do by the same code. Choose models on the validation split; the test split is for the last measurement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from drummer import midi
from drummer.bigram import Bigram
from drummer.config import default_config
from drummer.corpus import SPLITS, Corpus, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.groove import Groove
from drummer.likelihood import bits_a_beat
from drummer.model import PARTS
from drummer.performer import Drummer, typical_bpm
from drummer.weights import TrainedModel
from drummer.windows import EncodedPerformance, encode_performances

if TYPE_CHECKING:
    from drummer.comparison import Labelled, Windows

COUNT, BARS = 24, 12  # grooves of each genre, and their length


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
    arguments = parser.parse_args()
    try:
        drummer = Drummer.load(arguments.model)
        folder = find_dataset(arguments.data)
        if folder is None:
            raise CorpusError("no data set found; name its folder with --data")
        corpus = read_corpus(folder, drummer.trained.config)
        for line in likelihood_report(drummer.trained, corpus, arguments.split):
            print(line, flush=True)
        for line in () if arguments.likelihood_only else playing_report(drummer, corpus, arguments.split):
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
