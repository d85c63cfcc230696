"""What a musician does with the page, in a real Chromium against the real app."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from harness import App, choose, download, generate, number, running_app, visit
from PIL import Image
from playwright.sync_api import Browser, Page

from drummer import default_config, usual_bpm
from drummer.audio import INSTALL_HINT

IDS = ["genre", "tempo", "temperature", "bars", "seed", "dice", "kit", "model", "generate", "roll", "player", "midi", "wav"]
LABELS = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}
PLAYING = "() => { const sound = document.querySelector('#player audio'); return !sound.paused && sound.currentTime > 0; }"


@pytest.fixture(scope="module")
def page(browser: Browser, app: App) -> Iterator[Page]:
    """One page for the tests that leave it usable, on a desktop."""
    with visit(browser, app) as opened:
        yield opened


def picture(page: Page) -> Image.Image:
    answer = page.request.get(page.get_attribute("#roll img", "src"))
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def sound(page: Page) -> np.ndarray:
    """(frames, 2) samples of what the player holds."""
    answer = page.request.get(page.get_attribute("#player audio", "src"))
    with wave.open(io.BytesIO(answer.body())) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, file.getnchannels())


# -- the first sight -------------------------------------------------------------------------------------------------------


def test_the_ids_that_others_rely_on_are_there_once(page: Page) -> None:
    assert {name: page.locator(f"[id='{name}']").count() for name in IDS} == dict.fromkeys(IDS, 1)


def test_a_groove_is_there_before_the_first_click_and_keeps_quiet(browser: Browser, app: App, tmp_path: Path) -> None:
    with visit(browser, app) as page:
        assert picture(page).width == 2 * default_config().pianoroll.layouts["wide"].width
        assert np.abs(sound(page)).max() > 1000
        assert page.evaluate("document.querySelector('#player audio').paused")
        assert pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].is_drum
        assert download(page, "wav", tmp_path).suffix == ".wav"


@pytest.mark.parametrize("width", [320, 390, 820, 1280, 1920])
def test_nothing_is_wider_than_the_screen(browser: Browser, app: App, width: int) -> None:
    with visit(browser, app, width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = page.evaluate(
            """() => [...document.querySelectorAll("#desk *")].map((part) => part.getBoundingClientRect().right)"""
        )
        assert max(boxes) <= width


def test_on_a_phone_generate_is_in_sight_and_the_picture_fits(browser: Browser, app: App) -> None:
    with visit(browser, app, 390, 844) as page:
        button = page.locator("#generate").bounding_box()
        assert button is not None
        assert button["y"] + button["height"] <= 844
        assert picture(page).width == 2 * default_config().pianoroll.layouts["phone"].width


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
def test_the_picture_matches_the_theme(browser: Browser, app: App, scheme: str, bright: bool) -> None:
    with visit(browser, app, scheme=scheme) as page:
        assert (picture(page).getpixel((0, 0)) > (128, 128, 128)) == bright
        generate(page)
        assert (picture(page).getpixel((0, 0)) > (128, 128, 128)) == bright


# -- making grooves --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("genre", default_config().genres)
def test_each_genre_gives_a_new_picture_sound_and_midi_file(page: Page, genre: str, tmp_path: Path) -> None:
    old_picture, old_sound = picture(page), sound(page)
    choose(page, "genre", LABELS.get(genre, genre.capitalize()))
    page.wait_for_function("(bpm) => document.querySelector('#tempo input').value == bpm", arg=usual_bpm(genre))
    generate(page)
    page.wait_for_function(PLAYING)

    seed = int(number(page, "seed"))
    midi_file, wav_file = download(page, "midi", tmp_path), download(page, "wav", tmp_path)
    assert midi_file.stem == wav_file.stem == f"{genre}_{usual_bpm(genre)}bpm_8bars_seed{seed}"
    midi = pretty_midi.PrettyMIDI(str(midi_file))
    assert midi.get_tempo_changes()[1] == pytest.approx([usual_bpm(genre)], abs=0.01)
    assert [instrument.is_drum for instrument in midi.instruments] == [True]
    assert len(midi.instruments[0].notes) >= 8
    assert midi.get_end_time() <= 8 * 4 * 60 / usual_bpm(genre) + 0.1

    with wave.open(str(wav_file)) as file:
        # Where nothing rings on over the last bar line, the file ends on the frame nearest to it.
        assert file.getnframes() >= round(8 * 4 * 60 / usual_bpm(genre) * file.getframerate())
    assert np.abs(sound(page)).max() > 1000
    assert not np.array_equal(sound(page), old_sound)
    assert picture(page) != old_picture


def test_the_settings_are_what_is_played(page: Page, tmp_path: Path) -> None:
    for control, value in (("tempo", "173"), ("bars", "3"), ("temperature", "0.6")):
        page.fill(f"#{control} input[type=number]", value)
        page.press(f"#{control} input[type=number]", "Tab")
    choose(page, "kit", "Red Zeppelin")
    generate(page)
    assert "_173bpm_3bars_" in download(page, "midi", tmp_path).name
    assert 3 * 4 * 60 / 173 <= len(sound(page)) / 44100 < 3 * 4 * 60 / 173 + 4.1


def test_a_typed_seed_plays_the_same_groove_again_and_the_dice_a_new_one(page: Page, tmp_path: Path) -> None:
    page.fill("#seed input", "4242")
    page.wait_for_function("() => !document.querySelector('#dice input').checked")
    generate(page)
    first = download(page, "midi", tmp_path)
    assert first.stem.endswith("_seed4242")
    notes = first.read_bytes()
    generate(page)
    assert number(page, "seed") == 4242
    assert download(page, "midi", tmp_path).read_bytes() == notes

    page.check("#dice input")
    generate(page)
    assert number(page, "seed") != 4242
    drawn = download(page, "midi", tmp_path)
    assert drawn.stem.endswith(f"_seed{number(page, 'seed'):.0f}")
    assert drawn.read_bytes() != notes


def test_after_hasty_clicks_the_seed_shown_is_the_one_that_plays(page: Page, tmp_path: Path) -> None:
    page.check("#dice input")
    page.locator("#generate").click(click_count=3, delay=20)
    page.wait_for_function(
        "() => document.querySelector('#roll img').src.endsWith(`_seed${document.querySelector('#seed input').value}.png`)"
    )
    assert download(page, "midi", tmp_path).stem.endswith(f"_seed{number(page, 'seed'):.0f}")


def test_a_wrong_setting_gets_a_sentence_and_costs_nothing(page: Page) -> None:
    shown, held = page.get_attribute("#roll img", "src"), page.get_attribute("#player audio", "src")
    page.fill("#seed input", "99999999999")
    page.click("#generate")
    message = page.locator(".toast-body")
    message.wait_for()
    assert "seed must be a whole number, 0-4294967295, got 99999999999" in message.inner_text()
    assert "Traceback" not in page.inner_text("body")
    assert page.get_attribute("#roll img", "src") == shown
    assert page.get_attribute("#player audio", "src") == held
    page.fill("#seed input", "1")
    generate(page)
    assert page.get_attribute("#roll img", "src").endswith("_seed1.png")


# -- elsewhere -------------------------------------------------------------------------------------------------------------


def test_without_fluidsynth_the_page_says_how_to_get_sound(browser: Browser, tmp_path: Path) -> None:
    with running_app(tmp_path, sound=False) as app, visit(browser, app) as page:
        assert page.inner_text("#no-sound").strip() == INSTALL_HINT
        assert not page.is_visible("#player")
        assert not page.is_visible("#wav")
        generate(page)
        assert pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes


def test_the_app_asks_no_other_host(app: App, page: Page) -> None:
    generate(page)
    assert set(app.hosts.read_text().split()) <= {"127.0.0.1", "localhost", "::1", "0.0.0.0"}
