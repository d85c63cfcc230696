"""`Drummer`: grooves from one trained model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config, default_config
from drummer.config_sections import GenreConfig
from drummer.errors import SettingError
from drummer.generation.decoding import DecodingTask, TaskDecoder
from drummer.generation.masks import (
    Mask,
    cut_generated,
    fix_bars,
    fix_heard,
    fix_voices,
    with_lead_in,
    without_grace_notes_ahead,
    without_next_downbeat,
)
from drummer.generation.params import GenerationParams
from drummer.generation.planning import Planner, unknown_controls
from drummer.generation.tempos import halfway_bpm, usual_bpm
from drummer.model.checkpoint import TrainedModel, load_weights
from drummer.model.description import WEIGHTS
from drummer.model.inputs import FixedMask
from drummer.music.controls import CONTROL_INDEX, CONTROLS, Floats, measure_controls
from drummer.music.groove import Groove
from drummer.music.meter import check_meter
from drummer.music.percussion import with_stand_ins
from drummer.music.voices import FAMILIES, VOICE_INDEX
from drummer.validation import check_name, check_whole

# Random numbers for different purposes from one seed must differ.
_TEMPO_STREAM = 1
_VARIATION_STREAM = 2
_ARRIVAL = 0.7  # share of an interpolation's length after which all is the second genre: the model changes with a delay
# Seeds that count up are spread evenly over the reference performances: multiples of the golden ratio, see Niederreiter (1992),
# Random Number Generation and Quasi-Monte Carlo Methods, chapter 3.
_GOLDEN_RATIO = (math.sqrt(5.0) - 1.0) / 2.0
MOST_VARIATIONS = 16


class Drummer:
    """Generates grooves with one trained model.

    Every method takes its parameters as `GenerationParams`, or as keywords with the same names (controls too), which change those
    of the configuration: `drummer.generate(genre="funk", intensity=0.8)`.

    Example:
        >>> drummer = Drummer.load("small")
        >>> groove = drummer.generate(genre="funk", bpm=96, bars=2, seed=7)
        >>> groove.bars, groove.bpm
        (2, 96.0)
    """

    def __init__(self, trained: TrainedModel, config: Config | None = None) -> None:
        """Take a model; `load` finds one by name.

        Torch uses one thread while it samples, see `drummer.generation.threads`; programs that do nothing else set that once.

        Args:
            trained: The model.
            config: Settings of sampling and tempos of genres; by default `config.yaml`.
        """
        self.trained = trained
        self.config = config or default_config()
        self._planner = Planner(trained, self.config.sampling)
        self._decoder = TaskDecoder(trained, self.config.sampling)

    @classmethod
    def load(cls, model: str | None = None, folder: Path = WEIGHTS) -> Drummer:
        """Load a model by name, by default the one that `config.yaml` names.

        Raises:
            WeightsError: If there is no such model, or its files are damaged.
        """
        return cls(load_weights(default_config().defaults.model if model is None else model, folder))

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres that the model knows."""
        return self.trained.genres

    def reference_bpm(self, genre: str, seed: int) -> int:
        """Return the tempo of the reference performance that `generate` hears with this seed when it plays at that tempo.

        Drummers do not play everything at every tempo: a groove sounds most like theirs at its reference's own. Without reference
        performances a tempo of the genre's range is drawn.

        Args:
            genre: One of `genres`.
            seed: As in `GenerationParams`.

        Returns:
            Whole quarter notes a minute, 30-300.

        Raises:
            SettingError: If there is no such genre, or the seed is out of range.
        """
        index = self.genres.index(check_name("genre", genre, self.genres))
        seed = check_whole("seed", seed, self.config.limits.seed)
        bpm = self.trained.reference_bank.tempo_at(index, _reference_place(seed))
        if bpm is None:
            return _draw_bpm(self.config.genres[genre], np.random.default_rng([seed, _TEMPO_STREAM]))
        low, high = self.config.limits.bpm
        return min(max(round(bpm), low), high)

    def generate(self, params: GenerationParams | None = None, **settings: Any) -> Groove:
        """Generate a groove.

        The model hears bars of a reference performance, which are not returned, and follows its plan; see `generation.planning`.

        Args:
            params: What to generate.
            settings: Fields of `GenerationParams` and controls by name, instead of `params` or to change it.

        Returns:
            `params.bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, in one sentence that names it.
        """
        asked = self._params(params, settings)
        bpm = usual_bpm(asked.genre, self.config) if asked.bpm is None else asked.bpm
        return self._continue(None, bpm, asked, asked.control_values())

    def continue_groove(self, groove: Groove, params: GenerationParams | None = None, **settings: Any) -> Groove:
        """Generate bars that follow a groove, at its tempo.

        Example:
            >>> drummer = Drummer.load("small")
            >>> groove = drummer.generate(genre="funk", bars=2)
            >>> groove.then(drummer.continue_groove(groove, genre="funk", bars=2, seed=1)).bars
            4

        Args:
            groove: In 4/4. It is heard, not returned; of a long one the last 16 bars count.
            params: As in `generate`. `fill_every` counts from the start of the groove.
            settings: As in `generate`.

        Returns:
            `params.bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, or the groove is not in 4/4.
        """
        heard = with_stand_ins(self._on_grid(groove))
        asked = self._params(params, {**settings, "meter": groove.meter})
        controls = asked.control_values(first_bar=heard.bars)
        heard = heard.cut(max(0, heard.bars - self.config.sampling.primer_bars), heard.bars)
        return self._continue(heard, heard.bpm, asked, controls)

    def infill(
        self, groove: Groove, fixed: Mask, params: GenerationParams | None = None, *, first_bar: int = 0, **settings: Any
    ) -> Groove:
        """Generate the cells of a groove that are not fixed, to fit those that are.

        Example:
            >>> from drummer.generation.masks import fix_voices, free_beats
            >>> drummer = Drummer.load("small")
            >>> groove = drummer.generate(genre="rock", bars=3)
            >>> other = drummer.infill(groove, fix_voices(groove, ["kick", "snare"]), genre="rock", seed=5)
            >>> bool((other.velocities[:, :2] == groove.velocities[:, :2]).all())
            True
            >>> second_bar = drummer.infill(groove, free_beats(groove, 4, 8), genre="rock", seed=5)
            >>> second_bar.cut(2, 3) == groove.cut(2, 3)
            True

        Args:
            groove: In 4/4, 1-32 bars.
            fixed: (steps, 13) bool, the cells that stay: their hits bit for bit, and their silence. `generation.masks` makes it
                of voices or beats.
            params: As in `generate`; number of bars and tempo are the groove's. Controls of bars that stay describe them.
            first_bar: Number of bars before the groove, where it is a part of a longer one: `fill_every` counts them too.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is not in 4/4.
        """
        gridded = self._on_grid(groove)
        asked = self._params(params, settings, gridded)
        if fixed.shape != gridded.hits.shape:
            raise SettingError(f"the mask must have the groove's shape {gridded.hits.shape}, got {fixed.shape}")
        heard, controls = with_stand_ins(gridded), asked.control_values(first_bar)
        generated = self._infill(heard, fixed, asked, controls).without(fixed & heard.hits & ~gridded.hits)
        return replace(generated, details=gridded.details and gridded.details.without(~fixed))

    def humanize(self, groove: Groove, params: GenerationParams | None = None, *, first_bar: int = 0, **settings: Any) -> Groove:
        """Generate velocity and microtiming for the hits of a flat pattern; the hits stay on their steps.

        Example:
            >>> drummer = Drummer.load("small")
            >>> flat = drummer.generate(genre="hiphop", bars=2)
            >>> bool((drummer.humanize(flat, genre="hiphop", seed=3).hits == flat.hits).all())
            True

        Args:
            groove: In 4/4, 1-32 bars; its velocities and offsets do not matter.
            params: As in `infill`.
            first_bar: As in `infill`.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is not in 4/4.
        """
        gridded = self._on_grid(groove)
        asked = self._params(params, settings, gridded)
        flat = replace(gridded, velocities=np.float32(0.5) * gridded.hits, offsets=np.float32(0.0) * gridded.hits, details=None)
        controls, generator = asked.control_values(first_bar), np.random.default_rng(asked.seed)
        plan = self._planner.plan_expression(flat, controls, self._genre_index(asked), generator)
        whole = flat if plan.heard is None else plan.heard.then(flat)
        heard_bars = whole.bars - flat.bars
        known = FixedMask(np.ones(whole.hits.shape, dtype=bool), fix_bars(whole, heard_bars))
        fills = _asked_fills(plan.controls, controls)
        task = DecodingTask(whole, known, self._genre_index(asked), plan.controls, fills, plan.beats)
        played = self._decoder.decode(task, asked, generator).slice_bars(heard_bars, whole.bars)
        return replace(played, details=gridded.details)

    def variations(self, groove: Groove, count: int = 4, params: GenerationParams | None = None, **settings: Any) -> list[Groove]:
        """Generate variations with the same feel: some voices stay, the others are generated again.

        Each keeps the groove's controls bar by bar (`controls_of`), where no others are given, and about half of its families of
        voices (kick; snare, rim and clap; hi-hats; toms; cymbals), at least one and never all.

        Args:
            groove: In 4/4, 1-32 bars.
            count: 1-16.
            params: As in `infill`; variation i of a seed is the same however many are asked for.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is not in 4/4.
        """
        count = check_whole("the number of variations", count, (1, MOST_VARIATIONS))
        groove = self._on_grid(groove)
        asked = self._params(params, settings, groove)
        asked = replace(asked, controls={**self.controls_of(groove, asked.genre), **asked.controls})
        counts = [int(groove.hits[:, [VOICE_INDEX[name] for name in family]].sum()) for family in FAMILIES.values()]
        played = []
        for number in range(count):
            generator = np.random.default_rng([asked.seed, _VARIATION_STREAM, number])
            again = _draw_half(counts, generator)
            families = zip(FAMILIES.values(), counts, again, strict=True)
            kept = [name for family, hits, anew in families if hits and not anew for name in family]
            own_seed = int(generator.integers(self.config.limits.seed[1]))
            played.append(self.infill(groove, fix_voices(groove, kept), replace(asked, seed=own_seed)))
        return played

    def interpolate(self, to_genre: str, params: GenerationParams | None = None, **settings: Any) -> Groove:
        """Generate a groove from one genre to another: the first bar is all of the first, the last third all of the second.

        In between, the embeddings of the two genres are mixed bar by bar, and so are the plans of two reference performances.

        Example:
            >>> drummer = Drummer.load("small")
            >>> drummer.interpolate("jazz", genre="funk", bars=4, seed=1).bars
            4

        Args:
            to_genre: The second genre.
            params: As in `generate`; by default the tempo is half-way between the usual tempos of the two genres.
            settings: As in `generate`.

        Raises:
            SettingError: As `generate`.
        """
        asked = self._params(params, settings)
        genres = self._genre_index(asked), self.genres.index(check_name("genre", to_genre, self.genres))
        bpm = halfway_bpm(asked.genre, to_genre, self.config) if asked.bpm is None else asked.bpm
        warm_up, generator = self.config.sampling.warm_up_bars, np.random.default_rng(asked.seed)
        weights = np.concatenate([np.zeros(warm_up), np.minimum(np.linspace(0.0, 1.0 / _ARRIVAL, asked.bars), 1.0)])
        controls = asked.control_values()
        given = np.concatenate([unknown_controls(warm_up), controls])
        plan = self._planner.plan_interpolation(given, genres, weights, bpm, generator)
        assert plan.heard is not None
        whole = plan.heard.then(self._planner.silence(asked.bars, bpm))
        fixed = fix_heard(whole, warm_up)
        mixture = np.zeros((len(weights), len(self.genres)))
        for genre, weight in zip(genres, (1 - weights, weights), strict=True):
            mixture[:, genre] += weight
        task = DecodingTask(whole, FixedMask(fixed, fixed), mixture, plan.controls, _asked_fills(plan.controls, controls))
        return cut_generated(self._decoder.decode(task, asked, generator), warm_up, fixed)

    def controls_of(self, groove: Groove, genre: str | None = None) -> dict[str, list[float | None]]:
        """Measure the controls of a groove, bar by bar, as `generate` takes them.

        Example:
            >>> drummer = Drummer.load("small")
            >>> groove = drummer.generate(genre="soul", bars=2, intensity=0.9)
            >>> len(drummer.controls_of(groove, "soul")["intensity"])
            2

        Raises:
            SettingError: If there is no such genre, or the groove is not in 4/4.
        """
        genre = check_name("genre", self.config.defaults.genre if genre is None else genre, self.genres)
        measured = measure_controls(with_stand_ins(self._on_grid(groove)))
        measured = self.trained.scale.to_controls(measured, self.genres.index(genre))
        return {
            name: [None if np.isnan(value) else value for value in column.tolist()]
            for name, column in zip(CONTROLS, measured.T, strict=True)
        }

    def _params(
        self, params: GenerationParams | None, settings: dict[str, Any], groove: Groove | None = None
    ) -> GenerationParams:
        """Collect the parameters of a call; a groove that is there gives the number of bars."""
        if groove is not None:
            settings = {**settings, "bars": groove.bars, "meter": groove.meter}
        asked = GenerationParams.of(params, settings)
        check_name("genre", asked.genre, self.genres)
        check_meter(asked.meter, self.trained.meters)
        return asked

    def _genre_index(self, params: GenerationParams) -> int:
        return self.genres.index(params.genre)

    def _on_grid(self, groove: Groove) -> Groove:
        check_meter(groove.meter, self.trained.meters)
        return groove.regrid(self.trained.config.grid.steps_per_beat)

    def _continue(self, heard: Groove | None, bpm: float, params: GenerationParams, controls: Floats) -> Groove:
        """Generate bars that follow those that were heard, or those of a reference performance."""
        generator, genre = np.random.default_rng(params.seed), self._genre_index(params)
        plan = self._planner.plan(heard, controls, genre, bpm, generator, _reference_place(params.seed))
        silence = self._planner.silence(params.bars, bpm)
        heard_bars = 0 if plan.heard is None else plan.heard.bars
        whole = silence if plan.heard is None else plan.heard.then(silence)
        fixed = fix_heard(whole, heard_bars) if heard_bars else whole.hits
        fills = _asked_fills(plan.controls, controls)
        task = DecodingTask(whole, FixedMask(fixed, fixed), genre, plan.controls, fills, *plan[2:])
        return cut_generated(self._decoder.decode(task, params, generator), heard_bars, fixed)

    def _infill(self, groove: Groove, fixed: Mask, params: GenerationParams, controls: Floats) -> Groove:
        """Sample the cells that are not fixed, after an unheard bar where beat 1 of bar 1 is among them."""
        generator, genre, lead_in_bars = np.random.default_rng(params.seed), self._genre_index(params), 0
        if not fixed[0].all():
            lead_in_bars = 1
            groove, fixed = with_lead_in(groove, fixed)
            controls = np.concatenate([unknown_controls(lead_in_bars), controls])
        task = DecodingTask(groove, FixedMask(fixed, fixed), genre, controls, controls[:, CONTROL_INDEX["fill"]] == 1.0)
        whole = without_grace_notes_ahead(self._decoder.decode(task, params, generator), fixed)
        return cut_generated(whole, 1, fixed) if lead_in_bars else without_next_downbeat(whole, fixed)


