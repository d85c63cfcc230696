"""Programs that tests start."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 240

# Forks a process for each line of its input, which names a program and where its output goes. It answers with the process id,
# and with the exit status once the process has ended. One that succeeds skips the end of the interpreter, which takes a second.
_FORKING = """
import json, os, sys, traceback
_requests = sys.stdin
for _line in _requests:
    _job = json.loads(_line)
    _child = os.fork()
    if not _child:
        break
    print(_child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(_child, 0)[1]), flush=True)
else:
    sys.exit()
for _path, _number in ((os.devnull, 0), (_job["stdout"], 1), (_job["stderr"], 2)):
    os.dup2(os.open(_path, os.O_RDWR | os.O_CREAT, 0o600), _number)
sys.path[:0] = _job["path"]
exec(_job["program"])
for _stream in (sys.stdout, sys.stderr):
    _stream.flush()
os._exit(0)
"""


class Fork(NamedTuple):
    """A forked process: its id and the files of what it prints."""

    process: int
    stdout: Path
    stderr: Path

    def first_line(self) -> str:
        """Wait for the first line that it prints."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while "\n" not in (text := self.stdout.read_text() if self.stdout.exists() else ""):
            assert time.monotonic() < deadline and self.is_running, self.stderr.read_text()
            time.sleep(0.02)
        return text.partition("\n")[0]

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return is_running(self.process)


class WarmPython:
    """A process that has run what several programs begin with, and forks a process without threads for each of them."""

    def __init__(self, beginning: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", beginning + _FORKING],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            text=True,
        )

    @contextmanager
    def running(self, program: str, folder: Path, path: tuple[Path, ...] = ()) -> Iterator[Fork]:
        """Run a program, and wait for its end.

        Args:
            program: Its source, which begins with the names of the beginning.
            folder: Where the files of what it prints are written.
            path: Folders of modules that it may import.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        printed = [folder / name for name in ("stdout.txt", "stderr.txt")]
        job = {"program": program, "stdout": str(printed[0]), "stderr": str(printed[1]), "path": [str(each) for each in path]}
        print(json.dumps(job), file=stdin, flush=True)
        yield Fork(int(stdout.readline()), *printed)
        self.exit_status = int(stdout.readline())

    def run(self, program: str, folder: Path, path: tuple[Path, ...] = ()) -> tuple[str, str]:
        """Run a program that has to succeed; return what it has printed on stdout and stderr."""
        with self.running(program, folder, path) as fork:
            pass
        assert self.exit_status == 0, fork.stderr.read_text()
        return fork.stdout.read_text(), fork.stderr.read_text()

    def end(self) -> None:
        """End the process."""
        self._process.communicate(timeout=LIMIT_SECONDS)


def is_running(process: int) -> bool:
    """Tell whether a process has not ended; one that nobody has waited for has."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """Let a program that is started inside the `with` hear Ctrl-C.

    A shell that runs the tests in the background has them ignore it, and their children inherit that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
