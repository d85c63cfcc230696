"""Workers, as the page starts them: in a process that has no threads yet."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.children import WarmPython, is_running

LOAD = """
import os, signal, sys, threading, time
from drummer.errors import DrummerError
from drummer.generation.threads import use_one_thread
from drummer.web import actions, workers
from drummer import GenerationParams
from drummer.web.requests import GrooveRequest
from drummer.web.files import write_file
use_one_thread()
request = GrooveRequest(GenerationParams(genre="funk", bpm=95, bars=2, seed=7), "small", "black_pearl")
alone = actions.generate(request)
"""
START = """
waiting = [True]
pool = workers.start({count}, lambda: waiting[0])
children = pool.processes if pool else []
"""
BREAKING = """
import os, signal, threading
from drummer.web import workers

@workers.run_in_worker
def break_down(noted):
    with open(noted, "a") as file:
        print(os.getpid(), file=file)
    os.kill(os.getpid(), signal.SIGKILL)

@workers.run_in_worker
def wait():
    threading.Event().wait()

@workers.run_in_worker
def tell(progress):
    while True:
        progress(0.5)

@workers.stream_from_worker
def count(noted, broken_at):
    for number in range(5):
        with open(noted, "a") as file:
            print(number, file=file)
        if number == broken_at:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number
"""


@pytest.fixture(scope="module")
def python() -> Iterator[WarmPython]:
    """A process that has loaded the page's libraries and a model, as the page has when it starts workers."""
    warm = WarmPython(LOAD)
    yield warm
    warm.end()


def run(python: WarmPython, folder: Path, program: str, count: int = 2) -> tuple[str, str]:
    """Run a program with workers; return what it has printed on stdout and stderr."""
    return python.run(START.format(count=count) + program, folder, path=(folder,))


def test_plays_the_same_in_other_processes_with_the_same_errors(python: WarmPython, tmp_path: Path) -> None:
    program = """
assert len(children) == 2 and os.getpid() not in children
other = actions.generate(request)
assert other == alone and other.groove == alone.groove and not other.groove.hits.flags.writeable
assert actions.reroll(other, request).groove.bars == 2
assert write_file(other, "png").read_bytes() == write_file(alone, "png").read_bytes()
try:
    actions.generate(GrooveRequest(request.params, "huge", "black_pearl"))
except DrummerError as error:
    print(type(error).__name__, error)
"""
    assert run(python, tmp_path, program)[0].startswith("WeightsError ")


def test_one_worker_is_the_page_itself(python: WarmPython, tmp_path: Path) -> None:
    run(python, tmp_path, "assert children == [] and actions.generate(request) == alone", count=1)


def test_the_next_call_works_when_workers_or_what_forks_them_are_killed(python: WarmPython, tmp_path: Path) -> None:
    program = """
threading.Thread(target=threading.Event().wait, daemon=True).start()  # the page has threads by then
fork_servers = lambda: [each.process for each in pool._fork_servers]
for victims in (lambda: pool.processes[:1], lambda: pool.processes, lambda: fork_servers()[:1], lambda: fork_servers()[:1]):
    for victim in victims():
        os.kill(victim, signal.SIGKILL)
    begun = time.monotonic()
    assert actions.generate(request) == alone
    assert time.monotonic() - begun < 60
    while len(pool.processes) < 2 or len(pool._fork_servers) < 2 or not all(each.is_alive for each in pool._fork_servers):
        assert time.monotonic() - begun < 60
"""
    assert run(python, tmp_path, program)[1] == ""


def test_the_page_goes_on_alone_when_all_of_them_are_killed(python: WarmPython, tmp_path: Path) -> None:
    program = """
for victim in [*(each.process for each in pool._fork_servers), *children]:
    os.kill(victim, signal.SIGKILL)
assert [actions.generate(request) for _ in range(3)] == [alone] * 3
for thread in threading.enumerate():
    if thread.name == "workers":
        thread.join(60)
"""
    assert run(python, tmp_path, program)[1] == "all processes that start workers have ended: the page goes on with one core\n"


def test_what_breaks_a_worker_is_not_run_again_and_what_nobody_waits_for_is_stopped(python: WarmPython, tmp_path: Path) -> None:
    (tmp_path / "breaking.py").write_text(BREAKING, encoding="utf-8")
    noted = [tmp_path / name for name in ("once.txt", "all.txt", "some.txt", "steps.txt")]
    run(
        python,
        tmp_path,
        f"""
import breaking
once, whole, some, broken = {[str(path) for path in noted]!r}

def fails(words, call, *given):
    try:
        call(*given)
        sys.exit("no error")
    except DrummerError as error:
        assert words in str(error), error

fails("ended while it worked on this", breaking.break_down, once)
assert actions.generate(request) == alone

assert list(breaking.count(whole, None)) == [0, 1, 2, 3, 4]
steps = breaking.count(some, None)
assert [next(steps), next(steps)] == [0, 1]
steps.close()
steps = breaking.count(broken, 2)
assert [next(steps), next(steps)] == [0, 1]
fails("ended while it worked on this", next, steps)
assert actions.generate(request) == alone

with pool.lend() as worker:  # handed back in the middle of a job, as when the garbage collector ends a stream out of order
    steps = worker.steps(workers._Job("breaking", "count", (os.devnull, None), {{}}, steps=True))
    assert next(steps) == 0
assert worker.process not in pool.processes
assert actions.generate(request) == alone

threading.Timer(0.5, lambda: waiting.__setitem__(0, False)).start()
fails("nobody waits", breaking.wait)
waiting[0] = False
told = []
try:
    breaking.tell(progress=told.append)
    sys.exit("no error")
except DrummerError as error:  # although it reports all the time
    assert "nobody waits" in str(error) and told
waiting[0] = True
assert actions.generate(request) == alone
""",
    )
    assert [path.read_text().split()[1:] for path in noted] == [[], list("1234"), list("1"), list("12")]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_leaves_no_orphan(python: WarmPython, tmp_path: Path, how: signal.Signals) -> None:
    program = START.format(count=2) + (
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "print(*children, *(each.process for each in pool._fork_servers), flush=True)\n"
        "threading.Event().wait()"
    )
    with python.running(program, tmp_path) as page:
        processes = [int(process) for process in page.first_line().split()]
        assert len(processes) == 4
        os.kill(page.process, how)
    deadline = time.monotonic() + 120
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, processes))
