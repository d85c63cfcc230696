"""Comparison of a groove with real drummers of its genre: timing and velocity by voice, swing, busyness, and copied patterns.

The drummers are the training performances in the weights (`drummer.model.reference_bank`); no other data is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX, measure_controls
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.percussion import with_stand_ins
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX
from drummer.validation import check_name

if TYPE_CHECKING:  # the comparison itself needs no torch
    from drummer.model.checkpoint import TrainedModel

WINDOW_BARS = 4  # length of the drummers' windows that a groove is compared with
QUANTILES = (5, 25, 50, 75, 95)
# Label of each family of voices → names of its voices.
FAMILY_VOICES: Mapping[str, tuple[str, ...]] = dict(
    zip(("Kick", "Snare", "Hi-hats", "Toms", "Cymbals"), FAMILIES.values(), strict=True)
)
_CELLS_PER_BAR = 16  # sixteenths; the grid that patterns are compared on
_SAMPLED = 64  # stretches of the genre's drummers whose nearest neighbours are searched for
_COPY = 0.97  # overlap from which two stretches are called the same
_NEARLY = 0.9  # lowest overlap that may be called nearly a copy; it must also be as high as
_NEARLY_RANK = 0.95  # this quantile of the overlaps among the genre's drummers
_LENGTH = 8  # bars of the drummers' stretches that usual overlaps are measured on: the more bars, the higher the best overlap

_USUAL_RANKS = (0.25, 0.75)  # ranks among drummers between which a trait is not mentioned
_RARE = 0.1  # share of drummers at either end for which the sentence says "much" or "well"

# Traits by name → (control, word for little, word for much).
TRAITS: Mapping[str, tuple[str, str, str]] = {
    "timing": ("lateness", "ahead of the beat", "behind the beat"),
    "tightness": ("looseness", "tighter", "looser"),
    "loudness": ("intensity", "softer", "harder"),
    "dynamics": ("dynamics", "more even", "more dynamic"),
    "swing": ("swing", "straighter", "more swung"),
    "busyness": ("complexity", "sparser", "busier"),
}


@dataclass(frozen=True)
class Trait:
    """A measure of the groove, and its distribution among drummers.

    Attributes:
        value: Value of the groove, in the unit of `measure_controls`; NaN if the groove has nothing to measure it by.
        drummers: (windows,) values of the drummers' windows.
    """

    value: float
    drummers: Floats

    @property
    def rank(self) -> float:
        """Share of the drummers' windows with a lower value, 0-1; NaN if the value is NaN or there are no drummers."""
        if np.isnan(self.value) or len(self.drummers) == 0:
            return float("nan")
        return float((np.sum(self.drummers < self.value) + np.sum(self.drummers <= self.value)) / (2 * len(self.drummers)))


@dataclass(frozen=True)
class FamilyFeel:
    """Timing and velocity of a family of voices, and the quantiles of drummers.

    Attributes:
        beats: (n,) onsets of the groove's hits in beats.
        milliseconds: (n,) their distance from the grid, positive = late.
        velocities: (n,) in (0, 1].
        usual_milliseconds: (5,) `QUANTILES` of the drummers' distances; NaN if they have no hits.
        usual_velocities: (5,) `QUANTILES` of the drummers' velocities.
    """

    beats: Floats
    milliseconds: Floats
    velocities: Floats
    usual_milliseconds: Floats
    usual_velocities: Floats


