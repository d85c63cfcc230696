"""Songs: blocks of bars, each with its intensity and complexity, and fills where they meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.files.document import SONG_PARTS
from drummer.generation.drummer import Drummer
from drummer.generation.params import GenerationParams
from drummer.generation.random_streams import RandomStream
from drummer.generation.steadiness import is_other_pattern
from drummer.generation.streaming import join_parts
from drummer.music.controls import CONTROLS
from drummer.music.groove import Groove
from drummer.validation import check_name, check_number, check_whole

# Intensity and complexity of a part by default: a song rises to its choruses.
USUAL: Mapping[str, tuple[float, float]] = MappingProxyType(
    dict(zip(SONG_PARTS, ((0.3, 0.35), (0.4, 0.45), (0.85, 0.75), (0.35, 0.55), (0.75, 0.5)), strict=True))
)
_HEARD_BARS = 2  # of the block before, which the model hears: more bars of a soft verse would make the chorus softer


@dataclass(frozen=True)
class Block:
    """A part of a song.

    Attributes:
        part: `intro`, `verse`, `chorus`, `bridge` or `ending`.
        bars: 1-32.
        intensity: How hard, 0-1, for the genre; by default usual for the part.
        complexity: How busy, likewise.

    Raises:
        SettingError: If one is outside.
    """

    part: str
    bars: int
    intensity: float | None = None
    complexity: float | None = None

    def __post_init__(self) -> None:
        """Check the values, and fill in the usual ones."""
        usual = dict(zip(("intensity", "complexity"), USUAL[check_name("part of a song", self.part, USUAL)], strict=True))
        object.__setattr__(self, "bars", check_whole(f"the bars of the {self.part}", self.bars, default_config().limits.bars))
        for name, value in usual.items():
            given = getattr(self, name)
            limits = CONTROLS[name].low, CONTROLS[name].high
            checked = value if given is None else check_number(f"the {name} of the {self.part}", given, limits)
            object.__setattr__(self, name, checked)


def generate_song(drummer: Drummer, blocks: Sequence[Block], params: GenerationParams | None = None, **settings: Any) -> Groove:
    """Generate a song: one groove, block after block.

    Each block continues the two bars before it; a part that returns continues its own first two bars instead, but not its
    fill, so that the second verse has the groove of the first. The last bar of every block but the last is a fill.

    Example:
        >>> drummer = Drummer.load("small")
        >>> song = generate_song(drummer, [Block("intro", 2), Block("verse", 4), Block("ending", 2)], genre="rock", seed=1)
        >>> song.bars
        8

    Args:
        drummer: Generates the blocks.
        blocks: In their order.
        params: As in `Drummer.generate`; controls are one number for the whole song, such as `swing`. Bars, fills, intensity and
            complexity are those of the blocks.
        settings: As in `Drummer.generate`.

    Raises:
        SettingError: If there are no blocks or too many bars, or a setting is out of range.
    """
    return join_parts(stream_song(drummer, blocks, params, **settings))


def stream_song(
    drummer: Drummer, blocks: Sequence[Block], params: GenerationParams | None = None, **settings: Any
) -> Iterator[Groove]:
    """Generate a song as `generate_song` does and yield its bars while the rest is still sampled, as `Drummer.stream` does.

    Example:
        >>> drummer = Drummer.load("small")
        >>> [part.bars for part in stream_song(drummer, [Block("intro", 2), Block("verse", 1)], genre="rock", seed=1)]
        [1, 1, 1]
    """
    check_blocks(blocks)
    asked = replace(GenerationParams.of(params, settings), fill_every=None)
    generator = np.random.default_rng([asked.seed, RandomStream.SONG])
    seeds = generator.integers(drummer.config.limits.seed[1], size=len(blocks)).tolist()
    song: Groove | None = None
    begun: dict[str, tuple[Groove, Block]] = {}  # first bars of each part, without its fill if there are others
    for number, (block, own_seed) in enumerate(zip(blocks, seeds, strict=True)):
        fill = [None] * (block.bars - 1) + [1.0 if number < len(blocks) - 1 else None]
        controls = {**asked.controls, "intensity": block.intensity, "complexity": block.complexity, "fill": fill}
        own = replace(asked, bars=block.bars, seed=own_seed, controls=controls)
        heard = None if song is None else song.cut(max(0, song.bars - _HEARD_BARS), song.bars)
        returns = False
        if block.part in begun:
            heard, first = begun[block.part]
            returns = first.bars > 1 and not is_other_pattern({"complexity": block.complexity}, {"complexity": first.complexity})
        parts = []
        for part in drummer.stream(own, after=heard, new_phrase=True, keep_pattern=returns):
            parts.append(part)
            yield part
        generated = join_parts(parts)
        song = generated if song is None else song.then(generated)
        begun.setdefault(block.part, (generated.cut(0, min(_HEARD_BARS, max(1, generated.bars - 1))), block))


def half_time(blocks: Sequence[Block], bars: int) -> list[Block]:
    """List the blocks of a song of so many bars at half time, see `time_scaling.half_time`: its first half, twice as long.

    A block that would become too long is split into two of the same part. If the song then has too many blocks, the list is
    empty: the groove is no song any more.

    Example:
        >>> [(block.part, block.bars) for block in half_time([Block("intro", 2), Block("verse", 4)], 6)]
        [('intro', 4), ('verse', 2)]
    """
    most = default_config().limits.bars[1]
    slow: list[Block] = []
    for block in blocks:
        left = min(2 * block.bars, bars - sum(each.bars for each in slow))
        lengths = [most] * (left // most) + [left % most] * (left % most > 0)
        slow += [replace(block, bars=length) for length in lengths]
    return slow if len(slow) <= default_config().document.max_blocks else []


def double_time(blocks: Sequence[Block], bars: int) -> list[Block]:
    """List the blocks of a song of so many bars at double time, see `time_scaling.double_time`: half as long, and twice.

    The list is empty where a block would begin inside a bar, or where there would be too many blocks.

    Example:
        >>> [(block.part, block.bars) for block in double_time([Block("intro", 2), Block("verse", 4)], 6)]
        [('intro', 1), ('verse', 2), ('intro', 1), ('verse', 2)]
    """
    whole = sum(block.bars for block in blocks) == bars and all(block.bars % 2 == 0 for block in blocks)
    fast = [replace(block, bars=block.bars // 2) for block in blocks] * 2 if whole else []
    return fast if len(fast) <= default_config().document.max_blocks else []


def check_blocks(blocks: Sequence[Block]) -> None:
    """Check that a song is neither empty nor too long.

    Raises:
        SettingError: If it is.
    """
    most = default_config().document
    check_whole("the number of blocks", len(blocks), (1, most.max_blocks))
    if sum(block.bars for block in blocks) > most.max_bars:
        raise SettingError(f"a song may have at most {most.max_bars} bars, got {sum(block.bars for block in blocks)}")
