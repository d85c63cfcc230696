"""What a musician edits as in a DAW: hits dragged, bars and selections copied, shaped, looped and locked, in a real Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from drummer.web.grid import from_value
from tests.e2e.grid import HIHAT, KICK, SNARE, empty, hits, place
from tests.e2e.harness import GRID, App, document, generate, next_frames, readout, settle, visit, wait_until_idle
from tests.same_music import check_same_music

RIDE = 11


def put(page: Page, bars: int, new: list[list[float]], meter: str = "4/4") -> None:
    """Put hits into the grid, with nothing selected, copied, looped or to be undone."""
    empty(page)
    page.evaluate(
        f"""([bars, hits, meter]) => {{
            const grid = {GRID};
            localStorage.removeItem("drummer.clip");
            grid.clipboard.clip = null;
            if (grid.loop) grid.loopRange.set(null);
            grid.select(new Set());
            grid.commit({{ ...grid.doc, bars, hits, meter }});
            grid.history.past = [];
            grid.showState();
        }}""",
        [bars, new, meter],
    )


def press(page: Page, name: str) -> None:
    page.click(f".drum-grid [data-do='{name}']")


def places(page: Page) -> list[list[float]]:
    """Steps and voices of the hits."""
    return [hit[:2] for hit in hits(page)]


def bar_number(page: Page, bar: int) -> tuple[float, float]:
    """Where the number of a bar is on the screen, from 1."""
    place(page, 0, 0)  # brings the grid into sight
    left, top = page.evaluate(
        f"""(bar) => {{
            const {{ x, y }} = {GRID}.parts.roll.getBoundingClientRect();
            const {{ geometry }} = {GRID};
            return [x + geometry.x((bar - 1) * geometry.groove.steps_per_beat * 4) + 12, y + geometry.ruler - 12];
        }}""",
        bar,
    )
    return left, top


def drag_bars(page: Page, first: int, last: int) -> None:
    page.mouse.move(*bar_number(page, first))
    page.mouse.down()
    page.mouse.move(*bar_number(page, last), steps=4)
    page.mouse.up()


@pytest.fixture
def page(shared: Page) -> Page:
    wait_until_idle(shared)
    return shared


def test_a_hit_is_dragged_to_another_step_and_lane_and_escape_puts_it_back(page: Page) -> None:
    put(page, 1, [[12, SNARE, 0.6, -0.3], [24, HIHAT, 0.4, 0]])
    press(page, "select")
    start, goal = place(page, 12 - 0.3, SNARE), place(page, 30 - 0.3, KICK)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*goal, steps=5)
    assert places(page) == [[24, HIHAT], [30, KICK]]
    page.keyboard.press("Escape")
    page.mouse.up()
    assert hits(page) == [[12, SNARE, 0.6, -0.3], [24, HIHAT, 0.4, 0]]
    assert page.locator(".drum-grid [data-do=undo]").is_disabled()

    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*goal, steps=5)
    page.mouse.up()
    assert hits(page) == [[24, HIHAT, 0.4, 0], [30, KICK, 0.6, -0.3]]
    page.get_by_role("button", name="Undo: move 1 hit").click()
    assert readout(page) == "Undone: move 1 hit"
    assert hits(page) == [[12, SNARE, 0.6, -0.3], [24, HIHAT, 0.4, 0]]
    press(page, "draw")


def test_a_bar_travels_with_its_early_downbeat_by_keys_and_buttons(page: Page) -> None:
    put(page, 3, [[47, KICK, 0.8, 0.3], [60, SNARE, 0.7, 0], [143, HIHAT, 0.5, 0]])
    drag_bars(page, 2, 2)
    page.keyboard.press("b")
    assert page.inner_text(".drum-grid .selected-words") == "Bar 2"
    page.keyboard.press("Control+c")
    page.mouse.click(*bar_number(page, 3))
    page.keyboard.press("Control+v")
    assert hits(page)[2:] == [[95, KICK, 0.8, 0.3], [108, SNARE, 0.7, 0]]
    assert readout(page) == "Pasted into bar 3"
    assert page.get_attribute(".drum-grid [data-do=undo]", "aria-label") == "Undo: paste 1 bar"

    drag_bars(page, 2, 3)
    press(page, "duplicate")
    assert document(page)["bars"] == 5
    assert [step for step, _ in places(page)] == [47, 60, 95, 108, 143, 156, 191, 204]
    press(page, "remove-bars")
    assert (document(page)["bars"], len(hits(page))) == (3, 4)
    drag_bars(page, 1, 3)
    press(page, "remove-bars")
    assert "at least one bar" in readout(page)
    from_value(document(page))  # what the server reads


def test_a_selection_is_copied_shaped_and_named_by_undo(page: Page) -> None:
    put(page, 2, [[0, HIHAT, 0.5, 0.2], [6, HIHAT, 0.5, -0.1], [12, SNARE, 0.8, 0.1]])
    page.focus(".drum-grid .roll")
    page.keyboard.press("Control+a")
    press(page, "copy")
    press(page, "paste")
    assert places(page)[3:] == [[24, HIHAT], [30, HIHAT], [36, SNARE]]
    press(page, "duplicate")
    assert places(page)[6:] == [[48, HIHAT], [54, HIHAT], [60, SNARE]]
    page.focus(".drum-grid .roll")
    page.keyboard.press("Control+a")
    press(page, "shape")
    page.evaluate(f"{GRID}.parts.strength.value = 50")
    press(page, "quantise")
    assert hits(page)[0][3] == 0.1
    press(page, "ramp")
    assert [round(127 * hit[2]) for hit in (hits(page)[0], hits(page)[-1])] == [40, 110]
    press(page, "swap")
    assert {hit[1] for hit in hits(page)} == {RIDE, SNARE}
    press(page, "flam")
    assert len(hits(page)) == 18
    from_value(document(page))
    names = ["flam", "swap hats and ride", "velocity ramp", "quantise 9 hits", "duplicate 3 hits", "paste 3 hits"]
    for name in names:
        page.get_by_role("button", name=f"Undo: {name}", exact=True).click()
    assert len(hits(page)) == 3
    assert page.get_attribute(".drum-grid [data-do=redo]", "aria-label") == "Redo: paste 3 hits"


def test_what_cannot_be_done_is_said(page: Page) -> None:
    put(page, 1, [[0, KICK, 0.5, 0]])
    page.focus(".drum-grid .roll")
    said: list[tuple[Callable[[], None], str]] = [
        (lambda: page.keyboard.press("Control+v"), "Nothing copied yet"),
        (lambda: page.keyboard.press("Control+c"), "Nothing is selected"),
        (lambda: page.keyboard.press("q"), "already on the 1/16 grid"),
        (lambda: page.keyboard.press("Control+ArrowLeft"), "no room that way"),
    ]
    for act, words in said:
        act()
        assert words in readout(page)
    page.keyboard.press("Control+a")
    press(page, "swap")
    assert "no hat or ride" in readout(page)
    page.focus(".drum-grid .roll")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    assert readout(page) == ""  # it would contradict what is selected now
    assert page.locator(".drum-grid [data-do=undo]").is_disabled()


def test_selected_bars_are_looped_and_locked_and_a_bar_becomes_a_fill(page: Page) -> None:
    page.fill("#bars input[type=number]", "4")
    page.press("#bars input[type=number]", "Tab")
    generate(page)
    drag_bars(page, 2, 3)
    press(page, "loop")
    assert page.evaluate(f"{GRID}.loop") == {"from": 4, "to": 12}
    press(page, "play")
    page.wait_for_function(f"{GRID}.playBeat > 4.5")
    press(page, "play")
    press(page, "lock-bars")
    before = from_value(document(page))
    assert before.settings["locked_bars"] == [1, 2]
    page.locator(".pad [data-axis=intensity]").fill("80")
    page.wait_for_function(f"{GRID}.parts.readout.textContent.startsWith('Some bars are locked')")
    press(page, "reroll")
    page.wait_for_function(f"{GRID}.doc.did === 're-roll'")
    page.evaluate(f"{GRID}.stop()")
    after = from_value(document(page))
    check_same_music(after.groove, before.groove, 1, 3)
    assert after.groove.slice_bars(3, 4) != before.groove.slice_bars(3, 4)
    press(page, "fill-bar")
    assert readout(page) == "Bar 2 is locked: unlock it first"
    page.mouse.click(*bar_number(page, 4))
    assert "The loop is on and plays bars 2\u20133" in readout(page)
    press(page, "fill-bar")
    page.wait_for_function(f"{GRID}.doc.did === 'fill in bar 4'")
    page.evaluate(f"{GRID}.stop()")
    filled = from_value(document(page))
    check_same_music(filled.groove, after.groove, 0, 3)
    press(page, "loop")
    assert page.evaluate(f"{GRID}.loop") is None


def test_fingers_select_copy_paste_and_move(browser: Browser, app: App) -> None:
    with visit(browser, app, 390, 844, touch=True) as page:
        put(page, 1, [[0, SNARE, 0.5, 0.2], [12, KICK, 0.7, 0]])
        page.tap(".drum-grid [data-do=select]")
        page.touchscreen.tap(*place(page, 0.2, SNARE))
        page.tap(".drum-grid [data-do=copy]")
        page.touchscreen.tap(*place(page, 24, SNARE))
        page.tap(".drum-grid [data-do=paste]")
        assert places(page) == [[0, SNARE], [12, KICK], [24, SNARE]]
        x, y = place(page, 12, KICK)
        goal_x, goal_y = place(page, 36, HIHAT)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

        touch("touchStart", (x, y))
        for share in (0.3, 0.6, 1):
            touch("touchMove", (x + share * (goal_x - x), y + share * (goal_y - y)))
        touch("touchEnd")
        next_frames(page)
        assert hits(page) == [[0, SNARE, 0.5, 0.2], [24, SNARE, 0.5, 0.2], [36, HIHAT, 0.7, 0]]
        small = page.evaluate(
            """() => [".selected", ".tools", ".again"]
                .flatMap((bar) => [...document.querySelectorAll(`.drum-grid ${bar} button`)])
                .filter((button) => button.checkVisibility())
                .map((button) => [button.textContent.trim(), button.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 44 || height < 44)"""
        )
        assert small == []
        settle(page)
