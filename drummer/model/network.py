"""`Seq2SeqLSTM`: from everything that is given to everything that must be played.

The source is a score the length of the result, in which what must be played is masked out; the target is what must be played. An
encoder reads the score in both directions. An autoregressive decoder reads, at each position, the encoder's state there, the
conditions (genre, tempo, part, place in the bar), what it played just before and what it played some bars ago, and writes one
token; two heads then write velocity and microtiming of each voice that the token sounds.

Shapes: `batch` sequences of `length` tokens of `token_steps` grid steps each, 13 voices. `cells` = token_steps * 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drummer.config import Config, SizeConfig
from drummer.errors import ConfigError
from drummer.model.tokenizer import BOS, Binning
from drummer.music.beat_plan import BEAT_PLAN
from drummer.music.controls import CONTROLS
from drummer.music.voices import VOICE_COUNT

SCORE_CHANNELS = 5  # of each cell: hits known?, hit, performance known?, velocity, offset
PARTS = ("beat", "fill")  # what GMD calls a performance; a fill file holds nothing but a fill
BUMPS = 16  # how finely the heads read velocities and offsets
HABIT_BARS = 16  # over which the habits of a groove are averaged
EARLIER_FEATURES = VOICE_COUNT * 2 * BUMPS
_VOICE_DIM = 16


class Given(NamedTuple):
    """What the model is given, one entry a token position.

    Attributes:
        score: (batch, length, cells * 5) float, see `make_score`.
        genre: (batch, length) int64, index into the genres of the configuration; or (batch, length, genres) float, how much of
            each it is, adding up to 1.
        bpm: (batch, length) float, quarter notes a minute.
        part: (batch, length) int64, index into `PARTS`.
        position: (batch, length) int64, place in the bar in tokens, 0 at the bar line.
        controls: (batch, length, control_features) float, see `controls.to_inputs` and, where the model reads a plan by beats,
            `controls.plan_to_inputs`.
    """

    score: Tensor
    genre: Tensor
    bpm: Tensor
    part: Tensor
    position: Tensor
    controls: Tensor


class Played(NamedTuple):
    """What is played, one entry a token position.

    Attributes:
        tokens: (batch, length) int64.
        velocities: (batch, length, cells) float in [0, 1], 0 = no hit.
        offsets: (batch, length, cells) float in [-0.5, 0.5) steps, positive = late.
    """

    tokens: Tensor
    velocities: Tensor
    offsets: Tensor


class Known(NamedTuple):
    """What is given of a stretch of music.

    Attributes:
        hits: (length, cells) bool, where it is known whether there is a hit.
        performance: (length, cells) bool, where velocity and offset of the hits are known too.
    """

    hits: NDArray[np.bool_]
    performance: NDArray[np.bool_]


@dataclass(frozen=True)
class ModelShape:
    """What the sizes of a model's inputs and outputs follow from."""

    vocabulary: int
    genres: int
    token_steps: int
    tokens_per_bar: int
    velocity_bins: int
    timing_bins: int
    performance: bool
    memory: tuple[int, ...]  # how many tokens ago it looks
    beat_plan: bool = False

    @classmethod
    def from_config(cls, config: Config, vocabulary: int) -> ModelShape:
        """Derive the shape from a configuration and the size of the vocabulary.

        Raises:
            ConfigError: If performance heads are asked for with tokens of more than one step.
        """
        token_steps = 1 if config.tokens.kind == "step" else config.grid.steps_per_beat
        if config.model.performance and token_steps > 1:
            raise ConfigError("model.performance must be false with tokens.kind beat: a whole-beat token holds its own loudness")
        binning = Binning.from_config(config)
        tokens_per_beat = config.grid.steps_per_beat // token_steps
        return cls(
            vocabulary=vocabulary,
            genres=len(config.genres),
            token_steps=token_steps,
            tokens_per_bar=tokens_per_beat * config.grid.beats_per_bar,
            velocity_bins=binning.velocity_bins,
            timing_bins=binning.timing_bins,
            performance=config.model.performance,
            memory=tuple(beats * tokens_per_beat for beats in config.model.memory_beats),
            beat_plan=config.model.beat_plan,
        )

    @property
    def cells(self) -> int:
        """Cells of the (steps, 13) matrix that one token covers."""
        return self.token_steps * VOICE_COUNT

    @property
    def control_features(self) -> int:
        """Width of what is known of each bar and beat beforehand: values, and whether they are known."""
        return 2 * (len(CONTROLS) + (len(BEAT_PLAN) if self.beat_plan else 0))

    @property
    def memory_features(self) -> int:
        """Width of what `Past.look_back` gives."""
        return 3 * self.cells * (2 * len(self.memory) + 3) if self.memory else 0

    @property
    def farthest_memory(self) -> slice:
        """Where in what `Past.look_back` gives the place farthest back is, 4 bars ago or what it may be, with its neighbours."""
        width = 3 * 2 * self.cells
        index = self.memory.index(max(self.memory))
        return slice(index * width, (index + 1) * width)

    @property
    def history_features(self) -> int:
        """Width of what one voice has played: its latest hit, and its cells in the memory of past bars, habits included."""
        return (1 + (3 * (len(self.memory) + 1) if self.memory else 0)) * 2 * BUMPS


