"""Fork servers: processes that fork workers for the page.

The page itself must not fork once it has threads, whose locks a fork would copy in the locked state. A fork server is a fork of
the page from before it has threads: it shares the page's models and kits, has one thread, and forks workers and other fork
servers, so that two of them replace each other. A request is one byte that names the kind, sent with one end of a socket for the
new process; the answer is its process id.
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

_WORKER, _FORK_SERVER = b"w", b"f"
_ANSWER_BYTES = 8
_ANSWER_SECONDS = 5.0  # a fork takes milliseconds; one that takes longer has no memory left
_KILL_FIRST = "1000"  # for /proc/PID/oom_score_adj: where memory runs out, the kernel ends a worker and not the page
Work = Callable[[Connection], None]


@dataclass(frozen=True)
class ForkServer:
    """A process that forks others.

    Attributes:
        process: Process id.
        control: The page's end of the socket for requests.
    """

    process: int
    control: socket.socket

    def fork_worker(self) -> tuple[int, Connection]:
        """Fork a worker; return its process id and the connection to it.

        Raises:
            WorkerError: If the fork server has ended, or there is no memory.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                return self._fork(_WORKER, theirs), Connection(ours.detach())
            except WorkerError:
                ours.close()
                raise

    def fork_server(self) -> ForkServer:
        """Fork another fork server.

        Raises:
            WorkerError: As `fork_worker`.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                return ForkServer(self._fork(_FORK_SERVER, theirs), ours)
            except WorkerError:
                ours.close()
                raise

    @property
    def is_alive(self) -> bool:
        """Whether the process is running."""
        try:
            return self.control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def end(self) -> None:
        """Kill the process; those that it has forked keep running."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # forked by another fork server
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


def start_fork_servers(count: int, work: Work) -> list[ForkServer]:
    """Fork fork servers from this process, which must have no other thread.

    Args:
        count: Number of fork servers.
        work: Main function of a worker, which gets its end of the connection.
    """
    lifeline, held = os.pipe()  # nobody writes to it: a read returns when the page ends, however it ends
    servers: list[ForkServer] = []
    for _ in range(count):
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            os.close(held)
            for other in (ours, *(server.control for server in servers)):
                other.close()
            _run(lambda: _serve(theirs, lifeline, work))  # noqa: B023 (it is called at once)
        theirs.close()
        servers.append(ForkServer(process, ours))
    os.close(lifeline)
    _held.append(held)
    return servers


_held: list[int] = []  # the page's end of each lifeline


def _run(main: Callable[[], None]) -> None:
    """Run the main function of a forked process, which must not return into the code of the page."""
    try:
        main()
    finally:
        os._exit(0)


def _serve(control: socket.socket, lifeline: int, work: Work) -> None:
    """Answer requests of the page until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the page answers Ctrl-C
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(
        signal.SIGCHLD, signal.SIG_IGN
    )  # nobody waits for the exit status of workers: the page sees their connections close
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
            _run(lambda: _serve(socket.socket(fileno=ends[0]), lifeline, work))  # noqa: B023
        for end in ends:
            os.close(end)
        with contextlib.suppress(OSError):  # the page is gone: the next `recv` says so
            control.sendall(max(process, 0).to_bytes(_ANSWER_BYTES, "little"))


def _fork(control: socket.socket) -> int:
    """Fork; return 0 in the child, which closes the server's socket, and -1 where there is no memory."""
    try:
        process = os.fork()
    except OSError:
        return -1
    if process == 0:
        control.close()
    return process


def _work(connection: Connection, lifeline: int, work: Work) -> None:
    with contextlib.suppress(OSError):  # not on Linux
        Path("/proc/self/oom_score_adj").write_text(_KILL_FIRST, encoding="ascii")
    threading.Thread(target=_end_with_page, args=(lifeline,), daemon=True).start()
    work(connection)


def _end_with_page(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)
