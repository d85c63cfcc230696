"""The app as a real process, a real Chromium in front of it, and what tests ask of the page."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.error import URLError
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Route, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

GRID = "document.querySelector('.drum-grid').drumGrid"  # the page's control, in JavaScript
ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 240  # a limit, and so are the page's milliseconds: a busy machine takes its time
PAGE_MILLISECONDS = 60_000
# The first is Chromium without a window of its own: the same engine, for a sixth less of the CPU.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, CHROMIUMS)), None)
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --in-process-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)

# Runs app.py as `python app.py` does, and writes down every host that the process asks for.
PROGRAM = """
import ctypes.util, runpy, sys

log = open(sys.argv[1], "a", buffering=1)

def watch(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0]:
        print(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode(), file=log)
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        print(arguments[1][0], file=log)

sys.addaudithook(watch)
if sys.argv[2] == "silent":  # a machine without FluidSynth
    ctypes.util.find_library = lambda name: None
sys.argv = ["app.py"]
runpy.run_path("app.py", run_name="__main__")
"""


WATCH_WORK = Path(__file__).with_name("watch_work.js")
_idle: WeakKeyDictionary[Browser, dict[tuple[float, bool], list[Page]]] = WeakKeyDictionary()  # pages between two visits


@dataclass(frozen=True)
class App:
    """A running app: where it is, the file of the hosts that it has asked for, and its process."""

    url: str
    hosts: Path
    process: int


@contextmanager
def running_app(folder: Path, *, sound: bool = True) -> Iterator[App]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hosts = folder / "hosts.txt"
    command = [sys.executable, "-c", PROGRAM, str(hosts), "sound" if sound else "silent"]
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(folder / "files")}
    log_file = folder / "log.txt"
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    app = App(f"http://127.0.0.1:{port}", hosts, process.pid)
    try:
        wait_for_answer(process, app.url, log_file)
        yield app
    finally:
        process.terminate()
        process.wait(30)


def wait_for_answer(process: "subprocess.Popen[bytes]", url: str, log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        with suppress(URLError, TimeoutError), urllib.request.urlopen(f"{url}/gradio_api/app_id", timeout=left):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            pytest.fail(f"the app stopped:\n{log_file.read_text()}")
    pytest.fail(f"the app did not answer within {START_SECONDS} s:\n{log_file.read_text()}")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS.split())
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    app: App,
    width: int = 1280,
    height: int = 860,
    scheme: str = "light",
    density: float = 1,
    touch: bool = False,
    query: str = "",
    expected: str | None = None,
    folded: bool = False,
) -> Iterator[Page]:
    """Open the page, as one who was never here, and wait for its first groove; show all settings, unless they shall stay folded.

    Afterwards: no error or warning but those expected, no other host asked.
    """
    foreign: list[str] = []
    problems: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.startswith((app.url, "data:", "blob:")):
            foreign.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (expected and expected in message.text):
            problems.append(message.text)

    def note_error(error: Error) -> None:
        problems.append(str(error))

    with empty_page(browser, app, density, touch) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.context.on("request", note_request)
        page.on("console", note_message)
        page.on("pageerror", note_error)
        page.bring_to_front()  # one behind another draws once a second
        page.goto(app.url + query)
        wait_until_idle(page)
        if not folded:
            unfold(page, "more-settings")
        yield page
        page.goto("about:blank")  # what is written when the page is left belongs to the visit
        page.context.remove_listener("request", note_request)
        page.remove_listener("console", note_message)
        page.remove_listener("pageerror", note_error)
        assert foreign == []
        assert problems == [], problems


@contextmanager
def empty_page(browser: Browser, app: App, density: float = 1, touch: bool = False) -> Iterator[Page]:
    """Lend an empty page whose storage holds nothing of the app.

    It is used again for a later visit: a new one takes Chromium a second more, for a process and to compile the scripts. After
    a failure it is closed.
    """
    idle = _idle.setdefault(browser, {}).setdefault((density, touch), [])
    if idle:
        page = idle.pop()
        page.context.clear_permissions()
        page.unroute_all()  # a test that failed may have left routes and tabs
        for tab in page.context.pages:
            if tab is not page:
                tab.close()
        page.goto(f"{app.url}/gradio_api/app_id")  # of the same origin, without scripts
        page.evaluate("localStorage.clear(), sessionStorage.clear(), void indexedDB.deleteDatabase('drummer.samples')")
    else:
        context = browser.new_context(device_scale_factor=density, has_touch=touch)
        context.set_default_timeout(PAGE_MILLISECONDS)
        context.add_init_script(path=WATCH_WORK)
        page = context.new_page()
    try:
        yield page
    except BaseException:
        page.context.close()
        raise
    idle.append(page)


def wait_until_idle(page: Page) -> None:
    """Wait until nothing is being made, and all that was made is on the page."""
    page.wait_for_function("""() => {
        const trackers = [...document.querySelectorAll('#result [data-testid="status-tracker"]')];
        const grid = document.querySelector(".drum-grid")?.drumGrid;
        const idle = trackers.every((tracker) => tracker.matches(".hide, :has(.error)"));
        return idle && document.documentElement.matches(":not(.starting)") && Boolean(grid?.doc) && !grid.requests.generating;
    }""")


def readout(page: Page) -> str:
    """Read the line above the grid: the values of a hit, or a message."""
    return page.inner_text(".drum-grid .readout")


def settle(page: Page) -> None:
    """Wait until the page has nothing more to do: no delay runs, every request is answered, and the answers are drawn."""
    try:
        page.wait_for_function("() => settled().then(() => true)")
    except PlaywrightTimeoutError as error:
        pytest.fail(f"the page still had something to do: {page.evaluate('unsettled()')}\n{error}")


def close_messages(page: Page) -> None:
    """Close the messages that cover a corner of the page."""
    page.wait_for_function("""() => {
        const messages = [...document.querySelectorAll(".toast-close")];
        for (const each of messages) each.click();
        return !messages.length && !document.querySelector(".toast-body");
    }""")


def next_frames(page: Page, count: int = 2) -> None:
    """Let the browser handle its events and draw."""
    page.evaluate(
        """async (count) => {
        for (; count; count--) await new Promise((done) => requestAnimationFrame(done));
    }""",
        count,
    )


def resize(page: Page, width: int) -> None:
    """Give the window another width, and let the page lay itself out."""
    page.set_viewport_size({"width": width, "height": 860})
    next_frames(page, 4)


@contextmanager
def unanswered(page: Page) -> Iterator[None]:
    """Hold back all calls of the server's functions, until the `with` ends."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/queue/join*", hold)
    try:
        yield
    finally:
        for route in held:
            route.continue_()
        page.unroute("**/queue/join*")


