"""Worker processes, so that grooves, sound and pictures are made on several cores: the GIL keeps threads on one.

They are forked from the page after it has loaded models and kits and before it has threads: they share that memory and start at
once. One that ends is replaced, see `drummer.web.fork_server`. Without workers the same functions run in the page itself: in
tests, on the command line, with one worker.
"""

from __future__ import annotations

import copyreg
import importlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from drummer.errors import WorkerError
from drummer.web.fork_server import ForkServer, start_fork_servers

P = ParamSpec("P")
R = TypeVar("R")
Progress = Callable[[float], object]

_FORK_SERVERS = 2  # each replaces the other
_POLL_SECONDS = 0.25  # between two checks of idle workers, and of whether the caller still waits
_GIVE_UP_SECONDS = 2.0  # work whose caller has gone is stopped after this; shorter work is not worth a new process
_TRIES = 3  # for a call whose worker ended before it began
_BROKEN = "the server's process ended while it worked on this, most likely for want of memory: ask for less, such as fewer bars"
_NO_MEMORY = "this needs more memory than the server has: ask for less, such as fewer bars"
_ABANDONED = "nobody waits for this any more"

_pools: list[Pool] = []  # one, or none where there are no workers


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))  # used in takes, requests and drum maps


def start(count: int, wanted: Callable[[], bool] = lambda: True) -> Pool | None:
    """Start workers; to be called once, before the page has threads. With a count of one the page does the work itself.

    Args:
        count: Number of workers.
        wanted: Tells, in the thread of a call, whether its caller still waits; if not, the work is stopped.
    """
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return None
    _pools.append(Pool(count, start_fork_servers(_FORK_SERVERS, _work), wanted))
    return _pools[0]


def run_in_worker(function: Callable[P, R]) -> Callable[P, R]:
    """Run a module's function in a worker, where there are workers; arguments, result and exception are pickled.

    A callback named `progress` is called in the page. A call that ends its worker raises a `WorkerError` and is not tried again,
    neither by another worker nor by the page.
    """

    @wraps(function)
    def in_worker(*arguments: P.args, **named: P.kwargs) -> R:
        progress: Any = named.get("progress")
        named_there = {**named, "progress": None} if progress else named
        job = _Job(function.__module__, function.__qualname__, arguments, named_there, reports=bool(progress))
        for _ in range(_TRIES):
            try:
                with _lend_worker() as worker:
                    answer: R = worker.run(job, progress)
                    return answer
            except _NoWorkers:
                return function(*arguments, **named)
            except _Lost:
                continue
        raise WorkerError(_BROKEN)

    return in_worker


def stream_from_worker(function: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    """Run a generator in a worker as `run_in_worker` does: it makes each item when it is requested, and stops with its reader."""

    @wraps(function)
    def in_worker(*arguments: P.args, **named: P.kwargs) -> Iterator[R]:
        job = _Job(function.__module__, function.__qualname__, arguments, named, steps=True)
        for _ in range(_TRIES):
            try:
                with _lend_worker() as worker:
                    yield from worker.steps(job)
                    return
            except _NoWorkers:
                yield from function(*arguments, **named)
                return
            except _Lost:
                continue
        raise WorkerError(_BROKEN)

    return in_worker


# -- in the page -----------------------------------------------------------------------------------------------------------


class _NoWorkers(Exception):  # noqa: N818 (control flow, no error)
    """There are no workers, so the page does the work itself."""


class _Lost(Exception):  # noqa: N818 (control flow, no error)
    """A worker ended before it began a job."""


class _Job(NamedTuple):
    """A call of a function for a worker; by name, since the wrapped function cannot be pickled."""

    module: str
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    reports: bool = False
    steps: bool = False


class Worker:
    """A worker process, as the page sees it.

    Attributes:
        process: Its process id.
        connection: The connection to it.
        is_busy: Whether it is in the middle of a job: it would take the next job for an answer about this one.
    """

    def __init__(self, process: int, connection: Connection, wanted: Callable[[], bool]) -> None:
        """Take over a process that waits for its first job; `wanted` tells whether the caller of a job still waits."""
        self.process = process
        self.connection = connection
        self.is_busy = False
        self._wanted = wanted
        self._ending = threading.RLock()  # a second `close` at the same time would close another file of the same number

    def run(self, job: _Job, progress: Progress | None = None) -> Any:
        """Run a job and return its result.

        Raises:
            WorkerError: If the worker ends during the job, or the caller waits no longer.
        """
        begun = self._begin(job)
        while True:
            kind, value = self._receive(begun)
            if kind == "done":
                return value
            if kind == "progress" and progress is not None:
                progress(value)

    def steps(self, job: _Job) -> Generator[Any, None, None]:
        """Run a job that yields items; raises the same errors as `run`."""
        begun = self._begin(job)
        while True:
            kind, value = self._receive(begun)
            if kind == "done":
                return
            more = False
            try:
                yield value
                more = True
            finally:
                with suppress(OSError):  # it has ended: the next `_receive` raises
                    self.connection.send(more)
                if not more:
                    self._receive(begun)

    @property
    def is_alive(self) -> bool:
        """Whether the process is running; for idle workers, whose connection becomes readable only when they end."""
        return not self.connection.poll(0)

    def end(self) -> None:
        """Kill the process, whatever it is doing."""
        with self._ending:
            self.connection.close()
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)

    def _begin(self, job: _Job) -> float:
        """Hand over a job; return when that was, on the monotonic clock."""
        self.is_busy = True
        try:
            self.connection.send(job)
            self.connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise _Lost from error
        return time.monotonic()

    def _receive(self, begun: float) -> tuple[str, Any]:
        """Wait for the next message of a job.

        The caller is checked before each message too: the messages of some work come so often that nothing ever waits for one.
        """
        try:
            self._check_wanted(begun)
            while not self.connection.poll(_POLL_SECONDS):
                self._check_wanted(begun)
            kind, value = self.connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise WorkerError(_BROKEN) from error
        self.is_busy = kind not in ("done", "failed")
        if kind == "failed":
            raise value
        return kind, value

    def _check_wanted(self, begun: float) -> None:
        """Kill the process if the caller waits no longer for work that has taken a while.

        Raises:
            WorkerError: Then.
        """
        if time.monotonic() - begun > _GIVE_UP_SECONDS and not self._wanted():
            self.end()
            raise WorkerError(_ABANDONED)


