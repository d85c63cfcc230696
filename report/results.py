"""Results of the report: one JSON file each, with the command, commit, data and machine that reproduce it."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from drummer.config import ROOT, Config, default_config
from drummer.data.corpus import Corpus, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.generation.drummer import Drummer
from drummer.model.checkpoint import load_weights
from drummer.model.description import WEIGHTS

FOLDER = ROOT / "docs" / "report"
TRAINED = ROOT / "cache" / "report"  # weights of the report's own training runs, which are not in the repository

_SLACK = 1e-4  # tolerance at the ends of an interval, since stored figures are rounded
REPETITIONS = 4  # of a discriminator AUC; `python -m drummer.evaluation` has 8, the report three sampling seeds instead

Values = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """Values of a measurement, with their provenance.

    Attributes:
        name: Name of the measurement.
        command: Command line that measures it again.
        commit: Commit of the code; a `+` at its end marks uncommitted changes.
        date: Date of the measurement, UTC.
        data: Checksum of the data set.
        seed: Seed of all random numbers.
        seconds: CPU time of the measurement.
        machine: Processor and threads.
        values: Numbers, or `{"value", "low", "high"}` with an interval.
    """

    name: str
    command: str
    commit: str
    date: str
    data: str
    seed: int
    seconds: float
    machine: str
    values: Values


@dataclass(frozen=True)
class Measurement:
    """A measurement that gives one result.

    Attributes:
        name: Name of the result and of its file.
        measure: Function that returns the values.
        minutes: Approximate duration on one core.
        quick: Whether `make report` repeats it each time.
        seed: Seed of all random numbers.
    """

    name: str
    measure: Callable[[], Values]
    minutes: float
    quick: bool = False
    seed: int = 0

    def run(self) -> Result:
        """Measure the values, and record time, commit and machine."""
        started = time.process_time()
        values = self.measure()
        return Result(
            name=self.name,
            command=f"python -m report --run {self.name}",
            commit=commit(),
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            data=corpus().checksum,
            seed=self.seed,
            seconds=round(time.process_time() - started, 1),
            machine=machine(),
            values=json.loads(json.dumps(values, default=_plain)),
        )


def _plain(value: Any) -> Any:
    """Convert NumPy arrays and numbers for JSON."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a result cannot hold a {type(value).__name__}")


def load(name: str, folder: Path = FOLDER) -> Result | None:
    """Read a result; None if it has not been measured."""
    path = folder / f"{name}.json"
    return Result(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def save(result: Result, folder: Path = FOLDER) -> None:
    """Write a result; the inverse of `load`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_rounded(asdict(result)), indent=1)
    (folder / f"{result.name}.json").write_text(text + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """Round to six significant digits; further ones differ between machines."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """List the figures of a stored result that a new measurement does not reproduce.

    A new figure must lie in the interval of the old one; without an interval, it must agree to a thousandth.
    """
    if isinstance(old, Mapping):
        if old.keys() == {"value", "low", "high"}:
            inside = old["low"] - _SLACK <= new["value"] <= old["high"] + _SLACK
            return [] if inside else [f"{place} was {old['low']:g} to {old['high']:g}, is {new['value']:g}"]
        if old.keys() != new.keys():
            return [f"{place} had {', '.join(old)}, has {', '.join(new)}"]
        return [line for key in old for line in differences(old[key], new[key], f"{place} {key}".strip())]
    if isinstance(old, list):
        if len(old) != len(new):
            return [f"{place} had {len(old)} values, has {len(new)}"]
        return [line for index, pair in enumerate(zip(old, new, strict=True)) for line in differences(*pair, f"{place} {index}")]
    if isinstance(old, float) and isinstance(new, int | float):
        return [] if abs(old - new) <= 1e-3 * max(1.0, abs(old)) else [f"{place} was {old:g}, is {new:g}"]
    return [] if old == new else [f"{place} was {old!r}, is {new!r}"]


@cache
def corpus(steps_per_beat: int | None = None) -> Corpus:
    """Read the data set once, by default on the grid of the product.

    Raises:
        CorpusError: If no data set is found.
    """
    return read_for(default_config() if steps_per_beat is None else _on_grid(steps_per_beat))


def _on_grid(steps_per_beat: int) -> Config:
    from drummer.config import load_config

    return load_config(overrides=[f"grid.steps_per_beat={steps_per_beat}"])


def read_for(config: Config) -> Corpus:
    """Read the data set on the grid of a configuration."""
    folder = find_dataset()
    if folder is None:
        raise CorpusError("no data set found; README.md says where it is looked for")
    return read_corpus(folder, config)


@cache
def drummer(name: str) -> Drummer:
    """Load a shipped model or a model of the report's own training runs.

    Raises:
        DrummerError: If there is no such model.
    """
    if (WEIGHTS / f"{name}.json").is_file():
        return Drummer(load_weights(name))
    if not (TRAINED / f"{name}.json").is_file():
        raise DrummerError(f"the model {name} has not been trained here; measure the result {name} first")
    return Drummer(load_weights(name, TRAINED))


def commit() -> str:
    """Return the short hash of the commit, with `+` for uncommitted changes of code; `unknown` outside a checkout."""
    try:
        short = _git("rev-parse", "--short=10", "HEAD")
        return short + ("+" if _git("status", "--porcelain", "--", "*.py", "*.yaml") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def machine() -> str:
    """Return the name of the processor; the report uses one of its threads."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:  # no Linux
        pass
    return f"{name}, one thread"
