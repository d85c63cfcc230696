"""One app for all tests, and a visitor in each of both browsers."""

from collections.abc import Iterator

import pytest

from tests.browsers.browsers import PROGRAMS, Visitor, missing, running_browser
from tests.browsers.desktop import running_desktop
from tests.e2e.harness import App, running_app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="session", params=PROGRAMS)
def visitor(request: pytest.FixtureRequest, app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    name = request.param
    if program := missing(name):
        pytest.skip(f"{program} is not installed; tests/browsers/packages.txt names its package")
    with running_desktop(tmp_path_factory.mktemp(name)) as desktop, running_browser(name, desktop) as driver:
        yield Visitor(driver, desktop, app.url)
