"""Bringing a MIDI file of one's own, in a real Chromium."""

import base64
import io
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Page

from drummer.files import midi
from drummer.files.drum_maps import find_drum_map
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX
from drummer.web.grid import from_value
from tests.e2e.harness import GRID, choose, document, download, generate, next_frames, readout, unfold, wait_until_idle

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
EVIL = "<img src=x onerror=alert(1)>.mid"

# Drops a file on the panel, as a hand does that drags it out of a folder.
DROP = """([name, content]) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name, { type: "audio/midi" }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.querySelector(".bring .drop").dispatchEvent(
            new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
    }
}"""


def flat(bars: int = 8) -> Groove:
    """A pattern of eighths that nobody has played."""
    beats = np.arange(0, 4 * bars, 0.5)
    voices = np.where(beats % 2 == 0, KICK, np.where(beats % 2 == 1, SNARE, HIHAT))
    return Groove.from_hits(Hits(beats, voices, np.full(len(beats), 0.6, dtype=np.float32)), 96, bars=bars)


def with_strangers(data: bytes) -> bytes:
    """Add three notes that no drum voice takes, and a name that is a trap."""
    file = mido.MidiFile(file=io.BytesIO(data))
    track = file.tracks[0]
    track.insert(0, mido.MetaMessage("track_name", name="<b>boo</b>", time=0))
    for pitch in (3, 4, 5):
        track.insert(3, mido.Message("note_on", channel=9, note=pitch, velocity=90, time=0))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def bass_line() -> bytes:
    """Notes of a bass on channel 1, on steps 0, 9, 30 and 36 of its bar."""
    track = mido.MidiTrack()
    now = 0
    for tick in (0, 360, 1200, 1440):
        track.append(mido.Message("note_on", channel=0, note=28, velocity=90, time=tick - now))
        track.append(mido.Message("note_off", channel=0, note=28, time=60))
        now = tick + 60
    track.append(mido.MetaMessage("end_of_track", time=1920 - now))
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def shared(shared: Page) -> Page:
    unfold(shared, "bring")
    shared.wait_for_function("() => document.querySelector('.bring')?.bring")  # it is made once it is shown
    return shared


@pytest.fixture
def page(shared: Page) -> Page:
    """The panel with a flat pattern of eight bars in it, and the directions left to the drummer."""
    bring(shared, "mine.mid", midi.to_bytes(flat()))
    return shared


def bring(page: Page, name: str, data: bytes) -> str:
    """Choose a file, and read what was understood."""
    reading = page.evaluate("document.querySelector('.bring').bring.reading")
    page.set_input_files(".bring input", {"name": name, "mimeType": "audio/midi", "buffer": data})
    page.wait_for_function(
        """(before) => {
            const { reading, props } = document.querySelector(".bring").bring;
            return reading > before && props.value.understood && props.value.reading === reading;
        }""",
        arg=reading,
    )
    return page.inner_text(".bring .understood span")


def act(page: Page, action: str) -> dict[str, Any]:
    """Press a button of the panel, wait for what comes of it, and stop the sound."""
    before = document(page)["made"]
    page.click(f".bring [data-do={action}]")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    page.evaluate(f"{GRID}.stop()")
    return document(page)


def test_a_file_that_is_dropped_is_understood_shown_and_escaped(page: Page) -> None:
    held = document(page)
    data = with_strangers(midi.to_bytes(flat()))
    page.evaluate(DROP, [EVIL, base64.b64encode(data).decode()])
    page.get_by_text("3 notes had no drum voice").wait_for()
    assert page.inner_text(".bring .understood span") == "8 bars, 4/4, 96 BPM, 3 notes had no drum voice"
    assert page.inner_text(".bring .understood strong") == EVIL
    assert page.locator(".bring .understood img, .bring .understood b").count() == 0
    inks = page.evaluate("""() => {
        const canvas = document.querySelector(".bring canvas");
        return new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
    }""")
    assert inks > 4  # lanes, rules, and hits of several colours
    assert document(page) == held  # nothing happens to the groove before something is asked


