"""The boundary between the page and its callers: every failure is answered with one sentence, and bugs are logged.

`drummer.web.page_context.show_errors` shows a `DrummerError`. This module handles failures around the page's own functions:
values that Gradio cannot pass on, and bugs.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping
from functools import wraps
from typing import Any

import gradio as gr
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.exceptions import ComponentProcessingError, InvalidPathError
from gradio.route_utils import FnIndexInferError
from pydantic import ValidationError
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.validation import begin_sentence, quote
from drummer.web.files import DISK_FULL, is_full
from drummer.web.page_context import to_gradio_error

UNEXPECTED = "Something went wrong in Drummer itself, and its log says what: try again, or with other settings"
_TOO_DEEP = "What was sent has lists or objects nested too deep"
_NOT_A_CALL = "What was sent is not a call: it must be a JSON object whose 'data' is a list"
_NO_FUNCTION = "There is no such function, or it takes other values: Use via API at the foot of the page lists them all"
_CALLS = tuple(f"/gradio_api/{route}/" for route in ("call", "run", "api", "queue"))
_DISK_FULL = begin_sentence(DISK_FULL)
_NO_FILE = "The file was not uploaded here, or is no longer there: choose it again"


def guard(page: gr.Blocks) -> None:
    """Make each call of the page's functions return or raise a `gr.Error` with one sentence."""
    process = page.process_api

    @wraps(process)
    async def process_api(block_fn: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
        try:
            if named.get("iterator") is None:
                inputs = _with_defaults(block_fn, inputs)
                _check_inputs(block_fn, inputs)
            return await process(block_fn, inputs, *rest, **named)
        except gr.Error:
            raise
        except SettingError as error:
            raise to_gradio_error(error) from error
        except Exception as error:
            sentence = _explain(error)
            raise gr.Error(sentence or UNEXPECTED, print_exception=sentence is None) from error

    page.process_api = process_api  # type: ignore[method-assign]


async def refuse_request(_: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not a call, without repeating its content."""
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": _NOT_A_CALL}, 422)


class Boundary:
    """Middleware that answers requests which fail before any function of the page is called."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await _answer(scope["path"], error)(scope, receive, send)


def _answer(path: str, error: Exception) -> JSONResponse:
    """Answer a request that has failed; the trace of a fault of the program goes to the host's log."""
    if isinstance(error, OSError) and is_full(error):
        return JSONResponse({"detail": _DISK_FULL}, 507)
    if isinstance(error, RecursionError) or "recursion" in str(error)[:200].lower():
        return JSONResponse({"detail": _TOO_DEEP}, 400)
    if isinstance(error, FnIndexInferError | KeyError | TypeError) and path.startswith(
        _CALLS
    ):  # how Gradio looks functions and parameters up
        return JSONResponse({"detail": _NO_FUNCTION}, 404)
    traceback.print_exception(error)
    return JSONResponse({"detail": UNEXPECTED}, 500)


# For FastAPI, as `app_kwargs` of `launch`.
APP: Mapping[str, Any] = {
    "exception_handlers": {RequestValidationError: refuse_request},
    "middleware": [Middleware(Boundary)],
}


def _with_defaults(block_fn: Any, inputs: Any) -> Any:
    """Fill in the last parameters of an endpoint where a caller leaves them out, as programs do that were written before."""
    parameters = list(inspect.signature(block_fn.fn).parameters.values()) if block_fn.api_visibility == "public" else []
    missing = parameters[len(inputs) : len(block_fn.inputs)]
    if any(parameter.default is inspect.Parameter.empty for parameter in missing):
        return inputs
    return [*inputs, *(parameter.default for parameter in missing)]


def _check_inputs(block_fn: Any, inputs: Any) -> None:
    """Refuse too few values, and values that are nested too deeply to be processed."""
    needed = len(block_fn.inputs)
    if len(inputs) < needed:
        raise SettingError(f"{quote(str(block_fn.api_name))} takes {needed} values, got {len(inputs)}")
    level: list[Any] = [inputs]
    for _ in range(default_config().app.max_nesting):
        level = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
        level = [part for part in level if isinstance(part, dict | list)]
        if not level:
            return
    raise SettingError(_TOO_DEEP)


def _explain(error: Exception) -> str | None:
    """Explain a fault of the values or of the machine in a sentence; None for bugs."""
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    if isinstance(error, InvalidPathError | ValidationError | ComponentProcessingError | FileNotFoundError | UnicodeError):
        return _NO_FILE
    return _DISK_FULL if isinstance(error, OSError) and is_full(error) else None
