"""Names as a musician reads them."""

from __future__ import annotations

from drummer import default_config

_GENRES = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}


def spell(genre: str) -> str:
    """Spell a genre as a musician does."""
    return _GENRES.get(genre, genre.capitalize())


def genre_choices() -> list[tuple[str, str]]:
    """List the genres for a menu."""
    return [(spell(name), name) for name in default_config().genres]
