"""The same app and the same Chromium as for the tests in front of the page."""

from tests.e2e.conftest import app, browser, client

__all__ = ["app", "browser", "client"]
