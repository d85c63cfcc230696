"""A control of the page's own: a template, its look and its scripts, as Gradio takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

_BASICS = Path(__file__).parent / "basics.css"  # what buttons, menus and sliders look like in all of them


def control(folder: Path, scripts: Sequence[str], **settings: Any) -> gr.HTML:
    """Make a control of the files of a folder, which are named after it.

    Not a subclass of `gr.HTML`: Gradio writes an interface file beside the source of each, when it is imported.

    Args:
        folder: Holds the template and the look, such as `grid/grid.html` and `grid/grid.css`.
        scripts: Names of its scripts, which are one script, in the order of reading.
        settings: As in `gr.HTML`, such as `elem_id`; what it does not know is for the scripts, in `props`.
    """
    read = [(folder / name).read_text(encoding="utf-8") for name in scripts]
    return gr.HTML(
        html_template=(folder / f"{folder.name}.html").read_text(encoding="utf-8"),
        css_template=_BASICS.read_text(encoding="utf-8") + (folder / f"{folder.name}.css").read_text(encoding="utf-8"),
        js_on_load="\n".join(['"use strict";', *read]),
        apply_default_css=False,
        **settings,
    )
