"""Numbers about a model: `python -m drummer.evaluation [--model small] [--split validation] [--likelihood-only]`.

How surprised it is by held-out drummers, next to a simple baseline; and how well what it plays freely passes for a drummer, next
to how well other drummers do by the same code. Choose models on the validation split; the test split is for the last measurement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from drummer.bigram import Bigram
from drummer.config import default_config
from drummer.data.batches import encode_performances
from drummer.data.corpus import SPLITS, Corpus, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.generation.drummer import Drummer
from drummer.lookup import Lookup
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import PARTS
from drummer.music.controls import CONTROLS
from drummer.training.likelihood import NegativeLogLikelihood, bits_a_beat

if TYPE_CHECKING:
    from drummer.comparison import Windows
    from drummer.judging import Comparison

ENDURANCE_COUNT = 12  # grooves of each genre, and of each temperature
TEMPERATURES = (0.5, 0.8, 1.0, 1.3)


class Likelihood(NamedTuple):
    """How surprised a model and the baseline are by some performances.

    Attributes:
        part: `beat` or `fill`.
        genre: None = all genres.
        performances: How many.
        beats: Their length.
        model: Bits a beat.
        bigram: Bits a beat of the baseline.
    """

    part: str
    genre: str | None
    performances: int
    beats: int
    model: NegativeLogLikelihood
    bigram: NegativeLogLikelihood


def fit_bigram(corpus: Corpus, trained: TrainedModel) -> Bigram:
    """Fit the baseline on what a model was trained on, with its vocabulary."""
    bigram = Bigram(trained.tokenizer)
    bigram.fit(encode_performances(corpus.select("train", trained.genres), trained.tokenizer, trained.genres))
    return bigram


def likelihoods(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[Likelihood]:
    """Measure a model and the baseline on a split, beats and fills apart, by genre too."""
    bigram = fit_bigram(corpus, trained)
    for part in PARTS:
        takes = encode_performances(corpus.select(split, trained.genres, part), trained.tokenizer, trained.genres)
        of_genres = [[take for take in takes if take.genre == genre] for genre in range(len(trained.genres))]
        for genre, chosen in zip((None, *trained.genres), (takes, *of_genres), strict=True):
            if chosen:
                bits = bits_a_beat(trained.model, trained.tokenizer, chosen)
                beats = sum(take.source.beats for take in chosen)
                yield Likelihood(part, genre, len(chosen), beats, bits, bigram.bits_a_beat(chosen))


def likelihood_report(trained: TrainedModel, corpus: Corpus, split: str) -> Iterator[str]:
    """Write out `likelihoods`; yields lines of text."""
    for found in likelihoods(trained, corpus, split):
        name = f"{split} {found.part}s in 4/4" if found.genre is None else f"{split} {found.part}s, {found.genre}"
        yield f"{name}: {found.performances} performances, {found.beats} beats long"
        yield f"  {trained.size}: {found.model}"
        yield f"  bigram: {found.bigram}"


def playing_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Compare what a model plays freely with drummers; yields lines of text. Takes minutes."""
    from drummer import comparison, judging  # scikit-learn is needed for this alone

    train_takes = judging.drummers(corpus, "train", drummer.genres)
    train = comparison.cut_windows(train_takes)
    held_out = comparison.cut_windows(judging.drummers(corpus, split, drummer.genres))
    played = comparison.cut_windows(judging.play_all(drummer))

    yield f"{len(played)} windows played, {len(held_out)} of {split} drummers, {len(train)} of training drummers"
    free, unheard = judging.against_split(played, train, held_out, split)
    for compared in (free, judging.human_control(train, held_out), unheard):
        yield from _lines(compared)
    for giveaway in comparison.giveaways(played, train):
        yield (
            f"told by {giveaway.name} alone: {giveaway.area:.2f}, median {giveaway.some:.3f} played, "
            f"{giveaway.others:.3f} by training drummers"
        )
    for name, windows in (("played", played), (f"{split} drummers", held_out)):
        character = judging.describe(name, windows, train, train_takes)
        by_genre = ", ".join(f"{genre} {share:.2f}" for genre, share in character.by_genre.items())
        yield f"{name}: genre recognised {character.recognised:.2f} ({by_genre})"
        found = ", ".join(f"{bars} bars {share:.3f}" for bars, share in character.found.items())
        yield f"  onset patterns found in training: {found}"
        yield f"  bars of different grooves of a genre differ in {character.diversity:.3f} of their cells"


