"""axe-core finds nothing serious, on any screen, in either theme."""

import json

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from drummer.files import midi
from drummer.music.groove import Groove, Hits
from tests.e2e.harness import App, draw_pictures, next_frames, settle, unfold, visit

TWO_HITS = midi.to_bytes(
    Groove.from_hits(Hits(np.array([0.0, 1.0]), np.array([0, 1]), np.array([0.9, 0.7], dtype=np.float32)), 96, bars=1)
)


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {json.dumps([node['html'][:160] for node in violation['nodes'][:3]])}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious(browser: Browser, app: App) -> None:
    with visit(browser, app) as page:
        for panel in ("more-settings", "more-formats", "more-directions", "sheet-music", "song", "bring", "feel"):
            unfold(page, panel)
        page.set_input_files(".bring input", {"name": "mine.mid", "mimeType": "audio/midi", "buffer": TWO_HITS})
        page.locator(".bring .actions").wait_for()
        page.click(".drum-grid .help summary")
        page.click(".drum-grid .mix summary")
        page.evaluate("document.querySelector('.drum-grid').classList.add('mixing')")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            draw_pictures(page)
            for width, height in ((1440, 900), (390, 844)):  # a desktop, a phone
                page.set_viewport_size({"width": width, "height": height})
                next_frames(page, 4)
                settle(page)
                page.wait_for_function("""document.getAnimations().every(({ effect, playState }) =>
                    playState !== "running" || effect.getComputedTiming().endTime === Infinity)""")
                assert serious(page) == [], (scheme, width)
