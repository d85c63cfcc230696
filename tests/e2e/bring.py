"""What tests do in the panel Bring your own."""

from typing import Any

import numpy as np
from playwright.sync_api import Page

from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX
from tests.e2e.harness import GRID, document, wait_until_idle

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))


def flat(bars: int = 8) -> Groove:
    """A pattern of eighths that nobody has played."""
    beats = np.arange(0, 4 * bars, 0.5)
    voices = np.where(beats % 2 == 0, KICK, np.where(beats % 2 == 1, SNARE, HIHAT))
    return Groove.from_hits(Hits(beats, voices, np.full(len(beats), 0.6, dtype=np.float32)), 96, bars=bars)


def bring(page: Page, name: str, data: bytes) -> str:
    """Choose a file, and read what was understood."""
    reading = page.evaluate("document.querySelector('.bring').bring.reading")
    page.set_input_files(".bring input", {"name": name, "mimeType": "audio/midi", "buffer": data})
    page.wait_for_function(
        """(before) => {
            const { reading, props } = document.querySelector(".bring").bring;
            return reading > before && props.value.understood && props.value.reading === reading;
        }""",
        arg=reading,
    )
    return page.inner_text(".bring .understood span")


def act(page: Page, action: str) -> dict[str, Any]:
    """Press a button of the panel, wait for what comes of it, and stop the sound."""
    before = document(page)["made"]
    page.click(f".bring [data-do={action}]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")
    return document(page)
