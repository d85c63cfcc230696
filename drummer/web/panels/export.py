"""Export: save a groove as files, copy a link to it, and open a file."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from drummer import audio, default_config, exports
from drummer.errors import DocumentError, MidiError
from drummer.files.document import to_code
from drummer.files.drum_maps import DRUM_MAPS, GENERAL_MIDI, find_drum_map
from drummer.files.sound_format import BIT_DEPTHS, SAMPLE_RATES, SoundFormat
from drummer.validation import check_name
from drummer.web import actions
from drummer.web.files import QUICK_FORMS, write_file
from drummer.web.grid import from_value
from drummer.web.page_context import GridOutputs, PageContext, Values, by_id, private_event_options, show_errors, show_take
from drummer.web.samples import read_samples
from drummer.web.script import call
from drummer.web.sharing import SLOW_FORMS
from drummer.web.shell.link_card import LINK

AS_HEARD, NORMALIZED = "as heard", "normalized"  # values of the menu of peak levels


@dataclass(frozen=True)
class Export:
    """The panel's widgets.

    Attributes:
        saves: The button of each of `drummer.exports.FORMATS`.
        link: The button that copies a link.
        open: The button that opens a file.
        midi_options: The drum map of MIDI files, and whether they have one track per drum.
        loop: Whether sound is a loop of exact length, or has its tail.
        sound_options: Sample rate, bit depth and peak level of sound, and the format of stems.
        samples: Hidden; the sounds of the mix's samples, which the page sends along with a request for sound.
    """

    saves: Mapping[str, gr.Button]
    link: gr.Button
    open: gr.UploadButton
    midi_options: Sequence[gr.Dropdown | gr.Checkbox]
    loop: gr.Checkbox
    sound_options: Sequence[gr.Dropdown]
    samples: gr.JSON


def build() -> Export:
    """Make the widgets: the formats that are used most in a row, the others in an accordion below."""
    peak_db = default_config().audio.normalized_peak_db
    with gr.Row(elem_id="downloads"):
        saves = {form: _save(form) for form, each in exports.FORMATS.items() if each.is_primary}
        link = gr.Button("Copy link", elem_id="link")
        opened = gr.UploadButton("Open file", file_types=[".json", ".mid", ".midi", ".rmi", ".kar"], elem_id="open")
    with gr.Accordion("More formats, drum maps and sound quality", open=False, elem_id="more-formats"):
        with gr.Row(elem_id="formats"):
            saves |= {form: _save(form) for form, each in exports.FORMATS.items() if not each.is_primary}
        with gr.Row(elem_id="choices"):
            maps = [(drum_map.label, name) for name, drum_map in DRUM_MAPS.items()]
            drum_map = gr.Dropdown(maps, value=GENERAL_MIDI.name, label="Drum map", elem_id="map")
            tracks = gr.Checkbox(False, label="One MIDI track per drum", elem_id="tracks")
        with gr.Row(elem_id="sound-choices", visible=audio.audio_available()):
            sound_options = [
                gr.Dropdown(choices, value=choices[0][1], label=label, elem_id=name, filterable=False)
                for name, label, choices in (
                    ("sample-rate", "Sample rate", [(f"{rate / 1000:g} kHz", rate) for rate in SAMPLE_RATES]),
                    ("bit-depth", "Bit depth", [(f"{depth} bit", depth) for depth in BIT_DEPTHS]),
                    ("peak", "Peak level", [("As heard", AS_HEARD), (f"\u2212{-peak_db:g} dBFS", NORMALIZED)]),
                    ("audio-format", "Stem format", [(form.upper(), form) for form in ("flac", "wav")]),
                )
            ]
            loop = gr.Checkbox(True, label="Seamless loop, no tail", elem_id="loop")
    samples = gr.JSON(visible=False, elem_id="lane-samples")  # made last: JavaScript sets the last of the values
    return Export(saves, link, opened, [drum_map, tracks], loop, sound_options, samples)


def wire(widgets: Export, context: PageContext) -> None:
    """Connect the widgets."""
    saved, code = gr.DownloadButton(visible=False), gr.Textbox(visible=False)
    grid = context.grid
    for form, button in widgets.saves.items():
        write = by_id(show_errors(partial(save_with_progress if form in SLOW_FORMS else save, form)))
        inputs: set[Any] = {grid, *widgets.midi_options, widgets.loop, *widgets.sound_options, widgets.samples}
        options = private_event_options(form in QUICK_FORMS, form in SLOW_FORMS)
        options["js"] = call("addSamples") if exports.find_format(form).needs_kit() else None
        made = button.click(write, inputs, saved, **options, show_progress_on=grid if form in SLOW_FORMS else None)
        made.then(None, saved, None, js=call("save"))
    options = private_event_options(quick=True) | {"js": call("awaitLink")}
    widgets.link.click(by_id(make_code), {grid}, code, **options).then(None, code, None, js=call("copyLink"))
    context.connect(widgets.open.upload, open_file, {widgets.open}, preprocess=True, quick=True)
    inputs = {grid, *widgets.midi_options}
    edited = grid.edit(by_id(ready_midi), inputs, context.midi_file, **private_event_options(quick=True))
    edited.then(None, context.midi_file, None, js=call("letDrag"))
    drum_map = widgets.midi_options[0]
    grid.restore(None, [grid, drum_map], drum_map, js=call("showDrumMap"))
    for option in widgets.midi_options:
        option.input(None, [*widgets.midi_options], None, js=call("readyDragByOption"))


def save_with_progress(
    form: str,
    values: Values,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (Gradio looks for it in the signature)
) -> Path:
    """Save a file that takes seconds for a long song, with a progress bar."""
    return save(form, values, lambda share: progress(share, desc="Playing each voice"))


def save(form: str, values: Values, progress: audio.ProgressCallback | None = None) -> Path:
    """Write the grid's groove in one of `drummer.exports.FORMATS`."""
    take = from_value(values["roll"])
    drum_map = find_drum_map(str(values["map"]))
    if form in ("mid", "zip") and (report := drum_map.report(actions.as_heard(take).groove)):
        gr.Info(html.escape(report))
    peak = check_name("peak level", values["peak"], (AS_HEARD, NORMALIZED))
    choices = exports.Choices(
        drum_map=drum_map,
        track_per_drum=bool(values["tracks"]),
        loop=bool(values["loop"]),
        audio_format=values["audio-format"],
        sound_format=SoundFormat(values["sample-rate"], values["bit-depth"], peak == NORMALIZED),
        samples=read_samples(values.get("lane-samples")),
    )
    return write_file(take, form, choices, progress)


