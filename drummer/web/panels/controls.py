"""Controls: a slider for each of `music.controls.CONTROLS`, fills, a second genre, and the expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from drummer.music.controls import CONTROLS, Control
from drummer.web.labels import genre_choices
from drummer.web.page_context import PageContext
from drummer.web.requests import AUTO, CONTROL_NAMES, NO_FILLS, NO_MORPH, display_range
from drummer.web.script import call

_FILLS = [("Auto", AUTO), ("Never", NO_FILLS), *((f"{bars} bars", str(bars)) for bars in (2, 4, 8, 16))]
SHOWN = [CONTROLS[name] for name in CONTROL_NAMES]  # the controls that have a slider
PRIMARY = [control for control in SHOWN if control.primary]
OTHERS = [control for control in SHOWN if not control.primary]


@dataclass(frozen=True)
class ControlWidgets:
    """The panel's widgets.

    Attributes:
        sliders: The slider of each control, and the checkbox that leaves it to the drummer.
        fills: How often a fill is played.
        to_genre: The genre that the groove moves to.
        expression: The scale of timing and dynamics, in percent.
        more: The accordion of the controls that are not `primary`.
    """

    sliders: list[tuple[gr.Slider, gr.Checkbox]]
    fills: gr.Dropdown
    to_genre: gr.Dropdown
    expression: gr.Slider
    more: gr.Accordion

    @property
    def inputs(self) -> list[gr.components.Component]:
        """Widgets that are part of every request of the page."""
        return [*(widget for pair in self.sliders for widget in pair), self.fills, self.expression, self.to_genre]


def build() -> ControlWidgets:
    """Make the widgets."""
    gr.Markdown("### Direct the drummer\n*Auto* leaves the choice to the drummer.")
    sliders = [_slider(control) for control in PRIMARY]
    with gr.Row():
        fills = gr.Dropdown(_FILLS, value=AUTO, label="Fill every", elem_id="fills")
        to_genre = gr.Dropdown([("No", NO_MORPH), *genre_choices()], value=NO_MORPH, label="Morph to", elem_id="morph")
    expression = gr.Slider(0, 150, 100, step=1, label="Human feel (%)", buttons=[], elem_id="human")
    with gr.Accordion("More controls", open=False, elem_id="more-directions") as more:
        sliders += [_slider(control) for control in OTHERS]
    return ControlWidgets(sliders, fills, to_genre, expression, more)


def wire(widgets: ControlWidgets, context: PageContext) -> None:
    """Connect the widgets."""
    for slider, auto in widgets.sliders:
        slider.input(None, None, auto, js=call("untickAndRegenerate"))
        auto.input(None, None, None, js=call("regenerate"))
    menus = [widgets.fills, widgets.to_genre]
    for menu in menus:
        menu.input(None, [*menus], None, js=call("regenerateByMenu"))
    widgets.expression.input(None, [context.grid, widgets.expression], context.grid, js=call("setExpression"))
    context.grid.restore(None, context.grid, [*context.settings, widgets.more], js=call("showSettings"))


def client_config() -> dict[str, Any]:
    """Configuration of `page.js` that belongs to this panel."""
    controls = [
        {"name": each.name, "scale": each.display_scale, "start": _start(each), "more": not each.primary} for each in SHOWN
    ]
    return {"controls": controls, "auto": AUTO, "no_fills": NO_FILLS, "no_morph": NO_MORPH}


def _start(control: Control) -> float:
    """Position of a slider while its control is left to the drummer."""
    return sum(display_range(control)) // 2 if control.display_rest is None else control.display_rest


def _slider(control: Control) -> tuple[gr.Slider, gr.Checkbox]:
    shown: dict[str, Any] = {"step": control.display_step, "label": control.label, "buttons": [], "elem_id": control.name}
    with gr.Row(elem_classes="direction"):
        slider = gr.Slider(*display_range(control), _start(control), **shown)
        auto = gr.Checkbox(True, label=f"{control.label}: auto", elem_id=f"{control.name}-auto")
    return slider, auto
