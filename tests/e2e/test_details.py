"""Keys, percussion and second hits of a musician's file: seen, heard, edited and given back, in a real Chromium."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from drummer import Groove, audio
from drummer.files.document import Take, to_json
from drummer.music.details import CHOKE, ExtraHit, FileDetails, Message
from drummer.web.actions import as_heard
from drummer.web.grid import from_value
from tests.e2e.grid import KICK, SNARE, click, drag, place
from tests.e2e.harness import GRID, App, close_messages, document, next_frames, open_file, settle, visit, wait_until_idle

PERCUSSION = 13  # lane
COWBELL, CABASA = 56, 69


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app) as opened:
        yield opened


@pytest.fixture
def page(shared: Page, tmp_path: Path) -> Page:
    """The page with a file of one bar: a kick, a snare on key 40 with a flam, a cowbell and a cabasa, a choke."""
    velocities = np.zeros((48, 13), dtype=np.float32)
    velocities[0, KICK], velocities[12, SNARE] = 0.75, 0.5
    keys = FileDetails.empty(48).keys.copy()
    keys[12, SNARE] = 40
    extra = (ExtraHit(0, 0.0, COWBELL, 0.5), ExtraHit(12, 0.25, 38, 0.25, SNARE), ExtraHit(24, 0.0, CABASA, 0.5))
    details = FileDetails(keys, extra, (Message(36, 0.0, CHOKE, 49, 127),))
    groove = replace(Groove(velocities > 0, velocities, np.zeros_like(velocities), 100), details=details)
    path = tmp_path / "groove.json"
    path.write_text(to_json(Take(groove, edited=True)))
    open_file(shared, path)
    settle(shared)
    close_messages(shared)
    for what in ("muted", "soloed"):
        shared.evaluate(f"for (const lane of {GRID}.doc.{what}) {GRID}.toggleLane('{what}', lane)")
    return shared


def details(page: Page) -> FileDetails:
    found = from_value(document(page)).groove.details
    assert found is not None
    return found


def extra_hits(page: Page) -> list[tuple[int, int]]:
    """Steps and keys of the extra hits."""
    return [(hit.step, hit.key) for hit in details(page).extra_hits]


def lane(page: Page, name: str) -> bool:
    return page.get_by_role("button", name=f"Hear {name}").is_visible()


def test_percussion_has_a_lane_and_its_instruments_are_named(page: Page) -> None:
    assert lane(page, "Percussion")
    for step, name in ((0, "Cowbell"), (24, "Cabasa")):
        page.mouse.move(*place(page, step, PERCUSSION))
        next_frames(page)
        assert page.inner_text(".drum-grid .readout").startswith(f"{name}, bar 1, beat")


def test_percussion_is_removed_and_moved_and_undo_brings_it_back(page: Page) -> None:
    before = details(page)
    click(page, 0, PERCUSSION)
    assert extra_hits(page) == [(12, 38), (24, CABASA)]
    click(page, 24, PERCUSSION)
    assert extra_hits(page) == [(12, 38)]
    assert not lane(page, "Percussion")
    for _ in range(2):
        page.click(".drum-grid [data-do=undo]")
    assert details(page) == before
    page.evaluate(f"Object.assign({GRID}.editor.cursor, {{ step: 24, voice: {PERCUSSION} }})")
    page.focus(".drum-grid .roll")
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Control+ArrowDown")  # into no other lane
    assert extra_hits(page) == [(0, COWBELL), (12, 38), (27, CABASA)]


def test_a_key_follows_its_hit_and_goes_with_a_new_one(page: Page) -> None:
    drag(page, 12, SNARE, 0, -20)
    assert details(page).keys[12, SNARE] == 40 or extra_hits(page)[1] == (12, 38)
    page.evaluate(f"Object.assign({GRID}.editor.cursor, {{ step: 12, voice: {SNARE} }})")
    page.focus(".drum-grid .roll")
    page.keyboard.press("Control+ArrowRight")  # the hit and its flam
    assert (details(page).keys[15, SNARE], extra_hits(page)[1]) == (40, (15, 38))
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    assert (details(page).keys[15] == -1).all()
    assert extra_hits(page) == [(0, COWBELL), (24, CABASA)]
    assert details(page).messages == (Message(36, 0.0, CHOKE, 49, 127),)


def test_percussion_is_muted_and_soloed_and_left_out_of_downloads(page: Page) -> None:
    page.evaluate(f"{GRID}.toggleLane('muted', {PERCUSSION})")
    heard = as_heard(from_value(document(page))).groove
    assert heard.details is not None and not heard.details.percussion
    assert heard.hit_count == 2
    page.evaluate(f"{GRID}.toggleLane('muted', {PERCUSSION}); {GRID}.toggleLane('soloed', {PERCUSSION})")
    heard = as_heard(from_value(document(page))).groove
    assert heard.details is not None and [hit.key for hit in heard.details.extra_hits] == [COWBELL, CABASA]
    assert heard.hit_count == 0


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_percussion_is_heard(page: Page) -> None:
    page.click(".drum-grid [data-do=play]")
    page.wait_for_function(f"{GRID}.player?.notes.some(({{ voice }}) => voice === {PERCUSSION})")
    page.click(".drum-grid [data-do=play]")


def test_half_and_double_time_and_a_reload_keep_the_details(page: Page) -> None:
    page.click(".drum-grid [data-do=double-time]")
    page.wait_for_function(f"{GRID}.doc.hits.length === 10")
    page.evaluate(f"{GRID}.stop()")
    assert [(hit.step, hit.key) for hit in details(page).percussion] == [(0, COWBELL), (12, CABASA), (24, COWBELL), (36, CABASA)]
    settle(page)
    before = document(page)
    page.reload()
    wait_until_idle(page)
    assert document(page) == before
    page.click(".drum-grid [data-do=undo]")
    assert extra_hits(page) == [(0, COWBELL), (12, 38), (24, CABASA)]


def test_a_long_file_travels_as_text_and_only_what_is_in_sight_is_drawn(page: Page, tmp_path: Path) -> None:
    one = from_value(document(page)).groove
    whole = Groove(*(np.tile(each, (400, 1)) for each in (one.hits, one.velocities, one.offsets)), one.bpm)
    path = tmp_path / "groove.json"
    path.write_text(to_json(Take(whole, edited=True)))
    open_file(page, path)
    page.wait_for_function(f"{GRID}.geometry.groove.bars === 400")
    assert page.evaluate(f"[typeof {GRID}.props.value.hits, {GRID}.doc.hits.length]") == ["string", 800]
    assert page.evaluate(f"{GRID}.geometry.hitsInSight().length") < 40
    page.evaluate(f"{GRID}.parts.scroller.scrollLeft = 200 * {GRID}.geometry.barWidth")
    next_frames(page)
    assert page.evaluate(f"{GRID}.geometry.hitsInSight().every(([step]) => step > 190 * 48 && step < 220 * 48)")
    settle(page)
    assert page.get_attribute("#midi", "draggable") == "true"  # its MIDI file comes later
