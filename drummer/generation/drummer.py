"""`Drummer`: the whole job behind one object, from settings that a musician understands to a groove."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.config import Config, GenreConfig, default_config
from drummer.errors import SettingError
from drummer.generation.sampling import Sample, Settings, sample
from drummer.model.checkpoint import WEIGHTS, TrainedModel, load_weights
from drummer.model.inputs import PARTS, Conditioning, FixedMask, PerformanceTensors, make_conditioning, make_encoder_input
from drummer.music import measuring as touch
from drummer.music.controls import (
    BEAT_PLAN_INDEX,
    CONTROL_INDEX,
    CONTROLS,
    LEFT_OPEN,
    Floats,
    Wish,
    plan_to_inputs,
    spread,
    to_inputs,
)
from drummer.music.groove import Groove
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX
from drummer.threads import one_thread
from drummer.validation import check_name as check_name
from drummer.validation import check_number as check_number
from drummer.validation import check_whole as check_whole
from drummer.validation import is_number, quote

# Draws of different things from one seed must not be the same numbers.
_TEMPO_STREAM = 1
_VARIATION_STREAM = 2
_LEAST_VARIATION = 0.5  # of a morph's bars: who repeats what was played before never gets to the other genre
_ARRIVAL = 0.7  # of a morph's length, after which all is the other genre: a habit takes a while to change
# Seeds that count up spread evenly over the performances to have in mind: multiples of the golden ratio, the source of which is
# Niederreiter (1992), Random Number Generation and Quasi-Monte Carlo Methods, chapter 3.
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
MOST_VARIATIONS = 16
_USUAL_VARIATION = (0.33, 0.52)  # means of the training drummers' bars: of those that are no fills, and of fills


class _Order(NamedTuple):
    """What is asked for, checked.

    Attributes:
        genre: Its index.
        settings: How freely.
        generator: The source of all chance.
        place: In [0, 1), of the performance that is in mind, see `Repertoire.draw`.
        asked: (bars, 11) controls.
    """

    genre: int
    settings: Settings
    generator: np.random.Generator
    place: float
    asked: Floats


class _Task(NamedTuple):
    """What is to be played, as `Drummer._answer` takes it.

    Attributes:
        groove: In which something is known.
        known: What.
        controls: (bars, 11) of the plan.
        order: What is asked for.
        plan: (beats, 2), see `controls.BEAT_PLAN`; None where there is none.
        in_mind: As long as the groove, what is come back to; see `sampling.sample`.
        repeats: (beats, families) see `touch.repeats`; None where nothing is in mind.
    """

    groove: Groove
    known: FixedMask
    controls: Floats
    order: _Order
    plan: Floats | None = None
    in_mind: Groove | None = None
    repeats: NDArray[np.int64] | None = None


class Drummer:
    """Plays grooves with one trained model.

    Example:
        >>> drummer = Drummer.load("small")
        >>> groove = drummer.play(genre="funk", bpm=96, bars=2, seed=7)
        >>> groove.bars, groove.bpm
        (2, 96.0)
    """

    def __init__(self, trained: TrainedModel, config: Config | None = None) -> None:
        """Make a drummer of a model; `load` does so by name.

        Torch uses one thread while it plays, see `drummer.threads`; programs that do nothing else set that once.

        Args:
            trained: The model.
            config: For limits, defaults and sampling; by default `config.yaml`.
        """
        self.trained = trained
        self.config = config or default_config()

    @classmethod
    def load(cls, model: str | None = None, folder: Path = WEIGHTS) -> Drummer:
        """Load a model by name, by default the one that `config.yaml` names.

        Raises:
            WeightsError: If there is no such model, or its files are damaged.
        """
        return cls(load_weights(default_config().defaults.model if model is None else model, folder))

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that this drummer plays."""
        return self.trained.genres

    def typical_bpm(self, genre: str, seed: int) -> int:
        """Look up the tempo of the training performance that `play` has in mind with this seed when it plays at that tempo.

        Drummers do not play everything at every tempo: a groove sounds most like theirs at the tempo of the one in mind. Without
        performances a tempo of the genre's range is drawn.

        Args:
            genre: One of `genres`.
            seed: As in `play`.

        Returns:
            In whole quarter notes a minute, 30-300.

        Raises:
            SettingError: If there is no such genre, or the seed is out of range.
        """
        index = self.genres.index(check_name("genre", genre, self.genres))
        seed = check_whole("seed", seed, self.config.limits.seed)
        bpm = self.trained.repertoire.tempo_at(index, _place(seed))
        if bpm is None:
            return _bpm_in_range(self.config.genres[genre], np.random.default_rng([seed, _TEMPO_STREAM]))
        low, high = self.config.limits.bpm
        return min(max(round(bpm), low), high)

    def play(
        self,
        *,
        genre: str | None = None,
        bpm: float | None = None,
        bars: int | None = None,
        temperature: float | None = None,
        seed: int = 0,
        top_p: float | None = None,
        **wishes: Wish,
    ) -> Groove:
        """Play a groove. Settings that are left out come from `config.yaml`.

        The drummer has bars of a training performance in mind, which are not returned, and a plan; see `drummer.repertoire`.
        The same settings and seed give the same groove, bit for bit on one machine.

        Args:
            genre: One of `genres`.
            bpm: Tempo, 30-300 quarter notes a minute; by default the genre's usual one.
            bars: Number of bars to play, 1-32.
            temperature: How bold, 0.1-2.0; 1 plays as the drummers did.
            seed: Whole number from 0 to 4294967295 that all chance comes from.
            top_p: Draw only from the most probable voices that together have this probability, above 0 and at most 1.
            wishes: By the names in `drummer.music.controls.CONTROLS`, such as `intensity`, `fill`. A number holds for all bars, a list
                gives each its own; None leaves it to the drummer.

        Returns:
            `bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, in one sentence that says which.
        """
        limits, defaults = self.config.limits, self.config.defaults
        genre = check_name("genre", defaults.genre if genre is None else genre, self.genres)
        bpm = check_number("tempo", usual_bpm(genre, self.config) if bpm is None else bpm, limits.bpm, " BPM")
        bars = check_whole("the number of bars", defaults.bars if bars is None else bars, limits.bars)
        return self._play_on(None, bars, bpm, self._order(genre, temperature, seed, top_p, wishes, bars))

    def go_on(
        self,
        primer: Groove,
        *,
        genre: str | None = None,
        bars: int | None = None,
        temperature: float | None = None,
        seed: int = 0,
        top_p: float | None = None,
        **wishes: Wish,
    ) -> Groove:
        """Go on from a groove, at its tempo.

        Example:
            >>> drummer = Drummer.load()
            >>> primer = drummer.play(genre="funk", bars=2)
            >>> song = primer.then(drummer.go_on(primer, genre="funk", bars=2, seed=1))
            >>> song.bars
            4

        Args:
            primer: In 4/4. It is listened to, not returned; of a long one the last 16 bars count.
            genre: As in `play`.
            bars: Number of bars to add.
            temperature: As in `play`.
            seed: As in `play`.
            top_p: As in `play`.
            wishes: As in `play`, for the bars that are added.

        Returns:
            `bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, or the primer is not in 4/4.
        """
        bars = check_whole("the number of bars", self.config.defaults.bars if bars is None else bars, self.config.limits.bars)
        heard = self._on_grid(primer)
        heard = heard.cut(max(0, heard.bars - self.config.sampling.primer_bars), heard.bars)
        return self._play_on(heard, bars, heard.bpm, self._order(genre, temperature, seed, top_p, wishes, bars))

    def accompany(
        self,
        groove: Groove,
        held: Iterable[str],
        *,
        genre: str | None = None,
        temperature: float | None = None,
        seed: int = 0,
        top_p: float | None = None,
        **wishes: Wish,
    ) -> Groove:
        """Hold some voices of a groove and play all others anew to fit them.

        Example:
            >>> drummer = Drummer.load()
            >>> groove = drummer.play(genre="rock", bars=2)
            >>> other = drummer.accompany(groove, ["kick", "snare"], genre="rock", seed=5)
            >>> bool((other.velocities[:, :2] == groove.velocities[:, :2]).all())
            True

        Args:
            groove: In 4/4, 1-32 bars.
            held: Names of voices, see `drummer.music.voices`. They come back as they are, bit for bit if on the model's grid; so does
                their silence: a held voice is not played anywhere else.
            genre: As in `play`.
            temperature: As in `play`.
            seed: As in `play`.
            top_p: As in `play`.
            wishes: As in `play`.

        Raises:
            SettingError: If a setting is out of range, a voice unknown, or the groove not in 4/4.
        """
        groove = self._on_grid(groove)
        mask = np.zeros(groove.hits.shape, dtype=bool)
        mask[:, [VOICE_INDEX[check_name("voice", name, VOICE_INDEX)] for name in held]] = True
        return self._infill(groove, mask, self._order(genre, temperature, seed, top_p, wishes, groove.bars))

    def replay(
        self,
        groove: Groove,
        first_beat: int,
        last_beat: int,
        *,
        genre: str | None = None,
        temperature: float | None = None,
        seed: int = 0,
        top_p: float | None = None,
        **wishes: Wish,
    ) -> Groove:
        """Play some beats of a groove anew while its surroundings stay.

        Early hits go with the beat that they are meant for (`Groove.early_hits`): the one that opens the beats is played anew,
        the one that opens what follows stays.

        Example:
            >>> drummer = Drummer.load()
            >>> groove = drummer.play(genre="soul", bars=3)
            >>> other = drummer.replay(groove, 4, 8, genre="soul", seed=2)  # the second bar
            >>> other.cut(2, 3) == groove.cut(2, 3)
            True

        Args:
            groove: In 4/4, 1-32 bars.
            first_beat: The first beat to play, counted from 0.
            last_beat: The beat before which to stop.
            genre: As in `play`.
            temperature: As in `play`.
            seed: As in `play`.
            top_p: As in `play`.
            wishes: As in `play`; those of bars that stay tell what they are like.

        Raises:
            SettingError: If a setting is out of range, the beats are not in the groove, or it is not in 4/4.
        """
        groove = self._on_grid(groove)
        first = check_whole("the first beat", first_beat, (0, groove.beats - 1))
        last = check_whole("the last beat", last_beat, (first + 1, groove.beats))
        fixed = ~_cells_of_beats(groove, first, last)
        return self._infill(groove, fixed, self._order(genre, temperature, seed, top_p, wishes, groove.bars))

    def humanise(
        self,
        groove: Groove,
        *,
        genre: str | None = None,
        temperature: float | None = None,
        seed: int = 0,
        **wishes: Wish,
    ) -> Groove:
        """Perform a flat pattern: the hits stay on their steps, velocity and microtiming are played.

        As in `play`, the drummer has a training performance in mind: one whose bars are about as busy, as varied and so on.

        Example:
            >>> drummer = Drummer.load()
            >>> flat = drummer.play(genre="hiphop", bars=2)
            >>> performed = drummer.humanise(flat, genre="hiphop", seed=3)
            >>> bool((performed.hits == flat.hits).all())
            True

        Args:
            groove: In 4/4, 1-32 bars; its velocities and offsets do not matter.
            genre: As in `play`.
            temperature: As in `play`.
            seed: As in `play`.
            wishes: As in `play`.

        Raises:
            SettingError: If a setting is out of range, or the groove is not in 4/4.
        """
        groove = self._on_grid(groove)
        flat = replace(groove, velocities=np.float32(0.5) * groove.hits, offsets=np.float32(0.0) * groove.hits)
        return self._perform(flat, self._order(genre, temperature, seed, None, wishes, groove.bars))

    def replace(self, groove: Groove, voices: Iterable[str], **settings: Any) -> Groove:
        """Play some voices of a groove anew, to fit all others, which stay: `accompany` the other way round.

        Example:
            >>> drummer = Drummer.load()
            >>> groove = drummer.play(genre="rock", bars=2)
            >>> other = drummer.replace(groove, ["kick"], genre="rock", seed=5)
            >>> bool((other.velocities[:, 1:] == groove.velocities[:, 1:]).all())
            True

        Args:
            groove: In 4/4, 1-32 bars.
            voices: Names of voices, see `drummer.music.voices`.
            settings: Genre, temperature, seed, top_p and wishes, as in `accompany`.

        Raises:
            SettingError: As `accompany`.
        """
        played = {check_name("voice", name, VOICE_INDEX) for name in voices}
        return self.accompany(groove, [name for name in VOICE_INDEX if name not in played], **settings)

    def wishes_of(self, groove: Groove, genre: str | None = None) -> dict[str, list[float | None]]:
        """Say what would have to be asked for to get bars like those of a groove: the `wishes` of `play`, bar by bar.

        Example:
            >>> drummer = Drummer.load()
            >>> groove = drummer.play(genre="soul", bars=2, intensity=0.9)
            >>> len(drummer.wishes_of(groove, "soul")["intensity"])
            2

        Raises:
            SettingError: If there is no such genre, or the groove is not in 4/4.
        """
        genre = check_name("genre", self.config.defaults.genre if genre is None else genre, self.genres)
        measured = self.trained.scale.to_controls(touch.measure(self._on_grid(groove)), self.genres.index(genre))
        return {
            name: [None if np.isnan(value) else value for value in column.tolist()]
            for name, column in zip(CONTROLS, measured.T, strict=True)
        }

    def variations(
        self,
        groove: Groove,
        count: int = 4,
        *,
        genre: str | None = None,
        temperature: float | None = None,
        seed: int = 0,
    ) -> list[Groove]:
        """Play "more like this": grooves with the same feel, in which some voices stay and the others are played anew.

        Each keeps what the groove is like, bar by bar (`wishes_of`), and about half of its families of voices (kick; snare, rim
        and clap; hi-hats; toms; cymbals), at least one and never all.

        Example:
            >>> drummer = Drummer.load()
            >>> groove = drummer.play(genre="funk", bars=2)
            >>> len(drummer.variations(groove, 3, genre="funk", seed=1))
            3

        Args:
            groove: In 4/4, 1-32 bars.
            count: 1-16.
            genre: As in `play`.
            temperature: As in `play`.
            seed: As in `play`; variation i of a seed is the same however many are asked for.

        Raises:
            SettingError: If a setting is out of range, or the groove not in 4/4.
        """
        count = check_whole("the number of variations", count, (1, MOST_VARIATIONS))
        seed = check_whole("seed", seed, self.config.limits.seed)
        groove = self._on_grid(groove)
        wishes: dict[str, Any] = {**self.wishes_of(groove, genre)}
        counts = [int(groove.hits[:, [VOICE_INDEX[name] for name in family]].sum()) for family in FAMILIES.values()]
        played = []
        for number in range(count):
            generator = np.random.default_rng([seed, _VARIATION_STREAM, number])
            anew = _half_of(counts, generator)
            held = [
                name
                for family, some, again in zip(FAMILIES.values(), counts, anew, strict=True)
                if some and not again
                for name in family
            ]
            own_seed = int(generator.integers(self.config.limits.seed[1]))
            played.append(self.accompany(groove, held, genre=genre, temperature=temperature, seed=own_seed, **wishes))
        return played

    def morph(
        self,
        *,
        genre: str,
        to_genre: str,
        bpm: float | None = None,
        bars: int | None = None,
        temperature: float | None = None,
        seed: int = 0,
        top_p: float | None = None,
        **wishes: Wish,
    ) -> Groove:
        """Play from one genre to another: the first bar is all of the one, the last third all of the other.

        In between, what the model knows of the two is mixed bar by bar, and so are the plans of two training performances, one of
        each. Bars differ from the one before more than usual, or the first genre would be repeated for ever.

        Example:
            >>> drummer = Drummer.load()
            >>> drummer.morph(genre="funk", to_genre="jazz", bars=4, seed=1).bars
            4

        Args:
            genre: The first.
            to_genre: The last.
            bpm: As in `play`; by default half-way between their usual tempos.
            bars: As in `play`.
            temperature: As in `play`.
            seed: As in `play`.
            top_p: As in `play`.
            wishes: As in `play`.

        Raises:
            SettingError: As `play`.
        """
        limits, defaults = self.config.limits, self.config.defaults
        bars = check_whole("the number of bars", defaults.bars if bars is None else bars, limits.bars)
        orders = [self._order(each, temperature, seed, top_p, wishes, bars) for each in (genre, to_genre)]
        usual = round(np.sqrt(usual_bpm(genre, self.config) * usual_bpm(to_genre, self.config)))
        bpm = check_number("tempo", usual if bpm is None else bpm, limits.bpm, " BPM")
        return self._morph(orders, np.minimum(np.linspace(0.0, 1.0 / _ARRIVAL, bars), 1.0), bpm)

    def _morph(self, orders: Sequence[_Order], shares: Floats, bpm: float) -> Groove:
        """Play what two orders ask for, in each bar so much of the second."""
        warm_up, generator = self.config.sampling.warm_up_bars, orders[0].generator
        shares = np.concatenate([np.zeros(warm_up), shares])
        asked = np.concatenate([np.full((warm_up, len(CONTROLS)), np.nan), orders[0].asked])
        stretches = [self.trained.repertoire.draw(order.genre, bpm, asked, generator) for order in orders]
        plans = [asked if stretch is None else stretch[1] for stretch in stretches]
        controls = (1 - shares)[:, None] * plans[0] + shares[:, None] * plans[1]
        fill, variation = CONTROL_INDEX["fill"], CONTROL_INDEX["variation"]
        controls[:, fill] = np.where(shares < 0.5, plans[0][:, fill], plans[1][:, fill])
        told = ~np.isnan(asked[:, variation])
        controls[:, variation] = np.where(told, asked[:, variation], np.fmax(controls[:, variation], _LEAST_VARIATION))
        heard = self._silence(warm_up, bpm) if stretches[0] is None else self._looked_up(stretches[0][0], bpm).cut(0, warm_up)
        whole, fixed = self._and_then(heard, self._silence(len(shares) - warm_up, bpm))
        task = _Task(whole, FixedMask(fixed, fixed), controls, orders[0])
        given, played, known = self._question(task)
        tokens_per_bar = self.trained.model.shape.tokens_per_bar
        mixture = torch.zeros(1, len(shares) * tokens_per_bar, len(self.genres))
        for order, share in zip(orders, (1 - shares, shares), strict=True):
            mixture[0, :, order.genre] += torch.from_numpy(np.repeat(share, tokens_per_bar)).float()
        question = given._replace(genre=mixture), played, known
        return _played_after(self._draw(task, question), warm_up, fixed)

    def _looked_up(self, rows: NDArray[np.int64], bpm: float) -> Groove:
        """Play bars of the repertoire as they were played."""
        grid = self.trained.config.grid
        velocities, offsets = self.trained.repertoire.bars(rows, grid.steps_per_beat * grid.beats_per_bar)
        return Groove(velocities > 0, velocities, offsets, bpm, grid.steps_per_beat, grid.beats_per_bar)

    def _silence(self, bars: int, bpm: float) -> Groove:
        grid = self.trained.config.grid
        return Groove.silent(bars, bpm, steps_per_beat=grid.steps_per_beat, beats_per_bar=grid.beats_per_bar)

    def _on_grid(self, groove: Groove) -> Groove:
        grid = self.trained.config.grid
        if groove.beats_per_bar != grid.beats_per_bar:
            raise SettingError(f"the groove must be in {grid.beats_per_bar}/4, got one of {groove.beats_per_bar} beats a bar")
        return groove.regrid(grid.steps_per_beat)

    def _order(
        self,
        genre: str | None,
        temperature: float | None,
        seed: int,
        top_p: float | None,
        wishes: Mapping[str, Wish],
        bars: int,
    ) -> _Order:
        """Check what is asked for."""
        defaults, limits, sampling = self.config.defaults, self.config.limits, self.config.sampling
        genre = check_name("genre", defaults.genre if genre is None else genre, self.genres)
        temperature = check_number(
            "temperature", defaults.temperature if temperature is None else temperature, limits.temperature
        )
        seed = check_whole("seed", seed, limits.seed)
        generator = np.random.default_rng(seed)
        top_p = sampling.top_p if top_p is None else top_p
        if not is_number(top_p) or not 0.0 < top_p <= 1.0:
            raise SettingError(f"top_p must be above 0 and at most 1, got {quote(top_p)}")
        check_whole("the number of bars", bars, limits.bars)
        asked = spread(bars, {check_name("setting", name, CONTROLS): wish for name, wish in wishes.items()})
        settings = Settings(
            temperature,
            top_p,
            sampling.coolest_onset,
            sampling.uncooled,
            sampling.performance_temperature,
            sampling.cooling,
            sampling.velocity_persistence,
            sampling.repetition,
        )
        return _Order(self.genres.index(genre), settings, generator, _place(seed), asked)

    def _play_on(self, heard: Groove | None, bars: int, bpm: float, order: _Order) -> Groove:
        """Play bars that follow what was heard; who has heard nothing has a groove of the repertoire in mind."""
        repertoire, scale = self.trained.repertoire, self.trained.scale
        before = np.full((heard.bars if heard else self.config.sampling.warm_up_bars, len(CONTROLS)), np.nan)
        known = scale.to_controls(touch.measure(heard), order.genre) if heard else before
        stretch = repertoire.draw(order.genre, bpm, np.concatenate([known, order.asked]), order.generator, order.place)
        silence = self._silence(bars, bpm)
        come_back_to, repeats = None, None
        if stretch is None:
            controls, plan = (np.concatenate([before, order.asked]) if heard else order.asked), None
        else:
            rows, controls = stretch
            in_mind = self._looked_up(rows, bpm)
            asked = np.concatenate([before, order.asked])
            plan = _plan_by_beats(in_mind, asked, controls)
            if heard is not None:
                plan[: heard.beats] = touch.beat_plan(heard)
                plan[heard.beats - 1] = np.nan  # it may still get an early downbeat of what follows
            else:
                heard = in_mind.cut(0, len(before))
                come_back_to = in_mind if np.isnan(order.asked).all() else None
                if np.isnan(plan[heard.beats]).all():  # what is asked of beat 1 holds for a hit ahead of it too
                    plan[heard.beats - 1] = np.nan
            repeats = touch.repeats(in_mind)
            elsewise = np.repeat(~np.isnan(asked[:, CONTROL_INDEX["cymbals"]]), in_mind.beats_per_bar)
            elsewise[heard.beats - 1] = elsewise[heard.beats]
            repeats[elsewise | np.isnan(plan[:, BEAT_PLAN_INDEX["variation"]])] = LEFT_OPEN
        if heard is None:
            return self._answer(_Task(silence, FixedMask(silence.hits, silence.hits), controls, order, plan))
        whole, fixed = self._and_then(heard, silence)
        task = _Task(whole, FixedMask(fixed, fixed), controls, order, plan, come_back_to, repeats)
        return _played_after(self._answer(task), heard.bars, fixed)

    def _perform(self, flat: Groove, order: _Order) -> Groove:
        """Play velocity and timing of hits on the grid."""
        warm_up = self.config.sampling.warm_up_bars
        measured = self.trained.scale.to_controls(touch.measure(flat), order.genre)
        certain = np.isnan(order.asked) & [control.of_onsets for control in CONTROLS.values()]
        alike = np.where(certain, measured, order.asked)
        before = np.full((warm_up, len(CONTROLS)), np.nan)
        stretch = self.trained.repertoire.draw(order.genre, flat.bpm, np.concatenate([before, alike]), order.generator)
        if stretch is None:
            hits = np.ones(flat.hits.shape, dtype=bool)
            return self._answer(_Task(flat, FixedMask(hits, ~hits), order.asked, order))
        rows, controls = stretch
        heard = self._looked_up(rows, flat.bpm).cut(0, warm_up)
        whole = heard.then(flat)
        known = FixedMask(np.ones(whole.hits.shape, dtype=bool), _cells_of_bars(whole, 0, warm_up))
        return self._answer(_Task(whole, known, controls, order, touch.beat_plan(whole))).slice_bars(warm_up, whole.bars)

    def _infill(self, groove: Groove, fixed: NDArray[np.bool_], order: _Order) -> Groove:
        """Play all cells of a groove that are not fixed, (steps, 13) bool.

        Where beat 1 of bar 1 is among them, an unheard bar comes before it, so that it can be played early: the last bar of the
        groove, as in a loop, with its cells fixed in the same way.
        """
        if fixed[0].all():
            return _without_next_downbeat(self._answer(_Task(groove, FixedMask(fixed, fixed), order.asked, order)), fixed)
        whole = groove.slice_bars(groove.bars - 1, groove.bars).then(groove)
        mask = np.concatenate([fixed[-groove.steps_per_bar :], fixed])
        lead_in = slice(groove.steps_per_bar - groove.lead_in_steps, groove.steps_per_bar)
        mask[lead_in] &= whole.hits[lead_in] | fixed[:1]
        controls = np.concatenate([np.full((1, len(CONTROLS)), np.nan), order.asked])
        return _played_after(self._answer(_Task(whole, FixedMask(mask, mask), controls, order)), 1, mask)

    def _and_then(self, heard: Groove, rest: Groove) -> tuple[Groove, NDArray[np.bool_]]:
        """Let bars follow what was heard; and say which cells of the whole are fixed, (steps, 13) bool.

        The last steps of what was heard are open where nothing sounds: there an early first downbeat of the rest is played.
        """
        whole = heard.then(rest)
        fixed = _cells_of_bars(whole, 0, heard.bars)
        lead_in = slice(heard.steps - heard.lead_in_steps, heard.steps)
        fixed[lead_in] = whole.hits[lead_in]
        return whole, fixed

    def _answer(self, task: _Task) -> Groove:
        """Play what is not known of a groove."""
        return self._draw(task, self._question(task))

    def _draw(self, task: _Task, question: tuple[Conditioning, PerformanceTensors, FixedMask]) -> Groove:
        """Draw the answer to the question that a task is put into."""
        order, beats_per_bar = task.order, task.groove.beats_per_bar
        tokens_per_beat = self.trained.model.shape.tokens_per_bar // beats_per_bar
        by_token = np.repeat(self._cooling(task.controls, task.plan, beats_per_bar), tokens_per_beat)
        come_back_to = None if task.in_mind is None else self._to_played(task.in_mind)
        binning = self.trained.tokenizer.binning
        repeats = None if task.repeats is None else np.repeat(task.repeats, tokens_per_beat, axis=0)
        with one_thread():
            drawn = sample(
                self.trained.model, *question, binning, order.settings, by_token, order.generator, come_back_to, repeats
            )
        return self._to_groove(drawn, task.groove.bpm)

    def _bar_cooling(self, controls: Floats) -> Floats:
        """Choose how freely the voices of each bar are drawn, (bars,) factors on the temperature, from its controls.

        A bar that shall repeat the one before is drawn safely, one that shall differ boldly: drawn all alike, neither differs as
        much from the other as drummers' bars do.
        """
        usual = np.where(controls[:, CONTROL_INDEX["fill"]] == 1.0, _USUAL_VARIATION[1], _USUAL_VARIATION[0])
        variation = controls[:, CONTROL_INDEX["variation"]]
        return _interpolate(np.where(np.isnan(variation), usual, variation), self.config.sampling.voice_cooling)

    def _cooling(self, controls: Floats, plan: Floats | None, beats_per_bar: int) -> Floats:
        """Choose the same for each beat, (beats,), from how much it shall differ from the bar before, where that is planned.

        What differs is seldom spread evenly over a bar: drummers keep three beats and change the fourth.
        """
        by_bar = np.repeat(self._bar_cooling(controls), beats_per_bar)
        if plan is None:
            return by_bar
        change = plan[:, BEAT_PLAN_INDEX["variation"]]
        by_beat = _interpolate(np.nan_to_num(change), self.config.sampling.beat_cooling)
        return np.where(np.isnan(change), by_bar, by_beat)

    def _insist(self, controls: Floats, asked: Floats) -> Floats:
        """Say louder than in training which of the last bars shall be fills: said so, only two in three were played."""
        insistent = controls.copy()
        fill = CONTROL_INDEX["fill"]
        insistent[len(controls) - len(asked) :, fill][asked[:, fill] == 1.0] = self.config.sampling.asked_fill
        return insistent

    def _question(self, task: _Task) -> tuple[Conditioning, PerformanceTensors, FixedMask]:
        """Put into tensors what is given and what is asked: the arguments of `sample`."""
        shape, groove, known = self.trained.model.shape, task.groove, task.known
        length = groove.bars * shape.tokens_per_bar
        by_token = FixedMask(known.hits.reshape(length, shape.cells), known.performance.reshape(length, shape.cells))
        hits_known, performance_known = (torch.from_numpy(mask.copy())[None] for mask in by_token)  # a groove's own are read-only
        played = self._to_played(groove)
        plan = None if task.plan is None else plan_to_inputs(task.plan, groove.beats_per_bar)
        given = make_conditioning(
            make_encoder_input(hits_known, performance_known, played.velocities, played.offsets),
            genre=torch.tensor([task.order.genre]),
            bpm=torch.tensor([groove.bpm]),
            part=torch.tensor([PARTS.index("beat")]),
            controls=torch.from_numpy(to_inputs(self._insist(task.controls, task.order.asked)))[None],
            shape=shape,
            plan=None if plan is None else torch.from_numpy(plan)[None],
        )
        return given, played, by_token

    def _to_played(self, groove: Groove) -> PerformanceTensors:
        """Put a groove into tensors, with a batch of one; the inverse of `_to_groove`."""
        shape = (1, -1, self.trained.model.shape.cells)
        return PerformanceTensors(
            torch.from_numpy(self.trained.tokenizer.encode(groove).tokens)[None],
            *(torch.from_numpy(array.reshape(shape).copy()) for array in (groove.velocities, groove.offsets)),
        )

    def _to_groove(self, drawn: Sample, bpm: float) -> Groove:
        grid = self.trained.config.grid
        return Groove(drawn.velocities > 0, drawn.velocities, drawn.offsets, bpm, grid.steps_per_beat, grid.beats_per_bar)


