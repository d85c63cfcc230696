"""Takes that one can tell apart: named, compared, filed, deleted, and carried elsewhere as one file, in a real Chromium."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page

from drummer.files import midi
from drummer.web.grid import from_value
from tests.e2e.grid import KICK
from tests.e2e.harness import GRID, App, choose, document, generate, open_file, readout, visit, wait_until_idle

TAKES = ".drum-grid .takes li"


def press(page: Page, name: str) -> None:
    page.click(f".drum-grid [data-do='{name}']")


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(f"{TAKES} .take").all_inner_texts()]


def chosen(page: Page) -> str:
    return page.inner_text(f"{TAKES}.chosen .take").strip()


def wait_for_title(page: Page, end: str) -> None:
    page.wait_for_function(
        "([take, end]) => document.querySelector(take).textContent.trim().endsWith(end)", arg=[f"{TAKES} .take", end]
    )


def import_file(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        press(page, "import-takes")
    chooser.value.set_files(str(path))


def test_takes_are_named_compared_filed_deleted_and_carried_elsewhere(browser: Browser, app: App, tmp_path: Path) -> None:
    with visit(browser, app) as page:
        first = document(page)["made"]
        page.evaluate(f"{GRID}.seek(4)")
        press(page, "reroll-bar")
        page.wait_for_function(f"{GRID}.doc.did === 're-roll bar 2'")
        wait_until_idle(page)
        rolled = document(page)
        assert chosen(page).endswith("\u00b7 8 bars \u00b7 bar 2 re-rolled")

        press(page, "compare")
        assert document(page)["made"] == first
        page.focus(".drum-grid .roll")
        page.keyboard.press("x")
        assert document(page)["made"] == rolled["made"]
        assert page.get_attribute(f"{TAKES}.other", "data-made") == first
        page.evaluate(f"{GRID}.stop()")

        press(page, "rename")
        page.keyboard.type("Verse")
        page.keyboard.press("Enter")
        assert chosen(page).startswith("Verse \u00b7 ")
        page.select_option(".drum-grid [data-set=folder]", label="New folder\u2026")
        page.keyboard.type("Album")
        page.keyboard.press("Enter")
        page.select_option(".drum-grid [data-set='shown-folder']", label="Album")
        assert len(titles(page)) == 1
        with page.expect_download() as waiting:
            press(page, "export-takes")
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == "Album-takes.json"

        page.select_option(".drum-grid [data-set='shown-folder']", label="All takes")
        press(page, "delete-take")
        assert (len(titles(page)), document(page)["made"]) == (1, first)
        press(page, "delete-take")
        assert "only take" in readout(page)
        page.get_by_role("button", name="Undo: delete take").click()
        assert document(page)["hits"] == rolled["hits"]
        assert chosen(page).startswith("Verse \u00b7 ")
        page.get_by_role("button", name="Redo: delete take").click()
        assert (len(titles(page)), document(page)["made"]) == (1, first)
        page.get_by_role("button", name="Undo: delete take").click()
        import_file(page, path)
        page.wait_for_function(f"{GRID}.parts.readout.textContent === '0 takes imported; 1 already here'")

        press(page, "rename")
        page.keyboard.type("Chorus")
        page.locator(f"{TAKES}[data-made='{first}'] .take").click()  # another take, while the name is typed
        press(page, "save-name")
        assert titles(page)[0].startswith("Chorus \u00b7 ")
        assert not chosen(page).startswith("Chorus")

    with visit(browser, app) as page:
        import_file(page, path)
        page.wait_for_function(f"{GRID}.parts.readout.textContent === '1 take imported'")
        page.locator(f"{TAKES} .take", has_text="Verse").click()
        page.evaluate(f"{GRID}.stop()")
        assert document(page)["hits"] == rolled["hits"]
        from_value(document(page))
        page.reload()
        wait_until_idle(page)
        assert chosen(page).startswith("Verse \u00b7 ")
        takes = json.loads(path.read_text())
        takes["takes"][0]["groove"]["details"] = {"keys": [], "extra_hits": [[1]], "messages": [[1]]}
        path.write_text(json.dumps(takes))
        import_file(page, path)
        page.wait_for_function(f"{GRID}.parts.readout.textContent === '0 takes imported; 1 could not be read'")
        damaged = json.dumps({"value": {**takes["takes"][0]["groove"], "made": "damaged"}, "at": 1})
        page.evaluate("text => localStorage.setItem('drummer.take.damaged', text)", damaged)
        path.write_text("{}")
        import_file(page, path)
        page.wait_for_function(f"{GRID}.parts.readout.textContent.includes('not a takes file')")
        page.reload()
        wait_until_idle(page)
        assert chosen(page).startswith("Verse \u00b7 ")


def test_only_other_hits_are_an_edit(browser: Browser, app: App, tmp_path: Path) -> None:
    with visit(browser, app) as page:
        page.fill("#seed input", "5")
        generate(page)
        page.evaluate(f"{GRID}.setBpm(131)")
        choose(page, "kit", "Electronic 909")
        page.wait_for_function(f"{GRID}.doc.settings.kit !== 'black_pearl'")
        wait_for_title(page, "131 \u00b7 8 bars \u00b7 seed 5")
        path = tmp_path / "mine.mid"
        midi.write(from_value(document(page)).groove, path)
        open_file(page, path)
        assert chosen(page).endswith("\u00b7 opened")
        page.locator(".pad [data-axis=intensity]").fill("90")
        page.wait_for_function(f"{GRID}.parts.readout.textContent.startsWith('Your own groove: press Generate')")
        page.evaluate(f"{GRID}.editor.cursor = {{ step: 1, voice: {KICK} }}")
        page.focus(".drum-grid .roll")
        page.keyboard.press("Enter")
        wait_for_title(page, "\u00b7 opened, edited")
        press(page, "undo")
        wait_for_title(page, "\u00b7 opened")
