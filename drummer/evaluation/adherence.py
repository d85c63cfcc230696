"""Adherence of grooves to requests: a meter, a style, a rhythm, a steady pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr
from tqdm import tqdm

from drummer.config import default_config
from drummer.data.corpus import Performance
from drummer.evaluation.descriptors import describe
from drummer.evaluation.windows import WINDOW_BARS
from drummer.files import midi
from drummer.generation.drummer import Drummer
from drummer.generation.rhythm import loop_rhythm, onsets_of
from drummer.music.arrays import Floats
from drummer.music.controls import repeated_timekeeping
from drummer.music.fills import find_fills
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, METERS, Meter
from drummer.music.onsets import SIXTEENTHS, nearest_sixteenths, onsets_on_sixteenths, sixteenths_per_bar
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT

_SNARES = list(FAMILY_INDICES["snare"])
_RHYTHM_BARS, _RHYTHM_ONSETS, _RHYTHM_BPM = 2, 12, 100.0
BARS = 12  # of the grooves whose bars are counted
_MOST_STRETCHES = 4  # of a performance


class RhythmScore(NamedTuple):
    """How a groove follows a rhythm.

    Attributes:
        sounded: Share of the rhythm's onsets at which some voice sounds.
        accents: Spearman correlation of the rhythm's strengths with the loudest velocity there.
    """

    sounded: float
    accents: float


class StyleScore(NamedTuple):
    """How a recognizer names the styles of a genre.

    Attributes:
        requested: Style that was requested of each groove.
        named: The style that the recognizer names.
    """

    requested: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        """Mean over the styles of the share of grooves that are named right."""
        requested = np.array(self.requested)
        right = requested == np.array(self.named)
        return float(np.mean([right[requested == style].mean() for style in sorted(set(self.requested))]))


class SteadyScore(NamedTuple):
    """How well steady grooves of a genre keep their pattern.

    Attributes:
        genre: Genre of the grooves.
        steady: Requested steadiness; None = left to the drummer.
        backbeat: Mean of `backbeat_share`.
        timekeeper: Mean of `timekeeper_share`.
    """

    genre: str
    steady: float | None
    backbeat: float
    timekeeper: float


class CountableShare(NamedTuple):
    """The share of performances in a meter whose bar can be counted by ear.

    Attributes:
        share: Mean over genres of the share of their performances, see `can_be_counted`.
        performances: Number of performances.
    """

    share: float
    performances: int


class Adherence(NamedTuple):
    """How well a model follows requests.

    Attributes:
        meters: Share of the grooves of each meter whose bar can be counted.
        steady_meters: The same of grooves as steady as those that the page generates at first.
        steady: By genre and requested steadiness.
        rhythm: Means over rhythms that are tapped at random, in all genres.
        styles: Accuracy of the recognizer in each genre with several styles.
    """

    meters: dict[str, float]
    steady_meters: dict[str, float]
    steady: tuple[SteadyScore, ...]
    rhythm: RhythmScore
    styles: dict[str, float]


def measure_adherence(drummer: Drummer, performances: Sequence[Performance], count: int = 24, style_count: int = 8) -> Adherence:
    """Generate grooves that ask for a meter, a steadiness, a rhythm or a style, and measure them; it takes minutes.

    Args:
        drummer: The model.
        performances: Training performances in 4/4, for the recognizer of styles.
        count: Grooves of each meter, and of each genre and steadiness.
        style_count: Grooves of each style.
    """
    genres = drummer.genres
    styled = [genre for genre in genres if len(drummer.trained.config.genres[genre].styles) > 1]
    steady_requests = [(genre, steady) for genre in ("pop", "rock") for steady in (None, 0.6, 0.8, 1.0)]
    with tqdm(total=2 * len(METERS) + len(steady_requests) + len(genres) + len(styled), desc="Adherence", leave=False) as bar:
        meters = _countable_meters(drummer, count, bar)
        steady_meters = _countable_meters(drummer, count, bar, steady=default_config().app.first_steady)
        steadiness = []
        for genre, steady in steady_requests:
            grooves = [_at_reference_tempo(drummer, genre, seed, steady=steady) for seed in range(count)]
            shares = (float(np.nanmean([share(groove) for groove in grooves])) for share in (backbeat_share, timekeeper_share))
            steadiness.append(SteadyScore(genre, steady, *shares))
            bar.update()
        rhythms = []
        for genre in genres:
            for seed in range(max(1, count // 6)):
                rhythm = tap_rhythm(np.random.default_rng(seed))
                rhythms.append(score_rhythm(_at_reference_tempo(drummer, genre, seed, bars=8, rhythm=rhythm), rhythm))
            bar.update()
        styles = {}
        for genre in styled:
            styles[genre] = recognize_styles(drummer, genre, performances, style_count).accuracy
            bar.update()
    return Adherence(meters, steady_meters, tuple(steadiness), RhythmScore(*np.mean(rhythms, axis=0).tolist()), styles)


def _countable_meters(drummer: Drummer, count: int, progress: tqdm[Any], **controls: Any) -> dict[str, float]:
    """Generate some grooves of each meter, in all genres, and measure the share whose bar can be counted."""
    genres, shares = drummer.genres, {}
    for meter in METERS:
        grooves = [
            _at_reference_tempo(drummer, genres[seed % len(genres)], seed, meter=meter, **controls) for seed in range(count)
        ]
        shares[str(meter)] = float(np.mean([can_be_counted(groove) for groove in grooves]))
        progress.update()
    return shares


def can_be_counted(groove: Groove) -> bool:
    """Tell whether the bar of a groove can be counted by ear.

    Two things must hold. Kick and snare repeat most strongly at the bar's length, among all distances in sixteenths from more
    than half a bar to less than two bars. And the groups of the meter are accented: all voices together are louder at the
    beginnings of groups, in the mean, than at the other eighths.
    """
    bar = sixteenths_per_bar(groove)
    strength = _strengths(groove, (FAMILY_INDICES["kick"], _SNARES))
    deviations = strength - strength.mean(axis=0)
    distances = np.arange(bar // 2 + 1, min(2 * bar, len(strength) - bar))
    repetition = np.array([(deviations[lag:] * deviations[:-lag]).sum() / (len(strength) - lag) for lag in distances])
    by_place = _strengths(groove, [[voice] for voice in range(VOICE_COUNT)]).sum(axis=1).reshape(groove.bars, bar).mean(axis=0)
    starts = np.zeros(bar, dtype=bool)
    starts[[round(SIXTEENTHS * start) for start in groove.meter.group_starts]] = True
    others = ~starts & (np.arange(bar) % 2 == 0)
    return bool(distances[repetition.argmax()] == bar and by_place[starts].mean() > by_place[others].mean())


def countable_shares(performances: Sequence[Performance], bars: int = BARS) -> dict[str, CountableShare]:
    """Measure the share of drummers' performances whose bar can be counted, by meter: the control for generated grooves.

    Args:
        performances: In any meter; those of fewer bars are left out.
        bars: Length of the stretches, at most four of a performance, over which its value is a mean.

    Returns:
        By meter, those with the most performances first.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for one in performances:
        starts = range(0, one.groove.bars - bars + 1, bars)[:_MOST_STRETCHES]
        if starts:
            counted = np.mean([can_be_counted(one.groove.cut(first, first + bars)) for first in starts])
            found.setdefault(str(one.groove.meter), {}).setdefault(one.genre, []).append(float(counted))
    shares = {
        meter: CountableShare(
            float(np.mean([np.mean(values) for values in by_genre.values()])), sum(len(values) for values in by_genre.values())
        )
        for meter, by_genre in found.items()
    }
    return dict(sorted(shares.items(), key=lambda item: -item[1].performances))


