"""Masks for infilling: which cells of a groove stay and which are generated again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_name, check_whole

Mask = NDArray[np.bool_]  # (steps, 13), true where a cell is fixed


def fix_voices(groove: Groove, voices: Iterable[str]) -> Mask:
    """Fix some voices of a groove, by their names: their hits and their silence stay.

    Raises:
        SettingError: If a voice is unknown.
    """
    fixed = np.zeros(groove.hits.shape, dtype=bool)
    fixed[:, [VOICE_INDEX[check_name("voice", name, VOICE_INDEX)] for name in voices]] = True
    return fixed


def free_voices(groove: Groove, voices: Iterable[str]) -> Mask:
    """Fix all voices of a groove but some; the reverse of `fix_voices`.

    Raises:
        SettingError: If a voice is unknown.
    """
    return ~fix_voices(groove, voices)


def free_beats(groove: Groove, first_beat: int, last_beat: int) -> Mask:
    """Fix everything but the beats from `first_beat` up to, not including, `last_beat` (0-based).

    Early hits go with the beat that they are meant for (`Groove.early_hits`): one that opens the beats is generated again, one
    that opens the beat after them stays.

    Raises:
        SettingError: If the beats are not in the groove.
    """
    beats = groove.steps // groove.steps_per_beat
    first = check_whole("the first beat", first_beat, (0, beats - 1))
    last = check_whole("the last beat", last_beat, (first + 1, beats))
    length = groove.steps_per_beat
    return ~_music_of(groove, first * length, last * length, groove.early_hits(beats=1))


def fix_bars(groove: Groove, bars: int) -> Mask:
    """Fix the first bars of a groove."""
    return np.repeat(np.arange(groove.steps)[:, None] < bars * groove.steps_per_bar, VOICE_COUNT, axis=1)


def fix_music_of(groove: Groove, bars: Iterable[int]) -> Mask:
    """Fix the music of some bars (0-based) of a groove.

    Early downbeats go with the bar that they open (`Groove.early_hits`), as in `free_beats`.

    Raises:
        SettingError: If a bar is not in the groove.
    """
    length, early = groove.steps_per_bar, groove.early_hits()
    fixed = np.zeros(groove.hits.shape, dtype=bool)
    for bar in bars:
        start = check_whole("the bar", bar, (0, groove.bars - 1)) * length
        fixed |= _music_of(groove, start, start + length, early)
    return fixed


def _music_of(groove: Groove, start: int, end: int, early: Mask) -> Mask:
    """Mark the cells of some steps. Early hits before `start` are included; early hits before `end` are not.

    Silent cells just ahead of `start` are included, and those just ahead of `end` are not, as early hits are. A hit that is not
    `early`, (steps, 13) bool, is a grace note of the steps before.
    """
    lead, grace = groove.lead_in_steps, groove.hits & ~early
    music = np.zeros(groove.hits.shape, dtype=bool)
    music[start:end] = True
    if start > 0:
        music[start - lead : start] = ~grace[start - lead : start]
    if end < groove.steps:
        music[end - lead : end] = grace[end - lead : end]
    return music


def fix_heard(whole: Groove, bars: int) -> Mask:
    """Fix the first bars of a groove, but leave their last steps free where nothing sounds.

    An early first downbeat of the following bars can be played there.
    """
    fixed = fix_bars(whole, bars)
    start = bars * whole.steps_per_bar
    lead_in = slice(start - whole.lead_in_steps, start)
    fixed[lead_in] = whole.hits[lead_in]
    return fixed


def count_lead_in(groove: Groove, fixed: Mask, memory_bars: int) -> int:
    """Count the bars to put before a groove with `with_lead_in`.

    Args:
        groove: The groove.
        fixed: (steps, 13) bool, the cells that stay.
        memory_bars: How many bars the model looks back; 0 where the groove's end does not lead to its beginning.

    Returns:
        So many that the model hears `memory_bars` ahead of the first bar with a free cell, as far as bars at the end stay: what
        opens the loop then follows its end as other bars follow each other. At least one where a cell of the first step is free.
    """
    if fixed.all():
        return 0
    free_bars = np.flatnonzero(~fixed.reshape(groove.bars, -1).all(axis=1))
    first, last = int(free_bars[0]), int(free_bars[-1])
    return max(int(not fixed[0].all()), min(memory_bars - first, groove.bars - 1 - last))


def with_lead_in(groove: Groove, fixed: Mask, bars: int) -> tuple[Groove, Mask]:
    """Put unheard bars before a groove, so that its first downbeat can be played early.

    They are the last bars of the groove, as in a loop, with their cells fixed in the same way. At their very end, silent cells of
    voices that are free on beat 1 are free too.
    """
    lead_in = slice(bars * groove.steps_per_bar - groove.lead_in_steps, bars * groove.steps_per_bar)
    whole = groove.slice_bars(groove.bars - bars, groove.bars).then(groove)
    mask = np.concatenate([fixed[-bars * groove.steps_per_bar :], fixed])
    mask[lead_in] &= whole.hits[lead_in] | fixed[:1]
    return whole, mask


def cut_generated(whole: Groove, heard_bars: int, fixed: Mask) -> Groove:
    """Extract the generated bars. Their early first downbeat is kept; an early downbeat of the following bar is removed.

    Args:
        whole: The bars that were heard, then the generated ones.
        heard_bars: Number of bars that were heard.
        fixed: The cells that were given. Hits at the end of the bars that were heard stay there.
    """
    lead, start = whole.lead_in_steps, heard_bars * whole.steps_per_bar
    given = np.zeros_like(fixed)
    given[start - lead : start] = fixed[start - lead : start]
    generated = whole.without(given).cut(heard_bars, whole.bars)
    return without_next_downbeat(generated, fixed[start:])


def without_grace_notes_ahead(groove: Groove, fixed: Mask) -> Groove:
    """Leave out generated hits just ahead of a free stretch, if their voice also sounds on its first beat.

    These cells are free for an early downbeat only; a grace note there would change the bar before.
    """
    first_free = ~fixed & np.concatenate([np.zeros_like(fixed[:1]), fixed[:-1]])
    on_beat = groove.bar_phase % groove.steps_per_beat == 0
    ahead = np.logical_or.reduce([np.roll(on_beat, -back) for back in range(1, groove.lead_in_steps + 1)])
    return groove.without(first_free & ahead[:, None] & ~groove.early_hits(beats=1))


def without_next_downbeat(groove: Groove, fixed: Mask) -> Groove:
    """Leave out hits just ahead of the groove's end that are not fixed: they are meant for a bar that is not there.

    In a loop they would double its first downbeat.
    """
    ahead = np.zeros_like(fixed)
    ahead[groove.steps - groove.lead_in_steps :] = True
    return groove.without(ahead & ~fixed)
