"""What people come for, story by story: an index of the tests that tell each, and the stories that no other file tells."""

import ast
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pretty_midi
import pytest
from gradio_client import Client
from gradio_client.utils import Status
from playwright.sync_api import Browser, Page

from tests.e2e.harness import (
    GRID,
    App,
    calls,
    choose,
    document,
    draw_pictures,
    generate,
    number,
    settle,
    unfold,
    visit,
    wait_for_widgets,
    wait_until_idle,
)

FOLDER = Path(__file__).parent
STORIES = {  # a person who ...
    # Making a groove
    "opens the page and finds a groove": "test_page.test_a_groove_is_there_before_the_first_click_and_keeps_quiet",
    "gets a groove of each genre, hears it, takes it away": "test_page.test_each_genre_gives_a_new_groove_sound_and_midi_file",
    "notes a seed, and plays it again": "test_page.test_a_typed_seed_plays_the_same_groove_again_and_the_dice_a_new_one",
    "leaves the tempo to the drummer": "test_page.test_the_tempo_is_left_to_the_drummer_until_the_hand_says_otherwise",
    "types nonsense, is told so, and loses nothing": "test_page.test_a_wrong_setting_gets_a_sentence_and_costs_nothing",
    # The grid
    "draws a hit, and it is in the download": "test_grid.test_a_click_adds_a_hit_and_another_removes_it",
    "drags a hit louder, and later": "test_grid.test_dragging_a_hit_sideways_changes_its_timing_within_half_a_step",
    "selects hits with a box and deletes them": "test_grid.test_a_box_selects_and_delete_removes",
    "edits on a phone, with a finger": "test_grid.test_fingers_tap_drag_and_scroll",
    "edits without a mouse": "test_grid.test_the_keyboard_alone_edits",
    "edits without seeing": "test_grid.test_a_screen_reader_is_told_where_the_cursor_is_and_what_is_there",
    "draws a groove in 7/8": "test_meters.test_a_groove_is_drawn_by_hand_exported_and_read_back",
    "has the drummer play in 7/8": "test_meters.test_the_drummer_plays_the_meter_of_the_menu_and_goes_on_in_it",
    "wants a meter that no drummer plays": (
        "test_meters.test_what_the_drummer_cannot_play_is_said_in_a_sentence_and_nothing_is_lost"
    ),
    "edits a file with a cowbell": "test_details.test_percussion_is_removed_and_moved_and_undo_brings_it_back",
    "works on 32 bars": "test_grid.test_thirty_two_bars_scroll_and_the_overview_leads_there",
    # Sound
    "plays, and the playhead follows what is heard": "test_grid_playing.test_space_plays_and_the_playhead_follows_the_clock",
    "mutes and solos while it plays": "test_grid_playing.test_mute_and_solo_act_at_once_and_downloads_hold_what_is_heard",
    "changes the tempo while it plays": "test_grid_playing.test_the_tempo_changes_while_it_plays_and_the_beat_goes_on",
    "tries another kit on the same groove": "test_grid_playing.test_another_kit_plays_the_same_groove",
    "plays along, after a count-in, to a metronome": "test_grid_playing.test_count_in_and_metronome",
    # Directing the drummer
    "asks for a harder groove": "test_directions.test_intensity_is_followed_with_one_request_after_fast_changes",
    "asks for toms, folded away": "test_directions.test_more_directions_are_followed_undone_and_shown_again",
    "keeps kick and snare and has the rest played anew": "test_directions.test_locked_lanes_stay_and_the_rest_is_played_anew",
    "has one bar played anew": "test_directions.test_one_bar_is_played_anew_and_the_others_stay",
    "has the drummer go on": "test_directions.test_the_drummer_goes_on_and_undo_takes_it_back",
    "hears four variations, keeps one": "test_directions.test_more_like_this_puts_four_takes_side_by_side_to_hear_and_keep",
    "stars a take and finds it tomorrow": "test_directions.test_takes_with_their_edits_and_stars_outlast_a_reload",
    "morphs from one genre to another": "test_directions.test_it_morphs_from_one_genre_to_another",
    # Taking it away
    "drags the MIDI into a DAW, for the kit there": (
        "test_take_away.test_the_midi_file_that_can_be_dragged_away_is_for_the_kit_that_is_chosen"
    ),
    "takes a FLAC, a picture, stems": "test_take_away.test_each_form_comes_by_itself_under_a_name_to_keep",
    "takes a loop that has no seam": "test_take_away.test_sound_is_a_loop_of_exactly_its_bars_or_has_its_tail",
    "takes all of it, and opens it again": "test_take_away.test_one_zip_with_all_of_it_and_groove_json_opens_again_as_it_was",
    "sends a friend a link": "test_take_away.test_a_link_opens_the_same_groove_for_anyone",
    # Own files, feel, songs
    "has an own file humanized": "test_bring.test_it_is_humanized_with_the_seed_that_is_shown",
    "has a bass line's rhythm as the kick": "test_bring.test_a_bass_line_offers_its_rhythm_alone_and_becomes_the_kick",
    "asks how it feels": "test_feel_panel.test_the_sentence_and_the_chart_are_about_this_groove",
    "plays a song": "test_song.test_the_song_is_one_groove_by_its_seed",
    # Programs
    "writes a script": "test_programs.test_the_example_of_the_readme_runs",
    "lets an assistant play": "test_mcp.test_a_groove_is_played_and_exported",
    # Nothing is lost
    "works in two tabs": "test_keeping.test_stars_and_takes_of_two_tabs_merge",
    "loads the page again": "test_keeping.test_a_reload_brings_everything_back",
    "loses the connection for a while": "test_connection.test_a_lost_connection_costs_nothing",
    # The first view
    "clicks a preset and hears it": "test_first_view.test_a_preset_plays_at_one_click_and_shows_its_settings",
    "moves the pad and takes it back": "test_first_view.test_the_pad_sets_both_controls_leaves_them_and_follows_undo",
    "sees the page before it is built": "test_first_paint.test_nothing_moves_until_the_first_groove_is_there",
    "hears the first bars while the others are made": (
        "test_streaming.test_it_sounds_from_its_first_bars_and_stop_ends_the_work"
    ),
    "edits while the last bars are made": "test_streaming.test_what_is_edited_meanwhile_stays_and_is_undone_alone",
    "taps the tempo": "test_grid_playing.test_tapping_sets_the_tempo",
    # Editing as in a DAW
    "drags a hit to another step and drum": (
        "test_editing.test_a_hit_is_dragged_to_another_step_and_lane_and_escape_puts_it_back"
    ),
    "copies a bar, with its early downbeat": "test_editing.test_a_bar_travels_with_its_early_downbeat_by_keys_and_buttons",
    "quantises, ramps and rolls a selection": "test_editing.test_a_selection_is_copied_shaped_and_named_by_undo",
    "loops some bars, locks them, and has a fill in one": (
        "test_editing.test_selected_bars_are_looped_and_locked_and_a_bar_becomes_a_fill"
    ),
    "copies, pastes and moves with a finger": "test_editing.test_fingers_select_copy_paste_and_move",
    # Takes, the mix, exports
    "names takes, compares two, files them, carries them elsewhere": (
        "test_takes.test_takes_are_named_compared_filed_deleted_and_carried_elsewhere"
    ),
    "mixes, and takes it back": "test_mix.test_a_mix_is_kept_and_undone_by_its_name",
    "drops an own sample on a lane": "test_samples.test_a_dropped_sample_is_heard_and_exported_and_kept",
    "reads the part": "test_sheet_music.test_it_is_drawn_when_it_is_opened_and_follows_edits",
    "needs 24 bit at 48 kHz": "test_take_away.test_sound_at_another_sample_rate_bit_depth_and_level",
    "lays out a song by keyboard": "test_song.test_all_of_it_works_by_keyboard",
    # On a phone
    "generates on a phone and sees the groove": (
        "test_phone.test_after_generate_the_whole_grid_is_in_sight_and_the_transport_is_pinned"
    ),
    "re-rolls the bar in sight on a phone": "test_phone.test_buttons_of_a_bar_follow_what_is_in_sight_played_or_selected",
    "opens the page on a train": "test_shell.test_it_opens_offline_after_one_visit",
    # Told here
    "works by keyboard from the first control to the last": "test_stories.test_every_control_is_reached_with_the_tab_key",
    "makes, directs, keeps and takes away a groove by keyboard": "test_stories.test_a_whole_session_by_keyboard_alone",
    "takes everything back, and does it again": "test_stories.test_undo_goes_back_over_everything_and_redo_there_again",
    "waits in line, and knows where": "test_stories.test_who_waits_is_told_the_place_in_line",
}

