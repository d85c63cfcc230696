"""Descriptions of the trained models, `weights/NAME.json`: names, genres and configuration. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drummer.config import ROOT, Config, config_to_dict, default_config, parse_config
from drummer.config_keys import current_sections
from drummer.errors import ConfigError, DrummerError, WeightsError
from drummer.validation import cut, quote

WEIGHTS = ROOT / "weights"


def model_names(folder: Path = WEIGHTS) -> list[str]:
    """List the trained models of a folder, smallest file first, without checkpoints of training and further shards."""
    files = [path for path in folder.glob("*.safetensors") if path.with_suffix(".json").is_file() and "." not in path.stem]
    return [path.stem for path in sorted(files, key=lambda path: (path.stat().st_size, path.stem))]


def known_genres(name: str | None = None, folder: Path = WEIGHTS) -> list[str]:
    """List the genres of `config.yaml` that a model, by default that of `config.yaml`, was trained on.

    Only its description is read. For a model that is missing or damaged, which `load_weights` reports, all are listed.
    """
    genres = list(default_config().genres)
    path = folder / f"{name or default_config().defaults.model}.json"
    try:
        learned = restore_config(read_description(path)["config"], path.name).genres
    except (DrummerError, KeyError):
        return genres
    return [genre for genre in genres if genre in learned]


def restore_config(sections: Mapping[str, Any], source: str) -> Config:
    """Join the stored sections that shape a model with the current ones; how it was trained is only a record and is not read."""
    if not isinstance(sections, Mapping):
        raise ConfigError(f"{source}: 'config' must be an object, got {quote(sections)}")
    current = current_sections(sections)
    shaping = {section: current[section] for section in ("grid", "genres", "tokens", "model")}
    shaping["original_recipe"] = current.get("original_recipe")
    return parse_config(config_to_dict(default_config()) | shaping, source)


def read_description(path: Path) -> dict[str, Any]:
    """Read the description of a model.

    Raises:
        WeightsError: If it is damaged.
    """
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path.name} is damaged ({cut(error)}); fetch or train the weights again") from error
    if not isinstance(description, dict):
        raise WeightsError(f"{path.name} must hold a JSON object; fetch or train the weights again")
    return description
