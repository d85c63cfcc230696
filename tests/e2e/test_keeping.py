"""The page keeps what is a musician's: takes over two tabs, everything over a reload, in a real Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from drummer import Groove
from drummer.files.document import Take, to_code
from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    generate,
    number,
    settle,
    unanswered,
    unfold,
    visit,
    wait_until_idle,
)

TAKES = ".drum-grid .takes li"

# Loads the page again before Gradio hears of the move.
MOVE_PAD_AND_RELOAD = """() => {
    const axis = document.querySelector(".pad [data-axis=intensity]");
    axis.value = 83;
    axis.dispatchEvent(new Event("input"));
    location.reload();
}"""


def star(made: str) -> str:
    return f".drum-grid .takes [data-made='{made}'] .star"


def fill(page: Page, control: str, value: str) -> None:
    page.fill(f"#{control} input[type=number]", value)
    page.press(f"#{control} input[type=number]", "Tab")


def reload(page: Page) -> None:
    """Load the page again once it has nothing to wait for, and wait until it has all that it asks for."""
    page.bring_to_front()  # one behind another tab draws once a second
    wait_until_idle(page)
    with page.expect_response(lambda answer: "/queue/data" in answer.url):
        page.reload()
    wait_until_idle(page)


def unfold_controls(page: Page) -> None:
    for accordion in ("more-settings", "more-directions"):
        unfold(page, accordion)


def kept(page: Page) -> dict[str, Any]:
    """All that has to come back."""
    numbers = ("tempo", "bars", "temperature", "human", "intensity", "swing")
    ticks = ("intensity-auto", "complexity-auto", "swing-auto", "tempo-auto", "dice")
    return {
        "groove": document(page),
        "past": page.evaluate(f"{GRID}.history.past.map(({{ hits, bpm }}) => [hits, bpm])"),
        "future": page.evaluate(f"{GRID}.history.future.map(({{ hits, bpm }}) => [hits, bpm])"),
        "numbers": {name: number(page, name) for name in numbers},
        "ticks": {name: page.is_checked(f"#{name} input") for name in ticks},
        "menus": {
            name: page.input_value(f"#{name} input") for name in ("genre", "style", "kit", "model", "fills", "morph", "seed")
        },
        "takes": page.locator(TAKES).evaluate_all("(items) => items.map((item) => item.dataset.made)"),
    }


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    """A page of someone who was never here."""
    with visit(browser, app, folded=True) as opened:
        yield opened


@pytest.fixture
def lived_in(shared: Page) -> Page:
    """A page that tests before have used, with nothing playing."""
    wait_until_idle(shared)
    unfold_controls(shared)
    shared.evaluate(f"{GRID}.stop()")
    return shared


# -- two tabs --------------------------------------------------------------------------------------------------------------


@contextmanager
def second_tab(page: Page) -> Iterator[Page]:
    tab = page.context.new_page()
    tab.goto(page.url)
    wait_until_idle(tab)
    yield tab
    tab.close()


def test_stars_and_takes_of_two_tabs_merge(page: Page) -> None:
    generate(page)
    starred, other = (document(page)["made"], page.get_attribute(f"{TAKES}:nth-child(2)", "data-made"))
    page.click(star(other or ""))
    with second_tab(page) as tab:
        page.bring_to_front()
        page.click(star(starred))
        page.click(star(other or ""))  # starred no more
        tab.bring_to_front()
        generate(tab)
        theirs = document(tab)["made"]
        page.locator(f".drum-grid .takes [data-made='{theirs}']").wait_for()  # without a reload
        for each in (page, tab):
            reload(each)
            assert each.get_attribute(star(starred), "aria-pressed") == "true"
            assert each.get_attribute(star(other or ""), "aria-pressed") == "false"
            assert each.get_attribute(star(theirs), "aria-pressed") == "false"
            assert each.locator(TAKES).count() == 3


def test_the_first_take_is_on_the_shelf_once_and_what_both_tabs_make_of_it_is_kept(page: Page) -> None:
    for _ in range(2):
        reload(page)
    assert page.locator(TAKES).count() == 1
    with second_tab(page) as tab:
        assert tab.locator(TAKES).count() == 1
        edited = []
        assert document(tab)["made"] == document(page)["made"]
        for each, step in ((page, 7), (tab, 19)):
            each.bring_to_front()
            settle(each)  # nobody edits in two tabs within the same half second
            each.evaluate(f"(step) => {GRID}.commit({{ ...{GRID}.doc, edited: true, hits: [[step, 0, 0.5, 0]] }})", step)
            each.evaluate(f"{GRID}.session.write()")
            edited.append(document(each))
        assert edited[0]["made"] != edited[1]["made"]
        for each in (page, tab):
            reload(each)
        for mine, each in zip(edited, (page, tab), strict=True):
            assert document(each) == mine
            hits = each.evaluate(f"{GRID}.shelf.takes.map(({{ value }}) => value.hits)")
            assert edited[0]["hits"] in hits and edited[1]["hits"] in hits


def test_takes_of_an_older_page_are_read(lived_in: Page) -> None:
    page = lived_in
    value = {**document(page), "made": "0ld"}
    page.evaluate(
        """(value) => {
            localStorage.clear();
            localStorage["drummer.shelf"] = JSON.stringify([{ value, note: "variation 1", starred: true }]);
            sessionStorage.clear();
            addEventListener("pagehide", () => sessionStorage.clear());
        }""",
        {**value, "hits": value["hits"][:5]},
    )
    reload(page)
    assert page.get_attribute(star("0ld"), "aria-pressed") == "true"
    assert "variation 1" in page.inner_text(".drum-grid .takes [data-made='0ld']")


# -- a reload --------------------------------------------------------------------------------------------------------------


def test_a_reload_brings_everything_back(page: Page) -> None:
    unfold_controls(page)
    choose(page, "genre", "Jazz")
    page.wait_for_function("document.querySelector('#tempo input').value == 125")
    fill(page, "tempo", "131")
    fill(page, "bars", "2")
    fill(page, "temperature", "0.8")
    steady = number(page, "steady")
    fill(page, "steady", "")
    assert number(page, "steady") == steady > 0  # an empty field is no number, not the least one
    page.locator("#bars input[type=number]").fill("16")
    page.press("#bars input[type=number]", "Tab")
    for key in ("End", "Backspace", "Backspace", "ArrowUp"):  # on the way it is 1
        page.press("#bars input[type=number]", key)
    assert number(page, "bars") == 17
    fill(page, "bars", "2")
    page.uncheck("#dice input")
    generate(page)
    assert document(page)["settings"]["steady"] == steady / 100
    page.locator("#swing input[type=range]").fill("80")
    page.wait_for_function(f"{GRID}.doc.settings.swing === 0.8")
    wait_until_idle(page)
    fill(page, "human", "57")
    page.wait_for_function(f"{GRID}.doc.settings.human === 0.57")
    page.get_by_role("button", name="Lock Kick", exact=True).click()
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    choose(page, "model", "Small")  # of the next groove, and not of this
    settle(page)
    before = kept(page)
    assert len(before["past"]) >= 4 and len(before["future"]) == 1
    with page.expect_response(lambda answer: "/queue/data" in answer.url):
        page.evaluate(MOVE_PAD_AND_RELOAD)
    wait_until_idle(page)
    unfold_controls(page)
    before["numbers"]["intensity"], before["ticks"]["intensity-auto"] = 83, False
    page.wait_for_function("document.querySelector('#model input').value === 'Small'")
    assert kept(page) == before
    assert number(page, "human") == 57
    page.click(".drum-grid [data-do=redo]")
    assert document(page)["edited"]
    for _ in range(2):
        page.click(".drum-grid [data-do=undo]")
    page.wait_for_function("document.querySelector('#human input').value == 100")


def test_it_plays_on_where_the_page_loads_itself_again(lived_in: Page) -> None:
    page = lived_in
    page.click(".drum-grid [data-do=play]")
    page.wait_for_function(f"{GRID}.playBeat > 2")
    with page.expect_response(lambda answer: "/queue/data" in answer.url):
        page.evaluate("location.reload()")  # as Gradio does; after a reload by hand Chromium waits for a click
    wait_until_idle(page)
    page.wait_for_function(f"{GRID}.playBeat > 2.5")


def test_a_groove_of_a_model_that_is_no_longer_there_goes_on_with_the_default(browser: Browser, app: App) -> None:
    link = f"/?groove={to_code(Take(Groove.silent(2, 96), {'genre': 'jazz', 'model': 'gone'}, 3))}"
    with visit(browser, app, query=link) as page:
        assert page.input_value("#model input") == "Medium"
        assert document(page)["settings"]["model"] == "gone"  # nothing about the groove is rewritten
        generate(page)
        assert document(page)["settings"]["model"] == "medium"


def test_a_link_opens_its_groove_and_a_reload_what_became_of_it(browser: Browser, app: App) -> None:
    links = [f"/?groove={to_code(Take(Groove.silent(bars, 96), {'genre': 'jazz'}, 3))}" for bars in (2, 3)]
    with visit(browser, app, query=links[0]) as page:
        assert document(page)["bars"] == 2
        page.focus(".drum-grid .roll")
        page.keyboard.press("Enter")
        reload(page)
        assert len(document(page)["hits"]) == 1
        for link, bars in ((links[1], 3), (links[0], 2)):  # in a tab that keeps something
            page.goto(app.url + link)
            wait_until_idle(page)
            assert (document(page)["bars"], document(page)["hits"]) == (bars, [])
            page.wait_for_function("document.querySelector('#genre input').value === 'Jazz'")


# -- asking ----------------------------------------------------------------------------------------------------------------


def test_of_five_quick_clicks_the_last_counts_once(lived_in: Page) -> None:
    page = lived_in
    before = page.locator(TAKES).count()
    fill(page, "bars", "16")
    with calls(page) as requests:
        with unanswered(page):
            for seed in ("11", "12", "13", "14", "15"):
                page.fill("#seed input", seed)
                page.click("#generate")
        page.wait_for_function(f"{GRID}.doc.seed === 15 && {GRID}.requests.generating === false")
        wait_until_idle(page)
    assert page.locator(TAKES).count() == before + 1
    assert len([request for request in requests if '"ask"' not in request]) <= 5  # each stops the one before


def test_half_and_double_time_give_back_what_was_there(lived_in: Page) -> None:
    page = lived_in
    page.evaluate(f"{GRID}.setBpm(90)")
    before = document(page)
    for there, back in (("half-time", "double-time"), ("double-time", "half-time")):
        page.click(f".drum-grid [data-do={there}]")
        page.wait_for_function(f"(made) => {GRID}.doc.made !== made", arg=before["made"])
        wait_until_idle(page)
        assert document(page)["hits"] != before["hits"]
        page.wait_for_function(f"{GRID}.playBeat > 0")
        reload(page)
        page.click(f".drum-grid [data-do={back}]")
        page.wait_for_function(f"(made) => {GRID}.doc.made === made", arg=before["made"])
        assert document(page) == before


def test_half_time_of_what_was_edited_between_is_made_of_the_edit(lived_in: Page) -> None:
    page = lived_in
    before = document(page)["made"]
    page.click(".drum-grid [data-do=half-time]")
    page.wait_for_function(f"(made) => {GRID}.doc.made !== made", arg=before)
    wait_until_idle(page)
    page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: [[0, 0, 0.5, 0]] }})")
    page.click(".drum-grid [data-do=double-time]")
    page.wait_for_function(f"{GRID}.doc.hits.length === 2")


def test_panels_that_are_opened_at_once_all_come(browser: Browser, app: App) -> None:
    with visit(browser, app, 1280, 2400) as page:
        page.evaluate("""() => {
            document.querySelector("#bring > button").click();
            setTimeout(() => document.querySelector("#feel > button").click(), 100);
            setTimeout(() => document.querySelector("#song > button").click(), 200);
        }""")
        page.locator(".feel").scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.feel .sentence').textContent.startsWith('Sits ')")


# -- tempo -----------------------------------------------------------------------------------------------------------------


def test_a_tempo_is_no_edit_and_directions_are_still_followed(lived_in: Page) -> None:
    page = lived_in
    fill(page, "bars", "4")
    page.fill("#seed input", "21")
    generate(page)
    first = document(page)
    fill(page, "tempo", "120")
    page.wait_for_function(f"{GRID}.doc.bpm === 120")
    assert not document(page)["edited"] and document(page)["hits"] == first["hits"]
    page.locator(TAKES).first.get_by_text("Funk 120 · 4 bars · seed 21").wait_for()
    page.locator(".pad [data-axis=intensity]").fill("90")
    page.wait_for_function(f"{GRID}.doc.settings.intensity === 0.9")
    wait_until_idle(page)
    assert document(page)["bpm"] == 120
    page.click(".pad .auto")
    page.wait_for_function(f"{GRID}.doc.settings.intensity == null")
    wait_until_idle(page)
    assert document(page)["hits"] == first["hits"]  # the seed gives what it gave, at the tempo that is heard
    fill(page, "tempo", str(first["bpm"]))
    page.wait_for_function(f"(bpm) => {GRID}.doc.bpm === bpm", arg=first["bpm"])
    assert document(page)["settings"] == first["settings"]


def test_a_genre_brings_its_tempo_unless_one_was_typed(page: Page) -> None:
    unfold(page, "more-settings")
    choose(page, "genre", "Jazz")
    page.wait_for_function("document.querySelector('#tempo input').value == 125")
    fill(page, "tempo", "140")
    choose(page, "genre", "Hip-hop")
    page.wait_for_function("document.querySelector('#kit input').value === 'Electronic 808'")  # the kit follows
    assert number(page, "tempo") == 140
    reload(page)
    unfold(page, "more-settings")
    choose(page, "genre", "Rock")
    page.wait_for_function("document.querySelector('#kit input').value !== 'Electronic 808'")
    assert number(page, "tempo") == 140
    page.check("#tempo-auto input")  # it is left to the drummer again
    choose(page, "genre", "Jazz")
    page.wait_for_function("document.querySelector('#tempo input').value == 125")


def test_the_human_slider_shows_what_was_set(lived_in: Page) -> None:
    page = lived_in
    fill(page, "human", "57")
    page.wait_for_function(f"{GRID}.doc.settings.human === 0.57")
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    page.click(".drum-grid [data-do=undo]")
    page.wait_for_function("document.querySelector('#human input').value === '57'")
    unfold(page, "more-directions")
    assert page.input_value("#human input[type=number]") == "57"
