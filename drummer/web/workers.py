"""Processes that play and draw side by side: Python's lock lets the threads of one process use a single core.

They are forks of the page, made when it has read its models and kits and has started no thread: they share that memory and are
ready at once. Where there are none, the same functions run in the page itself: in tests, on the command line, with one worker.
"""

from __future__ import annotations

import copyreg
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_pools: list[ProcessPoolExecutor] = []  # one, or none where there are no workers


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))  # takes and drum maps hold some


def start(count: int) -> None:
    """Start so many workers; with one, the page plays itself. To be called once, before there are threads."""
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("fork"), _begin)
    pool.submit(os.getpid).result()  # forks all of them
    _pools.append(pool)


def by_a_worker(function: Callable[P, R]) -> Callable[P, R]:
    """Let a worker call a function of a module, where there are workers; what it is given, returns or raises travels as a pickle.

    A worker that dies takes all others with it. Forking anew, now that there are threads, could hang: the page goes on alone,
    at the pace of one core, and the host is told.
    """

    @wraps(function)
    def handed_over(*arguments: P.args, **named: P.kwargs) -> R:
        pool = next(iter(_pools), None)
        if pool is None:
            return function(*arguments, **named)
        try:
            answer: R = pool.submit(_call, function.__module__, function.__qualname__, arguments, named).result()
        except BrokenProcessPool:
            if _pools:
                _pools.clear()
                print("a worker has died: the page goes on with one core until it is started again", file=sys.stderr)
            return function(*arguments, **named)
        return answer

    return handed_over


def _call(module: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Call a function by its name, since a pickle of the wrapped one would not find itself."""
    return getattr(sys.modules[module], name)(*arguments, **named)


def _begin() -> None:
    """Make a process a worker, which does the work itself and ends with the page, however that ends."""
    _pools.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the page's to answer
    threading.Thread(target=_end_with_page, daemon=True).start()


def _end_with_page() -> None:
    page = multiprocessing.parent_process()
    assert page is not None
    page.join()
    os._exit(1)
