"""What the page looks like and what a screen reader is told of it, where it once was wrong."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from drummer import audio
from drummer.web.panels.controls import SHOWN
from tests.e2e.harness import GRID, choose, generate, next_frames, resize, unfold

# Where the middle of a slider's thumb is, which is as wide as high.
THUMB = """(selector) => {
    const slider = document.querySelector(selector);
    slider.scrollIntoView({ block: "center" });
    const { left, top, width, height } = slider.getBoundingClientRect();
    const share = (slider.value - slider.min) / (slider.max - slider.min);
    return [left + 8 + (width - 16) * share, top + height / 2];
}"""


def contrast_of_thumb(page: Page, selector: str) -> float:
    """The best contrast, by WCAG 2, of a thumb with the panel around it: from its middle up to above it."""
    x, y = page.evaluate(THUMB, selector)
    clip = {"x": x - 1, "y": y - 16, "width": 2, "height": 16}
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")).astype(int)
    panel, *tones = (luminance(tone) for tone in pixels[:, 1])
    return max((max(tone, panel) + 0.05) / (min(tone, panel) + 0.05) for tone in tones)


def test_menus_readout_fonts_and_thumbs(shared: Page) -> None:
    page = shared
    page.set_viewport_size({"width": 1440, "height": 1000})
    fonts = page.evaluate(
        """() => ["#genre input", "#generate", ".drum-grid", "#masthead h1"].map((part) =>
            getComputedStyle(document.querySelector(part)).fontFamily.split(",")[0])"""
    )
    assert set(fonts) == {"system-ui"}

    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        next_frames(page, 4)
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

        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            next_frames(page, 4)
            for slider in ("#temperature input[type=range]", ".drum-grid [data-set=volume]"):
                assert contrast_of_thumb(page, slider) >= 3, (scheme, width)


def luminance(tone: np.ndarray) -> float:
    channels = tone / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_each_checkbox_has_a_name_of_its_own(shared: Page) -> None:
    unfold(shared, "more-directions")
    for label in ("Tempo", *(each.label for each in SHOWN)):
        checkbox = shared.get_by_role("checkbox", name=f"{label}: auto", exact=True)
        checkbox.wait_for()
        assert checkbox.count() == 1


def test_screen_readers_hear_words_and_no_keys(shared: Page) -> None:
    page = shared
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver(() => {
            for (const part of document.querySelectorAll("[role=status], [aria-live]")) window.heard.push(part.textContent);
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
    }""")
    generate(page)
    unfold(page, "feel")
    page.locator(".feel").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.feel .sentence').textContent.startsWith('Sits ')")
    page.wait_for_function("window.heard.includes('Complete')")
    assert not [words for words in page.evaluate("window.heard") if re.search(r"common\.[a-z]", words)]


def test_a_legend_tells_how_to_read_a_hit_and_is_folded_on_a_narrow_screen(shared: Page) -> None:
    resize(shared, 1280)
    legend = shared.locator(".drum-grid .legend")
    louder = legend.get_by_role("listitem").filter(has_text="louder")
    assert louder.is_visible() and legend.get_by_role("listitem").count() == 4
    resize(shared, 390)
    assert louder.is_hidden()
    legend.get_by_text("How to read a hit").click()
    assert louder.is_visible()
    resize(shared, 1280)
    assert louder.is_visible()
