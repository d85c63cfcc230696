"""The control for the blocks of a song, as Gradio component."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.generation.song import USUAL, Block, check_blocks
from drummer.web.control import control

_FIRST = (
    ("intro", 4),
    ("verse", 8),
    ("chorus", 8),
    ("verse", 8),
    ("chorus", 8),
    ("ending", 4),
)  # shown at first
_FIELDS = {"part", "bars", "intensity", "complexity"}


def song_control(**settings: Any) -> gr.HTML:
    """Make the control for the blocks of a song.

    The event `generate` requests the song; the value is then `{"blocks": [{"part": "verse", "bars": 8, "intensity": 0.4, ...}]}`.
    It shows the progress of a song that is being generated, and the blocks of the song in the grid.
    """
    config = default_config()
    return control(
        Path(__file__).parent,
        ("song.js",),
        usual={part: {"intensity": usual[0], "complexity": usual[1]} for part, usual in USUAL.items()},
        first=[{"part": part, "bars": bars} for part, bars in _FIRST],
        bars=config.limits.bars,
        most_blocks=config.document.max_blocks,
        most_bars=config.document.max_bars,
        **settings,
    )


def read_blocks(value: object) -> list[Block]:
    """Read and check blocks from a browser.

    Raises:
        SettingError: If they are not the blocks of a song, in one sentence.
    """
    blocks = value.get("blocks") if isinstance(value, Mapping) else None
    if not isinstance(blocks, list) or not blocks:
        raise SettingError("a song needs at least one block: add one first")
    if not all(isinstance(block, Mapping) and {"part", "bars"} <= block.keys() <= _FIELDS for block in blocks):
        raise SettingError("each block of a song must have part, bars, intensity and complexity")
    song = [Block(**{**block, "part": str(block["part"])}) for block in blocks]
    check_blocks(song)
    return song
