"""Many visitors at once: `python -m benchmarks.visitors`, through `gradio_client` against the real app on this machine.

Each visitor clicks ten times, the next time as soon as the last has been answered, which is worse than people are. When all have
done so the next as many come, each with a session of its own, until the minutes are over: memory must not grow with visits.
The visitors' own work is done by the same cores.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client

from benchmarks.fresh import BARS, GENRE
from tests.e2e.harness import running_app

VISITORS, CLICKS = 16, 10
SLOWEST = 10.0  # seconds, for 95% of the clicks
WARM_SECONDS = 60.0  # after which memory must be flat; medians of as long are compared

LISTENED_BARS = 16

Click = Callable[[Client, int], Any]  # given a seed


@dataclass
class Visits:
    """What came of them.

    Attributes:
        seconds: From each click to its answer.
        errors: Sentences of the clicks that failed.
        heard: Of each streamed groove: seconds until its first bar, seconds by which a bar missed its turn (0: none did),
            seconds until its last bar.
        memory: The server's, workers included, in gigabytes, once a second, by the seconds since the start.
        elapsed: Seconds in all.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    heard: list[tuple[float, float, float]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    elapsed: float = 0.0


def generate(client: Client, seed: int) -> None:
    """Have a groove as MIDI, WAV and picture: the dearest click there is."""
    client.predict(genre=GENRE, bars=BARS, seed=seed, api_name="/generate")


def work_on_it(client: Client, click: int) -> None:
    """Do what a musician does, a click after the other: play, re-roll, go on, take away."""
    groove = getattr(client, "groove", None)
    steps: list[Callable[[], Any]] = [
        lambda: client.predict(genre=GENRE, bars=BARS, seed=click, api_name="/play"),
        lambda: client.predict(groove, keep=["kick"], seed=click, api_name="/reroll"),
        lambda: client.predict(groove, bar=2, seed=click, api_name="/reroll_bar"),
        lambda: client.predict(groove, bars=4, seed=click, api_name="/continue_groove"),
        lambda: client.predict(groove, "wav", api_name="/export"),
    ]
    made = steps[click % len(steps)]()
    if isinstance(made, dict):
        client.groove = made  # type: ignore[attr-defined]


def listen(client: Client, seed: int) -> None:
    """Have a groove bar by bar, and listen at once: note the wait for the first bar, and how late a bar came for its turn."""
    begun = time.perf_counter()
    came: list[tuple[int, float]] = []  # bars that were there before, and when the next came, in seconds
    bars, bpm = 0, 0.0
    for part in client.submit(genre=GENRE, bars=LISTENED_BARS, seed=seed, api_name="/stream"):
        came.append((bars, time.perf_counter() - begun))
        bars, bpm = bars + part["bars"], part["bpm"]
    first = came[0][1]
    late = max(at - first - before * 240 / bpm for before, at in came)
    client.heard = [*getattr(client, "heard", []), (first, late, came[-1][1])]  # type: ignore[attr-defined]


KINDS: dict[str, tuple[str, Click]] = {
    "generate": (f"{BARS} bars of {GENRE} as MIDI, WAV and PNG", generate),
    "listen": (f"{LISTENED_BARS} bars of {GENRE} as a stream", listen),
    "work": ("play, re-roll, re-roll a bar, continue, WAV", work_on_it),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.visitors", description=__doc__)
    parser.add_argument("--visitors", type=int, default=VISITORS, help="at once (%(default)s)")
    parser.add_argument("--minutes", type=float, default=3.0, help="of each kind of visit, at least (%(default)s)")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} at the start, {os.cpu_count()} cores, model medium")
    met = True
    for name, (label, click) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
            visits = receive(app.url, app.process, click, options.visitors, 60 * options.minutes)
        met &= report(f"{name}: {label}", visits)
    return 0 if met else 1


def receive(url: str, process: int, click: Click, visitors: int, seconds: float, clicks: int = CLICKS) -> Visits:
    """Let visitors come, as many at once, until the time is over.

    Args:
        url: Of the app.
        process: The app's process, whose memory is watched.
        click: What each does several times.
        visitors: How many.
        seconds: After which no new ones come.
        clicks: Of each visitor.
    """
    visits = Visits()
    start = time.monotonic()
    with watched(process, visits.memory, start), ThreadPoolExecutor(visitors) as pool:
        while not visits.elapsed or visits.elapsed < seconds:
            list(pool.map(lambda number: visit(url, click, number, visits, clicks), range(visitors)))
            visits.elapsed = time.monotonic() - start
    return visits


def visit(url: str, click: Click, number: int, visits: Visits, clicks: int) -> None:
    """Click some times."""
    with tempfile.TemporaryDirectory() as folder:
        client = Client(url, verbose=False, download_files=folder)
        for turn in range(clicks):
            begun = time.perf_counter()
            try:
                click(client, clicks * number + turn)
            except Exception as error:  # whatever a visitor would see
                visits.errors.append(f"{type(error).__name__}: {error}")
            visits.seconds.append(time.perf_counter() - begun)
        visits.heard += getattr(client, "heard", [])
        client.close()


def family(process: int) -> list[int]:
    """List a process, its children and theirs."""
    try:
        tasks = Path(f"/proc/{process}/task").iterdir()
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [process, *(each for child in children for each in family(child))]


def proportional_bytes(process: int) -> int:
    """Bytes in memory, what several processes share being divided among them; none of one that has just ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def watched(process: int, memory: list[tuple[float, float]], start: float) -> Iterator[None]:
    """Note the memory of a process and its workers once a second."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            memory.append((time.monotonic() - start, sum(map(proportional_bytes, family(process))) / 1e9))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def report(title: str, visits: Visits) -> bool:
    """Print what was measured; whether no click failed and 95% were quick enough."""
    median, late, last = (float(np.quantile(visits.seconds, share)) for share in (0.5, 0.95, 1.0))
    rate = len(visits.seconds) / visits.elapsed
    print(f"\n{title}")
    print(f"  {len(visits.seconds)} clicks in {visits.elapsed:.0f} s, {rate:.1f} a second, {len(visits.errors)} failed")
    print(f"  answered after {median:.2f} s (median), {late:.2f} s (95%, limit {SLOWEST:g}), {last:.2f} s (last)")
    for sentence in sorted(set(visits.errors)):
        print(f"  {visits.errors.count(sentence)} times: {sentence}")
    if visits.heard:
        first, missed, whole = zip(*visits.heard, strict=True)
        print(f"  the first bar after {np.median(first):.2f} s, the last after {np.median(whole):.2f} s (medians)")
        gaps = sum(each > 0 for each in missed)
        print(f"  {gaps} of {len(missed)} grooves would have had a gap, the longest {max(0.0, *missed):.2f} s")
    after_a_minute = [gigabytes for at, gigabytes in visits.memory if WARM_SECONDS <= at < 2 * WARM_SECONDS]
    in_the_end = [gigabytes for at, gigabytes in visits.memory if at >= visits.elapsed - WARM_SECONDS]
    if after_a_minute:
        first, end = float(np.median(after_a_minute)), float(np.median(in_the_end))
        print(f"  server's memory {first:.3f} GB in the second minute, {end:.3f} GB in the last (medians)")
    return not visits.errors and late <= SLOWEST


if __name__ == "__main__":
    sys.exit(main())