def _asked_fills(controls: Floats, asked: Floats) -> NDArray[np.bool_]:
    """(bars,) bool, the last bars where a fill is asked for, among all bars of some controls."""
    fills = np.zeros(len(controls), dtype=bool)
    fills[len(controls) - len(asked) :] = asked[:, CONTROL_INDEX["fill"]] == 1.0
    return fills


def _draw_half(counts: Sequence[int], generator: np.random.Generator) -> NDArray[np.bool_]:
    """Draw about half of some families with so many hits each: one at least, by its hits, and never all that have some."""
    chosen = generator.random(len(counts)) < 0.5
    playing = np.flatnonzero(counts)
    if len(playing) == 0:
        return chosen
    anew, *kept = generator.choice(
        playing, min(2, len(playing)), replace=False, p=np.array(counts)[playing] / sum(counts)
    ).tolist()
    chosen[anew] = True
    chosen[kept] = False
    return chosen


def _reference_place(seed: int) -> float:
    """Choose the reference performance of a seed: a place in [0, 1), see `ReferenceBank.draw`."""
    return seed * _GOLDEN_RATIO % 1.0


def _draw_bpm(tempos: GenreConfig, generator: np.random.Generator) -> int:
    """Draw a tempo of a genre: triangular over the range of its drummers, its peak at the usual tempo."""
    if tempos.slow_bpm == tempos.fast_bpm:
        return tempos.usual_bpm
    return round(generator.triangular(tempos.slow_bpm, tempos.usual_bpm, tempos.fast_bpm))
