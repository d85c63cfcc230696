"""The first paint: the frame of the page, in the HTML itself, until Gradio has built the page."""

from __future__ import annotations

import html
from functools import lru_cache
from pathlib import Path

from drummer.web.grid.control import voices
from drummer.web.presets import presets

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def write_head() -> str:
    """Write style and script for the head of the page."""
    style, script = ((_FOLDER / f"first_paint.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return f"<style>{style}</style>\n<script>{script}</script>"


@lru_cache(maxsize=1)
def write_body() -> str:
    """Write the frame: the chips of the presets, and the lanes of the grid."""
    chips = "".join(f"<span>{html.escape(preset['name'])}</span>" for preset in presets())
    lanes = [
        f'<i style="--light:{voice["light"]};--dark:{voice["dark"]}">{html.escape(voice["label"])}</i>'
        for voice in voices()[-2::-1]  # the kick at the bottom; percussion has a lane only where a groove has some
    ]
    return (_FOLDER / "first_paint.html").read_text(encoding="utf-8").format(chips=chips, lanes="".join(lanes))
