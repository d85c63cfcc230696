"""What the page's buttons do: settings and a take in, a take out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from drummer import Drummer
from drummer.bring import bring
from drummer.config import default_config
from drummer.document import Take, from_json
from drummer.drum_maps import GENERAL_MIDI, DrumMap
from drummer.errors import DocumentError, MidiError, SettingError
from drummer.generation import song
from drummer.generation.masks import fix_voices, free_beats
from drummer.generation.song import Block
from drummer.music import time_scaling
from drummer.music.controls import CONTROLS, ControlValue, fill_every
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_whole, is_number, quote
from drummer.web.workers import by_a_worker, by_a_worker_stepwise

AUTO, NO_FILLS = "auto", "none"  # of `Order.fills`
NO_MORPH = "none"
VARIATIONS = 4
_STRETCH_STREAM = 4  # draws of different things from one seed must not be the same numbers, see performer.py
_SAID = ("intensity", "complexity")  # of a block of a song
_BY_BLOCK = (*_SAID, "fill")
_WISHES = tuple(name for name in CONTROLS if name != "fill")  # a fill is asked for by the bar


@cache
def load(model: str) -> Drummer:
    """Read a model once."""
    return Drummer.load(model)


@dataclass(frozen=True)
class Order:
    """What the widgets say, unchecked; None is left to the drummer.

    Attributes:
        genre: As in `Drummer.play`, like `bars`, `temperature` and `seed`.
        bpm: As there; None is that of the performance in mind.
        kit: Name of the kit that plays it.
        model: Name of the model.
        intensity: As in `drummer.music.controls`, like all that follow up to `looseness`.
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
        wishes: dict[str, ControlValue] = {name: getattr(self, name) for name in _WISHES}
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
            bars = float(self.fills)
            return check_whole("fills", bars, (1, default_config().document.max_bars))
        except (TypeError, ValueError, OverflowError, SettingError) as error:
            raise SettingError(f"fills must be {AUTO}, {NO_FILLS} or a number of bars, got {quote(self.fills)}") from error


@by_a_worker
def play(order: Order) -> Take:
    """Play a groove."""
    bars = check_whole("the number of bars", order.bars, default_config().limits.bars)
    bpm = order.drummer.reference_bpm(str(order.genre), order.seed) if order.bpm is None else order.bpm
    wanted = {"bpm": bpm, "bars": bars, "seed": order.seed, **order.asked(0, bars)}
    if order.to_genre == NO_MORPH:
        groove = order.drummer.generate(**wanted)
    else:
        groove = order.drummer.interpolate(str(order.to_genre), **wanted)
    return Take(groove, order.settings, int(order.seed), model_hash=order.drummer.trained.fingerprint)


@by_a_worker_stepwise
def grow_song(order: Order, blocks: Sequence[Block]) -> Iterator[Take]:
    """Play a song, giving what there is of it after each block: the last is the song."""
    asked = {name: wish for name, wish in order.asked(0, 1).items() if name not in _BY_BLOCK}
    settings = {name: value for name, value in order.settings.items() if name not in (*_BY_BLOCK, "fill_every", "to_genre")}
    settings["song"] = [asdict(block) for block in blocks]
    for groove in song.stream_song(order.drummer, blocks, bpm=order.bpm, seed=order.seed, **asked):
        yield Take(groove, settings, int(order.seed), model_hash=order.drummer.trained.fingerprint)


def direct(take: Take, order: Order) -> Iterator[Take]:
    """Play a take as the directions now say, from the tempo that it was generated at. A song stays one, and grows."""
    same = (order.bpm, order.genre, order.seed) == (take.groove.bpm, take.settings.get("genre"), take.seed)
    retimed = same and "generated_bpm" in take.settings
    directed = replace(order, bpm=take.settings["generated_bpm"]) if retimed else order
    blocks = blocks_of(take)
    takes = grow_song(directed, blocks) if blocks else iter([play(directed)])
    return (at_tempo(each, order.bpm) for each in takes) if retimed else takes