def generate(page: Page, listen: bool = False) -> None:
    """Press Generate, wait for the new groove, and stop it unless it shall be heard: to play takes a third of a core."""
    before = document(page)["made"]
    page.click("#generate")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    if not listen:
        page.evaluate(f"{GRID}.stop()")


def document(page: Page) -> dict[str, Any]:
    """Read the groove that the grid holds, as `drummer.web.grid` describes it."""
    return cast(dict[str, Any], page.evaluate(f"{GRID}.value"))


def begin_to_count_in(page: Page, begin: Callable[[], object], beats: float) -> tuple[float, str]:
    """Begin to play, and read beat and clock, in the page itself, as soon as the count-in of so many beats is heard."""
    page.evaluate(
        f"""(beats) => {{
            window.counted = null;
            const look = () => {{
                const beat = {GRID}.playBeat;
                if (beat !== null && beat >= 0.1 - beats) window.counted = [beat, {GRID}.parts.clock.textContent];
                else requestAnimationFrame(() => setTimeout(look)); // once the clock of this frame is drawn
            }};
            look();
        }}""",
        beats,
    )
    begin()
    page.wait_for_function("window.counted")
    beat, clock = page.evaluate("window.counted")
    return beat, clock


def is_playing(page: Page) -> bool:
    """Tell whether the grid's clock runs."""
    return bool(page.evaluate(f"{GRID}.player?.playing"))


@contextmanager
def calls(page: Page) -> Iterator[list[str]]:
    """Collect the calls of the server's functions, as they are made."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if "/queue/join" in request.url:
            seen.append(request.post_data or "")

    page.on("request", note)
    yield seen
    page.remove_listener("request", note)


def choose(page: Page, control: str, option: str) -> None:
    """Choose an option of a drop-down list, as a user does."""
    page.click(f"#{control} input")
    page.get_by_role("listbox").get_by_role("option", name=option, exact=True).click()


def unfold(page: Page, accordion: str) -> None:
    """Open what is folded away, and wait for its widgets."""
    button = page.locator(f"#{accordion} > button")
    if "open" not in (button.get_attribute("class") or "").split():
        button.click()
        wait_for_widgets(page, accordion)


def wait_for_widgets(page: Page, accordion: str) -> None:
    """Wait for what was folded away: Gradio makes the widgets, and a frame later sets all their values again."""
    page.locator(f"#{accordion} .block").first.wait_for(state="attached")
    next_frames(page, 3)


def draw_pictures(page: Page, *panels: str) -> None:
    """Wait until the pictures of unfolded panels, by default all, are drawn: each waits for sight and pushes the next one on."""
    pictures = {".sheet-music": "img", ".feel": ".chart"}
    for panel in panels or pictures:
        page.locator(panel).scroll_into_view_if_needed()
        page.locator(f"{panel} {pictures[panel]}").wait_for()


def number(page: Page, control: str) -> float:
    """Read what a control's field shows."""
    return float(page.input_value(f"#{control} input[type=number]"))


def download(page: Page, control: str, folder: Path) -> Path:
    """Press a download button, and keep the file under the name that it is offered with."""
    with page.expect_download() as waiting:
        page.click(f"#{control}")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def choose_file(page: Page, path: Path) -> None:
    """Choose a file to open, as a user does."""
    with page.expect_file_chooser() as chooser:
        page.click("#open")
    chooser.value.set_files(str(path))


def open_file(page: Page, path: Path) -> None:
    """Open a groove or a MIDI file, and wait until it is on the page."""
    before = document(page)["made"]
    choose_file(page, path)
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
