"""The decoder, one position at a time.

The model's layers are unrolled into one matrix-vector product a layer and step. Products that do not depend on samples are
computed once for all steps. That is faster than calling `nn.LSTM` on single steps (`make bench`) and gives the same numbers (a
test compares them with `Seq2SeqLSTM.forward`).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from drummer.generation.sampling_weights import Float32Array, LayerWeights, MemoryWeights, SamplingWeights, run_layers, to_array
from drummer.model.history import PastBars
from drummer.model.inputs import Conditioning, FixedMask, PerformanceTensors
from drummer.model.tokenizer import BOS


class IncrementalDecoder:
    """The decoder, one position at a time, for one sequence; its states are those of `Seq2SeqLSTM.forward`."""

    def __init__(
        self, weights: SamplingWeights, given: Conditioning, tokens_per_bar: int, reference: PerformanceTensors | None = None
    ) -> None:
        """Embed everything that does not depend on samples; see `sample`."""
        self._tokens_per_bar = tokens_per_bar
        self._model = model = weights.model
        self._weights, self._head = weights.decoder, weights.token_head
        # Memory features are computed in blocks. A block ends where its nearest look-back place would not have been sampled yet.
        by_memory = self._weights.by_memory
        self._beats_ago = _Memory(weights.beats_ago, by_memory, max(1, min(model.shape.memory(tokens_per_bar), default=0) - 1))
        self._bars_ago = _Memory(weights.bars_ago, by_memory, tokens_per_bar - 1)
        self._layers = [_Layer(layer) for layer in self._weights.layers]
        self._context = model.context(given)[0]  # (length, context_dim)
        self._settings = to_array(model.settings(given)[0])  # (length, settings_dim)
        self._position = 0
        self._past = PastBars(torch.zeros(1, len(self._context), model.shape.cells), model.shape, tokens_per_bar)
        self._from_reference: Float32Array | None = None  # (length, features of the place farthest back)
        if reference is not None and model.shape.memory_bars:
            past = PastBars(reference.velocities, model.shape, tokens_per_bar)
            past.add(reference.velocities, reference.offsets)
            self._from_reference = to_array(past.look_back(0, len(self._context))[0, :, model.shape.farthest_memory])
        self._keep_latest(np.zeros(model.latest_dim, dtype=np.float32))

    def hear(self, played: PerformanceTensors, fixed: FixedMask) -> int:
        """Advance over the part at the start that is fixed as a whole, all at once.

        Args:
            played: Performance, without a batch.
            fixed: Mask of the cells that are fixed.

        Returns:
            The first position for `step`.
        """
        open_positions = np.flatnonzero(~(fixed.hits & fixed.performance).all(axis=1))
        first = int(open_positions[0]) if len(open_positions) else len(fixed.hits)
        if first:
            heard = PerformanceTensors(*(tensor[None, :first] for tensor in played))
            embedded = self._model.embed_memory(self._model.memory(heard, self._tokens_per_bar))
            inputs, latest = self._model.decoder_inputs(heard, embedded, self._context[None, :first])
            _, states = self._model.decoder(inputs)
            for layer, output, cell in zip(self._layers, *(state[:, 0] for state in states), strict=True):
                layer.set_state(to_array(output), to_array(cell))
            self._keep_latest(to_array(latest[0, -1]))
        return first

    def step(self, tokens: NDArray[np.int64], velocities: Float32Array, offsets: Float32Array, position: int) -> None:
        """Advance by one position; positions must come in order.

        Args:
            tokens: (length,), of which all before `position` are played.
            velocities: (length, cells), likewise.
            offsets: (length, cells), likewise.
            position: The position to sample next.
        """
        last = int(tokens[position - 1]) if position else BOS
        if position and velocities[position - 1].any():
            self._update_latest(velocities[position - 1], offsets[position - 1])
        if not (self._beats_ago.holds(position) and self._bars_ago.holds(position)):
            self._read_memory(velocities, offsets, position)
        self._position = position
        gates = self._beats_ago.gates[position - self._beats_ago.start] + self._bars_ago.gates[position - self._bars_ago.start]
        gates += self._weights.from_token[last]
        gates += self._from_latest
        output = self._layers[0].advance(gates)
        for layer in self._layers[1:]:
            output = layer.advance(layer.weights.from_input @ output + layer.weights.bias)

    def state(self) -> Float32Array:
        """Join the state at the last step's position, (state_dim,), see `Seq2SeqLSTM.join_states`."""
        settings, latest = self._settings[self._position], self._latest
        beats, bars = (memory.features[self._position - memory.start] for memory in (self._beats_ago, self._bars_ago))
        embedded = sum(memory.embedded[self._position - memory.start] for memory in (self._beats_ago, self._bars_ago))
        return np.concatenate([self._layers[-1].output, latest, embedded, settings, latest, beats, bars], dtype=np.float32)

    def token_logits(self) -> Float32Array:
        """Compute the logits of the tokens, (vocabulary,), at the last step's position, as `Seq2SeqLSTM.token_logits` does.

        Each input of the head is multiplied when it changes: the memory once a block, the latest hits once a hit.
        """
        hidden = self._head.by_output @ self._layers[-1].output
        for memory in (self._beats_ago, self._bars_ago):
            hidden += memory.token_head[self._position - memory.start]
        hidden += self._token_from_latest
        return run_layers(hidden, self._head.layers)

    def _update_latest(self, velocities: Float32Array, offsets: Float32Array) -> None:
        """Update the latest hits with those of the last position, (cells,) each; see `Seq2SeqLSTM.latest`."""
        hits = velocities > 0
        self._keep_latest(np.where(np.tile(hits, 2), np.concatenate([velocities, 2.0 * offsets]), self._latest))

    def _keep_latest(self, latest: Float32Array) -> None:
        self._latest = latest
        self._from_latest = self._weights.by_latest @ latest
        self._token_from_latest = self._head.by_latest @ np.concatenate([latest, latest != 0], dtype=np.float32)

    def _read_memory(self, velocities: Float32Array, offsets: Float32Array, position: int) -> None:
        """Compute the next block of memory features and add the inputs that do not depend on samples."""
        new = slice(self._past.length, position)
        self._past.add(*(torch.from_numpy(values[None, new]) for values in (velocities, offsets)))
        left = len(self._context) - position
        if not self._beats_ago.holds(position):
            count = min(self._beats_ago.reach, left)
            self._beats_ago.read(position, to_array(self._past.beats_ago(position, count)[0]))
        if not self._bars_ago.holds(position):
            ahead = slice(position, position + min(self._bars_ago.reach, left))
            features = to_array(self._past.bars_ago(position, ahead.stop - position)[0])
            if self._from_reference is not None:
                before, farthest = self._model.shape.beat_features, self._model.shape.farthest_memory
                features[:, farthest.start - before : farthest.stop - before] = self._from_reference[ahead]
            self._bars_ago.read(position, features)
            self._bars_ago.gates += to_array(self._context)[ahead] @ self._weights.by_context + self._weights.layers[0].bias
            self._bars_ago.token_head += self._settings[ahead] @ self._head.by_settings + self._head.bias