def at_tempo(take: Take, bpm: float) -> Take:
    """Play a take as it is at another tempo; the take remembers the one at which its seed gives it."""
    settings = {"generated_bpm": take.groove.bpm, **take.settings}
    return replace(take, groove=replace(take.groove, bpm=bpm), settings=settings)


@by_a_worker
def reroll(take: Take, order: Order, seed: Any) -> Take:
    """Play all voices anew but those that are locked."""

    def play_anew(groove: Groove, first: int, own_seed: Any) -> Groove:
        wanted = _asked(take, order, first, groove.bars)
        return order.drummer.infill(groove, fix_voices(groove, _locked(take)), seed=own_seed, **wanted)

    return _edited(take, by_stretches(take.groove, play_anew, seed, [block.bars for block in blocks_of(take)]))


@by_a_worker
def reroll_bar(take: Take, order: Order, seed: Any, bar: Any) -> Take:
    """Play a bar anew, counted from 0; locked voices stay. Of a long groove the drummer hears what is around it."""
    if bar not in range(take.groove.bars):
        raise SettingError(f"there is no bar {quote(bar)} to play anew, the groove has {take.groove.bars}")
    beats, most = take.groove.beats_per_bar, default_config().limits.bars[1]
    first = max(0, min(int(bar) - most // 2, take.groove.bars - most))
    around = take.groove.slice_bars(first, min(first + most, take.groove.bars))
    span = (int(bar) - first) * beats, (int(bar) - first + 1) * beats
    groove = order.drummer.infill(around, free_beats(around, *span), seed=seed, **_asked(take, order, first, around.bars))
    return _edited(take, _put_back(take.groove, first, _with_voices(groove, around, _locked(take))))


@by_a_worker
def go_on(take: Take, order: Order, seed: Any, bars: Any) -> Take:
    """Let the drummer go on for some bars; where it is a song, they are one more block."""
    blocks, most = take.settings.get("song", ()), default_config().document.max_blocks
    if len(blocks) >= most:
        raise SettingError(f"the drummer cannot go on from this song: it has {len(blocks)} blocks, and a song may have {most}")
    longer = _edited(take, lengthen(take.groove, order, seed, bars))
    if not blocks:
        return longer
    more = {"part": blocks[-1]["part"], "bars": longer.groove.bars - take.groove.bars}
    return replace(longer, settings={**take.settings, "song": [*blocks, more]})


def lengthen(groove: Groove, order: Order, seed: Any, bars: Any) -> Groove:
    """Add some bars that the drummer goes on for."""
    most, at_once = default_config().document.max_bars, default_config().limits.bars[1]
    if not is_number(bars) or not 1 <= bars <= min(at_once, most - groove.bars) or bars != int(bars):
        have = f"this one has {groove.bars}, so {quote(bars)} more do not fit"
        raise SettingError(f"a drummer goes on for 1-{at_once} bars, and a groove may have {most}: {have}")
    bars = int(bars)
    more = order.drummer.continue_groove(groove, bars=bars, seed=seed, **order.asked(groove.bars, bars))
    return groove.regrid(more.steps_per_beat).then(more)


def half_time(take: Take) -> Take:
    """Play the first half, half as fast; of a song the blocks too."""
    return _edited(_with_blocks(take, song.half_time(blocks_of(take), take.groove.bars)), time_scaling.half_time(take.groove))


def double_time(take: Take) -> Take:
    """Play it twice as fast, and twice; of a song the blocks too."""
    return _edited(_with_blocks(take, song.double_time(blocks_of(take), take.groove.bars)), time_scaling.double_time(take.groove))


@by_a_worker
def humanise(take: Take, order: Order, seed: Any) -> Take:
    """Perform the same hits anew."""

    def perform(groove: Groove, first: int, own_seed: Any) -> Groove:
        return order.drummer.humanize(groove, seed=own_seed, **_asked(take, order, first, groove.bars))

    return _edited(take, by_stretches(take.groove, perform, seed))


@by_a_worker
def variations(take: Take, order: Order, seed: Any, count: Any = VARIATIONS) -> list[Take]:
    """Play more like this."""
    most = default_config().limits.bars[1]
    if take.groove.bars > most:
        raise SettingError(f"variations are played of at most {most} bars, and this groove has {take.groove.bars}")
    wanted = {"genre": str(order.genre), "temperature": order.temperature, "seed": seed}
    return [_edited(take, groove) for groove in order.drummer.variations(take.groove, count, **wanted)]


def open_file(path: Path, drum_map: DrumMap = GENERAL_MIDI, rhythm_of: str | None = None) -> tuple[Take, str]:
    """Open a `groove.json` or a MIDI file, read as `bring` does: a take, and what was understood."""
    if not path.is_file():
        raise MidiError("the file is no longer there: choose it again")
    if path.suffix.lower() == ".json":
        try:
            with path.open("rb") as file:
                content = file.read(default_config().document.max_bytes + 1)
        except OSError as error:
            raise DocumentError(f"the file cannot be read: {error.strerror}") from error
        take = from_json(content)
        return take, take.heading
    groove, understood = bring(path, drum_map=drum_map, rhythm_of=rhythm_of, max_bars=default_config().document.max_bars)
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


# -- grooves that are longer than a drummer plays at once, and songs -------------------------------------------------------


def by_stretches(
    groove: Groove, play_anew: Callable[[Groove, int, Any], Groove], seed: Any, lengths: Sequence[int] = ()
) -> Groove:
    """Play a groove anew; one that is longer than a drummer plays at once stretch by stretch, each from a seed of its own.

    Args:
        groove: Of any length.
        play_anew: Plays a stretch, given its first bar and its seed.
        seed: What all chance comes from.
        lengths: Bars of the stretches, where there is a reason for some; each no more than a drummer plays at once.
    """
    most = default_config().limits.bars[1]
    if groove.bars <= most:
        return play_anew(groove, 0, seed)
    check_whole("seed", seed, default_config().limits.seed)
    starts = np.cumsum([0, *(lengths or [most] * (groove.bars // most))])
    starts = starts[starts < groove.bars].tolist()
    whole: Groove | None = None
    for first, last in pairwise([*starts, groove.bars]):
        own_seed = int(np.random.default_rng([int(seed), _STRETCH_STREAM, first]).integers(default_config().limits.seed[1]))
        stretch = play_anew(groove.slice_bars(first, last), first, own_seed)
        whole = stretch if whole is None else whole.then(stretch)
    assert whole is not None
    return whole


def _put_back(groove: Groove, first: int, part: Groove) -> Groove:
    """Put bars back into the groove that they are from."""
    groove = groove.regrid(part.steps_per_beat)
    whole = groove.slice_bars(0, first).then(part) if first else part
    return whole.then(groove.slice_bars(whole.bars, groove.bars)) if whole.bars < groove.bars else whole


def blocks_of(take: Take) -> list[Block]:
    """List the blocks of a take that is a song."""
    return [Block(**block) for block in take.settings.get("song", ())]


def _asked(take: Take, order: Order, first: int, bars: int) -> dict[str, Any]:
    """Collect what is asked of some bars of a take: of a song what its blocks say, where the page leaves it to the drummer."""
    asked, blocks = order.asked(first, bars), blocks_of(take)
    for name in _SAID:
        if blocks and asked[name] is None:
            by_bar = [getattr(block, name) for block in blocks for _ in range(block.bars)]
            asked[name] = (by_bar + [None] * take.groove.bars)[first : first + bars]
    return asked


def _with_blocks(take: Take, blocks: Sequence[Block]) -> Take:
    """Let a take have these blocks; with none it is no song."""
    settings = {name: setting for name, setting in take.settings.items() if name != "song"}
    return replace(take, settings=settings | ({"song": [asdict(block) for block in blocks]} if blocks else {}))


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
