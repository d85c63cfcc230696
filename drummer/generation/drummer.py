"""`Drummer`: grooves from one trained model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from drummer.config import Config, default_config
from drummer.errors import SettingError
from drummer.generation.decoding import DecodingTask, TaskDecoder
from drummer.generation.masks import Mask, fix_bars, fix_voices
from drummer.generation.params import GenerationParams
from drummer.generation.planning import Planner
from drummer.generation.streaming import GrooveStreams, join_parts, reference_query, requested_fills
from drummer.generation.tempos import draw_bpm
from drummer.generation.variations import MOST_VARIATIONS, draw_kept_voices
from drummer.model.checkpoint import TrainedModel, load_weights
from drummer.model.description import WEIGHTS
from drummer.model.inputs import FixedMask
from drummer.music.controls import CONTROLS, measure_controls
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter, check_meter
from drummer.music.percussion import with_stand_ins
from drummer.validation import check_name, check_whole


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
        """Keep a model; `load` finds one by name.

        It samples on one thread, see `drummer.generation.threads`; programs that do nothing else set that once.

        Args:
            trained: The model, on the CPU. Its weights must not change any more.
            config: Settings of sampling and tempos of genres; by default `config.yaml`.
        """
        self.trained = trained
        self.config = config or default_config()
        self._planner = Planner(trained, self.config.sampling)
        self._decoder = TaskDecoder(trained, self.config.sampling)
        self._streams = GrooveStreams(trained, self.config, self._planner, self._decoder)

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

    def reference_bpm(self, genre: str, seed: int, style: str | None = None, meter: Meter = FOUR_FOUR) -> int:
        """Return the tempo of the reference performance of a seed; `generate` hears that performance when it plays at this tempo.

        Drummers do not play everything at every tempo: a groove sounds most like theirs at its reference's own. Without reference
        performances a tempo of the genre's range is drawn.

        Args:
            genre: One of `genres`.
            seed: As in `GenerationParams`.
            style: Likewise.
            meter: Likewise.

        Returns:
            Whole quarter notes a minute, 30-300.

        Raises:
            SettingError: If there is no such genre or style, or the seed is out of range.
        """
        params = self._params(None, {"genre": genre, "seed": seed, "style": style, "meter": meter})
        bpm = self.trained.reference_bank.tempo_at(reference_query(params, self.trained, self.config))
        if bpm is None:
            return draw_bpm(self.config.genres[genre], params.seed)
        return int(np.clip(round(bpm), *self.config.limits.bpm))

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
        return join_parts(self.stream(params, **settings))

    def stream(
        self,
        params: GenerationParams | None = None,
        *,
        after: Groove | None = None,
        to_genre: str | None = None,
        new_phrase: bool = False,
        keep_pattern: bool = True,
        **settings: Any,
    ) -> Iterator[Groove]:
        """Generate a groove and yield its bars while the rest is still sampled.

        Each part holds new bars, exactly as they are in the whole groove: joined with `Groove.then`, the parts are bit-identical
        to what `generate`, `continue_groove` or `interpolate` returns. An early downbeat lies in the last step of the part before
        its bar line. Nothing is sampled until a part is requested; `close` ends the work.

        Example:
            >>> drummer = Drummer.load("small")
            >>> [part.bars for part in drummer.stream(genre="funk", bars=3, seed=1)]
            [1, 1, 1]

        Args:
            params: As in `generate`.
            after: A groove that the new bars follow, as in `continue_groove`; without `to_genre`.
            to_genre: The genre that the groove moves to, as in `interpolate`.
            new_phrase: Whether the bars that follow `after` begin a phrase of four bars, as a block of a song does; by default
                phrases are counted from the start of `after`.
            keep_pattern: Whether steady bars repeat the pattern of `after`; otherwise they begin their own.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range: at once, not with the first part.
        """
        if after is not None:
            if to_genre is not None:
                raise SettingError("a groove that follows another cannot move to a genre as well: leave out after or to_genre")
            heard = with_stand_ins(self._on_grid(after))
            params = self._params(params, {**settings, "meter": after.meter})
            return self._streams.continuation(heard, params, new_phrase=new_phrase, keep_pattern=keep_pattern)
        params = self._params(params, settings)
        return self._streams.new(params) if to_genre is None else self._streams.interpolation(params, to_genre)

    def continue_groove(self, groove: Groove, params: GenerationParams | None = None, **settings: Any) -> Groove:
        """Generate bars that follow a groove, at its tempo.

        Example:
            >>> drummer = Drummer.load("small")
            >>> groove = drummer.generate(genre="funk", bars=2)
            >>> groove.then(drummer.continue_groove(groove, genre="funk", bars=2, seed=1)).bars
            4

        Args:
            groove: In a meter that the model plays. It is heard, not returned; of a long one the last 16 bars count.
            params: As in `generate`. `fill_every` counts from the start of the groove, or of a new phrase.
            settings: As in `stream`, `new_phrase` and `keep_pattern` among them.

        Returns:
            `params.bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, or the groove is in a meter that the model does not play.
        """
        return join_parts(self.stream(params, after=groove, **settings))

    def infill(
        self,
        groove: Groove,
        fixed: Mask,
        params: GenerationParams | None = None,
        *,
        first_bar: int = 0,
        is_loop: bool = True,
        **settings: Any,
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
            groove: In a meter that the model plays, 1-32 bars.
            fixed: (steps, 13) bool, the cells that stay, hits bit for bit and silence; `generation.masks` makes it.
            params: As in `generate`; number of bars and tempo are the groove's. Controls of bars that stay describe them.
            first_bar: Number of bars before the groove, where it is a part of a longer one: `fill_every` and phrases of four bars
                count them too. Negative where the count begins inside the groove, as with a block of a song.
            is_loop: Whether new bars at the beginning follow the last ones; not in a part of a longer groove, and in a song.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is in a meter that the model does not play.
        """
        gridded = self._on_grid(groove)
        params = self._params(params, settings, gridded)
        if fixed.shape != gridded.hits.shape:
            raise SettingError(f"the mask must have the groove's shape {gridded.hits.shape}, got {fixed.shape}")
        heard, controls = with_stand_ins(gridded), params.control_values(first_bar)
        generated = self._decoder.infill(heard, fixed, params, controls, first_bar, is_loop=is_loop)
        generated = generated.without(fixed & heard.hits & ~gridded.hits)
        return replace(generated, details=gridded.details and gridded.details.without(~fixed))

    def humanize(self, groove: Groove, params: GenerationParams | None = None, *, first_bar: int = 0, **settings: Any) -> Groove:
        """Generate velocity and microtiming for the hits of a flat pattern; the hits stay on their steps.

        Example:
            >>> drummer = Drummer.load("small")
            >>> flat = drummer.generate(genre="hiphop", bars=2)
            >>> bool((drummer.humanize(flat, genre="hiphop", seed=3).hits == flat.hits).all())
            True

        Args:
            groove: In a meter that the model plays, 1-32 bars; its velocities and offsets do not matter.
            params: As in `infill`.
            first_bar: As in `infill`.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is in a meter that the model does not play.
        """
        gridded = self._on_grid(groove)
        params = self._params(params, settings, gridded)
        flat = replace(gridded, velocities=np.float32(0.5) * gridded.hits, offsets=np.float32(0.0) * gridded.hits, details=None)
        controls, generator = params.control_values(first_bar), np.random.default_rng(params.seed)
        plan = self._planner.plan_expression(flat, controls, reference_query(params, self.trained, self.config), generator)
        whole = flat if plan.heard is None else plan.heard.then(flat)
        heard_bars = whole.bars - flat.bars
        fixed = FixedMask(np.ones(whole.hits.shape, dtype=bool), fix_bars(whole, heard_bars))
        fills = requested_fills(plan.controls, controls)
        task = DecodingTask(whole, fixed, self.genres.index(params.genre), plan, fills, first_bar)
        played = self._decoder.decode(task, params, generator).slice_bars(heard_bars, whole.bars)
        return replace(played, details=gridded.details)

    def variations(self, groove: Groove, count: int = 4, params: GenerationParams | None = None, **settings: Any) -> list[Groove]:
        """Generate variations with the same feel: some voices stay, the others are generated again.

        Each keeps the groove's controls bar by bar (`controls_of`), where no others are given, and about half of its families of
        voices (kick; snare, rim and clap; hi-hats; toms; cymbals), at least one and never all. Where a single family sounds, it
        is generated again.

        Args:
            groove: In a meter that the model plays, 1-32 bars.
            count: 1-16.
            params: As in `infill`; variation i of a seed does not depend on `count`.
            settings: As in `generate`.

        Raises:
            SettingError: If a setting is out of range, or the groove is in a meter that the model does not play.
        """
        count = check_whole("the number of variations", count, (1, MOST_VARIATIONS))
        groove = self._on_grid(groove)
        params = self._params(params, settings, groove)
        params = replace(params, controls={**self.controls_of(groove, params.genre), **params.controls})
        kept = [draw_kept_voices(groove, params.seed, number, self.config.limits.seed[1]) for number in range(count)]
        return [self.infill(groove, fix_voices(groove, voices), replace(params, seed=seed)) for voices, seed in kept]

    def interpolate(self, to_genre: str, params: GenerationParams | None = None, **settings: Any) -> Groove:
        """Generate a groove from one genre to another.

        The first bar is entirely in the first genre, the last third entirely in the second. In between, the embeddings of the two
        genres are mixed bar by bar, and so are the plans of two reference performances.

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
        return join_parts(self.stream(params, to_genre=to_genre, **settings))

    def controls_of(self, groove: Groove, genre: str | None = None) -> dict[str, list[float | None]]:
        """Measure the controls of a groove, bar by bar, as `generate` takes them.

        Example:
            >>> drummer = Drummer.load("small")
            >>> groove = drummer.generate(genre="soul", bars=2, intensity=0.9)
            >>> len(drummer.controls_of(groove, "soul")["intensity"])
            2

        Raises:
            SettingError: If there is no such genre, or the groove is in a meter that the model does not play.
        """
        genre = check_name("genre", self.config.defaults.genre if genre is None else genre, self.genres)
        played = with_stand_ins(self._on_grid(groove))
        measured = self.trained.scale.to_controls(measure_controls(played), self.genres.index(genre))
        return {
            name: [None if np.isnan(value) else value for value in column.tolist()]
            for name, column in zip(CONTROLS, measured.T, strict=True)
        }

    def _params(
        self, params: GenerationParams | None, settings: dict[str, Any], groove: Groove | None = None
    ) -> GenerationParams:
        """Collect the parameters of a call; where it is about a groove, bars and meter are those of the groove."""
        if groove is not None:
            settings = {**settings, "bars": groove.bars, "meter": groove.meter}
        params = GenerationParams.of(params, settings)
        check_name("genre", params.genre, self.genres)
        check_meter(params.meter, self.trained.meters)
        return params

    def _on_grid(self, groove: Groove) -> Groove:
        check_meter(groove.meter, self.trained.meters)
        return groove.regrid(self.trained.config.grid.steps_per_beat)
