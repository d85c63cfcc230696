"""The page's own JavaScript and CSS, as Gradio takes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_SHELL = ("shell/install.js", "shell/waiting.js", "shell/api_list.js")
_PAGE = ("store.js", "connection.js", "calls.js", "messages.js", "widget_values.js", "page.js", "number_fields.js")
_SCRIPTS = [_FOLDER / name for name in (*_PAGE, *_SHELL)]
_STYLE_NAMES = ("theme.css", "layout.css", "widgets.css", "panels.css", "endpoints.css", "phone.css")
STYLES = [_FOLDER / "styles" / name for name in _STYLE_NAMES]


def call(name: str) -> str:
    """Write the `js` of an event that calls a function of `page.js` with the values of its inputs."""
    return f"(...values) => drummerPage.{name}(...values)"


def head(config: dict[str, Any], style: str) -> str:
    """Write scripts and style into the page's head, so that the functions exist before any event.

    Args:
        config: The client configuration, `config` in `page.js`; nothing in it comes from a user.
        style: The style of the controls.
    """
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS)
    return f"<style>{style}</style><script>window.drummerConfig = {json.dumps(config)};\n{scripts}</script>"