@dataclass(frozen=True)
class Feel:
    """The result of a comparison with the training drummers of a genre.

    Attributes:
        genre: The genre.
        families: Timing and velocity by family of voices, see `FAMILY_VOICES`.
        traits: Traits by name, see `TRAITS`.
        bars: Length of the stretches that are searched for in the training data.
        shared: Highest overlap of a stretch of the groove with a stretch of any training drummer: the Dice coefficient of their
            onsets on sixteenths, 1 = the same pattern; NaN where no training drummer plays in the meter of the groove.
        usual_shared: (n,) the same overlap between the genre's drummers, 8 bars of each or as many as the groove has, and other
            performances.
        meter: Meter of the groove.
        drummers_meter: Meter of the drummers.
    """

    genre: str
    families: Mapping[str, FamilyFeel]
    traits: Mapping[str, Trait]
    bars: int
    shared: float
    usual_shared: Floats
    meter: Meter = FOUR_FOUR
    drummers_meter: Meter = FOUR_FOUR

    def sentence(self, genre: str | None = None) -> str:
        """Describe the comparison in a sentence or two.

        Args:
            genre: Spelling of the genre, such as `hip-hop`.
        """
        if np.isnan(self.traits["loudness"].value):
            return "There is nothing to feel yet: the groove has no hits."
        drummers = f"most {genre or self.genre} drummers"
        place = _word("timing", self.traits["timing"].rank)
        apart = [_word(name, self.traits[name].rank) for name in TRAITS if name != "timing"]
        apart = [word for word in apart if word]
        listed = " and ".join(filter(None, (", ".join(apart[:-1]), *apart[-1:])))
        manner = f"{listed} than {drummers}" if apart else f"played much like {drummers}"
        return f"Sits {place or 'in the pocket'}, {manner}. {self._copy()}"

    @property
    def copied(self) -> bool:
        """Whether the groove is a copy of a training drummer, or nearly one."""
        if np.isnan(self.shared):
            return False
        usual = np.quantile(self.usual_shared, _NEARLY_RANK) if len(self.usual_shared) else 0.0
        return self.shared >= max(_NEARLY, min(usual, _COPY))

    def _copy(self) -> str:
        many = f"{self.bars} bars"
        one, stretch, share = ("a bar", "bar", "shares") if self.bars == 1 else (many, many, "share")
        if np.isnan(self.shared):
            theirs, own = self.drummers_meter.signature, self.meter.signature
            return f"The training drummers play in {theirs}, so this groove in {own} is no copy."
        if self.shared >= _COPY:
            return f"A training drummer has played the same {stretch}."
        if self.copied:
            return f"Nearly a copy: it shares {self.shared:.0%} of its hits with {one} by a training drummer."
        closest = f"the closest {stretch} by a training drummer {share} {self.shared:.0%} of its hits"
        if len(self.usual_shared) == 0:  # drummers with too few bars to be compared with each other
            return f"Not a copy: {closest}."
        near = self.shared > np.quantile(self.usual_shared, 0.75)
        distance = "more than most drummers share with each other" if near else "no more than drummers share with each other"
        return f"Not a copy: {closest}, {distance}."


