"""The first view: presets, the pad, a word on the style, in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from drummer import default_config
from tests.e2e.harness import GRID, App, choose, document, is_playing, number, settle, unfold, visit, wait_until_idle

PAD = "document.querySelector('.pad').pad"


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app, 1440, 900, folded=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def first(shared: Page) -> dict[str, Any]:
    """The groove that a visitor finds."""
    return document(shared)


@pytest.fixture
def page(shared: Page, first: dict[str, Any]) -> Page:
    """A page with the first groove, its settings, and nothing that plays."""
    shared.evaluate(f"(first) => ({GRID}.stop(), {GRID}.switchTo(first, 'begin again'))", first)
    settle(shared)
    assert {**document(shared), "made": first["made"]} == first  # a take that all visitors find gets a name of its own here
    return shared


def new_groove(page: Page, act: str, *values: Any) -> dict[str, Any]:
    """Do something on the page that asks for a groove, and return the groove."""
    before = document(page)["made"]
    getattr(page, act)(*values) if act != "mouse" else page.mouse.click(*values)
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    return document(page)


def test_style_pad_tempo_generate_and_grid_are_in_sight(page: Page) -> None:
    for part in ("#presets", "#genre", "#style", "#pad .field", "#steady", "#tempo", "#generate", ".drum-grid .roll", "#midi"):
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert part == "#midi" or box["y"] + box["height"] <= 900, part
    assert document(page)["settings"]["steady"] == default_config().app.first_steady


def test_a_preset_plays_at_one_click_and_shows_its_settings(page: Page) -> None:
    chosen = next(preset for preset in default_config().presets if preset.style == "bossa")
    page.get_by_role("button", name=chosen.name, exact=True).click()
    page.wait_for_function(f"(genre) => {GRID}.doc.settings.genre === genre", arg=chosen.genre)
    wait_until_idle(page)
    played = document(page)
    assert is_playing(page)
    assert (played["bpm"], played["bars"], played["seed"]) == (chosen.bpm, chosen.bars, chosen.seed)
    assert {name: played["settings"].get(name) for name in ("style", *chosen.controls)} == {"style": "bossa", **chosen.controls}
    assert number(page, "tempo") == chosen.bpm
    assert page.input_value("#style input") == "Bossa nova"
    assert page.get_by_role("button", name=chosen.name, exact=True).get_attribute("aria-pressed") == "true"
    assert "samba kick" in page.inner_text("#about-style")
    page.evaluate(f"{GRID}.stop()")
    again = new_groove(page, "click", "#generate")  # the same style, with a new seed
    assert again["settings"]["style"] == "bossa" and again["seed"] != chosen.seed
    assert page.locator(".presets [aria-pressed=true]").count() == 0
    page.evaluate(f"{GRID}.stop()")
    page.click(".drum-grid [data-do=undo]")
    assert page.get_by_role("button", name=chosen.name, exact=True).get_attribute("aria-pressed") == "true"
    page.click(".drum-grid [data-do=undo]")
    page.wait_for_function("document.querySelector('#style input').value === 'Any'")
    assert page.locator(".presets [aria-pressed=true]").count() == 0


def test_a_preset_gives_the_same_groove_whatever_was_set_before(page: Page) -> None:
    unfold(page, "more-settings")
    page.fill("#temperature input[type=number]", "0.6")
    page.press("#temperature input[type=number]", "Tab")
    choose(page, "model", "Small")
    chosen = default_config().presets[0]
    played = new_groove(page, "click", f".presets button:text-is('{chosen.name}')")
    assert (played["settings"]["temperature"], played["settings"]["model"]) == (1, default_config().defaults.model)
    page.evaluate(f"{GRID}.stop()")
    assert number(page, "temperature") == 1 and page.input_value("#model input") == "Medium"
    assert page.locator(".presets [aria-pressed=true]").inner_text() == chosen.name
    page.click(".drum-grid [data-do=half-time]")
    page.wait_for_function("!document.querySelector('.presets [aria-pressed=true]')")  # another groove
    odd = next(preset for preset in default_config().presets if preset.meter.startswith("7/8"))
    assert new_groove(page, "click", f".presets button:text-is('{odd.name}')")["meter"] == "7/8"
    assert page.locator(".presets [aria-pressed=true]").inner_text() == odd.name


def test_a_move_of_the_pad_plays_in_the_meter_that_is_chosen(page: Page) -> None:
    unfold(page, "more-settings")
    choose(page, "meter", "6/8")
    box = page.locator(".pad .field").bounding_box()
    assert box is not None
    moved = new_groove(page, "mouse", box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    assert moved["meter"] == "6/8" and moved["seed"] == default_config().app.first_seed


def test_the_pad_sets_both_controls_leaves_them_and_follows_undo(page: Page) -> None:
    box = page.locator(".pad .field").bounding_box()
    assert box is not None
    moved = new_groove(page, "mouse", box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
    assert moved["settings"]["intensity"] == pytest.approx(0.8, abs=0.02)
    assert moved["settings"]["complexity"] == pytest.approx(0.7, abs=0.02)
    assert page.inner_text(".pad output") == "Very hard, busy"
    unfold(page, "more-directions")
    assert number(page, "intensity") == pytest.approx(80, abs=2) and not page.is_checked("#intensity-auto input")
    free = new_groove(page, "click", ".pad .auto")
    assert "intensity" not in free["settings"] and "complexity" not in free["settings"]
    assert page.inner_text(".pad output") == "Left to the drummer"
    page.click(".drum-grid [data-do=undo]")
    page.wait_for_function(f"{PAD}.value.intensity > 75 && {PAD}.value.complexity > 65")
    page.check("#complexity-auto input")
    page.wait_for_function(f"{PAD}.value.complexity === null && {PAD}.value.intensity > 75")


def test_the_pad_is_moved_and_told_without_a_mouse(page: Page) -> None:
    for axis, key, name in (("intensity", "ArrowRight", "Intensity"), ("complexity", "ArrowUp", "Complexity")):
        slider = page.get_by_role("slider", name=name, exact=True).first
        assert slider.get_attribute("aria-valuetext") == "left to the drummer"
        slider.focus()
        page.keyboard.press(key)
        page.keyboard.press("Shift+" + key)
        page.wait_for_function(f"(axis) => {GRID}.doc.settings[axis] === 0.56", arg=axis)
        wait_until_idle(page)
        assert slider.get_attribute("aria-valuetext").startswith("56 %")
        page.evaluate(f"{GRID}.stop()")
