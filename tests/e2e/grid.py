"""What tests of the drum grid share: an empty bar to work on, clicks and drags on its cells, and its sound."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from drummer.music.voices import VOICE_INDEX
from tests.e2e.harness import GRID
from tests.sound import RATE

KICK, SNARE, CRASH, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "crash", "hihat_closed"))

# Plays a groove with the control's own mixer and player, as fast as it goes. Like the page, it begins a little later: then the
# mixer has its levels.
LEAD_FRAMES = 882
RENDER = """async ([value, kitName, frames, leadFrames]) => {
    const root = document.querySelector(".drum-grid");
    const grid = root.drumGrid, { Mixer, Player } = root.sound;
    grid.props.value = value;
    grid.receive();
    const kit = await grid.transport.loadKit(kitName);
    const lead = leadFrames / 44100;
    const context = new OfflineAudioContext(2, frames + leadFrames, 44100);
    await Mixer.prepare(context);
    const mixer = new Mixer(context, kit.knee);
    const player = new Player(mixer, kit, grid.props.keys);
    player.setKit(...(await grid.transport.loadKits(grid.doc)));
    player.setGroove(grid.doc);
    player.begin(0, lead);
    player.scheduleUntil(frames / 44100 + lead);
    const sound = await context.startRendering();
    const levels = new Float32Array(2 * sound.length);
    for (const channel of [0, 1]) sound.getChannelData(channel).forEach((level, frame) => (levels[2 * frame + channel] = level));
    const bytes = new Uint8Array(levels.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
}"""


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


def render_offline(page: Page, value: dict[str, Any], kit: str, seconds: float) -> NDArray[np.float64]:
    """Play a value of the grid as the page does, as fast as it goes: (frames, 2) in full scale."""
    answer = page.evaluate(RENDER, [value, kit, round(seconds * RATE), LEAD_FRAMES])
    return np.frombuffer(base64.b64decode(answer), dtype="<f4").reshape(-1, 2).astype(np.float64)[LEAD_FRAMES:]
