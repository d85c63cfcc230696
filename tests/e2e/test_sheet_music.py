"""Sheet music, in a real Chromium: when it is drawn, and what it shows."""

from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from playwright.sync_api import Page

from drummer.files.document import to_json
from drummer.music.groove import Groove
from drummer.web.grid import from_value
from tests.e2e.harness import GRID, calls, document, open_file, resize, settle, unfold

PART = "document.querySelector('.sheet-music').sheetMusic"


@pytest.fixture
def page(shared: Page) -> Page:
    """A page with the panel unfolded, as all tests but the first want it."""
    unfold(shared, "sheet-music")
    return shared


def read_picture(page: Page) -> str:
    """Wait until the picture is of the groove that is there, and read it."""
    page.locator(".sheet-music").scroll_into_view_if_needed()
    settle(page)
    page.wait_for_function(
        f"() => {PART}.image.complete && !{PART}.image.hidden && !document.querySelector('.sheet-music.waiting')"
    )
    text: str = page.evaluate(f"atob({PART}.image.src.split(',')[1])")
    return text


def noteheads(page: Page) -> int:
    return read_picture(page).count('class="note"')


def test_folded_away_it_asks_for_nothing(shared: Page) -> None:
    page = shared
    with calls(page) as requests:
        page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: {GRID}.doc.hits.slice(1) }})")
        settle(page)
        assert len(requests) == 1  # the MIDI file of the edit, as before


def test_it_is_drawn_when_it_is_opened_and_follows_edits(page: Page) -> None:
    before = noteheads(page)
    assert before > 8
    bars = document(page)["bars"]
    assert page.get_attribute(".sheet-music img", "alt").startswith(f"The groove as a drum part: {bars} bars of 4/4, ")  # type: ignore[union-attr]
    page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: [[0, 0, 0.8, 0], [12, 1, 0.8, 0], [24, 0, 0.8, 0]] }})")
    page.wait_for_function(f"atob({PART}.image.src.split(',')[1]).split('class=\"note\"').length === 4")
    assert noteheads(page) == 3
    page.click(".drum-grid [data-do=undo]")
    page.locator(".sheet-music").scroll_into_view_if_needed()  # out of sight it waits
    page.wait_for_function(
        f"(count) => atob({PART}.image.src.split(',')[1]).split('class=\"note\"').length === count + 1", arg=before
    )


def test_it_follows_the_theme_and_the_width(page: Page) -> None:
    light = read_picture(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"atob({PART}.image.src.split(',')[1]).includes('#ececea')")
    page.evaluate("document.body.classList.remove('dark')")
    page.wait_for_function(f"!atob({PART}.image.src.split(',')[1]).includes('#ececea')")
    width = page.evaluate(f"{PART}.image.naturalWidth")
    resize(page, 390)
    page.locator(".sheet-music").scroll_into_view_if_needed()
    page.wait_for_function(f"(width) => {PART}.image.naturalWidth < width / 2", arg=width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert read_picture(page) != light
    resize(page, 1440)


def test_a_groove_that_is_too_long_to_draw_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    take = from_value(document(page))
    long = reduce(Groove.then, [take.groove.slice_bars(0, 1)] * 129)
    file = tmp_path / "long.json"
    file.write_text(to_json(replace(take, groove=long)), encoding="utf-8")
    open_file(page, file)
    page.locator(".sheet-music").scroll_into_view_if_needed()
    said = page.locator(".sheet-music .said")
    said.get_by_text("Sheet music is drawn for up to 128 bars, and this groove has 129").wait_for()
    assert page.locator(".sheet-music img").is_hidden()
