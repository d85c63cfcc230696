"""What a musician does with the page, in a real Chromium against the real app."""

import wave
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Browser, Page

from drummer import Drummer, default_config, usual_bpm
from drummer.audio import INSTALL_HINT
from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    download,
    generate,
    is_playing,
    next_frames,
    number,
    resize,
    running_app,
    settle,
    unfold,
    visit,
    wait_until_idle,
)

IDS = ["genre", "style", "meter", "tempo", "temperature", "bars", "seed", "dice", "kit", "model", "generate"]
IDS += ["roll", "player", "midi", "wav"]
BARS = 2
LABELS = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}


@pytest.fixture(scope="module")
def page(shared: Page) -> Page:
    """The page after the first sight: for short grooves of the small model, which cost less."""
    choose(shared, "model", "Small")
    shared.fill("#bars input[type=number]", str(BARS))
    shared.press("#bars input[type=number]", "Tab")
    return shared


def read_wav(path: Path) -> np.ndarray:
    """(frames, 2) samples of a file."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, file.getnchannels())


# -- the first sight -------------------------------------------------------------------------------------------------------


def test_a_groove_is_there_before_the_first_click_and_keeps_quiet(shared: Page, tmp_path: Path) -> None:
    page = shared
    assert document(page)["hits"]
    assert number(page, "seed") == document(page)["seed"] == default_config().app.first_seed
    assert not is_playing(page)
    assert not page.locator(".bring .drop").is_visible()  # folded away
    assert pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].is_drum
    assert np.abs(read_wav(download(page, "wav", tmp_path))).max() > 1000


def test_the_ids_that_others_rely_on_are_there_once(shared: Page) -> None:
    assert {name: shared.locator(f"[id='{name}']").count() for name in IDS} == dict.fromkeys(IDS, 1)


def test_nothing_is_wider_than_the_screen_and_on_a_phone_generate_is_in_sight(browser: Browser, app: App) -> None:
    with visit(browser, app, 320) as page:
        page.click(".drum-grid [data-do=variations]")  # takes that fill the shelf
        page.wait_for_function("document.querySelectorAll('.drum-grid .takes li').length === 5")
        page.evaluate(f"{GRID}.stop()")
        for width in (320, 390, 820, 1280, 1920):
            resize(page, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            boxes = page.evaluate("""() => [...document.querySelectorAll("#studio *")]
                .filter((part) => !part.closest(".spoken") && !part.parentElement.closest(".scroller, .takes, .presets"))
                .map((part) => part.getBoundingClientRect().right)""")
            assert max(boxes) <= width

        page.set_viewport_size({"width": 390, "height": 844})  # on a phone Generate is in sight
        next_frames(page, 4)
        page.evaluate("scrollTo(0, 0)")
        button, transport = (page.locator(part).bounding_box() for part in ("#generate", ".drum-grid .transport"))
        assert button is not None and transport is not None
        assert button["y"] + button["height"] <= transport["y"] <= 844  # which is pinned below


# -- making grooves --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("genre", ["afrocuban", "hiphop", "neworleans", "rock"])  # the others: tests/unit/test_web_style.py
def test_each_genre_gives_a_new_groove_sound_and_midi_file(page: Page, genre: str, tmp_path: Path) -> None:
    before = document(page)
    choose(page, "genre", LABELS.get(genre, genre.capitalize()))
    page.wait_for_function("(bpm) => document.querySelector('#tempo input').value == bpm", arg=usual_bpm(genre))
    generate(page, listen=True)
    page.wait_for_function(f"{GRID}.playBeat > 0")
    page.evaluate(f"{GRID}.stop()")

    seed = int(number(page, "seed"))
    midi_file, wav_file = download(page, "midi", tmp_path), download(page, "wav", tmp_path)
    assert midi_file.stem == wav_file.stem.removesuffix("_loop") == f"{genre}_{usual_bpm(genre)}bpm_{BARS}bars_seed{seed}"
    midi = pretty_midi.PrettyMIDI(str(midi_file))
    assert midi.get_tempo_changes()[1] == pytest.approx([usual_bpm(genre)], abs=0.01)
    assert [instrument.is_drum for instrument in midi.instruments] == [True]
    assert len(midi.instruments[0].notes) == len(document(page)["hits"]) > 0
    assert midi.get_end_time() <= BARS * 4 * 60 / usual_bpm(genre) + 0.1

    sound = read_wav(wav_file)
    assert len(sound) >= round(BARS * 4 * 60 / usual_bpm(genre) * 44100)  # it ends there where nothing rings on
    assert np.abs(sound).max() > 1000
    assert document(page)["hits"] != before["hits"]


def test_the_settings_are_what_is_played(page: Page, tmp_path: Path) -> None:
    for control, value in (("tempo", "173"), ("bars", "3"), ("temperature", "0.6")):
        page.fill(f"#{control} input[type=number]", value)
        page.press(f"#{control} input[type=number]", "Tab")
    choose(page, "kit", "Red Zeppelin")
    generate(page)
    made = document(page)
    assert (made["bpm"], made["bars"]) == (173, 3)
    assert (made["settings"]["temperature"], made["settings"]["kit"]) == (0.6, "red_zeppelin")
    assert "_173bpm_3bars_" in download(page, "midi", tmp_path).name
    assert 3 * 4 * 60 / 173 <= len(read_wav(download(page, "wav", tmp_path))) / 44100 < 3 * 4 * 60 / 173 + 4.1


def test_the_tempo_is_left_to_the_drummer_until_the_hand_says_otherwise(page: Page, tmp_path: Path) -> None:
    page.fill("#seed input", "3")
    choose(page, "genre", "Jazz")
    page.check("#tempo-auto input")
    generate(page)
    own = Drummer.load("small").reference_bpm("jazz", 3)
    assert own != usual_bpm("jazz")
    page.wait_for_function("(bpm) => document.querySelector('#tempo input').value == bpm", arg=own)
    assert document(page)["bpm"] == own
    assert download(page, "midi", tmp_path).stem == f"jazz_{own}bpm_{document(page)['bars']}bars_seed3"
    page.fill("#tempo input[type=number]", "99")
    page.press("#tempo input[type=number]", "Tab")
    page.wait_for_function("() => !document.querySelector('#tempo-auto input').checked")
    generate(page)
    assert document(page)["bpm"] == 99
    page.check("#tempo-auto input")
    page.keyboard.press("Control+z")
    page.wait_for_function("() => !document.querySelector('#tempo-auto input').checked")
    assert number(page, "tempo") == document(page)["bpm"] != own


def test_kits_that_suit_the_genre_are_offered_first(page: Page) -> None:
    choose(page, "genre", "Hip-hop")
    page.wait_for_function("() => document.querySelector('#kit input').value === 'Electronic 808'")
    page.click("#kit input")
    assert page.locator("#kit").get_by_role("option").first.inner_text().strip().endswith("Electronic 808")
    page.keyboard.press("Escape")
    generate(page)
    assert document(page)["settings"]["kit"] == "electronic_808"
    choose(page, "genre", "Funk")
    page.wait_for_function("() => document.querySelector('#kit input').value === 'Black Pearl'")


def test_the_menu_of_styles_follows_the_genre_and_takes_have_their_style(page: Page, tmp_path: Path) -> None:
    def shows(genre: str, style: str, menu: bool = True) -> None:
        page.wait_for_function(
            """([genre, style, menu]) => {
                const field = (id) => document.querySelector(`#${id} input`);
                return field("genre").value === genre && field("style").value === style && field("style").disabled === !menu;
            }""",
            arg=[genre, style, menu],
        )

    with calls(page) as asked:
        choose(page, "genre", "Blues")
        shows("Blues", "Any")
        choose(page, "style", "Shuffle")
        choose(page, "genre", "New Orleans")
        shows("New Orleans", "Shuffle")  # it has that style too
        choose(page, "genre", "Latin")
        shows("Latin", "Any")
        choose(page, "style", "Bossa nova")
        settle(page)
        assert asked == []  # the browser does it alone
    generate(page)
    take = page.locator(".drum-grid .takes .take").first.inner_text()
    assert document(page)["settings"]["style"] == "bossa" and take.strip().startswith("Latin, bossa nova ")
    assert download(page, "midi", tmp_path).name.startswith("latin-bossa_")
    choose(page, "style", "Samba")
    generate(page)
    assert document(page)["settings"]["style"] == "samba"
    choose(page, "genre", "Pop")
    shows("Pop", "Any", menu=False)
    page.click("#empty")
    page.wait_for_function(f"{GRID}.doc.settings.genre === 'pop'")
    assert "style" not in document(page)["settings"]
    page.click(".drum-grid [data-do=undo]")
    shows("Latin", "Samba")
    page.click(".drum-grid [data-do=undo]")
    shows("Latin", "Bossa nova")
    settle(page)
    page.reload()
    wait_until_idle(page)
    unfold(page, "more-settings")
    shows("Latin", "Bossa nova")
    choose(page, "style", "Any")
    generate(page)
    assert "style" not in document(page)["settings"]
    choose(page, "genre", "Funk")


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
    page.wait_for_function(f"{GRID}.doc.seed == document.querySelector('#seed input').value")
    wait_until_idle(page)
    assert download(page, "midi", tmp_path).stem.endswith(f"_seed{number(page, 'seed'):.0f}")


def test_a_wrong_setting_gets_a_sentence_and_costs_nothing(page: Page) -> None:
    held = document(page)
    page.fill("#seed input", "99999999999")
    page.click("#generate")
    message = page.locator(".toast-body")
    message.wait_for()
    assert "Seed must be a whole number from 0 to 4294967295, got 99999999999" in message.inner_text()
    assert "Traceback" not in page.inner_text("body")
    assert document(page) == held
    message.evaluate("(message) => message.classList.add('before')")
    page.click("#generate")
    page.locator(".toast-body:not(.before)").wait_for()
    assert message.count() == 1  # the same sentence is not shown twice
    page.fill("#seed input", "1")
    generate(page)
    assert document(page)["seed"] == 1


# -- elsewhere -------------------------------------------------------------------------------------------------------------


def test_without_fluidsynth_the_page_says_how_to_get_sound(browser: Browser, tmp_path: Path) -> None:
    with running_app(tmp_path, sound=False) as app, visit(browser, app) as page:
        assert page.inner_text("#no-sound").strip() == INSTALL_HINT
        assert page.locator("#player [data-do=play]").is_disabled()
        assert not page.is_visible("#wav")
        generate(page)
        assert pretty_midi.PrettyMIDI(str(download(page, "midi", tmp_path))).instruments[0].notes


def test_the_app_asks_no_other_host(app: App, page: Page) -> None:
    generate(page)
    assert set(app.hosts.read_text().split()) <= {"127.0.0.1", "localhost", "::1", "0.0.0.0"}
