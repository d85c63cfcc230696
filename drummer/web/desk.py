"""What the panels of the page share: the drum grid in their middle, and how their functions are wired to it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from drummer import DrummerError, default_config
from drummer.files.document import Take
from drummer.web.files import write_file
from drummer.web.grid import to_value
from drummer.web.script import call

P = ParamSpec("P")
R = TypeVar("R")
QUICK, PLAYING, LONG = "quick", "processor", "long"  # lanes of the queue, see `work`
Shown = tuple[dict[str, Any], Path]  # what the grid shows, and its MIDI file


@dataclass(frozen=True)
class Desk:
    """Widgets that more than one panel is wired to.

    Attributes:
        grid: The drum grid; its value is the take that the musician works on, see `drummer.web.grid`.
        midi_file: Unseen; the take's MIDI file, ready to be dragged away.
        midi_choices: Widgets that say which kit's MIDI is wanted, and whether with a track a voice.
        settings: Widgets of the settings and of the directions, in the order that `read_order` of the directions reads.
    """

    grid: gr.HTML
    midi_file: gr.DownloadButton
    midi_choices: Sequence[gr.components.Component]
    settings: Sequence[gr.components.Component]

    def plays(
        self,
        event: Callable[..., Any],
        function: Callable[..., Any],
        inputs: Any,
        *,
        also: Sequence[gr.components.Component] = (),
        preprocess: bool = False,
        quick: bool = False,
        js: str | None = None,
        long: bool = False,
    ) -> gr.events.Dependency:
        """Let an event put a new take on the grid.

        Args:
            event: A widget's listener, such as `button.click`.
            function: Returns, or yields, what `show` returns, and then what `also` needs.
            inputs: Widgets whose values the function is given.
            also: Other widgets that it changes.
            preprocess: Whether Gradio makes of these values what its widgets promise, such as the path of an uploaded file.
            quick: As in `work`.
            long: As there.
            js: What the browser makes of the inputs first.
        """
        made: gr.events.Dependency = event(
            function, inputs, [self.grid, self.midi_file, *also], js=js, **{**private(quick, long), "preprocess": preprocess}
        )
        made.then(None, [self.midi_file, *self.midi_choices], None, js=call("offerDrag"))
        return made


def work(quick: bool = False, long: bool = False) -> dict[str, Any]:
    """Say how Gradio treats what costs the processor time.

    Args:
        quick: Whether it takes a few milliseconds: then it does not wait in line behind what is being played.
        long: Whether it takes many seconds: then what is played does not wait behind it.
    """
    config = default_config()
    return {
        "preprocess": False,  # all checks are the package's own, each with its sentence
        "concurrency_id": QUICK if quick else LONG if long else PLAYING,
        "concurrency_limit": config.visitors.long_at_once if long else config.app.workers,
        "trigger_mode": "always_last",  # of several clicks the last counts, so that the seed shown is the one that plays
    }


def private(quick: bool = False, long: bool = False) -> dict[str, Any]:
    """Say the same of what only the page calls."""
    return {**work(quick, long), "api_visibility": "private"}


def in_a_sentence(function: Callable[P, R]) -> Callable[P, R]:
    """Tell a user what was wrong in one sentence."""

    @wraps(function)
    def told(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except DrummerError as error:
            raise a_sentence(error) from error

    return told


def a_sentence(error: DrummerError) -> gr.Error:
    """Make of an error what Gradio shows of it; what a file or a link has put into it is shown as it is."""
    text = str(error).encode(errors="backslashreplace").decode()  # half of a surrogate pair would end the browser's event stream
    return gr.Error(html.escape(text, quote=False), print_exception=False)


def show(take: Take, *, opened: bool = False) -> Shown:
    """Give the page a take; `opened` says that it brings settings that the page has to show."""
    return to_value(take, opened=opened), write_file(take, "mid")
