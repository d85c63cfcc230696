"""Labels of genres and their styles, spelled as musicians spell them."""

from __future__ import annotations

from drummer.config import default_config
from drummer.model.description import known_genres

ANY = "any"  # value of the page's menu of styles: none is asked for
_GENRES = {"afrocuban": "Afro-Cuban", "hiphop": "Hip-hop", "neworleans": "New Orleans"}
_STYLES = {
    "baiao": "Baião",
    "bembe": "Bembé",
    "bossa": "Bossa nova",
    "chacha": "Cha-cha",
    "halftime": "Half-time",
    "ijexa": "Ijexá",
    "maracatu": "Maracatu",
    "prog": "Progressive",
    "rhumba": "Rumba",
    "secondline": "Second line",
}


def spell(genre: str) -> str:
    """Spell a genre for the page."""
    return _GENRES.get(genre, genre.capitalize())


def spell_style(style: str) -> str:
    """Spell a style for the page."""
    return _STYLES.get(style, style.capitalize())


def genre_choices(model: str | None = None) -> list[tuple[str, str]]:
    """List the genres of a model for a menu; by default of the default model."""
    return [(spell(name), name) for name in known_genres(model)]


def style_choices(genre: str) -> list[tuple[str, str]]:
    """List the styles of a genre for a menu, which begins with none of them."""
    return [("Any", ANY), *((spell_style(name), name) for name in default_config().genres[genre].styles)]
