"""The page on a phone, 390 x 844 pixels: fingers, the pinned transport, the grid in sight, bars that follow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.harness import GRID, App, calls, generate, next_frames, settle, unfold, visit, wait_until_idle

WIDTH, HEIGHT = 390, 844
LEAST = 44  # pixels, WCAG 2.5.5

# All that can be touched and seen, and is smaller; a checkbox or file input is touched by its label.
SMALLER = """(least) => {
    const kinds = "button, a[href], summary, input, select, textarea, [role=button], [role=slider], [tabindex='0']";
    const parts = document.querySelectorAll(kinds);
    const target = (part) => (["checkbox", "file"].includes(part.type) && part.closest("label")) || part;
    const name = (part) => {
        const own = part.dataset.do ?? part.dataset.set ?? part.ariaLabel ?? part.textContent.trim().slice(0, 30);
        return `${part.localName} ${part.closest("[id]")?.id}: ${own}`;
    };
    const size = (part) => {
        let { width, top, bottom } = part.getBoundingClientRect();
        for (let outer = part.parentElement; outer; outer = outer.parentElement) {
            if (!["hidden", "clip"].includes(getComputedStyle(outer).overflowY)) continue;
            const edges = outer.getBoundingClientRect(); // what it cuts off cannot be touched
            [top, bottom] = [Math.max(top, edges.top), Math.min(bottom, edges.bottom)];
        }
        return { width, height: bottom - top };
    };
    const isSeen = (part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const seen = [...new Set([...parts].map(target))].filter(isSeen);
    return seen
        .map((part) => [name(part), size(part)])
        .filter(([, { width, height }]) => width > 1 && height > 1 && (width < least || height < least))
        .map(([words, { width, height }]) => `${words}: ${width.toFixed(1)} x ${height.toFixed(1)}`);
}"""

# Adds up what moves without a touch that has caused it.
WATCH_SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
    }).observe({ type: "layout-shift" });
}"""


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app, WIDTH, HEIGHT, touch=True) as opened:
        opened.emulate_media(reduced_motion="reduce")  # the page jumps where it would glide
        yield opened
        opened.emulate_media(reduced_motion="no-preference")


@pytest.fixture
def page(shared: Page) -> Page:
    """A page that tests before have used, seen from its top."""
    shared.evaluate(f"""() => {{
        const grid = {GRID};
        grid.stop();
        grid.seek(0);
        grid.select(new Set());
        grid.parts.scroller.scrollLeft = 0;
        window.scrollTo(0, 0);
    }}""")
    next_frames(shared)
    return shared


def box(page: Page, selector: str) -> tuple[float, float]:
    """Top and bottom of an element, in pixels from the top of the screen."""
    top, bottom = page.evaluate(
        """(selector) => {
            const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
            return [top, bottom];
        }""",
        selector,
    )
    return top, bottom


def test_after_generate_the_whole_grid_is_in_sight_and_the_transport_is_pinned(page: Page) -> None:
    for y in (0, 400, 10_000):  # wherever one is on the page
        page.evaluate("(y) => window.scrollTo(0, y)", y)
        next_frames(page)
        assert box(page, ".drum-grid .transport")[1] == HEIGHT
    page.evaluate("window.scrollTo(0, 0)")
    page.evaluate(WATCH_SHIFTS)
    generate(page)
    top, bottom = box(page, ".drum-grid .stage")
    assert top >= 0 and bottom <= box(page, ".drum-grid .transport")[0]
    assert page.evaluate("document.querySelector('.drum-grid .readout').getBoundingClientRect().top") >= 0
    settle(page)
    assert page.evaluate("window.shifted") < 0.05
    page.evaluate(f"{GRID}.stop()")


def test_the_last_part_of_the_page_is_not_behind_the_transport(page: Page) -> None:
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    next_frames(page)
    assert box(page, "#foot")[1] <= box(page, ".drum-grid .transport")[0]


