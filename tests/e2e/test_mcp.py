"""The tools of the MCP server, for which requirements-mcp.txt has to be installed."""

import ast
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.request import urlopen

import pytest

pytest.importorskip("mcp", reason="the MCP library is not installed (requirements-mcp.txt)")

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from drummer.files import midi
from drummer.files.document import from_document
from drummer.web.api import TYPED_ENDPOINTS
from tests.e2e.harness import App


def use(app: App, act: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """Do something as a client of the server."""

    async def talk() -> Any:
        address = f"{app.url}/gradio_api/mcp/"
        async with streamable_http_client(address) as (reading, writing, *_), ClientSession(reading, writing) as session:
            await session.initialize()
            return await act(session)

    return asyncio.run(talk())


def test_every_endpoint_is_a_tool_with_words_on_each_parameter(app: App) -> None:
    tools = {tool.name: tool for tool in use(app, lambda session: session.list_tools()).tools}
    assert set(tools) == {"generate", "open_file", *(function.__name__ for function in TYPED_ENDPOINTS)}
    for tool in tools.values():
        assert tool.description
        assert all(each.get("description") for each in tool.inputSchema["properties"].values()), tool.name


def test_a_groove_is_played_and_exported(app: App) -> None:
    async def act(session: ClientSession) -> Any:
        played = await session.call_tool("play", {"genre": "funk", "bars": 1, "seed": 3})
        groove = ast.literal_eval(played.content[0].text)  # Gradio writes what Python writes
        return groove, await session.call_tool("export", {"groove": groove, "form": "mid"})

    groove, exported = use(app, act)
    with urlopen(exported.content[0].text) as answer:
        assert midi.read(answer.read()).groove == midi.as_written(from_document(groove).groove)


def test_what_cannot_be_gets_a_sentence(app: App) -> None:
    answer = use(app, lambda session: session.call_tool("play", {"genre": "polka"}))
    assert answer.isError
    assert answer.content[0].text.startswith("Unknown genre 'polka'")
