"""Directing the drummer: what is asked for, what is locked, what is played anew, in a real Chromium."""

from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Drummer, Groove
from drummer.files.document import Take, to_code
from drummer.music.time_scaling import double_time, half_time
from drummer.web.grid import from_value
from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    download,
    generate,
    number,
    readout,
    settle,
    unfold,
    visit,
    wait_until_idle,
)

# Moves a slider step by step, faster than a hand: on a busy machine, too, each step comes before the page has stopped waiting.
DRAG_SLIDER = """async ([selector, values]) => {
    const slider = document.querySelector(selector);
    for (const value of values) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => setTimeout(done));
    }
}"""


@pytest.fixture(scope="module")
def shared(shared: Page) -> Page:
    """A page for short grooves of the small model, which cost least, with one of four bars from seed 5."""
    unfold(shared, "more-directions")
    choose(shared, "model", "Small")
    for control, value in (("bars", "4"), ("seed", "5")):
        shared.fill(f"#{control} input[type=number]", value)
        shared.press(f"#{control} input[type=number]", "Tab")
    generate(shared)
    return shared


@pytest.fixture(scope="module")
def first(shared: Page) -> dict[str, Any]:
    """The groove that each test begins with."""
    return document(shared)


@pytest.fixture
def page(shared: Page, first: dict[str, Any]) -> Page:
    """A groove of four bars from seed 5, nothing edited, directed or playing."""
    shared.evaluate(
        f"""(first) => {{
            const grid = {GRID};
            clearTimeout(grid.requests.directing);
            grid.stop();
            for (const voice of grid.doc.locked) grid.toggleLane("locked", voice);
            grid.switchTo(first, "begin again");
            grid.seek(0);
        }}""",
        first,
    )
    settle(shared)
    assert document(shared) == first
    return shared


def press(page: Page, action: str) -> None:
    """Press one of the grid's buttons and wait for what the drummer plays."""
    before = document(page)["made"]
    page.click(f".drum-grid [data-do={action}]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")


def played_again(page: Page, **controls: float) -> Groove:
    """Play what the page shows with the library, under these controls."""
    shown = document(page)
    settings = {name: shown["settings"][name] for name in ("genre", "temperature", "steady")}
    drummer = Drummer.load(shown["settings"]["model"])
    return drummer.generate(**settings, bpm=shown["bpm"], bars=shown["bars"], seed=shown["seed"], **controls)


def hits_of(value: dict[str, object], *voices: str) -> list[object]:
    hits = value["hits"]
    assert isinstance(hits, list)
    return [hit for hit in hits if hit[1] in voices]


def test_locked_lanes_stay_and_the_rest_is_played_anew(page: Page) -> None:
    for voice in ("Kick", "Snare"):
        page.get_by_role("button", name=f"Lock {voice}", exact=True).click()
    before = document(page)
    press(page, "reroll")
    after = document(page)
    assert hits_of(after, "kick", "snare") == hits_of(before, "kick", "snare") != []
    assert after["hits"] != before["hits"]
    assert after["edited"]
    assert after["settings"]["locked"] == ["kick", "snare"]


def test_one_bar_is_played_anew_and_the_others_stay(page: Page) -> None:
    before = from_value(document(page)).groove
    page.evaluate(f"{GRID}.root.scrollIntoView()")
    x = page.evaluate(f"{GRID}.parts.roll.getBoundingClientRect().x + {GRID}.geometry.x(2 * 48) + 3")
    y = page.evaluate(f"{GRID}.parts.roll.getBoundingClientRect().y + 10")
    page.mouse.click(x, y)
    assert page.inner_text(".drum-grid [data-do=reroll-bar]").strip() == "Re-roll bar 3"
    press(page, "reroll-bar")
    after = from_value(document(page)).groove
    stay = np.ones(4 * 48, dtype=bool)
    stay[2 * 48 - 1 : 3 * 48] = False  # a bar begins a little before its bar line
    assert np.array_equal(after.velocities[stay], before.velocities[stay])
    assert np.array_equal(after.offsets[stay], before.offsets[stay])
    assert after.slice_bars(2, 3) != before.slice_bars(2, 3)


