"""The page context: widgets that several panels use, and how events are wired to Python functions."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from drummer import DrummerError, default_config
from drummer.files.document import Take
from drummer.validation import begin_sentence
from drummer.web.files import write_file
from drummer.web.grid import stream_values, to_value
from drummer.web.script import call

P = ParamSpec("P")
R = TypeVar("R")
QUICK, PLAYING, LONG = "quick", "processor", "long"  # concurrency groups of Gradio's queue, see `event_options`
GridOutputs = tuple[dict[str, Any], Any]  # value of the grid, and its MIDI file
Values = Mapping[str, Any]  # values of widgets by their element ids


@dataclass(frozen=True)
class PageContext:
    """Widgets that more than one panel uses.

    Attributes:
        grid: The drum grid; its value is the take that is shown, see `drummer.web.grid`.
        midi_file: Hidden; the take's MIDI file, ready to be dragged into a DAW.
        midi_options: Widgets for the drum map of MIDI files and for one track per drum.
        settings: Widgets that make up a request, see `drummer.web.requests.read_request`.
        pad: Shows and sets intensity and complexity.
    """

    grid: gr.HTML
    midi_file: gr.DownloadButton
    midi_options: Sequence[gr.components.Component]
    settings: Sequence[gr.components.Component]
    pad: gr.HTML

    def request_with(self, *widgets: gr.components.Component) -> set[gr.components.Component]:
        """List the widgets of a request, and others."""
        return {*self.settings, *widgets}

    def connect(
        self,
        event: Callable[..., Any],
        function: Callable[..., Any],
        inputs: Collection[gr.components.Component],
        *,
        also: Sequence[gr.components.Component] = (),
        preprocess: bool = False,
        quick: bool = False,
        js: str | None = None,
        long: bool = False,
    ) -> gr.events.Dependency:
        """Connect an event to a function that returns a new take for the grid.

        Args:
            event: A widget's listener, such as `button.click`.
            function: Takes the values of the inputs by their ids; returns or yields the outputs of `show_take`, then those
                of `also`.
            inputs: Widgets whose values the function is given.
            also: Other widgets that it updates.
            preprocess: Whether Gradio preprocesses the values, such as the path of an uploaded file.
            quick: As in `event_options`.
            long: As in `event_options`.
            js: JavaScript that changes the inputs first; it gets them as a list, in the order in which they were made.
        """
        options = {**private_event_options(quick, long), "preprocess": preprocess}
        made: gr.events.Dependency = event(by_id(function), set(inputs), [self.grid, self.midi_file, *also], js=js, **options)
        made.then(None, [self.midi_file, *self.midi_options], None, js=call("offerFile"))
        return made

    def offer_stream(self, function: Callable[..., Any], widgets: set[gr.components.Component], *, long: bool = False) -> None:
        """Let the grid call a function that yields a new take bar by bar; see `calls.js` and `show_parts`.

        Args:
            function: Takes the values of the widgets by their ids.
            widgets: Widgets whose values the function is given.
            long: As in `event_options`.
        """
        options = private_event_options(long=long)
        gr.on([], by_id(function), widgets, [self.grid, self.midi_file], api_name=function.__name__, **options)


def by_id(function: Callable[..., R]) -> Callable[..., R]:
    """Give a function the values of its inputs, a set of widgets, as a dictionary by their element ids."""

    def name(values: Mapping[gr.components.Component, Any]) -> dict[str | None, Any]:
        return {widget.elem_id: value for widget, value in values.items()}

    if isgeneratorfunction(function):  # Gradio finds generators in the same way, and sends each value as it comes

        @wraps(function)
        def steps(values: Mapping[gr.components.Component, Any], *special: Any) -> Any:
            yield from function(name(values), *special)

        return steps

    @wraps(function)
    def with_ids(values: Mapping[gr.components.Component, Any], *special: Any) -> R:
        return function(name(values), *special)

    return with_ids


def event_options(quick: bool = False, long: bool = False) -> dict[str, Any]:
    """Options of Gradio's events for functions that need the processor.

    Args:
        quick: Whether the function takes a few milliseconds: it then does not wait behind grooves that are being generated.
        long: Whether it takes many seconds: grooves that are to be generated then do not wait behind it.
    """
    config = default_config()
    return {
        "preprocess": False,  # the package checks all values itself, with a sentence for each fault
        "concurrency_id": QUICK if quick else LONG if long else PLAYING,
        "concurrency_limit": config.visitors.long_at_once if long else config.app.workers,
        "trigger_mode": "always_last",  # of several clicks the last counts, so that the seed shown is the one that was used
    }


def private_event_options(quick: bool = False, long: bool = False) -> dict[str, Any]:
    """Options of events that only the page triggers: they are no endpoints of the API."""
    return {**event_options(quick, long), "api_visibility": "private"}


def show_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Let the errors of a function, or of a generator, reach the user as one sentence each."""
    if isgeneratorfunction(function):

        @wraps(function)
        def steps(*arguments: P.args, **named: P.kwargs) -> Any:
            try:
                yield from function(*arguments, **named)
            except DrummerError as error:
                raise to_gradio_error(error) from error

        return steps

    @wraps(function)
    def with_errors(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except DrummerError as error:
            raise to_gradio_error(error) from error

    return with_errors


def to_gradio_error(error: DrummerError) -> gr.Error:
    """Turn an error into Gradio's; text from files and links is escaped, so that it is shown as it is."""
    text = str(error).encode(errors="backslashreplace").decode()  # half of a surrogate pair would end the browser's event stream
    sentence = begin_sentence(text)
    if sentence[:1] == sentence[-1:] == "'":
        sentence += "."  # Gradio would take the quotes for those of the whole sentence, and leave them out
    return gr.Error(html.escape(sentence, quote=False), print_exception=False)


def show_take(take: Take, *, opened: str = "") -> GridOutputs:
    """Turn a take into the grid's outputs.

    The MIDI file of a groove that is longer than those that are generated at once takes a while. The page requests it itself once
    it has drawn the groove, see `offerFile` in `page.js`.

    Args:
        take: The take.
        opened: What was done with a link or a file, one of `bring.ACTIONS`: the take brings settings that the page has to show.
    """
    return to_value(take, opened=opened), _midi_file(take)


def show_parts(parts: Iterable[Take], bars: int) -> Iterator[GridOutputs]:
    """Turn takes of consecutive bars into the grid's outputs; the last one comes with the MIDI file.

    Args:
        parts: As `drummer.web.actions.stream` yields them.
        bars: Number of bars of all together.
    """
    for take, value in stream_values(parts, bars):
        yield value, _midi_file(take) if take.groove.bars == bars else gr.skip()


def _midi_file(take: Take) -> Path | None:
    """Write the MIDI file of a take that is not long."""
    return None if take.groove.bars > default_config().limits.bars[1] else write_file(take, "mid")
