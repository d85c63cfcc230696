"""What the page's buttons do: settings and a take in, a take out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from drummer import Drummer
from drummer.bring import bring
from drummer.config import default_config
from drummer.controls import CONTROLS, Wish, fill_every
from drummer.document import Take, from_json
from drummer.errors import SettingError
from drummer.groove import Groove
from drummer.voices import VOICE_COUNT, VOICE_INDEX

AUTO, NO_FILLS = "auto", "none"  # of `Order.fills`
NO_MORPH = "none"
VARIATIONS = 4
_WISHES = tuple(name for name in CONTROLS if name != "fill")  # a fill is asked for by the bar


@cache
def load(model: str) -> Drummer:
    """Read a model once."""
    return Drummer.load(model)


@dataclass(frozen=True)
class Order:
    """What the widgets say, unchecked; None is left to the drummer.

    Attributes:
        genre: As in `Drummer.play`, like `bpm`, `bars`, `temperature` and `seed`.
        kit: Name of the kit that plays it.
        model: Name of the model.
        intensity: As in `drummer.controls`, like all that follow up to `looseness`.
        fills: `AUTO`, `NO_FILLS`, or a fill in the last of so many bars.
        human: As in `Groove.human`.
        to_genre: What it morphs to, or `NO_MORPH`.
    """

    genre: Any
    bpm: Any
    bars: Any
    temperature: Any
    seed: Any
    kit: Any
    model: Any
    intensity: Any = None
    complexity: Any = None
    swing: Any = None
    lateness: Any = None
    variation: Any = None
    kick: Any = None
    toms: Any = None
    cymbals: Any = None
    dynamics: Any = None
    looseness: Any = None
    fills: Any = AUTO
    human: Any = 1.0
    to_genre: Any = NO_MORPH

    @property
    def drummer(self) -> Drummer:
        """Who plays."""
        return load(str(self.model))

    def asked(self, first: int, bars: int) -> dict[str, Any]:
        """Collect what the drummer is asked for in some bars of a groove, the first of which is the `first`, from 0."""
        wishes: dict[str, Wish] = {name: getattr(self, name) for name in _WISHES}
        if self.fills == NO_FILLS:
            wishes["fill"] = 0.0
        elif self.fills != AUTO:
            wishes["fill"] = fill_every(first + bars, self._fill_period)[first:]
        return {"genre": str(self.genre), "temperature": self.temperature, **wishes}

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the take that comes of it, see `drummer.document.SETTINGS`."""
        settings = {name: getattr(self, name) for name in ("genre", "temperature", "kit", "model", *_WISHES, "human")}
        if self.fills == NO_FILLS:
            settings["fill"] = 0.0
        elif self.fills != AUTO:
            settings["fill_every"] = self._fill_period
        if self.to_genre != NO_MORPH:
            settings["to_genre"] = self.to_genre
        return settings

    @property
    def _fill_period(self) -> int:
        try:
            return max(1, int(self.fills))
        except (TypeError, ValueError) as error:
            raise SettingError(f"fills must be {AUTO}, {NO_FILLS} or a number of bars, got {self.fills!r:.40}") from error


def play(order: Order) -> Take:
    """Play a groove."""
    bars = order.bars if isinstance(order.bars, int) else 0  # `play` checks it
    wanted = {"bpm": order.bpm, "bars": order.bars, "seed": order.seed, **order.asked(0, bars)}
    if order.to_genre == NO_MORPH:
        groove = order.drummer.play(**wanted)
    else:
        groove = order.drummer.morph(to_genre=str(order.to_genre), **wanted)
    return Take(groove, order.settings, int(order.seed), model_hash=order.drummer.trained.fingerprint)


def reroll(take: Take, order: Order, seed: Any) -> Take:
    """Play all voices anew but those that are locked."""
    groove = order.drummer.accompany(take.groove, _locked(take), seed=seed, **order.asked(0, take.groove.bars))
    return _edited(take, groove)


def reroll_bar(take: Take, order: Order, seed: Any, bar: Any) -> Take:
    """Play a bar anew, counted from 0; locked voices stay."""
    if bar not in range(take.groove.bars):
        raise SettingError(f"there is no bar {bar} to play anew, the groove has {take.groove.bars}")
    beats = take.groove.beats_per_bar
    span = int(bar) * beats, (int(bar) + 1) * beats
    groove = order.drummer.replay(take.groove, *span, seed=seed, **order.asked(0, take.groove.bars))
    return _edited(take, _with_voices(groove, take.groove, _locked(take)))


def go_on(take: Take, order: Order, seed: Any, bars: Any) -> Take:
    """Let the drummer go on for some bars."""
    most = default_config().limits.bars[1]
    have = take.groove.bars
    if not isinstance(bars, int) or not 1 <= bars <= most - have:
        raise SettingError(f"a groove may have {most} bars: this one has {have}, so {bars} more do not fit")
    more = order.drummer.go_on(take.groove, bars=bars, seed=seed, **order.asked(have, bars))
    return _edited(take, take.groove.regrid(more.steps_per_beat).then(more))


def half_time(take: Take) -> Take:
    """Play the first half, half as fast."""
    return _edited(take, take.groove.half_time())


def double_time(take: Take) -> Take:
    """Play it twice as fast, and twice."""
    return _edited(take, take.groove.double_time())


def variations(take: Take, order: Order, seed: Any) -> list[Take]:
    """Play more like this."""
    wanted = {"genre": str(order.genre), "temperature": order.temperature, "seed": seed}
    return [_edited(take, groove) for groove in order.drummer.variations(take.groove, VARIATIONS, **wanted)]


def open_file(path: Path) -> tuple[Take, str]:
    """Open a `groove.json` or a MIDI file: a take no longer than a drummer can go on from, and what was understood."""
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            take = from_json(file.read(default_config().document.max_bytes + 1))
        bars = min(take.groove.bars, default_config().limits.bars[1])
        cut = f", of {take.groove.bars} the first {bars} bars are used" * (bars < take.groove.bars)
        return replace(take, groove=take.groove.cut(0, bars)), f"{take.heading}{cut}"
    groove, understood = bring(path)
    return Take(groove, edited=True), understood


def heard(take: Take) -> Take:
    """Make of a take what is heard of it: as human as it is set to be, without what is muted or not soloed."""
    groove = take.groove.human(take.settings.get("human", 1.0))
    muted, soloed = (_named(take.settings, what) for what in ("muted", "soloed"))
    silent = [voice for voice in range(VOICE_COUNT) if (voice not in soloed if soloed else voice in muted)]
    velocities, offsets = groove.velocities.copy(), groove.offsets.copy()
    velocities[:, silent] = offsets[:, silent] = 0
    settings = {name: value for name, value in take.settings.items() if name not in ("human", "muted", "soloed")}
    return replace(take, groove=replace(groove, hits=velocities > 0, velocities=velocities, offsets=offsets), settings=settings)


def _edited(take: Take, groove: Groove) -> Take:
    return replace(take, groove=groove, edited=True)


def _locked(take: Take) -> list[str]:
    return list(take.settings.get("locked", ()))


def _named(settings: Mapping[str, Any], what: str) -> set[int]:
    return {VOICE_INDEX[name] for name in settings.get(what, ())}


def _with_voices(groove: Groove, other: Groove, names: list[str]) -> Groove:
    """Take some voices from another groove on the same grid."""
    theirs = np.isin(np.arange(VOICE_COUNT), [VOICE_INDEX[name] for name in names])
    parts = ("hits", "velocities", "offsets")
    return replace(groove, **{part: np.where(theirs, getattr(other, part), getattr(groove, part)) for part in parts})
