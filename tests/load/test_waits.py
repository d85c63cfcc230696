"""What `make bench` measures of the running app can still be measured."""

import pytest
from playwright.sync_api import Browser

from benchmarks.__main__ import Row, take_turns
from benchmarks.browser import actions, make_rows, open_page
from benchmarks.visitors import KINDS, receive, report
from drummer import audio
from tests.e2e.harness import App
from tests.e2e.test_song import lay_out


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_every_wait_is_measured(browser: Browser, app: App) -> None:
    page = open_page(browser, app)
    lay_out(page, [("verse", 2)])
    shorter = {"a song": 0}
    rows = make_rows(take_turns(1, actions(browser, app, page, shorter)), shorter)
    page.close()
    measured = [row for row in rows if isinstance(row, Row)]
    assert len(measured) == 7
    assert all(isinstance(row.values, list) and row.values[0] >= 0 for row in measured)


@pytest.mark.parametrize(("kind", "clicks"), [("generate", 1), ("listen", 1), ("work", 5)])  # each click of "work" is another
def test_visitors_are_answered_without_an_error(app: App, kind: str, clicks: int, capsys: pytest.CaptureFixture[str]) -> None:
    visits = receive(app.url, app.process, KINDS[kind][1], visitors=2, seconds=0, clicks=clicks)
    assert visits.errors == []
    assert len(visits.seconds) == 2 * clicks
    assert all(0.1 < gigabytes < 4 for _, gigabytes in visits.memory)
    report(kind, visits)
    assert f"{2 * clicks} clicks" in capsys.readouterr().out
