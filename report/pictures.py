"""Figures of the report, plotted from stored results; a figure without results is left out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from drummer.data.corpus import SPLITS
from drummer.evaluation import charts
from drummer.evaluation.windows import ASPECTS, HISTOGRAM_BINS, HISTOGRAM_RANGE_MS
from drummer.files import midi
from drummer.model.description import WEIGHTS
from drummer.model.tokenizer import UNK
from drummer.music.groove import Groove
from drummer.music.voices import VOICES
from report import control_responses, results
from report.ablations import ABLATIONS
from report.learning_rates import RATES
from report.models import HELD_OUT, SEEDS, SIZES
from report.tables import values_of

WIDTH = 9.0  # inches
DPI = 120
GREY, INK = "#9aa5b1", "#1f2933"
COLOURS = ("#c2410c", "#0e7490", "#4d7c0f", "#7e22ce")
PARTS = {"voices": "#0e7490", "velocity": "#c2410c", "timing": "#a16207"}  # of the bits per beat


def draw_all() -> list[str]:
    """Save every figure whose results are stored; return the names of the files."""
    drawn = []
    for name, draw in PICTURES.items():
        figure = draw()
        if figure is not None:
            figure.savefig(results.FOLDER / f"{name}.png", dpi=DPI, metadata={"Software": None})
            drawn.append(name)
    return drawn


def _figure(height: float, *shape: int, **options: Any) -> tuple[Figure, list[Axes]]:
    figure = Figure((WIDTH, height), layout="constrained")
    panels = np.atleast_1d(figure.subplots(*shape, **options)).flatten().tolist()
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
        panel.xaxis.label.set_fontsize(8)
        panel.yaxis.label.set_fontsize(8)
    return figure, panels


def _title(panel: Axes, text: str) -> None:
    panel.set_title(text, loc="left", fontsize=9)


def data() -> Figure | None:
    """Plot minutes by genre and split, and the tempos of each genre."""
    values = values_of("data")
    if values is None:
        return None
    genres = list(values["genres"])
    figure, (left, right) = _figure(3.6, 1, 2)
    below = np.zeros(len(genres))
    for split, colour in zip(SPLITS, COLOURS, strict=False):
        minutes = np.array([sum(seconds for _, seconds in values["genres"][genre][split]["beats"]) / 60 for genre in genres])
        left.barh(genres, minutes, left=below, color=colour, label=split)
        below += minutes
    left.set_xlabel("minutes of beats in 4/4")
    left.legend(fontsize=8, frameon=False)
    generator = np.random.default_rng(0)
    for place, genre in enumerate(genres):
        performances = np.array([performance for split in SPLITS for performance in values["genres"][genre][split]["beats"]])
        heights = place + generator.uniform(-0.25, 0.25, len(performances))
        right.scatter(performances[:, 0], heights, s=3 + performances[:, 1] / 6, color=COLOURS[1], alpha=0.35, linewidths=0)
    right.set_yticks(range(len(genres)), genres)
    right.set_xlabel("tempo in BPM; one dot per performance, area by its length")
    for panel in (left, right):
        panel.invert_yaxis()
    return figure


def tokens() -> Figure | None:
    """Plot two human bars beside their reconstruction by both tokenizers."""
    values = values_of("tokens")
    if values is None:
        return None
    step, beat = values["step"], values["beat"]
    used = sorted({voice for _, voice, _ in step["played"]})
    figure, panels = _figure(6.2, 3, 1, sharex=True)
    shown = (
        ("human performance: darker is louder, off the lines is off the grid", step["played"]),
        ("step tokens: one number for each step with hits; velocity and timing are stored separately", step["decoded"]),
        ("beat tokens of the published recipe: one number per beat; a shaded beat is unknown and lost", beat["decoded"]),
    )
    for panel, (title, hits) in zip(panels, shown, strict=True):
        _hits(panel, hits, used)
        _title(panel, title)
        for line in np.arange(0, len(beat["tokens"]), 0.25):
            panel.axvline(line, color=GREY, linewidth=0.9 if line % 1 == 0 else 0.3, zorder=0)
    for position, token in enumerate(step["tokens"]):
        if token > UNK + 1:  # sounds
            panels[1].text(
                position / step["steps_per_beat"], -0.9, token, fontsize=5.5, ha="center", va="bottom", rotation=90, color=INK
            )
    panels[1].set_ylim(-1.6, len(used) - 0.4)
    for place, token in enumerate(beat["tokens"]):
        if token == UNK:
            panels[2].axvspan(place, place + 1, color=COLOURS[0], alpha=0.12)
        panels[2].text(place + 0.5, -0.9, "[UNK]" if token == UNK else token, fontsize=7, ha="center", va="bottom", color=INK)
    panels[2].set_ylim(-1.6, len(used) - 0.4)
    panels[2].set_xlabel("beats")
    return figure


def _hits(panel: Axes, hits: Sequence[tuple[float, int, float]], used: Sequence[int]) -> None:
    for beat, voice, velocity in hits:
        panel.plot(beat, used.index(voice), "s", color=COLOURS[1], alpha=0.2 + 0.8 * velocity, markersize=5, markeredgewidth=0)
    panel.set_yticks(range(len(used)), [VOICES[voice].label for voice in used], fontsize=7)


def published() -> Figure | None:
    """Plot accuracy and loss of the published recipe on the official split and under its own protocol."""
    named = (
        ("few", "published protocol, a tenth of the performances"),
        ("shuffled", "published protocol"),
        ("split", "official split"),
    )
    found = [(name, values_of(f"published_{key}")) for key, name in named]
    if not any(values for _, values in found):
        return None
    figure, (left, right) = _figure(2.9, 1, 2)
    for (name, values), colour in zip(found, COLOURS, strict=False):
        if values is not None:
            minutes = [point["seconds"] / 60 for point in values["points"]]
            left.plot(
                minutes, [point["accuracy_known"] for point in values["points"]], "o-", color=colour, label=name, markersize=3
            )
            right.plot(minutes, [point["loss"] for point in values["points"]], "o-", color=colour, label=name, markersize=3)
    _title(left, "accuracy on known beats")
    left.set_ylim(0, 1)
    _title(right, "negative log-likelihood of a held-out beat token, bits")
    for panel in (left, right):
        panel.set_xlabel("minutes of training")
    left.legend(fontsize=8, frameon=False, loc="center right")
    return figure


def rates() -> Figure | None:
    """Plot validation bits per beat over time and over epochs: one panel per size, one line per learning rate."""
    found = {(size, rate): values_of(f"rate_{size}_{rate:g}") for size in SIZES for rate in RATES}
    if not any(found.values()):
        return None
    figure, panels = _figure(4.6, 2, len(SIZES))
    for column, size in enumerate(SIZES):
        for rate, colour in zip(RATES, COLOURS, strict=False):
            values = found[size, rate]
            if values is None:
                continue
            bits = [point["loss"] for point in values["points"]]
            for row, (key, unit) in enumerate((("seconds", 60), ("passes", 1))):
                along = [point[key] / unit for point in values["points"]]
                panels[row * len(SIZES) + column].plot(along, bits, "o-", color=colour, label=f"{rate:g}", markersize=3)
        _title(panels[column], size if any(found[size, rate] for rate in RATES) else f"{size}: not measured")
        panels[column].set_xlabel("minutes of training")
        panels[len(SIZES) + column].set_xlabel("epochs")
    for panel in panels[:: len(SIZES)]:
        panel.set_ylabel("bits per beat")
    panels[0].legend(title="learning rate", fontsize=8, title_fontsize=8, frameon=False)
    return figure


def sizes() -> Figure | None:
    """Plot validation bits per beat of the shipped models and the bigram, and the learning curves."""
    found = {size: values_of(f"likelihood_{size}") for size in SIZES}
    known = {size: values for size, values in found.items() if values is not None}
    if not known:
        return None
    figure, (left, right) = _figure(3.4, 1, 2)
    bars: list[tuple[str, dict[str, float], Any]] = []
    for size, values in known.items():
        bars.append((size, _plain(values["validation"]["bits"]), values["validation"]["bits"]["total"]))
    first = next(iter(known.values()))["validation"]["by_genre"]
    bars.append(("bigram", next(group["bigram"] for group in first if group["part"] == "beat"), None))
    for place, (_, bits, total) in enumerate(bars):
        below = 0.0
        for part, colour in PARTS.items():
            left.bar(place, bits[part], bottom=below, color=colour, label=part if place == 0 else None)
            below += bits[part]
        if total:
            errors = [[total["value"] - total["low"]], [total["high"] - total["value"]]]
            left.errorbar(place, total["value"], yerr=errors, color=INK, capsize=3)
        left.text(place, (total["high"] if total else below) + 1, f"{below:.1f}", ha="center", fontsize=8)
    left.set_xticks(range(len(bars)), [name for name, _, _ in bars])
    left.set_ylabel("bits per beat, validation")
    left.set_ylim(0, 82)
    left.legend(fontsize=8, frameon=False, ncols=3, loc="upper left")
    for size, colour in zip(known, COLOURS, strict=False):
        with (WEIGHTS / f"{size}.csv").open(encoding="utf-8") as file:
            log = [{key: float(value) for key, value in line.items()} for line in csv.DictReader(file)]
        minutes = [line["seconds"] / 60 for line in log]
        right.plot(minutes, [line["validation_bits"] for line in log], "o-", color=colour, label=size, markersize=2.5)
    right.set_xlabel("minutes of training of the shipped models")
    right.set_ylabel("bits per beat, validation")
    right.legend(fontsize=8, frameon=False)
    return figure


def _plain(bits: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: found["value"] for name, found in bits.items()}


def discriminator() -> Figure | None:
    """Plot the discriminator AUC of the models and of the human control, by aspect."""
    humans = values_of("humans")
    if humans is None:
        return None
    figure, panels = _figure(3.0, 1, 2, sharey=True)
    for panel, split in zip(panels, HELD_OUT, strict=True):
        series = [("drummers", [humans[split]["human_control"]["auc"]])]
        for size in SIZES:
            generated = [values for seed in SEEDS if (values := values_of(f"played_{size}_{seed}"))]
            series.append((size, [values[split]["against_split"]["auc"] for values in generated]))
        series = [(name, seeds) for name, seeds in series if seeds]
        for index, (name, seeds) in enumerate(series):
            places = np.arange(len(ASPECTS)) + (index - (len(series) - 1) / 2) * 0.2
            values = np.array([[auc[aspect]["value"] for aspect in ASPECTS] for auc in seeds]).mean(axis=0)
            low = np.array([[auc[aspect]["low"] for aspect in ASPECTS] for auc in seeds]).mean(axis=0)
            high = np.array([[auc[aspect]["high"] for aspect in ASPECTS] for auc in seeds]).mean(axis=0)
            colour = GREY if name == "drummers" else COLOURS[index - 1]
            panel.bar(places, values - 0.5, 0.18, bottom=0.5, color=colour, label=name)
            panel.errorbar(places, values, yerr=[values - low, high - values], fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
        panel.axhline(0.5, color=INK, linewidth=0.8)
        panel.set_ylim(0.35, 0.85)
        panel.set_xticks(range(len(ASPECTS)), ASPECTS)
        _title(panel, f"against {split} drummers")
    panels[0].set_ylabel("discriminator AUC")
    panels[0].legend(fontsize=8, frameon=False, ncols=4, loc="upper left")
    return figure


def distributions() -> Figure | None:
    """Plot the distributions of velocity and timing, generated and by test drummers of the same genres."""
    humans, generated = values_of("humans"), values_of("played_medium_0")
    if humans is None or generated is None:
        return None
    figure, panels = _figure(2.8, 1, 2)
    genres = list(humans["test"]["histograms"]["velocities"])
    edges = {
        "velocities": np.linspace(0, 127, HISTOGRAM_BINS + 1),
        "deviations": np.linspace(-HISTOGRAM_RANGE_MS, HISTOGRAM_RANGE_MS, HISTOGRAM_BINS + 1),
    }
    for panel, (quantity, edge) in zip(panels, edges.items(), strict=True):
        for name, source, colour in (("test drummers", humans["test"], GREY), ("medium model", generated, COLOURS[0])):
            share = _shares(source["histograms"][quantity], genres)
            panel.stairs(
                share, edge, color=colour, label=name, fill=colour == GREY, alpha=0.6 if colour == GREY else 1, linewidth=1.6
            )
        panel.set_ylabel("share of hits")
    panels[0].set_xlabel("MIDI velocity")
    panels[1].set_xlabel("milliseconds behind the nearest sixteenth")
    panels[0].legend(fontsize=8, frameon=False)
    return figure


def _shares(histograms: Mapping[str, Sequence[float]], genres: Sequence[str]) -> NDArray[np.float64]:
    """Average the distributions of genres with equal weights."""
    counts = np.array([histograms[genre] for genre in genres], dtype=np.float64)
    return np.asarray((counts / counts.sum(axis=1, keepdims=True)).mean(axis=0))


def ablations() -> Figure | None:
    """Plot validation bits per beat of the ablations at the end of their budget, and their learning curves."""
    found = {ablation.name: values for ablation in ABLATIONS if (values := values_of(f"ablation_{ablation.name}"))}
    if "baseline" not in found:
        return None
    shown = [name for name in found if name != "beat_token"]
    figure, (left, right) = _figure(3.2, 1, 2)
    for place, name in enumerate(shown):
        point = found[name]["points"][-1]
        below = 0.0
        for part, colour in PARTS.items():
            left.barh(place, point[part], left=below, color=colour, label=part if place == 0 else None)
            below += point[part]
        left.text(below + 0.5, place, f"{below:.1f}", va="center", fontsize=8)
    left.set_yticks(range(len(shown)), [name.replace("_", " ") for name in shown])
    left.invert_yaxis()
    left.set_xlabel("bits per beat, validation, at the end of the budget")
    left.legend(fontsize=8, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    colours = [*COLOURS, "#be185d", "#475569", "#111827", "#ca8a04", "#0ea5e9"]
    for name, colour in zip(shown, colours[: len(shown)], strict=True):
        points = found[name]["points"]
        updates, bits = [point["updates"] for point in points], [point["loss"] for point in points]
        right.plot(updates, bits, "o-", color=colour, label=name.replace("_", " "), markersize=3)
    right.set_xlabel("updates")
    right.set_ylabel("bits per beat")
    right.legend(fontsize=7, frameon=False)
    return figure


def rolls() -> Figure | None:
    """Plot the example groove of each genre as a piano roll."""
    values = values_of("examples")
    if values is None:
        return None
    genres = list(values["grooves"])
    figure, panels = _figure(1.6 * ((len(genres) + 1) // 2), (len(genres) + 1) // 2, 2)
    for panel, genre in zip(panels, genres, strict=True):
        groove = midi.read(results.FOLDER / f"{genre}.mid").groove
        _roll(panel, groove)
        _title(panel, f"{genre}, {groove.bpm:g} BPM")
    return figure


def _roll(panel: Axes, groove: Groove) -> None:
    hits = groove.to_hits()
    used = sorted(set(hits.voices.tolist()))
    for beat, voice, velocity in zip(*hits, strict=True):
        panel.plot(
            beat,
            used.index(voice),
            "s",
            color=VOICES[voice].color,
            alpha=0.25 + 0.75 * float(velocity),
            markersize=4.5,
            markeredgewidth=0,
        )
    beats_per_bar = round(groove.meter.quarters)
    for beat in range(groove.bars * beats_per_bar + 1):
        panel.axvline(beat, color=GREY, linewidth=1.0 if beat % beats_per_bar == 0 else 0.3, zorder=0)
    panel.set_yticks(range(len(used)), [VOICES[voice].label for voice in used], fontsize=6)
    panel.set_xticks(
        range(0, groove.bars * beats_per_bar, beats_per_bar), [f"bar {bar + 1}" for bar in range(groove.bars)], fontsize=7
    )
    panel.set_xlim(-0.3, groove.beats + 0.1)


def controls() -> Figure | None:
    """Plot measured over requested values of each control."""
    values = values_of("controls")
    return None if values is None else charts.control_chart(control_responses.restore(values))


PICTURES: Mapping[str, Callable[[], Figure | None]] = {
    "data": data,
    "tokens": tokens,
    "published": published,
    "rates": rates,
    "sizes": sizes,
    "discriminator": discriminator,
    "distributions": distributions,
    "ablations": ablations,
    "rolls": rolls,
    "controls": controls,
}
