"""Song mode, in a real Chromium: laid out, played, taken away and brought back."""

import io
import zipfile
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Drummer
from drummer.files.document import from_json
from drummer.generation.song import Block, generate_song
from drummer.web.grid import from_value
from tests.e2e.harness import (
    GRID,
    App,
    choose,
    document,
    download,
    generate,
    next_frames,
    open_file,
    resize,
    settle,
    unfold,
    visit,
    wait_until_idle,
)

SONG = "document.querySelector('.song').song"
SHORT = [("intro", 1), ("verse", 2), ("chorus", 2), ("ending", 1)]


@pytest.fixture(scope="module")
def shared(shared: Page) -> Page:
    shared.context.grant_permissions(["clipboard-read", "clipboard-write"])
    unfold(shared, "song")
    choose(shared, "model", "Small")  # which costs least
    return shared


@pytest.fixture
def page(shared: Page) -> Page:
    """The panel with a short song in it."""
    lay_out(shared, SHORT)
    shared.locator(".song").scroll_into_view_if_needed()
    return shared


def lay_out(page: Page, blocks: list[tuple[str, int]]) -> None:
    """Make a song of blocks with buttons and fields, as a user does."""
    page.locator(".song .block").first.wait_for()
    while page.locator(".song .block").count():
        page.click(".song [data-do=remove]")
    for part, bars in blocks:
        page.click(f".song .adding button[aria-label='Add {part}']")
        page.fill(".song [data-set=bars]", str(bars))
        page.press(".song [data-set=bars]", "Tab")
    page.locator(".song .block").first.click()


def shown(page: Page) -> list[str]:
    """The blocks as they stand, such as `verse 8`."""
    blocks: list[str] = page.evaluate(f"{SONG}.blocks.map(({{ part, bars }}) => `${{part}} ${{bars}}`)")
    names = [name.lower() for name in page.locator(".song .block .name").all_inner_texts()]
    assert names == [block.split()[0] for block in blocks]
    return blocks