# Everything on the page that a hand could use, each with a mark to find it again.
CONTROLS = """() => {
    const usable = "button, input:not([type=file]), select, textarea, summary, a[href], [tabindex='0']";
    const controls = [...document.querySelectorAll(usable)]
        .filter((each) => each.closest("#presets, #studio") && !each.disabled && each.tabIndex >= 0)
        .filter((each) => each.checkVisibility({ visibilityProperty: true }));
    controls.forEach((each, index) => (each.dataset.control = index));
    return controls.map((each) => `${each.id || each.closest("[id]").id}: ${each.ariaLabel || each.textContent.trim()}`);
}"""


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    with visit(browser, app, 1280, 1000) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(browser: Browser, app: App) -> Iterator[Page]:
    """A page for the stories that may begin with any groove."""
    with visit(browser, app, 1280, 1000) as opened:
        yield opened


@pytest.mark.parametrize("test", STORIES.values(), ids=STORIES)
def test_each_story_is_told(test: str) -> None:
    module, name = test.split(".")
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


# -- by keyboard -----------------------------------------------------------------------------------------------------------


def test_every_control_is_reached_with_the_tab_key(page: Page) -> None:
    """In a group, such as the blocks of a song, arrow keys lead from one to the next, as the test of each tells."""
    for panel in ("more-settings", "more-formats", "more-directions", "sheet-music", "song", "bring", "feel"):
        unfold(page, panel)
    draw_pictures(page)
    settle(page)
    page.fill("#tempo input[type=number]", "141")
    page.press("#tempo input[type=number]", "Tab")
    page.wait_for_function(f"{GRID}.doc.bpm === 141")
    settle(page)
    held = document(page)
    names = page.evaluate(CONTROLS)
    assert len(names) > 114
    page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(len(names) + 20):
        page.keyboard.press("Tab")
        mark = page.evaluate("document.activeElement?.dataset.control")
        if mark is not None:
            reached.add(int(mark))
    assert [name for index, name in enumerate(names) if index not in reached] == []
    settle(page)
    assert document(page) == held and number(page, "tempo") == 141  # to pass by is not to choose


