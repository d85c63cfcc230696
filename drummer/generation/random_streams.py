"""Streams of random numbers: numbers that one seed gives for different purposes must differ."""

from enum import IntEnum


class RandomStream(IntEnum):
    """A purpose, as it follows the seed in `np.random.default_rng([seed, RandomStream.TEMPO])`; a groove has the seed alone.

    The numbers must stay: others would give other grooves for the same seed.
    """

    TEMPO = 1
    VARIATION = 2
    SONG = 3
    STRETCH = 4
