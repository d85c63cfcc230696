"""Pictures are judged by their pixels: what a reader sees, not which artists drew it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from numpy.typing import NDArray

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.music.details import ExtraHit, FileDetails
from drummer.music.groove import Groove
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.pictures import colors, piano_roll

SNARE = VOICE_INDEX["snare"]
LEFT = default_config().pianoroll.layouts["wide"].gutter
WIDTH = default_config().pianoroll.layouts["wide"].width
LANE_HEIGHT = default_config().pianoroll.layouts["wide"].lane_height


def one_hit(step: int = 12, velocity: float = 1.0, offset: float = 0.0, bars: int = 1, voice: int = SNARE) -> Groove:
    velocities = np.zeros((48 * bars, 13), np.float32)
    offsets = np.zeros((48 * bars, 13), np.float32)
    velocities[step, voice] = velocity
    offsets[step, voice] = offset
    return Groove(velocities > 0, velocities, offsets, bpm=100)


def busy(bars: int, seed: int = 1) -> Groove:
    rng = np.random.default_rng(seed)
    hits = rng.random((48 * bars, 13)) < 0.05
    velocities = np.where(hits, rng.uniform(0.1, 1, hits.shape), 0)
    offsets = np.where(hits, rng.uniform(-0.5, 0.49, hits.shape), 0)
    return Groove(hits, velocities, offsets, bpm=100)


def pixels(figure: Figure) -> NDArray[np.float64]:
    """(height, width, 3) colours in 0-1."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3] / 255.0


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def lane_of(figure: Figure, label: str) -> slice:
    middle = next(text.get_position()[1] for text in figure.findobj(Text) if text.get_text() == label)
    return slice(int(middle - LANE_HEIGHT / 2) + 1, int(middle + LANE_HEIGHT / 2))


def drawn_by(groove: Groove, theme: str = "light") -> NDArray[np.float64]:
    """(lane height, width) how far the snare's lane is from an empty one: 0 where the groove left no mark."""
    figure = piano_roll.draw(groove, theme)
    empty = pixels(piano_roll.draw(Groove.silent(groove.bars, groove.bpm), theme))
    lane = lane_of(figure, "Snare")
    return np.abs(pixels(figure)[lane, LEFT - 20 :] - empty[lane, LEFT - 20 :]).sum(axis=2)


def in_color(groove: Groove) -> NDArray[np.int64]:
    """Columns of the snare's lane that hold the mark's own colour, in pixels from the first bar line."""
    figure = piano_roll.draw(groove, "dark")
    lane = pixels(figure)[lane_of(figure, "Snare")]
    return np.flatnonzero((np.abs(lane - to_rgb(VOICES[SNARE].color)).max(axis=2) < 0.05).any(axis=0)) - LEFT


@pytest.mark.parametrize("bars", [1, 4, 8, 15, 32])
@pytest.mark.parametrize("layout", ["wide", "phone"])
def test_every_row_names_every_voice_and_every_bar_has_its_number(bars: int, layout: str) -> None:
    drawn = texts(piano_roll.draw(busy(bars), layout=layout))
    assert [text for text in drawn if text.isdecimal()] == [str(bar) for bar in range(1, bars + 1)]
    rows = drawn.count("Kick")
    assert all(drawn.count(voice.label) == rows for voice in VOICES)
    assert rows == {1: 1, 4: {"wide": 1, "phone": 2}[layout], 8: {"wide": 2, "phone": 4}[layout], 15: 4}.get(bars, rows)


def test_the_kick_is_at_the_bottom() -> None:
    figure = piano_roll.draw(busy(1))
    heights = {text.get_text(): text.get_position()[1] for text in figure.findobj(Text)}
    assert sorted(heights[voice.label] for voice in VOICES)[::-1] == [heights[voice.label] for voice in VOICES]


def test_each_hit_marks_its_own_lane_only() -> None:
    for index, voice in enumerate(VOICES):
        groove = one_hit(voice=index)
        figure = piano_roll.draw(groove)
        change = np.abs(pixels(figure) - pixels(piano_roll.draw(Groove.silent(1, 100)))).sum(axis=2)[:, LEFT:]
        marked = [other.label for other in VOICES if change[lane_of(figure, other.label)].any()]
        assert marked == [voice.label]


@pytest.mark.parametrize("step", [0, 12, 17, 47])
@pytest.mark.parametrize("offset", [-0.5, -0.2, 0.0, 0.3, 0.49])
def test_a_mark_begins_at_the_exact_onset(step: int, offset: float) -> None:
    bar_width = WIDTH - LEFT - default_config().pianoroll.layouts["wide"].font_size
    onset = (step + offset) / 48 * bar_width
    assert in_color(one_hit(step, offset=offset)).min() == pytest.approx(onset, abs=1.5)


