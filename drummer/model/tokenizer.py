"""Groove ↔ tokens: what the model reads and writes.

Two tokenizers share one interface. `StepTokenizer` (the default) says which voices sound at each grid step; velocity and
microtiming travel beside the tokens as bins. `BeatTokenizer` is the original recipe: a whole beat with its loudness in one token,
no microtiming, rare beats pruned to `[UNK]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config
from drummer.errors import ConfigError, WeightsError
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_COUNT
from drummer.validation import quote

BOS = 0  # "nothing has been played yet": the decoder's first input, never a target
UNK = 1  # anything outside the vocabulary
SPECIALS = 2

_MIDI_VELOCITIES = 127

Symbol = TypeVar("Symbol", bound=Hashable)


@dataclass(frozen=True)
class Binning:
    """Bins for velocity and microtiming.

    MIDI velocities 1-126 fall into `velocity_bins` - 1 equal bins over [0.5, 126.5) / 127. The loudest, 127, is a bin of its own:
    there the pads of a drum module saturate, an eighth of all hits in GMD. Offsets fall into `timing_bins` equal bins over
    [-0.5, 0.5) steps. `velocity(velocity_bin(x))` is within half a bin of `x`, and the same for offsets.
    """

    velocity_bins: int
    timing_bins: int

    @classmethod
    def from_config(cls, config: Config) -> Binning:
        """Read the bins of a configuration.

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
        return np.minimum(values, np.nextafter(np.float32(0.5), np.float32(0)))


class TokenSequence(NamedTuple):
    """A groove as the model sees it.

    Attributes:
        tokens: (length,) int64 token ids.
        velocity_bins: (steps, 13) int64, meaningful where the tokens say that a voice sounds; unused by beat tokens.
        timing_bins: (steps, 13) int64, likewise.
    """

    tokens: NDArray[np.int64]
    velocity_bins: NDArray[np.int64]
    timing_bins: NDArray[np.int64]


class Tokenizer(ABC, Generic[Symbol]):
    """A vocabulary, and the way from a groove to token ids and back.

    Ids: 0 is `[BOS]`, 1 is `[UNK]`, the rest stand for `symbols` in their order, the most frequent first.

    Attributes:
        symbols: What the ids from 2 on stand for.
        steps_per_beat: Grid that grooves must have.
        token_steps: Grid steps that one token covers.
        binning: Bins of velocity and timing.
    """

    kind: ClassVar[str]

    def __init__(self, symbols: Iterable[Symbol], steps_per_beat: int, token_steps: int, binning: Binning) -> None:
        """Make a tokenizer from its vocabulary; `fit` finds one in grooves."""
        self.symbols = tuple(symbols)
        self.steps_per_beat = steps_per_beat
        self.token_steps = token_steps
        self.binning = binning
        self._ids = {symbol: index + SPECIALS for index, symbol in enumerate(self.symbols)}

    @property
    def size(self) -> int:
        """Number of token ids, `[BOS]` and `[UNK]` included."""
        return len(self.symbols) + SPECIALS

    @abstractmethod
    def encode(self, groove: Groove) -> TokenSequence:
        """Turn a groove on the tokenizer's grid into tokens and bins."""

    @abstractmethod
    def decode(self, sequence: TokenSequence, bpm: float, beats_per_bar: int = 4) -> Groove:
        """Turn tokens back into a groove, bins into their centres; the inverse of `encode`. `[UNK]` is silence."""

    @abstractmethod
    def token_voices(self) -> NDArray[np.bool_]:
        """(size, 13): which voices each token sounds (at any of its steps)."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Describe the vocabulary in plain lists and numbers, for JSON; the inverse of `tokenizer_from_dict`."""

    def _lookup(self, symbols: Iterable[Symbol]) -> NDArray[np.int64]:
        return np.array([self._ids.get(symbol, UNK) for symbol in symbols], dtype=np.int64)

    def _symbols_of(self, tokens: NDArray[np.int64], blank: Symbol) -> list[Symbol]:
        """Symbols of token ids, `blank` for the special ones."""
        return [self.symbols[token - SPECIALS] if token >= SPECIALS else blank for token in tokens.tolist()]


class StepTokenizer(Tokenizer[int]):
    """One token a grid step: the set of voices that sound, as a number whose bit v stands for voice v (0 = silence)."""

    kind = "step"

    @classmethod
    def fit(cls, grooves: Iterable[Groove], config: Config) -> StepTokenizer:
        """Collect the voice sets that occur at least `tokens.min_count` times, the most frequent first."""
        counts: Counter[int] = Counter()
        for groove in grooves:
            counts.update(_voice_sets(groove.hits).tolist())
        frequent = sorted(
            (key for key, count in counts.items() if count >= config.tokens.min_count), key=lambda k: (-counts[k], k)
        )
        symbols = [0, *(key for key in frequent if key)]  # silence is always known
        return cls(symbols, config.grid.steps_per_beat, 1, Binning.from_config(config))

    def encode(self, groove: Groove) -> TokenSequence:
        """See `Tokenizer.encode`. A voice set outside the vocabulary becomes `[UNK]`."""
        tokens = self._lookup(_voice_sets(groove.hits).tolist())
        return TokenSequence(tokens, self.binning.velocity_bin(groove.velocities), self.binning.timing_bin(groove.offsets))

    def decode(self, sequence: TokenSequence, bpm: float, beats_per_bar: int = 4) -> Groove:
        """See `Tokenizer.decode`."""
        hits = self.token_voices()[sequence.tokens]
        velocities = np.where(hits, self.binning.velocity(sequence.velocity_bins), np.float32(0))
        offsets = np.where(hits, self.binning.offset(sequence.timing_bins), np.float32(0))
        return Groove(hits, velocities, offsets, bpm, self.steps_per_beat, beats_per_bar)

    def token_voices(self) -> NDArray[np.bool_]:
        """See `Tokenizer.token_voices`."""
        keys = np.array([0] * SPECIALS + list(self.symbols))
        return (keys[:, None] >> np.arange(VOICE_COUNT)) & 1 > 0

    def to_dict(self) -> dict[str, Any]:
        """See `Tokenizer.to_dict`."""
        return {"kind": self.kind, "symbols": list(self.symbols)}


