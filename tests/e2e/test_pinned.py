"""Behaviour that must not change while the code is rearranged: the same settings and seeds give the same grooves and files.

Asked through the API, which stays as it is. The expected values are in `pinned.json`; they hold for the weights that ship now
and go with them. To write them again: `PIN=1 python -m pytest tests/e2e/test_pinned.py`.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from drummer import default_config

Json = dict[str, Any]
PINNED = Path(__file__).with_name("pinned.json")
GENRES = tuple(default_config().genres)
DIRECTIONS = {"intensity": 0.8, "fill_every": 4, "swing": 0.3}
BLOCKS = [{"part": part, "bars": 2} for part in ("intro", "verse", "chorus", "verse")]


def fingerprint(value: Any) -> str:
    """Hash a groove, or a list of them; velocities and offsets to a hundredth, so that another CPU's rounding is not seen."""
    grooves = value if isinstance(value, list) else [value]
    told = [
        [groove["bpm"], groove["bars"], [[*hit[:2], *(round(x, 2) + 0.0 for x in hit[2:])] for hit in groove["hits"]]]
        for groove in grooves
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def operations(client: Client, folder: Path) -> dict[str, Callable[[], str]]:
    def ask(endpoint: str, *values: Any, **named: Any) -> Any:
        return client.predict(*values, **named, api_name=f"/{endpoint}")

    base: Json = ask("play", genre="funk", bars=4, seed=7, directions=DIRECTIONS, model="small")
    locked = {**base, "settings": {**base["settings"], "locked": ["kick", "snare"]}}

    def export(form: str) -> str:
        path = Path(ask("export", base, form))
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]

    def brought() -> str:
        path = folder / "brought.mid"
        path.write_bytes(Path(ask("export", base, "mid")).read_bytes())
        return fingerprint(ask("open_file", handle_file(path))[0])

    def played(**named: Any) -> Callable[[], str]:
        return lambda: fingerprint(ask("play", bars=2, model="small", **named))

    found: dict[str, Callable[[], str]] = {
        f"play {genre} {seed}": played(genre=genre, seed=seed) for genre in GENRES for seed in range(3)
    }
    return found | {
        "play with directions": lambda: fingerprint(base),
        "play medium": lambda: fingerprint(ask("play", genre="jazz", bars=2, seed=3, model="medium")),
        "morph": lambda: fingerprint(ask("morph", genre="funk", to_genre="jazz", bpm=110, bars=3, seed=5, model="small")),
        "song": lambda: fingerprint(ask("song", blocks=BLOCKS, genre="rock", seed=5, model="small")),
        "continue": lambda: fingerprint(ask("continue_groove", base, bars=2, seed=8)),
        "reroll": lambda: fingerprint(ask("reroll", locked, seed=9)),
        "reroll_bar": lambda: fingerprint(ask("reroll_bar", base, bar=2, seed=10)),
        "replace_voices": lambda: fingerprint(ask("replace_voices", base, ["hihat_closed", "hihat_open"], seed=11)),
        "humanise": lambda: fingerprint(ask("humanise", base, seed=12)),
        "variations": lambda: fingerprint(ask("variations", base, seed=13)),
        "half_time": lambda: fingerprint(ask("half_time", base)),
        "double_time": lambda: fingerprint(ask("double_time", base)),
        "open_file": brought,
        "make_link": lambda: ask("make_link", base)[-200:],
        **{f"export {form}": lambda form=form: export(form) for form in ("mid", "svg", "json")},
    }


def test_what_is_played_and_written_is_what_it_was(client: Client, tmp_path: Path) -> None:
    found = {name: operation() for name, operation in operations(client, tmp_path).items()}
    if os.environ.get("PIN"):
        PINNED.write_text(json.dumps(found, indent=1) + "\n")
        pytest.skip("pinned anew")
    assert found == json.loads(PINNED.read_text())
