"""Tokenizer: a groove as token ids, velocity bins and timing bins, and back.

A token stands for the set of voices that sound at one grid step. Velocity and microtiming of the hits travel beside the tokens.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config
from drummer.errors import ConfigError, WeightsError
from drummer.music.details import LATEST_OFFSET
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.voices import VOICE_COUNT
from drummer.validation import quote

BOS = 0  # the decoder's input before the first token; never a target
UNK = 1  # a voice set outside the vocabulary
SPECIALS = 2

_MIDI_VELOCITIES = 127


@dataclass(frozen=True)
class Binning:
    """Bins of velocity and microtiming.

    MIDI velocities 1-126 fall into `velocity_bins` - 1 equal bins over [0.5, 126.5) / 127. The loudest, 127, is a bin of its own:
    there the pads of a drum module saturate, an eighth of all hits in GMD. Offsets fall into `timing_bins` equal bins over
    [-0.5, 0.5) steps. `velocity(velocity_bin(x))` is within half a bin of `x`, and the same for offsets.
    """

    velocity_bins: int
    timing_bins: int

    @classmethod
    def from_config(cls, config: Config) -> Binning:
        """Make the bins of a configuration.

        Raises:
            ConfigError: If a step does not hold a whole number of timing bins.
        """
        per_beat, steps = config.model.timing_bins_per_beat, config.grid.steps_per_beat
        if per_beat % steps:
            raise ConfigError(f"model.timing_bins_per_beat must be a multiple of grid.steps_per_beat ({steps}), got {per_beat}")
        return cls(config.model.velocity_bins, per_beat // steps)

    def velocity_bin(self, velocities: NDArray[np.float32]) -> NDArray[np.int64]:
        """Find the bin of each velocity in (0, 1]."""
        position = (velocities.astype(np.float64) * _MIDI_VELOCITIES - 0.5) / (_MIDI_VELOCITIES - 1)
        return np.clip(np.floor(position * (self.velocity_bins - 1)), 0, self.velocity_bins - 1).astype(np.int64)

    def velocity(self, bins: NDArray[np.int64], inside: NDArray[np.float64] | float = 0.5) -> NDArray[np.float32]:
        """Turn bins back into velocities in (0, 1]; `inside` is the place in the bin, in [0, 1), 0.5 its centre."""
        values = (bins + inside) / (self.velocity_bins - 1) * (_MIDI_VELOCITIES - 1) + 0.5
        return np.where(bins == self.velocity_bins - 1, 1.0, values / _MIDI_VELOCITIES).astype(np.float32)

    def timing_bin(self, offsets: NDArray[np.float32]) -> NDArray[np.int64]:
        """Find the bin of each offset in [-0.5, 0.5) steps."""
        position = np.floor((offsets.astype(np.float64) + 0.5) * self.timing_bins)
        return np.clip(position, 0, self.timing_bins - 1).astype(np.int64)

    def offset(self, bins: NDArray[np.int64], inside: NDArray[np.float64] | float = 0.5) -> NDArray[np.float32]:
        """Turn bins back into offsets in steps; `inside` as in `velocity`."""
        values = ((bins + inside) / self.timing_bins - 0.5).astype(np.float32)
        return np.minimum(values, LATEST_OFFSET)


class TokenSequence(NamedTuple):
    """A groove as token ids and bins.

    Attributes:
        tokens: (length,) int64 token ids.
        velocity_bins: (steps, 13) int64, meaningful where a token sounds the voice.
        timing_bins: (steps, 13) int64, likewise.
    """

    tokens: NDArray[np.int64]
    velocity_bins: NDArray[np.int64]
    timing_bins: NDArray[np.int64]


class Tokenizer:
    """One token a grid step: the set of voices that sound.

    A symbol is a voice set, written as a number whose bit v stands for voice v (0 = silence). Token ids: 0 is `[BOS]`, 1 is
    `[UNK]`, the rest stand for the symbols in their order.

    Attributes:
        symbols: The vocabulary, the most frequent symbols first.
        steps_per_beat: Grid that grooves must have.
        binning: Bins of velocity and timing.
        token_steps: Grid steps that one token covers.
    """

    kind: ClassVar[str] = "step"
    token_steps = 1

    def __init__(self, symbols: Iterable[Any], config: Config) -> None:
        """Make a tokenizer from its vocabulary; `fit` finds one in grooves.

        Raises:
            ConfigError: If a grid step does not hold a whole number of timing bins.
        """
        self.symbols: tuple[Any, ...] = tuple(symbols)
        self.steps_per_beat = config.grid.steps_per_beat
        self.binning = Binning.from_config(config)
        self._ids = {symbol: index + SPECIALS for index, symbol in enumerate(self.symbols)}

    @classmethod
    def fit(cls, grooves: Iterable[Groove], config: Config) -> Self:
        """Collect the voice sets that occur at least `tokens.min_count` times."""
        counts: Counter[int] = Counter()
        for groove in grooves:
            counts.update(_voice_sets(groove.hits).tolist())
        frequent = sorted(
            (key for key, count in counts.items() if count >= config.tokens.min_count), key=lambda k: (-counts[k], k)
        )
        return cls([0, *(key for key in frequent if key)], config)  # silence is always in the vocabulary

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], config: Config) -> Self:
        """Rebuild a tokenizer with the configuration that it was fitted with; the inverse of `to_dict`.

        Raises:
            WeightsError: If the description is damaged or of another kind of tokenizer.
        """
        try:
            kind, symbols = data["kind"], data["symbols"]
            if kind == cls.kind:
                return cls([cls._read_symbol(symbol, config) for symbol in symbols], config)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise WeightsError("the vocabulary beside the weights is damaged; train again or fetch the weights again") from error
        raise WeightsError(f"the vocabulary beside the weights must be of kind {cls.kind}, got {quote(kind)}")

    def to_dict(self) -> dict[str, Any]:
        """Describe the vocabulary in plain lists and numbers, for JSON; the inverse of `from_dict`."""
        return {"kind": self.kind, "symbols": list(self.symbols)}

    @property
    def size(self) -> int:
        """Number of token ids, `[BOS]` and `[UNK]` included."""
        return len(self.symbols) + SPECIALS

    @property
    def unknown_token_bits(self) -> float:
        """Cost in bits of writing out a symbol outside the vocabulary, beyond `[UNK]` itself: one bit for each voice."""
        return VOICE_COUNT * math.log2(2)

    def encode(self, groove: Groove) -> TokenSequence:
        """Turn a groove on the tokenizer's grid into tokens and bins. A voice set outside the vocabulary becomes `[UNK]`."""
        tokens = self._lookup(_voice_sets(groove.hits).tolist())
        return TokenSequence(tokens, self.binning.velocity_bin(groove.velocities), self.binning.timing_bin(groove.offsets))

    def decode(self, sequence: TokenSequence, bpm: float, meter: Meter = FOUR_FOUR) -> Groove:
        """Turn tokens back into a groove, bins into their centres; the inverse of `encode`. `[UNK]` is silence."""
        hits = self.token_voices()[sequence.tokens]
        velocities = np.where(hits, self.binning.velocity(sequence.velocity_bins), np.float32(0))
        offsets = np.where(hits, self.binning.offset(sequence.timing_bins), np.float32(0))
        return Groove(hits, velocities, offsets, bpm, self.steps_per_beat, meter)

    def token_voices(self) -> NDArray[np.bool_]:
        """Tabulate the voices that each token sounds, at any of its steps: (size, 13)."""
        keys = np.array([0] * SPECIALS + list(self.symbols))
        return (keys[:, None] >> np.arange(VOICE_COUNT)) & 1 > 0

    @classmethod
    def _read_symbol(cls, written: Any, config: Config) -> Any:  # noqa: ARG003
        return int(written)

    def _lookup(self, symbols: Iterable[Any]) -> NDArray[np.int64]:
        return np.array([self._ids.get(symbol, UNK) for symbol in symbols], dtype=np.int64)


def _voice_sets(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Write each row of (steps, 13) bool as a number whose bit v stands for voice v."""
    return hits.astype(np.int64) @ (1 << np.arange(VOICE_COUNT))