def test_the_second_row_begins_at_its_own_first_bar() -> None:
    figure = piano_roll.draw(one_hit(step=4 * 48, bars=8), "dark")
    lanes = [text.get_position()[1] for text in figure.findobj(Text) if text.get_text() == "Snare"]
    picture = pixels(figure)
    color = [np.abs(picture[int(y), LEFT + 4] - to_rgb(VOICES[SNARE].color)).max() for y in lanes]
    assert color[1] < 0.05 < color[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_harder_hit_stands_out_more(theme: str) -> None:
    strengths = [drawn_by(one_hit(velocity=velocity), theme).sum() for velocity in (0.05, 0.3, 0.6, 1.0)]
    assert strengths == sorted(strengths)
    assert strengths[0] > 1  # the softest can still be seen


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_hardest_hits_of_every_voice_contrast_with_their_lane(theme: str) -> None:
    ground = pixels(piano_roll.draw(Groove.silent(1, 100), theme))
    for index, voice in enumerate(VOICES):
        figure = piano_roll.draw(one_hit(voice=index), theme)
        row, column = lane_of(figure, voice.label).start + LANE_HEIGHT // 2, LEFT + round((WIDTH - LEFT) / 4) + 4
        mark = pixels(figure)[row, column]
        assert colors.contrast(mark, ground[row, column]) > colors.MARK_CONTRAST - 0.1


def test_the_tick_stays_on_the_grid_when_the_hit_does_not() -> None:
    on_grid = drawn_by(one_hit()).any(axis=0)
    late = drawn_by(one_hit(offset=0.49)).any(axis=0)
    assert np.flatnonzero(late)[0] == np.flatnonzero(on_grid)[0]
    assert np.flatnonzero(late)[-1] > np.flatnonzero(on_grid)[-1]


def test_early_hits_point_up_in_the_timing_strip_and_late_ones_down() -> None:
    empty = pixels(piano_roll.draw(Groove.silent(1, 100)))
    for offset in (-0.4, 0.4):
        figure = piano_roll.draw(one_hit(offset=offset))
        heights = {text.get_text(): text.get_position()[1] for text in figure.findobj(Text)}
        middle = (heights["25 ms early"] + heights["25 ms late"]) / 2
        strip = slice(int(middle - 18), int(middle + 18))
        changed = np.abs(pixels(figure) - empty)[strip, LEFT:].sum(axis=2).sum(axis=1)
        early, late = changed[:16].sum(), changed[20:].sum()
        assert (early > 2 * late) if offset < 0 else (late > 2 * early)


def test_a_title_is_plain_text() -> None:
    assert "cheap $5 _funk_ 100%" in texts(piano_roll.draw(busy(1), title="cheap $5 _funk_ 100%"))
    assert pixels(piano_roll.draw(busy(1), title="$")).shape[0] > pixels(piano_roll.draw(busy(1))).shape[0]


def test_a_png_is_sharp_on_a_dense_screen(tmp_path: Path) -> None:
    piano_roll.save(busy(4), tmp_path / "roll.png", title="Funk")
    piano_roll.save(busy(4), tmp_path / "phone.png", layout="phone")
    assert imread(tmp_path / "roll.png").shape[1] == 2 * WIDTH
    assert imread(tmp_path / "phone.png").shape[1] == 2 * 390


def test_an_svg_holds_the_title(tmp_path: Path) -> None:
    piano_roll.save(busy(1), tmp_path / "roll.svg", theme="dark", title="Funk")
    assert "<!-- Funk -->" in (tmp_path / "roll.svg").read_text()


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    def picture(seed: int) -> bytes:
        path = tmp_path / f"{seed}-{np.random.default_rng().integers(1 << 60)}.png"
        piano_roll.save(busy(2, seed), path, theme="dark" if seed % 2 else "light", title=f"seed {seed}")
        return path.read_bytes()

    alone = [picture(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(picture, [0, 1, 2, 3] * 3)) == alone * 3


def test_drawing_needs_no_global_figure_manager(tmp_path: Path) -> None:
    program = (
        "import sys; from drummer.pictures import piano_roll; from drummer.music.groove import Groove;"
        f"piano_roll.save(Groove.silent(1, 100), {str(tmp_path / 'silent.png')!r}); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"theme": "blue"}, "a piano roll's theme is one of light, dark, got 'blue'"),
        ({"layout": "watch"}, "a piano roll's layout is one of wide, phone, card, got 'watch'"),
        ({"path": "roll.jpg"}, "a piano roll is saved as .png or .svg, got 'roll.jpg'"),
    ],
)
def test_what_cannot_be_drawn_is_named(change: dict[str, str], sentence: str, tmp_path: Path) -> None:
    arguments = {"path": tmp_path / "roll.png"} | change
    with pytest.raises(SettingError) as caught:
        piano_roll.save(busy(1), **arguments)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("layout", ["wide", "phone"])
def test_parts_of_a_song_are_named_above_their_first_bars(layout: str) -> None:
    figure = piano_roll.draw(Groove.silent(64, 100), layout=layout, markers=[(0, "Intro"), (3, "Chorus"), (62, "Ending")])
    places = {text.get_text(): text.get_position() for text in figure.findobj(Text)}
    edges = {text.get_text(): text.get_window_extent() for text in figure.findobj(Text)}
    for number, name, after in (("1", "Intro", "2"), ("4", "Chorus", "5"), ("63", "Ending", "64")):
        assert places[name][1] == places[number][1]
        assert edges[number].x1 < edges[name].x0
        if places[after][1] == places[number][1]:
            assert edges[name].x1 < edges[after].x0


# -- meters and percussion ---------------------------------------------------------------------------------------------------


def grid_lines(meter: str) -> list[tuple[float, str]]:
    """Place in beats and strength of each vertical line of a silent bar; a line is drawn over the weaker ones."""
    groove = Groove.silent(1, 100, meter=Meter.parse(meter))
    figure = piano_roll.draw(groove)
    row = pixels(figure)[lane_of(figure, "Snare").start + 2]
    palette = colors.find_palette("light")
    beat = (WIDTH - LEFT - default_config().pianoroll.layouts["wide"].font_size) / groove.beats
    inks = {name: np.array(to_rgb(getattr(palette, name))) for name in ("lane", "beat", "group", "bar")}
    found = []
    for pulse in range(2 * groove.meter.numerator):
        quarters = pulse * 2 / groove.meter.denominator
        near = row[round(LEFT + quarters * beat) - 1 : round(LEFT + quarters * beat) + 2].min(axis=0)  # the darkest of three
        nearest = min(inks, key=lambda name: np.abs(inks[name] - near).sum())
        if nearest != "lane":
            found.append((quarters, nearest))
    return found


@pytest.mark.parametrize(
    ("meter", "lines"),
    [
        ("3/4", {0: "bar", 1: "beat", 2: "beat"}),
        ("6/8", {0: "bar", 1.5: "group"}),
        ("5/4", {0: "bar", 1: "beat", 2: "beat", 3: "group", 4: "beat"}),
        ("7/8", {0: "bar", 0.5: "beat", 1: "group", 1.5: "beat", 2: "group", 2.5: "beat", 3: "beat"}),
        ("7/8 (3+2+2)", {0: "bar", 0.5: "beat", 1: "beat", 1.5: "group", 2: "beat", 2.5: "group", 3: "beat"}),
    ],
)
def test_lines_are_on_pulses_and_stronger_where_groups_begin(meter: str, lines: dict[float, str]) -> None:
    assert dict(grid_lines(meter)) == lines


def test_percussion_has_a_lane_of_its_own_if_there_is_any() -> None:
    groove = one_hit()
    plain = piano_roll.draw(groove)
    assert "Percussion" not in texts(plain)
    details = FileDetails.empty(groove.steps)
    shaken = replace(groove, details=replace(details, extra_hits=(ExtraHit(24, 0.0, 54, 1.0), ExtraHit(36, 0.0, 40, 1.0, SNARE))))
    figure = piano_roll.draw(shaken)
    assert lane_of(figure, "Percussion").stop < lane_of(figure, "Ride bell").start
    assert figure.get_figheight() > plain.get_figheight()
    step = (WIDTH - LEFT - default_config().pianoroll.layouts["wide"].font_size) / 48
    image, lanes = pixels(figure), {name: lane_of(figure, name) for name in ("Percussion", "Snare", "Kick")}

    def is_marked(lane: str, at: int) -> bool:
        column = round(LEFT + at * step) + 3
        return bool(
            np.abs(image[lanes[lane].start + LANE_HEIGHT // 2, column] - to_rgb(colors.find_palette("light").lane)).sum() > 0.3
        )

    assert [is_marked("Percussion", at) for at in (12, 24, 36)] == [False, True, False]
    assert [is_marked("Snare", at) for at in (12, 24, 36)] == [True, False, True]
    assert not any(is_marked("Kick", at) for at in (12, 24, 36))
