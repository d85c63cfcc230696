"""`DrumGrid`: the Python side of the control, which hands its value, kits and templates to the browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from drummer.config import default_config
from drummer.document import Take
from drummer.groove import Groove
from drummer.pianoroll import lane_inks
from drummer.voices import VOICES
from drummer.web.grid.value import Value, to_value

_FOLDER = Path(__file__).parent
_SCRIPTS = ("groove.js", "sampler.js", "drawing.js", "editing.js", "grid.js")  # one script, in the order of reading
_SHORT_LABELS = {
    "rim": "Rim",
    "hihat_closed": "HH closed",
    "hihat_pedal": "HH pedal",
    "hihat_open": "HH open",
    "tom_low": "Tom lo",
    "tom_mid": "Tom mid",
    "tom_high": "Tom hi",
    "ride_bell": "Bell",
}  # for a phone

from gradio.events import Dependency

class DrumGrid(gr.HTML):
    """A groove that is seen, edited and heard. Its value is what `drummer.web.grid.value` describes.

    Events: `edit` follows the last of several quick edits; `restore` says that the value was changed by the control itself in
    what other widgets show, such as the tempo.
    """

    def __init__(self, value: Value | None = None, *, kits: Mapping[str, Path], **settings: Any) -> None:
        """Make the control.

        Args:
            value: The first groove.
            kits: Files of one-shots by name of the kit, see `drummer.oneshots`, in a folder that Gradio serves. Without any it
                edits in silence.
            settings: As in `gr.HTML`, such as `elem_id`.
        """
        light, dark = lane_inks("light"), lane_inks("dark")
        super().__init__(
            value,
            html_template=_read("grid.html"),
            css_template=_read("grid.css"),
            js_on_load="\n".join(['"use strict";', *map(_read, _SCRIPTS)]),
            apply_default_css=False,
            voices=[
                {"name": voice.name, "label": voice.label, "short": _SHORT_LABELS.get(voice.name, voice.label), "light": on_light, "dark": on_dark}
                for voice, on_light, on_dark in zip(VOICES, light, dark, strict=True)
            ],
            kits={name: _served(path) for name, path in kits.items()},
            sample_rate=default_config().audio.sample_rate,
            bpm_limits=default_config().limits.bpm,
            **settings,
        )

    def api_info(self) -> dict[str, Any]:
        """Say what the value is, for programs."""
        return {"type": "object", "description": "a groove as in groove.json: tempo, grid, bars, hits and settings"}

    def example_payload(self) -> Any:
        """Give an example of what is sent."""
        return to_value(Take(Groove.silent(1, 96)))

    def example_value(self) -> Any:
        """Give an example of what is returned."""
        return self.example_payload()
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _served(path: Path) -> dict[str, Any]:
    """Describe a file so that Gradio puts its own address ahead of the URL."""
    return {"path": str(path), "url": f"/gradio_api/file={path}", "meta": {"_type": "gradio.FileData"}}