"""Start of the server: its port, and errors on the console in one sentence."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from drummer.errors import DrummerError, SettingError
from drummer.validation import quote

PORT_VARIABLE = "GRADIO_SERVER_PORT"


def report_errors() -> None:
    """Print a `DrummerError` that ends the program as one sentence; any other exception keeps its traceback."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, DrummerError):
            sys.__excepthook__(kind, error, trace)
            return
        print(f"app.py: {error}", file=sys.stderr, flush=True)

    sys.excepthook = report


def read_port() -> int | None:
    """Read the port from the environment; None = any free port.

    Raises:
        SettingError: If it is no port.
    """
    text = os.environ.get(PORT_VARIABLE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise SettingError(f"{PORT_VARIABLE} must be a whole number from 1 to 65535, got {quote(text)}")
    return int(text)


def launch(page: Any, port: int | None, **settings: Any) -> None:
    """Start the server of a page at a port, or without one at the first free port from 7860 on.

    Raises:
        SettingError: If the port is not available.
    """
    try:
        # `_frontend=False`: else Gradio requests its own page, and on a busy machine ends the app after three seconds without
        # answer.
        page.launch(server_port=port, _frontend=False, **settings)
    except OSError as error:  # Gradio tries the port before it starts anything
        if port is None:
            raise SettingError("there is no free port: close a program that uses one") from error
        raise SettingError(f"port {port} is taken or not allowed: choose another with {PORT_VARIABLE}") from error
