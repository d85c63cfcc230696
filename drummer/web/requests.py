"""Requests: widgets of the page and parameters of the API become one checked `GrooveRequest`, which travels on unchanged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from drummer import Drummer, GenerationParams, audio, default_config, model_names
from drummer.errors import SettingError
from drummer.files.document import Take, from_document
from drummer.music.controls import CONTROLS, Control
from drummer.music.groove import MAX_EXPRESSION
from drummer.music.meter import FOUR_FOUR, check_meter
from drummer.music.voices import VOICE_INDEX
from drummer.validation import check_name, check_number, check_whole, quote
from drummer.web.labels import ANY
from drummer.web.models import load

AUTO, NO_FILLS = "auto", "none"  # values of the page's menu of fills; the others are numbers of bars
NEW_EMPTY = "New empty groove"  # label of the page's button
NO_MORPH = "none"  # value of the page's menu "Morph to"
CONTROL_NAMES = tuple(name for name in CONTROLS if name != "fill")  # fills are chosen by `fill_every`
DIRECTION_NAMES = (*CONTROL_NAMES, "fill_every")  # keys of the API's `directions`
OF_A_NEW_GROOVE = ("bars", "tempo", "seed", "meter")  # ignored in requests about a groove, which has its own values
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class GrooveRequest:
    """A request to the drummer: the parameters of generation, and those of the page.

    Attributes:
        params: What to generate.
        model: Name of the model.
        kit: Name of the kit that plays the sound.
        expression: Scale of timing and dynamics, 0-1.5; see `Groove.with_expression`.
        to_genre: The genre that the groove moves to, or None.
    """

    params: GenerationParams
    model: str
    kit: str
    expression: float = 1.0
    to_genre: str | None = None

    @property
    def drummer(self) -> Drummer:
        """The model of this request.

        Raises:
            WeightsError: If there is no such model, or its files are damaged.
        """
        return load(self.model)

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the take that is generated, by the names in `drummer.files.document.SETTINGS`."""
        params = self.params
        settings: dict[str, Any] = {
            "genre": params.genre,
            "style": params.style,
            "temperature": params.temperature,
            "kit": self.kit,
            "model": self.model,
        }
        settings |= {name: params.controls.get(name) for name in CONTROLS if name in params.controls}
        settings["human"] = self.expression
        if params.top_p != default_config().sampling.top_p:
            settings["top_p"] = params.top_p
        if params.fill_every == 0:
            settings["fill"] = 0.0
        elif params.fill_every is not None:
            settings["fill_every"] = params.fill_every
        if self.to_genre is not None:
            settings["to_genre"] = self.to_genre
        return settings

    def with_params(self, **changes: Any) -> GrooveRequest:
        """Make the same request with other fields of `params`.

        Raises:
            SettingError: If a value is out of range.
        """
        return replace(self, params=replace(self.params, **changes))


# -- from the page ---------------------------------------------------------------------------------------------------------


def display_range(control: Control) -> tuple[int, int]:
    """Lowest and highest position of a control's slider on the page."""
    return round(control.display_scale * control.low), round(control.display_scale * control.high)


def read_request(values: Mapping[str, Any], ignored: Collection[str] = ()) -> GrooveRequest:
    """Read the widgets of the page.

    Args:
        values: Values of widgets by their element ids, such as `tempo`, `swing` and `swing-auto`.
        ignored: Ids of widgets whose values do not matter: the defaults stand in for them.

    Raises:
        DrummerError: If a value is out of range or a name unknown, in one sentence.
    """
    given = {name: value for name, value in values.items() if name not in ignored}
    auto_tempo = "tempo" in given and given.get("tempo-auto")
    fields: dict[str, Any] = {name: given[name] for name in ("bars", "temperature", "seed", "meter") if name in given}
    params = GenerationParams(
        genre=given["genre"],
        style=None if given.get("style") == ANY else given.get("style"),
        bpm=None if auto_tempo else given.get("tempo"),
        controls=_read_sliders(given),
        fill_every=_read_fills(given["fills"]),
        **fields,
    )
    model, kit, to_genre = str(given["model"]), given["kit"], given["morph"]
    expression = check_number("human", given["human"], (0, 100 * MAX_EXPRESSION), "%") / 100
    request = GrooveRequest(params, model, kit, expression, None if to_genre == NO_MORPH else to_genre)
    if auto_tempo:
        check_playable(request)
        return request.with_params(bpm=request.drummer.reference_bpm(params.genre, params.seed, params.style, params.meter))
    return request


def read_request_for(take: Take, values: Mapping[str, Any], ignored: Collection[str] = ()) -> GrooveRequest:
    """Read the widgets of the page for a request about a take, whose `top_p`, which has no widget, stays; see `read_request`."""
    request, top_p = read_request(values, ignored), take.settings.get("top_p")
    return request if top_p is None else request.with_params(top_p=top_p)


def check_playable(request: GrooveRequest) -> None:
    """Check that the model plays in the meter of a new groove.

    Raises:
        SettingError: If it does not; the sentence says how to draw a groove in that meter.
    """
    meter = request.params.meter
    advice = f"'{NEW_EMPTY}' gives you bars of {meter.signature} to draw, play and export"
    check_meter(meter, request.drummer.trained.meters, advice)