def play_song(page: Page, limit: float = 60_000) -> dict[str, Any]:
    """Play the song, and stop the sound."""
    before = document(page)["made"]
    page.click(".song [data-do=generate]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before, timeout=limit)
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")
    return document(page)


def blocks_of(value: dict[str, Any]) -> list[str]:
    return [f"{block['part']} {block['bars']}" for block in value["settings"]["song"]]


def test_blocks_are_added_changed_and_removed(page: Page) -> None:
    assert shown(page) == ["intro 1", "verse 2", "chorus 2", "ending 1"]
    page.locator(".song .block").nth(1).click()
    page.select_option(".song [data-set=part]", "bridge")
    page.locator(".song [data-set=intensity]").fill("90")
    page.click(".song [data-do=double]")
    assert shown(page) == ["intro 1", "bridge 2", "bridge 2", "chorus 2", "ending 1"]
    assert page.inner_text(".song .length") == "8 bars in 5 blocks"
    assert page.locator(".song .block").nth(2).get_attribute("aria-label") == "Bridge, 2 bars, intensity 90, complexity 55"
    page.click(".song [data-do=remove]")
    page.fill(".song [data-set=bars]", "99")
    page.press(".song [data-set=bars]", "Tab")
    assert shown(page)[2] == "chorus 32"  # as long as a block may be


def test_a_block_is_dragged_to_another_place(page: Page) -> None:
    boxes = [page.locator(".song .block").nth(index).bounding_box() for index in (1, 3)]
    assert boxes[0] and boxes[1]
    page.mouse.move(boxes[0]["x"] + 10, boxes[0]["y"] + 20)
    page.mouse.down()
    page.mouse.move(boxes[1]["x"] + 5, boxes[1]["y"] + 20, steps=8)
    page.mouse.move(boxes[1]["x"] + boxes[1]["width"] - 5, boxes[1]["y"] + 20, steps=4)
    page.mouse.up()
    assert shown(page) == ["intro 1", "chorus 2", "ending 1", "verse 2"]
    assert page.evaluate(f"{SONG}.chosen") == 3
    next_frames(page)
    assert shown(page) == ["intro 1", "chorus 2", "ending 1", "verse 2"]  # and no click comes of it


def test_all_of_it_works_by_keyboard(page: Page) -> None:
    page.focus("#song .label-wrap")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.part") == "intro"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+ArrowRight")
    assert shown(page) == ["intro 1", "chorus 2", "verse 2", "ending 1"]
    assert "moved to position 3 of 4" in page.locator(".song .spoken").inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    assert shown(page) == ["chorus 2", "verse 2", "ending 1"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Add intro"
    page.keyboard.press("Enter")
    assert shown(page) == ["chorus 2", "intro 4", "verse 2", "ending 1"]
    page.focus(".song [data-do=generate]")
    before = document(page)["made"]
    page.keyboard.press("Enter")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    page.evaluate(f"{GRID}.stop()")
    assert blocks_of(document(page)) == shown(page)


def test_the_song_is_one_groove_by_its_seed(page: Page, tmp_path: Path) -> None:
    page.fill("#seed input", "3")
    page.wait_for_function("() => !document.querySelector('#dice input').checked")
    lay_out(page, [("intro", 2), ("verse", 4), ("chorus", 4), ("ending", 2)])
    made = play_song(page)
    assert (made["bars"], made["seed"], blocks_of(made)) == (12, 3, ["intro 2", "verse 4", "chorus 4", "ending 2"])
    settings = made["settings"]
    blocks = [Block(**block) for block in settings["song"]]
    asked = {"bpm": made["bpm"], "seed": 3} | {name: settings[name] for name in ("genre", "temperature", "steady")}
    assert from_value(made).groove == generate_song(Drummer.load(settings["model"]), blocks, **asked)
    path = download(page, "midi", tmp_path)
    assert "_12bars_seed3" in path.name
    assert len(pretty_midi.PrettyMIDI(str(path)).instruments[0].notes) == len(made["hits"])
    markers = [message.text for message in mido.MidiFile(path).tracks[0] if message.type == "marker"]
    assert markers == ["Intro", "Verse", "Chorus", "Ending"]
    page.check("#dice input")


def test_the_grid_names_the_blocks_and_plays_from_one_that_is_clicked(page: Page) -> None:
    play_song(page)
    assert page.evaluate(f"{GRID}.geometry.blocks.map(({{ part, first }}) => `${{part}} ${{first}}`)") == [
        "intro 0",
        "verse 1",
        "chorus 3",
        "ending 5",
    ]
    page.evaluate(f"{GRID}.root.scrollIntoView()")
    x = page.evaluate(f"{GRID}.parts.roll.getBoundingClientRect().x + {GRID}.geometry.x(2 * 48) + 10")
    y = page.evaluate(f"{GRID}.parts.roll.getBoundingClientRect().y + 8")
    page.mouse.click(x, y)  # in the second bar of the verse
    assert page.evaluate(f"{GRID}.start") == 4
    page.evaluate(f"{GRID}.seek(0)")
    lane, roll = (f"{GRID}.{part}.getBoundingClientRect().top" for part in ("lanes.parts[12].row", "parts.roll"))
    lanes = page.evaluate(f"[{lane} - {roll}, {GRID}.geometry.ruler]")
    assert lanes[0] == pytest.approx(lanes[1], abs=1)  # names of voices stand beside their lanes
    generate(page)
    assert page.evaluate(f"{GRID}.geometry.blocks") == []


def test_undo_brings_back_the_song_and_its_blocks(page: Page) -> None:
    song = play_song(page)
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    lay_out(page, [("bridge", 4)])
    other = play_song(page)
    assert other["bars"] == 4
    page.click(".drum-grid [data-do=undo]")
    assert shown(page) == blocks_of(song)
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["hits"] == song["hits"]
    assert page.locator(".drum-grid .takes .take").first.inner_text().find("song of 4 bars") > 0


def test_a_song_is_restored_from_groove_json_and_from_a_link(browser: Browser, app: App, page: Page, tmp_path: Path) -> None:
    page.locator(".song [data-set=intensity]").fill("77")
    song = play_song(page)
    assert song["settings"]["song"][0]["intensity"] == 0.77
    with zipfile.ZipFile(io.BytesIO(download(page, "zip", tmp_path).read_bytes())) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("groove.json"))
        text = archive.read(name)
    assert from_json(text) == from_value(song)
    page.click("#link")
    page.wait_for_function("document.querySelector('.readout').textContent.startsWith('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    with visit(browser, app, query=link.removeprefix(app.url)) as theirs:
        unfold(theirs, "song")
        theirs.locator(".song .block").first.wait_for()
        assert shown(theirs) == blocks_of(song)
        assert theirs.locator(".song .block").first.get_attribute("aria-label") == "Intro, 1 bar, intensity 77, complexity 35"
        assert theirs.evaluate(f"{GRID}.geometry.blocks.length") == 4
        lay_out(theirs, [("bridge", 1)])
        path = tmp_path / "groove.json"
        path.write_bytes(text)
        open_file(theirs, path)
        assert shown(theirs) == blocks_of(song)


def test_a_direction_plays_the_song_anew_and_it_stays_a_song(page: Page) -> None:
    song = play_song(page)
    page.locator("#swing input[type=range]").fill("95")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=song["made"])
    wait_until_idle(page)
    after = document(page)
    settle(page)
    assert page.evaluate(f"{GRID}.history.past.at(-1).made") == song["made"]  # one step to undo, no more
    assert blocks_of(after) == blocks_of(song)
    assert after["settings"]["swing"] == 0.95
    page.check("#swing-auto input")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=after["made"])