def _cells_of_bars(groove: Groove, first: int, last: int) -> NDArray[np.bool_]:
    """(steps, 13) bool, the cells from one bar up to, not including, another."""
    bars = np.arange(groove.steps) // groove.steps_per_bar
    return np.repeat(((first <= bars) & (bars < last))[:, None], VOICE_COUNT, axis=1)


def _cells_of_beats(groove: Groove, first: int, last: int) -> NDArray[np.bool_]:
    """(steps, 13) bool, the cells whose hits belong to the beats from `first` up to, not including, `last`.

    They begin a little before their beat, and end a little before the next; see `Groove.early_hits`.
    """
    lead, length = groove.lead_in_steps, groove.steps_per_beat
    grace = groove.hits & ~groove.early_hits(beats=1)  # a hit just before a beat that is not meant for it
    cells = np.zeros(groove.hits.shape, dtype=bool)
    cells[first * length : last * length] = True
    if first > 0:
        before = slice(first * length - lead, first * length)
        cells[before] = ~grace[before]
    if last < groove.beats:
        end = slice(last * length - lead, last * length)
        cells[end] = grace[end]
    return cells


def _played_after(whole: Groove, heard_bars: int, fixed: NDArray[np.bool_]) -> Groove:
    """Cut out what follows the bars that were heard: with its first downbeat, however early, and without the next one's.

    Args:
        whole: All of it.
        heard_bars: How much was heard.
        fixed: (steps, 13) bool, the cells that were there before. The hits of the last heard bar's end stay there.
    """
    lead, start = whole.lead_in_steps, heard_bars * whole.steps_per_bar
    theirs = np.zeros_like(fixed)
    theirs[start - lead : start] = fixed[start - lead : start]
    played = whole.without(theirs).cut(heard_bars, whole.bars)
    return _without_next_downbeat(played, fixed[start:])


