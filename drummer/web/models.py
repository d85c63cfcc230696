"""The models of the page: each is loaded once."""

from __future__ import annotations

from functools import cache

from drummer import Drummer


@cache
def load(model: str) -> Drummer:
    """Load a model once.

    Raises:
        WeightsError: If there is no such model, or its files are damaged.
    """
    return Drummer.load(model)
