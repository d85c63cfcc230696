"""The report's tables, each made from rows; a row that is not there says "not run"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.evaluation.discriminator import ASPECTS
from report import results
from report.ablations import ABLATIONS
from report.humanizing import WAYS
from report.labels import FEATURES
from report.learning_rates import RATES
from report.models import HELD_OUT, SEEDS, SIZES

NOT_RUN = "not run"
NONE = "-"  # there is no such figure
Interval = Mapping[str, float]


def values_of(name: str) -> results.Values | None:
    """Look up the values of a row, None where it was not run."""
    row = results.load(name)
    return row.values if row else None


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; a line that is too short is filled up with "not run"."""
    written = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for line in lines:
        filled = [*line, *[NOT_RUN] * (len(header) - len(line))]
        written.append("| " + " | ".join(filled) + " |")
    return "\n".join(written)


def bounded(found: Interval, digits: int = 2, *, percent: bool = False) -> str:
    """Write a figure with its interval, such as `40.80 (36.56 to 45.71)`."""
    scale, unit = (100.0, "%") if percent else (1.0, "")
    value, low, high = (f"{scale * found[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value}{unit} ({low} to {high})"


def share(value: float, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.{digits}f}%"


def token_kinds() -> str:
    """Table 1."""
    header = (
        "tokens", "vocabulary", "unknown, validation", "unknown, test", "onsets kept, validation", "onsets kept, test",
        "velocity error", "timing error",
    )  # fmt: skip
    values, lines = values_of("tokens"), []
    for kind, name in (("beat", "a beat with its loudness: the original recipe"), ("step", "a step: Drummer now")):
        if values is None:
            lines.append([name])
            continue
        found = values[kind]
        of_splits = [found[split] for split in HELD_OUT]
        lines.append(
            [
                f"{name}, {found['steps_per_beat']} steps a beat",
                f"{found['vocabulary']:,}",
                *(share(split["unknown"], 2) for split in of_splits),
                *(share(split["onsets_kept"]) for split in of_splits),
                f"{of_splits[0]['velocity_error']:.1f}",
                f"{of_splits[0]['timing_error']:.1f} ms",
            ]
        )
    return table(header, lines)


_JUDGED = {
    ("split", "train"): "takes that it learned from",
    ("shuffled", "validation"): "shuffled validation windows",
    ("shuffled", "test"): "shuffled test windows",
    ("few", "validation"): "shuffled validation windows",
    ("few", "test"): "shuffled test windows",
    ("few", "others"): "the other nine tenths, encoder sees the target",
}
_SCORES = ("accuracy", "accuracy_known", "precision", "recall", "f1")


def published_scores() -> str:
    """Table 2."""
    header = ("protocol", "judged on", "accuracy", "of known tokens", "precision", "recall", "F1", "unknown tokens")
    lines = []
    for key, name, splits in (
        ("split", "official split, encoder never sees the target", ("train", *HELD_OUT)),
        ("shuffled", "published: shuffled windows, encoder sees the target", HELD_OUT),
        ("few", "published, a tenth of the takes", (*HELD_OUT, "others")),
    ):
        values = values_of(f"published_{key}")
        for split in splits:
            judged = _JUDGED.get((key, split), split)
            lines.append([name, judged] if values is None else [name, judged, *_scores(values[split])])
    for size in SIZES:
        values = values_of(f"likelihood_{size}")
        for split in HELD_OUT:
            name = f"Drummer's {size} model, step tokens, official split"
            lines.append([name, split] if values is None else [name, split, *_scores(values[split]["tokens"])])
    return table(header, lines)


def _scores(found: Mapping[str, Interval]) -> list[str]:
    return [*(bounded(found[name], 3) for name in _SCORES), share(found["unknown"]["value"], 2)]


def likelihoods() -> str:
    """Table 3."""
    header = (
        "model", "parameters", "drummers", "bits a beat", "voices", "velocity", "timing", "bigram", "whole beats right",
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


def apart(split: str) -> str:
    """Tables 4 and 5."""
    header = ("who plays", *ASPECTS, "spread of the seeds", "Wasserstein distance")
    humans, published = values_of("humans"), values_of("published_played")
    lines = [["training drummers: the human control", *(_compared([humans[split]["control"]]) if humans else [])]]
    for size in SIZES:
        played = _seeds(size)
        name = f"{size} model, {len(played)} seed{'s' if len(played) > 1 else ''}" if played else f"{size} model"
        lines.append([name, *(_compared([values[split]["free"] for values in played]) if played else [])])
    coded = [published[split]["coded"]] if published else []
    lines.append(["training drummers through the original recipe's tokens", *(_compared(coded) if coded else [])])
    lines.append(["the original recipe", *(_compared([published[split]["free"]]) if published else [])])
    return table(header, lines)


def _compared(found: Sequence[Mapping[str, Any]]) -> list[str]:
    areas = [bounded(_mean([compared["apart"][aspect] for compared in found])) for aspect in ASPECTS]
    overall = [compared["apart"]["all"]["value"] for compared in found]
    spread = f"{min(overall):.2f} to {max(overall):.2f}" if len(overall) > 1 else "one seed"
    return [*areas, spread, f"{np.mean([compared['distance'] for compared in found]):.3f}"]


def verdict() -> str:
    """Say in a sentence a split how well the medium model is told apart, and how well drummers are."""
    humans, played = values_of("humans"), _seeds("medium")
    if humans is None or not played:
        return NOT_RUN
    sentences = []
    for split in HELD_OUT:
        control = humans[split]["control"]["apart"]
        areas = {aspect: _mean([values[split]["free"]["apart"][aspect] for values in played])["value"] for aspect in ASPECTS}
        by_aspect = ", ".join(f"{aspect} {areas[aspect]:.2f} ({control[aspect]['value']:.2f})" for aspect in ASPECTS[1:])
        sentences.append(
            f"From {split} drummers the medium model is told with {areas['all']:.2f} by all features, where other drummers are "
            f"told with {control['all']['value']:.2f}; by one group alone, drummers in brackets: {by_aspect}."
        )
    return " ".join(sentences)


def unheard() -> str:
    """Table 6."""
    lines = []
    for size in SIZES:
        played = _seeds(size)
        for split in HELD_OUT:
            found = [values[split]["unheard"] for values in played]
            lines.append([f"{size} model", split, *(_compared(found) if found else [])])
    return table(("who plays", "genres lacking in", *ASPECTS, "spread of the seeds", "Wasserstein distance"), lines)


def characters() -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Collect what is known of drummers and of what the models play, by themselves; an empty list where nothing is."""
    humans = values_of("humans")
    found: list[tuple[str, list[Mapping[str, Any]]]] = [
        (f"{split} drummers", [humans[split]["character"]] if humans else []) for split in HELD_OUT
    ]
    return found + [(f"{size} model", [values["character"] for values in _seeds(size)]) for size in SIZES]


def recognition() -> str:
    """Table 7."""
    genres = list(default_config().genres)
    lines = []
    for name, found in characters():
        cells = [_average(found, genre) for genre in genres]
        lines.append([name, *([*cells, f"{np.mean([one['recognised'] for one in found]):.2f}"] if found else [])])
    return table(("who plays", *genres, "all"), lines)


def _average(found: Sequence[Mapping[str, Any]], genre: str) -> str:
    shares = [one["by_genre"][genre] for one in found if genre in one["by_genre"]]
    return f"{np.mean(shares):.2f}" if shares else NONE


def novelty() -> str:
    """Table 8."""
    lines = []
    for name, found in characters():
        copied = [share(float(np.mean([one["found"][bars] for one in found]))) for bars in "124"] if found else []
        lines.append([name, *copied, *([f"{np.mean([one['diversity'] for one in found]):.3f}"] if found else [])])
    return table(("who plays", "one bar", "two bars", "four bars", "diversity"), lines)


def giveaways() -> str:
    """Table 9."""
    played = values_of("played_medium_0")
    lines = [
        [
            FEATURES[found["name"]],
            *(f"{found[key]:.{digits}f}" for key, digits in (("area", 2), ("some", 3), ("others", 3))),
        ]
        for found in (played["giveaways"] if played else [])
    ]
    return table(("feature", "alone tells apart", "median, medium model", "median, training drummers"), lines or [[NOT_RUN]])


def humanised(split: str) -> str:
    """Tables 10 and 11."""
    header = (
        "who performs", "timing error, ms", "timing distance, ms", "velocity error", "velocity distance", "told apart",
        "by velocity", "by timing", "feature distance",
    )  # fmt: skip
    lines = []
    for key, name in [*((key, name) for key, (name, _) in WAYS.items()), *((size, f"{size} model") for size in SIZES)]:
        values = values_of(f"humanised_{key}")
        if values is None or split not in values:
            lines.append([name])
            continue
        hits, compared = values[split]["hits"], values[split]["compared"]
        cells = [bounded(hits[f"{what}_{kind}"], 1) for what in ("timing", "velocity") for kind in ("error", "distance")]
        areas = [bounded(compared["apart"][aspect]) for aspect in ("all", "velocity", "timing")]
        lines.append([name, *cells, *areas, f"{compared['distance']:.3f}"])
    return table(header, lines)


def rates() -> str:
    """Table 12."""
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
    return table(("model", "learning rate", "minutes of training", "updates", "passes", "bits a beat"), lines)


def ablations() -> str:
    """Table 13."""
    header = (
        "what is changed", "parameters", "updates", "bits a beat", "voices", "velocity", "timing", "unchanged model then",
        "hits lost by the grid", "token accuracy", "macro F1", "whole beats right",
    )  # fmt: skip
    baseline = values_of("ablation_baseline")
    lines = []
    for ablation in ABLATIONS:
        values = values_of(f"ablation_{ablation.name}")
        if values is None:
            lines.append([ablation.what])
            continue
        last = values["points"][-1]
        plays = last["velocity"] > 0
        lines.append(
            [
                ablation.what,
                f"{values['parameters']:,}",
                f"{last['updates']:g}",
                f"{last['loss']:.2f}" if plays else NONE,
                f"{last['voices']:.2f}",
                *(f"{last[part]:.2f}" if plays else NONE for part in ("velocity", "timing")),
                unchanged(baseline, last["updates"]) if baseline else NOT_RUN,
                share(values["lost"]),
                *(bounded(values["scores"][name], 3) for name in ("accuracy", "f1")),
                bounded(values["scores"]["beats"], 1, percent=True),
            ]
        )
    return table(header, lines)


def unchanged(baseline: results.Values, updates: float) -> str:
    """Read off the unchanged model's curve what it scored after so many updates."""
    points = baseline["points"]
    along = [point["updates"] for point in points]
    if not along[0] <= updates <= along[-1]:
        return NONE
    return f"{np.interp(updates, along, [point['loss'] for point in points]):.2f}"


def controls() -> str:
    """Table 14."""
    genres = list(default_config().genres)
    values = values_of("controls")
    if values is None:
        return table(("control", *genres), [[NOT_RUN]])
    by_control: dict[str, dict[str, float]] = {}
    for found in values["responses"]:
        by_control.setdefault(found["control"], {})[found["genre"]] = found["correlation"]
    lines = [[control, *(f"{found[genre]:.2f}" for genre in genres)] for control, found in by_control.items()]
    return table(("control", *genres), lines)


def sounds() -> str:
    """Table 15."""
    values = values_of("examples")
    if values is None:
        return NOT_RUN
    lines = [
        [genre, f"{found['bpm']:g}", f"[listen](report/{genre}.ogg)", f"[MIDI](report/{genre}.mid)", f"{found['seconds']:.0f} s"]
        for genre, found in values["grooves"].items()
    ]
    return table(("genre", "BPM", "sound", "notes", "length"), lines)


def all_rows(names: Iterable[str]) -> str:
    """Table 16."""
    lines = []
    for name in names:
        row = results.load(name)
        seconds = "" if row is None else f"{row.seconds:,.0f}"
        lines.append([f"`{name}`", *([row.date, f"`{row.commit}`", str(row.seed), seconds, row.machine] if row else [])])
    return table(("row", "measured", "commit", "seed", "CPU seconds", "machine"), lines)
