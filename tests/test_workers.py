"""Workers, as the page starts them: in a process that has no threads yet."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drummer.config import ROOT

SETUP = """
import os, signal
from drummer.errors import DrummerError
from drummer.web import actions, workers
from drummer.web.actions import Order
from drummer.web.files import write_file
order = Order("funk", 95, 2, 1.0, 7, "black_pearl", "small")
alone = actions.play(order)
workers.start({count})
children = [int(pid) for pid in open(f"/proc/self/task/{{os.getpid()}}/children").read().split()]
"""


def run(program: str, count: int = 2) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SETUP.format(count=count) + program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)


def is_running(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_plays_the_same_in_other_processes() -> None:
    run("""
assert len(children) == 2
other = actions.play(order)
assert other == alone and other.groove == alone.groove and not other.groove.hits.flags.writeable
assert actions.reroll(other, order, 3).groove.bars == 2
assert write_file(other, "png").read_bytes() == write_file(alone, "png").read_bytes()
""")


def test_an_error_is_the_same_sentence() -> None:
    done = run("""
try:
    actions.play(Order("polka", 95, 2, 1.0, 7, "black_pearl", "small"))
except DrummerError as error:
    print(type(error).__name__, error)
""")
    assert done.stdout.startswith("SettingError unknown genre 'polka'")


def test_one_worker_is_the_page_itself() -> None:
    run("assert children == [] and actions.play(order) == alone", count=1)


def test_goes_on_alone_when_a_worker_dies() -> None:
    done = run("""
os.kill(children[0], signal.SIGKILL)
assert [actions.play(order) for _ in range(3)] == [alone] * 3
""")
    assert done.stderr == "a worker has died: the page goes on with one core until it is started again\n"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_leaves_no_orphan(how: signal.Signals) -> None:
    program = SETUP.format(count=2) + "print(*children, flush=True); signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [sys.executable, "-c", program + "import time; time.sleep(60)"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as page:
        assert page.stdout is not None
        children = [int(pid) for pid in page.stdout.readline().split()]
        assert len(children) == 2
        time.sleep(0.2)
        os.kill(page.pid, how)
    deadline = time.monotonic() + 20
    while any(map(is_running, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, children))
