"""The number of threads of torch and of NumPy's products: one while a groove is generated, then the caller's own again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import OpenBLASController, ThreadpoolController

_lock = threading.Lock()
_users = 0  # threads that are inside `one_thread`
_before = 1  # number of torch's threads when the first of them entered
_restore_products: Callable[[], None] | None = None  # sets the number of NumPy's threads that the first of them found


def use_one_thread() -> None:
    """Limit torch and NumPy to one thread for the rest of the process: for programs that only sample."""
    torch.set_num_threads(1)
    _limit_products()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit torch and NumPy to one thread inside the `with`.

    The steps of one sequence are too small to share, and threads that wait for a busy core are ten times slower than none. Torch
    keeps the number for the current thread and, for new threads, for the process. So of several overlapping users each restores
    the number that the first one found. NumPy's is the process's: the first one sets it, and the last one restores it.

    Where another thread holds a limit of threadpoolctl, as scikit-learn does for moments, NumPy's number stays as that set it.
    """
    global _users, _before, _restore_products  # noqa: PLW0603 (the numbers belong to the process)
    with _lock:
        if _users == 0:
            _before, _restore_products = torch.get_num_threads(), _limit_products()
        _users += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            torch.set_num_threads(_before)
            if _users == 0 and _restore_products is not None:
                _restore_products()


def _limit_products() -> Callable[[], None] | None:
    """Limit NumPy's products to one thread, and return what undoes it; None where they have one already.

    Setting the number again would cost a forked process a pool of threads.
    """
    libraries = _find_libraries()
    if all(library["num_threads"] == 1 for library in libraries.info()):
        return None
    limit = libraries.limit(limits=1)
    OpenBLASController.clear_controlling_thread()  # or else only this thread could set the number from now on

    def restore() -> None:
        limit.restore_original_limits()
        OpenBLASController.clear_controlling_thread()

    return restore


@cache
def _find_libraries() -> ThreadpoolController:
    """Find the libraries of linear algebra that are loaded, NumPy's OpenBLAS among them."""
    return ThreadpoolController().select(user_api="blas")
