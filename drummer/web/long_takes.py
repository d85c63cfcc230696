"""Takes that are longer than the model generates at once, and songs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np

from drummer import GenerationParams
from drummer.config import default_config
from drummer.files.document import Take
from drummer.generation.random_streams import RandomStream
from drummer.generation.song import Block
from drummer.music.groove import Groove
from drummer.web.requests import GrooveRequest

OF_BLOCKS = ("intensity", "complexity")  # controls that each block of a song has


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


def put_back(groove: Groove, first: int, part: Groove) -> Groove:
    """Put bars back into the groove that they were cut from."""
    groove = groove.regrid(part.steps_per_beat)
    whole = groove.slice_bars(0, first).then(part) if first else part
    return whole.then(groove.slice_bars(whole.bars, groove.bars)) if whole.bars < groove.bars else whole


def is_loop(part: Groove, take: Take) -> bool:
    """Tell whether the end of a part leads to its beginning: it is a whole take, and no song, which begins with an intro."""
    return part.bars == take.groove.bars and not blocks_of(take)


def blocks_of(take: Take) -> list[Block]:
    """List the blocks of a song; none where the take is no song."""
    return [Block(**block) for block in take.settings.get("song", ())]


def first_of_block(take: Take, bar: int) -> int:
    """Find the first bar of the block that holds a bar of a song: phrases are counted from there. Without blocks it is 0."""
    ends = np.cumsum([0, *(block.bars for block in blocks_of(take))])
    return int(ends[ends <= bar][-1])


def params_for(take: Take, request: GrooveRequest, first_bar: int, bars: int) -> GenerationParams:
    """Choose the parameters for some bars of a take: in a song the blocks have the controls that are left to the drummer."""
    controls, blocks = dict(request.params.controls), blocks_of(take)
    for name in OF_BLOCKS:
        if blocks and name not in controls:
            by_bar = [getattr(block, name) for block in blocks for _ in range(block.bars)]
            controls[name] = (by_bar + [None] * take.groove.bars)[first_bar : first_bar + bars]
    return replace(request.params, bars=bars, controls=controls)


def with_blocks(take: Take, blocks: Sequence[Block]) -> Take:
    """Set the blocks of a take whose bars have changed, and unlock all bars; without blocks it is no song."""
    settings = {name: setting for name, setting in take.settings.items() if name not in ("song", "locked_bars")}
    return replace(take, settings=settings | ({"song": [asdict(block) for block in blocks]} if blocks else {}))