def test_buttons_of_a_bar_follow_what_is_in_sight_played_or_selected(page: Page) -> None:
    page.evaluate(f"{GRID}.stop()")
    button = page.locator(".drum-grid [data-do=reroll-bar]")
    assert button.inner_text().strip() == "Re-roll bar 1"
    page.evaluate(f"{GRID}.view.bringIntoSight(4 * 48)")  # bar 5 of 8: no bar before it is in sight
    page.evaluate(f"{GRID}.parts.scroller.scrollLeft = {GRID}.geometry.barWidth * 4")
    page.locator(".drum-grid [data-do=reroll-bar]", has_text="Re-roll bar 5").wait_for()
    assert page.inner_text(".drum-grid [data-do=fill-bar]") == "Fill in bar 5"

    before = page.evaluate(f"{GRID}.value")
    with calls(page) as requests:
        button.click()
        page.wait_for_function(f"(made) => {GRID}.doc.made !== made", arg=before["made"])
        wait_until_idle(page)
    assert any('"bar":4' in request for request in requests)
    after = page.evaluate(f"{GRID}.value")
    assert [hit for hit in before["hits"] if hit[0] < 180] == [hit for hit in after["hits"] if hit[0] < 180]  # bars 1 to 4

    page.evaluate(f"{GRID}.stop(), {GRID}.play(8)")
    page.locator(".drum-grid [data-do=reroll-bar]", has_text="Re-roll bar 3").wait_for()
    page.evaluate(f"{GRID}.stop(), {GRID}.selectBars({{ first: 6, last: 8 }})")
    page.locator(".drum-grid [data-do=reroll-bar]", has_text="Re-roll bar 7").wait_for()


def test_on_a_wide_screen_the_chosen_bar_stays_while_others_play(browser: Browser, app: App) -> None:
    with visit(browser, app) as page:
        page.evaluate(f"{GRID}.seek(4), {GRID}.play(8)")
        page.wait_for_function(f"{GRID}.playBeat > 8.1")
        assert page.inner_text(".drum-grid [data-do=reroll-bar]").strip() == "Re-roll bar 2"
        page.evaluate(f"{GRID}.stop()")


def test_delete_copy_and_nudge_are_in_sight_with_a_selection(page: Page) -> None:
    page.evaluate(f"{GRID}.stop(), {GRID}.view.scrollPageToGrid()")
    page.evaluate(f"{GRID}.select(new Set([14 * {GRID}.doc.hits[0][0] + {GRID}.doc.hits[0][1]]))")
    next_frames(page)
    for name in ("copy", "erase", "nudge-back", "nudge-on"):
        button = page.locator(f".drum-grid [data-do={name}]")
        place = button.bounding_box()
        assert place and place["x"] >= 0 and place["x"] + place["width"] <= WIDTH, name
        assert place["y"] + place["height"] <= box(page, ".drum-grid .transport")[0], name
        hit = page.evaluate(
            "([x, y, name]) => document.elementFromPoint(x, y)?.closest('[data-do]')?.dataset.do === name",
            [place["x"] + place["width"] / 2, place["y"] + place["height"] / 2, name],
        )
        assert hit, name  # nothing covers it
    hits = page.evaluate(f"{GRID}.doc.hits.length")
    page.tap(".drum-grid [data-do=erase]")
    assert page.evaluate(f"{GRID}.doc.hits.length") == hits - 1


def test_every_target_is_large_enough_for_a_finger(page: Page) -> None:
    assert page.evaluate(SMALLER, LEAST) == []
    for panel in ("more-formats", "more-directions", "song", "bring", "feel"):
        unfold(page, panel)
    page.click(".drum-grid .help summary")
    page.click(".drum-grid .mix summary")
    page.click(".drum-grid [data-do=mixer]")
    page.evaluate(f"{GRID}.selectBars({{ first: 0, last: 1 }})")
    page.click(".drum-grid [data-do=shape]")
    page.click(".drum-grid [data-do=rename]")
    settle(page)
    assert page.evaluate(SMALLER, LEAST) == []
