"""Endpoints that analyse a groove or list choices."""

from typing import Any

import gradio as gr

from drummer import audio, default_config, model_names, usual_bpm
from drummer.feel import chart
from drummer.files.document import SONG_PARTS, from_document
from drummer.files.drum_maps import DRUM_MAPS
from drummer.model.description import known_genres
from drummer.music.controls import CONTROLS
from drummer.music.meter import METERS
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name
from drummer.web import actions
from drummer.web.api.files import describe_file
from drummer.web.files import save
from drummer.web.page_context import show_errors
from drummer.web.panels.feel import comparison
from drummer.web.requests import CONTROL_NAMES, genre_of

Json = dict[str, Any]


@show_errors
def feel(groove: Json, genre: str | None = None) -> tuple[Json, gr.FileData]:
    """Compare a groove, as it is heard, with real drummers of its genre: is it loose, hard, busy, or a copy?

    Args:
        groove: A groove, in the format of groove.json.
        genre: The genre of the drummers; by default the groove's own.

    Returns:
        A sentence in a drummer's words; the rank of each trait, the share of drummers' bars that have less of it; the share of
        hits in common with the nearest training bars, null in meters that they are not in; whether the groove is a copy. And a
        picture (PNG).
    """
    take = from_document(groove)
    compared = comparison().compare(actions.as_heard(take).groove, genre_of(take.settings, genre))
    picture = save(f"{take.stem}_feel.png", chart.to_bytes(compared))
    ranks = {name: None if trait.rank != trait.rank else round(trait.rank, 3) for name, trait in compared.traits.items()}
    found = {
        "sentence": compared.sentence(),
        "ranks": ranks,
        "shared": None if compared.shared != compared.shared else round(compared.shared, 3),
        "copied": bool(compared.copied),
    }
    return found, describe_file(picture)


@show_errors
def sheet(groove: Json, width: int = 880) -> str:
    """Draw a groove, as it is heard, as sheet music: a drum part of two voices. `export` writes it as MusicXML.

    Args:
        groove: A groove, in the format of groove.json, of at most 128 bars.
        width: Width of the picture in pixels, 240-2000; bars are broken into lines to fit.

    Returns:
        The picture (SVG).
    """
    return actions.draw_sheet_music(from_document(groove), width)


@show_errors
def choices(model: str | None = None) -> Json:
    """List the choices: genres with tempo and styles, models, kits, voices, drum maps, meters, directions, parts of a song.

    Args:
        model: The model whose genres are listed, one of these choices; by default the default model.

    Returns:
        Names by kind; directions with their meaning, unit and range.
    """
    model = check_name("model", default_config().defaults.model if model is None else model, model_names())
    most = default_config().limits.bars[1]
    directions: dict[str, Json] = {name: CONTROLS[name].definition for name in CONTROL_NAMES}
    directions["fill_every"] = {"meaning": "play a fill in every N-th bar and in no other bar, 0 = none", "low": 0, "high": most}
    return {
        "genres": {name: usual_bpm(name) for name in known_genres(model)},
        "styles": {name: list(default_config().genres[name].styles) for name in known_genres(model)},
        "models": list(model_names()),
        "kits": {name: kit.label for name, kit in audio.list_kits().items()},
        "voices": list(VOICE_INDEX),
        "drum_maps": {name: each.label for name, each in DRUM_MAPS.items()},
        "meters": list(map(str, METERS)),
        "directions": directions,
        "parts": list(SONG_PARTS),
    }
