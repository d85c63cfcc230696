"""Text reports of `python -m drummer.evaluation`, each a generator of lines. They take minutes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from drummer.data.corpus import Corpus
from drummer.evaluation.baselines import HitLookup
from drummer.generation.drummer import Drummer
from drummer.music.controls import CONTROLS

# The metrics need scikit-learn, which the likelihood report does without: they are imported where they are used.
if TYPE_CHECKING:
    from drummer.evaluation.metrics import Comparison
    from drummer.evaluation.tempos import Slope
    from drummer.evaluation.windows import Windows

ENDURANCE_COUNT = 12  # grooves of each genre, and of each temperature
NEURAL_COUNT, NEURAL_BARS = 48, 16  # takes of each genre for the neural discriminator, and their length
NEURAL_FAST = 0.25  # share of the performances of each genre, the fastest, that a control compares with the others
NEURAL_TEMPO = 1.3  # times the reference's, for takes at a tempo that a musician chooses
TEMPERATURES = (0.5, 0.8, 1.0, 1.3)


def generation_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Compare grooves generated with default settings with those of human drummers."""
    from drummer.evaluation import discriminator, metrics, windows

    train_grooves = metrics.human_beats(corpus, "train", drummer.genres)
    train = windows.cut_windows(train_grooves)
    held_out = windows.cut_windows(metrics.human_beats(corpus, split, drummer.genres))
    generated = windows.cut_windows(metrics.generate_grooves(drummer))

    yield f"{len(generated)} windows generated, {len(held_out)} of {split} drummers, {len(train)} of training drummers"
    against_split, absent_genres = metrics.compare_with_split(generated, train, held_out, split)
    for compared in (against_split, metrics.human_control(train, held_out), absent_genres):
        yield from _comparison_lines(compared)
    for importance in discriminator.feature_importance(generated, train):
        yield (
            f"AUC of {importance.name} alone: {importance.auc:.2f}, median {importance.median:.3f} generated, "
            f"{importance.reference_median:.3f} of training drummers"
        )
    for name, chosen in (("generated", generated), (f"{split} drummers", held_out)):
        statistics = metrics.set_statistics(name, chosen, train, train_grooves)
        by_genre = ", ".join(f"{genre} {share:.2f}" for genre, share in statistics.by_genre.items())
        yield f"{name}: genre accuracy {statistics.genre_accuracy:.2f} ({by_genre})"
        overlap = ", ".join(f"{bars} bars {share:.3f}" for bars, share in statistics.training_overlap.items())
        yield f"  onset patterns found in training: {overlap}"
        yield f"  diversity (share of cells that differ within a genre): {statistics.diversity:.3f}"