def test_it_is_continued_and_undo_takes_it_back(page: Page) -> None:
    before = document(page)
    page.select_option(".bring [data-set=bars]", "2")
    after = from_value(act(page, "continue")).groove
    assert (after.bars, after.bpm) == (10, 96)
    assert (after.cut(0, 8).hits == flat().hits).all()
    assert after.cut(8, 10).hit_count > 0
    page.wait_for_function("() => document.querySelector('#tempo input').value == 96")
    assert "continued" in page.locator(".drum-grid .takes .take").first.inner_text()
    page.click(".drum-grid [data-do=undo]")
    assert readout(page) == "Undone: continue file"
    assert document(page)["hits"] == before["hits"]
    assert page.locator(".drum-grid .takes .take").first.inner_text().strip().startswith("Funk 96")


def test_it_is_humanized_with_the_seed_that_is_shown(page: Page, tmp_path: Path) -> None:
    page.fill("#seed input", "77")
    page.wait_for_function("() => !document.querySelector('#dice input').checked")
    first = act(page, "humanize")
    assert first["seed"] == 77
    performed = from_value(first).groove
    assert (performed.hits == flat().hits).all()
    assert len(np.unique(performed.velocities[performed.hits])) > 20
    assert act(page, "humanize")["hits"] == first["hits"]
    page.check("#dice input")
    assert act(page, "humanize")["hits"] != first["hits"]
    notes = pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes
    assert len({note.velocity for note in notes}) > 20


def test_its_kick_is_replaced_and_all_else_stays(page: Page) -> None:
    page.select_option(".bring [data-set=family]", "kick")
    after = from_value(act(page, "replace")).groove
    assert (after.hits[:, [SNARE, HIHAT]] == flat().hits[:, [SNARE, HIHAT]]).all()
    assert (after.hits[:, KICK] != flat().hits[:, KICK]).any()


def test_a_bass_line_offers_its_rhythm_alone_and_becomes_the_kick(page: Page) -> None:
    assert "only its rhythm can be used" in bring(page, "bass.mid", bass_line())
    assert not page.locator(".bring [data-do=humanize]").is_visible()
    after = from_value(act(page, "infill")).groove
    assert np.flatnonzero(after.hits[:, KICK]).tolist() == [0, 9, 30, 36]
    assert np.delete(after.hits, KICK, axis=1).any()


def test_drums_of_the_pages_genre_and_style_follow_a_bass_line(page: Page) -> None:
    bring(page, "bass.mid", bass_line())
    choose(page, "genre", "Latin")
    choose(page, "style", "Samba")
    after = act(page, "follow")
    assert (after["bars"], after["settings"]["genre"], after["settings"]["style"]) == (1, "latin", "samba")
    page.select_option(".bring [data-set=length]", "2")
    groove = from_value(act(page, "follow")).groove
    assert (groove.bars, groove.bpm) == (2, 120)
    onsets = [9, 30, 36, 48 + 9, 48 + 30, 48 + 36]  # without downbeats, which may be early
    assert groove.hits[onsets].any(axis=1).mean() >= 0.5
    choose(page, "genre", "Funk")


def test_the_part_that_is_the_rhythm_is_chosen(page: Page) -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for name, channel, steps in (("<i>Bass", 1, (0, 9, 30)), ("Chords", 0, (0, 24))):
        track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
        for step in steps:
            track.append(mido.Message("note_on", channel=channel, note=28, velocity=90, time=40 * step - now))
            now = 40 * step
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    assert "notes of '<i>Bass' on channel 2" in bring(page, "song.mid", buffer.getvalue())
    menu = page.locator(".bring [data-set=part]")
    assert menu.locator("option").all_inner_texts() == ["<i>Bass, channel 2, 3 notes", "Chords, channel 1, 2 notes"]
    menu.select_option(label="Chords, channel 1, 2 notes")
    page.get_by_text("notes of 'Chords' on channel 1").wait_for()
    after = from_value(act(page, "infill")).groove
    assert np.flatnonzero(after.hits[:, KICK]).tolist() == [0, 24]
    assert menu.input_value() == "2"