class BeatTokenizer(Tokenizer[tuple[int, ...]]):
    """One token a beat, loudness included: the original recipe.

    A symbol lists, in the order of the cells of a (steps_per_beat, 13) matrix, the loudness level of each: 0 = no hit, else the
    velocity rounded up to a multiple of 1 / `tokens.loudness_levels`. Only the most frequent symbols that together make up
    `tokens.coverage` of all beats are kept.
    """

    kind = "beat"

    def __init__(
        self, symbols: Iterable[tuple[int, ...]], steps_per_beat: int, token_steps: int, binning: Binning, loudness_levels: int
    ) -> None:
        """Make a tokenizer from its vocabulary; `fit` finds one in grooves."""
        super().__init__(symbols, steps_per_beat, token_steps, binning)
        self.loudness_levels = loudness_levels

    @classmethod
    def fit(cls, grooves: Iterable[Groove], config: Config) -> BeatTokenizer:
        """Collect the most frequent beats that make up `tokens.coverage` of all."""
        steps, levels = config.grid.steps_per_beat, config.tokens.loudness_levels
        counts: Counter[tuple[int, ...]] = Counter()
        for groove in grooves:
            counts.update(_beat_symbols(groove, steps, levels))
        ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
        running = np.cumsum([counts[symbol] for symbol in ordered])
        kept = int(np.searchsorted(running, config.tokens.coverage * counts.total())) + 1
        return cls(ordered[:kept], steps, steps, Binning.from_config(config), levels)

    def encode(self, groove: Groove) -> TokenSequence:
        """See `Tokenizer.encode`. A beat outside the vocabulary becomes `[UNK]`; microtiming is not kept."""
        unused = np.zeros((groove.steps, VOICE_COUNT), dtype=np.int64)
        return TokenSequence(self._lookup(_beat_symbols(groove, self.token_steps, self.loudness_levels)), unused, unused)

    def decode(self, sequence: TokenSequence, bpm: float, beats_per_bar: int = 4) -> Groove:
        """See `Tokenizer.decode`. Velocities are the loudness levels, offsets 0."""
        blank = (0,) * (self.token_steps * VOICE_COUNT)
        levels = np.array(self._symbols_of(sequence.tokens, blank)).reshape(-1, VOICE_COUNT)
        velocities = (levels / self.loudness_levels).astype(np.float32)
        return Groove(levels > 0, velocities, np.zeros_like(velocities), bpm, self.steps_per_beat, beats_per_bar)

    def token_voices(self) -> NDArray[np.bool_]:
        """See `Tokenizer.token_voices`."""
        levels = np.zeros((self.size, self.token_steps, VOICE_COUNT), dtype=np.int64)
        levels[SPECIALS:] = np.array(self.symbols).reshape(-1, self.token_steps, VOICE_COUNT)
        return np.asarray(levels.any(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """See `Tokenizer.to_dict`: only the cells with a hit are listed, as (cell, level) pairs."""
        sparse = [[[cell, level] for cell, level in enumerate(symbol) if level] for symbol in self.symbols]
        return {"kind": self.kind, "symbols": sparse}


def fit_tokenizer(grooves: Iterable[Groove], config: Config) -> Tokenizer[Any]:
    """Find the vocabulary of the configured kind of tokens in training grooves."""
    return (StepTokenizer if config.tokens.kind == "step" else BeatTokenizer).fit(grooves, config)


def tokenizer_from_dict(data: Mapping[str, Any], config: Config) -> Tokenizer[Any]:
    """Rebuild a tokenizer; the inverse of `Tokenizer.to_dict`, given the configuration that it was fitted with.

    Raises:
        WeightsError: If the description is not one.
    """
    steps, binning = config.grid.steps_per_beat, Binning.from_config(config)
    try:
        symbols = data["symbols"]
        if data["kind"] == StepTokenizer.kind:
            return StepTokenizer([int(symbol) for symbol in symbols], steps, 1, binning)
        if data["kind"] == BeatTokenizer.kind:
            dense = [_dense(pairs, steps * VOICE_COUNT) for pairs in symbols]
            return BeatTokenizer(dense, steps, steps, binning, config.tokens.loudness_levels)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise WeightsError("the vocabulary beside the weights is damaged; train again or fetch the weights again") from error
    raise WeightsError(f"the vocabulary beside the weights must be of kind step or beat, got {quote(data['kind'])}")


def _dense(pairs: Iterable[tuple[int, int]], cells: int) -> tuple[int, ...]:
    levels = [0] * cells
    for cell, level in pairs:
        levels[cell] = int(level)
    return tuple(levels)


def _voice_sets(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Write each row of (steps, 13) bool as a number whose bit v stands for voice v."""
    return hits.astype(np.int64) @ (1 << np.arange(VOICE_COUNT))


def _beat_symbols(groove: Groove, steps: int, loudness_levels: int) -> list[tuple[int, ...]]:
    levels = np.ceil(groove.velocities * loudness_levels).astype(np.int64)  # 0 stays 0, anything audible is at least 1
    return [tuple(beat) for beat in levels.reshape(-1, steps * VOICE_COUNT).tolist()]
