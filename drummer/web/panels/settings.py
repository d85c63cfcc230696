"""What is played: genre, tempo, bars, temperature, seed, kit and model, and the button that plays it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from drummer import audio, default_config, model_names, usual_bpm
from drummer.model.description import known_genres
from drummer.validation import check_name
from drummer.web import actions
from drummer.web.actions import NO_MORPH
from drummer.web.desk import Desk, Shown, in_a_sentence, private, show
from drummer.web.labels import genre_choices
from drummer.web.panels.directions import read_order
from drummer.web.script import call


@dataclass(frozen=True)
class Settings:
    """The panel's widgets."""

    genre: gr.Dropdown
    bpm: gr.Slider
    own_tempo: gr.Checkbox
    bars: gr.Slider
    temperature: gr.Slider
    seed: gr.Number
    dice: gr.Checkbox
    kit: gr.Dropdown
    model: gr.Dropdown
    button: gr.Button

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What `generate` is asked for, in the order of `Order`."""
        return [self.genre, self.bpm, self.bars, self.temperature, self.seed, self.kit, self.model]


def build() -> Settings:
    """Make the widgets."""
    config = default_config()
    start, limits = config.defaults, config.limits
    genre = gr.Dropdown(genre_choices(), value=start.genre, label="Genre", elem_id="genre")
    with gr.Row(elem_classes="direction"):
        bpm = gr.Slider(*limits.bpm, usual_bpm(start.genre), step=1, label="Tempo (BPM)", buttons=[], elem_id="tempo")
        own_tempo = gr.Checkbox(False, label="Tempo: auto", elem_id="tempo-auto")
    with gr.Row():
        bars = gr.Slider(*limits.bars, start.bars, step=1, label="Bars", buttons=[], elem_id="bars")
        temperature = gr.Slider(
            *limits.temperature, start.temperature, step=0.05, label="Temperature", buttons=[], elem_id="temperature"
        )
    with gr.Row():
        seed = gr.Number(config.app.first_seed, label="Seed", precision=0, elem_id="seed")
        dice = gr.Checkbox(True, label="New seed each time", elem_id="dice")
    with gr.Row():
        kit = gr.Dropdown(_kits(start.genre)["choices"], value=start.kit, label="Kit", elem_id="kit")
        models = [(name.capitalize(), name) for name in model_names()]
        model = gr.Dropdown(models, value=start.model, label="Model", elem_id="model")
    button = gr.Button("Generate", variant="primary", elem_id="generate")
    return Settings(genre, bpm, own_tempo, bars, temperature, seed, dice, kit, model, button)


def wire(widgets: Settings, desk: Desk) -> None:
    """Say what the widgets do."""
    widgets.genre.input(None, [widgets.genre, widgets.bpm], [widgets.bpm, widgets.kit], js=call("suitGenre"))
    widgets.own_tempo.input(None, widgets.own_tempo, None, js=call("forgetTempo"))
    widgets.seed.input(None, None, widgets.dice, js=call("untick"))
    widgets.bpm.input(None, [desk.grid, widgets.bpm], [desk.grid, widgets.own_tempo], js=call("setTempo"))
    desk.grid.restore(None, None, widgets.own_tempo, js=call("untick"))  # the tempo that is shown is the one to play at
    widgets.kit.input(None, [desk.grid, widgets.kit], desk.grid, js=call("setKit"))
    clicked = widgets.button.click(None, [widgets.seed, widgets.dice], widgets.seed, js=call("begin"))
    clicked.then(None, None, None, js=call("generate"))
    made = desk.plays(desk.grid.generate, perform_at_own_tempo, [*desk.settings, widgets.own_tempo], also=[widgets.bpm])
    for over in (made.then, made.failure):
        over(None, None, None, js=call("settle"))


def wire_genres(widgets: Settings, to_genre: gr.Dropdown) -> None:
    """Let the menus of genres follow the model, where the models do not all know the same."""
    if len({tuple(known_genres(name)) for name in model_names()}) > 1:
        menus = [widgets.genre, to_genre]
        widgets.model.input(suit_model, [widgets.model, *menus], menus, **private(quick=True))


@in_a_sentence
def suit_model(model: Any, genre: Any, to_genre: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """List the genres that a model knows; one that it does not know gives way to its first, and is morphed to no longer."""
    genres = genre_choices(check_name("model", model, model_names()))
    names = [name for _, name in genres]
    kept, morphed = (genre if genre in names else names[0]), (to_genre if to_genre in names else NO_MORPH)
    return gr.update(choices=genres, value=kept), gr.update(choices=[("No", NO_MORPH), *genres], value=morphed)


@in_a_sentence
def perform(*settings: Any) -> Shown:
    """Play a groove."""
    return show(actions.play(read_order(*settings)))


@in_a_sentence
def perform_at_own_tempo(*settings: Any) -> tuple[Any, ...]:
    """Play a groove, its tempo left to the drummer where the last of the settings says so; also return the tempo."""
    *others, own_tempo = settings
    order = read_order(*others)
    take = actions.play(replace(order, bpm=None) if own_tempo else order)
    return *show(take), take.groove.bpm


def facts() -> dict[str, Any]:
    """Say what `page.js` has to know of this panel."""
    config = default_config()
    start = config.defaults
    return {
        "by_genre": {name: [usual_bpm(name), {"__type__": "update", **_kits(name)}] for name in config.genres},
        "dice_sides": config.app.dice_sides,
        "bpm_limits": config.limits.bpm,
        "start": {"genre": start.genre, "temperature": start.temperature, "kit": start.kit, "model": start.model},
    }


def _kits(genre: str) -> dict[str, Any]:
    """List the kits for a menu, those that suit a genre first, and choose the first."""
    kits = audio.kits_for(genre)
    return {"choices": [(kit.label, kit.name) for kit in kits], "value": kits[0].name if kits else None}
