"""Routes of the shell: manifest, icons, service worker, and the pictures of links."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import gradio
from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from drummer.web.shell import icons, link_card

CARD = "card.png"  # path of the picture of a link; `Limits` bounds who asks for many
COLORS = {"light": "#f2f1ec", "dark": "#0f1012"}  # of the page in each theme, as in styles/theme.css

_FOLDER = Path(__file__).parent
_WEB = _FOLDER.parent
_PROGRAM = (".css", ".html", ".js", ".py")
_DAY = "public, max-age=86400"
_drawing = CapacityLimiter(1)  # one picture at a time: the cores are for grooves


@lru_cache(maxsize=1)
def version() -> str:
    """Return a hash of everything that the page is made of, which names the cache of the service worker."""
    total = hashlib.sha256(gradio.__version__.encode())
    for path in sorted(path for path in _WEB.rglob("*") if path.suffix in _PROGRAM):
        total.update(path.relative_to(_WEB).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def manifest() -> dict[str, object]:
    """Return the web app manifest. Its addresses are relative to its own, so that they are right below any path."""
    sizes = [(size, maskable) for size in (192, 512) for maskable in (False, True)]
    return {
        "id": "./",
        "name": "Drummer: drum grooves with a human feel",
        "short_name": "Drummer",
        "description": "Generate drum grooves with a human feel, edit them, and take them to your DAW.",
        "lang": "en",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "categories": ["music"],
        # A manifest has one colour of each; the page's own tags have those of both themes.
        "theme_color": COLORS["light"],
        "background_color": COLORS["light"],
        "icons": [
            {
                "src": f"./icons/{size}{'-maskable' if maskable else ''}.png",
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "maskable" if maskable else "any",
            }
            for size, maskable in sizes
        ],
    }


def routes() -> list[Route]:
    """Make the routes, which come before Gradio's of the same paths."""
    return [
        Route("/manifest.json", _send_manifest),
        Route("/service-worker.js", _send_worker),
        Route("/favicon.ico", _send_favicon),
        Route("/icons/{name}.png", _send_icon),
        Route(f"/{CARD}", _send_card),
    ]


async def _send_manifest(_: Request) -> Response:
    return JSONResponse(manifest(), media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


async def _send_worker(_: Request) -> Response:
    script = (_FOLDER / "service_worker.js").read_text(encoding="utf-8")
    whole = f"const VERSION = {json.dumps(version())};\n{script}"
    return Response(whole, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def _send_favicon(_: Request) -> Response:
    return Response(icons.draw_icon(48), media_type="image/png", headers={"Cache-Control": _DAY})


async def _send_icon(request: Request) -> Response:
    size, _, purpose = str(request.path_params["name"]).partition("-")
    if not size.isdecimal() or int(size) not in icons.SIZES or purpose not in ("", "maskable"):
        raise HTTPException(404)
    data = await run_in_threadpool(icons.draw_icon, int(size), purpose == "maskable")
    return Response(data, media_type="image/png", headers={"Cache-Control": _DAY})


async def _send_card(request: Request) -> Response:
    code = request.query_params.get(link_card.LINK)
    data = await to_thread.run_sync(link_card.draw_card, code, limiter=_drawing)
    return Response(data, media_type="image/png", headers={"Cache-Control": _DAY})
