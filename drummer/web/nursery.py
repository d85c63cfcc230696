"""Processes that fork workers: the page itself must not, since it has threads by then, whose locks a fork could keep for ever.

A nursery is a fork of the page from before there are threads: it shares the page's models and kits, has one thread, and waits to
be told to fork. It forks workers, and other nurseries, so that two of them heal each other. A message is one byte that says what
is wanted, with one end of a socket for the new process; the answer is its process id.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from drummer.errors import WorkerError

_WORKER, _NURSERY = b"w", b"n"
_ANSWER_BYTES = 8
_ANSWER_SECONDS = 5.0  # a fork takes milliseconds; one that takes longer has no memory left
_WORST = "1000"  # of /proc/PID/oom_score_adj: where memory runs out, a worker ends and not the page
Work = Callable[[Connection], None]


@dataclass(frozen=True)
class Nursery:
    """A process that forks.

    Attributes:
        process: Its id.
        control: The page's end of the socket that it is told through.
    """

    process: int
    control: socket.socket

    def fork_worker(self) -> tuple[int, Connection]:
        """Fork a worker; return its process id and the connection to it.

        Raises:
            WorkerError: If the nursery is gone or has no memory.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                return self._fork(_WORKER, theirs), Connection(ours.detach())
            except WorkerError:
                ours.close()
                raise

    def fork_nursery(self) -> Nursery:
        """Fork another nursery.

        Raises:
            WorkerError: As `fork_worker`.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                return Nursery(self._fork(_NURSERY, theirs), ours)
            except WorkerError:
                ours.close()
                raise

    @property
    def is_alive(self) -> bool:
        """Tell whether it is still there."""
        try:
            return self.control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def end(self) -> None:
        """End it; what it has forked goes on."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # it was forked by another nursery
            os.waitpid(self.process, 0)

    def _fork(self, kind: bytes, end: socket.socket) -> int:
        try:
            self.control.settimeout(_ANSWER_SECONDS)
            socket.send_fds(self.control, [kind], [end.fileno()])
            answer = self.control.recv(_ANSWER_BYTES)
            self.control.settimeout(None)
        except OSError as error:
            raise WorkerError("the server cannot start a new process now: try again in a minute") from error
        if len(answer) < _ANSWER_BYTES or not (process := int.from_bytes(answer, "little")):
            raise WorkerError("the server cannot start a new process now: try again in a minute")
        return process


def open_nurseries(count: int, work: Work) -> list[Nursery]:
    """Fork nurseries from this process, which must have no other thread.

    Args:
        count: How many.
        work: What a worker does with its end of the connection, until it ends.
    """
    lifeline, held = os.pipe()  # nobody writes: it ends when the page does, however that ends
    nurseries: list[Nursery] = []
    for _ in range(count):
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            os.close(held)
            for other in (ours, *(nursery.control for nursery in nurseries)):
                other.close()
            _run(lambda: _raise(theirs, lifeline, work))  # noqa: B023 (it is called at once)
        theirs.close()
        nurseries.append(Nursery(process, ours))
    os.close(lifeline)
    _held.append(held)
    return nurseries


_held: list[int] = []  # the page's end of each lifeline


def _run(life: Callable[[], None]) -> None:
    """Live as a forked process, which never returns into what it was forked from."""
    try:
        life()
    finally:
        os._exit(0)


def _raise(control: socket.socket, lifeline: int, work: Work) -> None:
    """Be a nursery until the page has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the page's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers: the page sees their connections end
    while True:
        try:
            kind, ends, _, _ = socket.recv_fds(control, 1, 1)
        except OSError:
            return
        if not kind:
            return
        process = _fork(control)
        if process == 0:
            if kind == _WORKER:
                _run(lambda: _work(Connection(ends[0]), lifeline, work))  # noqa: B023
            _run(lambda: _raise(socket.socket(fileno=ends[0]), lifeline, work))  # noqa: B023
        for end in ends:
            os.close(end)
        with contextlib.suppress(OSError):  # the page is gone: the next `recv` says so
            control.sendall(max(process, 0).to_bytes(_ANSWER_BYTES, "little"))


def _fork(control: socket.socket) -> int:
    """Fork; return 0 to the child, which has no use for the nursery's socket, and -1 where there is no memory for it."""
    try:
        process = os.fork()
    except OSError:
        return -1
    if process == 0:
        control.close()
    return process


def _work(connection: Connection, lifeline: int, work: Work) -> None:
    with contextlib.suppress(OSError):  # not on Linux
        Path("/proc/self/oom_score_adj").write_text(_WORST, encoding="ascii")
    threading.Thread(target=_end_with_page, args=(lifeline,), daemon=True).start()
    work(connection)


def _end_with_page(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)
