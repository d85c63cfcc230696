"""Tapping a rhythm, in a real Chromium."""

import numpy as np
import pytest
from playwright.sync_api import Page

from drummer.files import midi
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.web.grid import from_value
from tests.e2e.bring import KICK, act, bring, flat
from tests.e2e.harness import GRID, unfold

TAPS = "document.querySelector('.bring').bring.taps"
HELD = "document.querySelector('.bring').bring.held.taps"


def record(panel: Page, bars: int, meter: str = "4/4", bpm: float = 200) -> None:
    """Put a groove into the grid, and begin to tap to a click at its tempo."""
    signature = Meter.parse(meter)
    beats = np.arange(0, 2 * signature.quarters, 0.5)
    hits = Hits(beats, np.full(len(beats), KICK), np.full(len(beats), 0.6, dtype=np.float32))
    bring(panel, "grid.mid", midi.to_bytes(Groove.from_hits(hits, bpm, bars=2, meter=signature)))
    act(panel, "open")
    panel.select_option(".bring [data-set=tapped]", str(bars))
    panel.click(".bring .start")
    panel.wait_for_function(f"{TAPS}.run?.began")


def tap_at(panel: Page, beats: list[float], late: float = 0.0) -> None:
    """Tap at beats of the recorded bars, as exactly as no hand does, all of them so many beats late; the second is the loudest.

    The taps are noted at once, in less time than the count-in takes.
    """
    panel.evaluate(
        """([beats, late]) => {
            const { taps } = document.querySelector(".bring").bring;
            if (!taps.run) throw new Error("the recording is over already");
            const beat = 60000 / taps.run.groove.bpm;
            const heard = 1000 * (taps.run.context.outputLatency || 0);
            beats.forEach((each, index) => taps.tap(taps.run.began + heard + (each + late) * beat, index === 1 ? 1 : 0.6));
        }""",
        [beats, late],
    )


def recorded(panel: Page) -> list[list[float]]:
    """Wait until the recording is over; return the taps."""
    panel.locator(".bring .understood strong", has_text="Tapped rhythm").wait_for()
    taps: list[list[float]] = panel.evaluate(f"{HELD}.taps")
    return taps


def test_drums_follow_a_rhythm_that_is_tapped(panel: Page) -> None:
    record(panel, bars=2)
    tap_at(panel, [4, 4.75, 6.5, 7], late=0.1)
    assert len(recorded(panel)) == 4
    panel.keyboard.press(" ")  # one too many starts nothing
    assert panel.evaluate(f"{TAPS}.run") is None
    assert len(recorded(panel)) == 4
    assert panel.inner_text(".bring .understood span") == "4 taps in 2 bars of 4/4, 200 BPM"
    assert not panel.is_visible(".bring [data-do=humanize]")
    after = from_value(act(panel, "follow")).groove
    assert (after.bars, after.bpm) == (8, 200)
    onsets = [96 * time + 48 + step for time in range(4) for step in (9, 30, 36)]  # without downbeats, which may be early
    assert after.hits[onsets].any(axis=1).mean() >= 0.9


def test_a_bar_of_rest_stays_and_taps_become_kicks(panel: Page) -> None:
    record(panel, bars=2)
    tap_at(panel, [0, 0.75, 2.5])
    recorded(panel)
    after = from_value(act(panel, "infill")).groove
    assert after.bars == 2
    assert np.flatnonzero(after.hits[:, KICK]).tolist() == [0, 9, 30]


