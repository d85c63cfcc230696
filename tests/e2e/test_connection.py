"""Requests of the page whose connection is lost, and answers that overtake each other."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, Route

from tests.e2e.harness import GRID, App, document, settle, unanswered, visit, wait_until_idle

NEW_GROOVE = f"(before) => {GRID}.doc.made !== before"


@pytest.fixture
def page(shared: Page) -> Page:
    settle(shared)
    return shared


def is_stream(request: Request) -> bool:
    return "/queue/data" in request.url


@contextmanager
def late_reply(page: Page) -> Iterator[None]:
    """The server gets the requests at once, but its replies come when the `with` ends, after its answers."""
    held = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    page.route("**/queue/join*", hold)
    yield
    for route, reply in held:
        route.fulfill(response=reply)
    page.unroute("**/queue/join*")


def test_an_answer_before_its_reply_leaves_no_stream_open(page: Page) -> None:
    before = document(page)["made"]
    with page.expect_event("requestfinished", is_stream):
        page.evaluate(f"{GRID}.requests.ask('variations')")  # which takes longer than the edit
        page.wait_for_function("window.unsettled().streams === 1")
        with late_reply(page):
            page.evaluate(f"{GRID}.trigger('edit')")
            page.wait_for_function(NEW_GROOVE, arg=before)
            page.wait_for_function("window.unsettled().streams === 0")
    settle(page)
    before = document(page)["made"]
    page.click("#generate")  # the next requests are answered as before
    page.wait_for_function(NEW_GROOVE, arg=before)
    settle(page)


def test_a_request_that_comes_while_the_stream_closes_is_answered(page: Page) -> None:
    before = document(page)["made"]
    page.evaluate(f"{GRID}.requests.ask('variations')")
    page.wait_for_function("window.unsettled().streams === 1")
    with unanswered(page):
        page.click("#generate")
        page.wait_for_function(NEW_GROOVE, arg=before)
        page.wait_for_function("window.unsettled().streams === 0")
        before = document(page)["made"]
    page.wait_for_function(NEW_GROOVE, arg=before)
    settle(page)


def test_a_lost_connection_costs_nothing(browser: Browser, app: App) -> None:
    with visit(browser, app, expected="net::ERR_INTERNET_DISCONNECTED") as page:  # Chromium's own words
        page.locator(".pad [data-axis=intensity]").fill("90")
        page.wait_for_function(f"{GRID}.doc.settings.intensity === 0.9")
        wait_until_idle(page)
        page.evaluate(f"window.stays = true, {GRID}.play()")
        page.wait_for_function(f"{GRID}.playBeat > 0")
        before = document(page)["made"]
        page.context.set_offline(True)
        page.click("#generate")
        page.get_by_text("Connection lost").first.wait_for()
        assert page.evaluate(f"{GRID}.player.playing") and document(page)["made"] == before
        page.context.set_offline(False)
        page.wait_for_function(NEW_GROOVE, arg=before)
        assert page.evaluate("window.stays") and document(page)["settings"]["intensity"] == 0.9
        assert page.evaluate(f"{GRID}.player.playing && {GRID}.history.past.length >= 2")