class Pool:
    """A pool of workers: each does one call at a time, and is replaced when it ends."""

    def __init__(self, count: int, fork_servers: list[ForkServer], wanted: Callable[[], bool]) -> None:
        """Fork the workers."""
        self.count = count
        self._wanted = wanted
        self._fork_servers = fork_servers
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._lent = 0
        with self._changed:
            self._replace()
        threading.Thread(target=self._keep, name="workers", daemon=True).start()

    @property
    def processes(self) -> list[int]:
        """Process ids of the idle workers."""
        with self._changed:
            return [worker.process for worker in self._idle]

    @contextmanager
    def lend(self) -> Iterator[Worker]:
        """Wait for an idle worker.

        Raises:
            _NoWorkers: If there are none, and no fork server.
            WorkerError: If the caller waits no longer.
        """
        worker = self._wait_for_worker()
        try:
            yield worker
        finally:
            with self._changed:
                self._lent -= 1
                if worker.is_busy:  # its stream was given up in a way that did not stop it
                    worker.end()
                if not worker.connection.closed:
                    self._idle.append(worker)
                self._replace()
                self._changed.notify_all()

    def _wait_for_worker(self) -> Worker:
        with self._changed:
            while True:
                self._replace()
                if self._idle:
                    self._lent += 1
                    return self._idle.pop()
                if not self._fork_servers and not self._lent:
                    raise _NoWorkers
                self._changed.wait(_POLL_SECONDS)
                if not self._wanted():
                    raise WorkerError(_ABANDONED)

    def _keep(self) -> None:
        while self._fork_servers or self._idle or self._lent:
            time.sleep(_POLL_SECONDS)
            with self._changed:
                self._replace()
                self._changed.notify_all()
        print("all processes that start workers have ended: the page goes on with one core", file=sys.stderr)

    def _replace(self) -> None:
        """Replace workers and fork servers that have ended; to be called with the lock held."""
        for worker in [worker for worker in self._idle if not worker.is_alive]:
            self._idle.remove(worker)
            worker.end()
        for server in [server for server in self._fork_servers if not server.is_alive]:
            self._fork_servers.remove(server)
            server.end()
        while self._fork_servers and (len(self._fork_servers) < _FORK_SERVERS or len(self._idle) + self._lent < self.count):
            server = self._fork_servers[0]
            try:
                if len(self._fork_servers) < _FORK_SERVERS:
                    self._fork_servers.append(server.fork_server())
                else:
                    self._idle.append(Worker(*server.fork_worker(), self._wanted))
            except WorkerError:
                self._fork_servers.remove(server)
                server.end()
                if not self._fork_servers:
                    return


@contextmanager
def _lend_worker() -> Iterator[Worker]:
    pool = next(iter(_pools), None)
    if pool is None:
        raise _NoWorkers
    with pool.lend() as worker:
        yield worker


# -- in a worker -----------------------------------------------------------------------------------------------------------


def _work(connection: Connection) -> None:
    """Run jobs until the page closes the connection."""
    _pools.clear()
    while True:
        try:
            job: _Job = connection.recv()
            connection.send("begun")
            answer = _run_job(job, connection)
            try:
                connection.send(answer)
            except (TypeError, AttributeError, pickle.PicklingError) as error:  # pickled as a whole before any of it is sent
                connection.send(("failed", TypeError(f"{job.name} gave what cannot be sent: {error}")))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _run_job(job: _Job, connection: Connection) -> tuple[str, Any]:
    try:
        function = getattr(importlib.import_module(job.module), job.name)
        report = {"progress": lambda share: connection.send(("progress", share))} if job.reports else {}
        made = function(*job.arguments, **{**job.named, **report})
        if not job.steps:
            return "done", made
        for step in made:
            connection.send(("step", step))
            if not connection.recv():
                made.close()
                break
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except MemoryError:
        return "failed", WorkerError(_NO_MEMORY)
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))  # the page prints it for errors that are not shown to the user
        return "failed", error
    return "done", None
