"""Typed, checked configuration: `config.yaml`, with overrides from a recipe file and from `key=value` pairs."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from drummer.config_keys import rename_keys
from drummer.config_sections import Config
from drummer.errors import ConfigError
from drummer.validation import cut, quote

__all__ = ["DEFAULT_PATH", "ROOT", "Config", "config_to_dict", "default_config", "load_config", "model_sections", "parse_config"]

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PATH = ROOT / "config.yaml"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where PyYAML has it, takes 6 ms for config.yaml instead of 80


def load_config(recipe: Path | None = None, overrides: Iterable[str] = ()) -> Config:
    """Read `config.yaml`, then a recipe's keys over it, then `key=value` pairs over both.

    Args:
        recipe: A YAML file that holds only the keys that differ.
        overrides: Pairs such as `training.batch_size=64`; the value is read as YAML.

    Raises:
        ConfigError: If a file cannot be read, or a key is unknown or missing, or a value has the wrong type.
    """
    data: Mapping[str, Any] = rename_keys(_read_yaml(DEFAULT_PATH))
    source = DEFAULT_PATH.name
    if recipe is not None:
        data = _merge(data, rename_keys(_read_yaml(recipe)))
        source = recipe.name
    for pair in overrides:
        data = _merge(data, rename_keys(_parse_override(pair)))
        source = f"--set {cut(pair)}"
    return parse_config(data, source)


@cache
def default_config() -> Config:
    """Read `config.yaml` once; see `load_config`."""
    return load_config()


def parse_config(data: object, source: str) -> Config:
    """Check a nested mapping, as read from YAML or JSON, and make it a `Config`; the inverse of `config_to_dict`.

    Args:
        data: The mapping.
        source: Where it came from, for the error sentence.

    Raises:
        ConfigError: If a key is unknown or missing, or a value has the wrong type.
    """
    try:
        return TypeAdapter(Config).validate_json(json.dumps(data, default=str))  # YAML also has dates
    except ValidationError as error:
        raise ConfigError(_first_problem(error, source)) from error


def config_to_dict(config: Config) -> dict[str, Any]:
    """Turn a `Config` into plain mappings and lists that JSON and YAML can hold."""
    data: dict[str, Any] = TypeAdapter(Config).dump_python(config, mode="json")
    return data


def model_sections(config: Config) -> dict[str, Any]:
    """Pick the sections that a trained model depends on, as plain mappings; how it is shown or heard later does not matter."""
    data = config_to_dict(config)
    sections = {section: data[section] for section in ("grid", "genres", "tokens", "model", "training")}
    for genre in sections["genres"].values():
        del genre["label"], genre["about"]
        genre["styles"] = {name: style["sources"] for name, style in genre["styles"].items()}
    if config.original_recipe is not None:
        sections["original_recipe"] = data["original_recipe"]
    return sections


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = str(error).splitlines()[0]
        raise ConfigError(f"cannot read the configuration file {path}: {problem}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"the configuration file {path} must hold keys and values, such as 'training:'")
    return data


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _parse_override(pair: str) -> dict[str, Any]:
    path, equals, text = pair.partition("=")
    if not equals or not path:
        raise ConfigError(f"--set needs key=value, such as training.batch_size=64, got {quote(pair)}")
    try:
        value: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"the value in --set {cut(pair)} is not valid YAML") from error
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def _first_problem(error: ValidationError, source: str) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "unexpected_keyword_argument":
            return f"{source}: unknown key {quote(key)}"
        case "missing":
            return f"{source}: the key '{key}' is missing"
        case _:
            reason = problem["msg"][0].lower() + problem["msg"][1:]
            return f"{source}: the value of {quote(key)} is wrong, {reason}, got {quote(problem['input'])}"
