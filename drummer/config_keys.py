"""Former names and forms of configuration keys: recipes, `--set` pairs and stored weights that use them stay readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RENAMED = {
    ("training", "free_share"): "unconditioned_share",
    ("training", "asked_share"): "controlled_share",
    ("training", "recovery"): "fine_tuning",
    ("sampling", "coolest_onset"): "onset_temperature_floor",
    ("sampling", "uncooled"): "untempered_share",
    ("sampling", "cooling"): "temperature_scale",
    ("sampling", "velocity_persistence"): "velocity_correlation",
    ("sampling", "voice_cooling"): "bar_temperature_scale",
    ("sampling", "beat_cooling"): "beat_temperature_scale",
    ("sampling", "asked_fill"): "fill_boost",
}
_RENAMED_FINE_TUNING = {"swapped": "displaced", "lost": "dropped"}


def rename_keys(data: Mapping[str, Any]) -> dict[str, Any]:
    """Replace former names of keys in (part of) a configuration, and the former form of styles, by the present ones."""
    renamed = dict(data)
    for (section, old), new in _RENAMED.items():
        if isinstance(renamed.get(section), Mapping) and old in renamed[section]:
            values = dict(renamed[section])
            values[new] = values.pop(old)
            renamed[section] = values
    sampling = renamed.get("sampling")
    if isinstance(sampling, Mapping) and isinstance(sampling.get("fill_boost"), int | float):
        renamed["sampling"] = {**sampling, "fill_boost": [sampling["fill_boost"]] * 2}
    training = renamed.get("training")
    if isinstance(training, Mapping) and isinstance(training.get("fine_tuning"), Mapping):
        fine_tuning = {_RENAMED_FINE_TUNING.get(key, key): value for key, value in training["fine_tuning"].items()}
        renamed["training"] = {**training, "fine_tuning": fine_tuning}
    if isinstance(renamed.get("genres"), Mapping):
        renamed["genres"] = {name: _with_sources(genre) for name, genre in renamed["genres"].items()}
    return renamed


def _with_sources(genre: Any) -> Any:
    """Make each style that is a list of labels an object with `sources`, in (part of) the configuration of a genre."""
    if not isinstance(genre, Mapping) or not isinstance(genre.get("styles"), Mapping):
        return genre
    styles = {name: {"sources": style} if isinstance(style, list) else style for name, style in genre["styles"].items()}
    return {**genre, "styles": styles}


def current_sections(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the stored sections of a model up to date.

    The settings of the original recipe once stood among those of the model: `tokens.kind`, `tokens.coverage`,
    `tokens.loudness_levels` and `model.performance`. They have a section of their own now, which only its weights have.
    """
    current = rename_keys(sections)
    tokens, model = current.get("tokens"), current.get("model")
    if not isinstance(tokens, Mapping) or not isinstance(model, Mapping) or "kind" not in tokens:
        return current
    own = {key: tokens[key] for key in ("coverage", "loudness_levels") if key in tokens}
    current["tokens"] = {key: value for key, value in tokens.items() if key not in ("kind", *own)}
    current["model"] = {key: value for key, value in model.items() if key != "performance"}
    if tokens["kind"] == "beat":
        current["original_recipe"] = own
    return current
