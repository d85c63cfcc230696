"""`Seq2SeqLSTM`, the model: from fixed music, genre, tempo and controls to a performance.

A bidirectional LSTM encodes the fixed part of the music; all other cells are masked out. An autoregressive LSTM decodes one token
a grid step: the set of voices that sound. It reads the encoder's state at that step, genre, style, tempo, controls, place in bar
and phrase, the latest hit of each voice, and a memory of past bars. Two heads then choose velocity and microtiming of each hit.

Shapes are those of `drummer.model.inputs`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from drummer.config_sections import SizeConfig
from drummer.model.history import (
    EARLIER_FEATURES,
    PastBars,
    earlier_in_step,
    encode_triangular,
    hit_indicator,
    performance_features,
    triangular_basis,
)
from drummer.model.inputs import (
    BASIS_FUNCTIONS,
    ENCODER_CHANNELS,
    PARTS,
    PLACE_LIMIT,
    RHYTHM_CHANNELS,
    Conditioning,
    ModelShape,
    PerformanceTensors,
)
from drummer.model.tokenizer import BOS
from drummer.music.meter import PHRASE_BARS
from drummer.music.voices import VOICE_COUNT

_VOICE_DIM = 16
_PLACES = 5  # places with a table of their own, before the bar in its phrase; see `inputs.find_places`


class Head(nn.Module):
    """Output layers: two hidden layers and the logits of a softmax, `outer(relu(middle(relu(inner(x)))))`."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        """Make a head with random weights from torch's global generator."""
        super().__init__()
        self.inner = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.middle = nn.Linear(hidden, hidden)
        self.outer = nn.Linear(hidden, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute logits: (..., inputs) to (..., outputs)."""
        first = self.dropout(torch.relu(self.inner(inputs)))
        second = self.dropout(torch.relu(self.middle(first)))
        logits: Tensor = self.outer(second)
        return logits


class Seq2SeqLSTM(nn.Module):
    """Sequence-to-sequence LSTM with a token head, a velocity head and a timing head; see the module's docstring.

    Attributes:
        shape: Sizes of inputs and outputs.
        token_voices: (vocabulary, 13) bool, the voices that each token sounds.
        latest_dim: Width of the latest hits, see `latest`.
        memory_features: Width of the memory of past bars, see `memory`.
        memory_dim: Width of its embedding.
        settings_dim: Width of genre, style, controls and rhythm, see `settings`.
        main_dim: Width of the first part of a state, see `forward`.
    """

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
        self.place_embedding = nn.Embedding(_PLACES * PLACE_LIMIT + PHRASE_BARS, size.position_dim)
        self.genre_embedding = nn.Embedding(shape.genres, size.genre_dim)
        self.style_embedding = nn.Embedding(shape.styles + 1, size.genre_dim, padding_idx=0)  # 0, any style, is all zeros
        self.part_embedding = nn.Embedding(len(PARTS), size.genre_dim)
        self.bpm_embedding = nn.Linear(1, size.bpm_dim)
        self.settings_dim = 2 * size.genre_dim + shape.control_features + RHYTHM_CHANNELS
        condition_dim = size.position_dim + size.genre_dim + size.bpm_dim + self.settings_dim
        self.encoder = nn.LSTM(
            shape.cells * ENCODER_CHANNELS + condition_dim, size.encoder_hidden, batch_first=True, bidirectional=True
        )
        self._add_decoder(size, condition_dim + 2 * size.encoder_hidden)

    def _add_decoder(self, size: SizeConfig, context_dim: int) -> None:
        """Make all layers after the encoder."""
        self.latest_dim = 2 * self.shape.cells
        self._add_memory(size)
        self.decoder = nn.LSTM(
            size.token_dim + self.latest_dim + self.memory_dim + context_dim,
            size.hidden,
            size.layers,
            batch_first=True,
            dropout=size.dropout if size.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(size.dropout)
        self.main_dim = size.hidden + self.latest_dim + self.memory_dim + self.settings_dim
        history_dim = self.latest_dim + self.memory_features
        self.token_head = Head(self.main_dim + 2 * history_dim, size.head_hidden, self.shape.vocabulary, size.dropout)
        self.voice_embedding = nn.Embedding(VOICE_COUNT, _VOICE_DIM)
        head_inputs = self.main_dim + self.history_features + size.token_dim + _VOICE_DIM + EARLIER_FEATURES
        self.velocity_head = Head(head_inputs, size.head_hidden, self.shape.velocity_bins, size.dropout)
        self.timing_head = Head(head_inputs + BASIS_FUNCTIONS, size.head_hidden, self.shape.timing_bins, size.dropout)

    def _add_memory(self, size: SizeConfig) -> None:
        """Make the embedding of past bars; without a bias, so that a dropped memory is embedded as 0."""
        self.memory_features, self.memory_dim = self.shape.memory_features, size.token_dim
        self.past_hits = 1 + 3 * (self.shape.memory_places + 1)  # the latest; then each place and the average, with neighbours
        self.memory_projection = nn.Linear(self.memory_features, self.memory_dim, bias=False)

    @property
    def history_features(self) -> int:
        """Width of one voice's history: its latest hit and its cells in the memory, all in the triangular basis."""
        return self.past_hits * 2 * BASIS_FUNCTIONS

    # -- before decoding: embeddings and encoder -------------------------------------------------------------------------------

    def settings(self, conditioning: Conditioning) -> Tensor:
        """Join embeddings of genre and style, controls and rhythm, which the heads read too: (batch, length, settings_dim)."""
        mixture = conditioning.genre.is_floating_point()
        genre = conditioning.genre @ self.genre_embedding.weight if mixture else self.genre_embedding(conditioning.genre)
        return torch.cat([genre, self.style_embedding(conditioning.style), conditioning.controls, conditioning.rhythm], dim=-1)

    def conditions(self, conditioning: Conditioning) -> Tensor:
        """Embed all inputs but the fixed cells: (batch, length, condition_dim)."""
        octaves = torch.log2(conditioning.bpm / 120.0).unsqueeze(-1)  # equal ratios of tempo are equal steps; 0 at 120 BPM
        tables = torch.arange(_PLACES + 1, device=octaves.device) * PLACE_LIMIT  # offset of each table in the joint embedding
        return torch.cat(
            [
                self.place_embedding(conditioning.places + tables).sum(dim=-2),
                self.settings(conditioning),
                self.part_embedding(conditioning.part),
                torch.tanh(self.bpm_embedding(octaves)),
            ],
            dim=-1,
        )

    def context(self, conditioning: Conditioning) -> Tensor:
        """Embed everything that is known before decoding: conditions and encoder states, (batch, length, context_dim)."""
        conditions = self.conditions(conditioning)
        encoded, _ = self.encoder(torch.cat([conditioning.encoder_input, conditions], dim=-1))
        return torch.cat([conditions, encoded], dim=-1)

    # -- decoding ----------------------------------------------------------------------------------------------------------------

    def forward(
        self,
        conditioning: Conditioning,
        performance: PerformanceTensors,
        with_memory: Tensor,
        tokens_per_bar: int,
        reference: PerformanceTensors | None = None,
    ) -> Tensor:
        """Run encoder and decoder over whole sequences, the decoder's inputs being the true performance (teacher forcing).

        Args:
            conditioning: Inputs that are known before decoding.
            performance: The performance; position t of the result has read it up to t - 1.
            with_memory: (batch,) bool, false where the memory of past bars is dropped.
            tokens_per_bar: Positions in a bar.
            reference: The performance that the memory is computed from; by default `performance`.

        Returns:
            (batch, length, state_dim), see `join_states`.
        """
        past = self.memory(performance if reference is None else reference, tokens_per_bar) * with_memory[:, None, None]
        embedded = self.embed_memory(past)
        inputs, latest = self.decoder_inputs(performance, embedded, self.context(conditioning))
        outputs, _ = self.decoder(self.dropout(inputs))
        return self.join_states(outputs, latest, embedded, self.settings(conditioning), past)

    def join_states(self, outputs: Tensor, latest: Tensor, embedded: Tensor, settings: Tensor, past: Tensor) -> Tensor:
        """Join everything that the heads read, (batch, length, ...) each, into states.

        Args:
            outputs: Of the decoder.
            latest: See `latest`.
            embedded: See `embed_memory`.
            settings: See `settings`.
            past: See `memory`.

        Returns:
            (batch, length, state_dim). The first `main_dim` values are decoder output, latest hits and embedded memory, all with
            dropout, and the settings. The rest is history that the heads read without dropout: the latest hits and the memory.
        """
        main = self.dropout(torch.cat([outputs, latest, embedded], dim=-1))
        return torch.cat([main, settings, latest, past], dim=-1)

    def decoder_inputs(self, performance: PerformanceTensors, embedded: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Join the decoder's inputs at each position of a known performance.

        Args:
            performance: The performance.
            embedded: (batch, length, memory_dim), from `memory` and `embed_memory`.
            context: From `context`.

        Returns:
            (batch, length, ...) the inputs, and (batch, length, latest_dim) the latest hits among them.
        """
        before = delay(performance)
        latest = self.latest(before)
        inputs = torch.cat([self.token_embedding(before.tokens), latest, embedded, context], dim=-1)
        return inputs, latest

    def latest(self, performance: PerformanceTensors) -> Tensor:
        """Look up velocity and offset of the latest hit of each cell, up to and including each position.

        Returns:
            (batch, length, latest_dim), velocities, then offsets, at a scale of about one; 0 before the first hit.
        """
        hits = (performance.velocities > 0).repeat(1, 1, 2)  # (batch, length, 2 * cells)
        steps = torch.arange(hits.shape[1], device=hits.device)[None, :, None]
        last_hit = torch.where(hits, steps, -1).cummax(dim=1).values
        features = performance_features(performance)
        return torch.where(last_hit >= 0, features.gather(1, last_hit.clamp(min=0)), 0.0)

    def memory(self, performance: PerformanceTensors, tokens_per_bar: int) -> Tensor:
        """Compute the memory of past bars at each position: (batch, length, memory_features), see `PastBars.look_back`."""
        past = PastBars(performance.velocities, self.shape, tokens_per_bar)
        past.add(performance.velocities, performance.offsets)
        return past.look_back(0, performance.tokens.shape[1])

    def embed_memory(self, past: Tensor) -> Tensor:
        """Embed the memory of past bars: (..., memory_features) to (..., memory_dim)."""
        embedded: Tensor = self.memory_projection(past)
        return embedded

    # -- heads -------------------------------------------------------------------------------------------------------------------

    def token_logits(self, states: Tensor) -> Tensor:
        """Compute the logits of tokens: (..., state_dim) to (..., vocabulary)."""
        logits: Tensor = self.token_head(self.token_inputs(states))
        return logits

    def token_inputs(self, states: Tensor) -> Tensor:
        """Join the inputs of the token head: states, and indicators of the hits in their history."""
        return torch.cat([states, hit_indicator(states[..., self.main_dim :])], dim=-1)

    def head_inputs(self, states: Tensor, tokens: Tensor, voices: Tensor, earlier: Tensor) -> Tensor:
        """Join the inputs of the velocity and timing heads for single hits.

        Args:
            states: (hits, state_dim) at the hits' steps, from `forward`.
            tokens: (hits,) the tokens there.
            voices: (hits,) voice of each hit.
            earlier: (hits, EARLIER_FEATURES), see `history.earlier_in_step`.
        """
        main, own = states[:, : self.main_dim], self.history(states, voices)
        return torch.cat([main, own, self.token_embedding(tokens), self.voice_embedding(voices), earlier], dim=-1)

    def history(self, states: Tensor, voices: Tensor) -> Tensor:
        """Encode the history of each hit's own voice: (hits, history_features) from states and (hits,) voices."""
        history = states[:, self.main_dim : self.main_dim + self.past_hits * 2 * VOICE_COUNT]
        history = history.reshape(len(states), self.past_hits, 2, VOICE_COUNT)
        own = history[torch.arange(len(voices), device=voices.device), :, :, voices]  # (hits, past hits, 2)
        return encode_triangular(own[..., 0], own[..., 1])

    def velocity_logits(self, inputs: Tensor) -> Tensor:
        """Compute the logits of the velocity bins of hits: (hits, ...) from `head_inputs` to (hits, velocity_bins)."""
        logits: Tensor = self.velocity_head(inputs)
        return logits

    def timing_logits(self, inputs: Tensor, velocities: Tensor) -> Tensor:
        """Compute the logits of the timing bins of hits with known velocities, (hits,): to (hits, timing_bins)."""
        logits: Tensor = self.timing_head(torch.cat([inputs, triangular_basis(velocities)], dim=-1))
        return logits

    def hit_losses(
        self,
        states: Tensor,
        performance: PerformanceTensors,
        targets: Tensor,
        velocity_bins: Tensor,
        timing_bins: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Compute the negative log-likelihood, in nats, of the velocity and of the timing of hits.

        Args:
            states: (positions, state_dim).
            performance: (positions, ...) the true performance there.
            targets: (positions, 13) bool, the hits that count.
            velocity_bins: (positions, 13) int64.
            timing_bins: (positions, 13) int64.

        Returns:
            Two sums over all hits that count.
        """
        rows, voices = torch.nonzero(targets, as_tuple=True)  # one entry a hit
        velocities, offsets = performance.velocities, performance.offsets
        inputs = self.head_inputs(
            states[rows], performance.tokens[rows], voices, earlier_in_step(voices, velocities[rows], offsets[rows])
        )
        velocity = functional.cross_entropy(self.velocity_logits(inputs), velocity_bins[rows, voices], reduction="sum")
        timing_logits = self.timing_logits(inputs, velocities[rows, voices])
        return velocity, functional.cross_entropy(timing_logits, timing_bins[rows, voices], reduction="sum")


def delay(performance: PerformanceTensors) -> PerformanceTensors:
    """Delay a performance by one position, `[BOS]` first."""

    def delayed(array: Tensor, first: float) -> Tensor:
        return torch.cat([torch.full_like(array[:, :1], first), array[:, :-1]], dim=1)

    tokens, velocities, offsets = performance
    return PerformanceTensors(delayed(tokens, BOS), delayed(velocities, 0.0), delayed(offsets, 0.0))