def test_a_whole_session_by_keyboard_alone(shared: Page, tmp_path: Path) -> None:
    page = shared

    def press(selector: str, *keys: str) -> None:
        page.focus(selector)
        for key in keys:
            page.keyboard.press(key)

    page.focus("#genre input")  # as the Tab key does, see above
    page.keyboard.press("Control+a")
    page.keyboard.type("Jazz")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#tempo input[type=number]').value === '125'")  # Gradio chooses a frame later
    press("#bars input[type=range]", "Home", "ArrowRight")
    press("#dice input", "Space")
    press("#generate", "Enter")
    page.wait_for_function(f"{GRID}.doc.settings.genre === 'jazz' && {GRID}.doc.bars === 2")
    wait_until_idle(page)
    assert document(page)["bpm"] == number(page, "tempo") == 125
    page.evaluate(f"{GRID}.stop()")

    press("#more-directions > button", "Enter")
    wait_for_widgets(page, "more-directions")
    press("#cymbals input[type=range]", *["ArrowRight"] * 3)
    page.wait_for_function(f"{GRID}.doc.settings.cymbals === 0.53")
    wait_until_idle(page)
    press("#cymbals-auto input", "Space")
    page.wait_for_function(f"{GRID}.doc.settings.cymbals == null")
    wait_until_idle(page)

    press("[aria-label='Lock Kick']", "Enter")
    kicks = [hit for hit in document(page)["hits"] if hit[1] == "kick"]
    before = document(page)["made"]
    press(".drum-grid [data-do=reroll]", "Enter")
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before)
    wait_until_idle(page)
    assert [hit for hit in document(page)["hits"] if hit[1] == "kick"] == kicks
    page.evaluate(f"{GRID}.stop()")

    press(".drum-grid .takes li:nth-child(2) .star", "Enter")
    assert page.get_attribute(".drum-grid .takes li:nth-child(2) .star", "aria-pressed") == "true"
    press(".drum-grid .takes li:nth-child(2) .take", "Enter")
    page.wait_for_function("document.querySelector('.drum-grid .takes li:nth-child(2) .take').ariaCurrent === 'true'")
    page.evaluate(f"{GRID}.stop()")
    page.keyboard.press("Control+z")

    with page.expect_download() as waiting:
        press("#midi", "Enter")
    waiting.value.save_as(tmp_path / "jazz.mid")
    assert pretty_midi.PrettyMIDI(str(tmp_path / "jazz.mid")).instruments[0].is_drum
    press("#more-formats > button", "Enter")
    with page.expect_download() as waiting:
        press("#json", "Enter")
    assert waiting.value.suggested_filename.endswith(".json")


