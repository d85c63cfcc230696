"""What whoever hosts the page sees on the console: one sentence where it cannot start."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from drummer.errors import DrummerError, SettingError
from drummer.validation import quote

PORT_VARIABLE = "GRADIO_SERVER_PORT"


def report_in_a_sentence() -> None:
    """Let an error that is meant to be read end the program with its sentence; whatever else is raised keeps its trace."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, DrummerError):
            sys.__excepthook__(kind, error, trace)
            return
        print(f"app.py: {error}", file=sys.stderr, flush=True)

    sys.excepthook = report


def asked_port() -> int | None:
    """Read the port that the host asks for; None where any free one will do.

    Raises:
        SettingError: If it is no port.
    """
    text = os.environ.get(PORT_VARIABLE)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise SettingError(f"{PORT_VARIABLE} must be a whole number, 1-65535, got {quote(text)}")
    return int(text)


def launch(page: Any, port: int | None, **settings: Any) -> None:
    """Start the server of a page at a port, or at the first that is free from 7860 on where none is asked for.

    Raises:
        SettingError: If the port that is asked for cannot be had.
    """
    try:
        page.launch(server_port=port, **settings)
    except OSError as error:  # Gradio tries the port before it starts anything
        if port is None:
            raise SettingError("there is no free port: end one of the programs that have them") from error
        raise SettingError(f"port {port} is taken or not allowed: choose another with {PORT_VARIABLE}") from error