class _Memory:
    """Some columns of the memory of past bars, computed in blocks of positions.

    Attributes:
        reach: Number of positions in a block.
        start: First position of the present block.
        features: (positions, columns).
        embedded: (positions, memory_dim).
        gates: (positions, gates), share in the first layer's gates.
        token_head: (positions, rows), share in the first layer of the token head.
    """

    def __init__(self, weights: MemoryWeights, to_gates: Float32Array, reach: int) -> None:
        self._weights = weights
        self._to_gates = to_gates
        self.reach = reach
        self.start = 0
        self.features = np.zeros((0, len(weights.embedding)), dtype=np.float32)

    def holds(self, position: int) -> bool:
        """Tell whether a position is in the present block."""
        return position - self.start < len(self.features)

    def read(self, start: int, features: Float32Array) -> None:
        """Begin a block with the features of the positions from `start` on."""
        self.start, self.features = start, features
        self.embedded = features @ self._weights.embedding
        self.gates = self.embedded @ self._to_gates
        self.token_head = np.concatenate([features, features != 0], axis=1, dtype=np.float32) @ self._weights.to_token_head


class _Layer:
    """One layer of the decoder with its state."""

    def __init__(self, weights: LayerWeights) -> None:
        self.weights = weights
        self._sigmoids = weights.from_output.shape[1] * 3
        self.output = self._cell = np.zeros(weights.from_output.shape[1], dtype=np.float32)

    def set_state(self, output: Float32Array, cell: Float32Array) -> None:
        """Set output and cell, (hidden,) each."""
        self.output, self._cell = output, cell

    def advance(self, gates: Float32Array) -> Float32Array:
        """Add the share of the last output to (gates,), update the state and return the new output, (hidden,)."""
        gates += self.weights.from_output @ self.output
        gates[: self._sigmoids] *= 0.5  # the logistic function of x is (1 + tanh(x / 2)) / 2
        np.tanh(gates, out=gates)
        opened = 0.5 * gates[: self._sigmoids] + 0.5
        inward, kept, outward = opened.reshape(3, -1)
        self._cell = kept * self._cell + inward * gates[self._sigmoids :]
        self.output = outward * np.tanh(self._cell)
        return self.output
