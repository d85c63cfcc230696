"""Tables of the report about other meters and tempos, and about grooves of many seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drummer.evaluation.windows import ASPECTS
from drummer.music.meter import FOUR_FOUR
from report.intervals import over_seeds
from report.models import HELD_OUT, SIZES
from report.tables import NONE, NOT_MEASURED, bounded, table, values_of

_QUANTITIES = {"spread": "spread of timing in milliseconds", "density": "hits a beat"}


def other_meters() -> str:
    """Format the likelihood of held-out performances in other meters, beside 4/4 of their genres."""
    quantities = [text for name in ("bits per beat", "hits per beat", "bits per hit") for text in (name, "times 4/4")]
    header = ("model", "split", "genre", "meter", "performances", *quantities, "bigram, times 4/4")
    rows = []
    for size in SIZES:
        values = values_of(f"likelihood_{size}") or {}
        for split in HELD_OUT:
            beats = [one for one in values.get(split, {}).get("by_genre", ()) if one["part"] == "beat"]
            in_four = {one["genre"]: one for one in beats if one["meter"] == FOUR_FOUR.signature}
            for one in beats:
                if one["meter"] != FOUR_FOUR.signature and one["genre"] in in_four:
                    named = [size, split, one["genre"], one["meter"], f"{one['performances']}"]
                    rows.append([*named, *_beside(one, in_four[one["genre"]])])
    return table(header, rows) if rows else NOT_MEASURED


def _beside(found: Mapping[str, Any], in_four: Mapping[str, Any]) -> list[str]:
    """Format bits per beat, hits per beat and bits per hit, and how many times those of 4/4 they are."""
    both = [(one["model"]["total"], one["hits"], one["model"]["total"] / one["hits"]) for one in (found, in_four)]
    cells = [text for value, usual in zip(*both, strict=True) for text in (f"{value:.2f}", f"{value / usual:.2f}")]
    return [*cells, f"{found['bigram']['total'] / in_four['bigram']['total']:.2f}"]


def tempo_law() -> str:
    """Format how playing goes with tempo: the exponents of drummers and of grooves."""
    law, takes = values_of("tempo_law"), values_of("tempos")
    if law is None or takes is None:
        return NOT_MEASURED
    of_takes = {factor: found["law"] for factor, found in takes["factors"].items() if found["law"]}
    header = ["goes with tempo to the power of", *(f"drummers, within {within}" for within in law["density"])]
    rows = [
        [name, *(bounded(slope) for slope in law[quantity].values()), *(bounded(one[quantity]) for one in of_takes.values())]
        for quantity, name in _QUANTITIES.items()
    ]
    return table([*header, *(f"grooves at {factor} times their tempo" for factor in of_takes)], rows)


def tempos() -> str:
    """Format the discriminator AUC at factors of the references' tempos."""
    values = values_of("tempos")
    if values is None:
        return NOT_MEASURED
    split = values["split"]
    rows = []
    for factor, found in values["factors"].items():
        sets = {aspect: over_seeds([areas[aspect] for areas in found["by_seeds"]]) for aspect in ASPECTS}
        ours, others = found["pairs"]
        rows += [
            [f"{factor}: grooves against all {split} drummers", *(bounded(sets[aspect]) for aspect in ASPECTS), NONE],
            [f"{factor}: grooves against drummers of that tempo", *_areas(found["at_tempo"]), f"{ours:.0f}"],
            [f"{factor}: drummers of that tempo against others of 1", *_areas(found["drummers"]), f"{others:.0f}"],
        ]
    return table(("times the tempo", *ASPECTS, "windows"), rows)


def alike() -> str:
    """Format how alike grooves of different seeds are, beside performances of their genre."""
    values = values_of("alike")
    if values is None:
        return NOT_MEASURED
    header = (
        "genre",
        "performances",
        "nearest other, median",
        "grooves, as many",
        f"grooves, {values['seeds']}",
        "highest of these",
    )
    rows = []
    for genre, found in values["genres"].items():
        few = found["drummers"]
        of_few = [f"{few['grooves']}", f"{few['nearest']:.2f}", f"{found['as_many']['nearest']:.2f}"] if few else [NONE] * 3
        rows.append([genre, *of_few, f"{found['grooves']['nearest']:.2f}", f"{found['grooves']['highest']:.2f}"])
    return table(header, rows)


def sampling_parts() -> str:
    """Format the discriminator AUC of sampling without one of its parts."""
    values = values_of("sampling_parts")
    if values is None:
        return NOT_MEASURED
    rows = [
        [name, *(bounded(over_seeds([areas[aspect] for areas in found])) for aspect in ASPECTS)]
        for name, found in values["parts"].items()
    ]
    return table(("sampling", *ASPECTS), rows)


def _areas(areas: Mapping[str, float]) -> list[str]:
    return [f"{areas[aspect]:.2f}" for aspect in ASPECTS]
