"""Training sequences in other meters, made of performances in 4/4: GMD has 24 minutes in all other meters together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drummer.config import Config
from drummer.data.batches import Window, sample_inputs
from drummer.data.corpus import Performance
from drummer.data.encoding import EncodedPerformance
from drummer.model.tokenizer import Tokenizer
from drummer.music.genre_scale import GenreScale
from drummer.music.meter import FOUR_FOUR, KNOWN_METERS, PHRASE_BARS, Meter, groupings_of
from drummer.music.meter_adaptation import adapt, adapted_bars, is_swung, source_bars

_MADE = [known for known in KNOWN_METERS if known.training_share]
_REGROUPED = 0.25  # share of the bars of a meter with several groupings that have another than the usual one


class MeterAugmentation:
    """Draws stretches of performances in 4/4 and turns them into other meters, see `music.meter_adaptation`."""

    def __init__(self, performances: Sequence[Performance], tokenizer: Tokenizer, config: Config, scale: GenreScale) -> None:
        """Keep the performances to draw from, without those that are too short or not in 4/4."""
        chosen = [one for one in performances if one.groove.meter == FOUR_FOUR and one.groove.bars > 1 and one.part == "beat"]
        self._performances, self._swung = chosen, [is_swung(one.groove) for one in chosen]
        bars = np.array([min(one.groove.bars, config.training.window_bars * 8) for one in chosen], dtype=np.float64)
        self._tokenizer, self._config, self._scale = tokenizer, config, scale
        self._shares = bars / max(1.0, bars.sum())
        self._meters = [groupings_of(Meter(known.numerator, known.denominator)) for known in _MADE]

    def sample_windows(self, count: int, generator: np.random.Generator) -> list[Window]:
        """Sample windows of stretches in other meters."""
        if not self._performances:
            return []
        indices = generator.choice(len(self._performances), count, p=self._shares)
        shares = np.array([known.training_share for known in _MADE])
        meters = generator.choice(len(self._meters), count, p=shares / shares.sum())
        return [self._sample(int(index), int(meter), generator) for index, meter in zip(indices, meters, strict=True)]

    def _sample(self, index: int, number: int, generator: np.random.Generator) -> Window:
        performance, (meter, *others) = self._performances[index], self._meters[number]
        if others and generator.random() < _REGROUPED:
            meter = others[int(generator.integers(len(others)))]
        groove = performance.groove
        window = self._config.training.window_bars
        length = min(groove.bars, source_bars(window, meter))
        phrases = (groove.bars - length) // PHRASE_BARS
        first = PHRASE_BARS * int(generator.integers(0, phrases + 1))
        adapted = adapt(
            groove.cut(first, first + length),
            meter,
            swung=self._swung[index],
            last_two=bool(generator.random() < 0.5),
        )
        bars = adapted_bars(length, meter)
        source = replace(performance, groove=adapted, style=performance.style)
        encoded = EncodedPerformance.encode(source, self._tokenizer, self._config, self._scale)
        return sample_inputs(encoded, 0, min(bars, window), self._config.training, generator)
