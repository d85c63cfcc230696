"""The weights of sampling as NumPy arrays; products that do not depend on a groove are computed in advance.

One step multiplies matrices with single vectors and does dozens of short elementwise operations. NumPy's calls take a fraction of
torch's there, its products with OpenBLAS on one thread half the time (`make bench`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from drummer.model.history import EARLIER_FEATURES
from drummer.model.inputs import BASIS_FUNCTIONS
from drummer.model.network import Head, Seq2SeqLSTM
from drummer.model.tokenizer import SPECIALS
from drummer.music.voices import VOICE_COUNT

Float32Array = NDArray[np.float32]


class LinearWeights(NamedTuple):
    """Weights of a linear layer.

    Attributes:
        weight: (outputs, inputs).
        bias: (outputs,).
    """

    weight: Float32Array
    bias: Float32Array


class LayerWeights(NamedTuple):
    """Weights of one layer of the decoder; gates in the order input, forget, output, cell, the first three being sigmoids.

    Attributes:
        from_input: (gates, inputs).
        from_output: (gates, hidden), of its own last output.
        bias: (gates,).
    """

    from_input: Float32Array
    from_output: Float32Array
    bias: Float32Array

    @classmethod
    def of(cls, lstm: nn.LSTM, layer: int) -> LayerWeights:
        """Take the weights of one layer."""
        order = (0, 1, 3, 2)  # torch keeps input, forget, cell, output

        def reordered(name: str) -> Float32Array:
            chunks = np.split(to_array(getattr(lstm, f"{name}_l{layer}")), 4)
            return np.concatenate([chunks[gate] for gate in order])

        return cls(reordered("weight_ih"), reordered("weight_hh"), reordered("bias_ih") + reordered("bias_hh"))


class SamplingWeights:
    """The weights of one model, and the model itself, which computes what a whole groove needs at once.

    Attributes:
        model: The model.
        token_voices: (vocabulary, 13) bool, the voices that each token sounds.
        silent: (vocabulary,) bool, the tokens that sound no voice, the special ones not among them.
        decoder: Weights of the decoder.
        beats_ago: Weights applied to the memory of past beats.
        bars_ago: Weights applied to the memory of past bars.
        token_head: Weights of the token head.
        hit_heads: Weights of the velocity head and the timing head.
    """

    def __init__(self, model: Seq2SeqLSTM) -> None:
        """Take the weights of a model on the CPU, which must not change afterwards: some are copied and some are shared."""
        self.model = model
        self.token_voices: NDArray[np.bool_] = model.token_voices.numpy()
        self.silent: NDArray[np.bool_] = np.logical_not(self.token_voices.any(axis=1))
        self.silent[:SPECIALS] = False
        self.decoder = DecoderWeights(model)
        self.token_head = TokenHeadWeights(model)
        self.beats_ago = MemoryWeights(model, self.token_head, slice(0, model.shape.beat_features))
        self.bars_ago = MemoryWeights(model, self.token_head, slice(model.shape.beat_features, None))
        self.hit_heads = HitHeadsWeights(model)


class DecoderWeights:
    """Weights of the decoder's layers; the first layer's matrix is split by input, see `Seq2SeqLSTM.decoder_inputs`.

    Attributes:
        layers: Weights of each layer.
        from_token: (vocabulary, gates), share of the last token in the first layer's gates.
        by_latest: (gates, latest_dim).
        by_memory: (memory_dim, gates), of the embedded memory.
        by_context: (context_dim, gates).
    """

    def __init__(self, model: Seq2SeqLSTM) -> None:
        """Split the first layer's weights and multiply out what depends on a token alone."""
        self.layers = [LayerWeights.of(model.decoder, layer) for layer in range(model.decoder.num_layers)]
        widths = (model.token_embedding.embedding_dim, model.latest_dim, model.memory_dim)
        by_token, by_latest, by_memory, by_context = _split(self.layers[0].from_input, widths)
        self.from_token: Float32Array = to_array(model.token_embedding.weight) @ by_token.T
        self.by_latest = np.ascontiguousarray(by_latest)
        self.by_memory = np.ascontiguousarray(by_memory.T)
        self.by_context = np.ascontiguousarray(by_context.T)


