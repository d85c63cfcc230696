"""The drum grid plays: what is heard in a real Chromium while a groove is edited, muted and changed."""

from pathlib import Path

import pretty_midi
import pytest
from playwright.sync_api import Page

from drummer import audio
from drummer.music.voices import VOICE_INDEX
from tests.e2e.grid import KICK, SNARE, click, empty, hits, place
from tests.e2e.harness import (
    GRID,
    begin_to_count_in,
    calls,
    choose,
    document,
    download,
    generate,
    is_playing,
    settle,
    unanswered,
)

pytestmark = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")


@pytest.fixture
def page(shared: Page) -> Page:
    """The page with an empty bar."""
    empty(shared)
    return shared


def level(page: Page, milliseconds: int = 250, beats: tuple[float, float] | None = None) -> float:
    """RMS of what is heard during a while, in full scale; or of so much that lies between two beats of a bar."""
    loudness: float = page.evaluate(
        f"""async ([milliseconds, beats]) => {{
            const grid = {GRID};
            const isInside = () => !beats || (grid.playBeat % 4 >= beats[0] && grid.playBeat % 4 < beats[1]);
            const analyser = (grid.probe ??= (() => {{
                const node = grid.context.createAnalyser();
                node.fftSize = 2048;
                grid.mixer.output.connect(node);
                return node;
            }})());
            const samples = new Float32Array(2048);
            let sum = 0, count = 0;
            const end = performance.now() + milliseconds;
            while (beats ? count < milliseconds / 20 : performance.now() < end) {{
                await new Promise((done) => setTimeout(done, 20));
                if (!isInside()) continue;
                analyser.getFloatTimeDomainData(samples);
                sum += samples.reduce((total, sample) => total + sample * sample, 0) / samples.length;
                count += 1;
            }}
            return Math.sqrt(sum / count);
        }}""",
        [milliseconds, beats],
    )
    return loudness


def is_heard(page: Page, more_than: float) -> bool:
    """Listen until it is louder than that: where another process holds the processor, sound comes late."""
    return any(level(page) > more_than for _ in range(20))


def play(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"{GRID}.playBeat > 0")


def test_space_plays_and_the_playhead_follows_the_clock(page: Page) -> None:
    for step in range(0, 48, 3):
        click(page, step, SNARE)
    play(page)
    assert is_heard(page, 0.01)
    one, two = page.evaluate(
        f"""async () => {{
            const read = () => [{GRID}.playBeat, {GRID}.context.currentTime];
            const one = read();
            await new Promise((done) => setTimeout(done, 300));
            return [one, read()];
        }}"""
    )
    assert two[0] - one[0] == pytest.approx(two[1] - one[1], abs=0.03)  # a beat a second
    assert page.inner_text(".drum-grid .clock") != ""
    page.keyboard.press("Space")
    assert not is_playing(page)
    assert any(level(page) < 0.001 for _ in range(20))


def test_mute_and_solo_act_at_once_and_downloads_hold_what_is_heard(page: Page, tmp_path: Path) -> None:
    for step in range(0, 48, 3):
        click(page, step, SNARE)
    click(page, 0, KICK)
    between_kicks = (2, 3.5)
    play(page)
    assert is_heard(page, 0.01)
    before_them = f"{GRID}.playBeat % 4 < 1"  # so that a hit from before the click has died away
    with unanswered(page):
        page.get_by_role("button", name="Mute Snare", exact=True).click()
        page.wait_for_function(before_them)
        assert level(page, 150, between_kicks) < 0.002
    assert [note.pitch for note in pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes] == [36]
    page.get_by_role("button", name="Mute Snare", exact=True).click()
    page.get_by_role("button", name="Solo Crash", exact=True).click()
    page.wait_for_function(before_them)
    assert level(page, 150, between_kicks) < 0.002
    page.get_by_role("button", name="Solo Crash", exact=True).click()
    assert is_heard(page, 0.01)


