"""Reports of `python -m drummer.evaluation`, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from drummer.controls import CONTROLS
from drummer.corpus import Corpus
from drummer.evaluation.baselines import Lookup
from drummer.performer import Drummer

if TYPE_CHECKING:
    from drummer.evaluation.discriminator import Windows
    from drummer.evaluation.metrics import Comparison

ENDURANCE_COUNT = 12  # grooves of each genre, and of each temperature
TEMPERATURES = (0.5, 0.8, 1.0, 1.3)


def playing_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Compare what a model plays freely with drummers; yields lines of text. Takes minutes."""
    from drummer.evaluation import discriminator, metrics  # scikit-learn is needed for this alone

    train_takes = metrics.drummers(corpus, "train", drummer.genres)
    train = discriminator.cut_windows(train_takes)
    held_out = discriminator.cut_windows(metrics.drummers(corpus, split, drummer.genres))
    played = discriminator.cut_windows(metrics.play_all(drummer))

    yield f"{len(played)} windows played, {len(held_out)} of {split} drummers, {len(train)} of training drummers"
    free, unheard = metrics.against_split(played, train, held_out, split)
    for compared in (free, metrics.human_control(train, held_out), unheard):
        yield from _lines(compared)
    for giveaway in discriminator.giveaways(played, train):
        yield (
            f"told by {giveaway.name} alone: {giveaway.area:.2f}, median {giveaway.some:.3f} played, "
            f"{giveaway.others:.3f} by training drummers"
        )
    for name, windows in (("played", played), (f"{split} drummers", held_out)):
        character = metrics.describe(name, windows, train, train_takes)
        by_genre = ", ".join(f"{genre} {share:.2f}" for genre, share in character.by_genre.items())
        yield f"{name}: genre recognised {character.recognised:.2f} ({by_genre})"
        found = ", ".join(f"{bars} bars {share:.3f}" for bars, share in character.found.items())
        yield f"  onset patterns found in training: {found}"
        yield f"  bars of different grooves of a genre differ in {character.diversity:.3f} of their cells"


def humanise_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Perform the patterns of held-out beats anew, by the model and by a lookup, and compare both with what the drummers did."""
    from drummer.evaluation import metrics

    lookup = Lookup(corpus.select("train", drummer.genres, "beat"))
    pieces = metrics.cut_pieces(metrics.drummers(corpus, split, drummer.genres))
    ways = {drummer.trained.size: metrics.by_model(drummer), "lookup by genre, voice and step": metrics.by_lookup(lookup)}
    for name, perform in ways.items():
        performed = metrics.perform_all(pieces, perform)
        yield from _lines(metrics.judge_performed(f"{split} patterns performed by {name}", pieces, performed))


def controls_report(drummer: Drummer, corpus: Corpus, split: str, picture: Path | None) -> Iterator[str]:
    """See whether a model heeds its controls, and whether it still passes for a drummer when it does; yields lines of text.

    Spearman correlation of what was asked for and what was played, by genre; then how well the grooves of a control are told
    apart from drummers of a split. See `drummer.evaluation.control_response`. Takes minutes.
    """
    from drummer.evaluation import charts, control_response, discriminator

    held_out = discriminator.cut_windows(discriminator.human(corpus.select(split, drummer.genres, "beat")))
    total = len(CONTROLS) * len(drummer.genres)
    found = list(tqdm(control_response.respond(drummer), total=total, desc="Asking", unit="genre", leave=False))
    if picture is not None:
        charts.control_responses(found, picture)
    yield f"{'control':12}" + "".join(f"{genre[:8]:>9}" for genre in drummer.genres) + "   heeded  told apart"
    for control in CONTROLS:
        chosen = [response for response in found if response.control == control]
        played = [
            discriminator.Labelled(groove, response.genre, f"{response.genre} {number}")
            for response in chosen
            for number, groove in enumerate(response.grooves)
        ]
        area, _ = discriminator.told_apart(discriminator.cut_windows(played), held_out)["all"]
        numbers = "".join(f"{response.correlation:9.2f}" for response in chosen)
        yield f"{control:12}{numbers}{sum(response.heeded for response in chosen):9}{area:12.2f}"


def endurance_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """See whether long grooves stay as good as they begin, and whether any falls silent, sticks or runs wild when cold or hot."""
    from drummer.evaluation import discriminator, metrics

    held_out = discriminator.cut_windows(discriminator.human(corpus.select(split, drummer.genres, "beat")))
    long = metrics.play_all(drummer, ENDURANCE_COUNT, metrics.LONGEST)
    for first, last in ((5, 12), (25, 32)):
        # A window more before the stretch, since the first one is always left out.
        cut = [take._replace(groove=take.groove.cut(first - 1 - discriminator.WINDOW_BARS, last)) for take in long]
        yield f"bars {first}-{last} of {metrics.LONGEST}, told apart: {_apart(discriminator.cut_windows(cut), held_out)}"
    yield _steadiness(f"{split} drummers", held_out, held_out)
    for temperature in TEMPERATURES:
        takes = metrics.play_all(drummer, ENDURANCE_COUNT, metrics.BARS, temperature=temperature)
        silent = sum(int((~take.groove.hits.reshape(take.groove.bars, -1).any(axis=1)).sum()) for take in takes)
        yield (
            _steadiness(f"temperature {temperature:g}", discriminator.cut_windows(takes), held_out) + f", {silent} silent bars"
        )


def _steadiness(name: str, windows: Windows, drummers: Windows) -> str:
    repeated = np.mean([len(set(bars)) == 1 for bars in windows.bars])
    column = windows.names.index("notes.density")
    densities, wild = windows.features[:, column], drummers.features[:, column].max()
    return (
        f"{name}: {repeated:.3f} of {len(windows)} windows repeat one bar, median {np.median(densities):.1f} hits a beat, "
        f"{(densities > wild).mean():.3f} have more than any drummer ({wild:.1f})"
    )


def _apart(some: Windows, others: Windows) -> str:
    from drummer.evaluation.discriminator import told_apart

    return _written(told_apart(some, others))


def _written(areas: Mapping[str, tuple[float, ...]]) -> str:
    return ", ".join(f"{aspect} {area[0]:.3f} ± {area[1]:.3f}" for aspect, area in areas.items())


def _lines(compared: Comparison) -> Iterator[str]:
    yield f"told apart, {compared.name}: {_written(compared.apart)}"
    yield f"  standardised Wasserstein distance {compared.distance:.3f}"
    shapes = compared.divergences
    yield f"  Jensen-Shannon divergence, bits: {', '.join(f'{what} {value:.4f}' for what, value in shapes.items())}"