def test_the_drummer_goes_on_and_undo_takes_it_back(page: Page) -> None:
    before = from_value(document(page)).groove
    page.select_option(".drum-grid [data-set=more]", "2")
    press(page, "continue")
    after = from_value(document(page)).groove
    assert after.bars == 6
    assert after.cut(0, 4) == before
    assert after.cut(4, 6).hit_count > 0
    page.click(".drum-grid [data-do=undo]")
    assert from_value(document(page)).groove == before
    page.click(".drum-grid [data-do=redo]")
    assert from_value(document(page)).groove == after


def test_going_on_beyond_the_longest_groove_gets_a_sentence(page: Page) -> None:
    page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, bars: 510 }})")
    page.select_option(".drum-grid [data-set=more]", "8")
    page.click(".drum-grid [data-do=continue]")
    message = page.locator(".toast-body")
    message.wait_for()
    assert "and can have 512: this one has 510, so 2 more fit" in message.inner_text()
    assert document(page)["bars"] == 510
    page.locator(".toast-close").click()


def test_after_a_long_groove_is_back_a_new_one_is_as_long_as_before(page: Page) -> None:
    """The settings of a take come back with it, but a longer groove than Generate makes cannot set its number of bars."""
    bars = number(page, "bars")
    page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, bars: 510 }})")
    page.click(".drum-grid [data-do=undo]")
    page.click(".drum-grid [data-do=redo]")
    assert document(page)["bars"] == 510
    assert "Redone" in readout(page)
    page.click("#generate")
    page.wait_for_function(f"(bars) => {GRID}.doc.bars === bars", arg=bars)
    settle(page)
    assert readout(page) == ""


def test_intensity_is_followed_with_one_request_after_fast_changes(page: Page) -> None:
    for value in (5, 95):
        before = document(page)["made"]
        with calls(page) as requests:
            page.evaluate(DRAG_SLIDER, [".pad [data-axis=intensity]", [40, 45, 50, 55, 60, 65, 70, value]])
            page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
            wait_until_idle(page)
            settle(page)
            assert len(requests) == 1
        assert page.evaluate("document.querySelector('.pad').pad.value") == {"intensity": value, "complexity": None}
        assert document(page)["settings"]["intensity"] == value / 100
        assert number(page, "seed") == 5
        assert from_value(document(page)).groove == played_again(page, intensity=value / 100)


def test_what_was_edited_by_hand_is_not_overwritten_by_a_direction(page: Page) -> None:
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    edited = document(page)
    page.locator(".pad [data-axis=complexity]").fill("90")
    settle(page)
    assert "This groove has been changed" in page.inner_text(".drum-grid .readout")
    assert document(page)["hits"] == edited["hits"]


def test_fills_are_asked_for_and_kept_with_the_groove(page: Page) -> None:
    before = document(page)["made"]
    choose(page, "fills", "2 bars")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    assert document(page)["settings"]["fill_every"] == 2


def test_human_0_is_on_the_grid_and_100_as_played(page: Page, tmp_path: Path) -> None:
    played = document(page)["hits"]
    page.fill("#human input[type=number]", "0")
    page.press("#human input[type=number]", "Tab")
    page.wait_for_function(f"{GRID}.doc.settings.human === 0")
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    step = 60 / document(page)["bpm"] / 12
    assert max(abs(note.start / step - round(note.start / step)) for note in notes) < 0.03
    assert len({note.velocity for note in notes}) <= 13
    page.fill("#human input[type=number]", "100")
    page.press("#human input[type=number]", "Tab")
    page.wait_for_function(f"{GRID}.doc.settings.human === 1")
    assert document(page)["hits"] == played


def test_undo_brings_back_the_directions(page: Page) -> None:
    before = document(page)["made"]
    page.locator("#swing input[type=range]").fill("80")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    page.click(".drum-grid [data-do=undo]")
    page.wait_for_function("document.querySelector('#swing-auto input').checked")
    page.click(".drum-grid [data-do=redo]")
    page.wait_for_function("!document.querySelector('#swing-auto input').checked")
    assert number(page, "swing") == 80


