"""Take the pictures of the README from the running app: `python -m tests.e2e.screenshots`, from the virtual environment."""

import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page

from drummer import Drummer
from drummer.files import midi
from tests.e2e.harness import (
    GRID,
    ROOT,
    choose,
    document,
    generate,
    running_app,
    running_chromium,
    settle,
    unfold,
    visit,
    wait_until_idle,
)

DESKTOP, PHONE = {"width": 1440, "height": 1180}, {"width": 390, "height": 844}
SEED = "2030"  # of the groove in the pictures
HEARD = 2.62  # beats, where the playhead stands


def bring_into_sight(page: Page, selector: str) -> None:
    """Scroll the page, at once, until a part begins below its upper edge."""
    page.evaluate(
        """(part) => {
            const { top } = document.querySelector(part).getBoundingClientRect();
            scrollBy({ top: top - 12, behavior: "instant" });
        }""",
        selector,
    )


def scroll_to_top(page: Page) -> None:
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")


def play(page: Page) -> None:
    """A groove that plays, some of it selected, the kick locked."""
    page.evaluate(f"{GRID}.toggleLane('locked', 0)")
    page.evaluate(
        f"{GRID}.select(new Set({GRID}.doc.hits.filter(([s, v]) => v === 1 && s >= 48 && s < 96).map(([s, v]) => 14 * s + v)))"
    )
    page.click(".drum-grid [data-do=play]")
    page.wait_for_function(f"{GRID}.playBeat > {HEARD}")


def show_mixer(page: Page) -> None:
    page.click(".drum-grid [data-do=mixer]")
    page.locator("#roll").scroll_into_view_if_needed()
    bring_into_sight(page, "#result")


def show_grid(page: Page) -> None:
    bring_into_sight(page, "#result")
    page.click(".drum-grid [data-do=play]")
    page.wait_for_function(f"{GRID}.playBeat > {HEARD}")


def direct(page: Page) -> None:
    """A groove that is directed, all of it in sight."""
    unfold(page, "more-directions")
    for control, value in (("intensity", "80"), ("complexity", "65")):
        page.locator(f"#{control} input[type=range]").fill(value)
    choose(page, "fills", "4 bars")
    page.wait_for_function(f"{GRID}.doc.settings.fill_every === 4")
    wait_until_idle(page)  # all bars are there
    page.evaluate(f"{GRID}.stop()")
    page.click(".drum-grid [data-do=zoom-out]")
    scroll_to_top(page)


def play_song(page: Page) -> None:
    """A song in the grid, from its chorus on, and its blocks below."""
    unfold(page, "song")
    page.locator(".song .block").nth(2).click()
    page.click(".song [data-do=generate]")
    page.wait_for_function(f"{GRID}.doc.settings.song")
    page.evaluate(f"{GRID}.stop()")
    page.locator(".song .block").nth(2).click()
    page.evaluate(f"{GRID}.seek(48)")
    page.evaluate(f"{GRID}.view.bringIntoSight(12 * 48 + 200)")
    page.mouse.move(0, 0)
    top = "#song" if page.evaluate("innerWidth < 800") else "#result"
    bring_into_sight(page, top)
    settle(page)


def bring_own(page: Page) -> Locator:
    """A file that was brought, and what can be done with it."""
    unfold(page, "bring")
    data = midi.to_bytes(Drummer.load().generate(genre="soul", bars=8, seed=3))
    page.set_input_files(".bring input", {"name": "my soul.mid", "mimeType": "audio/midi", "buffer": data})
    page.locator(".bring .actions").wait_for()
    return page.locator("#bring")


PICTURES = {
    "page-light.png": (DESKTOP, "light", play),
    "page-dark.png": (DESKTOP, "dark", play),
    "directed-light.png": (DESKTOP, "light", direct),
    "directed-dark.png": (DESKTOP, "dark", direct),
    "phone-light.png": (PHONE, "light", scroll_to_top),
    "phone-dark.png": (PHONE, "dark", scroll_to_top),
    "phone-grid-light.png": (PHONE, "light", show_grid),
    "phone-grid-dark.png": (PHONE, "dark", show_mixer),
    "song-light.png": (DESKTOP, "light", play_song),
    "song-dark.png": (DESKTOP, "dark", play_song),
    "phone-song-light.png": (PHONE, "light", play_song),
    "phone-song-dark.png": (PHONE, "dark", play_song),
    "bring-light.png": (DESKTOP, "light", bring_own),
    "bring-dark.png": (DESKTOP, "dark", bring_own),
}


def main() -> None:
    folder = ROOT / "docs"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as app, running_chromium() as browser:
        for name, (screen, scheme, act) in PICTURES.items():
            with visit(browser, app, **screen, scheme=scheme, density=1.5, touch=screen is PHONE) as page:
                page.fill("#seed input", SEED)
                page.click("#more-settings > button")  # as the first view has it
                generate(page)
                part = act(page)
                assert document(page)["hits"]
                (part or page).screenshot(path=folder / name)
                print(folder / name)


if __name__ == "__main__":
    main()