def neural_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Separate takes from held-out drummers by neural networks, by aspect, length of the window and tempo; with controls."""
    for name, score in measure_neural(drummer, corpus, split).items():
        yield (
            f"neural discriminator AUC, {name}: {score['auc']:.3f} against {split} drummers, "
            f"{score['known']:.3f} against training performances not seen ({score['auc'] - score['known']:+.3f})"
        )


def measure_neural(drummer: Drummer, corpus: Corpus, split: str) -> dict[str, dict[str, float]]:
    """Train and score neural discriminators, see `NeuralScore`: name of the comparison → `auc` and `known`."""
    from drummer.evaluation import metrics
    from drummer.evaluation.neural_discriminator import PLANES, NeuralDiscriminatorSettings, neural_auc

    known = metrics.human_beats(corpus, "train", drummer.genres)
    held_out = metrics.human_beats(corpus, split, drummer.genres)
    takes = metrics.generate_grooves(drummer, NEURAL_COUNT, NEURAL_BARS)
    faster = metrics.generate_grooves(drummer, NEURAL_COUNT, NEURAL_BARS, tempo_factor=NEURAL_TEMPO)
    halves = [[one for one in known if (zlib.crc32(one.group.encode()) & 1) == half] for half in (0, 1)]
    fast, slower = metrics.split_by_tempo(known, NEURAL_FAST)
    four, eight = NeuralDiscriminatorSettings(), NeuralDiscriminatorSettings(bars=8)
    compared = [
        *((f"takes, {aspect}, 4 bars", known, takes, four, aspect) for aspect in PLANES),
        ("takes, all, 8 bars", known, takes, eight, "all"),
        (f"takes at {NEURAL_TEMPO:g} times the tempo, all, 4 bars", known, faster, four, "all"),
        ("human control: one half of the training drummers for takes, all, 4 bars", halves[0], halves[1], four, "all"),
        ("human control: one half of the training drummers for takes, all, 8 bars", halves[0], halves[1], eight, "all"),
        (
            "human control: the fastest quarter of each genre's training performances for takes, all, 4 bars",
            slower,
            fast,
            four,
            "all",
        ),
    ]
    checks = sum(settings.networks * settings.batches // settings.check_every for _, _, _, settings, _ in compared)
    with tqdm(total=checks, desc="Neural discriminators", leave=False) as bar:
        return {
            name: neural_auc(drummers, others, held_out, settings, aspect, progress=bar.update)._asdict()
            for name, drummers, others, settings, aspect in compared
        }


def tempo_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Measure how drummers' playing changes with tempo, and how human grooves are at other tempos than their reference's."""
    from drummer.evaluation import tempos

    law = tempos.drummers_law([one for name in ("train", split) for one in corpus.select(name, drummer.genres, "beat")])
    for quantity, slopes in law.items():
        for within, slope in slopes.items():
            yield f"drummers of training and {split}, {quantity} ~ tempo ** {_slope_text(slope)} within {within}"
    for factor, found in tempos.measure_at_tempos(drummer, corpus, split).items():
        yield f"grooves at {factor:g} times the tempo of their reference:"
        for quantity, slope in (found.law or {}).items():
            yield f"  {quantity} ~ tempo ** {_slope_text(slope)}"
        for areas in found.by_seeds:
            yield f"  discriminator AUC against {split} drummers: {_areas_text(areas)}"
        yield f"  against drummers who play at about that tempo ({found.pairs[0]:.0f} windows): {_areas_text(found.at_tempo)}"
        yield f"  drummers at that tempo against others at the references' ({found.pairs[1]:.0f}): {_areas_text(found.drummers)}"


def _slope_text(slope: Slope) -> str:
    return f"{slope.value:+.2f} ({slope.low:+.2f} to {slope.high:+.2f}, {slope.performances} performances)"


def _areas_text(areas: Mapping[str, float]) -> str:
    return ", ".join(f"{aspect} {area:.3f}" for aspect, area in areas.items())