def humanise_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Perform the patterns of held-out beats anew, by the model and by a lookup, and compare both with what the drummers did."""
    from drummer import judging

    lookup = Lookup(corpus.select("train", drummer.genres, "beat"))
    pieces = judging.cut_pieces(judging.drummers(corpus, split, drummer.genres))
    ways = {drummer.trained.size: judging.by_model(drummer), "lookup by genre, voice and step": judging.by_lookup(lookup)}
    for name, perform in ways.items():
        performed = judging.perform_all(pieces, perform)
        yield from _lines(judging.judge_performed(f"{split} patterns performed by {name}", pieces, performed))


def controls_report(drummer: Drummer, corpus: Corpus, split: str, picture: Path | None) -> Iterator[str]:
    """See whether a model heeds its controls, and whether it still passes for a drummer when it does; yields lines of text.

    Spearman correlation of what was asked for and what was played, by genre; then how well the grooves of a control are told
    apart from drummers of a split. See `drummer.responses`. Takes minutes.
    """
    from drummer import charts, comparison, responses

    held_out = comparison.cut_windows(comparison.human(corpus.select(split, drummer.genres, "beat")))
    total = len(CONTROLS) * len(drummer.genres)
    found = list(tqdm(responses.respond(drummer), total=total, desc="Asking", unit="genre", leave=False))
    if picture is not None:
        charts.control_responses(found, picture)
    yield f"{'control':12}" + "".join(f"{genre[:8]:>9}" for genre in drummer.genres) + "   heeded  told apart"
    for control in CONTROLS:
        chosen = [response for response in found if response.control == control]
        played = [
            comparison.Labelled(groove, response.genre, f"{response.genre} {number}")
            for response in chosen
            for number, groove in enumerate(response.grooves)
        ]
        area, _ = comparison.told_apart(comparison.cut_windows(played), held_out)["all"]
        numbers = "".join(f"{response.correlation:9.2f}" for response in chosen)
        yield f"{control:12}{numbers}{sum(response.heeded for response in chosen):9}{area:12.2f}"


def endurance_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """See whether long grooves stay as good as they begin, and whether any falls silent, sticks or runs wild when cold or hot."""
    from drummer import comparison, judging

    held_out = comparison.cut_windows(comparison.human(corpus.select(split, drummer.genres, "beat")))
    long = judging.play_all(drummer, ENDURANCE_COUNT, judging.LONGEST)
    for first, last in ((5, 12), (25, 32)):
        # A window more before the stretch, since the first one is always left out.
        cut = [take._replace(groove=take.groove.cut(first - 1 - comparison.WINDOW_BARS, last)) for take in long]
        yield f"bars {first}-{last} of {judging.LONGEST}, told apart: {_apart(comparison.cut_windows(cut), held_out)}"
    yield _steadiness(f"{split} drummers", held_out, held_out)
    for temperature in TEMPERATURES:
        takes = judging.play_all(drummer, ENDURANCE_COUNT, judging.BARS, temperature=temperature)
        silent = sum(int((~take.groove.hits.reshape(take.groove.bars, -1).any(axis=1)).sum()) for take in takes)
        yield (_steadiness(f"temperature {temperature:g}", comparison.cut_windows(takes), held_out) + f", {silent} silent bars")


def _steadiness(name: str, windows: Windows, drummers: Windows) -> str:
    repeated = np.mean([len(set(bars)) == 1 for bars in windows.bars])
    column = windows.names.index("notes.density")
    densities, wild = windows.features[:, column], drummers.features[:, column].max()
    return (
        f"{name}: {repeated:.3f} of {len(windows)} windows repeat one bar, median {np.median(densities):.1f} hits a beat, "
        f"{(densities > wild).mean():.3f} have more than any drummer ({wild:.1f})"
    )


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m drummer.evaluation", description="Measure a model on held-out drummers.")
    parser.add_argument("--model", default=default_config().defaults.model)
    parser.add_argument("--split", default="validation", choices=SPLITS)
    parser.add_argument("--data", type=Path, help="folder of GMD or E-GMD")
    parser.add_argument("--likelihood-only", action="store_true", help="do not play; takes seconds, not minutes")
    parser.add_argument("--controls", action="store_true", help="see whether it heeds its controls, and nothing else")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="with --controls: draw the responses")
    parser.add_argument("--endurance", action="store_true", help="play long, cold and hot, and nothing else")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # see `drummer.threads`
    try:
        drummer = Drummer.load(arguments.model)
        folder = find_dataset(arguments.data)
        if folder is None:
            raise CorpusError("no data set found; name its folder with --data")
        corpus = read_corpus(folder, drummer.trained.config)
        if arguments.controls:
            reports = [controls_report(drummer, corpus, arguments.split, arguments.picture)]
        elif arguments.endurance:
            reports = [endurance_report(drummer, corpus, arguments.split)]
        else:
            reports = [likelihood_report(drummer.trained, corpus, arguments.split)]
            if not arguments.likelihood_only:
                reports += [report(drummer, corpus, arguments.split) for report in (playing_report, humanise_report)]
        for line in chain.from_iterable(reports):
            print(line, flush=True)
    except DrummerError as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    return 0


def _apart(some: Windows, others: Windows) -> str:
    from drummer.comparison import told_apart

    return _written(told_apart(some, others))


def _written(areas: Mapping[str, tuple[float, ...]]) -> str:
    return ", ".join(f"{aspect} {area[0]:.3f} ± {area[1]:.3f}" for aspect, area in areas.items())


def _lines(compared: Comparison) -> Iterator[str]:
    yield f"told apart, {compared.name}: {_written(compared.apart)}"
    yield f"  standardised Wasserstein distance {compared.distance:.3f}"
    shapes = compared.divergences
    yield f"  Jensen-Shannon divergence, bits: {', '.join(f'{what} {value:.4f}' for what, value in shapes.items())}"


if __name__ == "__main__":
    sys.exit(main())
