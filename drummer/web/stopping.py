"""Stopping: ends the streams of a visit between two bars, as soon as its visitor presses Stop."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

import gradio as gr

from drummer.web.fair_queue import FairQueue

T = TypeVar("T")

_queues: list[FairQueue] = []  # one, or none where functions are called without the page


def use_queue(queue: FairQueue) -> None:
    """Stop requests of this queue; to be called once, when the page is put together."""
    _queues.append(queue)


def stop_streams(request: gr.Request) -> None:
    """Stop the streams that the visit of a request has requested before it, those that wait for their turn too."""
    for queue in _queues:
        queue.stop_earlier(request.session_hash)


def until_stopped(parts: Iterable[T]) -> Iterator[T]:
    """Yield the parts of a stream, in the thread of its request, until it is stopped."""
    iterator = iter(parts)
    try:
        for part in iterator:
            if any(queue.is_stopped() for queue in _queues):
                return
            yield part
    finally:
        if isinstance(iterator, Generator):
            iterator.close()  # its worker is free then
