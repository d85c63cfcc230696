"""Taking a groove away and bringing one back, in a real Chromium."""

import io
import json
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile
from playwright.sync_api import Browser, Page

from drummer import audio, exports
from drummer.files.document import from_json, to_json
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX, VOICES
from drummer.web.grid import from_value
from tests.e2e.harness import App, choose, choose_file, document, download, generate, open_file, settle, unfold, visit


@pytest.fixture(scope="module")
def page(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.fill("#bars input[type=number]", "2")
        opened.press("#bars input[type=number]", "Tab")
        generate(opened)
        unfold(opened, "more-formats")
        yield opened


def test_midi_for_another_kit_with_a_track_per_drum(page: Page, tmp_path: Path) -> None:
    choose(page, "map", "Addictive Drums 2")
    page.check("#tracks input")
    path = download(page, "midi", tmp_path)
    assert path.stem.endswith("_addictive-drums")
    instruments = pretty_midi.PrettyMIDI(str(path)).instruments
    voices = {hit[1] for hit in document(page)["hits"]}
    assert len(instruments) == len(voices) > 1
    if "ride" in voices:
        assert 60 in {note.pitch for instrument in instruments for note in instrument.notes}
    choose(page, "map", "General MIDI")
    page.uncheck("#tracks input")


def test_the_midi_file_that_can_be_dragged_away_is_for_the_kit_that_is_chosen(page: Page) -> None:
    def dragged_pitches() -> set[int]:
        settle(page)  # the file for another kit comes from the server
        page.wait_for_function("document.querySelector('#midi').draggable")
        address = page.evaluate("""() => {
            const dataTransfer = new DataTransfer();
            document.querySelector("#midi").dispatchEvent(new DragEvent("dragstart", { dataTransfer }));
            return dataTransfer.getData("DownloadURL");
        }""")
        kind, name, url = address.split(":", 2)
        assert (kind, Path(name).suffix) == ("audio/midi", ".mid")
        notes = pretty_midi.PrettyMIDI(io.BytesIO(page.request.get(url).body())).instruments[0].notes
        return {note.pitch for note in notes}

    def kicks() -> set[int]:
        return {24, 36} & dragged_pitches()

    assert dragged_pitches() == {VOICES[VOICE_INDEX[hit[1]]].pitch for hit in document(page)["hits"]}
    choose(page, "map", "BFD3")
    assert kicks() == {24}
    generate(page)
    assert kicks() == {24}
    choose(page, "map", "General MIDI")


@pytest.mark.parametrize("form", ["flac", "musicxml", "png", "svg", "json", "stems"])
def test_each_form_comes_by_itself_under_a_name_to_keep(page: Page, tmp_path: Path, form: str) -> None:
    if exports.FORMATS[form].is_sound and not audio.audio_available():
        pytest.skip("libfluidsynth is not installed (packages.txt)")
    take = from_value(document(page))
    path = download(page, form, tmp_path)
    loop = "_loop" * exports.FORMATS[form].is_sound
    assert path.name == f"{take.stem}{loop}{'_stems.zip' if form == 'stems' else f'.{form}'}"
    data = path.read_bytes()
    if form == "flac":
        sound, rate = soundfile.read(path)
        assert len(sound) == round(take.groove.seconds * rate)
        assert np.abs(sound).max() > 0.05
    elif form == "png":
        assert data.startswith(b"\x89PNG")
    elif form == "musicxml":
        assert f"<work-title>{take.heading}</work-title>".encode() in data
    elif form == "svg":
        assert f"<!-- {take.heading} -->".encode() in data
    elif form == "json":
        assert from_json(data) == take
    else:
        with zipfile.ZipFile(path) as archive:
            voices = {Path(name).stem.removeprefix(f"{take.stem}_") for name in archive.namelist() if name.endswith(".flac")}
        assert voices == {hit[1] for hit in document(page)["hits"]}


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_sound_is_a_loop_of_exactly_its_bars_or_has_its_tail(page: Page, tmp_path: Path) -> None:
    seconds = from_value(document(page)).groove.seconds
    path = download(page, "wav", tmp_path)
    assert path.stem.endswith("_loop")
    with wave.open(str(path)) as file:
        assert file.getnframes() == round(seconds * file.getframerate())
    page.uncheck("#loop input")
    path = download(page, "wav", tmp_path)
    assert not path.stem.endswith("_loop")
    with wave.open(str(path)) as file:
        assert round(seconds * file.getframerate()) < file.getnframes() < (seconds + 4.1) * file.getframerate()
    page.check("#loop input")


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_sound_at_another_sample_rate_bit_depth_and_level(page: Page, tmp_path: Path) -> None:
    chosen = {"sample-rate": "48 kHz", "bit-depth": "24 bit", "peak": "\u22121 dBFS", "audio-format": "WAV"}
    usual = {"sample-rate": "44.1 kHz", "bit-depth": "16 bit", "peak": "As heard", "audio-format": "FLAC"}
    for widget, label in chosen.items():
        choose(page, widget, label)
    sound = download(page, "flac", tmp_path)
    assert sound.stem.endswith("_loop_48k-24bit")
    assert (soundfile.info(sound).samplerate, soundfile.info(sound).subtype) == (48_000, "PCM_24")
    assert np.abs(soundfile.read(sound)[0]).max() == pytest.approx(10 ** (-1 / 20), abs=1e-5)
    with zipfile.ZipFile(download(page, "stems", tmp_path)) as archive:
        stems = [archive.read(name) for name in archive.namelist() if name.endswith(".wav")]
        assert len(stems) == len({hit[1] for hit in document(page)["hits"]})
        assert {soundfile.info(io.BytesIO(data)).subtype for data in stems} == {"PCM_24"}
    for widget, label in usual.items():
        choose(page, widget, label)


def test_one_zip_with_all_of_it_and_groove_json_opens_again_as_it_was(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Mute Kick", exact=True).click()
    shown = document(page)
    with zipfile.ZipFile(io.BytesIO(download(page, "zip", tmp_path).read_bytes())) as archive:
        names = archive.namelist()
        (name,) = (name for name in names if name.endswith("groove.json"))
        text = archive.read(name)
    assert {Path(name).suffix for name in names} >= {".mid", ".png", ".svg", ".json", ".txt"}
    assert not [name for name in names if "kick" in name]  # it is muted, so there is no stem of it
    assert from_json(text) == from_value(shown)

    page.get_by_role("button", name="Mute Kick", exact=True).click()
    generate(page)
    (tmp_path / "groove.json").write_bytes(text)
    open_file(page, tmp_path / "groove.json")
    assert document(page)["hits"] == shown["hits"]
    page.wait_for_function("(seed) => document.querySelector('#seed input').value == seed", arg=shown["seed"])


def test_a_link_opens_the_same_groove_for_anyone(browser: Browser, app: App, page: Page) -> None:
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    mine = from_value(document(page))
    page.click("#link")
    page.wait_for_function("document.querySelector('.readout').textContent.startsWith('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{app.url}/?groove=")
    with visit(browser, app, query=link.removeprefix(app.url)) as theirs:
        opened = from_value(document(theirs))
        assert (opened.groove.hits == mine.groove.hits).all()
        assert (opened.settings, opened.seed, opened.edited) == (mine.settings, mine.seed, mine.edited)


def test_a_broken_link_gets_a_sentence_and_a_groove(browser: Browser, app: App) -> None:
    with visit(browser, app, query="/?groove=1<b>x</b>") as page:
        assert "copy the whole link again" in page.locator(".toast-body").inner_text()
        assert document(page)["hits"]


def test_a_midi_file_is_opened_and_what_was_understood_is_said(page: Page, tmp_path: Path) -> None:
    path = download(page, "midi", tmp_path)
    mine = from_value(document(page)).groove
    evil = tmp_path / "<img src=x onerror=alert(1)>.mid"
    evil.write_bytes(path.read_bytes())
    open_file(page, evil)
    assert "2 bars, 4/4" in page.locator(".toast-body").first.inner_text()
    assert (from_value(document(page)).groove.hits == mine.hits).all()


def test_what_is_no_groove_gets_a_sentence_and_costs_nothing(page: Page, tmp_path: Path) -> None:
    held = document(page)
    (tmp_path / "other.json").write_text(json.dumps({"a": 1}))
    choose_file(page, tmp_path / "other.json")
    page.get_by_text("this is not a groove").wait_for()
    assert document(page) == held


@pytest.mark.parametrize("form", ["zip", "stems"])
def test_a_long_zip_shows_how_far_it_is(page: Page, tmp_path: Path, form: str) -> None:
    take = from_value(document(page))
    quiet = take.groove.without(np.arange(VOICE_COUNT) >= 5)  # the length of all stems together is bounded
    long = reduce(Groove.then, [quiet] * (48 // quiet.bars))
    file = tmp_path / "long.json"
    file.write_text(to_json(replace(take, groove=long)), encoding="utf-8")
    open_file(page, file)
    page.evaluate("""() => {
        window.seen = new Set();
        window.watching = new MutationObserver(() => {
            const bar = document.querySelector("#roll .progress-bar");
            if (bar) window.seen.add(bar.style.width);
        });
        watching.observe(document.querySelector("#roll"), { subtree: true, childList: true, attributes: true });
    }""")
    with page.expect_download(timeout=60_000) as saving:
        page.click(f"#{form}")
    widths = page.evaluate("window.watching.disconnect(), [...window.seen]")
    assert len({width for width in widths if width.endswith("%")}) > 1, "it moves"
    assert zipfile.ZipFile(saving.value.path()).testzip() is None
