"""Transformer decoder in place of the decoder LSTM, for the ablations of the report; the rest of the model is unchanged.

Attention is causal and local, over `CONTEXT` positions, so its cost is linear in the length of a performance. Older bars are
inputs through the memory of past bars, as for the LSTM.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from drummer.model.network import Seq2SeqLSTM

CONTEXT = 192  # positions: four bars of twelve steps a beat
WIDTH, LAYERS, HEADS, HIDDEN = 96, 2, 4, 256  # about as many parameters as the decoder LSTM of the small model


class LocalAttention(nn.Module):
    """Causal attention over the last `CONTEXT` positions, with a learned bias for each distance."""

    mask: Tensor
    distance: Tensor

    def __init__(self, width: int, heads: int) -> None:
        """Create the layer with random weights from torch's global generator."""
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(heads, CONTEXT))
        # Queries of a block attend to the keys of the same and the previous block.
        distance = torch.arange(CONTEXT)[:, None] + CONTEXT - torch.arange(2 * CONTEXT)
        self.register_buffer("distance", distance.clamp(0, CONTEXT - 1), persistent=False)
        self.register_buffer("mask", (distance >= 0) & (distance < CONTEXT), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute attention: (batch, length, width) → same shape; the length must be a multiple of `CONTEXT`."""
        batch, length, width = inputs.shape
        blocks, depth = length // CONTEXT, width // self.heads
        query, key, value = (
            part.reshape(batch, blocks, CONTEXT, self.heads, depth).transpose(2, 3)
            for part in self.project(inputs).chunk(3, dim=-1)
        )  # (batch, blocks, heads, CONTEXT, depth) each

        def with_previous(part: Tensor) -> Tensor:
            before = functional.pad(part, (0, 0, 0, 0, 0, 0, 1, 0))[:, :-1]
            return torch.cat([before, part], dim=3)  # (batch, blocks, heads, 2 * CONTEXT, depth)

        bias = self.bias[:, self.distance].masked_fill(~self.mask, -torch.inf)  # (heads, CONTEXT, 2 * CONTEXT)
        bias = bias.expand(batch, blocks, *bias.shape).clone()
        bias[:, 0, :, :, :CONTEXT] = -torch.inf  # the first block has no previous one
        attended = functional.scaled_dot_product_attention(query, with_previous(key), with_previous(value), attn_mask=bias)
        return torch.as_tensor(self.merge(attended.transpose(2, 3).reshape(batch, length, width)))


class Block(nn.Module):
    """Pre-norm Transformer block, as in GPT-2 (Radford et al., 2019)."""

    def __init__(self, dropout: float) -> None:
        """Create the block with random weights from torch's global generator."""
        super().__init__()
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = LocalAttention(WIDTH, HEADS)
        self.layer = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """Transform (batch, length, WIDTH) → same shape."""
        attended = inputs + self.dropout(self.attention(self.first(inputs)))
        return torch.as_tensor(attended + self.dropout(self.layer(self.second(attended))))


class TransformerDecoder(nn.Module):
    """Replacement for `Seq2SeqLSTM.decoder`; output t depends on inputs up to t."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        """Create the decoder with random weights from torch's global generator."""
        super().__init__()
        self.embed = nn.Linear(inputs, WIDTH)
        self.blocks = nn.Sequential(*(Block(dropout) for _ in range(LAYERS)))
        self.finish = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, outputs))

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        """Decode (batch, length, inputs) → (batch, length, outputs), without a state."""
        length = inputs.shape[1]
        padded = functional.pad(inputs, (0, 0, 0, -length % CONTEXT))
        outputs: Tensor = self.finish(self.blocks(self.embed(padded)))
        return outputs[:, :length], None


def with_transformer(model: Seq2SeqLSTM, dropout: float) -> Seq2SeqLSTM:
    """Replace the decoder LSTM of a model by a Transformer, in place; it can be trained and evaluated, but not sampled."""
    lstm = model.decoder
    model.decoder = TransformerDecoder(lstm.input_size, lstm.hidden_size, dropout)  # type: ignore[assignment]
    return model
