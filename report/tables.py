"""Tables of the report, made from stored results; a missing result is shown as "not measured"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.evaluation.windows import ASPECTS
from report import results
from report.ablations import ABLATIONS
from report.humanizing import HUMANIZERS
from report.labels import FEATURE_LABELS
from report.learning_rates import RATES
from report.models import HELD_OUT, SEEDS, SIZES

NOT_MEASURED = "not measured"
NONE = "-"  # undefined figure
Interval = Mapping[str, float]


def values_of(name: str) -> results.Values | None:
    """Return the values of a stored result, None if it has not been measured."""
    stored = results.load(name)
    return stored.values if stored else None


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table; missing cells are filled with "not measured"."""
    written = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for line in lines:
        filled = [*line, *[NOT_MEASURED] * (len(header) - len(line))]
        written.append("| " + " | ".join(filled) + " |")
    return "\n".join(written)


def bounded(found: Interval, digits: int = 2, *, percent: bool = False) -> str:
    """Format a figure with its interval, such as `40.80 (36.56 to 45.71)`."""
    scale, unit = (100.0, "%") if percent else (1.0, "")
    value, low, high = (f"{scale * found[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value}{unit} ({low} to {high})"


def share(value: float, digits: int = 1) -> str:
    """Format a share as a percentage."""
    return f"{100 * value:.{digits}f}%"


def token_kinds() -> str:
    """Format table 1: token kinds: reconstruction and unknown tokens."""
    header = (
        "tokens", "vocabulary", "unknown, validation", "unknown, test", "onsets kept, validation", "onsets kept, test",
        "velocity error", "timing error",
    )  # fmt: skip
    values, lines = values_of("tokens"), []
    for kind, name in (("beat", "one beat with its loudness: original recipe"), ("step", "one step: Drummer")):
        if values is None:
            lines.append([name])
            continue
        found = values[kind]
        of_splits = [found[split] for split in HELD_OUT]
        lines.append(
            [
                f"{name}, {found['steps_per_beat']} steps per beat",
                f"{found['vocabulary']:,}",
                *(share(split["unknown"], 2) for split in of_splits),
                *(share(split["onsets_kept"]) for split in of_splits),
                f"{of_splits[0]['velocity_error']:.1f}",
                f"{of_splits[0]['timing_error']:.1f} ms",
            ]
        )
    return table(header, lines)


_EVALUATED_ON = {
    ("split", "train"): "training performances",
    ("shuffled", "validation"): "shuffled validation windows",
    ("shuffled", "test"): "shuffled test windows",
    ("few", "validation"): "shuffled validation windows",
    ("few", "test"): "shuffled test windows",
    ("few", "others"): "the other nine tenths, encoder reads the target",
}
_SCORES = ("accuracy", "accuracy_known", "precision", "recall", "f1")


def published_scores() -> str:
    """Format table 2: token scores of the original recipe and the shipped models."""
    header = ("protocol", "evaluated on", "accuracy", "of known tokens", "precision", "recall", "F1", "unknown tokens")
    lines = []
    for key, name, splits in (
        ("split", "official split, encoder never reads the target", ("train", *HELD_OUT)),
        ("shuffled", "published: shuffled windows, encoder reads the target", HELD_OUT),
        ("few", "published, a tenth of the performances", (*HELD_OUT, "others")),
    ):
        values = values_of(f"published_{key}")
        for split in splits:
            evaluated_on = _EVALUATED_ON.get((key, split), split)
            lines.append([name, evaluated_on] if values is None else [name, evaluated_on, *_scores(values[split])])
    for size in SIZES:
        values = values_of(f"likelihood_{size}")
        for split in HELD_OUT:
            name = f"Drummer's {size} model, step tokens, official split"
            lines.append([name, split] if values is None else [name, split, *_scores(values[split]["tokens"])])
    return table(header, lines)


def _scores(found: Mapping[str, Interval]) -> list[str]:
    return [*(bounded(found[name], 3) for name in _SCORES), share(found["unknown"]["value"], 2)]


def likelihoods() -> str:
    """Format table 3: negative log-likelihood of the shipped models."""
    header = (
        "model", "parameters", "split", "bits per beat", "voices", "velocity", "timing", "bigram", "whole beats correct",
    )  # fmt: skip
    lines = []
    for size in SIZES:
        values = values_of(f"likelihood_{size}")
        for split in HELD_OUT:
            if values is None:
                lines.append([size])
                continue
            found, overall = values[split], values[split]["by_genre"][0]
            lines.append(
                [
                    size,
                    f"{values['parameters']:,}",
                    split,
                    bounded(found["bits"]["total"]),
                    *(bounded(found["bits"][part]) for part in ("voices", "velocity", "timing")),
                    f"{overall['bigram']['total']:.2f}",
                    bounded(found["tokens"]["beats"], 1, percent=True),
                ]
            )
    return table(header, lines)


def _mean(found: Sequence[Interval]) -> dict[str, float]:
    return {key: float(np.mean([interval[key] for interval in found])) for key in ("value", "low", "high")}


def _seeds(size: str) -> list[results.Values]:
    return [values for seed in SEEDS if (values := values_of(f"played_{size}_{seed}"))]


def discriminator(split: str) -> str:
    """Format tables 4 and 5: discriminator AUC against a split."""
    header = ("grooves of", *ASPECTS, "range over seeds", "Wasserstein distance")
    humans, published = values_of("humans"), values_of("published_played")
    lines = [["training drummers: human control", *(_compared([humans[split]["human_control"]]) if humans else [])]]
    for size in SIZES:
        generated = _seeds(size)
        name = f"{size} model, {len(generated)} seed{'s' if len(generated) > 1 else ''}" if generated else f"{size} model"
        lines.append([name, *(_compared([values[split]["against_split"] for values in generated]) if generated else [])])
    tokenized = [published[split]["tokenized"]] if published else []
    lines.append(["training drummers through the original recipe's tokens", *(_compared(tokenized) if tokenized else [])])
    lines.append(["the original recipe", *(_compared([published[split]["against_split"]]) if published else [])])
    return table(header, lines)


def _compared(found: Sequence[Mapping[str, Any]]) -> list[str]:
    areas = [bounded(_mean([compared["auc"][aspect] for compared in found])) for aspect in ASPECTS]
    overall = [compared["auc"]["all"]["value"] for compared in found]
    spread = f"{min(overall):.2f} to {max(overall):.2f}" if len(overall) > 1 else "one seed"
    return [*areas, spread, f"{np.mean([compared['distance'] for compared in found]):.3f}"]


def discriminator_summary() -> str:
    """Summarise the discriminator AUC of the medium model and of human drummers, one sentence per split."""
    humans, generated = values_of("humans"), _seeds("medium")
    if humans is None or not generated:
        return NOT_MEASURED
    sentences = []
    for split in HELD_OUT:
        control = humans[split]["human_control"]["auc"]
        areas = {
            aspect: _mean([values[split]["against_split"]["auc"][aspect] for values in generated])["value"] for aspect in ASPECTS
        }
        by_aspect = ", ".join(f"{aspect} {areas[aspect]:.2f} ({control[aspect]['value']:.2f})" for aspect in ASPECTS[1:])
        sentences.append(
            f"Against {split} drummers the AUC of the medium model is {areas['all']:.2f} with all descriptors (other drummers: "
            f"{control['all']['value']:.2f}); with one aspect alone, other drummers in brackets: {by_aspect}."
        )
    return " ".join(sentences)


def absent_genres() -> str:
    """Format table 6: discriminator AUC in the genres that a split lacks."""
    lines = []
    for size in SIZES:
        generated = _seeds(size)
        for split in HELD_OUT:
            found = [values[split]["absent_genres"] for values in generated]
            lines.append([f"{size} model", split, *(_compared(found) if found else [])])
    return table(("grooves of", "genres absent from", *ASPECTS, "range over seeds", "Wasserstein distance"), lines)


def set_statistics() -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the statistics of human and generated grooves, one list per set; empty if not measured."""
    humans = values_of("humans")
    found: list[tuple[str, list[Mapping[str, Any]]]] = [
        (f"{split} drummers", [humans[split]["statistics"]] if humans else []) for split in HELD_OUT
    ]
    return found + [(f"{size} model", [values["statistics"] for values in _seeds(size)]) for size in SIZES]


def genre_accuracy() -> str:
    """Format table 7: genre accuracy."""
    genres = list(default_config().genres)
    lines = []
    for name, found in set_statistics():
        cells = [_average(found, genre) for genre in genres]
        lines.append([name, *([*cells, f"{np.mean([one['genre_accuracy'] for one in found]):.2f}"] if found else [])])
    return table(("grooves of", *genres, "all"), lines)


def _average(found: Sequence[Mapping[str, Any]], genre: str) -> str:
    shares = [one["by_genre"][genre] for one in found if genre in one["by_genre"]]
    return f"{np.mean(shares):.2f}" if shares else NONE


def novelty() -> str:
    """Format table 8: overlap with the training data, and diversity."""
    lines = []
    for name, found in set_statistics():
        overlap = [share(float(np.mean([one["training_overlap"][bars] for one in found]))) for bars in "124"] if found else []
        lines.append([name, *overlap, *([f"{np.mean([one['diversity'] for one in found]):.3f}"] if found else [])])
    return table(("grooves of", "one bar", "two bars", "four bars", "diversity"), lines)


def feature_importance() -> str:
    """Format table 9: feature importance."""
    generated = values_of("played_medium_0")
    lines = [
        [
            FEATURE_LABELS[found["name"]],
            *(f"{found[key]:.{digits}f}" for key, digits in (("auc", 2), ("median", 3), ("reference_median", 3))),
        ]
        for found in (generated["feature_importance"] if generated else [])
    ]
    return table(("descriptor", "AUC alone", "median, medium model", "median, training drummers"), lines or [[NOT_MEASURED]])


def humanized(split: str) -> str:
    """Format tables 10 and 11: humanized against original performances."""
    header = (
        "humanized by", "timing error, ms", "timing distance, ms", "velocity error", "velocity distance", "AUC",
        "AUC, velocity", "AUC, timing", "descriptor distance",
    )  # fmt: skip
    lines = []
    for key, name in [*((key, name) for key, (name, _) in HUMANIZERS.items()), *((size, f"{size} model") for size in SIZES)]:
        values = values_of(f"humanized_{key}")
        if values is None or split not in values:
            lines.append([name])
            continue
        hits, compared = values[split]["hits"], values[split]["comparison"]
        cells = [bounded(hits[f"{quantity}_{kind}"], 1) for quantity in ("timing", "velocity") for kind in ("error", "distance")]
        areas = [bounded(compared["auc"][aspect]) for aspect in ("all", "velocity", "timing")]
        lines.append([name, *cells, *areas, f"{compared['distance']:.3f}"])
    return table(header, lines)


def rates() -> str:
    """Format table 12: learning rates."""
    lines = []
    for size in SIZES:
        for rate in RATES:
            values = values_of(f"rate_{size}_{rate:g}")
            if values is None:
                lines.append([size, f"{rate:g}"])
                continue
            last = values["points"][-1]
            lines.append(
                [
                    size,
                    f"{rate:g}",
                    f"{last['seconds'] / 60:.1f}",
                    f"{last['updates']:g}",
                    f"{last['passes']:.2f}",
                    f"{last['loss']:.2f}",
                ]
            )
    return table(("model", "learning rate", "minutes of training", "updates", "epochs", "bits per beat"), lines)


def ablations() -> str:
    """Format table 13: ablations."""
    header = (
        "change", "parameters", "updates", "bits per beat", "voices", "velocity", "timing", "unchanged model after as many",
        "hits lost by the grid", "token accuracy", "macro F1", "whole beats correct",
    )  # fmt: skip
    baseline = values_of("ablation_baseline")
    lines = []
    for ablation in ABLATIONS:
        values = values_of(f"ablation_{ablation.name}")
        if values is None:
            lines.append([ablation.description])
            continue
        last = values["points"][-1]
        plays = last["velocity"] > 0
        lines.append(
            [
                ablation.description,
                f"{values['parameters']:,}",
                f"{last['updates']:g}",
                f"{last['loss']:.2f}" if plays else NONE,
                f"{last['voices']:.2f}",
                *(f"{last[part]:.2f}" if plays else NONE for part in ("velocity", "timing")),
                unchanged(baseline, last["updates"]) if baseline else NOT_MEASURED,
                share(values["lost_hits"]),
                *(bounded(values["scores"][name], 3) for name in ("accuracy", "f1")),
                bounded(values["scores"]["beats"], 1, percent=True),
            ]
        )
    return table(header, lines)


def unchanged(baseline: results.Values, updates: float) -> str:
    """Interpolate the bits per beat of the unchanged model after a number of updates."""
    points = baseline["points"]
    along = [point["updates"] for point in points]
    if not along[0] <= updates <= along[-1]:
        return NONE
    return f"{np.interp(updates, along, [point['loss'] for point in points]):.2f}"


def controls(name: str = "controls") -> str:
    """Format table 14: response to the controls."""
    genres = list(default_config().genres)
    values = values_of(name)
    if values is None:
        return table(("control", *genres), [[NOT_MEASURED]])
    by_control: dict[str, dict[str, float]] = {}
    for found in values["responses"]:
        by_control.setdefault(found["control"], {})[found["genre"]] = found["correlation"]
    lines = [[control, *(f"{found[genre]:.2f}" for genre in genres)] for control, found in by_control.items()]
    return table(("control", *genres), lines)


def adherence() -> str:
    """Format the table of requests that are kept: meters, steadiness, rhythms and styles."""
    values = values_of("adherence")
    if values is None:
        return NOT_MEASURED
    rows = [
        [f"the bar of {meter} can be counted{steady}", share(found, 0)]
        for steady, name in (("", "meters"), (", steady", "steady_meters"))
        for meter, found in values[name].items()
    ]
    rows += [
        [f"drummers: the bar of {meter} can be counted ({_performances(found['performances'])})", share(found["share"], 0)]
        for meter, found in values["drummers"].items()
    ]
    for found in values["steady"]:
        steady = "left open" if found["steady"] is None else f"{found['steady']:g}"
        rows.append([f"{found['genre']}, steady {steady}: backbeat in bars that are no fills", share(found["backbeat"], 0)])
        rows.append([f"{found['genre']}, steady {steady}: bars that repeat the timekeeper", share(found["timekeeper"], 0)])
    rows.append(["onsets of a rhythm at which a voice sounds", share(values["rhythm"]["sounded"], 0)])
    rows.append(["Spearman correlation of a rhythm's accents", f"{values['rhythm']['accents']:.2f}"])
    rows += [[f"style asked for is recognized, {genre}", share(found, 0)] for genre, found in values["styles"].items()]
    return table(("request", "kept"), rows)


def _performances(count: int) -> str:
    return f"{count} performance{'s' if count > 1 else ''}"


def neural() -> str:
    """Format the table of the neural discriminators."""
    values = values_of("neural")
    if values is None:
        return NOT_MEASURED
    rows = [[name, f"{found['auc']:.2f}", f"{found['known']:.2f}"] for name, found in values["test"].items()]
    return table(("comparison", "against test drummers", "against training performances not seen"), rows)


def sounds() -> str:
    """Format table 15: example grooves."""
    values = values_of("examples")
    if values is None:
        return NOT_MEASURED
    lines = [
        [genre, f"{found['bpm']:g}", f"[listen](report/{genre}.ogg)", f"[MIDI](report/{genre}.mid)", f"{found['seconds']:.0f} s"]
        for genre, found in values["grooves"].items()
    ]
    return table(("genre", "BPM", "sound", "notes", "length"), lines)


def all_results(names: Iterable[str]) -> str:
    """Format table 16: all results with their provenance."""
    lines = []
    for name in names:
        found = results.load(name)
        seconds = "" if found is None else f"{found.seconds:,.0f}"
        provenance = [found.date, f"`{found.commit}`", str(found.seed), seconds, found.machine] if found else []
        lines.append([f"`{name}`", *provenance])
    return table(("result", "measured", "commit", "seed", "CPU seconds", "machine"), lines)
