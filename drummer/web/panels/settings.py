"""Settings: genre, style, meter, tempo, bars, temperature, seed, kit and model, and the button Generate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from drummer import DrummerError, audio, default_config, model_names, usual_bpm
from drummer.model.description import known_genres
from drummer.music.meter import FOUR_FOUR, METERS, groupings_of
from drummer.validation import check_name
from drummer.web import actions
from drummer.web.first_take import FirstTake
from drummer.web.labels import ANY, about, genre_choices, style_choices
from drummer.web.models import load
from drummer.web.page_context import (
    GridOutputs,
    PageContext,
    Values,
    by_id,
    private_event_options,
    show_errors,
    show_parts,
    show_take,
)
from drummer.web.presets import presets as list_presets
from drummer.web.requests import NEW_EMPTY, NO_MORPH, GrooveRequest, check_playable, read_request
from drummer.web.script import call

_first_take = FirstTake()


@dataclass(frozen=True)
class StyleWidgets:
    """The menus at the top."""

    genre: gr.Dropdown
    style: gr.Dropdown


@dataclass(frozen=True)
class Settings:
    """The panel's widgets."""

    presets: gr.HTML
    genre: gr.Dropdown
    style: gr.Dropdown
    meter: gr.Dropdown
    bpm: gr.Slider
    auto_tempo: gr.Checkbox
    bars: gr.Slider
    temperature: gr.Slider
    seed: gr.Number
    dice: gr.Checkbox
    kit: gr.Dropdown
    model: gr.Dropdown
    button: gr.Button
    empty: gr.Button

    @property
    def inputs(self) -> list[gr.components.Component]:
        """Inputs of the endpoint `generate`, in the order of its parameters; part of every request of the page."""
        return [self.genre, self.bpm, self.bars, self.temperature, self.seed, self.kit, self.model]


def build_style() -> StyleWidgets:
    """Make the menus of genre and style."""
    start = default_config().defaults
    with gr.Row():
        genre = gr.Dropdown(genre_choices(), value=start.genre, label="Genre", elem_id="genre")
        styles = style_choices(start.genre)
        style = gr.Dropdown(styles, value=ANY, label="Style", interactive=len(styles) > 1, elem_id="style")
    gr.HTML(f"<p>{about(start.genre)}</p>", elem_id="about-style", container=False)
    return StyleWidgets(genre, style)


def build(presets: gr.HTML, style: StyleWidgets) -> Settings:
    """Make the other widgets: tempo and Generate, and below them an accordion of settings that are seldom changed."""
    config = default_config()
    start, limits = config.defaults, config.limits
    with gr.Row(elem_classes="direction"):
        bpm = gr.Slider(*limits.bpm, usual_bpm(start.genre), step=1, label="Tempo (BPM)", buttons=[], elem_id="tempo")
        auto_tempo = gr.Checkbox(False, label="Tempo: auto", elem_id="tempo-auto")
    button = gr.Button("Generate", variant="primary", elem_id="generate")
    with gr.Accordion("More: bars, meter, kit, seed", open=False, elem_id="more-settings"):
        with gr.Row():
            meter = gr.Dropdown(_meters(), value=str(FOUR_FOUR), label="Meter", elem_id="meter")
            bars = gr.Slider(*limits.bars, start.bars, step=1, label="Bars", buttons=[], elem_id="bars")
        with gr.Row():
            kit = gr.Dropdown(_kits(start.genre)["choices"], value=start.kit, label="Kit", elem_id="kit")
            models = [(name.capitalize(), name) for name in model_names()]
            model = gr.Dropdown(models, value=start.model, label="Model", elem_id="model")
        with gr.Row():
            seed = gr.Number(config.app.first_seed, label="Seed", precision=0, elem_id="seed")
            dice = gr.Checkbox(True, label="New seed each time", elem_id="dice")
        temperature = gr.Slider(
            *limits.temperature, start.temperature, step=0.05, label="Temperature", buttons=[], elem_id="temperature"
        )
        empty = gr.Button(NEW_EMPTY, elem_id="empty")
    return Settings(
        *(presets, style.genre, style.style, meter, bpm, auto_tempo, bars),
        *(temperature, seed, dice, kit, model, button, empty),
    )


