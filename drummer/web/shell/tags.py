"""What is put into the page's HTML: tags for links, manifest and icons in its head, and its frame for the first paint."""

from __future__ import annotations

import gzip
import html
import re
from collections import OrderedDict
from urllib.parse import urlencode

import httpx
from gradio.route_utils import get_root_url
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drummer.web.shell import first_paint, link_card
from drummer.web.shell.link_card import LINK, LinkCard, read_card
from drummer.web.shell.routes import CARD, COLORS

# Gradio's own tags, which describe Gradio, and its link to a manifest outside the app's path.
# The pattern matches the space behind the tags: with the space ahead of them it would take 12 ms for each page, not 0.3.
_GRADIOS = re.compile(r'<(?:meta\s+(?:property="og:|name="twitter:)|link\s+rel="manifest")[^>]*>\s*', re.IGNORECASE)
_HEAD = re.compile(r"<base [^>]*>", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_GZIP = re.compile(r"gzip\s*(?:;\s*q=(?:1(?:\.0*)?|0?\.0*[1-9]\d*))?", re.IGNORECASE)
_GRADIOS_LINK = "deep_link"  # parameter of the query with which Gradio writes another page
_MOST_PAGES = 8  # root addresses by which one server is reached at a time; of more, the oldest page is forgotten
_COMPRESSION = 4  # .75 MB in 10 ms


def write_tags(card: LinkCard, address: str, picture: str) -> str:
    """Write the tags of a page.

    Args:
        card: Title and description.
        address: The page's own address, with the code of its groove.
        picture: Address of its picture.
    """
    width, height = link_card.SIZE
    properties = {
        "og:type": "website",
        "og:site_name": "Drummer",
        "og:url": address,
        "og:title": card.title,
        "og:description": card.description,
        "og:image": picture,
        "og:image:type": "image/png",
        "og:image:width": width,
        "og:image:height": height,
        "og:image:alt": f"Piano roll: {card.title}",
    }
    names = {
        "description": card.description,
        "twitter:card": "summary_large_image",
        "twitter:title": card.title,
        "twitter:description": card.description,
        "twitter:image": picture,
        "mobile-web-app-capable": "yes",
        "apple-mobile-web-app-title": "Drummer",
    }
    lines = [f'<meta property="{name}" content="{html.escape(str(value))}" />' for name, value in properties.items()]
    lines += [f'<meta name="{name}" content="{html.escape(value)}" />' for name, value in names.items()]
    for scheme, color in COLORS.items():
        lines.append(f'<meta name="theme-color" media="(prefers-color-scheme: {scheme})" content="{color}" />')
    lines += [
        '<link rel="manifest" href="./manifest.json" />',  # relative, so that it works below any path
        '<link rel="icon" type="image/png" sizes="192x192" href="./icons/192.png" />',
        '<link rel="apple-touch-icon" href="./icons/180-maskable.png" />',
    ]
    return "\n\t\t".join(lines)


def replace_tags(page: str, tags: str) -> str:
    """Put tags into the head of a page in place of Gradio's."""
    return _HEAD.sub(lambda base: f"{base[0]}\n\t\t{tags}", _GRADIOS.sub("", page), count=1)


def add_first_paint(page: str) -> str:
    """Put the frame of the page at the beginning of its body, and the frame's style and script into its head."""
    framed = _BODY.sub(lambda body: f"{body[0]}\n{first_paint.write_body()}", page, count=1)
    return _HEAD.sub(lambda base: f"{base[0]}\n{first_paint.write_head()}", framed, count=1)


class HeadTags:
    """Middleware that gives the page its frame for the first paint, and the tags of the link by which it is requested.

    Gradio writes the same page for all visitors, out of a configuration of .7 MB, which takes a fifth of a second. So what it
    has written is kept; for a link only the tags are written anew.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self._app = app
        self._pages: OrderedDict[str, _Page] = OrderedDict()  # by the root address, which Gradio writes into the page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; only a page of HTML at the root is changed."""
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not is_read or scope["path"].removeprefix(scope.get("root_path", "")) not in ("", "/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            root = get_root_url(request, "/", request.app.root_path or scope.get("root_path"))
        except httpx.InvalidURL:
            await PlainTextResponse("The request names a host that cannot be one.", 400)(scope, receive, send)
            return
        is_same_for_all = _GRADIOS_LINK not in request.query_params
        page = self._pages.get(root) if is_same_for_all else None
        if page is None:
            query = b"" if is_same_for_all else scope["query_string"]  # all other parameters are read in the page
            written = await _read_page(self._app, {**scope, "method": "GET", "query_string": query}, receive, send)
            if written is None:
                return
            page = _Page(written, root)
            if is_same_for_all:
                self._pages[root] = page
                if len(self._pages) > _MOST_PAGES:
                    self._pages.popitem(last=False)
        code = next(filter(None, request.query_params.getlist(LINK)), None)
        compressed = _accepts_gzip(request.headers.get("accept-encoding", ""))
        body = await run_in_threadpool(page.write, code, compressed)
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if compressed else {})
        answer = HTMLResponse(body, headers=headers)
        if scope["method"] == "HEAD":  # the same headers, its length among them, and nothing else
            answer.body = b""
        await answer(scope, receive, send)


def _accepts_gzip(header: str) -> bool:
    """Tell whether a header `Accept-Encoding` names gzip, and not with the weight 0 (RFC 9110, 12.5.3)."""
    return any(_GZIP.fullmatch(coding.strip()) for coding in header.split(","))


class _Page:
    """Gradio's page below one root address, with our frame."""

    def __init__(self, page: str, root: str) -> None:
        """Take the page that Gradio has written."""
        self._page = add_first_paint(page)
        self._root = root
        self._without_link: dict[bool, bytes] = {}  # by whether it is compressed

    def write(self, code: str | None, compressed: bool) -> bytes:
        """Write the page for the code of a link, None = no link."""
        if code is None and compressed in self._without_link:
            return self._without_link[compressed]
        card = read_card(code)
        query = f"?{urlencode({LINK: code})}" if card.groove is not None else ""
        tags = write_tags(card, f"{self._root}/{query}", f"{self._root}/{CARD}{query}")
        body = replace_tags(self._page, tags).encode()
        if compressed:
            body = gzip.compress(body, compresslevel=_COMPRESSION)
        if code is None:
            self._without_link[compressed] = body
        return body


async def _read_page(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> str | None:
    """Read the page that an app answers with; any other answer is sent on, and None returned."""
    body = bytearray()
    is_page = False

    async def collect(message: Message) -> None:
        nonlocal is_page
        if message["type"] == "http.response.start":
            is_page = message["status"] == 200 and Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
        if not is_page:
            await send(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    return body.decode() if is_page else None