class TokenHeadWeights:
    """Weights of the token head; the first layer's matrix is split by input, see `Seq2SeqLSTM.token_inputs`.

    Attributes:
        by_output: (rows, hidden), of the decoder's output; the rows are those of the head's first layer.
        by_latest: (rows, 2 * latest_dim), of the latest hits and their indicators.
        by_embedded: (rows, memory_dim), of the embedded memory.
        by_remembered: (rows, memory_features), of the memory.
        by_remembered_hits: (rows, memory_features), of its indicators.
        by_settings: (settings_dim, rows).
        bias: (rows,) of the first layer.
        layers: The other layers.
    """

    def __init__(self, model: Seq2SeqLSTM) -> None:
        """Split the first layer's weights."""
        head = model.token_head
        widths = (model.decoder.hidden_size, model.latest_dim, model.memory_dim, model.settings_dim)
        looked_up = (model.latest_dim, model.memory_features)
        by_output, by_latest, self.by_embedded, by_settings, *by_looked_up = _split(
            to_array(head.inner.weight), (*widths, *looked_up, model.latest_dim)
        )  # in the order of `token_inputs`: the state, then the indicators of the hits in its history
        latest_again, self.by_remembered, by_latest_hits, self.by_remembered_hits = by_looked_up
        self.by_output = np.ascontiguousarray(by_output)
        self.by_latest = np.concatenate([by_latest + latest_again, by_latest_hits], axis=1)
        self.by_settings = np.ascontiguousarray(by_settings.T)
        self.bias = to_array(head.inner.bias)
        self.layers = other_layers(head)


class MemoryWeights:
    """Weights applied to some columns of the memory of past bars.

    Attributes:
        embedding: (columns, memory_dim).
        to_token_head: (2 * columns, rows), of the memory and its indicators in the first layer of the token head, the share of
            the embedded memory included.
    """

    def __init__(self, model: Seq2SeqLSTM, head: TokenHeadWeights, columns: slice) -> None:
        """Cut the columns out and multiply out the weights that follow each other."""
        self.embedding = np.ascontiguousarray(to_array(model.memory_projection.weight)[:, columns].T)
        values = self.embedding @ head.by_embedded.T + head.by_remembered[:, columns].T
        self.to_token_head = np.concatenate([values, head.by_remembered_hits[:, columns].T])


class HitHeadsWeights:
    """Weights of the velocity head and the timing head; their first layers are joined, and split by input, see `head_inputs`.

    Attributes:
        hidden: Width of one head's first layer.
        main_dim: See `Seq2SeqLSTM`.
        past_hits: Past hits of a voice in its history.
        by_main: (2 * hidden, main_dim).
        by_history: (2 * hidden, history_features).
        from_token: (vocabulary, 2 * hidden), share of each token, and the bias.
        from_voice: (13, 2 * hidden).
        by_earlier: (13, 2 * hidden, 2 * BASIS_FUNCTIONS), of an earlier hit of each voice in the same step.
        by_velocity: (hidden, BASIS_FUNCTIONS), of the timing head alone.
        velocity_layers: The other layers of the velocity head.
        timing_layers: The other layers of the timing head.
    """

    def __init__(self, model: Seq2SeqLSTM) -> None:
        """Split the first layers' weights and multiply out what depends on a token or a voice alone."""
        velocity, timing = model.velocity_head, model.timing_head
        self.hidden = velocity.inner.out_features
        self.main_dim = model.main_dim
        self.past_hits = model.past_hits
        of_timing = to_array(timing.inner.weight)
        first = np.concatenate([to_array(velocity.inner.weight), of_timing[:, :-BASIS_FUNCTIONS]])  # (2 * hidden, head inputs)
        widths = model.main_dim, model.history_features, model.token_embedding.embedding_dim, model.voice_embedding.embedding_dim
        by_main, by_history, by_token, by_voice, by_earlier = _split(first, widths)
        assert by_earlier.shape[1] == EARLIER_FEATURES
        self.by_main = np.ascontiguousarray(by_main)
        self.by_history = np.ascontiguousarray(by_history)
        bias = np.concatenate([to_array(velocity.inner.bias), to_array(timing.inner.bias)])
        self.from_token: Float32Array = to_array(model.token_embedding.weight) @ by_token.T + bias
        self.from_voice: Float32Array = to_array(model.voice_embedding.weight) @ by_voice.T
        self.by_earlier = np.ascontiguousarray(by_earlier.reshape(len(by_earlier), VOICE_COUNT, -1).transpose(1, 0, 2))
        self.by_velocity = np.ascontiguousarray(of_timing[:, -BASIS_FUNCTIONS:])
        self.velocity_layers, self.timing_layers = other_layers(velocity), other_layers(timing)


def to_array(tensor: Tensor) -> Float32Array:
    """Return a tensor's numbers, without a copy."""
    array: Float32Array = tensor.detach().numpy()
    return array


def other_layers(head: Head) -> tuple[LinearWeights, LinearWeights]:
    """Take the second and the third layer of a head."""
    middle, outer = (LinearWeights(to_array(layer.weight), to_array(layer.bias)) for layer in (head.middle, head.outer))
    return middle, outer


def run_layers(hidden: Float32Array, layers: Iterable[LinearWeights]) -> Float32Array:
    """Apply the second and the third layer of a head, each after a ReLU."""
    for layer in layers:
        hidden = layer.weight @ np.maximum(hidden, 0.0) + layer.bias
    return hidden


def _split(weight: Float32Array, widths: Iterable[int]) -> list[Float32Array]:
    """Split the columns of a matrix into parts of these widths and the rest."""
    return np.split(weight, np.cumsum(tuple(widths)), axis=1)
