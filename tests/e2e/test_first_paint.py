"""The first paint: the frame of the page is there at once, and nothing moves until the first groove is shown."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.harness import GRID, PAGE_MILLISECONDS, App, empty_page, next_frames, wait_until_idle

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts.push(shift.value);
}).observe({ type: "layout-shift", buffered: true });
"""
MOST_SHIFT = 0.05
PARTS = {  # of the frame, and what takes their place
    "#first-paint .masthead": "#masthead",
    "#first-paint .chips span:last-child": ".presets button:last-child",
    "#first-paint .controls": "#controls",
    "#first-paint .result": "#result",
    "#first-paint .stage i": ".drum-grid .lane:not([hidden])",
    "#first-paint .pinned": ".drum-grid .transport",
}


def corners(page: Page, selectors: list[str]) -> list[list[int] | None]:
    """Where parts begin, in whole pixels; None of one that is not to be seen."""
    found: list[list[int] | None] = page.evaluate(
        """(selectors) => selectors.map((selector) => {
            const { x, y, width } = document.querySelector(selector).getBoundingClientRect();
            return width ? [Math.round(x), Math.round(y)] : null;
        })""",
        selectors,
    )
    return found


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_moves_until_the_first_groove_is_there(browser: Browser, app: App, width: int, height: int) -> None:
    # A first visit: a service worker would bring scripts that the network does not.
    viewport = {"width": width, "height": height}
    with browser.new_context(viewport=viewport, has_touch=width == 390, service_workers="block") as context:
        context.set_default_timeout(PAGE_MILLISECONDS)
        page = context.new_page()
        page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort())
        page.goto(app.url)
        frame = corners(page, list(PARTS))
        assert frame[0] is not None and page.is_hidden("gradio-app")

        page.unroute_all()
        page.add_init_script(SHIFTS)
        page.goto(app.url)
        page.wait_for_function("document.querySelector('.drum-grid')?.drumGrid?.geometry.groove")  # empty bars, before any groove
        wait_until_idle(page)
        next_frames(page)
        assert page.evaluate("window.shifts.reduce((sum, shift) => sum + shift, 0)") < MOST_SHIFT
        assert page.evaluate(f"{GRID}.doc.hits.length") > 0
        for there, (part, place) in zip(corners(page, list(PARTS.values())), PARTS.items(), strict=True):
            before = frame[list(PARTS).index(part)]
            assert before is None or there == pytest.approx(before, abs=2), place


def test_the_list_of_endpoints_is_behind_the_link_at_the_foot_and_has_an_address(browser: Browser, app: App) -> None:
    with empty_page(browser, app) as page:
        page.goto(f"{app.url}/?view=api")
        page.get_by_role("heading", name="API documentation").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="API documentation").wait_for(state="detached")
        assert page.evaluate("scrollY") == 0  # although the link at the foot has the focus
        page.goto(app.url)
        wait_until_idle(page)
        made = page.evaluate(f"{GRID}.doc.made")
        page.click("#foot a")
        page.get_by_role("heading", name="API documentation").wait_for()
        assert page.evaluate(f"{GRID}.doc.made") == made  # the page was not left
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="API documentation").wait_for(state="detached")
        assert page.evaluate("document.activeElement.textContent") == "Use via API"