@show_errors
def ready_midi(values: Values) -> Path:
    """Write the MIDI file that can be dragged away."""
    choices = exports.Choices(drum_map=find_drum_map(str(values["map"])), track_per_drum=bool(values["tracks"]))
    return write_file(from_value(values["roll"]), "mid", choices)


@show_errors
def make_code(values: Values) -> str:
    """Encode the grid's groove as the code of a link."""
    code, most = to_code(from_value(values["roll"])), default_config().app.max_link_length
    if len(code) > most:
        raise DocumentError(
            f"this groove is too long for a link ({len(code)} characters, and the most is {most}): "
            "share the groove.json that is in All (ZIP)"
        )
    return code


@show_errors
def open_file(values: Values) -> GridOutputs:
    """Open a groove.json or a MIDI file, and tell the user how it was read."""
    path = values["open"]
    if path is None:
        raise MidiError("there is no file: choose a MIDI file or a groove.json")
    take, understood = actions.open_file(Path(path))
    gr.Info(html.escape(understood))
    return show_take(take, opened="open")


def client_config() -> dict[str, Any]:
    """Configuration of `page.js` that belongs to this panel."""
    return {"link": LINK, "general_midi": GENERAL_MIDI.name}


def _save(form: str) -> gr.Button:
    """Make the button of an export format."""
    chosen = exports.FORMATS[form]
    visible = not chosen.is_sound or audio.audio_available()
    if form == "mid":
        return gr.Button(chosen.label, variant="primary", visible=visible, elem_id="midi")
    return gr.Button(chosen.label, visible=visible, elem_id=form)
