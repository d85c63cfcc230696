"""What a musician does with the drum grid: clicked, dragged and typed in a real Chromium."""

from pathlib import Path

import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Drummer
from drummer.web.grid import from_value
from tests.e2e.grid import CRASH, HIHAT, KICK, SNARE, click, drag, empty, hits, place
from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    download,
    generate,
    number,
    settle,
    visit,
)

# Clicks on points of the roll, one each 20 ms, however busy the machine is.
CLICKS = """async (points) => {
    const roll = document.querySelector(".drum-grid .roll");
    roll.setPointerCapture = () => {};
    for (const [clientX, clientY] of points) {
        const point = { clientX, clientY, button: 0 };
        for (const kind of ["pointerdown", "pointerup"]) roll.dispatchEvent(new PointerEvent(kind, point));
        await new Promise((done) => setTimeout(done, 20));
    }
    delete roll.setPointerCapture;
}"""


@pytest.fixture
def page(shared: Page) -> Page:
    """The page with an empty bar."""
    empty(shared)
    return shared


def test_a_click_adds_a_hit_and_another_removes_it(page: Page, tmp_path: Path) -> None:
    click(page, 12, SNARE)
    assert [hit[:2] for hit in hits(page)] == [[12, SNARE]]
    midi_file = download(page, "midi", tmp_path)
    assert midi_file.stem.endswith("_edited")
    (note,) = pretty_midi.PrettyMIDI(str(midi_file)).instruments[0].notes
    assert (note.pitch, note.start) == (38, pytest.approx(1.0))
    click(page, 12, SNARE)
    assert hits(page) == []


def test_an_edit_sets_no_style_anew(page: Page) -> None:
    """For that, the browser would match all rules of the page again, with each edit and each bar that comes."""
    page.evaluate("""() => {
        window.restyled = 0;
        window.watching = new MutationObserver((records) => (window.restyled += records.length));
        watching.observe(document.head, { subtree: true, childList: true, characterData: true });
    }""")
    click(page, 12, SNARE)
    settle(page)
    assert page.evaluate("watching.disconnect(), window.restyled") == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.drum-grid .stage')).display") == "grid"


def test_dragging_a_hit_up_and_down_changes_its_velocity_alone(page: Page) -> None:
    click(page, 24, KICK)
    (before,) = hits(page)
    drag(page, 24, KICK, 3, -20)
    (louder,) = hits(page)
    assert louder[2] > before[2] + 0.1 and louder[3] == before[3] == 0
    drag(page, 24, KICK, 0, 300)
    (softest,) = hits(page)
    assert softest[2] == pytest.approx(1 / 127, abs=1e-3)


def test_dragging_a_hit_sideways_changes_its_timing_within_half_a_step(page: Page) -> None:
    click(page, 24, KICK)
    (before,) = hits(page)
    drag(page, 24, KICK, 12, 2)
    (later,) = hits(page)
    assert 0.1 < later[3] < 0.5 and later[2] == before[2] and later[0] == 24
    assert "ms late" in page.inner_text(".drum-grid .readout")
    drag(page, 24 + later[3], KICK, -300, 0)
    (earliest,) = hits(page)
    assert earliest[3] == -0.5 and earliest[0] == 24


def test_a_box_selects_and_delete_removes(page: Page) -> None:
    for step in (0, 12, 24, 36):
        click(page, step, SNARE)
    click(page, 0, KICK)
    x, y = place(page, 11, SNARE + 1)
    right, bottom = place(page, 26, SNARE)
    page.mouse.move(x - 6, y)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=4)
    page.mouse.up()
    assert page.evaluate(f"{GRID}.selection.size") == 2
    page.keyboard.press("Delete")
    assert [hit[:2] for hit in hits(page)] == [[0, KICK], [0, SNARE], [36, SNARE]]


def test_what_is_selected_is_shaped_together(page: Page) -> None:
    for step in (0, 12):
        click(page, step, SNARE)
    page.keyboard.press("Control+a")
    before = [hit[2] for hit in hits(page)]
    drag(page, 12, SNARE, 0, 22)
    assert [hit[2] for hit in hits(page)] == pytest.approx([velocity - 0.2 for velocity in before], abs=0.01)


def test_the_keyboard_alone_edits(page: Page) -> None:
    page.focus(".drum-grid .roll")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert [hit[:2] for hit in hits(page)] == [[6, SNARE]]
    velocity = hits(page)[0][2]
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert hits(page)[0][2] > velocity
    page.keyboard.press(".")
    assert hits(page)[0][3] == pytest.approx(0.05)
    page.keyboard.press("Control+ArrowRight")
    assert hits(page)[0][0] == 9
    page.keyboard.press("Delete")
    assert hits(page) == []


