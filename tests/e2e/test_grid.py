"""What a musician does with the drum grid: clicked, dragged, typed and heard in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Drummer, audio
from drummer.music.voices import VOICE_INDEX
from drummer.web.grid import from_value
from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    download,
    generate,
    is_playing,
    number,
    settle,
    unanswered,
    visit,
)

KICK, SNARE, CRASH, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "crash", "hihat_closed"))

# Clicks on points of the roll, one each 20 ms, however busy the machine is.
CLICKS = """async (points) => {
    const roll = document.querySelector(".drum-grid .roll");
    roll.setPointerCapture = () => {};
    for (const [clientX, clientY] of points) {
        const point = { clientX, clientY, button: 0 };
        for (const kind of ["pointerdown", "pointerup"]) roll.dispatchEvent(new PointerEvent(kind, point));
        await new Promise((done) => setTimeout(done, 20));
    }
    delete roll.setPointerCapture;
}"""

needs_sound = pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app) as opened:
        yield opened


@pytest.fixture
def page(shared: Page) -> Page:
    """The same page, with an empty bar of 60 BPM to work on, and nothing played."""
    shared.evaluate(f"""() => {{
        const grid = {GRID};
        grid.stop();
        grid.editor.drag = null;
        grid.editor.cursor = {{ step: 0, voice: 0 }};
        grid.editor.tool = "draw";
        grid.start = 0;
        grid.zoom = null;
        grid.props.value = {{ ...grid.value, bpm: 60, bars: 1, hits: [], edited: false, made: String(Math.random()),
            settings: {{ ...grid.value.settings, kit: "black_pearl" }} }};
        grid.receive();
        for (const what of ["muted", "soloed", "locked"]) for (const voice of grid.doc[what]) grid.toggleLane(what, voice);
        grid.history.past = []; grid.history.future = [];
        document.activeElement.blur();
    }}""")
    return shared


def hits(page: Page) -> list[list[float]]:
    """Hits with voices by their index: [step, voice, velocity, offset]."""
    found: list[list[float]] = page.evaluate(f"{GRID}.doc.hits")
    return found


def place(page: Page, step: float, voice: int) -> tuple[float, float]:
    """Where a step of a voice is on the screen; a little to the right of its line."""
    x, y = page.evaluate(
        f"""([step, voice]) => {{
            const grid = {GRID};
            grid.parts.scroller.scrollIntoView({{ block: "nearest" }});
            const box = grid.parts.roll.getBoundingClientRect();
            return [box.x + grid.sheet.x(step) + 4, box.y + grid.sheet.laneTop(voice) + grid.sheet.laneHeight / 2];
        }}""",
        [step, voice],
    )
    return x, y


def click(page: Page, step: float, voice: int) -> None:
    page.mouse.click(*place(page, step, voice))


def drag(page: Page, step: float, voice: int, dx: float, dy: float) -> None:
    x, y = place(page, step, voice)
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.3, 0.6, 1):
        page.mouse.move(x + part * dx, y + part * dy)
    page.mouse.up()


# -- editing ---------------------------------------------------------------------------------------------------------------


def test_a_click_adds_a_hit_and_another_removes_it(page: Page, tmp_path: Path) -> None:
    click(page, 12, SNARE)
    assert [hit[:2] for hit in hits(page)] == [[12, SNARE]]
    midi_file = download(page, "midi", tmp_path)
    assert midi_file.stem.endswith("_edited")
    (note,) = pretty_midi.PrettyMIDI(str(midi_file)).instruments[0].notes
    assert (note.pitch, note.start) == (38, pytest.approx(1.0))
    click(page, 12, SNARE)
    assert hits(page) == []


def test_dragging_a_hit_up_and_down_changes_its_velocity_alone(page: Page) -> None:
    click(page, 24, KICK)
    (before,) = hits(page)
    drag(page, 24, KICK, 3, -20)
    (louder,) = hits(page)
    assert louder[2] > before[2] + 0.1 and louder[3] == before[3] == 0
    drag(page, 24, KICK, 0, 300)
    (softest,) = hits(page)
    assert softest[2] == pytest.approx(1 / 127, abs=1e-3)


def test_dragging_a_hit_sideways_changes_its_timing_within_half_a_step(page: Page) -> None:
    click(page, 24, KICK)
    (before,) = hits(page)
    drag(page, 24, KICK, 12, 2)
    (later,) = hits(page)
    assert 0.1 < later[3] < 0.5 and later[2] == before[2] and later[0] == 24
    assert "ms late" in page.inner_text(".drum-grid .readout")
    drag(page, 24 + later[3], KICK, -300, 0)
    (earliest,) = hits(page)
    assert earliest[3] == -0.5 and earliest[0] == 24


def test_a_box_selects_and_delete_removes(page: Page) -> None:
    for step in (0, 12, 24, 36):
        click(page, step, SNARE)
    click(page, 0, KICK)
    x, y = place(page, 11, SNARE + 1)
    right, bottom = place(page, 26, SNARE)
    page.mouse.move(x - 6, y)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=4)
    page.mouse.up()
    assert page.evaluate(f"{GRID}.selection.size") == 2
    page.keyboard.press("Delete")
    assert [hit[:2] for hit in hits(page)] == [[0, KICK], [0, SNARE], [36, SNARE]]


def test_what_is_selected_is_shaped_together(page: Page) -> None:
    for step in (0, 12):
        click(page, step, SNARE)
    page.keyboard.press("Control+a")
    before = [hit[2] for hit in hits(page)]
    drag(page, 12, SNARE, 0, 22)
    assert [hit[2] for hit in hits(page)] == pytest.approx([velocity - 0.2 for velocity in before], abs=0.01)


def test_the_keyboard_alone_edits(page: Page) -> None:
    page.focus(".drum-grid .roll")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert [hit[:2] for hit in hits(page)] == [[6, SNARE]]
    velocity = hits(page)[0][2]
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert hits(page)[0][2] > velocity
    page.keyboard.press(".")
    assert hits(page)[0][3] == pytest.approx(0.05)
    page.keyboard.press("Control+ArrowRight")
    assert hits(page)[0][0] == 9
    page.keyboard.press("Delete")
    assert hits(page) == []


def test_a_screen_reader_is_told_where_the_cursor_is_and_what_is_there(page: Page) -> None:
    spoken = page.locator(".drum-grid .spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    page.focus(".drum-grid .roll")
    page.keyboard.press("ArrowRight")
    assert spoken.inner_text() == "Kick, bar 1, beat 1 and 1/4, empty"
    page.keyboard.press("Enter")
    assert spoken.inner_text() == "Kick, bar 1, beat 1 and 1/4, velocity 95, on the grid"
    assert page.get_attribute(".drum-grid .roll", "aria-label")


def test_undo_and_redo_by_keys_and_buttons(page: Page) -> None:
    click(page, 0, KICK)
    click(page, 12, SNARE)
    drag(page, 12, SNARE, 0, -15)
    three = hits(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert [hit[:2] for hit in hits(page)] == [[0, KICK]]
    page.click(".drum-grid [data-do=redo]")
    page.keyboard.press("Control+Shift+Z")
    assert hits(page) == three
    for _ in range(3):
        page.click(".drum-grid [data-do=undo]")
    assert hits(page) == []
    assert page.locator(".drum-grid [data-do=undo]").is_disabled()


def test_generate_can_be_undone_and_the_settings_follow(page: Page) -> None:
    choose(page, "genre", "Jazz")
    generate(page)
    jazz, seed = document(page), number(page, "seed")
    choose(page, "genre", "Rock")
    generate(page)
    page.click(".drum-grid [data-do=undo]")
    assert document(page)["hits"] == jazz["hits"]
    page.wait_for_function("(seed) => document.querySelector('#seed input').value == seed", arg=seed)
    assert page.input_value("#genre input") == "Jazz"
    assert number(page, "tempo") == jazz["bpm"]


def test_eight_fast_edits_are_one_request_and_the_last_state_wins(page: Page, tmp_path: Path) -> None:
    settle(page)
    with calls(page) as requests:
        page.evaluate(CLICKS, [place(page, step, HIHAT) for step in range(0, 24, 3)])
        settle(page)
        assert len(requests) == 1
        assert requests[0].count("hihat_closed") == 8
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    assert len(notes) == 8


def test_a_download_right_after_an_edit_holds_it(page: Page, tmp_path: Path) -> None:
    click(page, 0, KICK)
    download(page, "midi", tmp_path)
    click(page, 12, KICK)
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    assert len(notes) == 2


def test_thirty_two_bars_scroll_and_the_overview_leads_there(page: Page) -> None:
    page.fill("#bars input[type=number]", "32")
    page.press("#bars input[type=number]", "Tab")
    generate(page)
    assert document(page)["bars"] == 32
    page.evaluate(f"{GRID}.stop()")
    page.evaluate(f"{GRID}.root.scrollIntoView()")
    box = page.locator(".drum-grid .overview").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + 10)
    page.wait_for_function("document.querySelector('.drum-grid .scroller').scrollLeft > 1000")
    last = 31 * 48
    count = len(hits(page))
    crashes = [hit[0] for hit in hits(page) if hit[1] == CRASH]
    # Marks lie beside their steps, as early or late as they are.
    free = next(step for step in range(last, last + 48, 3) if all(abs(step - crash) > 3 for crash in crashes))
    click(page, free, CRASH)
    assert len(hits(page)) == count + 1
    page.fill("#bars input[type=number]", "8")
    page.press("#bars input[type=number]", "Tab")


def test_two_visitors_have_a_groove_each(browser: Browser, app: App, page: Page) -> None:
    click(page, 0, KICK)
    mine = document(page)
    with visit(browser, app) as other:
        generate(other)
        other.evaluate(f"{GRID}.stop()")
        theirs = document(other)
        assert theirs["hits"] != mine["hits"]
        assert document(page) == mine


def test_fingers_tap_drag_and_scroll(browser: Browser, app: App) -> None:
    with visit(browser, app, 390, 844, touch=True) as page:
        page.evaluate(f"{GRID}.commit({{ ...{GRID}.doc, hits: [] }})")
        page.locator(".drum-grid .roll").scroll_into_view_if_needed()
        page.touchscreen.tap(*place(page, 12, SNARE))
        assert [hit[:2] for hit in hits(page)] == [[12, SNARE]]
        x, y = place(page, 12, SNARE)
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: dict[str, float]) -> None:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

        touch("touchStart", {"x": x, "y": y})
        for distance in (8, 16, 24):
            touch("touchMove", {"x": x, "y": y + distance})
        touch("touchEnd")
        (hit,) = hits(page)
        assert hit[2] < 0.65  # dragged down: softer
        assert page.evaluate("window.innerWidth") == 390


# -- playing ---------------------------------------------------------------------------------------------------------------


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


@needs_sound
def test_space_plays_and_stops_and_the_playhead_follows_the_clock(page: Page) -> None:
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


@needs_sound
def test_mute_and_solo_act_at_once_and_downloads_hold_what_is_heard(page: Page, tmp_path: Path) -> None:
    for step in range(0, 48, 3):
        click(page, step, SNARE)
    click(page, 0, KICK)
    between_kicks = (2, 3.5)
    play(page)
    assert is_heard(page, 0.01)
    before_them = f"{GRID}.playBeat % 4 < 1"  # so that a hit from before the click has died away
    page.wait_for_function(before_them)
    with unanswered(page):
        page.get_by_role("button", name="Mute Snare", exact=True).click()
        assert level(page, 150, between_kicks) < 0.002
    assert [note.pitch for note in pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes] == [36]
    page.get_by_role("button", name="Mute Snare", exact=True).click()
    page.wait_for_function(before_them)
    page.get_by_role("button", name="Solo Crash", exact=True).click()
    assert level(page, 150, between_kicks) < 0.002
    page.get_by_role("button", name="Solo Crash", exact=True).click()
    assert is_heard(page, 0.01)


@needs_sound
def test_an_edit_is_heard_in_the_same_round_without_a_request(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    quiet = level(page, 100, (1.6, 2.4))
    with unanswered(page):
        click(page, 33, SNARE)
        assert level(page, 120, (2.8, 3)) > 10 * max(quiet, 1e-4)


@needs_sound
def test_the_tempo_changes_while_it_plays_and_the_beat_goes_on(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    settle(page)
    page.wait_for_function(f"{GRID}.playBeat > 1")  # so that to begin anew would be seen
    with calls(page) as requests:
        beat = page.evaluate(f"{GRID}.playBeat")
        page.fill("#tempo input[type=number]", "120")
        page.press("#tempo input[type=number]", "Tab")
        page.wait_for_function(f"{GRID}.doc.bpm === 120")
        after = page.evaluate(f"{GRID}.playBeat")
        assert beat - 0.05 < after < beat + 1.5
        settle(page)
        assert len(requests) == 1
    assert is_playing(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    page.wait_for_function("document.querySelector('#tempo input').value == 60")


@needs_sound
def test_tapping_sets_the_tempo(page: Page) -> None:
    seconds = page.evaluate("""async () => {
        const times = [];
        for (let tap = 0; tap < 4; tap++) {
            if (tap) await new Promise((done) => setTimeout(done, 400));
            document.querySelector(".drum-grid [data-do=tap]").click();
            times.push(performance.now() / 1000);
        }
        return times.at(-1) - times[0];
    }""")
    assert document(page)["bpm"] == pytest.approx(3 * 60 / seconds, abs=2)
    page.wait_for_function(f"document.querySelector('#tempo input').value == {GRID}.doc.bpm")


@needs_sound
def test_another_kit_plays_the_same_groove(page: Page) -> None:
    click(page, 0, KICK)
    click(page, 24, SNARE)
    play(page)
    before = hits(page)
    page.wait_for_function(f"(async () => Boolean(await {GRID}.loadKit('red_zeppelin')))()")
    with calls(page) as requests:
        choose(page, "kit", "Red Zeppelin")
        page.wait_for_function(f"(async () => {GRID}.player.kit === await {GRID}.loadKit('red_zeppelin'))()")
        assert len([request for request in requests if "made" not in request]) == 0
    assert hits(page) == before
    assert is_playing(page)
    choose(page, "kit", "Black Pearl")


@needs_sound
def test_count_in_and_metronome(page: Page) -> None:
    page.click(".drum-grid [data-do=count-in]")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"{GRID}.player?.playing")
    assert page.evaluate(f"{GRID}.playBeat") < -3
    assert page.inner_text(".drum-grid .clock").startswith("-")
    assert is_heard(page, 0.002)  # clicks, of an empty bar
    page.keyboard.press("Space")
    page.click(".drum-grid [data-do=count-in]")
    play(page)
    assert level(page, 1100) < 0.001
    page.click(".drum-grid [data-do=metronome]")
    assert is_heard(page, 0.002)
    page.click(".drum-grid [data-do=metronome]")


@needs_sound
def test_the_volume_is_turned_down(page: Page) -> None:
    for step in range(0, 48, 3):
        click(page, step, SNARE)
    play(page)
    usual = level(page, 500)
    page.fill(".drum-grid [data-set=volume]", "20")
    assert any(level(page, 500) < usual / 4 for _ in range(10))
    page.fill(".drum-grid [data-set=volume]", "80")


@needs_sound
def test_a_hit_rings_on_in_the_room(page: Page) -> None:
    click(page, 0, VOICE_INDEX["rim"])
    rung_out = (0.4, 0.6)
    play(page)
    dry = level(page, 100, rung_out)
    page.fill(".drum-grid [data-set=room]", "100")
    page.wait_for_function(f"{GRID}.playBeat % 4 < 0.3")
    assert level(page, 100, rung_out) > 5 * dry
    page.fill(".drum-grid [data-set=room]", "0")


@needs_sound
def test_a_click_on_the_bar_numbers_plays_from_there(page: Page) -> None:
    click(page, 0, KICK)
    x, _ = place(page, 24, KICK)
    top = page.locator(".drum-grid .roll").bounding_box()  # place() has scrolled it into sight
    assert top
    page.mouse.click(x, top["y"] + 10)
    page.wait_for_function("document.querySelector('.drum-grid .clock').textContent === '1.3'")
    play(page)
    assert page.evaluate(f"{GRID}.playBeat") > 1.9  # what is heard is a little behind what is being mixed


@needs_sound
def test_generating_while_it_plays_keeps_time(page: Page) -> None:
    click(page, 0, KICK)
    play(page)
    generate(page)
    assert is_playing(page)


def test_a_groove_from_the_server_comes_back_as_it_went(page: Page) -> None:
    """What the drummer played is not changed by a visit to the browser, bit for bit."""
    page.fill("#seed input", "77")
    choose(page, "genre", "Soul")
    generate(page)
    shown = document(page)
    settings = shown["settings"]
    again = Drummer.load(settings["model"]).generate(
        genre="soul", bpm=shown["bpm"], bars=shown["bars"], temperature=settings["temperature"], seed=77
    )
    assert from_value(shown).groove == again