def test_another_drum_map_reads_the_file_anew(page: Page) -> None:
    data = midi.to_bytes(flat(), drum_map=find_drum_map("addictive_drums_2"))
    bring(page, "ad2.mid", data)
    page.select_option(".bring [data-set=map]", "addictive_drums_2")
    page.wait_for_function(
        "() => document.querySelector('.bring').bring.held?.shown.hits.some(([, voice]) => voice === 4)"  # a closed hi-hat
    )
    assert (from_value(act(page, "open")).groove.hits == flat().hits).all()
    page.select_option(".bring [data-set=map]", "general_midi")


def test_a_broken_file_gets_a_sentence_and_costs_nothing(page: Page) -> None:
    held = document(page)
    page.set_input_files(".bring input", {"name": EVIL, "mimeType": "audio/midi", "buffer": midi.to_bytes(flat())[:40]})
    message = page.locator(".toast-body")
    message.wait_for()
    assert "is incomplete: it ends before its first note" in message.inner_text()
    page.locator(".toast-close").click()
    page.set_input_files(".bring input", {"name": EVIL, "mimeType": "audio/midi", "buffer": bytes(1_000_001)})
    assert page.inner_text(".bring .note") == f"{EVIL} is too large: a MIDI file can have at most 1 MB"
    assert page.locator(".bring .note img").count() == 0
    assert document(page) == held
    assert not page.is_visible(".bring .held")  # what is asked for next is about no file by mistake


def test_a_file_that_is_chosen_while_another_is_being_read_is_read_too(page: Page) -> None:
    page.evaluate("""() => {
        const map = document.querySelector(".bring [data-set=map]");
        map.value = "addictive_drums_2";
        map.dispatchEvent(new Event("change", { bubbles: true }));
        map.value = "general_midi";
    }""")
    assert bring(page, "next.mid", midi.to_bytes(flat(2))) == "2 bars, 4/4, 96 BPM"
    assert page.inner_text(".bring .understood strong") == "next.mid"


def test_a_rejected_file_puts_the_one_before_away(page: Page) -> None:
    toast = page.locator(".toast-body")
    for name, data in (("broken.mid", b"MThd no such file"), ("empty.mid", b"")):
        bring(page, "good.mid", midi.to_bytes(flat(2)))
        assert page.is_visible(".bring .actions")
        page.set_input_files(".bring input", {"name": name, "mimeType": "audio/midi", "buffer": data})
        if data:
            toast.wait_for()
            page.locator(".toast-close").click()
        else:
            page.get_by_text("empty.mid is empty").wait_for()
        page.locator(".bring .held").wait_for(state="hidden")
        assert page.evaluate("document.querySelector('.bring').bring.held") is None


def test_a_good_file_after_a_bad_one_is_read(page: Page) -> None:
    """Chosen while the server still reads the bad one."""
    bad, good = (
        {"name": f"{name}.mid", "mimeType": "audio/midi", "buffer": data}
        for name, data in (("bad", b"MThd no such file"), ("good", midi.to_bytes(flat(3))))
    )
    page.set_input_files(".bring input", bad)
    page.set_input_files(".bring input", good)
    page.get_by_text("3 bars, 4/4, 96 BPM").wait_for()
    assert page.is_visible(".bring .actions")
    page.locator(".toast-close").click()


