"""Take a picture of each state of the page, on three screens in both themes: `python -m tests.e2e.states`."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import Page
from tqdm import tqdm

from tests.e2e.harness import (
    GRID,
    ROOT,
    choose,
    close_messages,
    draw_pictures,
    next_frames,
    running_app,
    running_chromium,
    settle,
    unfold,
    visit,
    wait_until_idle,
)
from tests.e2e.screenshots import bring_into_sight, bring_own, play, scroll_to_top

SCREENS = ((390, 844), (1024, 768), (1440, 900))
SCHEMES = ("light", "dark")
GAP = 24  # pixels between the pictures of a sheet
QUALITY = 80  # of WebP
FOLDER = ROOT / "docs" / "states"
EXPECTED = "Failed to load resource"  # offline; and the list of endpoints asks whether there is MCP, which is off by default


def fold(page: Page, accordion: str) -> None:
    if "open" in (page.locator(f"#{accordion} > button").get_attribute("class") or "").split():
        page.click(f"#{accordion} > button")


def playing(page: Page) -> None:
    play(page)
    bring_into_sight(page, "#result")


def more_settings(page: Page) -> None:
    page.evaluate(f"{GRID}.stop(), {GRID}.toggleLane('locked', 0), {GRID}.select(new Set())")
    unfold(page, "more-settings")
    bring_into_sight(page, "#generate")


def directed(page: Page) -> None:
    fold(page, "more-settings")
    unfold(page, "more-directions")
    page.locator(".pad [data-axis=intensity]").fill("80")
    choose(page, "fills", "4 bars")
    page.wait_for_function(f"{GRID}.doc.settings.fill_every === 4")
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")
    bring_into_sight(page, "#directions")


def selected(page: Page) -> None:
    fold(page, "more-directions")
    page.evaluate(f"{GRID}.selectBars({{ first: 1, last: 2 }})")
    bring_into_sight(page, ".drum-grid")


def mixed(page: Page) -> None:
    page.evaluate(f"{GRID}.select(new Set())")
    page.click(".drum-grid .mix summary")
    page.locator(".drum-grid .strip .volume input").nth(2).fill("-6")
    bring_into_sight(page, ".drum-grid .mix")


def sampled(page: Page) -> None:
    """One lane has a sample, and another one that is not in this browser."""
    kind = page.locator(".drum-grid .mix-kinds [data-kind=kit]")
    if kind.is_visible():
        kind.click()
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Sample of Snare", exact=True).click()
    sound = io.BytesIO()
    soundfile.write(sound, np.hanning(4410), 44100, format="WAV")
    chooser.value.set_files({"name": "Ludwig 402, wires off.wav", "mimeType": "audio/wav", "buffer": sound.getvalue()})
    page.wait_for_function(f"{GRID}.doc.settings.mix.voices.snare")
    page.evaluate(
        f"""() => {{
            const {{ settings, ...others }} = {GRID}.doc;
            const crash = {{ sample: {{ digest: "0123456789abcdef", name: "Paper-thin crash.wav" }} }};
            {GRID}.commit({{ ...others, settings: {{ ...settings, mix: {{ voices: {{ ...settings.mix.voices, crash }} }} }} }});
        }}"""
    )
    page.get_by_text("Missing: Paper-thin crash.wav").wait_for()
    bring_into_sight(page, ".drum-grid .mix")


def takes(page: Page) -> None:
    page.click(".drum-grid [data-do=undo]")  # the sample that is missing
    page.click(".drum-grid .mix summary")
    page.click(".drum-grid [data-do=variations]")
    page.wait_for_function("document.querySelectorAll('.drum-grid .takes li').length > 4")
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")
    page.locator(".drum-grid .takes .star").first.click()
    bring_into_sight(page, ".drum-grid .shelf")


def exports(page: Page) -> None:
    unfold(page, "more-formats")
    bring_into_sight(page, "#midi")


def sheet_music(page: Page) -> None:
    fold(page, "more-formats")
    unfold(page, "sheet-music")
    draw_pictures(page, ".sheet-music")
    bring_into_sight(page, "#sheet-music")


def song(page: Page) -> None:
    fold(page, "sheet-music")
    unfold(page, "song")
    page.locator(".song .block").nth(2).click()
    bring_into_sight(page, "#song")


def bring(page: Page) -> None:
    fold(page, "song")
    bring_own(page)
    bring_into_sight(page, "#bring")


def feel(page: Page) -> None:
    fold(page, "bring")
    unfold(page, "feel")
    draw_pictures(page, ".feel")
    bring_into_sight(page, "#feel")


def keys(page: Page) -> None:
    fold(page, "feel")
    page.click(".drum-grid .help summary")
    bring_into_sight(page, ".drum-grid .help")


def message(page: Page) -> None:
    page.click(".drum-grid .help summary")
    unfold(page, "more-settings")
    page.fill("#seed input", "99999999999")
    page.click("#generate")
    page.locator(".toast-body").wait_for()
    scroll_to_top(page)


def offline(page: Page) -> None:
    close_messages(page)
    page.fill("#seed input", "1")
    fold(page, "more-settings")
    page.context.set_offline(True)
    page.locator("#offline").wait_for()
    scroll_to_top(page)


def endpoints(page: Page) -> None:
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("#offline").wait_for(state="detached")
    page.click("#foot a")
    # It slides in.
    page.wait_for_function("document.querySelector('.api-docs-wrap')?.getBoundingClientRect().right <= innerWidth")


# Each begins with the page as the one before has left it.
STATES: dict[str, Callable[[Page], None]] = {
    "first-view": scroll_to_top,
    "playing": playing,
    "more-settings": more_settings,
    "directed": directed,
    "selected": selected,
    "mix": mixed,
    "samples": sampled,
    "takes": takes,
    "exports": exports,
    "sheet-music": sheet_music,
    "song": song,
    "bring": bring,
    "feel": feel,
    "keys": keys,
    "message": message,
    "offline": offline,
    "endpoints": endpoints,
}


def picture(page: Page, path: Path) -> None:
    """Take a picture of what is in sight, once the page has nothing more to do."""
    page.mouse.move(0, 0)
    if page.evaluate("navigator.onLine"):
        settle(page)
    next_frames(page, 4)
    page.screenshot(path=path, caret="initial")


def write_sheet(name: str, scratch: Path) -> None:
    """Put the pictures of a state side by side: a row for each theme, a column for each screen."""
    width = sum(width for width, _ in SCREENS) + GAP * (len(SCREENS) + 1)
    height = max(height for _, height in SCREENS)
    sheet = Image.new("RGB", (width, len(SCHEMES) * (height + GAP) + GAP), "#808080")
    for row, scheme in enumerate(SCHEMES):
        left = GAP
        for screen in SCREENS:
            with Image.open(scratch / f"{name}-{scheme}-{screen[0]}.png") as taken:
                sheet.paste(taken, (left, GAP + row * (height + GAP)))
            left += screen[0] + GAP
    sheet.save(FOLDER / f"{name}.webp", quality=QUALITY)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app, running_chromium() as browser:
        scratch = Path(folder)
        for scheme in SCHEMES:
            for width, height in SCREENS:
                touch = width < 800
                with visit(browser, app, width, height, scheme, touch=touch, folded=True, expected=EXPECTED) as page:
                    page.emulate_media(reduced_motion="reduce")  # no picture of a scroll that is under way
                    for name, act in tqdm(STATES.items(), desc=f"{width} {scheme}", unit="state"):
                        act(page)
                        picture(page, scratch / f"{name}-{scheme}-{width}.png")
        for name in STATES:
            write_sheet(name, scratch)
            print(FOLDER / f"{name}.webp")


if __name__ == "__main__":
    main()
