"""One visitor who asks for too much, and all others; small, since the machine that runs this may be."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from benchmarks.visitors import family
from drummer.config import default_config
from drummer.files.document import from_document
from drummer.web.sweeping import sweep
from tests.e2e.harness import App

BOUNDS = default_config().visitors
SONG = {"data": [[{"part": "verse", "bars": 32}] * 16, "funk", 120, 1.0, 1, {}, "black_pearl", "medium"]}
OTHERS = 8


def ask_for_songs(app: App, count: int) -> list[httpx.Response]:
    """Ask as many times at once, each under another name, and listen to none."""

    def ask(number: int) -> httpx.Response:
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        return httpx.post(f"{app.url}/gradio_api/call/song", json=SONG, headers=headers, timeout=60)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


def waiting(app: App) -> int:
    size: int = httpx.get(f"{app.url}/gradio_api/queue/status").json()["queue_size"]
    return size


@pytest.fixture
def others(app: App, tmp_path: Path) -> Iterator[list[Client]]:
    with contextlib.ExitStack() as stack:
        clients = [Client(app.url, verbose=False, download_files=tmp_path) for _ in range(OTHERS)]
        for client in clients:
            stack.callback(client.close)
        yield clients


def click(clients: list[Client]) -> None:
    """Let all visitors play at once; each gets its groove."""

    def play(client: Client) -> int:
        bars: int = client.predict(bars=4, model="small", seed=1, api_name="/play")["bars"]
        return bars

    with ThreadPoolExecutor(len(clients)) as pool:
        assert list(pool.map(play, clients)) == [4] * len(clients)


# -- the queue -------------------------------------------------------------------------------------------------------------


def test_who_listens_to_nothing_is_refused_and_hinders_nobody(app: App, others: list[Client]) -> None:
    with ThreadPoolExecutor(1) as beside:
        flood = beside.submit(ask_for_songs, app, 70)
        for _ in range(2):
            click(others)  # from the same address as the flood
        answers = flood.result()
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) + sum(answer.status_code == 200 for answer in answers) == 70
    assert len(refused) >= 40
    assert all("requests waiting already: try again when one is answered" in answer.json()["detail"] for answer in refused)
    assert waiting(app) <= BOUNDS.long_per_address
    deadline = time.monotonic() + BOUNDS.listen_seconds + 60
    while waiting(app):
        assert time.monotonic() < deadline, "requests that nobody listens to stay in the queue"


def test_a_visit_has_a_few_requests_at_a_time(app: App) -> None:
    with contextlib.closing(Client(app.url, verbose=False)) as greedy:
        jobs = [greedy.submit(bars=16, model="small", api_name="/play") for _ in range(BOUNDS.per_visit + 4)]
        failures = [str(job.exception(timeout=120)) for job in jobs if job.exception(timeout=120)]
    assert len(failures) >= 1
    assert all("429" in failure for failure in failures)


def test_what_is_quick_does_not_wait_behind_a_song_which_ends_with_its_listener(app: App, client: Client) -> None:
    answer = httpx.post(f"{app.url}/gradio_api/call/song", json=SONG)
    with httpx.stream("GET", f"{app.url}/gradio_api/call/song/{answer.json()['event_id']}", timeout=60):
        assert client.predict(bars=1, model="small", api_name="/play")["bars"] == 1
    after = httpx.post(f"{app.url}/gradio_api/call/song", json={"data": [[{"part": "verse", "bars": 1}], *SONG["data"][1:]]})
    with httpx.stream("GET", f"{app.url}/gradio_api/call/song/{after.json()['event_id']}", timeout=60) as stream:
        told = "".join(stream.iter_text())
    assert "event: complete" in told
    assert told.count("heartbeat") < 4  # one every 15 seconds: the song before takes minutes


def test_a_stream_that_is_cancelled_under_another_function_is_forgotten(app: App, client: Client) -> None:
    """Gradio closes its iterator twice then; the request must not stay in memory for that."""
    for _ in range(4):
        body = {"data": ["funk", 120, 32, 1.0, 1, None, 1.0, None, "small", None, "4/4", None, None]}
        event = httpx.post(f"{app.url}/gradio_api/call/stream", json=body).json()["event_id"]
        with httpx.stream("GET", f"{app.url}/gradio_api/call/stream/{event}", timeout=60) as answer:
            assert any(line.startswith("data: [") for line in answer.iter_lines())
            cancelled = {"session_hash": event, "event_id": event, "fn_index": 0}
            assert httpx.post(f"{app.url}/gradio_api/cancel", json=cancelled).json() == {"success": True}
    assert client.predict(bars=1, model="small", api_name="/play")["bars"] == 1
    assert "never retrieved" not in (app.hosts.parent / "log.txt").read_text()


# -- workers ---------------------------------------------------------------------------------------------------------------


def test_the_next_call_works_after_all_that_the_page_has_started_but_one_is_killed(app: App, client: Client) -> None:
    def play() -> Any:
        return client.predict(bars=2, model="small", seed=5, api_name="/play")

    before = play()
    started = family(app.process)[1:]
    for process in started[1:]:
        os.kill(process, signal.SIGKILL)
    begun = time.monotonic()
    assert play() == before
    while len(family(app.process)) < len(started):
        assert time.monotonic() - begun < 60
    assert time.monotonic() - begun < 60


def test_sound_that_is_too_long_is_refused_before_it_takes_memory(client: Client) -> None:
    groove = client.predict(bars=32, model="small", api_name="/play")
    groove |= {"bpm": 4.0, "bars": 512}
    for form in ("wav", "flac", "stems", "zip"):
        with pytest.raises(
            AppError, match=r"This groove lasts 512 minutes and (sound may last 15|stems may last 10) minutes: choose fewer bars"
        ):
            client.predict(groove, form, api_name="/export")
    assert from_document(groove).groove.seconds > 60 * 500


# -- what a request brings -------------------------------------------------------------------------------------------------


def memory(app: App) -> float:
    """Megabytes of the server's own; not of libraries, whose share depends on who else on this machine has them loaded."""
    lines = Path(f"/proc/{app.process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon:"))


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies_are_refused_unread(app: App, chunked: bool) -> None:
    size, count, part = 2 * BOUNDS.max_body_bytes, 10, b"[]," * 20_000
    before = 0.0
    for number in range(count):
        if number == 3:
            before = memory(app)  # the first ones leave the memory that one body takes to the server, for the next
        body = b'{"data":[' + part * (size // len(part))
        content: Any = iter([body[at : at + 2**16] for at in range(0, len(body), 2**16)]) if chunked else body
        answer = httpx.post(f"{app.url}/gradio_api/call/play", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert answer.json()["detail"] == "This is too large: a request may have at most 8 MB"
    assert memory(app) - before < 50


def test_large_files_are_refused(app: App) -> None:
    upload = f"{app.url}/gradio_api/upload"
    assert httpx.post(upload, files={"files": ("a.mid", b"x" * (BOUNDS.max_upload_bytes - 1))}).status_code == 200
    answer = httpx.post(upload, files={"files": ("a.mid", b"x" * (BOUNDS.max_upload_bytes + 1))})
    assert answer.status_code == 413
    assert "5000000 bytes" in answer.text


def test_what_is_left_of_an_upload_that_was_cut_off_is_swept(app: App) -> None:
    files = app.hosts.parent / "files"
    before = set(files.iterdir())
    host, port = app.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="files"; filename="a.mid"\r\n\r\nMThd'
        )
        connection.sendall(head.encode())
        deadline = time.monotonic() + 60
        while not (left := set(files.iterdir()) - before):
            assert time.monotonic() < deadline
    newest = max(path.stat().st_mtime for path in left)
    sweep(files, default_config().app.file_seconds, newest + 2 * default_config().app.file_seconds)
    assert not any(path.exists() for path in left)
