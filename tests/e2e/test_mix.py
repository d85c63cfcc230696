"""The mix on the page: sliders below the grid, which links, undo, reload and the next groove keep."""

from typing import Any

from playwright.sync_api import Browser, Page

from drummer import Groove
from drummer.files.document import Take, to_code
from tests.e2e.harness import GRID, App, document, generate, resize, settle, visit, wait_until_idle

LINKED = {"voices": {"crash": {"pan": 0.5}}}
STRIPS = {**LINKED["voices"], "kick": {"volume": -1}, "snare": {"pan": -1, "tuning": 12}, "ride": {"kit": "electronic_808"}}
MIXED = {"voices": STRIPS, "compressor": 0.05}


def mix(page: Page) -> Any:
    return document(page)["settings"].get("mix")


def slider(page: Page, name: str) -> Any:
    return page.get_by_label(name, exact=True)


def test_a_mix_is_kept_and_undone_by_its_name(browser: Browser, app: App) -> None:
    code = to_code(Take(Groove.silent(2, 96), {"genre": "funk", "mix": LINKED}))
    with visit(browser, app, query=f"?groove={code}") as page:
        before = document(page)
        assert mix(page) == LINKED
        page.click(".drum-grid .mix summary")
        page.locator("[aria-label='Pan of Crash'][aria-valuetext='50% right']").wait_for()  # details tell late that they are open
        slider(page, "Volume of Kick").press("ArrowLeft")
        slider(page, "Volume of Kick").press("ArrowLeft")
        slider(page, "Pan of Snare").press("Home")
        slider(page, "Tuning of Snare").press("End")
        page.get_by_label("Kit of Ride", exact=True).select_option("Electronic 808")
        slider(page, "Compressor").press("ArrowRight")
        assert mix(page) == MIXED
        steps = f"{GRID}.history.past.length"
        before_clicks = page.evaluate(steps)
        for place in (None, {"x": 12, "y": 12}):  # where the thumb is, and where the first click moves it to
            slider(page, "Pan of Snare rim").dblclick(position=place)
        assert (page.evaluate(steps), mix(page)) == (before_clicks, MIXED)  # it was as the kit has it, and is again
        after = document(page)
        assert [(each["made"], each["hits"], each["edited"]) for each in (before, after)] == [(before["made"], [], False)] * 2
        assert page.locator(".drum-grid .takes li").count() == 1

        undo = page.locator(".drum-grid [data-do=undo]")
        assert undo.get_attribute("aria-label") == "Undo: compressor"
        for _ in range(5):  # both steps of the kick's slider are one
            undo.click()
        assert mix(page) == LINKED
        assert slider(page, "Volume of Kick").get_attribute("aria-valuetext") == "0 dB"
        for _ in range(5):
            page.click(".drum-grid [data-do=redo]")
        generate(page)
        assert mix(page) == MIXED

        settle(page)
        page.reload()
        wait_until_idle(page)
        assert mix(page) == MIXED
        page.click(".drum-grid .mix summary")
        resize(page, 700)  # a narrow panel has one of them at a time
        page.locator(".mix-kinds").get_by_role("button", name="Kit").click()
        assert page.get_by_label("Kit of Ride", exact=True).input_value() == "electronic_808"
        assert page.get_by_label("Kit of Ride", exact=True).is_visible() and not slider(page, "Pan of Snare").is_visible()
        page.locator(".mix-kinds").get_by_role("button", name="Pan").click()
        for width in (320, 390, 1024, 1440):
            resize(page, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            box = slider(page, "Pan of Snare").bounding_box()
            assert box is not None and box["width"] >= 90, width

        focused = "document.activeElement.ariaLabel"
        page.get_by_label("Reset Snare", exact=True).press("Enter")
        assert page.evaluate(focused) == "Volume of Snare"  # a disabled button would lose the focus to the page
        page.click(".drum-grid [data-do=undo]")
        page.locator(".drum-grid [data-do=reset-mix]").press("Enter")
        assert page.evaluate(focused) == "Room"
        assert mix(page) is None
        assert slider(page, "Pan of Snare").input_value() == "0"
        assert page.evaluate(f"{GRID}.history.past.at(-1).settings.mix") == MIXED
