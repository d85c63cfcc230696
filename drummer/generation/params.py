"""`GenerationParams`: the one request that page, API, command line and library make, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import GrooveError, SettingError
from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, CONTROLS, ControlValue, controls_by_bar, fill_every
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.validation import check_name, check_number, check_whole, is_number, quote


def _parse_meter(text: object) -> Meter:
    try:
        return Meter.parse(text)
    except GrooveError as error:
        raise SettingError(str(error)) from error


def _default(name: str) -> Any:
    return field(default_factory=lambda: getattr(default_config().defaults, name))


@dataclass(frozen=True)
class GenerationParams:
    """Parameters of a groove to generate. The same parameters and weights give the same groove, bit for bit on one machine.

    Attributes:
        genre: Name of a genre.
        bpm: Tempo in quarter notes a minute, 30-300; None = the genre's usual tempo or, in calls about a groove, the groove's.
        bars: Number of bars, 1-32.
        temperature: 0.1-2.0; 1 samples from the distribution as learned, less is more typical, more is bolder.
        top_p: Sample only from the most probable tokens that together have this probability, in (0, 1].
        seed: Source of all randomness, a whole number from 0 to 4294967295.
        controls: Control values by the names in `music.controls.CONTROLS`: a number for all bars, or a list with one for each.
        fill_every: Play a fill in every N-th bar and in no other bar; 0 = none, None = as in `controls`.
        meter: The meter, or its text such as `6/8`; in calls about a groove, the groove's.
        style: Name of a style of the genre; None = any that is played on a drum kit.
        rhythm: Onsets that the groove follows, repeated over its bars: a groove whose voices do not matter, such as a tapped one.
            None = none.

    Raises:
        SettingError: If a value is out of range, in one sentence that names it.
    """

    genre: str = _default("genre")
    bpm: float | None = None
    bars: int = _default("bars")
    temperature: float = _default("temperature")
    top_p: float = field(default_factory=lambda: default_config().sampling.top_p)
    seed: int = 0
    controls: Mapping[str, ControlValue] = field(default_factory=dict)
    fill_every: int | None = None
    meter: Meter = FOUR_FOUR
    style: str | None = None
    rhythm: Groove | None = None

    def __post_init__(self) -> None:
        """Check every range, and turn whole floats into whole numbers."""
        config = default_config()
        limits = config.limits
        checked = {
            "genre": check_name("genre", self.genre, config.genres),
            "bpm": None if self.bpm is None else check_number("tempo", self.bpm, limits.bpm, " BPM"),
            "temperature": check_number("temperature", self.temperature, limits.temperature),
            "seed": check_whole("seed", self.seed, limits.seed),
            "meter": self.meter if isinstance(self.meter, Meter) else _parse_meter(self.meter),
            "bars": check_whole("the number of bars", self.bars, limits.bars),
        }
        if self.style is not None:
            styles = config.genres[self.genre].styles
            if not styles:
                raise SettingError(f"{self.genre} has no styles to choose from: leave the style out, got {quote(self.style)}")
            check_name(f"style of {self.genre}", self.style, styles)
        if self.rhythm is not None and not isinstance(self.rhythm, Groove):
            raise SettingError(f"the rhythm must be a groove, got {quote(self.rhythm)}")
        if not is_number(self.top_p) or not 0.0 < self.top_p <= 1.0:
            raise SettingError(f"top_p must be above 0 and at most 1, got {quote(self.top_p)}")
        if self.fill_every is not None:
            checked["fill_every"] = check_whole("fill_every", self.fill_every, (0, config.document.max_bars))
        named = {check_name("setting", name, CONTROLS): value for name, value in self.controls.items() if value is not None}
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "controls", MappingProxyType(named))
        self.control_values()

    @classmethod
    def of(cls, params: GenerationParams | None, settings: Mapping[str, Any]) -> GenerationParams:
        """Make parameters of keyword arguments: controls by their names beside the others; None = the default.

        Args:
            params: Parameters that the settings change; by default those of the configuration.
            settings: Names of fields and of controls, such as `{"genre": "funk", "intensity": 0.8}`.

        Raises:
            SettingError: If a name is unknown or a value out of range.
        """
        own = {each.name for each in fields(cls)} - {"controls"}
        chosen = {name: value for name, value in settings.items() if name in own and (value is not None or name == "seed")}
        controls = {name: value for name, value in settings.items() if name not in own}
        if params is None:
            return cls(**chosen, controls=controls)
        return replace(params, **chosen, controls={**params.controls, **controls})

    def control_values(self, first_bar: int = 0) -> Floats:
        """Spread the controls over the bars.

        Args:
            first_bar: Number of bars before the first one, which `fill_every` counts too; negative where the count begins later.

        Returns:
            (bars, 12), NaN where a control is left to the model.

        Raises:
            SettingError: If a value is out of its range, or a list is not as long as the groove.
        """
        values = controls_by_bar(self.bars, self.controls)
        if self.fill_every is not None:
            period = self.fill_every
            fills = fill_every(self.bars, period, first_bar) if period else [0.0] * self.bars
            values[:, CONTROL_INDEX["fill"]] = np.array(fills)
        return values
