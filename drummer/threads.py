"""Torch's threads: one while a groove is sampled, whatever the caller has set for the rest of the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_playing = 0
_before = 1  # the caller's number when the first of the present calls began


def use_one_thread() -> None:
    """Let torch use one thread for the rest of the process: for programs that only sample."""
    torch.set_num_threads(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside the `with`, then as many as before.

    The steps of one sequence are too small to share, and threads that wait for a busy core are ten times slower than none. Torch
    keeps the number by thread and, for new threads, by process: overlapping calls restore the number that the first one found.
    """
    global _playing, _before  # noqa: PLW0603 (torch's own number is of the whole process)
    with _lock:
        if _playing == 0:
            _before = torch.get_num_threads()
        _playing += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _playing -= 1
            torch.set_num_threads(_before)