def test_a_song_of_64_bars_shows_its_progress_and_stays_fluid(page: Page, tmp_path: Path) -> None:
    lay_out(page, [("intro", 8), ("verse", 16), ("chorus", 16), ("verse", 16), ("ending", 8)])
    page.evaluate("""() => {
        window.seen = [];
        const bar = document.querySelector(".song progress");
        new MutationObserver(() => bar.hidden || seen.push(`${bar.value}/${bar.max}`)).observe(bar, { attributes: true });
    }""")
    song = play_song(page)
    assert song["bars"] == 64
    assert len({shown for shown in page.evaluate("seen") if shown.endswith("/64")}) >= 5
    assert page.locator(".song progress").is_hidden()

    page.click(".drum-grid [data-do=play]")
    page.wait_for_function(f"{GRID}.playBeat > 0")
    page.evaluate(f"{GRID}.seek(240)")  # in the last block
    page.wait_for_function(f"{GRID}.playBeat > 240 && {GRID}.playBeat < 256")
    assert page.evaluate(f"{GRID}.geometry.x({GRID}.playBeat * 12) <= {GRID}.geometry.width")  # the page has turned to it
    page.evaluate(f"{GRID}.stop()")
    before = document(page)
    assert page.inner_text(".drum-grid [data-do=reroll-bar]").strip() == "Re-roll bar 61"
    page.click(".drum-grid [data-do=reroll-bar]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before["made"])
    page.evaluate(f"{GRID}.stop()")
    after, former = from_value(document(page)).groove, from_value(before).groove
    for old, new in ((former.velocities, after.velocities), (former.offsets, after.offsets)):
        assert np.array_equal(new[: 60 * 48 - 1], old[: 60 * 48 - 1])  # a bar begins a little before its bar line
        assert np.array_equal(new[61 * 48 :], old[61 * 48 :])
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["hits"] == before["hits"]
    midi = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path)))
    assert midi.get_end_time() > 63 * 4 * 60 / song["bpm"]
    page.evaluate(f"{GRID}.seek(0)")

    for _ in range(2):
        page.evaluate(f"{GRID}.selectBars({{ first: 8, last: 24 }})")  # a verse
        page.click(".drum-grid [data-do=duplicate]")
    longer = document(page)
    assert [(block["part"], block["bars"]) for block in longer["settings"]["song"][1:3]] == [("verse", 32), ("verse", 16)]
    page.click(".drum-grid [data-do=reroll-bar]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=longer["made"])
    page.evaluate(f"{GRID}.stop()")
    page.evaluate(f"{GRID}.seek(0)")


def test_what_is_too_long_gets_a_sentence(page: Page) -> None:
    lay_out(page, [("verse", 32)])
    for _ in range(16):
        page.click(".song [data-do=double]")
    assert page.inner_text(".song .length") == "544 bars in 17 blocks, the limit is 512"
    held = document(page)
    page.click(".song [data-do=generate]")
    message = page.locator(".toast-body")
    message.wait_for()
    assert "A song may have at most 512 bars, got 544" in message.inner_text()
    page.locator(".toast-close").click()
    assert page.locator(".song progress").is_hidden()
    assert document(page) == held

    page.evaluate(f"""() => {{
        let state = 1; // of chance that no code makes short
        const chance = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
        const hits = Array.from({{ length: 128 * 48 }}, (_, step) => [step, step % 13, 0.1 + 0.9 * chance(), chance() - 0.5]);
        {GRID}.commit({{ ...{GRID}.doc, bars: 128, hits }});
    }}""")
    settle(page)
    page.click("#link")
    message.wait_for()
    assert "too long for a link" in message.inner_text()
    page.locator(".toast-close").click()
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["bars"] == held["bars"]


def test_what_is_laid_out_outlasts_a_reload_and_is_no_wider_than_the_screen(browser: Browser, app: App) -> None:
    with visit(browser, app, 390) as page:
        unfold(page, "song")
        lay_out(page, [("bridge", 3), ("chorus", 5)] * 6)
        page.reload()
        wait_until_idle(page)
        for panel in ("song", "bring", "feel"):
            unfold(page, panel)
        page.locator(".song .block").first.wait_for()
        assert shown(page) == ["bridge 3", "chorus 5"] * 6
        for width in (390, 1440):
            resize(page, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            rights = page.evaluate("""() => [...document.querySelectorAll(".song *, .bring *, .feel *")]
                .filter((part) => !part.closest(".spoken")).map((part) => part.getBoundingClientRect().right)""")
            assert max(rights) <= width