def test_it_works_by_keyboard(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "keys.mid"
    path.write_bytes(midi.to_bytes(flat(2)))
    page.focus("#bring .label-wrap")
    page.keyboard.press("Tab")
    with page.expect_file_chooser() as chooser:
        next_frames(page)  # Playwright asks Chromium for the chooser, and does not wait for an answer
        page.keyboard.press("Enter")
    chooser.value.set_files(str(path))
    page.get_by_text("2 bars, 4/4, 96 BPM").wait_for()
    for _ in range(6):  # its map, tap, for how many bars, continue, for how many bars, humanize
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.do") == "humanize"
    before = document(page)["made"]
    page.keyboard.press("Enter")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    assert document(page)["bars"] == 2
    page.evaluate(f"{GRID}.stop()")


TAPS = "document.querySelector('.bring').bring.taps"
HELD = "document.querySelector('.bring').bring.held.taps"


def record(page: Page, bars: int, meter: str = "4/4", bpm: float = 200) -> None:
    """Put a groove into the grid, and begin to tap to a click at its tempo."""
    signature = Meter.parse(meter)
    beats = np.arange(0, 2 * signature.quarters, 0.5)
    hits = Hits(beats, np.full(len(beats), KICK), np.full(len(beats), 0.6, dtype=np.float32))
    bring(page, "grid.mid", midi.to_bytes(Groove.from_hits(hits, bpm, bars=2, meter=signature)))
    act(page, "open")
    page.select_option(".bring [data-set=tapped]", str(bars))
    page.click(".bring .start")
    page.wait_for_function(f"{TAPS}.run?.began")


def tap_at(page: Page, beats: list[float], late: float = 0.0) -> None:
    """Tap at beats of the recorded bars, as exactly as no hand does, all of them so many beats late; the second is the loudest.

    The taps are noted at once, in less time than the count-in takes.
    """
    page.evaluate(
        """([beats, late]) => {
            const { taps } = document.querySelector(".bring").bring;
            const beat = 60000 / taps.run.groove.bpm;
            const heard = 1000 * (taps.run.context.outputLatency || 0);
            beats.forEach((each, index) => taps.tap(taps.run.began + heard + (each + late) * beat, index === 1 ? 1 : 0.6));
        }""",
        [beats, late],
    )


def recorded(page: Page) -> list[list[float]]:
    """Wait until the recording is over; return the taps."""
    page.locator(".bring .understood strong", has_text="Tapped rhythm").wait_for()
    taps: list[list[float]] = page.evaluate(f"{HELD}.taps")
    return taps


def test_drums_follow_a_rhythm_that_is_tapped(page: Page) -> None:
    record(page, bars=2)
    tap_at(page, [4, 4.75, 6.5, 7], late=0.1)
    assert len(recorded(page)) == 4
    assert page.inner_text(".bring .understood span") == "4 taps in 2 bars of 4/4, 200 BPM"
    assert not page.is_visible(".bring [data-do=humanize]")
    after = from_value(act(page, "follow")).groove
    assert (after.bars, after.bpm) == (8, 200)
    onsets = [96 * time + 48 + step for time in range(4) for step in (9, 30, 36)]  # without downbeats, which may be early
    assert after.hits[onsets].any(axis=1).mean() >= 0.9


def test_a_bar_of_rest_stays_and_taps_become_kicks(page: Page) -> None:
    record(page, bars=2)
    tap_at(page, [0, 0.75, 2.5])
    recorded(page)
    after = from_value(act(page, "infill")).groove
    assert after.bars == 2
    assert np.flatnonzero(after.hits[:, KICK]).tolist() == [0, 9, 30]


@pytest.mark.parametrize(
    ("beats", "late"),
    [
        ([0, 0.75, 1.5, 2.5, 3], 0.0),
        ([0, 0.75, 1.5, 2.5, 3], 0.11),
        ([0, 0.75, 1.5, 2.5, 3], -0.11),
        ([0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 11 / 3], 0.0),  # a shuffle
        ([2 / 3, 5 / 3, 8 / 3, 3, 11 / 3], 0.1),
        ([2 / 3, 5 / 3, 8 / 3, 11 / 3], 0.02),
    ],
)
def test_taps_that_are_all_late_are_on_the_grid_and_swing_stays(page: Page, beats: list[float], late: float) -> None:
    record(page, bars=1)
    tap_at(page, beats, late)
    assert [beat for beat, _ in recorded(page)] == pytest.approx(beats, abs=0.01)


def test_taps_at_the_edges_and_the_grouping_of_the_meter_are_kept(page: Page) -> None:
    record(page, bars=1, meter="7/8")
    page.keyboard.press("Escape")
    page.evaluate(f"{GRID}.doc.meter = '7/8 (3+2+2)'")
    page.click(".bring .start")
    page.wait_for_function(f"{TAPS}.run?.began")
    tap_at(page, [-0.05, 1.5, 2.5, 2.53, 3.48, 3.7])  # early, two in time, one twice, the downbeat again, and too late
    taps = recorded(page)
    assert [beat for beat, _ in taps] == pytest.approx([0, 1.5, 2.5], abs=0.06)
    assert [strength for _, strength in taps] == [0.6, 1, 0.6]
    after = act(page, "follow")
    assert after["meter"] == "7/8 (3+2+2)"


def test_keys_and_touches_tap_and_nothing_else(page: Page) -> None:
    record(page, bars=4, bpm=60)
    page.wait_for_function(f"performance.now() > {TAPS}.run.began")
    page.keyboard.press(" ")
    page.keyboard.press("Shift+K")
    page.keyboard.press("ArrowUp")  # no tap
    box = page.locator(".bring .field").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 0.9 * box["height"])
    loud = [strength for _, strength in page.evaluate(f"{TAPS}.run.taps")]
    assert loud[:2] == [0.7, 1]
    assert 0.35 <= loud[2] < 0.5
    assert len(loud) == 3
    assert page.locator(".bring .marks i").count() == 3
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")  # anywhere else: a tap still, and no play
    assert page.locator(".bring .marks i").count() == 4
    assert not page.evaluate(f"{GRID}.transport.wanted")
    page.focus(".bring .field")
    page.keyboard.press("Escape")
    page.locator(".bring .stage").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className") == "start"  # the focus is not lost


