"""Firefox and WebKit as Debian has them, driven by Selenium, and what the tests ask of a page in them."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions

from tests.browsers.desktop import SECONDS, Desktop, running, wait_for
from tests.browsers.marionette import Marionette

PROGRAMS = {"firefox": "firefox-esr", "webkit": "WebKitWebDriver"}
MINI_BROWSERS = "*/webkit2gtk-4.*/MiniBrowser"  # below /usr/lib
PREFERENCES = {
    "marionette.port": "0",  # any that is free
    "browser.download.folderList": "1",  # ~/Downloads
    "browser.shell.checkDefaultBrowser": "false",
    "devtools.jsonview.enabled": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
}
READY = """
    const trackers = [...document.querySelectorAll("#result [data-testid=status-tracker]")];
    const grid = document.querySelector(".drum-grid")?.drumGrid;
    if (!trackers.every((tracker) => tracker.matches(".hide, :has(.error)"))) return false;
    return document.documentElement.matches(":not(.starting)") && Boolean(grid?.doc) && !grid.requests.generating;
"""


class Visitor:
    """A person in front of the page: what a hand does, and what is there then."""

    def __init__(self, driver: WebDriver, desktop: Desktop, url: str) -> None:
        self.driver = driver
        self.desktop = desktop
        self.url = url
        self.downloads = desktop.folder / "Downloads"

    def arrive(self, query: str = "") -> None:
        """Open the page as one who was never here."""
        self.driver.get(f"{self.url}/gradio_api/app_id")  # of the same origin, without scripts
        self.driver.execute_script("localStorage.clear(); sessionStorage.clear();")
        self.driver.get(self.url + query)
        self.wait(READY)

    def reload(self) -> None:
        self.driver.refresh()
        self.wait(READY)

    def ask(self, script: str, *values: Any) -> Any:
        """Run a script in the page, where `grid` is its drum grid, and return what it returns."""
        return self.driver.execute_script(f"const grid = document.querySelector('.drum-grid').drumGrid; {script}", *values)

    @property
    def groove(self) -> dict[str, Any]:
        value: dict[str, Any] = self.ask("return grid.value;")
        return value

    def wait(self, script: str, *values: Any) -> Any:
        """Wait until a script returns something true."""

        def look(driver: WebDriver) -> Any:
            try:
                return driver.execute_script(script, *values)
            except WebDriverException:  # the page is not there yet
                return None

        return WebDriverWait(self.driver, SECONDS, 0.05).until(look, script)

    def wait_for(self, condition: str, *values: Any) -> None:
        """Wait until a condition on `grid` holds."""
        self.wait(f"const grid = document.querySelector('.drum-grid').drumGrid; return {condition};", *values)

    def click(self, selector: str) -> None:
        element = self.driver.find_element("css selector", selector)
        self.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        # Gradio's buttons change all of their style in a transition, so that one is hidden for a frame more than the page is.
        self.wait("return getComputedStyle(arguments[0]).visibility === 'visible';", element)
        element.click()

    def press(self, selector: str, *keys: str) -> None:
        self.driver.find_element("css selector", selector).send_keys(*keys)

    def new_groove(self, selector: str) -> dict[str, Any]:
        """Click what asks for a groove, and return the groove once all of it is there."""
        made = self.groove["made"]
        self.click(selector)
        self.wait_for("grid.doc.made !== arguments[0] && !grid.requests.generating", made)
        return self.groove

    def point(self, x: float, y: float, dx: float = 0, dy: float = 0) -> None:
        """Press the mouse at a place of the window, drag it and let it go."""
        actions = ActionBuilder(self.driver, duration=20)
        mouse = actions.pointer_action
        mouse.move_to_location(round(x), round(y)).pointer_down()
        if dx or dy:
            mouse.move_to_location(round(x + dx / 2), round(y + dy / 2)).move_to_location(round(x + dx), round(y + dy))
        mouse.pointer_up()
        actions.perform()

    def place(self, step: int, voice: str) -> tuple[float, float]:
        """Where a step of a voice is in the window."""
        script = """
            grid.parts.scroller.scrollIntoView({ block: "center" });
            const box = grid.parts.roll.getBoundingClientRect();
            const lane = grid.props.voices.findIndex(({ name }) => name === arguments[1]);
            const { geometry } = grid;
            return [box.x + geometry.x(arguments[0]) + 4, box.y + geometry.laneTop(lane) + geometry.laneHeight / 2];
        """
        x, y = self.ask(script, step, voice)
        return x, y

    def download(self, selector: str, ending: str) -> Path:
        """Click a download button, and wait for the whole file."""
        before = set(self.downloads.iterdir())
        self.click(selector)
        found: list[Path] = []

        def look() -> bool:
            found[:] = [path for path in self.downloads.glob(f"*{ending}") if path not in before and path.stat().st_size]
            return bool(found) and not [*self.downloads.glob("*.part"), *self.downloads.glob("*.wkdownload")]

        wait_for(look, f"{selector} gave no file")
        return found[0]


def missing(name: str) -> str | None:
    """The program that is missing for a browser."""
    programs = (PROGRAMS[name], "Xvfb", "pulseaudio", "parec")
    return next((program for program in programs if shutil.which(program) is None), None)


@contextmanager
def running_browser(name: str, desktop: Desktop) -> Iterator[WebDriver]:
    with {"firefox": running_firefox, "webkit": running_webkit}[name](desktop) as driver:
        driver.set_window_rect(0, 0, 1440, 1000)
        yield driver


@contextmanager
def running_firefox(desktop: Desktop) -> Iterator[WebDriver]:
    profile = desktop.folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text("".join(f'user_pref("{name}", {value});\n' for name, value in PREFERENCES.items()))
    command = [PROGRAMS["firefox"], "--marionette", "--no-remote", "--profile", str(profile)]
    port = profile / "MarionetteActivePort"
    with running(command, desktop.environment, desktop.folder / "firefox.log"):
        wait_for(lambda: port.exists() and port.read_text().strip(), "Firefox does not start")
        with Marionette(int(port.read_text())) as connection:
            yield WebDriver(command_executor=connection, options=WebKitOptions())  # which Firefox is not told


@contextmanager
def running_webkit(desktop: Desktop) -> Iterator[WebDriver]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = WebKitOptions()
    options.binary_location = str(next(Path("/usr/lib").glob(MINI_BROWSERS)))
    options.add_argument("--automation")
    with running([PROGRAMS["webkit"], f"--port={port}"], desktop.environment, desktop.folder / "webkit.log"):
        wait_for(lambda: answers(port), "WebKit's driver does not start")
        connection = RemoteConnection(client_config=ClientConfig(f"http://127.0.0.1:{port}", timeout=SECONDS))
        driver = WebDriver(command_executor=connection, options=options)
        try:
            yield driver
        finally:
            driver.quit()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
