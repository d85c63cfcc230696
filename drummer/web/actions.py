"""Actions of the page and of the API: functions from a request, and often a take, to a new take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import DocumentError, MidiError, SettingError
from drummer.files.document import Take, from_json
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.files.import_midi import import_midi
from drummer.generation import song
from drummer.generation.masks import fix_music_of, fix_voices
from drummer.generation.song import Block
from drummer.generation.steadiness import is_other_pattern
from drummer.generation.streaming import join_parts
from drummer.music import time_scaling
from drummer.music.groove import Groove
from drummer.music.meter import check_meter
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.validation import quote
from drummer.web.long_takes import (
    OF_BLOCKS,
    blocks_of,
    by_stretches,
    first_of_block,
    is_loop,
    params_for,
    put_back,
    with_blocks,
)
from drummer.web.requests import GrooveRequest
from drummer.web.workers import run_in_worker, stream_from_worker

VARIATIONS = 4
_FEWEST_HEARD_BARS = 2  # of a song, which the model hears before the block that continues it
_NOT_OF_SONGS = (*OF_BLOCKS, "fill", "fill_every", "to_genre")  # settings that the blocks of a song replace


# -- new grooves -----------------------------------------------------------------------------------------------------------


@run_in_worker
def generate(request: GrooveRequest) -> Take:
    """Generate a groove, or an interpolation where the request has a `to_genre`."""
    drummer, params = request.drummer, request.params
    groove = drummer.generate(params) if request.to_genre is None else drummer.interpolate(request.to_genre, params)
    return _generated(groove, request, request.settings)


@stream_from_worker
def stream(request: GrooveRequest, blocks: Sequence[Block] = ()) -> Iterator[Take]:
    """Generate what `generate` does, or a song of some blocks, and yield it bar by bar: each take holds new bars only."""
    settings = request.settings
    if blocks:
        settings = {name: value for name, value in settings.items() if name not in _NOT_OF_SONGS}
        settings["song"] = [asdict(block) for block in blocks]
        parts = song.stream_song(request.drummer, blocks, request.params)
    else:
        parts = request.drummer.stream(request.params, to_genre=request.to_genre)
    for groove in parts:
        yield _generated(groove, request, settings)


def _generated(groove: Groove, request: GrooveRequest, settings: dict[str, Any]) -> Take:
    """Make the take of a new groove; one that follows a rhythm counts as edited, since its settings cannot reproduce it."""
    params, model_hash = request.params, request.drummer.trained.fingerprint
    return Take(groove, settings, params.seed, edited=params.rhythm is not None, model_hash=model_hash)


def join_takes(parts: Iterable[Take]) -> Take:
    """Join takes that hold consecutive bars of one take."""
    first, *others = parts
    return replace(first, groove=join_parts([first.groove, *(part.groove for part in others)]))


def regenerate(take: Take, request: GrooveRequest) -> Iterator[Take]:
    """Generate a take again with other controls, at the tempo that it was generated at, and yield it bar by bar as `stream` does.

    A song stays a song.
    """
    params = request.params
    asked = params.bpm, params.genre, params.style, params.seed
    same = asked == (take.groove.bpm, take.settings.get("genre"), take.settings.get("style"), take.seed)
    retimed = same and "generated_bpm" in take.settings
    again = request.with_params(bpm=take.settings["generated_bpm"]) if retimed else request
    parts = stream(again, blocks_of(take))
    return (at_tempo(each, take.groove.bpm) for each in parts) if retimed else parts


def at_tempo(take: Take, bpm: float) -> Take:
    """Set another tempo and leave the hits as they are; the take remembers the tempo that its seed belongs to."""
    settings = {"generated_bpm": take.groove.bpm, **take.settings}
    return replace(take, groove=replace(take.groove, bpm=bpm), settings=settings)


# -- grooves made of a groove ----------------------------------------------------------------------------------------------


@run_in_worker
def reroll(take: Take, request: GrooveRequest) -> Take:
    """Generate everything again but the voices and the bars that are locked.

    Raises:
        SettingError: If all bars or all voices are locked.
    """
    bars = _locked_bars(take)
    _check_unlocked(take)
    if len(bars) == take.groove.bars:
        raise SettingError("all bars are locked: unlock those you want to re-roll")

    def infill(groove: Groove, first_bar: int, seed: int) -> Groove:
        params = params_for(take, request, first_bar, groove.bars)
        own_bars = [bar - first_bar for bar in bars if 0 <= bar - first_bar < groove.bars]
        fixed = fix_voices(groove, _locked(take)) | fix_music_of(groove, own_bars)
        in_block = first_bar - first_of_block(take, first_bar)
        return request.drummer.infill(groove, fixed, params, first_bar=in_block, is_loop=is_loop(groove, take), seed=seed)

    lengths = [block.bars for block in blocks_of(take)]
    return _edited(take, by_stretches(take.groove, infill, request.params.seed, lengths))


@run_in_worker
def reroll_bar(take: Take, request: GrooveRequest, bar: Any, *, fill: bool = False) -> Take:
    """Generate one bar again; locked voices stay. Of a long groove the model hears the bars around it.

    Args:
        take: The groove.
        request: Its seed is the source of all randomness.
        bar: The bar, from 0.
        fill: Whether the bar is to be a fill.

    Raises:
        SettingError: If there is no such bar, or it or all voices are locked.
    """
    if bar not in range(take.groove.bars):
        raise SettingError(f"there is no bar {quote(bar)} to re-roll, the groove has {take.groove.bars}")
    if bar in _locked_bars(take):
        raise SettingError(f"bar {int(bar) + 1} is locked: unlock it to re-roll it")
    _check_unlocked(take)
    check_meter(take.groove.meter, request.drummer.trained.meters)
    most = default_config().limits.bars[1]
    first = max(0, min(int(bar) - most // 2, take.groove.bars - most))
    around = take.groove.slice_bars(first, min(first + most, take.groove.bars))
    fixed = ~fix_music_of(around, [int(bar) - first]) | fix_voices(around, _locked(take))
    params = params_for(take, request, first, around.bars)
    if fill:
        by_bar = [1.0 if first + index == bar else None for index in range(around.bars)]
        params = replace(params, fill_every=None, controls={**params.controls, "fill": by_bar})
    in_block = first - first_of_block(take, int(bar))
    groove = request.drummer.infill(around, fixed, params, first_bar=in_block, is_loop=is_loop(around, take))
    return _edited(take, put_back(take.groove, first, groove))


@run_in_worker
def continue_take(take: Take, request: GrooveRequest) -> Take:
    """Continue a take by `request.params.bars` bars.

    Where it is a song, they are one more block like the last one, with its intensity and complexity where they are left to the
    drummer. The model hears that block alone, or two bars where it has but one.

    Raises:
        SettingError: If the groove, or the song, would be too long.
    """
    groove, params, blocks, most = take.groove, request.params, blocks_of(take), default_config().document.max_blocks
    if len(blocks) >= most:
        raise SettingError(f"this song cannot be continued: it has {len(blocks)} blocks, and a song can have {most}")
    settings, before, heard_bars = take.settings, take.settings, None
    if blocks:
        of_block = {name: getattr(blocks[-1], name) for name in OF_BLOCKS}
        params, before = replace(params, controls={**of_block, **params.controls}), {**settings, **of_block}
        own = {name: params.controls[name] for name in OF_BLOCKS if isinstance(request.params.controls.get(name), int | float)}
        settings = {**settings, "song": [*settings["song"], {**settings["song"][-1], "bars": params.bars, **own}]}
        heard_bars = max(blocks[-1].bars, _FEWEST_HEARD_BARS)
    options = {"new_phrase": bool(blocks), "keep_pattern": not before or not is_other_pattern(params.controls, before)}
    longer = continue_groove(groove, replace(request, params=params), heard_bars, **options)
    return replace(_edited(take, longer), settings=settings)


def continue_groove(groove: Groove, request: GrooveRequest, heard_bars: int | None = None, **options: bool) -> Groove:
    """Append `request.params.bars` bars that continue a groove.

    Args:
        groove: The groove.
        request: What to append.
        heard_bars: How many bars at its end the model hears; None = all that it can.
        options: `new_phrase` and `keep_pattern`, as in `Drummer.stream`.

    Raises:
        SettingError: If it would be too long.
    """
    most, at_once, bars = default_config().document.max_bars, default_config().limits.bars[1], request.params.bars
    if bars > most - groove.bars:
        room = most - groove.bars
        have = f"this one has {groove.bars}, so {room or 'no'} more {'fits' if room == 1 else 'fit'}"
        raise SettingError(f"a groove is continued by 1 to {at_once} bars and can have {most}: {have}")
    heard = groove if heard_bars is None else groove.cut(max(0, groove.bars - heard_bars), groove.bars)
    more = request.drummer.continue_groove(heard, request.params, **options)
    return groove.regrid(more.steps_per_beat).then(more)


@run_in_worker
def humanize(take: Take, request: GrooveRequest) -> Take:
    """Generate velocity and timing for the hits of a take."""

    def humanize_stretch(groove: Groove, first_bar: int, seed: int) -> Groove:
        params = params_for(take, request, first_bar, groove.bars)
        return request.drummer.humanize(groove, params, first_bar=first_bar, seed=seed)

    return _edited(take, by_stretches(take.groove, humanize_stretch, request.params.seed))


@run_in_worker
def variations(take: Take, request: GrooveRequest, count: Any = VARIATIONS) -> list[Take]:
    """Generate variations of a take, with its own controls where the request has none.

    Raises:
        SettingError: If it is too long, or the count is not 1-16.
    """
    most = default_config().limits.bars[1]
    if take.groove.bars > most:
        raise SettingError(f"variations are made of grooves of up to {most} bars, and this one has {take.groove.bars}")
    params = replace(request.params, bars=take.groove.bars)
    return [_edited(take, groove) for groove in request.drummer.variations(take.groove, count, params)]


def half_time(take: Take) -> Take:
    """Play the first half of a take half as fast; see `time_scaling.half_time`."""
    return _edited(with_blocks(take, song.half_time(blocks_of(take), take.groove.bars)), time_scaling.half_time(take.groove))


def double_time(take: Take) -> Take:
    """Play a take twice as fast, and twice; see `time_scaling.double_time`."""
    return _edited(with_blocks(take, song.double_time(blocks_of(take), take.groove.bars)), time_scaling.double_time(take.groove))


# -- files and sound -------------------------------------------------------------------------------------------------------


def open_file(
    path: Path, drum_map: DrumMap = GENERAL_MIDI, rhythm_of: str | None = None, rhythm_part: int | None = None
) -> tuple[Take, str]:
    """Open a `groove.json` or a MIDI file.

    Args:
        path: The file.
        drum_map: As in `drummer.files.import_midi.import_midi`, like the following.
        rhythm_of: As there.
        rhythm_part: As there.

    Returns:
        The take, and a line that describes what was read.

    Raises:
        DrummerError: If it cannot be read, in one sentence.
    """
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
    most = default_config().document.max_bars
    groove, understood = import_midi(path, drum_map=drum_map, rhythm_of=rhythm_of, rhythm_part=rhythm_part, max_bars=most)
    return Take(groove), understood


def as_heard(take: Take) -> Take:
    """Apply the expression of a take, and leave out voices that are muted or not soloed."""
    muted, soloed = (take.settings.get(name, ()) for name in ("muted", "soloed"))

    def is_silent(lane: str) -> bool:
        return lane not in soloed if soloed else lane in muted

    groove = take.groove.with_expression(take.settings.get("human", 1.0)).without(np.array([is_silent(v.name) for v in VOICES]))
    if groove.details is not None and is_silent(PERCUSSION_LANE):
        groove = replace(groove, details=groove.details.without_percussion())
    settings = {name: value for name, value in take.settings.items() if name not in ("human", "muted", "soloed")}
    return replace(take, groove=groove, settings=settings)


@run_in_worker
def draw_sheet_music(take: Take, width: Any, theme: str = "light") -> str:
    """Draw a take, as it is heard, as a drum part in SVG; see `drummer.pictures.sheet_music.to_svg`."""
    from drummer.pictures import sheet_music  # matplotlib takes half a second to load

    heard = as_heard(take)
    return sheet_music.to_svg(heard.groove, width, theme=theme, markers=heard.markers)


# -- what is edited, and what is locked ---------------------------------------------------------------------------------------


def _edited(take: Take, groove: Groove) -> Take:
    return replace(take, groove=groove, edited=True)


def _locked(take: Take) -> list[str]:
    return list(take.settings.get("locked", ()))


def _check_unlocked(take: Take) -> None:
    if set(_locked(take)) >= set(VOICE_INDEX):
        raise SettingError("all voices are locked: unlock those you want to re-roll")


def _locked_bars(take: Take) -> list[int]:
    return [bar for bar in take.settings.get("locked_bars", ()) if bar < take.groove.bars]
