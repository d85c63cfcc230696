"""How does it feel?, in a real Chromium: when it asks, what it shows."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from drummer import Drummer
from drummer.files.document import Take, to_json
from drummer.web.grid import from_value
from tests.e2e.harness import GRID, calls, document, open_file, resize, settle, unfold

FEEL = "document.querySelector('.feel').feel"


@pytest.fixture
def page(shared: Page) -> Page:
    """A page with the panel unfolded, as all tests but the first want it."""
    unfold(shared, "feel")
    read_sentence(shared)
    return shared


def read_sentence(page: Page) -> str:
    """Wait until the picture is of the groove that is there, and read the sentence."""
    page.locator(".feel").scroll_into_view_if_needed()
    settle(page)
    page.wait_for_function("document.querySelector('.feel .chart') && !document.querySelector('.feel.waiting')")
    return page.inner_text(".feel .sentence")


def panels(page: Page) -> list[dict[str, float]]:
    """The boxes of the chart's panels."""
    found: list[dict[str, float]] = page.evaluate(
        "[...document.querySelectorAll('.feel .part')].map((panel) => panel.getBoundingClientRect().toJSON())"
    )
    return found


def toggle_hit(page: Page) -> None:
    page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: {GRID}.doc.hits.slice(1) }})")


def test_folded_away_it_asks_for_nothing(shared: Page) -> None:
    page = shared
    with calls(page) as requests:
        for _ in range(3):
            toggle_hit(page)
            settle(page)
        assert len(requests) == 3  # the MIDI file of each edit, as before
        unfold(page, "feel")
        read_sentence(page)
        assert len(requests) == 4
        page.click("#feel .label-wrap")
        toggle_hit(page)
        settle(page)
        assert len(requests) == 5  # the MIDI file again


def test_the_sentence_and_the_chart_are_about_this_groove(page: Page) -> None:
    assert read_sentence(page).startswith("Sits ")
    timing, dynamics, place, copy = panels(page)
    assert timing["top"] == dynamics["top"] and place["top"] == copy["top"] > timing["bottom"]
    hits = page.evaluate(f"{GRID}.doc.hits.filter((hit) => hit[1] === 0).length")
    kick = page.get_by_role("img", name="Kick: median ").first
    assert kick.locator("circle").count() == hits > 0
    assert page.locator(".feel .words", has_text="the closest 4 bars in the training data").count() == 1


def test_it_follows_fast_edits_with_one_request(page: Page) -> None:
    read_sentence(page)
    before = page.inner_html(".feel .chart")
    with calls(page) as requests:
        page.evaluate(f"""() => {{
            for (let edit = 0; edit < 5; edit++) {GRID}.commit({{ ...{GRID}.doc, hits: {GRID}.doc.hits.slice(1) }});
        }}""")
        read_sentence(page)
    assert len(requests) == 2  # the MIDI file, and this
    assert page.inner_html(".feel .chart") != before


def test_it_is_about_what_is_heard(page: Page) -> None:
    page.fill("#human input[type=number]", "0")
    page.press("#human input[type=number]", "Tab")
    page.wait_for_function(f"{GRID}.doc.settings.human === 0")
    assert "much more even" in read_sentence(page)
    page.fill("#human input[type=number]", "100")
    page.press("#human input[type=number]", "Tab")
    page.wait_for_function(f"{GRID}.doc.settings.human === 1")
    for voice in range(13):
        page.evaluate(f"{GRID}.toggleLane('muted', {voice})")
    assert read_sentence(page) == "There is nothing to feel yet: the groove has no hits."
    for voice in range(13):
        page.evaluate(f"{GRID}.toggleLane('muted', {voice})")


def test_a_copy_is_said_to_be_one(page: Page, tmp_path: Path) -> None:
    drummer = Drummer.load()
    bank = drummer.trained.reference_bank
    lengths, genres = bank.lengths.numpy(), bank.genres.numpy()
    index = int(np.flatnonzero((genres == drummer.genres.index("funk")) & (lengths >= 16))[0])
    groove = bank.groove(lengths[:index].sum() + 8 + np.arange(4), index, 12)
    path = tmp_path / "groove.json"
    path.write_text(to_json(Take(groove, {"genre": "funk"}, edited=True)))
    open_file(page, path)
    assert read_sentence(page).endswith("A training drummer has played the same 4 bars.")
    assert page.locator(".feel.copied").count() == 1
    assert from_value(document(page)).groove == groove


def test_the_chart_follows_width_and_theme_by_itself(page: Page) -> None:
    read_sentence(page)
    ink = "getComputedStyle(document.querySelector('.feel .half')).fill"
    light = page.evaluate(ink)
    with calls(page) as requests:
        resize(page, 390)
        page.evaluate("document.body.classList.add('dark')")
        settle(page)
        boxes = panels(page)
        assert [box["left"] for box in boxes] == [boxes[0]["left"]] * 4  # one below the other
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(ink) != light
    assert requests == []
    page.evaluate("document.body.classList.remove('dark')")
