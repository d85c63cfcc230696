"""What the page looks like and what a screen reader is told of it, where it once was wrong."""

import io

import numpy as np
import pytest
from harness import GRID, App, choose, generate, unfold, visit
from PIL import Image
from playwright.sync_api import Browser, Page

from drummer import audio
from drummer.web.panels.directions import DIRECTIONS

SCREENS = pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])


def picture(page: Page, selector: str) -> np.ndarray:
    """(rows, columns, 3) pixels of a part of the page."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")).astype(int)


@SCREENS
def test_menus_readout_fonts_and_thumbs(browser: Browser, app: App, width: int, scheme: str) -> None:
    with visit(browser, app, width, 1000, scheme=scheme) as page:
        fonts = page.evaluate(
            """() => ["#genre input", "#generate", ".drum-grid", "#masthead h1"].map((part) =>
                getComputedStyle(document.querySelector(part)).fontFamily.split(",")[0])"""
        )
        assert set(fonts) == {"system-ui"}

        for kit in audio.list_kits().values():
            choose(page, "kit", kit.label)
            page.wait_for_function("(label) => document.querySelector('#kit input').value === label", arg=kit.label)
            whole, clear = page.evaluate(
                """() => {
                    const [input, arrow] = ["input", ".icon-wrap"].map((part) => document.querySelector(`#kit ${part}`));
                    const room = parseFloat(getComputedStyle(input).paddingRight);
                    const end = input.getBoundingClientRect().right - room;
                    return [input.scrollWidth <= input.clientWidth, end <= arrow.getBoundingClientRect().left + 1];
                }"""
            )
            assert whole and clear, kit.label

        page.evaluate(
            f"{GRID}.commit({{ ...{GRID}.doc, hits: [[6, 10, 0.75, 0.2]], settings: {{ ...{GRID}.doc.settings,"
            " song: [{ part: 'chorus', bars: 8 }] } })"
        )
        page.evaluate(f"{GRID}.report({GRID}.doc.hits[0])")
        readout = page.locator(".drum-grid .readout")
        assert "velocity 95" in readout.inner_text()
        assert readout.evaluate("(part) => part.scrollWidth <= part.clientWidth && part.scrollHeight <= part.clientHeight")

        # The thumb of a slider at its middle, on its track: some ring around it stands out from the panel.
        page.evaluate("document.querySelector('#bars input[type=range]').scrollIntoView({ block: 'center' })")
        assert contrast_of_thumb(picture(page, "#temperature input[type=range]")) >= 3


def contrast_of_thumb(pixels: np.ndarray) -> float:
    """The best contrast, by WCAG 2, of what is in the column of the thumb's middle with the panel above it."""
    white = (pixels.min(axis=2) > 250).sum(axis=0)
    dark_panel = pixels[0, -1].max() < 100
    column = int(np.argmax(white)) if dark_panel else thumb_column(pixels)
    tones = [luminance(tone) for tone in pixels[:, column]]
    panel = luminance(pixels[0, -1])
    return max((max(tone, panel) + 0.05) / (min(tone, panel) + 0.05) for tone in tones)


def thumb_column(pixels: np.ndarray) -> int:
    """Find the thumb on a white panel: the middle between the coloured part of the track and the grey one."""
    row = pixels[pixels.shape[0] // 2]
    coloured = np.flatnonzero(row.max(axis=1) - row.min(axis=1) > 60)
    return int(coloured[-1]) + 8


def luminance(tone: np.ndarray) -> float:
    channels = tone / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_each_checkbox_has_a_name_of_its_own(browser: Browser, app: App) -> None:
    with visit(browser, app) as page:
        unfold(page, "more-directions")
        for label in ("Tempo", *(each.label for each in DIRECTIONS)):
            checkbox = page.get_by_role("checkbox", name=f"{label}: auto", exact=True)
            checkbox.wait_for()
            assert checkbox.count() == 1


def test_screen_readers_hear_words_and_no_keys(browser: Browser, app: App) -> None:
    with visit(browser, app) as page:
        page.evaluate("""() => {
            window.heard = [];
            new MutationObserver(() => {
                for (const part of document.querySelectorAll("[role=status], [aria-live]")) window.heard.push(part.textContent);
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }""")
        generate(page)
        page.evaluate(f"{GRID}.stop()")
        unfold(page, "feel")
        page.locator(".feel").scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.feel .sentence').textContent.startsWith('Sits ')")
        page.wait_for_function("window.heard.includes('Complete')")
        assert not [words for words in page.evaluate("window.heard") if "common." in words]
