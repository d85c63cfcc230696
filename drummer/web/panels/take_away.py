"""Taking a groove away, as files and as a link, and bringing one back."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from drummer import audio, default_config, exports
from drummer.document import to_code
from drummer.drum_maps import DRUM_MAPS, GENERAL_MIDI, find_drum_map
from drummer.errors import DocumentError
from drummer.web import actions
from drummer.web.desk import Desk, Shown, in_a_sentence, private, show
from drummer.web.files import kit_of, name_file, write_midi, write_wav
from drummer.web.grid import from_value
from drummer.web.script import call

LINK = "groove"  # name of the parameter of a link that holds a groove


@dataclass(frozen=True)
class TakeAway:
    """The panel's widgets: buttons, and how files are written."""

    midi: gr.Button
    wav: gr.Button
    zip: gr.Button
    link: gr.Button
    open: gr.UploadButton
    drum_map: gr.Dropdown
    track_a_voice: gr.Checkbox
    loop: gr.Checkbox


def build() -> TakeAway:
    """Make the widgets."""
    sound = audio.audio_available()
    with gr.Row(elem_id="downloads"):
        midi = gr.Button("MIDI", elem_id="midi")
        wav = gr.Button("WAV", visible=sound, elem_id="wav")
        everything = gr.Button("All (ZIP)", elem_id="zip")
        link = gr.Button("Copy link", elem_id="link")
        opened = gr.UploadButton("Open", file_types=[".json", ".mid", ".midi"], elem_id="open")
    with gr.Row(elem_id="formats"):
        maps = [(drum_map.label, name) for name, drum_map in DRUM_MAPS.items()]
        drum_map = gr.Dropdown(maps, value=GENERAL_MIDI.name, label="MIDI for", elem_id="map")
        track_a_voice = gr.Checkbox(False, label="A track a voice", elem_id="tracks")
        loop = gr.Checkbox(False, label="Sound as exact loop", visible=sound, elem_id="loop")
    return TakeAway(midi, wav, everything, link, opened, drum_map, track_a_voice, loop)


def wire(widgets: TakeAway, desk: Desk) -> None:
    """Say what the widgets do."""
    midi_choices = [widgets.drum_map, widgets.track_a_voice]
    saved, code = gr.DownloadButton(visible=False), gr.Textbox(visible=False)
    saves: tuple[tuple[gr.Button, Callable[..., Path], list[gr.components.Component]], ...] = (
        (widgets.midi, save_midi, [*midi_choices]),
        (widgets.wav, save_wav, [widgets.loop]),
        (widgets.zip, save_all, [*midi_choices, widgets.loop]),
    )
    for button, save, choices in saves:
        button.click(save, [desk.grid, *choices], saved, **private()).then(None, saved, None, js=call("save"))
    widgets.link.click(make_code, desk.grid, code, **private()).then(None, code, None, js=call("copyLink"))
    desk.plays(widgets.open.upload, open_file, widgets.open, preprocess=True)
    edited = desk.grid.edit(save_midi, desk.grid, desk.midi_file, **private())
    edited.then(None, desk.midi_file, None, js=call("offerDrag"))


@in_a_sentence
def save_midi(value: Any, drum_map: str = GENERAL_MIDI.name, track_a_voice: bool = False) -> Path:
    """Write what the grid holds as a MIDI file."""
    take = from_value(value)
    chosen = find_drum_map(str(drum_map))
    if report := chosen.report(actions.heard(take).groove):
        gr.Info(html.escape(report))
    return write_midi(take, chosen, bool(track_a_voice))


@in_a_sentence
def save_wav(value: Any, loop: bool = False) -> Path:
    """Write what the grid holds as a WAV file."""
    return write_wav(from_value(value), bool(loop))


@in_a_sentence
def save_all(value: Any, drum_map: str, track_a_voice: bool, loop: bool) -> Path:
    """Write what the grid holds in all forms, in one ZIP."""
    take = from_value(value)
    kit = kit_of(take) if audio.audio_available() else None
    choices = exports.Choices(kit, find_drum_map(str(drum_map)), bool(track_a_voice), bool(loop))
    path = name_file(take, "zip")
    path.write_bytes(exports.pack(actions.heard(take), choices, original=take))
    return path


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
def open_file(path: str) -> Shown:
    """Open a groove.json or a MIDI file, and say what was understood."""
    take, understood = actions.open_file(Path(path))
    gr.Info(html.escape(understood))
    return show(take, opened=True)


def facts() -> dict[str, Any]:
    """Say what `page.js` has to know of this panel."""
    return {"link": LINK}
