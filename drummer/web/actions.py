"""Actions of the page and of the API: functions from a request, and often a take, to a new take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from drummer import GenerationParams
from drummer.config import default_config
from drummer.errors import DocumentError, MidiError, SettingError
from drummer.files.document import Take, from_json
from drummer.files.drum_maps import GENERAL_MIDI, DrumMap
from drummer.files.import_midi import import_midi
from drummer.generation import song
from drummer.generation.masks import fix_music_of, fix_voices
from drummer.generation.random_streams import RandomStream
from drummer.generation.song import Block
from drummer.generation.steadiness import is_other_pattern
from drummer.generation.streaming import join_parts
from drummer.music import time_scaling
from drummer.music.groove import Groove
from drummer.music.meter import check_meter
from drummer.music.percussion import PERCUSSION_LANE
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.validation import quote
from drummer.web.requests import GrooveRequest
from drummer.web.workers import run_in_worker, stream_from_worker

VARIATIONS = 4
_OF_BLOCKS = ("intensity", "complexity")  # controls that each block of a song has
_FEWEST_HEARD_BARS = 2  # of a song, which the model hears before the block that continues it
_NOT_OF_SONGS = (*_OF_BLOCKS, "fill", "fill_every", "to_genre")  # settings that the blocks of a song replace


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
        params = _params_for(take, request, first_bar, groove.bars)
        own_bars = [bar - first_bar for bar in bars if 0 <= bar - first_bar < groove.bars]
        fixed = fix_voices(groove, _locked(take)) | fix_music_of(groove, own_bars)
        in_block = first_bar - _first_of_block(take, first_bar)
        return request.drummer.infill(groove, fixed, params, first_bar=in_block, is_loop=_is_loop(groove, take), seed=seed)

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
    params = _params_for(take, request, first, around.bars)
    if fill:
        by_bar = [1.0 if first + index == bar else None for index in range(around.bars)]
        params = replace(params, fill_every=None, controls={**params.controls, "fill": by_bar})
    in_block = first - _first_of_block(take, int(bar))
    groove = request.drummer.infill(around, fixed, params, first_bar=in_block, is_loop=_is_loop(around, take))
    return _edited(take, _put_back(take.groove, first, groove))


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
        of_block = {name: getattr(blocks[-1], name) for name in _OF_BLOCKS}
        params, before = replace(params, controls={**of_block, **params.controls}), {**settings, **of_block}
        own = {name: params.controls[name] for name in _OF_BLOCKS if isinstance(request.params.controls.get(name), int | float)}
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
        params = _params_for(take, request, first_bar, groove.bars)
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
    return _edited(_with_blocks(take, song.half_time(blocks_of(take), take.groove.bars)), time_scaling.half_time(take.groove))


def double_time(take: Take) -> Take:
    """Play a take twice as fast, and twice; see `time_scaling.double_time`."""
    return _edited(_with_blocks(take, song.double_time(blocks_of(take), take.groove.bars)), time_scaling.double_time(take.groove))


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


# -- grooves longer than the model generates at once, and songs ------------------------------------------------------------


def by_stretches(
    groove: Groove, generate_stretch: Callable[[Groove, int, int], Groove], seed: int, lengths: Sequence[int] = ()
) -> Groove:
    """Generate a groove again; a long one stretch by stretch, each from a seed of its own.

    Args:
        groove: A groove of any length.
        generate_stretch: Generates a stretch, given the stretch, its first bar and its seed.
        seed: Source of all randomness.
        lengths: Bars of the stretches from the start, such as the blocks of a song; those longer than `limits.bars`, and the
            rest of the groove, are divided.
    """
    most = default_config().limits.bars[1]
    if groove.bars <= most:
        return generate_stretch(groove, 0, seed)
    ends = [end for end in np.cumsum([0, *lengths]).tolist() if end < groove.bars] + [groove.bars]
    starts = [start for first, last in pairwise(ends) for start in range(first, last, most)]
    whole: Groove | None = None
    for first, last in pairwise([*starts, groove.bars]):
        own_seed = int(np.random.default_rng([seed, RandomStream.STRETCH, first]).integers(default_config().limits.seed[1]))
        stretch = generate_stretch(groove.slice_bars(first, last), first, own_seed)
        whole = stretch if whole is None else whole.then(stretch)
    assert whole is not None
    return whole


def _is_loop(part: Groove, take: Take) -> bool:
    """Tell whether the end of a part leads to its beginning: it is a whole take, and no song, which begins with an intro."""
    return part.bars == take.groove.bars and not blocks_of(take)


def blocks_of(take: Take) -> list[Block]:
    """List the blocks of a song; none where the take is no song."""
    return [Block(**block) for block in take.settings.get("song", ())]


def _first_of_block(take: Take, bar: int) -> int:
    """Find the first bar of the block that holds a bar of a song: phrases are counted from there. Without blocks it is 0."""
    ends = np.cumsum([0, *(block.bars for block in blocks_of(take))])
    return int(ends[ends <= bar][-1])


def _params_for(take: Take, request: GrooveRequest, first_bar: int, bars: int) -> GenerationParams:
    """Choose the parameters for some bars of a take: in a song the blocks have the controls that are left to the drummer."""
    controls, blocks = dict(request.params.controls), blocks_of(take)
    for name in _OF_BLOCKS:
        if blocks and name not in controls:
            by_bar = [getattr(block, name) for block in blocks for _ in range(block.bars)]
            controls[name] = (by_bar + [None] * take.groove.bars)[first_bar : first_bar + bars]
    return replace(request.params, bars=bars, controls=controls)


def _put_back(groove: Groove, first: int, part: Groove) -> Groove:
    """Put bars back into the groove that they were cut from."""
    groove = groove.regrid(part.steps_per_beat)
    whole = groove.slice_bars(0, first).then(part) if first else part
    return whole.then(groove.slice_bars(whole.bars, groove.bars)) if whole.bars < groove.bars else whole


def _with_blocks(take: Take, blocks: Sequence[Block]) -> Take:
    """Set the blocks of a take whose bars have changed, and unlock all bars; without blocks it is no song."""
    settings = {name: setting for name, setting in take.settings.items() if name not in ("song", "locked_bars")}
    return replace(take, settings=settings | ({"song": [asdict(block) for block in blocks]} if blocks else {}))


def _edited(take: Take, groove: Groove) -> Take:
    return replace(take, groove=groove, edited=True)


def _locked(take: Take) -> list[str]:
    return list(take.settings.get("locked", ()))


def _check_unlocked(take: Take) -> None:
    if set(_locked(take)) >= set(VOICE_INDEX):
        raise SettingError("all voices are locked: unlock those you want to re-roll")


def _locked_bars(take: Take) -> list[int]:
    return [bar for bar in take.settings.get("locked_bars", ()) if bar < take.groove.bars]
