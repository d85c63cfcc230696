"""A groove that is drawn and played while its last bars are still generated, stopped or broken off: the page and the API."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import Page

from benchmarks.visitors import family
from drummer import Drummer, audio
from drummer.files.document import from_document, to_document
from drummer.web.grid import from_value
from tests.e2e.harness import GRID, App, choose, document, next_frames, settle, wait_until_idle

Json = dict[str, Any]
LONG = 32  # bars, so that there is time to stop the drummer
BARS = 4
BUTTONS = [f"[data-do={name}]" for name in ("reroll", "continue", "half-time", "variations")]


@pytest.fixture
def page(shared: Page) -> Page:
    """A page that tests before have used, with nothing to undo."""
    shared.evaluate(f"""() => {{
        window.stopSeeing?.abort();
        {GRID}.stop();
        {GRID}.history.past = [];
    }}""")
    return shared


def begin(page: Page, bars: int, model: str, seed: int = 7) -> Json:
    """Press Generate; return the groove from before."""
    before = document(page)
    page.uncheck("#dice input")
    for name, value in (("seed", seed), ("bars", bars)):
        page.fill(f"#{name} input[type=number]", str(value))
        page.keyboard.press("Tab")
    choose(page, "model", model)
    page.click("#generate")
    return before


@contextmanager
def slowed(app: App) -> Iterator[None]:
    """Let the app's workers run a tenth of the time: a long groove is not there before a test acts, however fast they are."""
    workers, done = family(app.process)[1:], threading.Event()

    def send(number: int) -> None:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, number)

    def hold() -> None:
        while not done.is_set():
            send(signal.SIGSTOP)
            done.wait(0.018)
            send(signal.SIGCONT)
            done.wait(0.002)

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        yield
    finally:
        done.set()
        holding.join()


def wait_for_bars(page: Page, bars: int) -> None:
    page.wait_for_function(f"(bars) => {GRID}.stream.done >= bars && {GRID}.stream.started", arg=bars)


def steps(page: Page) -> int:
    count: int = page.evaluate(f"{GRID}.history.past.length")
    return count


def sentence(page: Page) -> str:
    return page.inner_text(".drum-grid .readout")


def at_each_bar(page: Page, act: str) -> None:
    """Collect what a script returns whenever a bar has come, in `window.seen`."""
    page.evaluate(f"""() => {{
        const grid = {GRID};
        window.seen = [];
        window.stopSeeing = new AbortController();
        document.addEventListener("progress", () => window.seen.push(({act})(grid)), {{ signal: window.stopSeeing.signal }});
    }}""")


def test_bars_are_drawn_as_they_come_and_the_whole_is_what_the_library_plays(page: Page) -> None:
    at_each_bar(
        page,
        f"""(grid) => [grid.stream.done, grid.doc.bars, Math.max(...grid.doc.hits.map(([step]) => step)),
            {BUTTONS}.every((button) => document.querySelector(button).disabled)]""",
    )
    before = begin(page, BARS, "Small")
    page.wait_for_function(f"seen.length === {BARS}")
    wait_until_idle(page)
    seen = page.evaluate("seen")
    assert [(done, bars) for done, bars, *_ in seen] == [(done, BARS) for done in range(1, BARS + 1)]
    assert all(last < 48 * done for done, _, last, _ in seen)
    assert all(disabled for *_, disabled in seen)
    assert all(page.locator(button).is_enabled() for button in BUTTONS)
    take = from_value(document(page))
    assert take.groove == Drummer.load("small").generate(genre="funk", bpm=take.groove.bpm, bars=BARS, seed=7, steady=0.6)
    assert not take.edited and steps(page) == 1
    page.click("[data-do=undo]")
    assert document(page) == before
    page.click("[data-do=redo]")
    assert document(page)["hits"] == to_document(take)["hits"]


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_it_sounds_from_its_first_bars_and_stop_ends_the_work(page: Page, app: App, client: Client) -> None:
    with slowed(app):
        before = begin(page, LONG, "Medium")
        page.wait_for_function(f"{GRID}.playBeat > 0")
        assert page.evaluate(f"{GRID}.requests.generating")
        page.click("#player [data-do=play]")
        page.wait_for_function(f"!{GRID}.requests.generating")
    kept = document(page)
    assert 1 <= kept["bars"] < LONG and kept["edited"]
    assert sentence(page) == f"Stopped after {kept['bars']} of {LONG} bars: " + (
        "it is kept" if kept["bars"] == 1 else "they are kept"
    )
    assert max(hit[0] for hit in kept["hits"]) < 48 * kept["bars"]
    assert not page.evaluate(f"{GRID}.wanted") and steps(page) == 1
    assert client.predict(bars=1, model="small", api_name="/play")["bars"] == 1
    page.click("[data-do=undo]")
    assert document(page) == before


