"""What whoever hosts the page reads on the console where it cannot start."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drummer.errors import SettingError
from drummer.web.host import PORT_VARIABLE, read_port
from tests.children import WarmPython
from tests.conftest import ROOT

START = "import runpy, sys; sys.argv = ['app.py']; runpy.run_path('app.py', run_name='__main__')"

LOAD = """
import asyncio, os, sys, urllib.request
from drummer.web.host import read_port, launch, report_errors

report_errors()
import gradio
from starlette.middleware import Middleware

with gradio.Blocks(analytics_enabled=False) as page:
    gradio.Markdown("a page")
"""

# A server that is asked for its page by a HEAD request, as Gradio does to see whether it answers, and takes its time.
LAUNCH_BUSY = """
class Busy:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope.get("method") == "HEAD":
            await asyncio.sleep(60)
        await self.app(scope, receive, send)

launch(page, None, quiet=True, prevent_thread_lock=True, app_kwargs={"middleware": [Middleware(Busy)]})
print(urllib.request.urlopen(page.local_url).status)
"""


@pytest.fixture(scope="module")
def python() -> Iterator[WarmPython]:
    """A process with a page to launch."""
    warm = WarmPython(LOAD)
    yield warm
    warm.end()


def console(program: str, **environment: str) -> str:
    """Start the page, which must fail, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def test_no_configuration_is_one_sentence() -> None:
    missing = f"import pathlib, drummer.config; drummer.config.DEFAULT_PATH = pathlib.Path('none.yaml'); {START}"
    said = console(missing)
    assert said.startswith("app.py: cannot read the configuration file none.yaml: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("port", ["", "http", "0", "-1", "65536", "7860.5", "9" * 1000, "²"])
def test_a_port_that_is_none_is_one_sentence(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORT_VARIABLE, port)
    with pytest.raises(SettingError, match=f"{PORT_VARIABLE} must be a whole number from 1 to 65535, got '") as caught:
        read_port()
    assert len(str(caught.value)) < 120


def test_such_a_port_ends_the_program_before_anything_is_read() -> None:
    said = console(START, **{PORT_VARIABLE: "http"})
    assert said == f"app.py: {PORT_VARIABLE} must be a whole number from 1 to 65535, got 'http'\n"


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(python: WarmPython, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        asked = f"os.environ['{PORT_VARIABLE}'] = '{port}'; launch(page, read_port(), quiet=True)"
        with python.running(asked, tmp_path) as fork:
            pass
    assert python.exit_status == 1
    said = fork.stderr.read_text()
    assert said.endswith(f"app.py: port {port} is taken or not allowed: choose another with {PORT_VARIABLE}\n")
    assert "Traceback" not in said


def test_the_page_starts_on_a_busy_machine_too(python: WarmPython, tmp_path: Path) -> None:
    assert python.run(LAUNCH_BUSY, tmp_path)[0] == "200\n"
