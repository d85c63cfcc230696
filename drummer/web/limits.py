"""Limits on requests in front of Gradio: the size of bodies, and calls that bypass the queue."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drummer.config_page_sections import VisitorsConfig
from drummer.validation import begin_sentence
from drummer.web.fair_queue import FairQueue
from drummer.web.files import is_full, storage_error
from drummer.web.shell.routes import CARD

_TOO_LARGE, _TOO_MANY, _NO_ROOM = 413, 429, 507
_DRAIN_SECONDS = 10.0  # a body that is too large is read and discarded for so long, or most clients would not see the answer
_STREAM = re.compile(r"/queue/data/?$")
_CALL = re.compile(r"/call/(?:v2/)?[^/]+/([^/]+)/?$")
_PICTURE = re.compile(rf"/{re.escape(CARD)}$")
_DIRECT = re.compile(r"/gradio_api/(?:run|api)/[^/]+/?$")  # routes that Gradio answers without its queue


class Limits:
    """Middleware that bounds the bodies of requests, limits calls that bypass the queue, and reports listeners to the queue."""

    def __init__(self, app: ASGIApp, config: VisitorsConfig, queue: FairQueue, address: Callable[[Request], str]) -> None:
        """Wrap an app.

        Args:
            app: The app.
            config: The limits.
            queue: The queue that gets reports of open streams.
            address: Finds the address of a request's visitor.
        """
        self._app = app
        self._config = config
        self._queue = queue
        self._address = address
        self._direct: Counter[str] = Counter()
        self._turn = asyncio.Semaphore(config.long_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        if _number(Request(scope).headers.get("content-length")) > self._config.max_body_bytes:
            await self._refuse(answer, receive)
            return
        try:
            await self._pass_on(scope, self._count(answer, receive), answer)
        except OSError as error:
            if not is_full(error):
                raise
            await answer.say(_NO_ROOM, begin_sentence(str(storage_error(error))))

    async def _pass_on(self, scope: Scope, bounded: Receive, answer: _Answer) -> None:
        path = str(scope["path"])
        if _PICTURE.search(path):
            await self._take_turns(scope, bounded, answer, nullcontext())  # they are drawn one at a time anyway
        elif scope["method"] == "GET":
            session = self._session(path, scope)
            with self._queue.listening(session) if session else nullcontext():
                await self._app(scope, bounded, answer)
        elif _DIRECT.search(path):
            await self._take_turns(scope, bounded, answer, self._turn)
        else:
            await self._app(scope, bounded, answer)

    def _session(self, path: str, scope: Scope) -> str | None:
        """Find the session of a request that listens for answers; None for others."""
        if _STREAM.search(path):
            return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])), None)
        called = _CALL.search(path)
        return self._queue.session_of(called[1]) if called else None

    def _count(self, answer: _Answer, receive: Receive) -> Receive:
        """Count a body without a content length as it arrives, and refuse it where it becomes too large."""
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read <= self._config.max_body_bytes:
                return message
            await self._refuse(answer, receive)
            return {"type": "http.disconnect"}

        return receive_some

    async def _refuse(self, answer: _Answer, receive: Receive) -> None:
        most = self._config.max_body_bytes / 1e6
        await answer.say(_TOO_LARGE, f"This is too large: a request may have at most {most:g} MB", ends=False)
        deadline = time.monotonic() + _DRAIN_SECONDS
        more = True
        while more and time.monotonic() < deadline:
            try:
                message = await asyncio.wait_for(receive(), deadline - time.monotonic())
            except TimeoutError:
                break
            more = message["type"] == "http.request" and message.get("more_body", False)
        await answer.end()

    async def _take_turns(self, scope: Scope, receive: Receive, answer: _Answer, turn: AbstractAsyncContextManager[Any]) -> None:
        address = self._address(Request(scope))
        if self._direct[address] >= self._config.per_visit:
            count = self._direct[address]
            await answer.say(_TOO_MANY, f"Your address has {count} requests waiting already: try again when one is answered")
            return
        self._direct[address] += 1
        try:
            async with turn:
                await self._app(scope, receive, answer)
        finally:
            self._direct[address] -= 1
            if not self._direct[address]:
                del self._direct[address]


class _Answer:
    """Sends the answer of the app, or one sentence instead."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = self._said = self._open = False

    async def __call__(self, message: Message) -> None:
        if not self._said:
            self._started = True
            await self._send(message)

    async def say(self, status: int, sentence: str, ends: bool = True) -> None:
        """Answer with a sentence in the format of FastAPI's errors, unless an answer has begun."""
        self._said = True
        if self._started:
            return
        self._open = not ends
        body = json.dumps({"detail": sentence}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": not ends})

    async def end(self) -> None:
        """End the answer, once the request has been read."""
        if self._open:
            self._open = False
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _number(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isdecimal() else 0
