"""Sharing of the page among visitors: its queue, and the limits in front of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request

from drummer import default_config, exports
from drummer.web import boundary
from drummer.web.addresses import address_of, read_networks
from drummer.web.fair_queue import FairQueue, share_descriptions
from drummer.web.limits import Limits
from drummer.web.page_context import LONG
from drummer.web.shell.routes import routes
from drummer.web.shell.tags import HeadTags

SLOW_FORMS = tuple(name for name, each in exports.FORMATS.items() if each.is_slow)


def share(page: gr.Blocks) -> tuple[dict[str, Any], FairQueue]:
    """Give a page its queue; return further arguments of `launch`, and the queue.

    To be called after the page's `with` block, at whose end Gradio makes its own queue.
    """
    config = default_config()
    # By default uvicorn trusts X-Forwarded-For of local connections, and the address of the client would be lost.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    proxies = read_networks(config.visitors.proxies)

    def address(request: Request) -> str:
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return address_of(request.client.host if request.client else "", forwarded, proxies)

    queue = FairQueue(
        config.visitors,
        address,
        is_long,
        live_updates=True,
        concurrency_count=page.max_threads,
        update_intervals=1,
        max_size=config.app.queue_size,
        blocks=page,
    )
    queue.sleep_when_free = config.app.queue_seconds  # by default Gradio polls 1000 times a second
    page._queue = queue
    share_descriptions()
    limits = Middleware(Limits, config=config.visitors, queue=queue, address=address)
    middleware = [limits, *boundary.APP["middleware"], Middleware(HeadTags)]
    answers = {**boundary.APP, "middleware": middleware, "routes": routes()}
    return {"app_kwargs": answers, "max_file_size": config.visitors.max_upload_bytes}, queue


def is_long(function: Any, data: Sequence[Any]) -> bool:
    """Tell whether a call takes long: a song, stems, anything about a groove longer than can be generated at once.

    Args:
        function: The function that is called.
        data: The values that it is called with.
    """
    if function.concurrency_id == LONG:
        return True
    if function.api_name == "export" and any(isinstance(each, str) and each in SLOW_FORMS for each in data):
        return True
    if function.api_name == "stream" and any(isinstance(each, list) and each for each in data):
        return True
    most = default_config().limits.bars[1]
    bars = (each.get("bars") for each in data if isinstance(each, Mapping))
    return any(isinstance(count, int | float) and count > most for count in bars)