class FeelComparison:
    """Compares grooves with the drummers that a model learned from; the measurements of each genre are kept."""

    def __init__(self, trained: TrainedModel) -> None:
        """Keep the drummers of a model, which are measured when they are first needed."""
        self.trained = trained
        self._measured: dict[str, tuple[list[Floats], Mapping[str, tuple[Floats, Floats]]]] = {}
        self._usual_shared: dict[tuple[str, int], Floats] = {}

    def compare(self, groove: Groove, genre: str) -> Feel:
        """Compare a groove with the drummers of a genre.

        Example:
            >>> from drummer import Drummer
            >>> drummer = Drummer.load()
            >>> feel = FeelComparison(drummer.trained).compare(drummer.generate(genre="funk", bars=4), "funk")
            >>> 0.0 <= feel.shared <= 1.0
            True

        Args:
            groove: In any meter; copies are looked for only in that of the drummers. Swing is not measured in compound meters.
            genre: One of the model's genres.

        Raises:
            SettingError: If there is no such genre.
        """
        grid = self.trained.config.grid
        check_name("genre", genre, self.trained.genres)
        groove = with_stand_ins(groove).regrid(grid.steps_per_beat)
        measured, usual = self._drummers(genre)
        windows = np.concatenate([_window_means(bars) for bars in measured]) if measured else None
        own = _column_means(measure_controls(groove))
        if groove.meter.compound:
            own[CONTROL_INDEX["swing"]] = np.nan
        traits = {}
        for name, (control, *_) in TRAITS.items():
            column = CONTROL_INDEX[control]
            values = np.zeros(0) if windows is None else windows[:, column]
            traits[name] = Trait(float(own[column]), values[~np.isnan(values)])
        hits = groove.to_hits()
        milliseconds = _milliseconds(groove)
        families = {}
        for name, voices in FAMILY_VOICES.items():
            chosen = np.isin(hits.voices, [VOICE_INDEX[voice] for voice in voices])
            velocities = hits.velocities[chosen].astype(np.float64)
            families[name] = FamilyFeel(hits.beats[chosen], milliseconds[chosen], velocities, *usual[name])
        bars = min(WINDOW_BARS, groove.bars)
        comparable = groove.meter.signature == FOUR_FOUR.signature
        shared = self._nearest(groove, bars) if comparable else float("nan")
        usual_shared = self._usual_nearest(genre, groove.bars) if comparable else np.zeros(0)
        return Feel(genre, families, traits, bars, shared, usual_shared, groove.meter, FOUR_FOUR)

    def read_ahead(self, genre: str) -> None:
        """Measure a genre's drummers in advance, for grooves of eight bars or more, so that the first comparison is quick."""
        self._drummers(genre)
        self._usual_nearest(genre, _LENGTH)

    def _drummers(self, genre: str) -> tuple[list[Floats], Mapping[str, tuple[Floats, Floats]]]:
        """Measure a genre's drummers: (bars, controls) of each performance; quantiles of timing and velocity of each family."""
        if genre not in self._measured:
            grooves = [self._groove(index) for index in np.flatnonzero(self._genres == self.trained.genres.index(genre)).tolist()]
            hits = [groove.to_hits() for groove in grooves]
            voices = np.concatenate([np.zeros(0, dtype=np.int64), *(each.voices for each in hits)])
            velocities = np.concatenate([np.zeros(0), *(each.velocities for each in hits)]).astype(np.float64)
            milliseconds = np.concatenate([np.zeros(0), *(_milliseconds(groove) for groove in grooves)])
            usual = {}
            for name, members in FAMILY_VOICES.items():
                chosen = np.isin(voices, [VOICE_INDEX[voice] for voice in members])
                usual[name] = (_quantiles(milliseconds[chosen]), _quantiles(velocities[chosen]))
            self._measured[genre] = [measure_controls(groove) for groove in grooves], usual
        return self._measured[genre]

    def _groove(self, performance: int) -> Groove:
        rows = np.flatnonzero(self._owners == performance)
        return self.trained.reference_bank.groove(rows, performance, self.trained.config.grid.steps_per_beat)

    @cached_property
    def _genres(self) -> NDArray[np.int64]:
        """Index of the genre of each performance: (performances,)."""
        return self.trained.reference_bank.genres.numpy()

    @cached_property
    def _owners(self) -> NDArray[np.int64]:
        """Index of the performance that each bar belongs to: (bars,)."""
        lengths = self.trained.reference_bank.lengths.numpy()
        return np.repeat(np.arange(len(lengths)), lengths)

    @cached_property
    def _patterns(self) -> NDArray[np.float32]:
        """Onsets of the training drummers in 4/4: (bars, cells), 1 = onset; bars in other meters have none."""
        bank, grid = self.trained.reference_bank, self.trained.config.grid
        bars = np.repeat(np.arange(len(self._owners)), bank.counts.numpy())
        places = bank.steps.numpy() + bank.offsets.numpy() / 256.0  # in steps
        common = bank.in_meter(FOUR_FOUR)[self._owners[bars]]
        beats, voices = places[common] / grid.steps_per_beat, bank.voices.numpy()[common]
        return _pattern(bars[common], beats, voices, len(self._owners))

    def _nearest(self, groove: Groove, bars: int) -> float:
        """Find the highest overlap of a stretch of the groove with a stretch of a training drummer."""
        steps, voices = np.nonzero(groove.hits)
        places = steps % groove.steps_per_bar + groove.offsets[steps, voices].astype(np.float64)
        own = _pattern(steps // groove.steps_per_bar, places / groove.steps_per_beat, voices, groove.bars)
        return float(self._shared(own[None], bars, None)[0])

    def _usual_nearest(self, genre: str, groove_bars: int) -> Floats:
        """Find the same overlaps as `_nearest` for drummers of a genre and other performances: (n,)."""
        bars, length = min(WINDOW_BARS, groove_bars), min(_LENGTH, groove_bars)
        if (genre, length) not in self._usual_shared:
            whole = max(0, len(self._owners) - length + 1)  # none where there are fewer bars than that
            same = self._owners[length - 1 :][:whole] == self._owners[:whole]
            of_genre = self._genres[self._owners[: len(same)]] == self.trained.genres.index(genre)
            starts = np.random.default_rng(0).permutation(np.flatnonzero(same & of_genre))[:_SAMPLED]
            played = self._patterns[starts[:, None] + np.arange(length)]
            shared = self._shared(played, bars, self._owners[starts])
            self._usual_shared[genre, length] = shared
        return self._usual_shared[genre, length]

    def _shared(self, played: NDArray[np.float32], bars: int, owners: NDArray[np.int64] | None) -> Floats:
        """Find the highest Dice overlap of a stretch of each sequence of bars with a stretch of a training drummer: (sequences,).

        Args:
            played: (sequences, bars of each, cells).
            bars: Length of a stretch.
            owners: (sequences,) index of the performance that each comes from, which is skipped; None = from no performance.
        """
        best = np.zeros(len(played))
        count = len(self._owners) - bars + 1
        if count < 1 or len(played) == 0:
            return best
        skipped = self._owners[bars - 1 :] != self._owners[:count]  # stretches that lie in two performances
        if owners is not None:
            skipped = skipped | (self._owners[None, :count] == owners[:, None])
        # (bars of each, sequences, all bars); as one product, which is much faster than one for each sequence
        overlaps = (played.swapaxes(0, 1).reshape(-1, played.shape[2]) @ self._patterns.T).reshape(*played.shape[1::-1], -1)
        sizes, others = played.sum(axis=2), self._patterns.sum(axis=1)
        theirs = sum(others[bar : bar + count] for bar in range(bars))
        for start in range(played.shape[1] - bars + 1):
            both = sum(overlaps[start + bar, :, bar : bar + count] for bar in range(bars))
            either = sizes[:, start : start + bars].sum(axis=1)[:, None] + theirs
            shared = np.where(skipped, 0.0, 2.0 * both / np.maximum(either, 1.0))  # without any hits, both is 0
            best = np.maximum(best, shared.max(axis=1))
        return best


def _pattern(
    bars: NDArray[np.int64], beats: Floats, voices: NDArray[np.int64] | NDArray[np.uint8], count: int
) -> NDArray[np.float32]:
    """Mark onsets on sixteenths: (count, 16 * 13), 1 where a voice sounds. Beats count from the bar line."""
    cells = np.clip(np.floor(beats * 4 + 0.5), 0, _CELLS_PER_BAR - 1).astype(np.int64)
    pattern = np.zeros((count, _CELLS_PER_BAR, VOICE_COUNT), dtype=np.float32)
    pattern[bars, cells, voices] = 1.0
    return pattern.reshape(count, _CELLS_PER_BAR * VOICE_COUNT)


def _milliseconds(groove: Groove) -> Floats:
    """Compute the distance of each hit from its step, in the order of `to_hits`: (hits,)."""
    places = groove.to_hits().beats * groove.steps_per_beat
    return np.asarray((places - np.floor(places + 0.5)) * 60_000 / (groove.bpm * groove.steps_per_beat))


def _quantiles(values: Floats) -> Floats:
    return np.percentile(values, QUANTILES) if len(values) else np.full(len(QUANTILES), np.nan)


def _window_means(bars: Floats) -> Floats:
    """Average the bars of each window of `WINDOW_BARS`, the last one possibly shorter: (windows, controls)."""
    return np.stack([_column_means(bars[start : start + WINDOW_BARS]) for start in range(0, len(bars), WINDOW_BARS)])


def _column_means(values: Floats) -> Floats:
    """Average the numbers in each column that are not NaN; NaN if there are none."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    return np.where(counts > 0, np.nansum(values, axis=0) / np.maximum(counts, 1), np.nan)


def _word(trait: str, rank: float) -> str:
    """Choose the words for a rank among drummers; none if it is usual or NaN."""
    _, low, high = TRAITS[trait]
    if np.isnan(rank) or _USUAL_RANKS[0] <= rank <= _USUAL_RANKS[1]:
        return ""
    much = "well " if trait == "timing" else "much "
    return (much if rank < _RARE or rank > 1 - _RARE else "") + (low if rank < 0.5 else high)
