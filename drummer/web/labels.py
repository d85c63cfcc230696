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


_ABOUT = {
    "afrobeat": "Interlocking hats and kick, after Tony Allen",
    "afrocuban": "Bell patterns in six, toms that answer",
    "blues": "Shuffled triplets and a plain backbeat",
    "dance": "Steady kick, disco hats, breakbeats",
    "funk": "Tight sixteenths, ghost notes around the backbeat",
    "hiphop": "Laid-back kick and snare with a swing",
    "jazz": "The ride leads, the snare comments",
    "latin": "From bossa to samba and songo",
    "neworleans": "Snare rolls and syncopation of the street parade",
    "pop": "A plain beat that leaves room",
    "punk": "Fast, hard and straight",
    "reggae": "One drop: kick and rim on the backbeat",
    "rock": "Strong backbeat, eighths on hats or ride",
    "soul": "Backbeat on the snare, kick with the bass",
}
_STYLES_ABOUT = {
    ("afrocuban", "bembe"): "A bell in six over tumbling toms",
    ("afrocuban", "calypso"): "Light, off the beat",
    ("afrocuban", "rhumba"): "Clave with cascara on the rim",
    ("blues", "shuffle"): "Triplets on hats or ride",
    ("dance", "breakbeat"): "Chopped funk, fast",
    ("dance", "disco"): "Sixteenth hats that open between the beats",
    ("funk", "latin"): "Funk with a Latin cymbal pattern",
    ("funk", "rock"): "Funk that hits harder",
    ("jazz", "funk"): "Jazz phrases over a funk beat",
    ("jazz", "linear"): "One hand or foot at a time",
    ("jazz", "march"): "Rudiments on the snare",
    ("jazz", "swing"): "The ride's skip, feathered kick",
    ("latin", "baiao"): "Kick of the zabumba, from Brazil's north-east",
    ("latin", "bossa"): "Rim clicks over a soft samba kick",
    ("latin", "bounce"): "Dotted and light on its feet",
    ("latin", "chacarera"): "Three against two, from Argentina",
    ("latin", "ijexa"): "Bell of Bahia",
    ("latin", "maracatu"): "Heavy snare and tom, from Recife",
    ("latin", "merengue"): "Fast two, toms like a tambora",
    ("latin", "samba"): "Rolling sixteenths over a surdo kick",
    ("latin", "songo"): "Cuban groove for the whole kit",
    ("neworleans", "chacha"): "Bell quarters and a guiro's eighths",
    ("neworleans", "funk"): "Street beat turned funk",
    ("neworleans", "secondline"): "Parade snare, big and loose",
    ("neworleans", "shuffle"): "Half straight, half swung",
    ("rock", "country"): "Train beats and two-steps",
    ("rock", "folk"): "Quiet, close to the song",
    ("rock", "halftime"): "Backbeat on three",
    ("rock", "indie"): "Toms and driving eighths",
    ("rock", "prog"): "Restless, with odd accents",
    ("rock", "rockabilly"): "Brisk, swung snare",
    ("rock", "shuffle"): "Swung eighths, strong backbeat",
    ("soul", "motown"): "Snare on all four or a hard backbeat",
    ("afrobeat", "highlife"): "Bright bell and hats, from Ghana",
}


def spell(genre: str) -> str:
    """Spell a genre for the page."""
    return _GENRES.get(genre, genre.capitalize())


def spell_style(style: str) -> str:
    """Spell a style for the page."""
    return _STYLES.get(style, style.capitalize())


def about(genre: str, style: str = ANY) -> str:
    """Say in a few words how a genre or one of its styles is played."""
    return _STYLES_ABOUT.get((genre, style), _ABOUT.get(genre, ""))


def genre_choices(model: str | None = None) -> list[tuple[str, str]]:
    """List the genres of a model for a menu; by default of the default model."""
    return [(spell(name), name) for name in known_genres(model)]


def style_choices(genre: str) -> list[tuple[str, str]]:
    """List the styles of a genre for a menu, which begins with none of them."""
    return [("Any", ANY), *((spell_style(name), name) for name in default_config().genres[genre].styles)]
