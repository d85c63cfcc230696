"""What somebody does in the first minutes, in Firefox and in WebKit; all else is tested in Chromium."""

import io
import wave
from collections.abc import Iterator

import numpy as np
import pretty_midi
import pytest
from selenium.webdriver.common.keys import Keys

from drummer import default_config
from drummer.music.voices import VOICES
from drummer.web.grid import from_value
from tests.browsers.browsers import Visitor

AUDIBLE = 0.01  # of full scale
SILENT = 0.0005
PRESET = next(preset for preset in default_config().presets if preset.style == "bossa")


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Visitor]:
    visitor.arrive()
    yield visitor
    visitor.ask("grid.stop();")


@pytest.fixture
def empty(page: Visitor) -> Visitor:
    """An empty bar to draw in."""
    page.ask("grid.commit({ ...grid.doc, bars: 1, hits: [] });")
    return page


def play(page: Visitor) -> None:
    page.click(".drum-grid [data-do=play]")
    page.wait_for("grid.playBeat > 0.5")


def test_the_page_opens_with_a_groove_and_is_quiet(page: Visitor) -> None:
    assert page.groove["hits"]
    assert page.ask("return document.documentElement.scrollWidth <= innerWidth;")
    assert page.desktop.listen(0.5) < SILENT


def test_a_preset_plays_at_one_click(page: Visitor) -> None:
    played = page.new_groove(f".presets button:nth-of-type({default_config().presets.index(PRESET) + 1})")
    assert (played["bpm"], played["seed"]) == (PRESET.bpm, PRESET.seed)
    page.wait_for("grid.playBeat > 0.5")
    assert page.desktop.listen(1) > AUDIBLE
    page.wait_for("grid.playBeat > arguments[0]", page.ask("return grid.playBeat;"))
    page.click(".drum-grid [data-do=play]")
    page.wait_for("!grid.player.playing")


def test_the_pad_changes_the_groove(page: Visitor) -> None:
    before = page.groove
    x, y, width, height = page.ask("""
        const { x, y, width, height } = document.querySelector(".pad .field").getBoundingClientRect();
        return [x, y, width, height];
    """)
    page.point(x + 0.8 * width, y + 0.7 * height, 10, -0.5 * height)
    page.wait_for("grid.doc.made !== arguments[0] && !grid.requests.generating", before["made"])
    after = page.groove
    assert after["hits"] != before["hits"] and after["settings"]["intensity"] > 0.7 and after["settings"]["complexity"] > 0.5


def test_a_genre_is_chosen_and_played(page: Visitor) -> None:
    page.click("#genre input")
    page.click("[role=option][aria-label=Jazz]")
    page.wait("return document.querySelector('#tempo input[type=number]').value === '125';")
    assert page.new_groove("#generate")["settings"]["genre"] == "jazz"
    page.wait_for("grid.playBeat > 0.5")


def test_the_tempo_changes_while_it_plays(page: Visitor) -> None:
    play(page)
    page.press("#tempo input[type=number]", Keys.CONTROL + "a")
    page.press("#tempo input[type=number]", "160", Keys.TAB)
    page.wait_for("grid.doc.bpm === 160")
    beat = page.ask("return grid.playBeat;")
    page.wait_for("grid.playBeat > arguments[0] + 1", beat)
    assert page.desktop.listen(1) > AUDIBLE


def test_a_hit_is_drawn_dragged_and_taken_back(empty: Visitor) -> None:
    page = empty
    page.point(*page.place(12, "snare"))
    page.wait_for("grid.doc.hits.length === 1")
    drawn = page.groove["hits"]
    assert drawn[0][:2] == [12, "snare"]
    x, y = page.place(12, "snare")
    page.point(x, y, 0, 24)
    page.wait_for("grid.doc.hits[0][2] < arguments[0]", drawn[0][2])
    page.click(".drum-grid [data-do=undo]")
    assert page.groove["hits"] == drawn
    page.click(".drum-grid [data-do=undo]")
    assert page.groove["hits"] == []
    page.click(".drum-grid [data-do=redo]")
    assert page.groove["hits"] == drawn


