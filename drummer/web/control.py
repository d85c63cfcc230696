"""Custom controls: a template, a style sheet and scripts as one `gr.HTML`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

_BASICS = Path(__file__).parent / "basics.css"  # style of buttons, menus and sliders in all controls


_styles: dict[str, str] = {}  # style sheet of each control that was made, by the id of its element


def control(folder: Path, scripts: Sequence[str], *, elem_id: str, styles: Sequence[str] = (), **settings: Any) -> gr.HTML:
    """Make a control from the files of a folder, which are named after it. Its style is part of `style_of_controls`.

    It is no subclass of `gr.HTML`, because Gradio writes an interface file beside the source of each when it is imported.

    Args:
        folder: Folder of the template and the style sheet, such as `grid/grid.html` and `grid/grid.css`.
        scripts: Names of its scripts, which are joined in this order.
        elem_id: Id of its element.
        styles: Names of further style sheets, which follow its own.
        settings: As in `gr.HTML`; others are passed to the scripts in `props`.
    """
    read = [(folder / name).read_text(encoding="utf-8") for name in scripts]
    sheets = [folder / f"{folder.name}.css", *(folder / name for name in styles)]
    _styles[elem_id] = "".join(path.read_text(encoding="utf-8") for path in sheets)
    return gr.HTML(
        html_template=(folder / f"{folder.name}.html").read_text(encoding="utf-8"),
        js_on_load="\n".join(['"use strict";', *read]),
        apply_default_css=False,
        elem_id=elem_id,
        **settings,
    )


def style_of_controls() -> str:
    """Write the style of all controls that have been made, each below the control's own element.

    It belongs into the head of the page: as a `css_template`, Gradio would set it again with each value, and the browser match
    all rules of the page anew.
    """
    everywhere = f":is({', '.join(f'#{elem_id}' for elem_id in _styles)}) {{\n{_BASICS.read_text(encoding='utf-8')}}}\n"
    return everywhere + "".join(f"#{elem_id} {{\n{sheet}}}\n" for elem_id, sheet in _styles.items())