# -- one thing after the other ---------------------------------------------------------------------------------------------


def slide(control: str, value: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"#{control} input[type=range]").fill(value)


def pick(control: str, option: str) -> Callable[[Page], None]:
    return lambda page: choose(page, control, option)


def press_in_grid(action: str) -> Callable[[Page], None]:
    return lambda page: page.click(f".drum-grid [data-do={action}]")


CHANGES: dict[str, Callable[[Page], None]] = {
    "tempo": slide("tempo", "140"),
    "kit": pick("kit", "Red Zeppelin"),
    "human": slide("human", "40"),
    "intensity": slide("intensity", "90"),
    "fills": pick("fills", "2 bars"),
    "re-roll": press_in_grid("reroll"),
    "re-roll bar": press_in_grid("reroll-bar"),
    "continue": press_in_grid("continue"),
    "half time": press_in_grid("half-time"),
    "generate": lambda page: page.click("#generate"),
}


def test_undo_goes_back_over_everything_and_redo_there_again(shared: Page) -> None:
    """Each change costs one request, and is one step to undo."""
    page = shared

    def state() -> dict[str, Any]:
        return {name: document(page)[name] for name in ("hits", "bpm", "bars", "settings", "seed")}

    def widgets() -> list[Any]:
        return [page.input_value("#kit input"), *(number(page, name) for name in ("tempo", "human", "intensity", "seed"))]

    unfold(page, "more-directions")
    page.locator("#bars input[type=range]").fill("2")
    generate(page)
    page.evaluate(f"{GRID}.stop(), {GRID}.history.past = []")
    states, shown = [state()], [widgets()]
    for name, change in CHANGES.items():
        with calls(page) as requests:
            change(page)
            page.wait_for_function(f"(steps) => {GRID}.history.past.length === steps", arg=len(states))
            settle(page)
        assert len(requests) == 1, name
        page.evaluate(f"{GRID}.stop()")
        assert state() != states[-1], name  # and not two steps at once, or there would be one fewer
        states.append(state())
        shown.append(widgets())
    for index in reversed(range(len(CHANGES))):
        page.click(".drum-grid [data-do=undo]")
        settle(page)
        assert (state(), widgets()) == (states[index], shown[index]), list(CHANGES)[index]
    assert page.locator(".drum-grid [data-do=undo]").is_disabled()
    for _ in CHANGES:
        page.click(".drum-grid [data-do=redo]")
    settle(page)
    assert (state(), widgets()) == (states[-1], shown[-1])


def test_what_only_a_later_groove_is_asked_about_costs_no_request(shared: Page) -> None:
    page = shared
    free = {
        "genre": pick("genre", "Soul"),
        "bars": slide("bars", "5"),
        "temperature": slide("temperature", "0.9"),
        "model": pick("model", "Small"),
        "dice": lambda page: page.uncheck("#dice input"),
        "tempo-auto": lambda page: page.check("#tempo-auto input"),
        "loop": lambda page: page.uncheck("#loop input"),
        "sample-rate": pick("sample-rate", "48 kHz"),
    }
    unfold(page, "more-formats")
    settle(page)
    costs = {}
    for name, change in {**free, "map": pick("map", "BFD3")}.items():
        with calls(page) as requests:
            change(page)
            settle(page)
            costs[name] = len(requests)
        page.evaluate(f"{GRID}.stop()")
    assert costs == {**dict.fromkeys(free, 0), "map": 1}


# -- with others -----------------------------------------------------------------------------------------------------------


def test_who_waits_is_told_the_place_in_line(shared: Page, client: Client) -> None:
    page = shared
    slow = [client.submit(bars=32, model="medium", seed=seed, api_name="/play") for seed in range(3)]
    deadline = time.monotonic() + 60
    while sum(job.status().code is Status.PROCESSING for job in slow) < 2:  # each of both workers has one, and one is in front
        assert time.monotonic() < deadline
    before = document(page)["made"]
    page.click("#generate")
    line = page.locator(".drum-grid .readout")
    line.get_by_text("In the queue: ").wait_for()
    # One or two of the three are waited for: on a busy machine longer than a page may be.
    page.wait_for_function(f"(before) => {GRID}.doc.made !== before", arg=before, timeout=120_000)
    assert "In the queue" not in line.inner_text()
    assert [job.result()["bars"] for job in slow] == [32] * 3