def wire(widgets: Settings, context: PageContext) -> None:
    """Connect the widgets."""
    grid = context.grid
    suited = [widgets.genre, widgets.bpm, widgets.style]
    widgets.genre.input(None, suited, [widgets.bpm, widgets.kit, widgets.style], js=call("suitGenre"))
    for menu in (widgets.genre, widgets.style):
        menu.change(None, [widgets.genre, widgets.style], None, js=call("describeStyle"))
    widgets.auto_tempo.input(None, widgets.auto_tempo, None, js=call("forgetTempo"))
    widgets.seed.input(None, None, widgets.dice, js=call("untick"))
    widgets.bpm.input(None, [grid, widgets.bpm], [grid, widgets.auto_tempo], js=call("setTempo"))
    grid.restore(None, None, widgets.auto_tempo, js=call("untick"))  # the tempo that is shown is the one to play at
    widgets.kit.input(None, [grid, widgets.kit], grid, js=call("setKit"))
    widgets.meter.input(None, [widgets.meter, widgets.model], None, js=call("chooseMeter"))
    begun = [
        *(widgets.genre, widgets.style, widgets.meter, widgets.bpm),
        *(widgets.bars, widgets.temperature, widgets.kit, widgets.model),
    ]
    widgets.empty.click(None, begun, None, js=call("beginEmpty"))
    inputs = [widgets.dice, widgets.auto_tempo, *context.settings]
    widgets.button.click(None, inputs, widgets.seed, js=call("generate"))
    chosen = [widgets.presets, *context.settings]
    outputs = [*context.settings, widgets.auto_tempo, context.pad]
    widgets.presets.choose(None, chosen, outputs, js=call("choosePreset"))
    context.offer_stream(generate_groove, context.request_with(widgets.auto_tempo))
    grid.tempo(None, None, widgets.bpm, js=call("tempo"))


def wire_genres(widgets: Settings, to_genre: gr.Dropdown) -> None:
    """Let the menus of genres follow the model, where the models do not all know the same genres."""
    if len({tuple(known_genres(name)) for name in model_names()}) > 1:
        menus = [widgets.genre, to_genre, widgets.style]
        widgets.model.input(by_id(suit_model), {widgets.model, *menus}, menus, **private_event_options(quick=True))


@show_errors
def suit_model(values: Values) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """List the genres of a model; a genre that it does not know is replaced by its first, and a morph to one ends."""
    genre, to_genre = values["genre"], values["morph"]
    genres = genre_choices(check_name("model", values["model"], model_names()))
    names = [name for _, name in genres]
    kept, morphed = (genre if genre in names else names[0]), (to_genre if to_genre in names else NO_MORPH)
    styles = style_choices(kept)
    style = gr.update(choices=styles, value=_kept_style(values["style"], kept), interactive=len(styles) > 1)
    return gr.update(choices=genres, value=kept), gr.update(choices=[("None", NO_MORPH), *genres], value=morphed), style


def _kept_style(style: Any, genre: str) -> str:
    """Keep a style that the genre has."""
    return next((name for _, name in style_choices(genre) if name == style), ANY)


@show_errors
def generate_first(values: Values) -> GridOutputs:
    """Generate the groove that the page opens with, all its bars at once."""
    return show_take(_first_take.generate(_read(values)))


@show_errors
def generate_groove(values: Values) -> Iterator[GridOutputs]:
    """Generate the groove of a click on Generate, bar by bar."""
    request = _read(values)
    yield from show_parts(actions.stream(request), request.params.bars)


def _read(values: Values) -> GrooveRequest:
    request = read_request(values)
    check_playable(request)
    return request


def client_config() -> dict[str, Any]:
    """Configuration of `page.js` that belongs to this panel."""
    config = default_config()
    start = config.defaults
    return {
        "by_genre": {name: [usual_bpm(name), {"__type__": "update", **_kits(name)}] for name in config.genres},
        "styles": {name: style_choices(name) for name in config.genres},
        "about": {name: {style: about(name, style) for _, style in style_choices(name)} for name in config.genres},
        "presets": list_presets(),
        "any": ANY,
        "dice_sides": config.app.dice_sides,
        "bpm_limits": config.limits.bpm,
        "bars_limits": config.limits.bars,
        "meters": _meters(),
        "playable": {name: _playable(name) for name in model_names()},
        "new_empty": NEW_EMPTY,
        "start": {
            "genre": start.genre,
            "meter": str(FOUR_FOUR),
            "temperature": start.temperature,
            "kit": start.kit,
            "model": start.model,
        },
    }


def _meters() -> list[tuple[str, str]]:
    """List the meters for a menu; one that has several usual groupings is there with each of them."""
    choices = []
    for meter in METERS:
        groupings = groupings_of(meter)
        for each in groupings:
            groups = f" ({'+'.join(map(str, each.grouping))})" if len(groupings) > 1 else ""
            choices.append((f"{meter.signature}{groups}", str(each)))
    return choices


def _playable(model: str) -> list[str]:
    """List the time signatures that a model plays in; none for one that is damaged, which the start of the page reports."""
    try:
        return [meter.signature for meter in load(model).trained.meters]
    except DrummerError:
        return []


def _kits(genre: str) -> dict[str, Any]:
    """List the kits for a menu, those that suit a genre first, and choose the first."""
    kits = audio.kits_for(genre)
    return {"choices": [(kit.label, kit.name) for kit in kits], "value": kits[0].name if kits else None}