def test_what_is_edited_meanwhile_stays_and_is_undone_alone(page: Page) -> None:
    at_each_bar(
        page,
        """(grid) => {
            if (grid.stream.done > 1) return;
            const later = grid.doc.hits.filter(([step]) => step >= 48);
            grid.commit({ ...grid.doc, edited: true, handmade: true, hits: later });
        }""",
    )
    begin(page, BARS, "Small")
    page.wait_for_function(f"seen.length === {BARS}")
    wait_until_idle(page)
    take = from_value(document(page))
    whole = Drummer.load("small").generate(genre="funk", bpm=take.groove.bpm, bars=BARS, seed=7, steady=0.6)
    assert not take.groove.hits[:48].any() and take.groove.cut(2, BARS) == whole.cut(2, BARS)
    page.click("[data-do=undo]")
    assert from_value(document(page)).groove == whole
    settle(page)


def test_where_the_server_breaks_off_what_has_come_stays_with_a_sentence(page: Page, app: App) -> None:
    with slowed(app):
        begin(page, LONG, "Medium")
        wait_for_bars(page, 2)
        for process in family(app.process)[1:]:
            os.kill(process, signal.SIGKILL)
    message = page.locator(".toast-body")
    message.wait_for()
    assert "The server's process ended while it worked on this" in message.inner_text()
    page.wait_for_function(f"!{GRID}.requests.generating")
    next_frames(page)
    kept = document(page)
    assert 2 <= kept["bars"] < LONG and f"Stopped after {kept['bars']} of {LONG} bars" in sentence(page)
    page.locator(".toast-close").click()
    begin(page, 1, "Small")
    page.wait_for_function(f"{GRID}.doc.bars === 1")
    wait_until_idle(page)


# -- the API ---------------------------------------------------------------------------------------------------------------


def joined(parts: list[Json]) -> list[list[Any]]:
    """Hits of the parts, their steps counted from the first."""
    hits, first = [], 0
    for part in parts:
        assert from_document(part).groove.bars == part["bars"]
        hits += [[first + step, *hit] for step, *hit in part["hits"]]
        first += 48 * part["bars"]
    return hits


def test_a_stream_of_the_api_joined_is_what_other_endpoints_return(client: Client) -> None:
    asked = {"genre": "soul", "bars": 3, "seed": 5, "model": "small"}
    parts = list(client.submit(**asked, api_name="/stream"))
    assert joined(parts) == client.predict(**asked, api_name="/play")["hits"]
    morph = list(client.submit(**asked, to_genre="jazz", api_name="/stream"))
    assert joined(morph) == client.predict(**asked, to_genre="jazz", api_name="/morph")["hits"]
    blocks = [{"part": "verse", "bars": 2}, {"part": "chorus", "bars": 1}]
    song = list(client.submit(seed=5, model="small", blocks=blocks, api_name="/stream"))
    assert joined(song) == client.predict(seed=5, model="small", blocks=blocks, api_name="/song")["hits"]


def test_a_stream_of_the_api_that_is_cancelled_frees_its_worker(client: Client) -> None:
    jobs = [client.submit(bars=32, model="medium", seed=seed, api_name="/stream") for seed in range(2)]  # all workers
    assert all(next(iter(job))["bars"] >= 1 for job in jobs)  # first: Gradio cancels a function's other calls of a session too
    for job in jobs:
        job.cancel()
    assert client.predict(bars=1, model="small", api_name="/play")["bars"] == 1
    assert all(len(job.outputs()) < 32 for job in jobs)
