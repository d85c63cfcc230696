"""Take the pictures of the README from the running app: `python tests/e2e/screenshots.py`, from the virtual environment."""

import tempfile
from pathlib import Path

from harness import ROOT, running_app, running_chromium, visit

PICTURES = {
    "page-light.png": {"width": 1280, "height": 840, "scheme": "light"},
    "page-dark.png": {"width": 1280, "height": 840, "scheme": "dark"},
    "page-phone.png": {"width": 390, "height": 844, "scheme": "light"},
}


def main() -> None:
    folder = ROOT / "docs"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as app, running_chromium() as browser:
        for name, screen in PICTURES.items():
            with visit(browser, app, **screen, density=1.5) as page:
                page.screenshot(path=folder / name)
                print(folder / name)


if __name__ == "__main__":
    main()
