"""Processes that play and draw side by side: Python's lock lets the threads of one process use a single core.

They are forks of the page as it was when it had read its models and kits and had started no thread: they share that memory and
are ready at once. One that ends is replaced at once, see `drummer.web.nursery`. Where there are none, the same functions run in
the page itself: in tests, on the command line, with one worker.
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
from dataclasses import dataclass
from functools import wraps
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from drummer.errors import WorkerError
from drummer.web.nursery import Nursery, open_nurseries

P = ParamSpec("P")
R = TypeVar("R")
Progress = Callable[[float], object]

_NURSERIES = 2  # each forks the other anew
_LOOK_SECONDS = 0.25  # between two looks at what is idle, and at whether somebody still waits
_GIVE_UP_SECONDS = 2.0  # what nobody waits for is stopped after this; what is shorter is not worth a new process
_TRIES = 3  # of a call whose worker ended before it began it
_BROKEN = "the server's process ended while it worked on this, most likely for want of memory: ask for less, such as fewer bars"
_NO_MEMORY = "this needs more memory than the server has: ask for less, such as fewer bars"
_UNHEARD = "nobody waits for this any more"

_pools: list[Pool] = []  # one, or none where there are no workers


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))  # takes and drum maps hold some


def start(count: int, wanted: Callable[[], bool] = lambda: True) -> Pool | None:
    """Start so many workers; with one, the page plays itself. To be called once, before there are threads.

    Args:
        count: How many.
        wanted: Whether somebody still waits for what the thread that asks is doing; if not, the work is stopped.
    """
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return None
    _pools.append(Pool(count, open_nurseries(_NURSERIES, _work), wanted))
    return _pools[0]


def run_in_worker(function: Callable[P, R]) -> Callable[P, R]:
    """Let a worker call a function of a module, where there are workers; what it is given, returns or raises travels as a pickle.

    An argument called `tell` is called in the page, with what the worker tells. A call that ends its worker raises a
    `WorkerError` and is not tried again, neither by another worker nor by the page.
    """

    @wraps(function)
    def handed_over(*arguments: P.args, **named: P.kwargs) -> R:
        tell: Any = named.get("tell")
        job = _Job(function.__module__, function.__qualname__, arguments, {**named, "tell": None} if tell else named, bool(tell))
        for _ in range(_TRIES):
            try:
                with _a_worker() as worker:
                    answer: R = worker.run(job, tell)
                    return answer
            except _NoWorkers:
                return function(*arguments, **named)
            except _Lost:
                continue
        raise WorkerError(_BROKEN)

    return handed_over


def stream_from_worker(function: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    """Let a worker go through an iterator, as `run_in_worker` does, a step when it is asked for; it stops where the reader does."""

    @wraps(function)
    def handed_over(*arguments: P.args, **named: P.kwargs) -> Iterator[R]:
        job = _Job(function.__module__, function.__qualname__, arguments, named, steps=True)
        for _ in range(_TRIES):
            try:
                with _a_worker() as worker:
                    yield from worker.steps(job)
                    return
            except _NoWorkers:
                yield from function(*arguments, **named)
                return
            except _Lost:
                continue
        raise WorkerError(_BROKEN)

    return handed_over


# -- in the page -----------------------------------------------------------------------------------------------------------


class _NoWorkers(Exception):  # noqa: N818 (no error)
    """There are no workers: the page does the work itself."""


class _Lost(Exception):  # noqa: N818 (no error)
    """A worker ended before it began what it was asked for."""


class _Job(NamedTuple):
    """What a worker is asked for: a function by its name, since a pickle of the wrapped one would not find itself."""

    module: str
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    tells: bool = False
    steps: bool = False


@dataclass(frozen=True)
class Worker:
    """A process that works, as the page sees it: its process id, the connection to it, whether its caller still waits."""

    process: int
    connection: Connection
    wanted: Callable[[], bool]

    def run(self, job: _Job, tell: Tell | None = None) -> Any:
        """Have a job done.

        Raises:
            WorkerError: If the worker ends over it, or nobody waits any more.
        """
        self._begin(job)
        while True:
            kind, value = self._hear()
            if kind == "done":
                return value
            if kind == "told" and tell is not None:
                tell(value)

    def steps(self, job: _Job) -> Generator[Any, None, None]:
        """Have a job done step by step; raises what `run` does."""
        self._begin(job)
        while True:
            kind, value = self._hear()
            if kind == "done":
                return
            go_on = False
            try:
                yield value
                go_on = True
            finally:
                with suppress(OSError):  # it has ended: the next `_hear` says so
                    self.connection.send(go_on)
                if not go_on:
                    self._hear()

    @property
    def is_alive(self) -> bool:
        """Tell whether it is there; asked of an idle one, from which nothing comes but its end."""
        return not self.connection.poll(0)

    def end(self) -> None:
        """End it, in the midst of what it does."""
        self.connection.close()
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)

    def _begin(self, job: _Job) -> None:
        try:
            self.connection.send(job)
            self.connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise _Lost from error

    def _hear(self) -> tuple[str, Any]:
        begun = time.monotonic()
        try:
            while not self.connection.poll(_LOOK_SECONDS):
                if time.monotonic() - begun > _GIVE_UP_SECONDS and not self.wanted():
                    self.end()
                    raise WorkerError(_UNHEARD)
            kind, value = self.connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise WorkerError(_BROKEN) from error
        if kind == "failed":
            raise value
        return kind, value


class Pool:
    """Workers that are lent one call at a time, and are replaced when they end."""

    def __init__(self, count: int, nurseries: list[Nursery], wanted: Callable[[], bool]) -> None:
        """Fork the workers."""
        self.count = count
        self._wanted = wanted
        self._nurseries = nurseries
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._lent = 0
        with self._changed:
            self._replace()
        threading.Thread(target=self._keep, name="workers", daemon=True).start()

    @property
    def processes(self) -> list[int]:
        """Process ids of the workers that are idle."""
        with self._changed:
            return [worker.process for worker in self._idle]

    @contextmanager
    def lend(self) -> Iterator[Worker]:
        """Wait for a worker that is idle.

        Raises:
            _NoWorkers: If there are none, nor anything that could fork one.
            WorkerError: If nobody waits any more.
        """
        worker = self._take()
        try:
            yield worker
        finally:
            with self._changed:
                self._lent -= 1
                if not worker.connection.closed:
                    self._idle.append(worker)
                self._replace()
                self._changed.notify_all()

    def _take(self) -> Worker:
        with self._changed:
            while True:
                self._replace()
                if self._idle:
                    self._lent += 1
                    return self._idle.pop()
                if not self._nurseries and not self._lent:
                    raise _NoWorkers
                self._changed.wait(_LOOK_SECONDS)
                if not self._wanted():
                    raise WorkerError(_UNHEARD)

    def _keep(self) -> None:
        while self._nurseries or self._idle or self._lent:
            time.sleep(_LOOK_SECONDS)
            with self._changed:
                self._replace()
                self._changed.notify_all()
        print("all processes that start workers have ended: the page goes on with one core", file=sys.stderr)

    def _replace(self) -> None:
        """Fork what has ended; the lock is held."""
        for worker in [worker for worker in self._idle if not worker.is_alive]:
            self._idle.remove(worker)
            worker.end()
        for nursery in [nursery for nursery in self._nurseries if not nursery.is_alive]:
            self._nurseries.remove(nursery)
            nursery.end()
        while self._nurseries and (len(self._nurseries) < _NURSERIES or len(self._idle) + self._lent < self.count):
            nursery = self._nurseries[0]
            try:
                if len(self._nurseries) < _NURSERIES:
                    self._nurseries.append(nursery.fork_nursery())
                else:
                    self._idle.append(Worker(*nursery.fork_worker(), self._wanted))
            except WorkerError:
                self._nurseries.remove(nursery)
                nursery.end()
                if not self._nurseries:
                    return


@contextmanager
def _a_worker() -> Iterator[Worker]:
    pool = next(iter(_pools), None)
    if pool is None:
        raise _NoWorkers
    with pool.lend() as worker:
        yield worker


# -- in a worker -----------------------------------------------------------------------------------------------------------


def _work(connection: Connection) -> None:
    """Do one job after the other, until the page closes the connection."""
    _pools.clear()
    while True:
        try:
            job: _Job = connection.recv()
            connection.send("begun")
            answer = _do(job, connection)
            try:
                connection.send(answer)
            except (TypeError, AttributeError, pickle.PicklingError) as error:  # it is pickled whole before any of it is sent
                connection.send(("failed", TypeError(f"{job.name} gave what cannot be sent: {error}")))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _do(job: _Job, connection: Connection) -> tuple[str, Any]:
    try:
        function = getattr(importlib.import_module(job.module), job.name)
        told = {"tell": lambda share: connection.send(("told", share))} if job.tells else {}
        made = function(*job.arguments, **{**job.named, **told})
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
        error.add_note("".join(traceback.format_exception(error)))  # the page prints it where it is no sentence
        return "failed", error
    return "done", None
