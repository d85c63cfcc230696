"""The shell of the page: manifest, icons, service worker, and what other sites are told of a link."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from PIL import Image
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from drummer import Groove, default_config
from drummer.errors import SettingError
from drummer.files.document import Take, to_code
from drummer.music.meter import Meter
from drummer.web.limits import Limits
from drummer.web.shell import icons, link_card
from drummer.web.shell.link_card import draw_card, read_card
from drummer.web.shell.routes import routes
from drummer.web.shell.tags import HeadTags, replace_tags, write_tags
from tests.conftest import ROOT

CODE = to_code(Take(Groove.silent(3, 132, meter=Meter(6, 8)), {"genre": "neworleans"}, 7))
TAG = re.compile(r'<meta (?:property|name)="([^"]+)"(?: media="[^"]*")? content="([^"]*)"')


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A browser in front of Gradio's page with the shell, below a path of its host."""
    template = Path(gr.__file__).parent / "templates" / "frontend" / "index.html"
    app = FastAPI(middleware=[Middleware(HeadTags)], routes=routes())
    app.get("/")(lambda: HTMLResponse(template.read_text(encoding="utf-8")))
    app.get("/config")(lambda: {"head": '<meta property="og:title" content="Gradio" />'})
    host = FastAPI()
    host.mount("/studio", app)
    with TestClient(host, base_url="http://testserver/studio/") as browser:
        yield browser


def tags(client: TestClient, address: str = "", **headers: str) -> dict[str, str]:
    return dict(TAG.findall(client.get(address, headers=headers).text))


def size(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


def test_the_manifest_has_what_installing_needs(client: TestClient) -> None:
    answer = client.get("manifest.json")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["short_name"], manifest["display"]) == ("Drummer", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    addresses = [manifest["start_url"], manifest["scope"], *(icon["src"] for icon in manifest["icons"])]
    assert all(address.startswith("./") for address in addresses)  # right below any path of a host
    for icon in manifest["icons"]:
        picture = client.get(icon["src"])
        assert picture.headers["content-type"] == "image/png"
        assert "x".join(map(str, size(picture.content))) == icon["sizes"]
        assert len(picture.content) < 30_000


def test_a_maskable_icon_fills_its_square_and_another_has_round_corners() -> None:
    images = [Image.open(io.BytesIO(icons.draw_icon(192, maskable))).convert("RGBA") for maskable in (True, False)]
    assert [np.asarray(image)[0, 0, 3] for image in images] == [255, 0]


@pytest.mark.parametrize("name", ["13", "192-round", "-192", "9" * 400, "x"])
def test_no_other_icons_are_drawn(client: TestClient, name: str) -> None:
    assert client.get(f"icons/{name}.png").status_code == 404
    with pytest.raises(SettingError, match="an icon has 48, 180, 192, 512 pixels, got 13"):
        icons.draw_icon(13)


def test_the_worker_names_its_cache_by_a_hash_and_is_asked_for_anew(client: TestClient) -> None:
    answer = client.get("service-worker.js")
    assert re.match(r'const VERSION = "[0-9a-f]{16}";\n', answer.text)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


def test_the_colours_are_those_of_the_themes(client: TestClient) -> None:
    style = (ROOT / "drummer/web/styles/theme.css").read_text(encoding="utf-8")
    pages = re.findall(r"--page: (#\w+);", style)
    page = client.get("").text
    assert re.findall(r'<meta name="theme-color" media="[^"]+" content="(#\w+)"', page) == pages


def test_a_page_without_a_groove_describes_the_app_and_nothing_of_gradio(client: TestClient) -> None:
    page = client.get("").text
    found = TAG.findall(page)
    names = [name for name, _ in found if name.startswith(("og:", "twitter:"))]
    assert len(names) == len(set(names))
    assert dict(found)["og:title"] == "Drummer: drum grooves with a human feel"
    assert dict(found)["og:image"] == "http://testserver/studio/card.png"
    assert page.count('rel="manifest"') == 1 and 'href="./manifest.json"' in page
    assert not [value for _, value in found if "gradio" in value.lower()]
    assert "window.gradio_config" in page and page.rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br;q=1, GZIP ; q=0.5", True), ("gzip;q=0", False), ("x-gzip", False), ("identity", False)],
)
def test_the_page_is_compressed_where_gzip_is_accepted(client: TestClient, accepted: str, compressed: bool) -> None:
    answer = client.get("", headers={"accept-encoding": accepted})
    assert ("content-encoding" in answer.headers) == compressed
    assert answer.text == client.get("", headers={"accept-encoding": "identity"}).text


