"""The drum grid as Gradio component: kits, voices and limits for its scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from drummer.audio import list_kits
from drummer.config import default_config
from drummer.files.drum_maps import DRUM_MAPS
from drummer.music.controls import CONTROLS
from drummer.music.groove import MAX_BPM, MIN_BPM
from drummer.music.meter import FOUR_FOUR, USUAL_GROUPINGS
from drummer.music.mix import LANES, STRIP_LIMITS
from drummer.music.percussion import PERCUSSION, PERCUSSION_LANE, stand_in_voice
from drummer.music.voices import FAMILY_INDICES, VOICES
from drummer.pictures.colors import lane_inks, percussion_ink
from drummer.web.control import control
from drummer.web.labels import spell, spell_style

_SCRIPTS = (
    *("meter.js", "groove.js", "bars.js", "shaping.js", "edits.js", "history.js", "mix.js", "bus.js"),
    *("sample.js", "sample_store.js", "samples.js", "sampler.js", "ticks.js", "mixer.js"),
    *("geometry.js", "ranges.js", "painter.js", "overview.js", "mover.js", "editing.js", "keyboard.js"),
    *("clipboard.js", "commands.js", "loop_range.js", "lanes.js", "sample_slot.js", "mix_panel.js", "lane_drop.js"),
    *("preferences.js", "takes.js", "take_list.js", "shelf.js", "takes_bar.js"),
    *("time_scaling_history.js", "session.js", "stream.js", "transport.js", "view.js"),
    *("requests.js", "tap_tempo.js", "meter_menu.js", "selection_bar.js", "toolbar.js", "frame.js", "grid.js"),
)  # joined to one script in this order
_SHORT_LABELS = {
    "rim": "Rim",
    "hihat_closed": "HH closed",
    "hihat_pedal": "HH pedal",
    "hihat_open": "HH open",
    "tom_low": "Tom low",
    "tom_mid": "Tom mid",
    "tom_high": "Tom high",
    "ride_bell": "Bell",
}  # for a phone


def drum_grid(kits: Mapping[str, Path], **settings: Any) -> gr.HTML:
    """Make the control that shows, edits and plays a groove. Its value is described in `drummer.web.grid.value`.

    Events: `edit` follows the last of several quick edits; `restore` reports that the control itself has changed a setting that
    other widgets show, such as the tempo; `tempo` reports a new groove, whose tempo they show; `reroll`, `reroll_bar`,
    `fill_bar`, `continue_groove`, `half_time`, `double_time`, `variations` and `regenerate` request a groove made of this, see
    `value`. New grooves are requested by `calls.js`.

    Args:
        kits: Files of sample kits by name of the kit, see `drummer.audio.sample_kit`, which Gradio serves
            (`gr.set_static_paths`). Without any the control is silent.
        settings: As in `gr.HTML`, such as `elem_id`.
    """
    config = default_config()
    start = config.defaults
    return control(
        Path(__file__).parent,
        _SCRIPTS,
        styles=("legend.css", "mix.css", "selection.css", "takes.css", "phone.css"),
        voices=voices(),
        keys={**keys(), "choke_rate": config.audio.choke_db_per_second},
        kit_labels={name: kit.label for name, kit in list_kits().items() if name in kits},
        kits={name: _served(path) for name, path in kits.items()},
        sample_rate=config.audio.sample_rate,
        groupings=USUAL_GROUPINGS,
        bpm_limits=config.limits.bpm,
        first={"meter": str(FOUR_FOUR), "bars": start.bars, "bpm": config.genres[start.genre].usual_bpm},
        editing=editing_rules(),
        labels=labels(),
        sample_rules=sample_rules(),
        strip_limits={name: list(limits) for name, limits in STRIP_LIMITS.items()},
        dice_sides=config.app.dice_sides,
        **settings,
    )


def voices() -> list[dict[str, str]]:
    """Describe the lanes for scripts, the thirteen voices and percussion: names, labels, colours."""
    inks = zip(VOICES, lane_inks("light"), lane_inks("dark"), strict=True)
    lanes = [
        {
            "name": voice.name,
            "label": voice.label,
            "short": _SHORT_LABELS.get(voice.name, voice.label),
            "light": on_light,
            "dark": on_dark,
        }
        for voice, on_light, on_dark in inks
    ]
    on_light, on_dark = percussion_ink("light"), percussion_ink("dark")
    return [*lanes, {"name": PERCUSSION_LANE, "label": "Percussion", "short": "Percuss.", "light": on_light, "dark": on_dark}]


def labels() -> dict[str, dict[str, Any]]:
    """Spell genres and styles for titles of takes, such as "Rock, half-time"; of controls, the scale of the page."""
    genres = default_config().genres
    styles = {style for genre in genres.values() for style in genre.styles}
    return {
        "genres": {name: spell(name) for name in genres},
        "styles": {name: spell_style(name).lower() for name in styles},
        "controls": {name: each.display_scale for name, each in CONTROLS.items() if name != "steady"},  # that one is always set
    }


def keys() -> dict[str, Any]:
    """Describe lanes and MIDI keys for scripts: lanes by name, labels and stand-in voices of percussion, voices by drum map."""
    return {
        "lanes": list(LANES),
        "labels": {str(key): instrument.label for key, instrument in PERCUSSION.items()},
        "stand_ins": {str(key): stand_in_voice(key) for key in PERCUSSION},
        "voices": {name: {str(key): voice for key, voice in drum_map.accepted.items()} for name, drum_map in DRUM_MAPS.items()},
    }


def editing_rules() -> dict[str, Any]:
    """Describe the rules of edits for scripts: limits of a groove, keys of the voices by drum map, numbers of `editing`."""
    config = default_config()
    document = config.document
    return {
        "limits": {
            "bars": document.max_bars,
            "blocks": document.max_blocks,
            "block_bars": config.limits.bars[1],
            "steps": document.max_steps,
            "steps_per_beat": document.max_steps_per_beat,
            "hits": document.max_hits,
            "bpm": [MIN_BPM, MAX_BPM],
        },
        "pitches": {name: list(drum_map.pitches) for name, drum_map in DRUM_MAPS.items()},
        **asdict(config.editing),
    }


def sample_rules() -> dict[str, Any]:
    """Describe samples of lanes for scripts: limits, sample rate, and how hits choke each other; see `Sample.RULES`."""
    config = default_config()
    audio = config.audio
    return {
        **asdict(config.samples),
        "rate": audio.sample_rate,
        "choke_rate": audio.choke_db_per_second,
        "hihats": list(FAMILY_INDICES["hihat"]),
    }


def _served(path: Path) -> dict[str, Any]:
    """Describe a file so that Gradio adds its own address to the URL."""
    return {"path": str(path), "url": f"/gradio_api/file={path}", "meta": {"_type": "gradio.FileData"}}
