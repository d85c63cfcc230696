"""A Transformer in the place of the decoder LSTM, for the report's comparison; everything around it stays as it is.

Attention is causal and local, over `CONTEXT` positions, so that a performance of any length is read in time that grows with its
length; older bars reach it as they reach the LSTM, through the memory of past bars.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from drummer.model.network import Seq2SeqLSTM

CONTEXT = 192  # positions: four bars of twelve steps a beat
WIDTH, LAYERS, HEADS, HIDDEN = 96, 2, 4, 256  # with the small model about as many parameters as the LSTM that it replaces


class LocalAttention(nn.Module):
    """Attention of each position to itself and to the `CONTEXT` - 1 before it, with a learned bias for each distance."""

    mask: Tensor
    distance: Tensor

    def __init__(self, width: int, heads: int) -> None:
        """Make a layer with random weights from torch's global generator."""
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(heads, CONTEXT))
        # Queries of one block see the keys of that block and of the one before.
        distance = torch.arange(CONTEXT)[:, None] + CONTEXT - torch.arange(2 * CONTEXT)
        self.register_buffer("distance", distance.clamp(0, CONTEXT - 1), persistent=False)
        self.register_buffer("mask", (distance >= 0) & (distance < CONTEXT), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Attend: (batch, length, width) to the same, the length being a multiple of `CONTEXT`."""
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
        bias[:, 0, :, :, :CONTEXT] = -torch.inf  # nothing comes before the first block
        attended = functional.scaled_dot_product_attention(query, with_previous(key), with_previous(value), attn_mask=bias)
        return torch.as_tensor(self.merge(attended.transpose(2, 3).reshape(batch, length, width)))


class Block(nn.Module):
    """Attention, then a layer for each position alone; normalised before each, as in GPT-2 (Radford et al., 2019)."""

    def __init__(self, dropout: float) -> None:
        """Make a block with random weights from torch's global generator."""
        super().__init__()
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = LocalAttention(WIDTH, HEADS)
        self.layer = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """Transform (batch, length, WIDTH) to the same."""
        attended = inputs + self.dropout(self.attention(self.first(inputs)))
        return torch.as_tensor(attended + self.dropout(self.layer(self.second(attended))))


class TransformerDecoder(nn.Module):
    """Takes the place of `Seq2SeqLSTM.decoder`: position t of the result has read the inputs up to t."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        """Make a decoder with random weights from torch's global generator."""
        super().__init__()
        self.embed = nn.Linear(inputs, WIDTH)
        self.blocks = nn.Sequential(*(Block(dropout) for _ in range(LAYERS)))
        self.finish = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, outputs))

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        """Decode (batch, length, inputs) to (batch, length, outputs); it has no state to hand on."""
        length = inputs.shape[1]
        padded = functional.pad(inputs, (0, 0, 0, -length % CONTEXT))
        outputs: Tensor = self.finish(self.blocks(self.embed(padded)))
        return outputs[:, :length], None


def with_transformer(model: Seq2SeqLSTM, dropout: float) -> Seq2SeqLSTM:
    """Put a Transformer into the place of a model's decoder LSTM; it can be trained and measured, not yet played."""
    lstm = model.decoder
    model.decoder = TransformerDecoder(lstm.input_size, lstm.hidden_size, dropout)  # type: ignore[assignment]
    return model
