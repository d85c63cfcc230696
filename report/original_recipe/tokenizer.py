"""The original recipe's tokens: a whole beat with its loudness in one token, without microtiming."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config
from drummer.config_sections import OriginalRecipeConfig
from drummer.model.tokenizer import SPECIALS, Tokenizer, TokenSequence
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.voices import VOICE_COUNT


class BeatTokenizer(Tokenizer):
    """One token a beat, loudness included; rare beats are pruned to `[UNK]`.

    A symbol lists, in the order of the cells of a (steps_per_beat, 13) matrix, the loudness level of each: 0 = no hit, else the
    velocity rounded up to a multiple of 1 / `loudness_levels`. Only the most frequent symbols that together make up the
    configured `coverage` of all beats are kept.
    """

    kind: ClassVar[str] = "beat"

    def __init__(self, symbols: Iterable[Any], config: Config) -> None:
        """Make a tokenizer from its vocabulary; see `Tokenizer`."""
        super().__init__(symbols, config)
        self.token_steps = config.grid.steps_per_beat
        self.loudness_levels = settings_of(config).loudness_levels

    @classmethod
    def fit(cls, grooves: Iterable[Groove], config: Config) -> Self:
        """Collect the most frequent beats that make up the configured coverage."""
        settings, counts = settings_of(config), Counter[tuple[int, ...]]()
        for groove in grooves:
            counts.update(_beat_symbols(groove, config.grid.steps_per_beat, settings.loudness_levels))
        ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
        running = np.cumsum([counts[symbol] for symbol in ordered])
        kept = int(np.searchsorted(running, settings.coverage * counts.total())) + 1
        return cls(ordered[:kept], config)

    @property
    def unknown_token_bits(self) -> float:
        """See `Tokenizer.unknown_token_bits`: every cell has one of the loudness levels or none."""
        return self.token_steps * VOICE_COUNT * math.log2(self.loudness_levels + 1)

    def encode(self, groove: Groove) -> TokenSequence:
        """See `Tokenizer.encode`. A beat outside the vocabulary becomes `[UNK]`; microtiming is not kept."""
        unused = np.zeros((groove.steps, VOICE_COUNT), dtype=np.int64)
        return TokenSequence(self._lookup(_beat_symbols(groove, self.token_steps, self.loudness_levels)), unused, unused)

    def decode(self, sequence: TokenSequence, bpm: float, meter: Meter = FOUR_FOUR) -> Groove:
        """See `Tokenizer.decode`. Velocities are the loudness levels, offsets 0; `[UNK]` is silence."""
        blank = (0,) * (self.token_steps * VOICE_COUNT)
        symbols = [self.symbols[token - SPECIALS] if token >= SPECIALS else blank for token in sequence.tokens.tolist()]
        levels = np.array(symbols).reshape(-1, VOICE_COUNT)
        velocities = (levels / self.loudness_levels).astype(np.float32)
        return Groove(levels > 0, velocities, np.zeros_like(velocities), bpm, self.steps_per_beat, meter)

    def token_voices(self) -> NDArray[np.bool_]:
        """See `Tokenizer.token_voices`."""
        levels = np.zeros((self.size, self.token_steps, VOICE_COUNT), dtype=np.int64)
        levels[SPECIALS:] = np.array(self.symbols).reshape(-1, self.token_steps, VOICE_COUNT)
        return np.asarray(levels.any(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """See `Tokenizer.to_dict`: only the cells with a hit are listed, as (cell, level) pairs."""
        sparse = [[[cell, level] for cell, level in enumerate(symbol) if level] for symbol in self.symbols]
        return {"kind": self.kind, "symbols": sparse}

    @classmethod
    def _read_symbol(cls, written: Any, config: Config) -> tuple[int, ...]:
        levels = [0] * (config.grid.steps_per_beat * VOICE_COUNT)
        for cell, level in written:
            levels[cell] = int(level)
        return tuple(levels)


def settings_of(config: Config) -> OriginalRecipeConfig:
    """Look up the recipe's own settings; by default those of `OriginalRecipeConfig`."""
    return config.original_recipe or OriginalRecipeConfig()


def _beat_symbols(groove: Groove, steps: int, loudness_levels: int) -> list[tuple[int, ...]]:
    levels = np.ceil(groove.velocities * loudness_levels).astype(np.int64)  # 0 stays 0, anything audible is at least 1
    return [tuple(beat) for beat in levels.reshape(-1, steps * VOICE_COUNT).tolist()]