def test_an_edit_is_heard_in_the_same_round_without_a_request(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    quiet = level(page, 100, (1.6, 2.4))
    with unanswered(page):
        click(page, 33, SNARE)
        assert level(page, 120, (2.8, 3)) > 10 * max(quiet, 1e-4)


def test_the_tempo_changes_while_it_plays_and_the_beat_goes_on(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    settle(page)
    page.wait_for_function(f"{GRID}.playBeat > 1")  # so that to begin anew would be seen
    read = f"[{GRID}.playBeat, {GRID}.context.currentTime]"
    with calls(page) as requests:
        beat, begun = page.evaluate(read)
        page.fill("#tempo input[type=number]", "120")
        page.press("#tempo input[type=number]", "Tab")
        page.wait_for_function(f"{GRID}.doc.bpm === 120")
        after, now = page.evaluate(read)
        assert now - begun - 0.05 < after - beat < 2 * (now - begun) + 0.05  # a beat a second, then two
        settle(page)
        assert len(requests) == 1
    assert is_playing(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    page.wait_for_function("document.querySelector('#tempo input').value == 60")


def test_tapping_sets_the_tempo(page: Page) -> None:
    first, last = page.evaluate("""async () => {
        const times = []; // just before each tap, and just after it
        for (let tap = 0; tap < 4; tap++) {
            if (tap) await new Promise((done) => setTimeout(done, 400));
            const before = performance.now() / 1000;
            document.querySelector(".drum-grid [data-do=tap]").click();
            times.push([before, performance.now() / 1000]);
        }
        return [times[0], times.at(-1)];
    }""")
    slowest, fastest = 3 * 60 / (last[1] - first[0]), 3 * 60 / (last[0] - first[1])
    assert slowest - 2 < document(page)["bpm"] < fastest + 2
    page.wait_for_function(f"document.querySelector('#tempo input').value == {GRID}.doc.bpm")


def test_another_kit_plays_the_same_groove(page: Page) -> None:
    click(page, 0, KICK)
    click(page, 24, SNARE)
    play(page)
    before = hits(page)
    page.wait_for_function(f"(async () => Boolean(await {GRID}.transport.loadKit('red_zeppelin')))()")
    with calls(page) as requests:
        choose(page, "kit", "Red Zeppelin")
        page.wait_for_function(f"(async () => {GRID}.player.kit === await {GRID}.transport.loadKit('red_zeppelin'))()")
        assert len([request for request in requests if "made" not in request]) == 0
    assert hits(page) == before
    assert is_playing(page)
    choose(page, "kit", "Black Pearl")


def test_count_in_and_metronome(page: Page) -> None:
    page.click(".drum-grid [data-do=count-in]")
    page.evaluate("document.activeElement.blur()")
    beat, clock = begin_to_count_in(page, lambda: page.keyboard.press("Space"), beats=4)
    assert -4 <= beat < -3
    assert clock == "-4"
    assert is_heard(page, 0.002)  # clicks, of an empty bar
    page.keyboard.press("Space")
    page.click(".drum-grid [data-do=count-in]")
    play(page)
    assert level(page, 1100) < 0.001
    page.click(".drum-grid [data-do=metronome]")
    assert is_heard(page, 0.002)
    page.click(".drum-grid [data-do=metronome]")


def test_the_volume_is_turned_down(page: Page) -> None:
    for step in range(0, 48, 3):
        click(page, step, SNARE)
    play(page)
    usual = level(page, 500)
    page.fill(".drum-grid [data-set=volume]", "20")
    assert any(level(page, 500) < usual / 4 for _ in range(10))
    page.fill(".drum-grid [data-set=volume]", "80")


def test_a_hit_rings_on_in_the_room(page: Page) -> None:
    click(page, 0, VOICE_INDEX["rim"])
    rung_out = (0.4, 0.6)
    play(page)
    dry = level(page, 100, rung_out)
    page.click(".drum-grid .mix summary")
    page.get_by_label("Room", exact=True).fill("1")
    page.wait_for_function(f"{GRID}.playBeat % 4 > 1")  # what rings from here on has begun in the room
    page.wait_for_function(f"{GRID}.playBeat % 4 < 0.3")
    assert level(page, 100, rung_out) > 5 * dry
    page.get_by_label("Room", exact=True).fill("0")


def test_a_click_on_the_bar_numbers_plays_from_there(page: Page) -> None:
    click(page, 0, KICK)
    x, _ = place(page, 24, KICK)
    top = page.locator(".drum-grid .roll").bounding_box()  # place() has scrolled it into sight
    assert top
    page.mouse.click(x, top["y"] + 10)
    page.wait_for_function("document.querySelector('.drum-grid .clock').textContent === '1.3'")
    play(page)
    assert page.evaluate(f"{GRID}.playBeat") > 1.9  # what is heard is a little behind what is being mixed


def test_generating_while_it_plays_keeps_time(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    generate(page, listen=True)
    assert is_playing(page)