def backbeat_share(groove: Groove) -> float:
    """Return the share of bars in 4/4 that are no fills and have a snare, rim or clap on beats 2 and 4; NaN without such bars."""
    snares = onsets_on_sixteenths(groove, groove.to_hits())[:, _SNARES].any(axis=1).reshape(groove.bars, -1)
    bars = ~find_fills(groove)
    return float(snares[bars][:, [4, 12]].all(axis=1).mean()) if bars.any() else float("nan")


def timekeeper_share(groove: Groove) -> float:
    """Return the share of bars in which the main timekeeper plays as in the bar before, see `repeated_timekeeping`."""
    return float(np.nanmean(repeated_timekeeping(groove)))


def score_rhythm(groove: Groove, rhythm: Groove) -> RhythmScore:
    """Compare a groove with the rhythm that it follows, which is repeated over its bars."""
    looped = loop_rhythm(rhythm, groove, 0)
    onsets = onsets_of(looped)
    requested, played = looped.velocities.max(axis=1)[onsets], groove.velocities.max(axis=1)[onsets]
    accents = spearmanr(requested, played).statistic if np.ptp(played) and np.ptp(requested) else 0.0
    return RhythmScore(float((played > 0).mean()), float(accents))


def tap_rhythm(generator: np.random.Generator, meter: Meter = FOUR_FOUR) -> Groove:
    """Tap two bars of a rhythm: twelve onsets a bar of 4/4 and a half, at random sixteenths, with random strengths."""
    silent = Groove.silent(_RHYTHM_BARS, _RHYTHM_BPM, meter=meter)
    sixteenth = silent.steps_per_beat // SIXTEENTHS
    chosen = generator.choice(silent.steps // sixteenth, min(_RHYTHM_ONSETS, silent.steps // sixteenth), replace=False)
    velocities = np.zeros((silent.steps, VOICE_COUNT), dtype=np.float32)
    velocities[chosen * sixteenth, _SNARES[0]] = generator.uniform(0.3, 1.0, len(chosen))
    return Groove(velocities > 0, velocities, np.zeros_like(velocities), _RHYTHM_BPM, silent.steps_per_beat, meter)


def recognize_styles(drummer: Drummer, genre: str, performances: Sequence[Performance], count: int) -> StyleScore:
    """Fit a recognizer on the styles' own training performances and let it name the styles of grooves that ask for them.

    The recognizer is a gradient-boosted classifier on the descriptors of four bars, see `drummer.evaluation.descriptors`; the
    classes weigh evenly. A groove is named by the mean of its windows.

    Args:
        drummer: The model.
        genre: A genre with at least two styles.
        performances: Training performances in 4/4.
        count: Grooves of each style.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    known = [(one.style, row) for one in performances if one.genre == genre and one.style for row in _features(one.groove)]
    styles = sorted({style for style, _ in known})
    features = np.stack([row for _, row in known])
    columns = ~np.isnan(features).all(axis=0)
    model = HistGradientBoostingClassifier(max_iter=100, min_samples_leaf=5, random_state=0, class_weight="balanced")
    model.fit(features[:, columns], [style for style, _ in known])
    named = []
    for style in styles:
        for seed in range(count):
            rows = np.stack(list(_features(_at_reference_tempo(drummer, genre, seed, style=style))))[:, columns]
            named.append(str(model.classes_[model.predict_proba(rows).mean(axis=0).argmax()]))
    return StyleScore(tuple(style for style in styles for _ in range(count)), tuple(named))


def _at_reference_tempo(drummer: Drummer, genre: str, seed: int, bars: int = BARS, **settings: Any) -> Groove:
    """Generate a groove at the tempo of its reference performance, with MIDI's resolution."""
    bpm = drummer.reference_bpm(genre, seed, settings.get("style"), settings.get("meter", FOUR_FOUR))
    return midi.as_written(drummer.generate(genre=genre, bpm=bpm, bars=bars, seed=seed, **settings))


def _features(groove: Groove) -> Iterator[Floats]:
    """Describe all windows of four bars but the first one."""
    for first in range(WINDOW_BARS, groove.bars - WINDOW_BARS + 1, WINDOW_BARS):
        window = groove.slice_bars(first, first + WINDOW_BARS)
        if window.hit_count > 2 * WINDOW_BARS:
            yield np.array([value for values in describe(window).values() for value in values.values()])


def _strengths(groove: Groove, families: Sequence[Sequence[int]]) -> Floats:
    """Find the highest velocity of each family's voices at each sixteenth: (sixteenths, families)."""
    hits = groove.to_hits()
    cells = nearest_sixteenths(groove, hits)
    strength = np.zeros((groove.bars * sixteenths_per_bar(groove), len(families)))
    for column, voices in enumerate(families):
        chosen = np.isin(hits.voices, voices)
        np.maximum.at(strength[:, column], cells[chosen], hits.velocities[chosen])
    return strength