def test_head_has_the_headers_of_the_page_and_no_body(client: TestClient) -> None:
    for accepted in ("gzip", "identity"):
        for query in ("", f"?groove={CODE}"):
            page, head = (ask(query, headers={"accept-encoding": accepted}) for ask in (client.get, client.head))
            assert (head.status_code, head.headers, head.content) == (200, page.headers, b"")


def test_each_address_has_a_page_of_its_own_and_one_that_cannot_be_gets_a_sentence(client: TestClient) -> None:
    def address(host: str) -> str:
        return tags(client, **{"x-forwarded-host": host})["og:url"]

    assert [address(host) for host in ("a.example", "b.example", "a.example")] == [
        f"http://{host}.example/studio/" for host in "aba"
    ]
    wrong = client.get("", headers={"x-forwarded-host": "[::1"})
    assert (wrong.status_code, wrong.text) == (400, "The request names a host that cannot be one.")


def test_only_the_page_is_changed(client: TestClient) -> None:
    assert client.get("config").json() == {"head": '<meta property="og:title" content="Gradio" />'}


def test_a_link_says_genre_tempo_bars_and_meter_and_has_a_picture(client: TestClient) -> None:
    found = tags(client, f"?groove={CODE}")
    assert found["og:title"] == found["twitter:title"] == "New Orleans groove, 132 BPM, 3 bars of 6/8"
    assert "New Orleans groove at 132 BPM, 3 bars of 6/8" in found["og:description"]
    assert found["og:url"] == f"http://testserver/studio/?groove={CODE}"
    assert found["twitter:card"] == "summary_large_image"
    picture = client.get(found["og:image"])
    assert picture.headers["content-type"] == "image/png"
    assert size(picture.content) == link_card.SIZE == (int(found["og:image:width"]), int(found["og:image:height"]))
    assert picture.content != draw_card(None)


def test_behind_a_proxy_addresses_are_those_of_the_visitor(client: TestClient) -> None:
    headers = {"x-forwarded-host": "drums.example", "x-forwarded-proto": "https"}
    assert tags(client, **headers)["og:image"] == "https://drums.example/studio/card.png"


@pytest.mark.parametrize("code", ["", "x", "2abc", CODE[:-9], CODE + CODE, "9" * 9000, "<script>", "2" + "A" * 7000])
def test_a_broken_code_gives_the_apps_own_picture_and_tags(client: TestClient, code: str) -> None:
    picture = client.get("card.png", params={"groove": code})
    assert picture.status_code == 200 and picture.content == draw_card(None)
    answer = client.get("", params={"groove": code})
    assert dict(TAG.findall(answer.text))["og:title"] == read_card(None).title
    assert "<script>" + "'" not in answer.text and code not in dict(TAG.findall(answer.text)).values()


def test_what_a_groove_holds_is_text_in_the_tags() -> None:
    card = read_card(to_code(Take(Groove.silent(1, 96), {"genre": "funk"}, 1)))
    evil = link_card.LinkCard('"><script>alert(1)</script>', card.description, card.groove)
    page = replace_tags('<head><base href="./" /></head>', write_tags(evil, 'http://x/?groove="', "http://x/card.png"))
    assert "<script>" not in page and '=""' not in page


def test_the_longest_groove_of_a_link_is_drawn_no_larger() -> None:
    long = to_code(Take(Groove.silent(512, 96), {}, None))
    assert len(long) <= default_config().app.max_link_length
    assert size(draw_card(long)) == link_card.SIZE
    assert read_card(long).title == "Drum groove, 96 BPM, 512 bars of 4/4"


def test_pictures_count_against_the_limits_of_their_address() -> None:
    limits = Limits(FastAPI(routes=routes()), default_config().visitors, None, lambda _: "1.2.3.4")  # type: ignore[arg-type]
    limits._direct["1.2.3.4"] = default_config().visitors.per_visit
    assert TestClient(limits).get("/icons/48.png").status_code == 200
    answer = TestClient(limits).get("/card.png?groove=x")
    assert answer.status_code == 429
    assert "requests waiting already" in json.loads(answer.text)["detail"]
