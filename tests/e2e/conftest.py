"""One app and one Chromium for all tests in front of the page."""

from collections.abc import Iterator

import pytest
from gradio_client import Client
from playwright.sync_api import Browser, Page

from tests.e2e.client import PatientClient
from tests.e2e.harness import CHROMIUM, App, running_app, running_chromium, unfold, visit


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; packages-dev.txt names its package")
    with running_chromium() as running:
        yield running


@pytest.fixture(scope="session")
def client(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A program that uses the app."""
    client = PatientClient(app.url, verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    """A page for all tests of a module, which each of them brings into a known state."""
    with visit(browser, app) as opened:
        yield opened


@pytest.fixture(scope="module")
def panel(shared: Page) -> Page:
    """A page whose panel Bring your own is unfolded."""
    unfold(shared, "bring")
    shared.wait_for_function("() => document.querySelector('.bring')?.bring")  # it is made once it is shown
    return shared