@pytest.mark.parametrize(
    ("beats", "late"),
    [
        ([0, 0.75, 1.5, 2.5, 3], 0.0),
        ([0, 0.75, 1.5, 2.5, 3], 0.11),
        ([0, 0.75, 1.5, 2.5, 3], -0.11),
        ([0, 1, 2, 3], 0.2),  # 60 ms at this tempo
        ([0, 1, 2, 3], -0.2),
        ([0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 11 / 3], 0.0),  # a shuffle
        ([2 / 3, 5 / 3, 8 / 3, 3, 11 / 3], 0.1),
        ([2 / 3, 5 / 3, 8 / 3, 11 / 3], 0.02),
        ([0, 0.6, 1, 1.6, 2, 2.6, 3, 3.6], 0.05),  # a light swing
        ([0, 1 / 3, 1 / 2, 5 / 6, 1, 4 / 3, 2, 17 / 6], 0.0),  # swung sixteenths
        ([each / 6 for each in range(24)], 0.0),
    ],
)
def test_taps_that_are_all_late_are_on_the_grid_and_swing_stays(panel: Page, beats: list[float], late: float) -> None:
    record(panel, bars=1)
    tap_at(panel, beats, late)
    assert [beat for beat, _ in recorded(panel)] == pytest.approx(beats, abs=0.01)


def test_taps_at_the_edges_and_the_grouping_of_the_meter_are_kept(panel: Page) -> None:
    record(panel, bars=1, meter="7/8")
    panel.keyboard.press("Escape")
    panel.evaluate(f"{GRID}.doc.meter = '7/8 (3+2+2)'")
    panel.click(".bring .start")
    panel.wait_for_function(f"{TAPS}.run?.began")
    tap_at(panel, [-0.05, 1.5, 2.5, 2.53, 3.48, 3.7])  # early, two in time, one twice, the downbeat again, and too late
    taps = recorded(panel)
    assert [beat for beat, _ in taps] == pytest.approx([0, 1.5, 2.5], abs=0.06)
    assert [strength for _, strength in taps] == [0.6, 1, 0.6]
    after = act(panel, "follow")
    assert after["meter"] == "7/8 (3+2+2)"


def test_keys_and_touches_tap_and_nothing_else(panel: Page) -> None:
    record(panel, bars=4, bpm=60)
    panel.wait_for_function(f"performance.now() > {TAPS}.run.began")
    panel.keyboard.press(" ")
    panel.keyboard.press("Shift+K")
    panel.keyboard.press("ArrowUp")  # no tap
    box = panel.locator(".bring .field").bounding_box()
    assert box is not None
    panel.mouse.click(box["x"] + 20, box["y"] + 0.9 * box["height"])
    loud = [strength for _, strength in panel.evaluate(f"{TAPS}.run.taps")]
    assert loud[:2] == [0.7, 1]
    assert 0.35 <= loud[2] < 0.5
    assert len(loud) == 3
    assert panel.locator(".bring .marks i").count() == 3
    panel.evaluate("document.activeElement.blur()")
    panel.keyboard.press(" ")  # anywhere else: a tap still, and no play
    assert panel.locator(".bring .marks i").count() == 4
    assert not panel.evaluate(f"{GRID}.transport.wanted")
    panel.focus("#generate")
    panel.keyboard.press("j")  # a button has no use for letters
    assert panel.locator(".bring .marks i").count() == 5
    panel.focus(".bring .field")
    panel.keyboard.press("Escape")
    panel.locator(".bring .stage").wait_for(state="hidden")
    assert panel.evaluate("document.activeElement.className") == "start"  # the focus is not lost


def test_tapping_is_given_up_and_the_rhythm_from_before_stays(panel: Page) -> None:
    length = panel.input_value(".bring [data-set=length]")
    record(panel, bars=1)
    tap_at(panel, [0, 1])
    recorded(panel)
    assert panel.input_value(".bring [data-set=length]") == "8"
    panel.evaluate(f"{GRID}.doc.bpm = 60")  # time enough to give up, however slow the machine is
    for give_up in (
        lambda: panel.keyboard.press("Escape"),
        lambda: panel.click(".bring .start"),
        lambda: panel.evaluate(f"{GRID}.play()"),
        lambda: panel.evaluate("document.querySelector('#bring .label-wrap').click()"),
    ):
        panel.click(".bring .start")
        panel.wait_for_function(f"{TAPS}.run?.began")
        assert panel.inner_text(".bring .start") == "Stop"
        tap_at(panel, [0, 1, 2])
        give_up()
        panel.wait_for_function(f"{TAPS}.run === null")
        panel.evaluate(f"{GRID}.stop()")
        unfold(panel, "bring")
        assert panel.inner_text(".bring .start") == "Tap a rhythm"
        assert panel.locator(".bring .marks i").count() == 2
        assert len(panel.evaluate(f"{HELD}.taps")) == 2
    panel.click(".bring .start")
    bring(panel, "mine.mid", midi.to_bytes(flat()))
    assert panel.evaluate(f"{TAPS}.run") is None
    assert not panel.is_visible(".bring .stage")
    assert panel.input_value(".bring [data-set=length]") == length  # not the eight bars of taps