def test_lanes_are_muted_while_it_plays(page: Visitor) -> None:
    play(page)
    if not page.ask("return document.querySelector(\"[aria-label='Mute Kick']\").checkVisibility();"):
        page.click(".drum-grid [data-do=mixer]")
    for voice in VOICES:
        page.click(f"[aria-label='Mute {voice.label}']")
    page.desktop.listen(2)  # until the last hits have faded
    assert page.desktop.listen(1) < SILENT
    page.click("[aria-label='Mute Snare']")
    assert page.desktop.listen(3) > AUDIBLE


def test_the_mix_changes_what_is_heard(empty: Visitor) -> None:
    page = empty
    page.ask("grid.commit({ ...grid.doc, bpm: 120, hits: [0, 12, 24, 36].map((step) => [step, 0, 1, 0]) });")  # kicks
    play(page)
    loud = page.desktop.listen(1.5)
    page.click(".drum-grid .mix summary")
    page.press("[aria-label='Volume of Kick']", Keys.HOME)
    page.wait_for("grid.doc.settings.mix?.voices.kick.volume < -20")
    page.desktop.listen(1)
    assert page.desktop.listen(1.5) < loud / 4


def test_the_midi_file_holds_what_is_shown(page: Visitor) -> None:
    shown = page.groove
    midi = pretty_midi.PrettyMIDI(str(page.download("#midi", ".mid")))
    assert midi.instruments[0].is_drum and len(midi.instruments[0].notes) == len(shown["hits"])


def test_the_wav_file_sounds(page: Visitor) -> None:
    with wave.open(io.BytesIO(page.download("#wav", ".wav").read_bytes())) as sound:
        frames = np.frombuffer(sound.readframes(sound.getnframes())[-2 * sound.getnframes() :], dtype="<i2")
        seconds = sound.getnframes() / sound.getframerate()
    assert np.abs(frames.astype(float)).max() > 1000
    assert seconds >= page.groove["bars"] * 4 * 60 / page.groove["bpm"] - 0.01


def test_a_link_opens_the_same_groove(page: Visitor) -> None:
    page.ask("grid.commit({ ...grid.doc, hits: grid.doc.hits.slice(1), edited: true });")
    mine = from_value(page.groove)
    page.click("#link")
    page.wait("return document.querySelector('.readout').textContent.startsWith('Link copied');")
    page.ask("document.body.prepend(document.createElement('textarea'));")
    page.press("body > textarea", Keys.CONTROL + "v")
    link = page.ask("return document.querySelector('body > textarea').value;")
    assert link.startswith(f"{page.url}/?groove=")
    page.arrive(link.removeprefix(page.url))
    assert (from_value(page.groove).groove.hits == mine.groove.hits).all()


def test_a_reload_keeps_everything(empty: Visitor) -> None:
    page = empty
    page.point(*page.place(24, "kick"))
    page.wait_for("grid.doc.hits.length === 1")
    drawn = page.groove
    page.press("#tempo input[type=range]", Keys.ARROW_RIGHT)
    page.wait_for("grid.doc.bpm === arguments[0]", drawn["bpm"] + 1)
    before = page.groove
    page.reload()
    after = page.groove
    assert (after["hits"], after["bpm"], after["bars"]) == (before["hits"], before["bpm"], before["bars"])
    page.click(".drum-grid [data-do=undo]")
    page.wait_for("grid.doc.bpm === arguments[0]", drawn["bpm"])


def test_a_groove_of_128_bars_scrolls_while_it_plays(page: Visitor) -> None:
    page.ask("""
        const hits = Array.from({ length: 128 * 16 }, (_, index) => [3 * index, index % 2 ? "kick" : "hihat_closed", 0.8, 0]);
        grid.props.value = { ...grid.value, bars: 128, hits, made: "long" };
        grid.receive();
    """)
    play(page)
    x, y, width, height = page.ask("""
        grid.parts.overview.scrollIntoView({ block: "center" });
        const { x, y, width, height } = grid.parts.overview.getBoundingClientRect();
        return [x, y, width, height];
    """)
    page.point(x + width - 3, y + height / 2)
    page.wait_for("grid.geometry.scroll + grid.geometry.width > grid.parts.scroller.scrollWidth - 2")  # it is drawn
    page.point(*page.place(127 * 48 + 13, "crash"))
    page.wait_for("grid.doc.hits.some(([step]) => step === 127 * 48 + 12)")
    beat = page.ask("return grid.playBeat;")
    page.wait_for("grid.playBeat > arguments[0] + 0.5", beat)