def test_tapping_is_given_up_and_the_rhythm_from_before_stays(page: Page) -> None:
    length = page.input_value(".bring [data-set=length]")
    record(page, bars=1)
    tap_at(page, [0, 1])
    recorded(page)
    assert page.input_value(".bring [data-set=length]") == "8"
    for give_up in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.click(".bring .start"),
        lambda: page.evaluate(f"{GRID}.play()"),
        lambda: page.evaluate("document.querySelector('#bring .label-wrap').click()"),
    ):
        page.click(".bring .start")
        page.wait_for_function(f"{TAPS}.run?.began")
        assert page.inner_text(".bring .start") == "Stop"
        tap_at(page, [0, 1, 2])
        give_up()
        page.wait_for_function(f"{TAPS}.run === null")
        page.evaluate(f"{GRID}.stop()")
        unfold(page, "bring")
        assert page.inner_text(".bring .start") == "Tap a rhythm"
        assert page.locator(".bring .marks i").count() == 2
        assert len(page.evaluate(f"{HELD}.taps")) == 2
    page.click(".bring .start")
    bring(page, "mine.mid", midi.to_bytes(flat()))
    assert page.evaluate(f"{TAPS}.run") is None
    assert not page.is_visible(".bring .stage")
    assert page.input_value(".bring [data-set=length]") == length  # not the eight bars of taps


def test_bars_without_a_tap_get_a_sentence_and_cost_nothing(page: Page) -> None:
    record(page, bars=1, bpm=240)
    page.get_by_text("No tap was heard: press Tap a rhythm again, and tap once the count-in is over").wait_for()
    assert page.inner_text(".bring .understood strong") == "grid.mid"
    assert page.is_visible(".bring [data-do=humanize]")


def test_generate_goes_on_as_before(page: Page) -> None:
    generate(page)
    assert document(page)["seed"] is not None