def test_more_directions_are_followed_undone_and_shown_again(page: Page) -> None:
    """With what is folded away closed: a page shows what it is asked for wherever it stands."""
    before = document(page)
    page.fill("#seed input", "14")
    page.wait_for_function("() => !document.querySelector('#dice input').checked")
    unfold(page, "more-directions")
    settle(page)  # what is unfolded takes its values once it stands there
    page.locator("#toms input[type=range]").fill("3.5")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before["made"])
    wait_until_idle(page)
    after = document(page)
    assert after["settings"]["toms"] == 3.5
    assert from_value(after).groove == played_again(page, toms=3.5)
    page.locator("#more-directions > button").click()
    page.click(".drum-grid [data-do=undo]")
    unfold(page, "more-directions")
    page.wait_for_function("document.querySelector('#toms-auto input').checked")
    page.locator("#more-directions > button").click()
    page.click(".drum-grid [data-do=redo]")
    unfold(page, "more-directions")
    page.wait_for_function("!document.querySelector('#toms-auto input').checked")
    assert number(page, "toms") == 3.5
    generate(page)
    assert document(page)["settings"]["toms"] == 3.5
    page.check("#toms-auto input")


def test_a_take_that_brings_more_directions_unfolds_them(browser: Browser, app: App) -> None:
    take = Take(Groove.silent(2, 96), {"genre": "jazz", "cymbals": 0.9, "dynamics": [0.2, 0.6], "looseness": [None, None]}, 3)
    with visit(browser, app, query=f"/?groove={to_code(take)}") as page:
        page.wait_for_selector("#cymbals input[type=number]")
        shown = {name: (number(page, name), page.is_checked(f"#{name}-auto input")) for name in ("cymbals", "dynamics")}
        assert shown == {"cymbals": (90, False), "dynamics": (40, False)}  # of a direction by the bar, the mean
        assert page.is_checked("#looseness-auto input") and page.is_checked("#kick-auto input")
        generate(page)
        asked = document(page)["settings"]
        assert (asked["genre"], asked["cymbals"], asked["dynamics"]) == ("jazz", 0.9, 0.4)
        assert "looseness" not in asked


def test_half_and_double_time(page: Page) -> None:
    before = from_value(document(page)).groove
    press(page, "half-time")
    half = from_value(document(page)).groove
    assert (half.bars, half.bpm) == (before.bars, before.bpm)
    assert half == half_time(before)
    page.click(".drum-grid [data-do=undo]")
    press(page, "double-time")
    assert from_value(document(page)).groove == double_time(before)


def test_more_like_this_puts_four_takes_side_by_side_to_hear_and_keep(page: Page) -> None:
    before = document(page)
    count = page.locator(".drum-grid .takes li").count()
    press(page, "variations")
    takes = page.locator(".drum-grid .takes li")
    assert takes.count() == min(count + 4, 24)
    heard = []
    for index in range(4):
        takes.nth(index).locator(".take").click()
        page.wait_for_function(f"{GRID}.playBeat !== null")
        heard.append(document(page)["hits"])
        assert takes.nth(index).locator(".take").get_attribute("aria-current") == "true"
    assert len({str(hits) for hits in [*heard, before["hits"]]}) == 5
    page.evaluate(f"{GRID}.stop()")
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["hits"] == heard[2]


def test_takes_with_their_edits_and_stars_outlast_a_reload(page: Page) -> None:
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    edited = document(page)
    page.locator(f".drum-grid .takes [data-made='{edited['made']}'] .star").hover()
    page.mouse.down()
    settle(page)  # the take is shown as edited, while the button is pressed
    page.mouse.up()
    page.reload()
    wait_until_idle(page)
    star = page.locator(f".drum-grid .takes [data-made='{edited['made']}'] .star")
    assert star.get_attribute("aria-pressed") == "true"
    page.locator(f".drum-grid .takes [data-made='{edited['made']}'] .take").click()
    assert document(page)["hits"] == edited["hits"]
    page.evaluate(f"{GRID}.stop()")


def test_it_morphs_from_one_genre_to_another(page: Page) -> None:
    before = document(page)["made"]
    choose(page, "morph", "Jazz")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    assert document(page)["settings"]["to_genre"] == "jazz"
    choose(page, "morph", "None")
