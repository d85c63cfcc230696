"""Taking a groove away, as files and as a link, and bringing one back."""

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
from drummer.web import actions
from drummer.web.desk import Desk, Shown, in_a_sentence, private, show
from drummer.web.files import QUICK_FORMS, write_file
from drummer.web.grid import from_value
from drummer.web.script import call
from drummer.web.sharing import SLOW_FORMS

QUICK = QUICK_FORMS
SLOW = SLOW_FORMS
LINK = "groove"  # name of the parameter of a link that holds a groove


@dataclass(frozen=True)
class TakeAway:
    """The panel's widgets.

    Attributes:
        saves: The button of each of `drummer.exports.FORMATS`.
        link: Copies a link.
        open: Takes a file.
        midi_choices: How MIDI files are written.
        loop: Whether sounds have no tail.
    """

    saves: Mapping[str, gr.Button]
    link: gr.Button
    open: gr.UploadButton
    midi_choices: Sequence[gr.Dropdown | gr.Checkbox]
    loop: gr.Checkbox


def build() -> TakeAway:
    """Make the widgets: what is wanted most in a row, everything else folded away below."""
    with gr.Row(elem_id="downloads"):
        saves = {form: _save(form) for form, each in exports.FORMATS.items() if each.is_primary}
        link = gr.Button("Copy link", elem_id="link")
        opened = gr.UploadButton("Open", file_types=[".json", ".mid", ".midi"], elem_id="open")
    with gr.Accordion("More formats, and MIDI for your kit", open=False, elem_id="more-formats"):
        with gr.Row(elem_id="formats"):
            saves |= {form: _save(form) for form, each in exports.FORMATS.items() if not each.is_primary}
        with gr.Row(elem_id="choices"):
            maps = [(drum_map.label, name) for name, drum_map in DRUM_MAPS.items()]
            drum_map = gr.Dropdown(maps, value=GENERAL_MIDI.name, label="MIDI for", elem_id="map")
            track_a_voice = gr.Checkbox(False, label="MIDI with a track a voice", elem_id="tracks")
            sound = audio.audio_available()
            loop = gr.Checkbox(False, label="Sound as exact loop, its tail folded in", visible=sound, elem_id="loop")
    return TakeAway(saves, link, opened, [drum_map, track_a_voice], loop)


def wire(widgets: TakeAway, desk: Desk) -> None:
    """Say what the widgets do."""
    saved, code = gr.DownloadButton(visible=False), gr.Textbox(visible=False)
    for form, button in widgets.saves.items():
        save_it = in_a_sentence(partial(save_slowly if form in SLOW else save, form))
        asked, lane = [desk.grid, *widgets.midi_choices, widgets.loop], private(form in QUICK, form in SLOW)
        made = button.click(save_it, asked, saved, **lane, show_progress_on=desk.grid if form in SLOW else None)
        made.then(None, saved, None, js=call("save"))
    widgets.link.click(make_code, desk.grid, code, **private(quick=True)).then(None, code, None, js=call("copyLink"))
    desk.plays(widgets.open.upload, open_file, widgets.open, preprocess=True, quick=True)
    edited = desk.grid.edit(ready_midi, [desk.grid, *widgets.midi_choices], desk.midi_file, **private(quick=True))
    edited.then(None, desk.midi_file, None, js=call("letDrag"))
    for choice in widgets.midi_choices:
        choice.input(None, [*widgets.midi_choices], None, js=call("readyDragByChoice"))


def save_slowly(
    form: str,
    value: Any,
    drum_map: str,
    track_a_voice: bool,
    loop: bool,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (Gradio looks for it in the signature)
) -> Path:
    """Write what takes seconds for a long song, and show how far it is."""
    return save(form, value, drum_map, track_a_voice, loop, lambda share: progress(share, desc="Playing each voice"))


def save(
    form: str, value: Any, drum_map: str, track_a_voice: bool, loop: bool, tell: audio.ProgressCallback | None = None
) -> Path:
    """Write what the grid holds in one of `drummer.exports.FORMATS`."""
    take = from_value(value)
    chosen = find_drum_map(str(drum_map))
    if form in ("mid", "zip") and (report := chosen.report(actions.heard(take).groove)):
        gr.Info(html.escape(report))
    return write_file(take, form, chosen, track_a_voice=bool(track_a_voice), loop=bool(loop), tell=tell)


@in_a_sentence
def ready_midi(value: Any, drum_map: str, track_a_voice: bool) -> Path:
    """Write the MIDI file that can be dragged away."""
    return write_file(from_value(value), "mid", find_drum_map(str(drum_map)), track_a_voice=bool(track_a_voice))


@in_a_sentence
def make_code(value: Any) -> str:
    """Write what the grid holds as the code of a link."""
    code, most = to_code(from_value(value)), default_config().app.max_link_length
    if len(code) > most:
        raise DocumentError(
            f"this groove is too long for a link, whose code would have {len(code)} characters and may have {most}: "
            "share the groove.json that is in All (ZIP)"
        )
    return code


@in_a_sentence
def open_file(path: str | None) -> Shown:
    """Open a groove.json or a MIDI file, and say what was understood."""
    if path is None:
        raise MidiError("there is no file: choose a MIDI file or a groove.json")
    take, understood = actions.open_file(Path(path))
    gr.Info(html.escape(understood))
    return show(take, opened=True)


def facts() -> dict[str, Any]:
    """Say what `page.js` has to know of this panel."""
    return {"link": LINK, "general_midi": GENERAL_MIDI.name}


def _save(form: str) -> gr.Button:
    """Make the button of an export format."""
    chosen = exports.FORMATS[form]
    visible = not chosen.is_sound or audio.audio_available()
    return gr.Button(chosen.label, visible=visible, elem_id="midi" if form == "mid" else form)
