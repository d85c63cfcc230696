"""Whether the music of some bars stayed where the bars around it were generated again."""

import numpy as np

from drummer.music.groove import Groove


def check_same_music(again: Groove, groove: Groove, first: int, last: int) -> None:
    """Check that bars `first` up to `last` of a groove stayed, cell by cell.

    `Groove.cut` would not do: a grace note at the end of a bar counts as an early downbeat of the next one, and goes with it, as
    soon as its voice no longer sounds on the bar line.
    """
    start, end = first * groove.steps_per_bar, last * groove.steps_per_bar
    music, early = np.zeros_like(groove.hits), groove.early_hits()
    music[start:end] = True
    ahead_of_end = slice(end - groove.lead_in_steps, end)
    music[ahead_of_end] = (groove.hits & ~early)[ahead_of_end]
    if first > 0:
        ahead = slice(start - groove.lead_in_steps, start)
        music[ahead] = early[ahead]
    for name in ("hits", "velocities", "offsets"):
        assert np.array_equal(getattr(again, name)[music], getattr(groove, name)[music]), name