def test_a_file_that_cannot_be_read_brings_the_rhythm_back(panel: Page) -> None:
    record(panel, bars=1)
    tap_at(panel, [0, 1.5])
    taps = recorded(panel)
    panel.set_input_files(".bring input", {"name": "a.mid", "mimeType": "audio/midi", "buffer": b"no such file"})
    panel.locator(".toast-close").click()
    panel.locator(".bring .understood strong", has_text="Tapped rhythm").wait_for()
    assert recorded(panel) == taps
    panel.set_input_files(".bring input", {"name": "a.mid", "mimeType": "audio/midi", "buffer": b""})
    panel.get_by_text("a.mid is empty").wait_for()
    assert recorded(panel) == taps
    assert panel.locator(".bring .marks i").count() == 2


def test_a_rhythm_that_was_replaced_comes_back(panel: Page) -> None:
    record(panel, bars=1)
    tap_at(panel, [0, 1.5])
    first = recorded(panel)
    bring(panel, "mine.mid", midi.to_bytes(flat()))
    panel.get_by_role("button", name="Use the taps again").click()
    assert recorded(panel) == first
    assert panel.locator(".bring .marks i").count() == 2
    bring(panel, "mine.mid", midi.to_bytes(flat()))
    panel.set_input_files(".bring input", {"name": "a.mid", "mimeType": "audio/midi", "buffer": b""})
    panel.get_by_text("a.mid is empty").wait_for()
    assert not panel.is_visible(".bring .held")  # the taps were no longer held
    panel.click(".bring .back")
    assert recorded(panel) == first
    panel.click(".bring .start")
    panel.wait_for_function(f"{TAPS}.run?.began")
    tap_at(panel, [0, 1, 2])
    panel.wait_for_function(f"{HELD}.taps.length === 3")
    second = recorded(panel)
    panel.evaluate("document.querySelector('.bring').bring.reject()")  # a file that was chosen before them cannot be read
    assert recorded(panel) == second
    panel.get_by_role("button", name="Use the other taps").click()
    assert recorded(panel) == first
    panel.click(".bring .back")
    assert recorded(panel) == second
    panel.click(".bring .start")
    panel.click(".bring .back")  # ends the recording
    assert panel.evaluate(f"{TAPS}.run") is None
    assert recorded(panel) == first


def test_a_meter_that_no_drummer_plays_is_told_before_anybody_taps(panel: Page) -> None:
    file = Groove.from_hits(
        Hits(np.arange(11.0), np.full(11, KICK), np.full(11, 0.6, dtype=np.float32)), 96, bars=2, meter=Meter(11, 8)
    )
    bring(panel, "eleven.mid", midi.to_bytes(file))
    act(panel, "open")
    panel.click(".bring .start")
    panel.get_by_text("The drummer does not play in 11/8: first choose a groove in another meter").wait_for()
    assert panel.evaluate(f"{TAPS}.run") is None


def test_bars_without_a_tap_get_a_sentence_and_cost_nothing(panel: Page) -> None:
    record(panel, bars=1, bpm=240)
    panel.get_by_text("No tap was heard: press Tap a rhythm again, and tap once the count-in is over").wait_for()
    assert panel.inner_text(".bring .understood strong") == "grid.mid"
    assert panel.is_visible(".bring [data-do=humanize]")
