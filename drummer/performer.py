"""`Drummer`: the whole job behind one object, from settings that a musician understands to a groove."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from drummer.config import Config, default_config
from drummer.errors import SettingError
from drummer.groove import Groove
from drummer.model import PARTS, Given, Played, make_given, make_score
from drummer.sampling import Sample, Settings, sample
from drummer.tokens import TokenSequence
from drummer.weights import WEIGHTS, TrainedModel, load_weights

# Draws of different things from one seed must not be the same numbers.
_TEMPO_STREAM = 1


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

        Torch is set to one thread: the steps of one sequence are too small to share, and threads that wait for a busy core are
        ten times slower than none.

        Args:
            trained: The model.
            config: For limits, defaults and sampling; by default `config.yaml`.
        """
        torch.set_num_threads(1)
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

    def play(
        self,
        *,
        genre: str | None = None,
        bpm: float | None = None,
        bars: int | None = None,
        temperature: float | None = None,
        seed: int = 0,
        primer: Groove | None = None,
        top_p: float | None = None,
    ) -> Groove:
        """Play a groove. Settings that are left out come from `config.yaml`.

        The same settings and seed give the same groove, bit for bit on one machine.

        Args:
            genre: One of `genres`.
            bpm: Tempo, 30-300 quarter notes a minute; by default the primer's, else the genre's usual one.
            bars: Number of bars to play, 1-32.
            temperature: How bold, 0.1-2.0; 1 plays as the drummers did.
            seed: Whole number from 0 to 4294967295 that all chance comes from.
            primer: A groove in 4/4 to go on from. It is listened to, not returned: `primer.then(result)` is both (`Groove.regrid`
                where its grid is another). Of a long one the last 16 bars count.
            top_p: Draw only from the most probable voices that together have this probability, above 0 and at most 1.

        Returns:
            `bars` bars on the model's grid.

        Raises:
            SettingError: If a setting is out of range, in one sentence that says which.
        """
        defaults, limits, sampling = self.config.defaults, self.config.limits, self.config.sampling
        genre = check_name("genre", defaults.genre if genre is None else genre, self.genres)
        if bpm is None:
            bpm = usual_bpm(genre, self.config) if primer is None else primer.bpm
        bpm = check_number("tempo", bpm, limits.bpm, " BPM")
        bars = check_whole("the number of bars", defaults.bars if bars is None else bars, limits.bars)
        temperature = check_number(
            "temperature", defaults.temperature if temperature is None else temperature, limits.temperature
        )
        seed = check_whole("seed", seed, limits.seed)
        top_p = sampling.top_p if top_p is None else top_p
        if not 0.0 < top_p <= 1.0:
            raise SettingError(f"top_p must be above 0 and at most 1, got {top_p:g}")
        drawn = sample(
            self.trained.model,
            *self._question(genre, bpm, bars, self._prepare(primer)),
            self.trained.tokenizer.binning,
            Settings(temperature, top_p, sampling.coolest_onset, sampling.uncooled, sampling.performance_temperature),
            np.random.default_rng(seed),
        )
        played = self._to_groove(drawn, bpm)
        return played.cut(played.bars - bars, played.bars)

    def _prepare(self, primer: Groove | None) -> Groove | None:
        """Put the primer on the model's grid and keep what is listened to."""
        if primer is None:
            return None
        grid = self.trained.config.grid
        if primer.beats_per_bar != grid.beats_per_bar:
            raise SettingError(f"the primer must be in {grid.beats_per_bar}/4, got one of {primer.beats_per_bar} beats a bar")
        return primer.regrid(grid.steps_per_beat).cut(max(0, primer.bars - self.config.sampling.primer_bars), primer.bars)

    def _question(self, genre: str, bpm: float, bars: int, primer: Groove | None) -> tuple[Given, Played, np.ndarray]:
        """Put into tensors what is given and what is asked: the arguments of `sample`."""
        shape, grid = self.trained.model.shape, self.trained.config.grid
        rest = Groove.silent(bars, bpm, steps_per_beat=grid.steps_per_beat, beats_per_bar=grid.beats_per_bar)
        whole = rest if primer is None else primer.then(rest)
        length = whole.bars * shape.tokens_per_bar
        known = np.arange(length) < length - bars * shape.tokens_per_bar
        played = Played(
            torch.from_numpy(self.trained.tokenizer.encode(whole).tokens)[None],
            *(torch.from_numpy(array.reshape(length, shape.cells).copy())[None] for array in (whole.velocities, whole.offsets)),
        )
        known_cells = torch.from_numpy(known)[None, :, None].expand_as(played.velocities)
        given = make_given(
            make_score(known_cells, known_cells, played.velocities, played.offsets),
            genre=torch.tensor([self.genres.index(genre)]),
            bpm=torch.tensor([bpm]),
            part=torch.tensor([PARTS.index("beat")]),
            tokens_per_bar=shape.tokens_per_bar,
        )
        return given, played, known

    def _to_groove(self, drawn: Sample, bpm: float) -> Groove:
        grid, tokenizer = self.trained.config.grid, self.trained.tokenizer
        if not self.trained.model.shape.performance:
            middle = np.zeros((len(drawn.tokens) * tokenizer.token_steps, drawn.velocities.shape[1]), dtype=np.int64)
            return tokenizer.decode(TokenSequence(drawn.tokens, middle, middle), bpm, grid.beats_per_bar)
        return Groove(drawn.velocities > 0, drawn.velocities, drawn.offsets, bpm, grid.steps_per_beat, grid.beats_per_bar)


