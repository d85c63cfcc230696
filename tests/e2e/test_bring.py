"""Bringing a MIDI file of one's own, in a real Chromium."""

import base64
import io
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Page

from drummer.files import midi
from drummer.files.drum_maps import find_drum_map
from drummer.web.grid import from_value
from tests.e2e.bring import HIHAT, KICK, SNARE, act, bring, flat
from tests.e2e.harness import GRID, choose, document, download, generate, next_frames, readout

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


@pytest.fixture
def page(panel: Page) -> Page:
    """The panel with a flat pattern of eight bars in it, and the directions left to the drummer."""
    bring(panel, "mine.mid", midi.to_bytes(flat()))
    return panel


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


def test_generate_goes_on_as_before(page: Page) -> None:
    generate(page)
    assert document(page)["seed"] is not None
