"""Custom controls: a template, a style sheet and scripts as one `gr.HTML`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

_BASICS = Path(__file__).parent / "basics.css"  # style of buttons, menus and sliders in all controls


def control(folder: Path, scripts: Sequence[str], *, styles: Sequence[str] = (), **settings: Any) -> gr.HTML:
    """Make a control from the files of a folder, which are named after it.

    It is no subclass of `gr.HTML`, because Gradio writes an interface file beside the source of each when it is imported.

    Args:
        folder: Folder of the template and the style sheet, such as `grid/grid.html` and `grid/grid.css`.
        scripts: Names of its scripts, which are joined in this order.
        styles: Names of further style sheets, which follow its own.
        settings: As in `gr.HTML`, such as `elem_id`; others are passed to the scripts in `props`.
    """
    read = [(folder / name).read_text(encoding="utf-8") for name in scripts]
    sheets = [_BASICS, folder / f"{folder.name}.css", *(folder / name for name in styles)]
    return gr.HTML(
        html_template=(folder / f"{folder.name}.html").read_text(encoding="utf-8"),
        css_template="".join(path.read_text(encoding="utf-8") for path in sheets),
        js_on_load="\n".join(['"use strict";', *read]),
        apply_default_css=False,
        **settings,
    )
