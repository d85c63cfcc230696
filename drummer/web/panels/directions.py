"""Directing the drummer: what is asked for, and what is left to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr

from drummer.music.controls import CONTROLS
from drummer.music.groove import MAX_HUMAN
from drummer.validation import check_number
from drummer.web.actions import AUTO, NO_FILLS, NO_MORPH, Order
from drummer.web.desk import Desk
from drummer.web.labels import genre_choices
from drummer.web.script import call

_FILLS = [("Auto", AUTO), ("Never", NO_FILLS), *((f"{bars} bars", str(bars)) for bars in (2, 4, 8, 16))]
_USUAL = ("genre", "bpm", "bars", "temperature", "seed", "kit", "model")  # the settings' panel, ahead of the directions


class Direction(NamedTuple):
    """A slider that is left to the drummer until it is moved.

    Attributes:
        name: As in `drummer.music.controls`; also the slider's id.
        label: Name as a musician reads it.
        scale: What the slider shows for a control of 1.
        step: Least change of the slider.
        rest: Where the slider stands while it is left to the drummer; by default in the middle.
    """

    name: str
    label: str
    scale: int = 100
    step: float = 1
    rest: float | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Least and most that the slider shows."""
        control = CONTROLS[self.name]
        return round(self.scale * control.low), round(self.scale * control.high)

    @property
    def start(self) -> float:
        """Where the slider stands while it is left to the drummer."""
        return sum(self.span) // 2 if self.rest is None else self.rest


FIRST = (
    Direction("intensity", "Intensity"),
    Direction("complexity", "Complexity"),
    Direction("swing", "Swing"),
    Direction("lateness", "Behind the beat (ms)", 1),
)
MORE = (
    Direction("kick", "Kick"),
    Direction("toms", "Toms (hits a beat)", 1, 0.1, 0.5),
    Direction("cymbals", "Hi-hats to cymbals"),
    Direction("variation", "Bar to bar variation"),
    Direction("dynamics", "Dynamics"),
    Direction("looseness", "Looseness"),
)
DIRECTIONS = (*FIRST, *MORE)


@dataclass(frozen=True)
class Directions:
    """The panel's widgets.

    Attributes:
        sliders: For each of `DIRECTIONS` its slider, and whether it is left to the drummer.
        fills: How often a fill is asked for.
        to_genre: What the groove morphs to.
        human: How much of timing and dynamics is heard, in percent.
        more: What is folded away.
    """

    sliders: list[tuple[gr.Slider, gr.Checkbox]]
    fills: gr.Dropdown
    to_genre: gr.Dropdown
    human: gr.Slider
    more: gr.Accordion

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What `read_order` reads after the settings."""
        return [*(widget for pair in self.sliders for widget in pair), self.fills, self.human, self.to_genre]


def build() -> Directions:
    """Make the widgets."""
    gr.Markdown("### Direct the drummer\n*Auto* leaves it to the drummer.")
    sliders = [_slider(each) for each in FIRST]
    with gr.Row():
        fills = gr.Dropdown(_FILLS, value=AUTO, label="A fill every", elem_id="fills")
        to_genre = gr.Dropdown([("No", NO_MORPH), *genre_choices()], value=NO_MORPH, label="Morph to", elem_id="morph")
    human = gr.Slider(0, 150, 100, step=1, label="Human (%)", buttons=[], elem_id="human")
    with gr.Accordion("More directions", open=False, elem_id="more-directions") as more:
        sliders += [_slider(each) for each in MORE]
    return Directions(sliders, fills, to_genre, human, more)


def wire(widgets: Directions, desk: Desk) -> None:
    """Say what the widgets do."""
    for slider, left in widgets.sliders:
        slider.input(None, None, left, js=call("untickAndDirect"))
        left.input(None, None, None, js=call("direct"))
    menus = [widgets.fills, widgets.to_genre]
    for menu in menus:
        menu.input(None, [*menus], None, js=call("directByMenu"))
    widgets.human.input(None, [desk.grid, widgets.human], desk.grid, js=call("setHuman"))
    desk.grid.restore(None, desk.grid, [*desk.settings, widgets.more], js=call("showSettings"))


def read_order(*settings: Any) -> Order:
    """Read the values of both panels: the settings, then the directions, each a value and whether it is left to the drummer."""
    usual, rest = settings[: len(_USUAL)], settings[len(_USUAL) :]
    *pairs, fills, human, to_genre = rest
    asked = {
        each.name: None if left else check_number(each.name, value, each.span) / each.scale
        for each, value, left in zip(DIRECTIONS, pairs[::2], pairs[1::2], strict=True)
    }
    human = check_number("human", human, (0, 100 * MAX_HUMAN), "%") / 100
    return Order(**dict(zip(_USUAL, usual, strict=True)), **asked, fills=fills, human=human, to_genre=to_genre)


def facts() -> dict[str, Any]:
    """Say what `page.js` has to know of this panel."""
    directions = [{"name": each.name, "scale": each.scale, "start": each.start, "more": each in MORE} for each in DIRECTIONS]
    return {"directions": directions, "auto": AUTO, "no_fills": NO_FILLS, "no_morph": NO_MORPH}


def _slider(direction: Direction) -> tuple[gr.Slider, gr.Checkbox]:
    low, high = direction.span
    shown: dict[str, Any] = {"step": direction.step, "label": direction.label, "buttons": [], "elem_id": direction.name}
    with gr.Row(elem_classes="direction"):
        slider = gr.Slider(low, high, direction.start, **shown)
        left = gr.Checkbox(True, label=f"{direction.label}: auto", elem_id=f"{direction.name}-auto")
    return slider, left