def _read_sliders(values: Mapping[str, Any]) -> dict[str, float]:
    """Read the controls that are not left to the drummer."""
    controls = {}
    for name in CONTROL_NAMES:
        if not values[f"{name}-auto"]:
            control = CONTROLS[name]
            controls[name] = check_number(name, values[name], display_range(control)) / control.display_scale
    return controls


def _read_fills(value: Any) -> int | None:
    """Read the menu of fills as `GenerationParams.fill_every`."""
    if value in (AUTO, NO_FILLS):
        return None if value == AUTO else 0
    try:
        return check_whole("fills", float(value), (1, default_config().document.max_bars))
    except (TypeError, ValueError, OverflowError, SettingError) as error:
        raise SettingError(f"fills must be {AUTO}, {NO_FILLS} or a number of bars, got {quote(value)}") from error


# -- from the API ----------------------------------------------------------------------------------------------------------


def make_request(
    *,
    genre: Any = None,
    bpm: Any = None,
    bars: Any = None,
    temperature: Any = None,
    seed: Any = 0,
    directions: Any = None,
    human: Any = 1.0,
    kit: Any = None,
    model: Any = None,
    top_p: Any = None,
    to_genre: Any = None,
    meter: Any = FOUR_FOUR,
    style: Any = None,
    rhythm: Any = None,
    settings: Mapping[str, Any] = _NOTHING,
) -> GrooveRequest:
    """Make a request of the parameters of an endpoint.

    A parameter that is None is taken from the `settings` of a take, or else from the defaults of the page. An empty `style` is
    any; `rhythm` is a groove as plain data, whose tempo is the default.

    Raises:
        DrummerError: If a value is out of range or a name unknown, in one sentence.
    """
    defaults, genre = default_config().defaults, genre_of(settings, genre)
    chosen = settings.get("style") if style is None and genre == settings.get("genre") else style
    followed = None if rhythm is None else from_document(rhythm).groove
    fields = {
        "bpm": followed.bpm if bpm is None and followed is not None else bpm,
        "style": None if chosen == "" else chosen,
        "rhythm": followed,
        "bars": defaults.bars if bars is None else bars,
        "meter": FOUR_FOUR if meter is None else meter,
        "temperature": settings.get("temperature", defaults.temperature) if temperature is None else temperature,
        "top_p": settings.get("top_p", default_config().sampling.top_p) if top_p is None else top_p,
    }
    controls = _read_directions(_directions_of(settings) if directions is None else directions)
    params = GenerationParams(genre=genre, seed=seed, fill_every=controls.pop("fill_every", None), controls=controls, **fields)
    return GrooveRequest(
        params,
        _model_of(settings) if model is None else str(model),
        audio.kit_for(genre).name if kit is None else audio.find_kit(kit).name,
        check_number("human", human, (0, MAX_EXPRESSION)),
        to_genre,
    )


def _model_of(settings: Mapping[str, Any]) -> str:
    """Find the model of a take, or the default where the take has none or its model no longer exists."""
    chosen = str(settings.get("model", ""))
    return chosen if chosen in model_names() else default_config().defaults.model


def make_request_for(take: Take, **parameters: Any) -> GrooveRequest:
    """Make a request about an existing take, whose settings are the defaults; see `make_request`."""
    bars = min(take.groove.bars, default_config().limits.bars[1])
    return make_request(**{"bars": bars, "meter": take.groove.meter, "settings": take.settings, **parameters})


def genre_of(settings: Mapping[str, Any], genre: Any = None) -> str:
    """Find the genre that is given, or else that of a take's settings, or else the default.

    Raises:
        SettingError: If it is unknown.
    """
    genres, first = default_config().genres, default_config().defaults.genre
    return check_name("genre", settings.get("genre", first) if genre is None else genre, genres)


def read_voices(names: Any) -> list[str]:
    """Check a list of names of voices.

    Raises:
        SettingError: If it is no list, or a name is unknown.
    """
    if not isinstance(names, list):
        raise SettingError(f"voices must be a list of names, such as kick, got {quote(names)}")
    return [check_name("voice", name, VOICE_INDEX) for name in names]


def _directions_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the controls that hold for the whole of a take; lists by bar do not fit another number of bars."""
    controls = {name: settings[name] for name in DIRECTION_NAMES if isinstance(settings.get(name), int | float)}
    return {"fill_every": 0, **controls} if settings.get("fill") == 0 else controls


def _read_directions(directions: Any) -> dict[str, Any]:
    """Check the names of controls, and `fill_every`."""
    if not isinstance(directions, Mapping):
        raise SettingError(f"directions must be an object of names and numbers, got {quote(directions)}")
    given = {
        check_name("direction", str(name), DIRECTION_NAMES): value for name, value in directions.items() if value is not None
    }
    if "fill_every" in given:
        given["fill_every"] = check_whole("fill_every", given["fill_every"], (0, default_config().limits.bars[1]))
    return given
