"""Firefox driven without geckodriver, which Debian lacks: Selenium's commands sent to Firefox's own server, Marionette."""

import json
import socket
from types import TracebackType
from typing import Any, Self

from tests.browsers.desktop import SECONDS

COMMANDS = {  # of Selenium: of Marionette
    "newSession": "WebDriver:NewSession",
    "get": "WebDriver:Navigate",
    "refresh": "WebDriver:Refresh",
    "w3cGetActiveElement": "WebDriver:GetActiveElement",
    "findElement": "WebDriver:FindElement",
    "findElements": "WebDriver:FindElements",
    "clickElement": "WebDriver:ElementClick",
    "clearElement": "WebDriver:ElementClear",
    "sendKeysToElement": "WebDriver:ElementSendKeys",
    "getElementText": "WebDriver:GetElementText",
    "getElementRect": "WebDriver:GetElementRect",
    "w3cExecuteScript": "WebDriver:ExecuteScript",
    "w3cExecuteScriptAsync": "WebDriver:ExecuteAsyncScript",
    "actions": "WebDriver:PerformActions",
    "clearActionState": "WebDriver:ReleaseActions",
    "setTimeouts": "WebDriver:SetTimeouts",
    "setWindowRect": "WebDriver:SetWindowRect",
    "screenshot": "WebDriver:TakeScreenshot",
}
WHOLE = ("newSession", "getElementRect", "findElements")  # answers that are not wrapped as a `value`


class Marionette:
    """A connection to Firefox, which Selenium's `WebDriver` takes as a `command_executor`."""

    w3c = True

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._stream = self._socket.makefile("rb")
        self._count = 0
        self._read()  # it introduces itself

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()
        self._socket.close()

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        values = {} if command == "newSession" else {name: value for name, value in params.items() if name != "sessionId"}
        message = json.dumps([0, self._count, COMMANDS[command], values])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._read()
        if error:
            return {"status": error["error"], "message": error["message"], "value": error}
        return {"value": result if command in WHOLE else (result or {}).get("value")}

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                raise ConnectionError("Firefox has ended")
            length += byte
        return json.loads(self._stream.read(int(length)))
