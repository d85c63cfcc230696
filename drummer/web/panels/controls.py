"""Controls: a slider for each of `music.controls.CONTROLS`, fills, a second genre, and the expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.music.controls import CONTROLS, Control
from drummer.web.labels import genre_choices
from drummer.web.pad import pad_control
from drummer.web.page_context import PageContext
from drummer.web.requests import AUTO, CONTROL_NAMES, NO_FILLS, NO_MORPH, display_range
from drummer.web.script import call

_FILLS = [("Auto", AUTO), ("Never", NO_FILLS), *((f"{bars} bars", str(bars)) for bars in (2, 4, 8, 16))]
SHOWN = [CONTROLS[name] for name in CONTROL_NAMES]  # the controls that have a slider
_ON_PAD = ("intensity", "complexity")  # moved together, see `drummer.web.pad`; their sliders are among the other controls
_FIRST = "steady"  # beside the pad
PRIMARY = [control for control in SHOWN if control.primary and control.name not in (*_ON_PAD, _FIRST)]
OTHERS = [control for control in SHOWN if not control.primary or control.name in _ON_PAD]


@dataclass(frozen=True)
class MainWidgets:
    """The controls that stand in the first view.

    Attributes:
        pad: Intensity and complexity.
        steady: The slider of how steady a groove is, and the checkbox that leaves it to the drummer.
    """

    pad: gr.HTML
    steady: tuple[gr.Slider, gr.Checkbox]


@dataclass(frozen=True)
class ControlWidgets:
    """The panel's widgets.

    Attributes:
        pad: See `MainWidgets`.
        sliders: The slider of each control, and the checkbox that leaves it to the drummer.
        fills: How often a fill is played.
        to_genre: The genre that the groove moves to.
        expression: The scale of timing and dynamics, in percent.
        more: The accordion of the controls that are not `primary`.
    """

    pad: gr.HTML
    sliders: list[tuple[gr.Slider, gr.Checkbox]]
    fills: gr.Dropdown
    to_genre: gr.Dropdown
    expression: gr.Slider
    more: gr.Accordion

    @property
    def inputs(self) -> list[gr.components.Component]:
        """Widgets that are part of every request of the page."""
        return [*(widget for pair in self.sliders for widget in pair), self.fills, self.expression, self.to_genre]


def build_main() -> MainWidgets:
    """Make the controls of the first view."""
    pad = pad_control(elem_id="pad")
    return MainWidgets(pad, _slider(CONTROLS[_FIRST], default_config().app.first_steady))


def build(main: MainWidgets) -> ControlWidgets:
    """Make the other widgets."""
    gr.Markdown("### Direct the drummer\n*Auto* leaves the choice to the drummer.")
    sliders = [main.steady, *(_slider(control) for control in PRIMARY)]
    with gr.Row():
        fills = gr.Dropdown(_FILLS, value=AUTO, label="Fill every", elem_id="fills")
        to_genre = gr.Dropdown([("None", NO_MORPH), *genre_choices()], value=NO_MORPH, label="Morph to", elem_id="morph")
    expression = gr.Slider(0, 150, 100, step=1, label="Human feel (%)", buttons=[], elem_id="human")
    with gr.Accordion("More controls", open=False, elem_id="more-directions") as more:
        sliders += [_slider(control) for control in OTHERS]
    return ControlWidgets(main.pad, sliders, fills, to_genre, expression, more)


def wire(widgets: ControlWidgets, context: PageContext) -> None:
    """Connect the widgets."""
    on_pad = {slider.elem_id: (slider, auto) for slider, auto in widgets.sliders if slider.elem_id in _ON_PAD}
    for slider, auto in widgets.sliders:
        if slider.elem_id in on_pad:
            slider.input(None, [slider, widgets.pad], [auto, widgets.pad], js=call(f"set_{slider.elem_id}"))
            auto.input(None, [auto, slider, widgets.pad], widgets.pad, js=call(f"free_{slider.elem_id}"))
        else:
            slider.input(None, None, auto, js=call("untickAndRegenerate"))
            auto.input(None, None, None, js=call("regenerate"))
    moved = [widget for name in _ON_PAD for widget in on_pad[name]]
    widgets.pad.move(None, widgets.pad, moved, js=call("movePad"))
    menus = [widgets.fills, widgets.to_genre]
    for menu in menus:
        menu.input(None, [*menus], None, js=call("regenerateByMenu"))
    widgets.expression.input(None, [context.grid, widgets.expression], context.grid, js=call("setExpression"))
    shown = [*context.settings, widgets.more, widgets.pad]
    context.grid.restore(None, context.grid, shown, js=call("showSettings"))


def client_config() -> dict[str, Any]:
    """Configuration of `page.js` that belongs to this panel."""
    hidden = {control.name for control in OTHERS} - set(_ON_PAD)
    controls = [
        {"name": each.name, "scale": each.display_scale, "start": _start(each), "more": each.name in hidden} for each in SHOWN
    ]
    return {"controls": controls, "on_pad": _ON_PAD, "auto": AUTO, "no_fills": NO_FILLS, "no_morph": NO_MORPH}


def _start(control: Control) -> float:
    """Position of a slider while its control is left to the drummer."""
    return sum(display_range(control)) // 2 if control.display_rest is None else control.display_rest


def _slider(control: Control, value: float | None = None) -> tuple[gr.Slider, gr.Checkbox]:
    """Make the slider of a control and its checkbox; without a value it is left to the drummer."""
    position = _start(control) if value is None else control.display_scale * value
    shown: dict[str, Any] = {"step": control.display_step, "label": control.label, "buttons": [], "elem_id": control.name}
    with gr.Row(elem_classes="direction"):
        slider = gr.Slider(*display_range(control), position, **shown)
        auto = gr.Checkbox(value is None, label=f"{control.label}: auto", elem_id=f"{control.name}-auto")
    return slider, auto
