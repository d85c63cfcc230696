"""Streaming: bars of a groove are handed out as soon as they are final, while the rest is still sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from drummer.config import Config
from drummer.errors import SettingError
from drummer.generation.decoding import DecodingTask, TaskDecoder
from drummer.generation.masks import cut_generated, fix_heard
from drummer.generation.params import GenerationParams
from drummer.generation.planning import Planner, unknown_controls
from drummer.generation.rhythm import loop_rhythm
from drummer.generation.steadiness import find_pattern
from drummer.generation.tempos import halfway_bpm, reference_quantile, usual_bpm
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import FixedMask, style_index
from drummer.model.reference_bank import ReferenceQuery
from drummer.music.arrays import Floats
from drummer.music.controls import CONTROL_INDEX
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, PHRASE_BARS
from drummer.validation import check_name

_ARRIVAL = 0.7  # share of an interpolation's length after which all is the second genre: the model changes with a delay


class GrooveStreams:
    """Streams of new bars, of one model: each plans a groove, then samples it and yields its bars; see `Drummer.stream`."""

    def __init__(self, trained: TrainedModel, config: Config, planner: Planner, decoder: TaskDecoder) -> None:
        """Keep the parts of a `Drummer`."""
        self._trained = trained
        self._config = config
        self._planner = planner
        self._decoder = decoder

    def new(self, params: GenerationParams) -> Iterator[Groove]:
        """Stream a groove that follows the bars of a reference performance."""
        bpm = usual_bpm(params.genre, self._config) if params.bpm is None else params.bpm
        return self._continue(None, bpm, params, params.control_values())

    def continuation(
        self, groove: Groove, params: GenerationParams, *, new_phrase: bool = False, keep_pattern: bool = True
    ) -> Iterator[Groove]:
        """Stream bars that follow a groove on the model's grid, at its tempo; the settings as in `Drummer.stream`."""
        controls = params.control_values(first_bar=0 if new_phrase else groove.bars)
        left_out = max(0, groove.bars - self._config.sampling.primer_bars)
        heard = groove.cut(left_out, groove.bars)
        first_bar = -heard.bars % PHRASE_BARS if new_phrase else left_out
        pattern = find_pattern(heard, first_bar % PHRASE_BARS) if keep_pattern else ()
        return self._continue(heard, groove.bpm, params, controls, first_bar, pattern)

    def interpolation(self, params: GenerationParams, to_genre: str) -> Iterator[Groove]:
        """Stream a groove from one genre to another.

        Raises:
            SettingError: If there is no such genre, or a rhythm is given, which an interpolation does not follow.
        """
        if params.rhythm is not None:
            raise SettingError("a groove that moves to another genre cannot follow a rhythm as well: leave out one of them")
        other = replace(params, genre=check_name("genre", to_genre, self._trained.genres), style=None)
        first, second = (reference_query(each, self._trained, self._config) for each in (params, other))
        queries = first, second
        bpm = halfway_bpm(params.genre, to_genre, self._config) if params.bpm is None else params.bpm
        warm_up, generator = self._config.sampling.warm_up_bars, np.random.default_rng(params.seed)
        weights = np.concatenate([np.zeros(warm_up), np.minimum(np.linspace(0.0, 1.0 / _ARRIVAL, params.bars), 1.0)])
        controls = params.control_values()
        given = np.concatenate([unknown_controls(warm_up), controls])
        plan = self._planner.plan_interpolation(given, queries, weights, bpm, generator)
        assert plan.heard is not None
        whole = plan.heard.then(self._planner.silence(params.bars, bpm, params.meter))
        fixed = fix_heard(whole, warm_up)
        mixture = np.zeros((len(weights), len(self._trained.genres)))
        for query, weight in zip(queries, (1 - weights, weights), strict=True):
            mixture[:, query.genre] += weight
        task = DecodingTask(whole, FixedMask(fixed, fixed), mixture, plan, requested_fills(plan.controls, controls))
        return self._new_bars(task, params, generator, warm_up)

    def _continue(
        self,
        heard: Groove | None,
        bpm: float,
        params: GenerationParams,
        controls: Floats,
        first_bar: int = 0,
        heard_pattern: Sequence[int] = (),
    ) -> Iterator[Groove]:
        """Stream bars that follow those that were heard, or those of a reference performance.

        Args:
            heard: The bars that were heard; None = those of a reference performance.
            bpm: Tempo.
            params: What to generate.
            controls: (bars, 12) of the bars to generate.
            first_bar: Number of bars before those that were heard, from which phrases of four are counted.
            heard_pattern: As in `Planner.plan`.
        """
        generator, query = np.random.default_rng(params.seed), reference_query(params, self._trained, self._config)
        plan = self._planner.plan(heard, controls, query, bpm, generator, first_bar % PHRASE_BARS, heard_pattern)
        silence = self._planner.silence(params.bars, bpm, params.meter)
        heard_bars = 0 if plan.heard is None else plan.heard.bars
        whole = silence if plan.heard is None else plan.heard.then(silence)
        fixed = fix_heard(whole, heard_bars) if heard_bars else whole.hits
        task = DecodingTask(
            whole,
            FixedMask(fixed, fixed),
            query.genre,
            plan,
            requested_fills(plan.controls, controls),
            first_bar=first_bar,
            rhythm=None if params.rhythm is None else loop_rhythm(params.rhythm, whole, heard_bars),
            rhythm_bar=heard_bars,
        )
        return self._new_bars(task, params, generator, heard_bars)

    def _new_bars(
        self, task: DecodingTask, params: GenerationParams, generator: np.random.Generator, heard_bars: int
    ) -> Iterator[Groove]:
        """Sample a task and yield the bars that follow those that are heard, each as soon as nothing can change it.

        An early downbeat lies in the bar before the one that it opens. The early downbeat of the first new bar is extracted with
        this bar; whether a hit is one depends on the hits on the bar line, which `TaskDecoder.stream` has sampled by then. An
        early downbeat of the bar after the last one is left out.
        """
        done = 0
        for groove, bars in self._decoder.stream(task, params, generator):
            new = bars - heard_bars
            if new > done:
                yield cut_generated(groove, heard_bars, task.fixed.hits).slice_bars(done, new)
                done = new


def reference_query(params: GenerationParams, trained: TrainedModel, config: Config) -> ReferenceQuery:
    """Make the query for the reference performance of a groove; the usual tempos of its genre are those of `config`."""
    special = tuple(
        style_index(trained.config, genre, style)
        for genre, settings in trained.config.genres.items()
        for style in settings.special_styles
    )
    style, own = style_index(trained.config, params.genre, params.style or ""), config.genres[params.genre]
    tempos = float(own.slow_bpm), float(own.fast_bpm)
    genre, quantile = trained.genres.index(params.genre), reference_quantile(params.seed)
    accented = None if params.meter.signature == FOUR_FOUR.signature else trained.accented_bars
    return ReferenceQuery(genre, style, params.meter, quantile, special, tempos, accented)


def join_parts(parts: Iterable[Groove]) -> Groove:
    """Join the parts of a groove, in their order, with `Groove.then`."""
    return reduce(Groove.then, parts)


def requested_fills(controls: Floats, requested: Floats) -> NDArray[np.bool_]:
    """Find the bars for which a fill was requested: (bars,) bool.

    Args:
        controls: (bars, 12) of all bars.
        requested: (bars, 12) requested controls of the last of them.
    """
    fills = np.zeros(len(controls), dtype=bool)
    fills[len(controls) - len(requested) :] = requested[:, CONTROL_INDEX["fill"]] == 1.0
    return fills
