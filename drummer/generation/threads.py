"""The number of threads of torch and of NumPy's products: one while a groove is generated, then the caller's own again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0  # threads that are inside `one_thread`
_before = 1  # number of torch's threads when the first of them entered


def use_one_thread() -> None:
    """Limit torch and NumPy to one thread for the rest of the process: for programs that only sample."""
    torch.set_num_threads(1)
    _blas().limit(limits=1)


@cache
def _blas() -> ThreadpoolController:
    """Find the libraries of linear algebra that are loaded, NumPy's OpenBLAS among them."""
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit torch and NumPy to one thread inside the `with`.

    The steps of one sequence are too small to share, and threads that wait for a busy core are ten times slower than none. Torch
    keeps the number for the current thread and, for new threads, for the process. So of several overlapping users each restores
    the number that the first one found. NumPy's is the process's: the first of them sets and restores it.
    """
    global _users, _before  # noqa: PLW0603 (torch's own number belongs to the process)
    with _lock:
        if _users == 0:
            _before = torch.get_num_threads()
        _users += 1
        torch.set_num_threads(1)
    try:
        with _blas().limit(limits=1):
            yield
    finally:
        with _lock:
            _users -= 1
            torch.set_num_threads(_before)