def test_a_screen_reader_is_told_where_the_cursor_is_and_what_is_there(page: Page) -> None:
    spoken = page.locator(".drum-grid .spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    page.focus(".drum-grid .roll")
    page.keyboard.press("ArrowRight")
    assert spoken.inner_text() == "Kick, bar 1, beat 1 and 1/4, empty"
    page.keyboard.press("Enter")
    assert spoken.inner_text() == "Kick, bar 1, beat 1 and 1/4, velocity 95, on the grid"
    assert page.get_attribute(".drum-grid .roll", "aria-label")


def test_undo_and_redo_by_keys_and_buttons(page: Page) -> None:
    click(page, 0, KICK)
    click(page, 12, SNARE)
    drag(page, 12, SNARE, 0, -15)
    three = hits(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert [hit[:2] for hit in hits(page)] == [[0, KICK]]
    page.click(".drum-grid [data-do=redo]")
    page.keyboard.press("Control+Shift+Z")
    assert hits(page) == three
    for _ in range(3):
        page.click(".drum-grid [data-do=undo]")
    assert hits(page) == []
    assert page.locator(".drum-grid [data-do=undo]").is_disabled()
    page.keyboard.press("Enter")  # its neighbour has the focus now
    assert [hit[:2] for hit in hits(page)] == [[0, KICK]]


def test_generate_can_be_undone_and_the_settings_follow(page: Page) -> None:
    choose(page, "genre", "Jazz")
    generate(page)
    jazz, seed = document(page), number(page, "seed")
    choose(page, "genre", "Rock")
    generate(page)
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["hits"] == jazz["hits"]
    page.wait_for_function("(seed) => document.querySelector('#seed input').value == seed", arg=seed)
    assert page.input_value("#genre input") == "Jazz"
    assert number(page, "tempo") == jazz["bpm"]


def test_eight_fast_edits_are_one_request_and_the_last_state_wins(page: Page, tmp_path: Path) -> None:
    settle(page)
    with calls(page) as requests:
        page.evaluate(CLICKS, [place(page, step, HIHAT) for step in range(0, 24, 3)])
        settle(page)
        assert len(requests) == 1
        assert requests[0].count("hihat_closed") == 8
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    assert len(notes) == 8


def test_a_download_right_after_an_edit_holds_it(page: Page, tmp_path: Path) -> None:
    click(page, 0, KICK)
    download(page, "midi", tmp_path)
    click(page, 12, KICK)
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    assert len(notes) == 2


def test_thirty_two_bars_scroll_and_the_overview_leads_there(page: Page) -> None:
    page.fill("#bars input[type=number]", "32")
    page.press("#bars input[type=number]", "Tab")
    generate(page)
    assert document(page)["bars"] == 32
    page.evaluate(f"{GRID}.stop()")
    page.evaluate(f"{GRID}.root.scrollIntoView()")
    box = page.locator(".drum-grid .overview").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + 10)
    # The grid reads the scroll position with the next frame; a click before that would land elsewhere.
    page.wait_for_function(f"{GRID}.geometry.scroll > 1000 && {GRID}.geometry.scroll === {GRID}.parts.scroller.scrollLeft")
    last = 31 * 48
    count = len(hits(page))
    crashes = [hit[0] for hit in hits(page) if hit[1] == CRASH]
    # Marks lie beside their steps, as early or late as they are.
    free = next(step for step in range(last, last + 48, 3) if all(abs(step - crash) > 3 for crash in crashes))
    click(page, free, CRASH)
    assert len(hits(page)) == count + 1
    page.fill("#bars input[type=number]", "8")
    page.press("#bars input[type=number]", "Tab")


def test_two_visitors_have_a_groove_each(browser: Browser, app: App, page: Page) -> None:
    click(page, 0, KICK)
    mine = document(page)
    with visit(browser, app) as other:
        generate(other)
        theirs = document(other)
        assert theirs["hits"] != mine["hits"]
        assert document(page) == mine


def test_fingers_tap_drag_and_scroll(browser: Browser, app: App) -> None:
    with visit(browser, app, 390, 844, touch=True) as page:
        page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: [] }})")
        page.locator(".drum-grid .roll").scroll_into_view_if_needed()
        page.touchscreen.tap(*place(page, 12, SNARE))
        assert [hit[:2] for hit in hits(page)] == [[12, SNARE]]
        x, y = place(page, 12, SNARE)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: dict[str, float]) -> None:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

        touch("touchStart", {"x": x, "y": y})
        for distance in (8, 16, 24):
            touch("touchMove", {"x": x, "y": y + distance})
        touch("touchEnd")
        (hit,) = hits(page)
        assert hit[2] < 0.65  # dragged down: softer
        assert page.evaluate("window.innerWidth") == 390


def test_a_groove_from_the_server_comes_back_as_it_went(page: Page) -> None:
    """What the drummer played is not changed by a visit to the browser, bit for bit."""
    page.fill("#seed input", "77")
    choose(page, "genre", "Soul")
    generate(page)
    shown = document(page)
    settings = shown["settings"]
    again = Drummer.load(settings["model"]).generate(
        genre="soul",
        bpm=shown["bpm"],
        bars=shown["bars"],
        seed=77,
        **{name: settings[name] for name in ("temperature", "steady")},
    )
    assert from_value(shown).groove == again