def usual_bpm(genre: str, config: Config | None = None) -> int:
    """Look up the tempo that a genre is most often played at.

    Raises:
        SettingError: If there is no such genre.
    """
    genres = (config or default_config()).genres
    return genres[check_name("genre", genre, genres)].usual_bpm


def typical_bpm(genre: str, seed: int, config: Config | None = None) -> int:
    """Draw a tempo of a genre from a seed: triangular over the range of its drummers, its peak at the usual tempo.

    Raises:
        SettingError: If there is no such genre, or the seed is out of range.
    """
    config = config or default_config()
    tempos = config.genres[check_name("genre", genre, config.genres)]
    generator = np.random.default_rng([check_whole("seed", seed, config.limits.seed), _TEMPO_STREAM])
    if tempos.slow_bpm == tempos.fast_bpm:
        return tempos.usual_bpm
    return round(generator.triangular(tempos.slow_bpm, tempos.usual_bpm, tempos.fast_bpm))


def file_stem(genre: str, groove: Groove, seed: int) -> str:
    """Name a groove's files as a musician would keep them, such as `funk_96bpm_8bars_seed123`."""
    return f"{genre}_{groove.bpm:g}bpm_{groove.bars}bars_seed{seed}"


def check_name(what: str, name: str, names: Iterable[str]) -> str:
    """Find a name in a list of legal ones.

    Raises:
        SettingError: If it is not there.
    """
    if name not in names:
        raise SettingError(f"unknown {what} '{name}', it must be one of {', '.join(names)}")
    return name


def check_number(what: str, value: float, limits: tuple[float, float], unit: str = "") -> float:
    """Check a number against its limits, both included; NaN is outside.

    Raises:
        SettingError: If it is outside, or no number.
    """
    low, high = limits
    if not _is_number(value) or not low <= value <= high:
        raise SettingError(f"{what} must be {low:g}-{high:g}{unit}, got {_show(value)}")
    return value


def check_whole(what: str, value: float, limits: tuple[int, int]) -> int:
    """Check a whole number against its limits, both included. A float such as 8.0 will do: pages and JSON send them.

    Raises:
        SettingError: If it is outside, or not whole.
    """
    low, high = limits
    if not _is_number(value) or not low <= value <= high or value != int(value):
        raise SettingError(f"{what} must be a whole number, {low}-{high}, got {_show(value)}")
    return int(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)[:40]