def humanizing_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Humanize the notes of held-out beats with the model and with a lookup table, and compare with the original performances."""
    from drummer.evaluation import metrics

    lookup = HitLookup(corpus.select("train", drummer.genres, "beat"))
    pieces = metrics.cut_pieces(metrics.human_beats(corpus, split, drummer.genres))
    humanizers = {
        drummer.trained.size: metrics.model_humanizer(drummer),
        "lookup by genre, voice and step": metrics.lookup_humanizer(lookup),
    }
    for name, humanizer in humanizers.items():
        humanized = metrics.humanize_all(pieces, humanizer)
        yield from _comparison_lines(metrics.compare_humanized(f"{split} notes humanized by {name}", pieces, humanized))


def controls_report(drummer: Drummer, corpus: Corpus, split: str, picture: Path | None) -> Iterator[str]:
    """Measure the response to each control, and the discriminator AUC of the controlled grooves against human drummers.

    The table has the Spearman correlation of requested and measured values by genre, see `drummer.evaluation.control_response`.
    """
    from drummer.evaluation import charts, control_response, discriminator, windows

    held_out = windows.cut_windows(windows.label_performances(corpus.select(split, drummer.genres, "beat")))
    total = len(CONTROLS) * len(drummer.genres)
    found = list(tqdm(control_response.control_responses(drummer), total=total, desc="Controls", unit="genre", leave=False))
    if picture is not None:
        charts.save_control_chart(found, picture)
    yield f"{'control':12}" + "".join(f"{genre[:8]:>9}" for genre in drummer.genres) + "  followed      AUC"
    for control in CONTROLS:
        chosen = [response for response in found if response.control == control]
        generated = [
            windows.LabelledGroove(groove, response.genre, f"{response.genre} {number}")
            for response in chosen
            for number, groove in enumerate(response.grooves)
        ]
        area, _ = discriminator.discriminator_auc(windows.cut_windows(generated), held_out)["all"]
        numbers = "".join(f"{response.correlation:9.2f}" for response in chosen)
        yield f"{control:12}{numbers}{sum(response.followed for response in chosen):10}{area:9.2f}"


def adherence_report(drummer: Drummer, corpus: Corpus) -> Iterator[str]:
    """Measure how grooves keep to a requested meter, steadiness, rhythm and style; see `drummer.evaluation.adherence`."""
    from drummer.evaluation.adherence import measure_adherence

    found = measure_adherence(drummer, corpus.select("train", drummer.genres, "beat"))
    for name, shares in (("", found.meters), (" of steady grooves", found.steady_meters)):
        yield f"the bar{name} can be counted in " + ", ".join(f"{share:.2f} of {meter}" for meter, share in shares.items())
    for score in found.steady:
        steady = "left open" if score.steady is None else f"{score.steady:g}"
        yield (
            f"{score.genre}, steady {steady}: backbeat in {score.backbeat:.2f} of the bars that are no fills, "
            f"timekeeper repeated in {score.timekeeper:.2f}"
        )
    sounded, accents = found.rhythm
    yield f"rhythms: a voice sounds at {sounded:.3f} of the onsets, Spearman correlation of the accents {accents:.2f}"
    by_genre = ", ".join(f"{genre} {share:.2f}" for genre, share in found.styles.items())
    yield f"styles recognized as asked for: {np.mean(list(found.styles.values())):.2f} ({by_genre})"


def endurance_report(drummer: Drummer, corpus: Corpus, split: str) -> Iterator[str]:
    """Measure whether quality lasts over long grooves, and whether extreme temperatures give silence, repetition or excess."""
    from drummer.evaluation import metrics, windows

    held_out = windows.cut_windows(windows.label_performances(corpus.select(split, drummer.genres, "beat")))
    long = metrics.generate_grooves(drummer, ENDURANCE_COUNT, metrics.MAX_BARS)
    for first, last in ((5, 12), (25, 32)):
        # One window more before the stretch, since the first one of a groove is always left out.
        cut = [one._replace(groove=one.groove.cut(first - 1 - windows.WINDOW_BARS, last)) for one in long]
        yield f"bars {first}-{last} of {metrics.MAX_BARS}, discriminator AUC: {_auc_text(windows.cut_windows(cut), held_out)}"
    yield _stability(f"{split} drummers", held_out, held_out)
    for temperature in TEMPERATURES:
        generated = metrics.generate_grooves(drummer, ENDURANCE_COUNT, metrics.BARS, temperature=temperature)
        silent = sum(int((~one.groove.hits.reshape(one.groove.bars, -1).any(axis=1)).sum()) for one in generated)
        stability = _stability(f"temperature {temperature:g}", windows.cut_windows(generated), held_out)
        yield f"{stability}, {silent} silent bars"


def _stability(name: str, windows: Windows, drummers: Windows) -> str:
    repeated = np.mean([len(set(bars)) == 1 for bars in windows.bars])
    column = windows.names.index("notes.density")
    densities, maximum = windows.features[:, column], drummers.features[:, column].max()
    return (
        f"{name}: {repeated:.3f} of {len(windows)} windows repeat one bar, median {np.median(densities):.1f} hits per beat, "
        f"{(densities > maximum).mean():.3f} have more than any drummer ({maximum:.1f})"
    )


def _auc_text(first: Windows, second: Windows) -> str:
    from drummer.evaluation.discriminator import discriminator_auc

    return _format_auc(discriminator_auc(first, second))


def _format_auc(areas: Mapping[str, tuple[float, ...]]) -> str:
    return ", ".join(f"{aspect} {area[0]:.3f} ± {area[1]:.3f}" for aspect, area in areas.items())


def _comparison_lines(compared: Comparison) -> Iterator[str]:
    yield f"discriminator AUC, {compared.name}: {_format_auc(compared.auc)}"
    yield f"  standardised Wasserstein distance {compared.distance:.3f}"
    divergences = ", ".join(f"{name} {value:.4f}" for name, value in compared.divergences.items())
    yield f"  Jensen-Shannon divergence, bits: {divergences}"
