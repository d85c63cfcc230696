"""Labels of genres and their styles, spelled as musicians spell them; they stand in `config.yaml`."""

from __future__ import annotations

from drummer.config import default_config
from drummer.model.description import known_genres

ANY = "any"  # value of the page's menu of styles: none is requested


def spell(genre: str) -> str:
    """Spell a genre for the page."""
    settings = default_config().genres.get(genre)
    return (settings.label if settings else "") or genre.capitalize()


def spell_style(style: str) -> str:
    """Spell a style for the page; a style that several genres have is spelled alike in all."""
    labels = (genre.styles[style].label for genre in default_config().genres.values() if style in genre.styles)
    return next(filter(None, labels), style.capitalize())


def about(genre: str, style: str = ANY) -> str:
    """Say in a few words how a genre or one of its styles is played."""
    settings = default_config().genres.get(genre)
    if settings is None:
        return ""
    return (settings.styles[style].about if style in settings.styles else "") or settings.about


def genre_choices(model: str | None = None) -> list[tuple[str, str]]:
    """List the genres of a model for a menu; by default of the default model."""
    return [(spell(name), name) for name in known_genres(model)]


def style_choices(genre: str) -> list[tuple[str, str]]:
    """List the styles of a genre for a menu, which begins with none of them."""
    return [("Any", ANY), *((spell_style(name), name) for name in default_config().genres[genre].styles)]