def _without_next_downbeat(groove: Groove, fixed: NDArray[np.bool_]) -> Groove:
    """Leave out hits just ahead of the groove's end that are not fixed: they are meant for a bar that is not there.

    In a loop they would double its first downbeat.
    """
    ahead = np.zeros_like(fixed)
    ahead[groove.steps - groove.lead_in_steps :] = True
    return groove.without(ahead & ~fixed)


def _plan_by_beats(in_mind: Groove, asked: Floats, controls: Floats) -> Floats:
    """Plan each beat like those of the performance in mind, but where something else is asked for: (beats, 2), NaN = open.

    A bar whose variation is asked for, or forgotten since a fill is asked for, is not like the one in mind; neither is one that
    shall be busier or sparser: told to repeat the bar before, it would not become so.
    """
    plan = touch.beat_plan(in_mind)
    elsewise = [CONTROL_INDEX[name] for name in ("variation", "complexity", "kick", "toms")]
    unlike = ~np.isnan(asked[:, elsewise]).all(axis=1) | np.isnan(controls[:, CONTROL_INDEX["variation"]])
    plan[np.repeat(unlike, in_mind.beats_per_bar)] = np.nan
    return plan


def _interpolate(values: Floats, table: Sequence[tuple[float, float]]) -> Floats:
    """Look values up in a table of places and results, in between on straight lines."""
    places, results = np.array(sorted(table)).T
    return np.asarray(np.interp(values, places, results))


def _half_of(counts: Sequence[int], generator: np.random.Generator) -> NDArray[np.bool_]:
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


def usual_bpm(genre: str, config: Config | None = None) -> int:
    """Look up the tempo that a genre is most often played at.

    Raises:
        SettingError: If there is no such genre.
    """
    genres = (config or default_config()).genres
    return genres[check_name("genre", genre, genres)].usual_bpm


def _place(seed: int) -> float:
    """Choose which performance a seed has in mind, in [0, 1)."""
    return seed * _GOLDEN % 1.0


def _bpm_in_range(tempos: GenreConfig, generator: np.random.Generator) -> int:
    """Draw a tempo of a genre: triangular over the range of its drummers, its peak at the usual one."""
    if tempos.slow_bpm == tempos.fast_bpm:
        return tempos.usual_bpm
    return round(generator.triangular(tempos.slow_bpm, tempos.usual_bpm, tempos.fast_bpm))


def file_stem(genre: str, groove: Groove, seed: int) -> str:
    """Name a groove's files as a musician would keep them, such as `funk_96bpm_8bars_seed123`."""
    return f"{genre}_{groove.bpm:g}bpm_{groove.bars}bars_seed{seed}"
