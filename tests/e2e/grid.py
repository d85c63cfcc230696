"""What tests of the drum grid share: an empty bar to work on, and clicks and drags on its cells."""

from playwright.sync_api import Page

from drummer.music.voices import VOICE_INDEX
from tests.e2e.harness import GRID

KICK, SNARE, CRASH, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "crash", "hihat_closed"))


def empty(page: Page) -> None:
    """Put an empty bar of 60 BPM into the grid, with nothing selected, playing or to be undone."""
    page.evaluate(f"""() => {{
        const grid = {GRID};
        grid.stop();
        grid.editor.drag = null;
        grid.editor.cursor = {{ step: 0, voice: 0 }};
        grid.editor.tool = "draw";
        grid.start = 0;
        grid.zoom = null;
        grid.props.value = {{ ...grid.value, bpm: 60, bars: 1, hits: [], edited: false, made: String(Math.random()),
            settings: {{ ...grid.value.settings, kit: "black_pearl" }} }};
        grid.receive();
        for (const what of ["muted", "soloed", "locked"]) for (const voice of grid.doc[what]) grid.toggleLane(what, voice);
        grid.history.past = []; grid.history.future = [];
        document.activeElement.blur();
    }}""")


def hits(page: Page) -> list[list[float]]:
    """Hits with voices by their index: [step, voice, velocity, offset]."""
    found: list[list[float]] = page.evaluate(f"{GRID}.doc.hits")
    return found


def place(page: Page, step: float, voice: int) -> tuple[float, float]:
    """Where a step of a voice is on the screen; a little to the right of its line."""
    x, y = page.evaluate(
        f"""([step, voice]) => {{
            const grid = {GRID};
            grid.parts.scroller.scrollIntoView({{ block: "nearest" }});
            const box = grid.parts.roll.getBoundingClientRect();
            return [box.x + grid.geometry.x(step) + 4, box.y + grid.geometry.laneTop(voice) + grid.geometry.laneHeight / 2];
        }}""",
        [step, voice],
    )
    return x, y


def click(page: Page, step: float, voice: int) -> None:
    page.mouse.click(*place(page, step, voice))


def drag(page: Page, step: float, voice: int, dx: float, dy: float) -> None:
    x, y = place(page, step, voice)
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.3, 0.6, 1):
        page.mouse.move(x + part * dx, y + part * dy)
    page.mouse.up()
