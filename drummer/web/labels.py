"""Names as a musician reads them."""

from __future__ import annotations

from drummer.model.description import known_genres

_GENRES = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}


def spell(genre: str) -> str:
    """Spell a genre as a musician does."""
    return _GENRES.get(genre, genre.capitalize())


def genre_choices(model: str | None = None) -> list[tuple[str, str]]:
    """List the genres for a menu: those that a model knows, by default the one that the page begins with."""
    return [(spell(name), name) for name in known_genres(model)]
