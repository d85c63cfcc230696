"""axe-core finds nothing serious, on any screen, in either theme."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from harness import App, visit
from playwright.sync_api import Browser, Page


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {json.dumps([node['html'][:160] for node in violation['nodes'][:3]])}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(browser: Browser, app: App, width: int, height: int, scheme: str) -> None:
    with visit(browser, app, width, height, scheme=scheme) as page:
        page.click(".drum-grid .help summary")
        page.evaluate("document.querySelector('.drum-grid').classList.add('mixing')")
        page.wait_for_timeout(300)
        assert serious(page) == []
