"""A fair queue for Gradio: few requests per visitor, turns by address and by visit, and only requests with a listener.

This is the only module that depends on internals of Gradio: `gradio.queueing.Queue` cannot be configured for any of it.
`tests/load/test_crowd.py` runs it in the real server, and fails where a version of Gradio differs inside.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from fastapi import HTTPException
from gradio.blocks import BlocksConfig
from gradio.context import LocalContext
from gradio.queueing import Event, Queue
from gradio.server_messages import ProcessCompletedMessage
from gradio.utils import run_coro_in_background
from starlette.requests import Request

from drummer.config_page_sections import VisitorsConfig

_TOO_MANY = 429  # Too Many Requests, RFC 6585
_SWEEP_SECONDS = 0.25

_ENTER_SECONDS = 0.02


class FairQueue(Queue):
    """Gradio's queue with fair turns.

    A visit is a session of Gradio at an address. A request starts only when a client listens for its answer; one without a
    listener is dropped after a while, and sooner where its address has many of them. The next request is taken from the address
    that has the fewest running and has waited longest, and within it from such a visit. Long requests never take the last worker.
    """

    def __init__(
        self,
        config: VisitorsConfig,
        address: Callable[[Request], str],
        is_long: Callable[[Any, Sequence[Any]], bool],
        **named: Any,
    ) -> None:
        """Make the queue.

        Args:
            config: Its bounds.
            address: Finds whose request it is.
            is_long: Tells whether a call takes long, by its function and its values.
            named: As `gradio.queueing.Queue`.
        """
        super().__init__(**named)
        self._config = config
        self._address = address
        self._is_long = is_long
        self._listeners: Counter[str] = Counter()  # open streams by session
        self._last_heard: dict[str, float] = {}  # when a session's last stream was closed, by session
        self._entering: defaultdict[str, list[object]] = defaultdict(list)  # requests that wait to be accepted, by address
        self._begun: defaultdict[Any, float] = defaultdict(float)  # time of the last turn, by address and by visit

    def start(self) -> None:
        """Start the queue and its clean-up."""
        super().start()  # type: ignore[no-untyped-call]
        run_coro_in_background(self._sweep)

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        """Accept a request.

        Raises:
            HTTPException: With a sentence, if its visit or its address has too many requests already.
        """
        address = self._address(request)
        function = None if body.fn_index is None else self.blocks.fns.get(body.fn_index)
        takes_long = function is not None and self._is_long(function, body.data or [])
        refused = await self._too_many(address, body.session_hash, takes_long)
        if refused:
            raise HTTPException(_TOO_MANY, refused)
        taken, answer, state = await super().push(body, request, username)
        if state == "queue_full":
            raise HTTPException(_TOO_MANY, "Many others wait already: try again in a minute")
        event = self.event_ids_to_events.get(answer) if taken and isinstance(answer, str) else None
        if event is not None:
            event.address = address  # type: ignore[attr-defined]
            event.is_long = takes_long  # type: ignore[attr-defined]
        return taken, answer, state

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """Choose the next request."""
        at_work = [event for job in self.active_jobs if job for event in job]
        addresses = Counter(map(_address_of, at_work))
        visits = Counter(map(_visit_of, at_work))
        room_for_long = sum(map(_is_long, at_work)) < self._config.long_at_once
        ready = [
            event
            for queue in self.event_queue_per_concurrency_id.values()
            if queue.concurrency_limit is None or queue.current_concurrency < queue.concurrency_limit
            for event in queue.queue
            if self._is_heard(event) and (room_for_long or not _is_long(event))
        ]
        if not ready:
            return None

        def turn(event: Event) -> tuple[float, ...]:
            address, visit = _address_of(event), _visit_of(event)
            by_address = addresses[address], self._begun[address]
            return *by_address, visits[visit], self._begun[visit], event.enqueue_time

        event = min(ready, key=turn)
        self._begun[_address_of(event)] = self._begun[_visit_of(event)] = time.monotonic()
        self.event_queue_per_concurrency_id[event.concurrency_id].queue.remove(event)
        return [event], False, event.concurrency_id

    async def process_events(self, events: list[Event], *arguments: Any, **named: Any) -> None:
        """Answer a request, and discard its session state."""
        try:
            await super().process_events(events, *arguments, **named)
        finally:  # a call may be cancelled
            if self.server_app is not None:
                for event in events:
                    self.server_app.state_holder.session_data.pop(event.session_hash, None)
                    self.server_app.state_holder.time_last_used.pop(event.session_hash, None)

    async def reset_iterators(self, event_id: str) -> None:
        """Close the stream of a request; a cancellation with another function's number may have closed it already."""
        with suppress(KeyError):
            await super().reset_iterators(event_id)

    @contextmanager
    def listening(self, session: str) -> Iterator[None]:
        """Count a client that listens for a session's answers."""
        self._listeners[session] += 1
        try:
            yield
        finally:
            self._listeners[session] -= 1
            if not self._listeners[session]:
                del self._listeners[session]
                self._last_heard[session] = time.monotonic()

    def session_of(self, event_id: str) -> str:
        """Find the session of a request; one without a session counts as its own."""
        event = self.event_ids_to_events.get(event_id)
        return event.session_hash if event is not None else event_id

    def is_wanted(self) -> bool:
        """Whether a client still waits for the answer that the calling thread works on."""
        event_id = LocalContext.event_id.get(None)
        event = self.event_ids_to_events.get(event_id) if event_id else None
        return event is None or event.alive

    # -- bounds ------------------------------------------------------------------------------------------------------------

    async def _too_many(self, address: str, session: str | None, takes_long: bool) -> str | None:
        """Return the sentence that refuses one more request, or None.

        Long requests have a bound of their own, so that a flood of songs leaves the other visits of an address their turns.
        """
        if takes_long:
            if self._count_long(address) >= self._config.long_per_address:
                self._drop(self._config.crowded_listen_seconds, address)
            if self._count_long(address) >= self._config.long_per_address:
                return "Your address has several long requests waiting already: try again when one is answered"
        own = sum(_visit_of(event) == (address, _visit(session)) for event in self._pending())
        if own >= self._config.per_visit:
            return f"You have {own} requests waiting already: try again when one is answered"
        known = takes_long or session in self._listeners or session in self._last_heard
        if known or await self._enter(address):
            self._make_room(address)
            pending = sum(_address_of(event) == address for event in self._pending())
            if pending < self._config.per_address:
                return None
        return "Your address has many requests waiting already: try again when one is answered"

    async def _enter(self, address: str) -> bool:
        """Wait until an address has room for one more request without a listener; the newest request enters first."""
        entering, mine = self._entering[address], object()
        entering.append(mine)
        del entering[: -self._config.per_address]
        deadline = time.monotonic() + 2 * self._config.crowded_listen_seconds
        try:
            while mine in entering and time.monotonic() < deadline:
                self._make_room(address)
                if entering[-1] is mine and self._count_unheard(address) < self._config.unheard_per_address:
                    return True
                await asyncio.sleep(_ENTER_SECONDS)
            return False
        finally:
            if mine in entering:
                entering.remove(mine)
            if not entering:
                self._entering.pop(address, None)

    def _make_room(self, address: str) -> None:
        """Drop requests without a listener where an address has reached its limit, so that another visit from there can enter."""
        pending = sum(_address_of(event) == address for event in self._pending())
        if self._count_unheard(address) >= self._config.unheard_per_address or pending >= self._config.per_address:
            self._drop(self._config.crowded_listen_seconds, address)

    def _count_unheard(self, address: str) -> int:
        """Count the waiting requests of an address without a listener, but for the long ones, which are bounded apart."""
        unheard = (event for event in self._waiting() if not self._is_heard(event) and not _is_long(event))
        return sum(_address_of(event) == address for event in unheard)

    def _count_long(self, address: str) -> int:
        return sum(_address_of(event) == address for event in self._pending() if _is_long(event))

    def _drop(self, age: float, address: str | None = None) -> None:
        now = time.monotonic()
        for event in list(self._waiting()):
            since = max(event.enqueue_time, self._last_heard.get(event.session_hash, 0.0))
            own = address is None or (_address_of(event) == address and event.session_hash not in self._last_heard)
            if own and not self._is_heard(event) and now - since >= age:
                self.event_queue_per_concurrency_id[event.concurrency_id].queue.remove(event)
                self.event_ids_to_events.pop(event._id, None)
                said = {
                    "error": "the client did not read the answer, so the request was dropped: "
                    "send it again and read its event stream"
                }
                self.send_message(event, ProcessCompletedMessage(output=said, success=False))

    async def _sweep(self) -> None:
        """Drop requests without a listener, and forget old sessions."""
        while not self.stopped:
            await asyncio.sleep(_SWEEP_SECONDS)
            async with self.delete_lock:
                self._drop(self._config.listen_seconds)
            now = time.monotonic()
            for event in self._at_work():
                heard = self._last_heard.get(event.session_hash)
                if heard is not None and not self._is_heard(event) and now - heard >= self._config.crowded_listen_seconds:
                    event.alive = False
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Forget sessions without a listener, and turns, after `forget_seconds`."""
        busy = {event.session_hash for event in self._pending()}
        for session in list(self.pending_event_ids_session):
            self._last_heard.setdefault(session, now)
        for session, heard in list(self._last_heard.items()):
            if session in busy or session in self._listeners or now - heard < self._config.forget_seconds:
                continue
            del self._last_heard[session]
            self.pending_event_ids_session.pop(session, None)
            self.pending_messages_per_session.pop(session, None)
        for key, begun in list(self._begun.items()):
            if now - begun > self._config.forget_seconds:
                del self._begun[key]

    def _waiting(self) -> Iterator[Event]:
        return (event for queue in self.event_queue_per_concurrency_id.values() for event in queue.queue)

    def _at_work(self) -> list[Event]:
        return [event for job in self.active_jobs if job for event in job]

    def _pending(self) -> list[Event]:
        return [*self._waiting(), *self._at_work()]

    def _is_heard(self, event: Event) -> bool:
        return event.session_hash in self._listeners


def share_descriptions() -> None:
    """Let all sessions share the descriptions of the page's widgets.

    Gradio describes all of them again for each session, and so for each request, since `FairQueue` discards sessions: that takes
    longer than the first bar of a groove.
    """
    describe, known = BlocksConfig.config_for_block, dict[int, tuple[Any, dict[str, Any]]]()

    def config_for_block(key: int, rendered: list[int], block: Any, renderable: Any = None) -> dict[str, Any]:
        if renderable is not None or rendered:
            return describe(key, rendered, block, renderable)
        if key not in known or known[key][0] is not block:
            known[key] = block, describe(key, rendered, block)
        shared = known[key][1]
        return {**shared, "props": dict(shared["props"])}  # a session notes values in it

    BlocksConfig.config_for_block = staticmethod(config_for_block)  # type: ignore[method-assign, assignment]


def _address_of(event: Event) -> str:
    return getattr(event, "address", "")


def _visit_of(event: Event) -> tuple[str, str]:
    return _address_of(event), _visit(event.session_hash)


def _visit(session: str | None) -> str:
    """Name the visit of a session: a call with a stream of its own has the session of its page, a dot and a number."""
    return (session or "").partition(".")[0]


def _is_long(event: Event) -> bool:
    return getattr(event, "is_long", False)
