"""The report's text: `docs/report.md`, written from the rows that have been measured."""

from __future__ import annotations


def write() -> None:
    """Write the report."""
