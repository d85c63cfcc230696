"""The page's own JavaScript, `connection.js` and `page.js`, and what it has to know of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_SCRIPTS = [Path(__file__).parent / name for name in ("connection.js", "page.js")]
STYLE = Path(__file__).parent / "page.css"


def call(name: str) -> str:
    """Write the `js` of an event that calls a function of `page.js` with the values of its inputs."""
    return f"(...values) => drummerPage.{name}(...values)"


def head(facts: dict[str, Any]) -> str:
    """Write what goes into the page's head, so that the functions are there before any event.

    Args:
        facts: What `page.js` calls `facts`; nothing of it comes from a user.
    """
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in _SCRIPTS)
    return f"<script>window.drummerFacts = {json.dumps(facts)};\n{scripts}</script>"
