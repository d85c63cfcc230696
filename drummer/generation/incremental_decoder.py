"""The decoder, one position at a time.

The model's layers are unrolled into one matrix-vector product a layer and step, and everything that is known beforehand is
multiplied out once for all steps. That is faster than calling `nn.LSTM` on single steps (`make bench`) and gives the same numbers
(a test compares them with `Seq2SeqLSTM.forward`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drummer.model.history import PastBars, hit_indicator
from drummer.model.inputs import Conditioning, FixedMask, PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import BOS, SPECIALS


class IncrementalDecoder:
    """The decoder, one position at a time, for one sequence; `step` gives what `Seq2SeqLSTM.forward` gives."""

    def __init__(
        self, model: Seq2SeqLSTM, given: Conditioning, tokens_per_bar: int, reference: PerformanceTensors | None = None
    ) -> None:
        """Multiply out everything that does not depend on samples; see `sample`."""
        self._tokens_per_bar = tokens_per_bar
        self._model = model
        lstm = model.decoder
        self._layers = [_Layer(lstm, layer) for layer in range(lstm.num_layers)]
        inputs = self._layers[0].from_input
        known = (model.token_embedding.embedding_dim, model.latest_dim, model.memory_dim)
        by_token, by_latest, by_memory, by_surroundings = torch.split(inputs, [*known, inputs.shape[1] - sum(known)], dim=1)
        self._surroundings = model.context(given)[0]
        self._from_surroundings = self._surroundings @ by_surroundings.T + self._layers[0].bias  # (length, gates)
        self._from_token = model.token_embedding.weight @ by_token.T  # (vocabulary, gates)
        self._by_latest = by_latest.contiguous()  # (gates, latest_dim)
        self._by_memory = by_memory.T.contiguous()  # (memory_dim, gates)
        self._settings = model.settings(given)[0]  # (length, settings_dim)
        self._latest = torch.zeros(model.latest_dim)
        self._from_latest = torch.zeros(4 * lstm.hidden_size)
        # The past is read in blocks, as long as the latest neighbour of the nearest place has been played.
        self._block = max(1, min(model.shape.memory(tokens_per_bar), default=0) - 1)
        self._block_start = -self._block  # the next begins at 0
        self._position = 0
        # The last block may end behind the last position.
        room = torch.zeros(1, len(self._surroundings) + self._block, model.shape.cells)
        self._past = PastBars(room, model.shape, tokens_per_bar)
        self._from_reference: Tensor | None = None  # (length, features of the place farthest back)
        if reference is not None:
            past = PastBars(room, model.shape, tokens_per_bar)
            past.add(reference.velocities, reference.offsets)
            self._from_reference = past.look_back(0, room.shape[1])[0, :, model.shape.farthest_memory]
        self._remembered = torch.zeros(self._block, model.shape.memory_features)
        self._embedded = torch.zeros(self._block, model.memory_dim)
        self._from_memory = torch.zeros(self._block, 4 * lstm.hidden_size)
        head = model.token_head
        first, self._token_layers = head.inner, (head.middle, head.outer)
        looked_up = (model.latest_dim, model.shape.memory_features)
        by_output, by_latest, by_embedded, by_settings, *by_looked_up = torch.split(
            first.weight,
            [lstm.hidden_size, model.latest_dim, model.memory_dim, self._settings.shape[1], *looked_up, *looked_up],
            dim=1,
        )  # as `Seq2SeqLSTM.token_inputs` joins them: the state, then where there was a hit in what it looks up
        latest_again, by_remembered, by_latest_hits, by_remembered_hits = by_looked_up
        self._token_by_output = by_output.contiguous()  # (rows, hidden), the rows being those of the head's first layer
        self._token_by_latest = torch.cat([by_latest + latest_again, by_latest_hits], dim=1)  # (rows, 2 * latest_dim)
        self._token_by_memory = torch.cat([by_embedded, by_remembered, by_remembered_hits], dim=1).T.contiguous()
        self._token_from_settings = self._settings @ by_settings.T + first.bias  # (length, rows)
        self._token_from_latest = torch.zeros(len(first.bias))
        self._token_from_memory = torch.zeros(self._block, len(first.bias))
        silent = ~model.token_voices.any(dim=1)
        silent[:SPECIALS] = False
        self.silent: NDArray[np.bool_] = silent.numpy()

    def hear(self, played: PerformanceTensors, known: FixedMask) -> int:
        """Advance over the part at the start that is known as a whole, all at once.

        Args:
            played: Performance, without a batch.
            known: Mask of the cells that are known.

        Returns:
            The first position for `step`.
        """
        open_positions = np.flatnonzero(~(known.hits & known.performance).all(axis=1))
        first = int(open_positions[0]) if len(open_positions) else len(known.hits)
        if first:
            heard = PerformanceTensors(*(tensor[None, :first] for tensor in played))
            embedded = self._model.embed_memory(self._model.memory(heard, self._tokens_per_bar))
            inputs, latest = self._model.decoder_inputs(heard, embedded, self._surroundings[None, :first])
            _, states = self._model.decoder(inputs)
            for layer, output, cell in zip(self._layers, *(state[:, 0] for state in states), strict=True):
                layer.set_state(output, cell)
            self._keep_latest(latest[0, -1])
        self._block_start = first - self._block
        return first

    def step(self, tokens: Tensor, velocities: Tensor, offsets: Tensor, position: int) -> Tensor:
        """Advance by one position; positions must come in order.

        Args:
            tokens: (length,) int64, of which all before `position` are played.
            velocities: (length, cells), likewise.
            offsets: (length, cells), likewise.
            position: The position to sample next.

        Returns:
            (state_dim,) the state at `position`.
        """
        last = int(tokens[position - 1]) if position else BOS
        if position:
            self._update_latest(velocities[position - 1], offsets[position - 1])
        if position == self._block_start + self._block:
            self._block_start = position
            self._remember(velocities, offsets, position)
        self._position, row = position, position - self._block_start
        gates = self._from_surroundings[position] + self._from_token[last] + self._from_latest + self._from_memory[row]
        output = self._layers[0].advance(gates)
        for layer in self._layers[1:]:
            output = layer.advance(torch.addmv(layer.bias, layer.from_input, output))
        return torch.cat(
            [output, self._latest, self._embedded[row], self._settings[position], self._latest, self._remembered[row]]
        )

    def token_logits(self) -> Tensor:
        """Compute the logits of the tokens, (vocabulary,), at the last step's position, as `Seq2SeqLSTM.token_logits` does.

        The inputs of the head are multiplied out where they change: the memory once a block, the latest hits once a hit.
        """
        known = self._token_from_settings[self._position] + self._token_from_latest
        known += self._token_from_memory[self._position - self._block_start]
        return run_layers(torch.addmv(known, self._token_by_output, self._layers[-1].output), self._token_layers)

    def _update_latest(self, velocities: Tensor, offsets: Tensor) -> None:
        """Keep the hits of the last position, (cells,) each; see `Seq2SeqLSTM.latest`."""
        if velocities.numpy().any():
            hits = velocities > 0
            self._keep_latest(torch.where(hits.repeat(2), torch.cat([velocities, 2.0 * offsets]), self._latest))

    def _keep_latest(self, latest: Tensor) -> None:
        self._latest = latest
        self._from_latest = self._by_latest @ latest
        self._token_from_latest = self._token_by_latest @ torch.cat([latest, hit_indicator(latest)])

    def _remember(self, velocities: Tensor, offsets: Tensor, position: int) -> None:
        """Read the past bars for the block that starts at `position`."""
        new = slice(self._past.length, position)
        self._past.add(velocities[None, new], offsets[None, new])
        self._remembered = self._past.look_back(position, self._block)[0]  # (block, memory_features)
        if self._from_reference is not None:
            self._remembered[:, self._model.shape.farthest_memory] = self._from_reference[position : position + self._block]
        self._embedded = self._model.memory_projection(self._remembered)  # (block, memory_dim)
        self._from_memory = self._embedded @ self._by_memory
        read = torch.cat([self._embedded, self._remembered, hit_indicator(self._remembered)], dim=1)
        self._token_from_memory = read @ self._token_by_memory


class _Layer:
    """One layer of the decoder with its state; gates in the order input, forget, output, cell, the first three being sigmoids."""

    def __init__(self, lstm: nn.LSTM, layer: int) -> None:
        self._hidden = lstm.hidden_size
        order = (0, 1, 3, 2)  # torch keeps input, forget, cell, output

        def reordered(name: str) -> Tensor:
            parameter: Tensor = getattr(lstm, f"{name}_l{layer}")
            return torch.cat([torch.chunk(parameter, 4)[gate] for gate in order])

        self.from_input = reordered("weight_ih")  # (gates, inputs)
        self.bias = reordered("bias_ih") + reordered("bias_hh")
        self._from_output = reordered("weight_hh")
        self.output = torch.zeros(self._hidden)
        self._cell = torch.zeros(self._hidden)

    def set_state(self, output: Tensor, cell: Tensor) -> None:
        """Set output and cell, (hidden,) each."""
        self.output, self._cell = output, cell

    def advance(self, gates: Tensor) -> Tensor:
        """Add the share of the last output to (gates,), update the state and return the new output, (hidden,)."""
        gates = torch.addmv(gates, self._from_output, self.output)
        opened = torch.sigmoid(gates[: 3 * self._hidden])
        inward, kept, outward = torch.split(opened, self._hidden)
        self._cell = torch.addcmul(kept * self._cell, inward, torch.tanh(gates[3 * self._hidden :]))
        self.output = outward * torch.tanh(self._cell)
        return self.output


def run_layers(hidden: Tensor, layers: Iterable[nn.Linear]) -> Tensor:
    """Apply the other layers of a head, each after a ReLU."""
    for layer in layers:
        hidden = torch.addmv(layer.bias, layer.weight, torch.relu(hidden))
    return hidden
