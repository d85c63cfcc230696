"""Labels of genres."""

from __future__ import annotations

from drummer.model.description import known_genres

_GENRES = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}


def spell(genre: str) -> str:
    """Spell a genre for the page."""
    return _GENRES.get(genre, genre.capitalize())


def genre_choices(model: str | None = None) -> list[tuple[str, str]]:
    """List the genres of a model for a menu; by default of the default model."""
    return [(spell(name), name) for name in known_genres(model)]
