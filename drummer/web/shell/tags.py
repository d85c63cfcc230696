"""What is put into the page's HTML: tags for links, manifest and icons in its head, and its frame for the first paint."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlencode

from gradio.route_utils import get_root_url
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drummer.web.shell import first_paint, link_card
from drummer.web.shell.link_card import LINK, LinkCard, read_card
from drummer.web.shell.routes import CARD, COLORS

# Gradio's own tags, which describe Gradio, and its link to a manifest outside the app's path.
# The pattern matches the space behind the tags: with the space ahead of them it would take 12 ms for each page, not 0.3.
_GRADIOS = re.compile(r'<(?:meta\s+(?:property="og:|name="twitter:)|link\s+rel="manifest")[^>]*>\s*', re.IGNORECASE)
_HEAD = re.compile(r"<base [^>]*>", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


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
    """Middleware that gives the page its frame for the first paint, and the tags of the link by which it is requested."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; only a page of HTML at the root is changed."""
        request = Request(scope) if scope["type"] == "http" else None
        if request is None or scope["method"] != "GET" or scope["path"].removeprefix(scope.get("root_path", "")) not in ("", "/"):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def rewrite(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if not MutableHeaders(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    start = None
                    await send(message)
                return
            if start is None:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            tags = await run_in_threadpool(_tags_of, request)
            whole = replace_tags(add_first_paint(body.decode()), tags).encode()
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, rewrite)


def _tags_of(request: Request) -> str:
    code = next(iter(parse_qs(request.url.query).get(LINK, [])), None)
    card = read_card(code)
    root = get_root_url(request, "/", request.app.root_path or request.scope.get("root_path"))
    query = f"?{urlencode({LINK: code})}" if card.groove is not None else ""
    return write_tags(card, f"{root}/{query}", f"{root}/{CARD}{query}")
