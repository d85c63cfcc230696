"""Samples: a sound file that is dropped on a lane plays it, here as in what is exported, and stays in the browser."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page

from drummer.files.document import Take, to_code, to_json
from tests.e2e.grid import render_offline
from tests.e2e.harness import GRID, App, close_messages, document, download, settle, visit, wait_until_idle
from tests.sound import FULL_SCALE, RATE, level_db, make_groove, needs_fluidsynth

pytestmark = needs_fluidsynth

GROOVE = make_groove(("kick", 0, 0.7), ("snare", 1, 1), ("snare", 3, 0.4), ("hihat_closed", 2, 0.4))
TAKE = Take(GROOVE, {"genre": "funk", "kit": "black_pearl"})
SECONDS = np.arange(RATE // 2) / RATE
TONE = 0.3 * np.sin(2 * np.pi * 330 * SECONDS) * np.exp(-6 * SECONDS)
NAME = "Mein Schlag.wav"

# Drops a file on a lane or on the canvas, as a hand does that drags it out of a folder.
DROP = """([selector, name, content, dy]) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
    const target = document.querySelector(selector);
    const place = { clientX: 300, clientY: target.getBoundingClientRect().top + dy };
    for (const kind of ["dragenter", "dragover", "drop"]) {
        target.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true, ...place }));
    }
}"""
SNARE_LANE = ".lane:has([aria-label='Hear Snare'])"


@pytest.fixture(scope="module")
def page(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app, query=f"?groove={to_code(TAKE)}") as opened:
        yield opened


def drop(page: Page, name: str, content: bytes, selector: str = SNARE_LANE, dy: float = 4) -> None:
    page.evaluate(DROP, [selector, name, base64.b64encode(content).decode(), dy])


def encode(sound: np.ndarray, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format=form, subtype=subtype)
    return file.getvalue()


def sample(page: Page, lane: str = "snare") -> Any:
    return document(page)["settings"].get("mix", {}).get("voices", {}).get(lane, {}).get("sample")


def test_a_dropped_sample_is_heard_and_exported_and_kept(page: Page, tmp_path: Path) -> None:
    drop(page, NAME, encode(TONE))
    page.wait_for_function(f"{GRID}.doc.settings.mix")
    assert sample(page)["name"] == NAME
    assert page.inner_text(".drum-grid .readout") == f"Snare plays {NAME}"

    settle(page)
    page.reload()
    wait_until_idle(page)
    page.click(".drum-grid .mix summary")
    chosen = page.get_by_label(f"Sample of Snare: {NAME}", exact=True)
    chosen.wait_for()
    page.get_by_label("Pan of Snare", exact=True).press("End")
    page.get_by_label("Tuning of Snare", exact=True).press("End")
    exported, rate = soundfile.read(download(page, "wav", tmp_path))
    assert (rate, len(exported)) == (RATE, round(GROOVE.seconds * RATE))
    value = {**page.evaluate(f"{GRID}.sent"), "made": "heard"}
    heard = render_offline(page, value, "black_pearl", GROOVE.seconds)
    second = slice(round(RATE / 2), RATE)  # the first hit of the snare, at 120 BPM
    octave_up = np.stack([0 * TONE, 2 * TONE], axis=1)[::2][:8000]  # both channels on the right
    assert np.abs(exported[second][:8000] - octave_up).max() < 0.01
    assert abs(level_db(FULL_SCALE * heard[second]) - level_db(FULL_SCALE * exported[second])) < 0.1
    assert np.corrcoef(heard[second].ravel(), exported[second].ravel())[0, 1] > 0.99
    soft = slice(round(1.5 * RATE), round(1.5 * RATE) + 8000)
    assert np.abs(exported[soft] - (51 / 127) ** 2 * octave_up).max() < 0.01  # its velocity, squared

    page.get_by_label("Remove the sample of Snare", exact=True).click()
    assert sample(page) is None
    assert page.get_by_label("Sample of Snare", exact=True).is_visible() and not chosen.is_visible()
    page.click(".drum-grid [data-do=undo]")
    assert sample(page)["name"] == NAME
    page.evaluate(f"""() => {{  // as in a browser to which a link has brought the take
        {GRID}.samples.known.clear(), {GRID}.samples.loading.clear(), {GRID}.samples.store.read = async () => undefined;
        {GRID}.showState();
    }}""")
    page.get_by_text(f"Missing: {NAME}", exact=True).wait_for()
    page.click(".drum-grid .takes .take >> nth=0")
    told = f"The sample {NAME} of Snare is not in this browser, so the kit plays instead: choose the file again in Mix"
    page.get_by_role("alert").get_by_text(told, exact=True).wait_for()
    close_messages(page)
    page.evaluate(f"{GRID}.stop()")
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Sample of Snare", exact=True).click()
    chooser.value.set_files({"name": "Other name.wav", "mimeType": "audio/wav", "buffer": encode(TONE)})
    chosen.wait_for()  # the same sound under another name is the same sample


def test_a_file_that_is_no_sample_gets_a_sentence_and_a_groove_opens(page: Page) -> None:
    before = document(page)
    long = encode(np.random.default_rng(1).uniform(-0.1, 0.1, 11 * RATE))
    for name, content, sentence in (
        ("notes.wav", b"no sound", "notes.wav is not a sound that this browser can read: choose a WAV, FLAC, MP3 or Ogg file"),
        ("long.wav", long, "long.wav is 11.0 s long: a sample can have at most 10 s, so cut it first"),
        ("large.wav", bytes(10_100_000), "large.wav is too large (10.1 MB): the file of a sample can have at most 10 MB"),
        ("double.wav", encode(TONE, subtype="DOUBLE"), "double.wav is a WAV file of 64-bit float, which this browser"),
        ("silent.wav", encode(np.zeros(99)), "silent.wav is silent: choose a file with a sound in it"),
    ):
        drop(page, name, content)
        page.get_by_role("alert").get_by_text(sentence).wait_for()
        close_messages(page)
    drop(page, "a.wav", encode(TONE), ".drum-grid .transport")
    page.get_by_text("Drop a.wav on the lane of the drum that it is to play").wait_for()
    assert document(page) == before

    drop(page, "groove.json", to_json(Take(make_groove(("crash", 0, 1)))).encode())
    page.wait_for_function(f"(made) => {GRID}.doc.made !== made", arg=before["made"])
    wait_until_idle(page)
    assert [hit[1] for hit in document(page)["hits"]] == ["crash"]
    top = page.evaluate(f"{GRID}.geometry.laneTop({GRID}.voices.findIndex(({{ name }}) => name === 'crash'))")
    drop(page, "crash.flac", encode(TONE, "FLAC"), ".drum-grid .roll", top + 4)
    page.wait_for_function(f"{GRID}.doc.settings.mix?.voices.crash")
    assert sample(page, "crash")["name"] == "crash.flac"
