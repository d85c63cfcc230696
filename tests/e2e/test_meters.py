"""Grooves in any meter, drawn, counted, played, exported and kept, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Groove, audio
from drummer.files.document import Take, from_code, to_json
from drummer.music.meter import Meter
from tests.e2e.grid import HIHAT, KICK, SNARE, click, hits, place
from tests.e2e.harness import (
    GRID,
    App,
    begin_to_count_in,
    choose,
    close_messages,
    document,
    download,
    is_playing,
    next_frames,
    open_file,
    readout,
    settle,
    unfold,
    visit,
    wait_until_idle,
)

needs_sound = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")


@pytest.fixture(scope="module")
def page(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app, expected="Error") as opened:
        yield opened


def begin(page: Page, meter: str, bars: int = 2) -> None:
    """Start an empty groove of 120 BPM, as a musician does."""
    choose(page, "meter", meter)
    for control, value in (("tempo", 120), ("bars", bars)):
        page.fill(f"#{control} input[type=number]", str(value))
        page.press(f"#{control} input[type=number]", "Tab")
    page.click("#empty")
    next_frames(page)


def error(page: Page) -> str:
    """Read the sentence that the page shows, and close it."""
    page.locator(".toast-body").first.wait_for()
    lines = page.locator(".toast-body").first.inner_text().strip().splitlines()
    text = [line for line in lines if line not in ("", "\u00d7")][-1]  # not the button that closes it
    settle(page)
    close_messages(page)
    return text


@pytest.mark.parametrize(
    ("meter", "steps", "seconds", "signature"),
    [
        ("6/8", {KICK: (0, 36), SNARE: (18, 54), HIHAT: (6, 48)}, {36: (0, 1.5), 38: (0.75, 2.25), 42: (0.25, 2.0)}, (6, 8)),
        ("7/8 (3+2+2)", {KICK: (0, 42), SNARE: (18, 78)}, {36: (0, 1.75), 38: (0.75, 3.25)}, (7, 8)),
    ],
)
def test_a_groove_is_drawn_by_hand_exported_and_read_back(
    page: Page,
    tmp_path: Path,
    meter: str,
    steps: dict[int, tuple[int, ...]],
    seconds: dict[int, tuple[float, ...]],
    signature: tuple[int, int],
) -> None:
    begin(page, meter)
    for voice, each in steps.items():
        for step in each:
            click(page, step, voice)
    file = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path)))
    (change,) = file.time_signature_changes
    assert (change.numerator, change.denominator) == signature
    (drums,) = file.instruments
    played = {key: tuple(note.start for note in drums.notes if note.pitch == key) for key in seconds}
    assert played == {key: pytest.approx(times) for key, times in seconds.items()}
    assert len(drums.notes) == sum(map(len, seconds.values()))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#link")
    page.wait_for_function(f"{GRID}.parts.readout.textContent.startsWith('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert str(from_code(link.split("=")[-1]).groove.meter) == meter


@needs_sound
def test_the_count_in_is_a_bar_and_the_clock_counts_beats_of_the_meter(page: Page) -> None:
    begin(page, "6/8")
    page.click(".drum-grid [data-do=count-in]")
    beat, clock = begin_to_count_in(page, lambda: page.click(".drum-grid [data-do=play]"), beats=3)
    assert -3 <= beat < -1.5
    assert clock == "-2"  # dotted quarters
    # The second dotted quarter lasts until the third quarter; a busy machine may show it late, and then in a later round.
    page.wait_for_function(f"() => {GRID}.parts.clock.textContent === '1.2' && {GRID}.playBeat >= 2.2 && {GRID}.playBeat < 3")
    assert is_playing(page)
    page.click(".drum-grid [data-do=play]")
    page.click(".drum-grid [data-do=count-in]")


def test_readout_snap_and_keys_count_in_the_meter(page: Page) -> None:
    begin(page, "7/8 (2+2+3)")
    assert page.inner_text(".drum-grid .tempo") == "120 BPM"
    click(page, 45, SNARE)
    page.mouse.move(*place(page, 45, SNARE))
    next_frames(page)
    assert readout(page).startswith("Snare, bar 2, beat 1 and 1/2")
    page.select_option(".drum-grid [data-set=snap]", label="1/8 triplet")  # four steps, which do not fill a bar of 42
    click(page, 41, KICK)
    assert [hit[:2] for hit in hits(page)] == [[40, KICK], [45, SNARE]]
    page.focus(".drum-grid .roll")
    for key, step in (("ArrowRight", 42), ("ArrowLeft", 40), ("PageUp", 0), ("PageDown", 42), ("End", 82)):
        page.keyboard.press(key)
        assert page.evaluate(f"{GRID}.editor.cursor.step") == step, key
    page.select_option(".drum-grid [data-set=snap]", label="1/16")
    begin(page, "12/8")
    assert page.inner_text(".drum-grid .tempo") == "120 BPM, ♩. = 80"


def test_the_drummer_plays_the_meter_of_the_menu_and_goes_on_in_it(page: Page) -> None:
    choose(page, "meter", "7/8 (2+2+3)")
    assert "The next groove you generate will be in 7/8" in readout(page)
    page.click("#generate")
    wait_until_idle(page)
    played = document(page)
    assert (played["meter"], len(played["hits"]) > 0) == ("7/8", True)
    for request in ("reroll-bar", "continue"):
        page.click(f".drum-grid [data-do={request}]")
        wait_until_idle(page)
        page.wait_for_function(f"(made) => {GRID}.value.made !== made", arg=played["made"])
        assert (document(page)["meter"], document(page)["hits"] != played["hits"]) == ("7/8", True), request


def test_what_the_drummer_cannot_play_is_said_in_a_sentence_and_nothing_is_lost(page: Page, tmp_path: Path) -> None:
    before = document(page)
    path = tmp_path / "groove.json"
    path.write_text(to_json(Take(Groove.silent(2, 100, meter=Meter.parse("11/8 (3+3+3+2)")))))
    open_file(page, path)
    page.wait_for_function("() => document.querySelector('#meter input').value === '11/8 (3+3+3+2)'")
    settle(page)
    close_messages(page)
    click(page, 0, KICK)
    drawn = document(page)
    page.click("#generate")
    assert "12/8, not in 11/8: 'New empty groove' gives you bars of 11/8 to draw, play and export" in error(page)
    assert document(page) == drawn
    for request in ("reroll", "reroll-bar", "continue", "variations"):
        page.click(f".drum-grid [data-do={request}]")
        assert "12/8, not in 11/8" in error(page), request
        assert document(page)["hits"] == drawn["hits"]
    for request in ("half-time", "double-time"):
        page.click(f".drum-grid [data-do={request}]")
        settle(page)
    assert document(page)["meter"] == "11/8 (3+3+3+2)"
    page.evaluate(f"{GRID}.stop()")
    made = page.locator(".drum-grid .takes li").evaluate_all("(items) => items.map((item) => item.dataset.made)")
    assert {before["made"], drawn["made"]} <= set(made)
    while document(page)["made"] != before["made"]:
        page.click(".drum-grid [data-do=undo]")
    settle(page)
    assert document(page)["hits"] == before["hits"]


def test_another_grouping_of_its_meter_regroups_the_groove(page: Page) -> None:
    begin(page, "5/8 (3+2)")
    click(page, 0, KICK)
    choose(page, "meter", "5/8 (2+3)")
    assert (document(page)["meter"], len(document(page)["hits"])) == ("5/8 (2+3)", 1)
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["meter"] == "5/8"
    page.wait_for_function("() => document.querySelector('#meter input').value === '5/8 (3+2)'")


def test_a_meter_that_the_menu_lacks_is_shown_and_kept_over_a_reload(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "groove.json"
    path.write_text(to_json(Take(Groove.silent(2, 100, meter=Meter.parse("11/8 (3+3+3+2)")))))
    open_file(page, path)
    page.wait_for_function("() => document.querySelector('#meter input').value === '11/8 (3+3+3+2)'")
    settle(page)
    page.reload()
    wait_until_idle(page)
    unfold(page, "more-settings")
    assert document(page)["meter"] == "11/8 (3+3+3+2)"
    page.wait_for_function("() => document.querySelector('#meter input').value === '11/8 (3+3+3+2)'")


def test_takes_and_a_session_of_version_1_open(page: Page) -> None:
    settle(page)
    page.evaluate(f"""() => {{
        const {{ meter, version, ...rest }} = {GRID}.value;
        const old = {{ ...rest, version: 1, beats_per_bar: 3, made: "0ld0ld00", hits: [[0, "kick", 0.5, 0]] }};
        const kept = JSON.parse(sessionStorage.getItem("drummer.session"));
        const doc = {{ ...kept.doc, beats_per_bar: 3, version: 1, made: "0ld0ld00" }};
        delete doc.meter;
        Object.defineProperty({GRID}.session, "write", {{ value: () => {{}} }});
        sessionStorage.setItem("drummer.session", JSON.stringify({{ ...kept, doc, past: [], future: [], steps: [] }}));
        localStorage.setItem("drummer.take.0ld0ld00", JSON.stringify({{ value: old, note: "", at: 1, stamp: "a" }}));
    }}""")
    page.reload()
    wait_until_idle(page)
    unfold(page, "more-settings")
    assert (document(page)["meter"], document(page)["made"]) == ("3/4", "0ld0ld00")
    page.click(".drum-grid .takes [data-made='0ld0ld00'] .take")
    settle(page)
    assert (document(page)["meter"], document(page)["version"]) == ("3/4", 2)
    page.click(".drum-grid [data-do=half-time]")  # the server reads it
    settle(page)
    assert document(page)["meter"] == "3/4"
    page.evaluate(f"{GRID}.stop()")
