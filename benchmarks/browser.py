"""How long a musician waits for the page: `python -m benchmarks.browser`, the page in a real Chromium on this machine.

Each turn does everything once, one thing after the other, so that a busy machine hurts all alike.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.__main__ import Action, Row, Values, print_table, take_turns
from benchmarks.fresh import BARS, GENRE, SEED
from tests.e2e.harness import CHROMIUM, App, running_app, running_chromium, wait_until_idle

# Milliseconds on the page's own clock. `heard` waits for the first sample that comes out of a node.
TOOLS = """() => {
    const grid = document.querySelector(".drum-grid").drumGrid;
    const pause = () => new Promise((done) => { const { port1, port2 } = new MessageChannel();
        port1.onmessage = done; port2.postMessage(0); });
    const probe = (node) => {
        const analyser = node.context.createAnalyser();
        analyser.fftSize = 256;
        node.connect(analyser);
        const samples = new Float32Array(256);
        return () => { analyser.getFloatTimeDomainData(samples); return Math.max(...samples.map(Math.abs)); };
    };
    const until = async (test) => {
        const end = performance.now() + 120000;
        while (!test()) { if (performance.now() > end) throw new Error("it took 2 minutes"); await pause(); }
        return performance.now();
    };
    const painted = () => new Promise((done) => requestAnimationFrame(() => done(performance.now())));
    window.bench = { grid, probe, until, painted, pause };
}"""

# `way` is "streamed", as the page does it, or "whole": the same parts are handed to the grid when the last has come, as before
# there were streams. A gap is how much later a bar came than it had to sound, in the worst case.
GENERATE = """async ([way, bars]) => {
    const { grid, probe, until, painted } = bench, { stream } = grid;
    grid.stop();
    await until(() => !grid.requests.generating);
    await new Promise((done) => setTimeout(done, 300));
    const parts = [], came = [], receive = Object.getPrototypeOf(stream).receive.bind(stream);
    stream.receive = (...part) => {
        came.push([part[0].streamed, performance.now()]);
        parts.push(part);
        if (way === "whole" && part[0].streamed < part[0].bars) return;
        for (const each of parts.splice(0)) receive(...each);
    };
    const level = probe(grid.mixer.output), before = grid.doc.made;
    const start = performance.now();
    if (bars) document.querySelector("#generate").click();
    else document.querySelector(".song [data-do=generate]").click();
    await until(() => grid.doc.made !== before);
    const drawn = await painted();
    const heard = await until(() => level() > 1e-3);
    const beat = 60000 / grid.doc.bpm;
    const rest = Math.max(0, grid.player.onsets[0].beat * beat); // the groove begins with so much silence
    const began = grid.player.anchorTime * 1000 + performance.now() - grid.context.currentTime * 1000;
    await until(() => !grid.requests.generating);
    const late = came.map(([bar, at]) => at - began - (bar - 1) * 4 * beat).slice(1);
    grid.stop();
    delete stream.receive;
    return { grid: drawn - start, sound: heard - rest - start, ...(way === "streamed" && { gap: Math.max(0, ...late) }) };
}"""

EDIT = """async () => {
    const { grid, probe, until } = bench;
    grid.stop();
    await new Promise((done) => setTimeout(done, 400));
    const level = probe(grid.mixer.output);
    const { geometry, parts: { roll } } = grid, { x, y } = roll.getBoundingClientRect();
    const crash = 10; // it rings long enough not to be missed
    const taken = new Set(grid.doc.hits.filter((hit) => hit[1] === crash).map((hit) => hit[0]));
    const step = [...Array(64).keys()].map((cell) => 3 * cell).find((cell) => !taken.has(cell));
    const point = { clientX: x + geometry.x(step) + 4, clientY: y + geometry.laneTop(crash) + 10, pointerId: 1, button: 0 };
    roll.setPointerCapture = () => {};
    const start = performance.now();
    for (const kind of ["pointerdown", "pointerup"]) roll.dispatchEvent(new PointerEvent(kind, point));
    const heard = await until(() => level() > 1e-3);
    return { edit: heard - start };
}"""

MUTE = """async () => {
    const { grid, probe, until } = bench;
    const kick = grid.lanes.parts[0].muted;
    grid.stop();
    grid.preview({ ...grid.doc, bpm: 120, hits: [...Array(64).keys()].map((beat) => [3 * beat, 0, 1, 0]) });
    await grid.play(0);
    const level = probe(grid.mixer.lanes[0]);
    await until(() => level() > 0.05);
    const start = performance.now();
    kick.click();
    const silent = await until(() => level() < 0.003);
    kick.click();
    grid.stop();
    return { mute: silent - start };
}"""

LENGTHS = {f"{BARS} bars": BARS, "32 bars": 32, "a song": 0}
WAYS = ("streamed", "whole")

FIRST_SOUND = """async () => {
    const { grid, probe, until } = bench;
    await until(() => grid.mixer);
    const level = probe(grid.mixer.output);
    return { load: await until(() => level() > 1e-3) };
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="turns of each (%(default)s)")
    rounds = max(1, parser.parse_args().rounds)
    if CHROMIUM is None:
        print("benchmarks: Chromium is not installed; packages-dev.txt names its package", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app, running_chromium() as browser:
        results = take_turns(rounds, actions(browser, app, open_page(browser, app)))
    print_table(make_rows(results))
    return 0


def actions(browser: Browser, app: App, page: Page, lengths: Mapping[str, int] = LENGTHS) -> dict[str, Action]:
    """List what is measured: on a page that is open, and on one that is opened each time."""
    waits: dict[str, Action] = {}
    for length, bars in lengths.items():
        for way in WAYS:
            waits[f"{length} {way}"] = partial(generate, page, way, bars, f"{length} {way}")
    return {
        **waits,
        "edit": lambda: seconds("edit", page, EDIT),
        "mute": lambda: seconds("mute", page, MUTE),
        "visit": lambda: visit_page(browser, app),
    }


def generate(page: Page, way: str, bars: int, name: str) -> Values:
    """Press Generate for so many bars, or the button of a song."""
    if bars:
        page.fill("#bars input[type=number]", str(bars))
        page.keyboard.press("Tab")
    return {f"{name}.{key}": value / 1000 for key, value in page.evaluate(GENERATE, [way, bars]).items()}


def open_page(browser: Browser, app: App) -> Page:
    """Open the page, with a seed that stays, and the sound woken up as by a click."""
    page = browser.new_page()
    page.goto(app.url)
    page.click("#more-settings > button")
    page.wait_for_selector("#seed input")
    wait_until_idle(page)
    page.fill("#seed input", str(SEED))
    page.click("#song > button")
    page.evaluate(TOOLS)
    page.click("#generate")
    page.wait_for_function("bench.grid.playBeat > 0")
    return page


def seconds(name: str, page: Page, script: str) -> Values:
    return {f"{name}.{key}": value / 1000 for key, value in page.evaluate(script).items()}


def visit_page(browser: Browser, app: App) -> Values:
    """Open the page afresh, nothing cached, and press the space bar as soon as there is a groove."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(app.url, wait_until="commit")
        page.wait_for_function("document.querySelector('.drum-grid')?.drumGrid?.doc", polling=10)
        page.evaluate(TOOLS)
        page.keyboard.press("Space")
        return seconds("visit", page, FIRST_SOUND)
    finally:
        context.close()


def make_rows(results: dict[str, list[float] | str], lengths: Mapping[str, int] = LENGTHS) -> list[Row | str]:
    def row(label: str, key: str, limit: float | None = None) -> Row:
        failure = results.get(key.split(".")[0])
        return Row(label, failure if isinstance(failure, str) else results[key], limit=limit)

    rows: list[Row | str] = [f"The page in Chromium, {GENRE}, model medium; whole: as before streams, after the last bar"]
    for length in lengths:
        rows += [
            row(f"a click on Generate, until {length} are heard, streamed", f"{length} streamed.sound", 0.2),
            row("  the same, whole", f"{length} whole.sound"),
            row("  until the first bar is drawn, streamed", f"{length} streamed.grid"),
            row("  silence for want of a bar, streamed", f"{length} streamed.gap", 0.0),
        ]
    return [
        *rows,
        row("a click that adds a hit, until it is heard", "edit.edit", 0.4),
        row("a click on mute, until the voice is silent", "mute.mute", 0.03),
        row("opening the page, until the first sound after the space bar", "visit.load", 3),
    ]


if __name__ == "__main__":
    sys.exit(main())