def make_score(hits_known: Tensor, performance_known: Tensor, velocities: Tensor, offsets: Tensor) -> Tensor:
    """Make the encoder's score; what is not known is masked out, so an all-false mask says nothing at all.

    Args:
        hits_known: (..., cells) bool, where it is given whether there is a hit.
        performance_known: (..., cells) bool, where velocity and offset of the hits are given too.
        velocities: (..., cells) float, 0 = no hit.
        offsets: (..., cells) float.

    Returns:
        (..., cells * 5) float.
    """
    hits = (velocities > 0) & hits_known
    performed = hits & performance_known
    channels = (hits_known, hits, performance_known, velocities * performed, offsets * performed)
    return torch.cat([channel.float() for channel in channels], dim=-1)


def make_given(
    score: Tensor,
    genre: Tensor,
    bpm: Tensor,
    part: Tensor,
    controls: Tensor,
    shape: ModelShape,
    plan: Tensor | None = None,
) -> Given:
    """Spread conditions that hold for whole sequences, or bars of them, over their positions.

    Args:
        score: (batch, length, cells * 5).
        genre: (batch,) int64.
        bpm: (batch,) float.
        part: (batch,) int64.
        controls: (batch, bars, 22), see `controls.to_inputs`.
        shape: Of the model; sequences start at a bar line.
        plan: (batch, beats, 4), see `controls.plan_to_inputs`; by default nothing is known. A model without a plan by beats does
            not read it.
    """
    size, length, _ = score.shape
    by_token = controls.repeat_interleave(shape.tokens_per_bar, dim=1)
    if shape.beat_plan:
        plan = controls.new_zeros(size, length, 2 * len(BEAT_PLAN)) if plan is None else plan
        by_token = torch.cat([by_token, plan.repeat_interleave(length // plan.shape[1], dim=1)], dim=-1)
    return Given(
        score,
        genre=genre[:, None].expand(size, length),
        bpm=bpm.float()[:, None].expand(size, length),
        part=part[:, None].expand(size, length),
        position=(torch.arange(length) % shape.tokens_per_bar).expand(size, length),
        controls=by_token,
    )


class Head(nn.Module):
    """Two hidden layers and a softmax's logits: `outer(relu(middle(relu(inner(x)))))`."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        """Make a head with random weights from torch's global generator."""
        super().__init__()
        self.inner = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.middle = nn.Linear(hidden, hidden)
        self.outer = nn.Linear(hidden, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Score the bins: (..., inputs) to (..., outputs)."""
        first = self.dropout(torch.relu(self.inner(inputs)))
        second = self.dropout(torch.relu(self.middle(first)))
        logits: Tensor = self.outer(second)
        return logits


class Seq2SeqLSTM(nn.Module):
    """The model. See the module's docstring for what it reads and writes."""

    token_voices: Tensor

    def __init__(self, size: SizeConfig, shape: ModelShape, token_voices: Tensor) -> None:
        """Make a model with random weights from torch's global generator.

        Args:
            size: Widths of the layers.
            shape: Sizes of inputs and outputs.
            token_voices: (vocabulary, 13) bool, the voices that each token sounds.
        """
        super().__init__()
        self.shape = shape
        self.register_buffer("token_voices", token_voices, persistent=False)  # the vocabulary is saved beside the weights
        self.token_embedding = nn.Embedding(shape.vocabulary, size.token_dim)
        self.position_embedding = nn.Embedding(shape.tokens_per_bar, size.position_dim)
        self.genre_embedding = nn.Embedding(shape.genres, size.genre_dim)
        self.part_embedding = nn.Embedding(len(PARTS), size.genre_dim)
        self.bpm_embedding = nn.Linear(1, size.bpm_dim)
        self.style_dim = size.genre_dim + shape.control_features
        condition_dim = size.position_dim + size.genre_dim + size.bpm_dim + self.style_dim
        self.encoder = nn.LSTM(
            shape.cells * SCORE_CHANNELS + condition_dim, size.encoder_hidden, batch_first=True, bidirectional=True
        )
        # The dynamics of what was played are read only where the model plays dynamics: a beat token holds its own.
        self.latest_dim = 2 * shape.cells if shape.performance else 0
        self.memory_dim = size.token_dim if shape.memory else 0
        if shape.memory:
            self.memory_projection = nn.Linear(shape.memory_features, self.memory_dim, bias=False)  # no memory reads as 0
        self.decoder = nn.LSTM(
            size.token_dim + self.latest_dim + self.memory_dim + condition_dim + 2 * size.encoder_hidden,
            size.hidden,
            size.layers,
            batch_first=True,
            dropout=size.dropout if size.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(size.dropout)
        self.main_dim = size.hidden + self.latest_dim + self.memory_dim + self.style_dim
        looked_up = self.latest_dim + shape.memory_features
        self.token_head: Head | nn.Linear = (
            Head(self.main_dim + 2 * looked_up, size.head_hidden, shape.vocabulary, size.dropout)
            if looked_up
            else nn.Linear(self.main_dim, shape.vocabulary)
        )
        if shape.performance:
            self.voice_embedding = nn.Embedding(VOICE_COUNT, _VOICE_DIM)
            head_inputs = self.main_dim + shape.history_features + size.token_dim + _VOICE_DIM + EARLIER_FEATURES
            self.velocity_head = Head(head_inputs, size.head_hidden, shape.velocity_bins, size.dropout)
            self.timing_head = Head(head_inputs + BUMPS, size.head_hidden, shape.timing_bins, size.dropout)

    def style(self, given: Given) -> Tensor:
        """Join what the heads should never lose sight of: genre and controls, (batch, length, style_dim)."""
        mixed = given.genre.is_floating_point()
        genre = given.genre @ self.genre_embedding.weight if mixed else self.genre_embedding(given.genre)
        return torch.cat([genre, given.controls], dim=-1)

    def conditions(self, given: Given) -> Tensor:
        """Embed genre, controls, tempo, part and place in the bar: (batch, length, condition_dim)."""
        octaves = torch.log2(given.bpm / 120.0).unsqueeze(-1)  # tempo is heard in ratios; 0 at 120 BPM
        return torch.cat(
            [
                self.position_embedding(given.position),
                self.style(given),
                self.part_embedding(given.part),
                torch.tanh(self.bpm_embedding(octaves)),
            ],
            dim=-1,
        )

    def surroundings(self, given: Given) -> Tensor:
        """Embed all that is known beforehand, encoder included: (batch, length, condition_dim + 2 * encoder_hidden)."""
        conditions = self.conditions(given)
        encoded, _ = self.encoder(torch.cat([given.score, conditions], dim=-1))
        return torch.cat([conditions, encoded], dim=-1)

    def memory(self, played: Played) -> Tensor:
        """Collect what was played in the bars before each position; see `Past.look_back`."""
        if not self.shape.memory:
            return played.velocities[..., :0]
        past = Past(played.velocities, self.shape)
        past.add(played.velocities, played.offsets)
        return past.look_back(0, played.tokens.shape[1])

    def forward(
        self,
        given: Given,
        played: Played,
        with_memory: Tensor,
        own: Tensor | None = None,
        remembered: Played | None = None,
    ) -> Tensor:
        """Run encoder and decoder over whole sequences, the decoder's inputs being what was played.

        Args:
            given: What is given.
            played: What is played; position t of the result has read it up to t - 1.
            with_memory: (batch,) bool, which sequences may look at past bars.
            own: (batch, length) bool, where the decoder reads its own best guess of the last token instead of the truth
                (scheduled sampling; it then runs step by step, and its guesses have the true velocity where the truth has a hit,
                else 0.5).
            remembered: What the memory of past bars holds, where that is not what was played.

        Returns:
            (batch, length, state_dim), for `token_logits` and the two heads. Its first `main_dim` values are the decoder's
            output, the latest hits and an embedding of past bars, all with dropout, and the style. The rest is history that the
            heads look up voice by voice: the latest hits and the past bars themselves.
        """
        past = self.memory(played if remembered is None else remembered) * with_memory[:, None, None]
        embedded = self.embed_memory(past)
        if own is None:
            inputs, latest = self.decoder_inputs(played, embedded, self.surroundings(given))
            outputs, _ = self.decoder(self.dropout(inputs))
        else:
            around = torch.cat([embedded, self.surroundings(given)], dim=-1)
            beside = torch.cat([self.style(given), past], dim=-1)
            outputs, latest = self._run_on_own_guesses(played, around, beside, own)
        main = self.dropout(torch.cat([outputs, latest, embedded], dim=-1))
        return torch.cat([main, self.style(given), latest, past], dim=-1)

    def embed_memory(self, remembered: Tensor) -> Tensor:
        """Embed past bars: (..., memory_features) to (..., memory_dim)."""
        return self.memory_projection(remembered) if self.memory_dim else remembered

    def decoder_inputs(self, played: Played, embedded: Tensor, surroundings: Tensor) -> tuple[Tensor, Tensor]:
        """Join what the decoder reads at each position when what was played is known.

        Args:
            played: What is played.
            embedded: (batch, length, memory_dim), from `memory` and `embed_memory`.
            surroundings: From `surroundings`.

        Returns:
            (batch, length, ...) the inputs, and of them (batch, length, latest_dim) the latest hits.
        """
        before = _shift(played)
        latest = self.latest(before)
        inputs = torch.cat([self.token_embedding(before.tokens), latest, embedded, surroundings], dim=-1)
        return inputs, latest

    def latest(self, played: Played) -> Tensor:
        """Look up velocity and offset of the latest hit of each cell, up to and including each position.

        Returns:
            (batch, length, latest_dim), velocities, then offsets, at a scale of about one; 0 before the first hit.
        """
        if self.latest_dim == 0:
            return played.velocities[..., :0]
        hits = (played.velocities > 0).repeat(1, 1, 2)  # (batch, length, 2 * cells)
        steps = torch.arange(hits.shape[1], device=hits.device)[None, :, None]
        last_hit = torch.where(hits, steps, -1).cummax(dim=1).values
        features = played_features(played)
        return torch.where(last_hit >= 0, features.gather(1, last_hit.clamp(min=0)), 0.0)

    def token_logits(self, states: Tensor) -> Tensor:
        """Score the tokens: (..., state_dim) to (..., vocabulary)."""
        logits: Tensor = self.token_head(self.token_inputs(states))
        return logits

    def token_inputs(self, states: Tensor) -> Tensor:
        """Join what the token head reads: the states, and where there was a hit in what they look up."""
        return torch.cat([states, where_hit(states[..., self.main_dim :])], dim=-1)

    def head_inputs(self, states: Tensor, tokens: Tensor, voices: Tensor, earlier: Tensor) -> Tensor:
        """Join what velocity and timing of single hits depend on.

        Args:
            states: (hits, state_dim) at the hits' steps, from `forward`.
            tokens: (hits,) the tokens there.
            voices: (hits,) which voice each hit is.
            earlier: (hits, EARLIER_FEATURES), see `earlier_in_step`.
        """
        main, own = states[:, : self.main_dim], self.history(states, voices)
        return torch.cat(
            [main, own, self.token_embedding(tokens), self.voice_embedding(voices), earlier],
            dim=-1,
        )

    def history(self, states: Tensor, voices: Tensor) -> Tensor:
        """Look up what each hit's own voice has played before: (hits, history_features) from states and (hits,) voices."""
        past_hits = self.shape.history_features // (2 * BUMPS)
        looked_up = states[:, self.main_dim : self.main_dim + past_hits * 2 * VOICE_COUNT]
        looked_up = looked_up.reshape(len(states), past_hits, 2, VOICE_COUNT)
        own = looked_up[torch.arange(len(voices), device=voices.device), :, :, voices]  # (hits, past hits, 2)
        return read_finely(own[..., 0], own[..., 1])

    def velocity_logits(self, inputs: Tensor) -> Tensor:
        """Score the velocity bins of hits: (hits, ...) from `head_inputs` to (hits, velocity_bins)."""
        logits: Tensor = self.velocity_head(inputs)
        return logits

    def timing_logits(self, inputs: Tensor, velocities: Tensor) -> Tensor:
        """Score the timing bins of hits, given their velocities (hits,): to (hits, timing_bins)."""
        logits: Tensor = self.timing_head(torch.cat([inputs, bumps(velocities)], dim=-1))
        return logits

    def _run_on_own_guesses(self, played: Played, around: Tensor, beside: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        before = _shift(played)
        outputs: list[Tensor] = []
        latests = [self.latest(Played(*(array[:, :1] for array in before)))]
        hidden = None
        for position in range(played.tokens.shape[1]):
            now = slice(position, position + 1)
            last = Played(*(array[:, now] for array in before))
            if outputs:
                past = slice(position - 1, position)
                style, remembered = beside[:, past, : self.style_dim], beside[:, past, self.style_dim :]
                embedded = around[:, past, : self.memory_dim]
                state = torch.cat([outputs[-1], latests[-1], embedded, style, latests[-1], remembered], dim=-1)
                last = self._mix_in_guess(last, self.token_logits(state).argmax(dim=-1), own[:, now])
                sounding = (last.velocities > 0).repeat(1, 1, 2)[..., : self.latest_dim]
                latests.append(torch.where(sounding, self.latest(last), latests[-1]))
            step_input = torch.cat([self.token_embedding(last.tokens), latests[-1], around[:, now]], dim=-1)
            output, hidden = self.decoder(self.dropout(step_input), hidden)
            outputs.append(output)
        return torch.cat(outputs, dim=1), torch.cat(latests, dim=1)

    def _mix_in_guess(self, truth: Played, guess: Tensor, own: Tensor) -> Played:
        """Replace the truth of one position by a guessed token, (batch, 1), where `own` says so."""
        tokens = torch.where(own, guess, truth.tokens)
        if self.latest_dim == 0:
            return truth._replace(tokens=tokens)
        true_hits = truth.velocities > 0
        hits = torch.where(own[..., None], self.token_voices[guess], true_hits)  # (batch, 1, 13)
        velocities = torch.where(true_hits, truth.velocities, 0.5) * hits
        return Played(tokens, velocities, truth.offsets * hits)


def played_features(played: Played) -> Tensor:
    """Join velocities and offsets, both at a scale of about one: (batch, length, 2 * cells)."""
    return torch.cat([played.velocities, 2.0 * played.offsets], dim=-1)


def where_hit(looked_up: Tensor) -> Tensor:
    """Tell silence from a hit in what is looked up: 1 where a number is not 0."""
    return (looked_up != 0).to(looked_up.dtype)


class Past:
    """What was played so far, to look back at from any later position.

    Attributes:
        length: How many positions have been added.
    """

    def __init__(self, like: Tensor, shape: ModelShape) -> None:
        """Make room for sequences like `like`, (batch, length, cells)."""
        batch, length, cells = like.shape
        self._shape = shape
        self.length = 0
        self._reach = max((*shape.memory, HABIT_BARS * shape.tokens_per_bar)) + 1  # silence before the first position included
        self._features = like.new_zeros(batch, self._reach + length, 3 * cells)  # velocity, offset, whether there is a hit

    @torch.no_grad()
    def add(self, velocities: Tensor, offsets: Tensor) -> None:
        """Add positions, (batch, positions, cells) each, after those that are there."""
        start = self._reach + self.length
        self._features[:, start : start + velocities.shape[1]] = torch.cat([velocities, 2.0 * offsets, velocities > 0], dim=-1)
        self.length += velocities.shape[1]

    @torch.no_grad()
    def look_back(self, first: int, count: int) -> Tensor:
        """Collect what was played some beats and bars before each of some positions, there and at the two neighbours.

        Single past bars tell what comes next, but each copies the slips of the one before. The habit, which is the mean over the
        last `HABIT_BARS` bars, is what a groove returns to.

        Args:
            first: The first position asked for. What is needed must have been added: all that is before it, as a rule.
            count: How many positions are asked for.

        Returns:
            (batch, count, memory_features): velocities and offsets at a scale of about one, 0 = no hit, by place and neighbour;
            then their means over the hits of the habit, by neighbour; then the share of the bars that had a hit, by neighbour.
        """
        shape, features = self._shape, self._features
        batch, _, width = features.shape
        dynamics, neighbours = width // 3 * 2, (-1, 0, 1)

        def ago(tokens: int, neighbour: int) -> Tensor:
            start = self._reach + first - tokens + neighbour
            return features[:, start : start + count, :dynamics]

        past = [ago(tokens, neighbour) for tokens in shape.memory for neighbour in neighbours]
        # All bars of the habit at once, (batch, bars, count + 2, width): a view that steps by a bar along the second axis.
        start = self._reach + first - HABIT_BARS * shape.tokens_per_bar - 1
        size, stride = (batch, HABIT_BARS, count + 2, width), (features.stride(0), shape.tokens_per_bar * width, width, 1)
        habit = features.as_strided(size, stride, start * width).sum(dim=1)
        counts = habit[..., dynamics:]
        means = habit[..., :dynamics] / counts.clamp(min=1.0).repeat(1, 1, 2)
        bars_ago = torch.arange(first, first + count, device=features.device) // shape.tokens_per_bar
        known = bars_ago.clamp(1, HABIT_BARS)[:, None]

        def beside(each: Tensor) -> list[Tensor]:
            return [each[:, 1 + neighbour : 1 + neighbour + count] for neighbour in neighbours]

        return torch.cat([*past, *beside(means), *(total / known for total in beside(counts))], dim=-1)


def bumps(values: Tensor) -> Tensor:
    """Spread numbers in [0, 1] over overlapping triangles: (...) to (..., BUMPS).

    A layer that reads a velocity as one number blurs it; read so, neighbouring values can be told apart (docs/experiments.md).
    """
    centres = torch.arange(BUMPS, device=values.device)
    return (1.0 - (values[..., None] * (BUMPS - 1) - centres).abs()).clamp(min=0.0)


def read_finely(velocities: Tensor, scaled_offsets: Tensor) -> Tensor:
    """Spread hits over triangles: (rows, hits) velocities, 0 = no hit, and offsets times 2 to (rows, hits * 2 * BUMPS)."""
    present = (velocities > 0)[..., None, None]
    spread = bumps(torch.stack([velocities, 0.5 * (scaled_offsets + 1.0)], dim=-1))  # (rows, hits, 2, BUMPS)
    return (spread * present).flatten(1)


def earlier_in_step(voices: Tensor, velocities: Tensor, offsets: Tensor) -> Tensor:
    """Show each hit the hits of its step that come before it in the order of voices.

    The hands and feet of one drummer are early or late, loud or soft together.

    Args:
        voices: (hits,) which voice each hit is.
        velocities: (hits, 13) of all voices at its step.
        offsets: (hits, 13) likewise.

    Returns:
        (hits, EARLIER_FEATURES), see `read_finely`; 0 for voices of higher index and those that do not sound.
    """
    before = torch.arange(VOICE_COUNT, device=voices.device) < voices[:, None]  # (hits, 13)
    return read_finely(velocities * before, 2.0 * offsets)


def _shift(played: Played) -> Played:
    """Delay by one position, `[BOS]` first."""

    def delayed(array: Tensor, first: float) -> Tensor:
        return torch.cat([torch.full_like(array[:, :1], first), array[:, :-1]], dim=1)

    return Played(delayed(played.tokens, BOS), delayed(played.velocities, 0.0), delayed(played.offsets, 0.0))
