"""Networks that the report compares with the product's: without memory of past bars, and the original recipe's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drummer.config_sections import SizeConfig
from drummer.model.inputs import Conditioning, PerformanceTensors
from drummer.model.network import Seq2SeqLSTM, delay


class LSTMWithoutMemory(Seq2SeqLSTM):
    """The product's network without the memory of past bars; everything else is the same."""

    def _add_memory(self, size: SizeConfig) -> None:  # noqa: ARG002
        self.memory_features = self.memory_dim = 0
        self.past_hits = 1

    def memory(self, performance: PerformanceTensors, tokens_per_bar: int) -> Tensor:  # noqa: ARG002
        """Give no features: (batch, length, 0)."""
        return performance.velocities[..., :0]

    def embed_memory(self, past: Tensor) -> Tensor:
        """Give back no features."""
        return past


class OriginalLSTM(LSTMWithoutMemory):
    """The original recipe's network: it chooses tokens alone, which hold their loudness, and reads the tokens before."""

    def _add_decoder(self, size: SizeConfig, context_dim: int) -> None:
        self.latest_dim = 0
        self._add_memory(size)
        self.decoder = nn.LSTM(
            size.token_dim + context_dim,
            size.hidden,
            size.layers,
            batch_first=True,
            dropout=size.dropout if size.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(size.dropout)
        self.main_dim = size.hidden + self.settings_dim
        self.token_head = nn.Linear(self.main_dim, self.shape.vocabulary)  # type: ignore[assignment]

    def latest(self, performance: PerformanceTensors) -> Tensor:
        """Give no features: (batch, length, 0)."""
        return performance.velocities[..., :0]

    def hit_losses(
        self,
        states: Tensor,
        performance: PerformanceTensors,  # noqa: ARG002
        targets: Tensor,  # noqa: ARG002
        velocity_bins: Tensor,  # noqa: ARG002
        timing_bins: Tensor,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor]:
        """Give zeros: velocity is part of the tokens, and there is no microtiming."""
        return states.new_zeros(()), states.new_zeros(())


def scheduled_states(
    model: Seq2SeqLSTM,
    conditioning: Conditioning,
    performance: PerformanceTensors,
    with_memory: Tensor,
    tokens_per_bar: int,
    own: Tensor,
) -> Tensor:
    """Run a network with scheduled sampling (Bengio et al., 2015): some inputs are its own predictions instead of the truth.

    The decoder runs position by position. A predicted token has the true velocity where the truth has a hit, else .5.

    Args:
        model: Any of the networks.
        conditioning: See `Seq2SeqLSTM.forward`.
        performance: See `Seq2SeqLSTM.forward`.
        with_memory: See `Seq2SeqLSTM.forward`.
        tokens_per_bar: Positions in a bar.
        own: (batch, length) bool, positions whose last token is the model's most probable one.

    Returns:
        (batch, length, state_dim), see `Seq2SeqLSTM.forward`.
    """
    past = model.memory(performance, tokens_per_bar) * with_memory[:, None, None]
    embedded, settings, context = model.embed_memory(past), model.settings(conditioning), model.context(conditioning)
    before = delay(performance)
    outputs: list[Tensor] = []
    latests = [model.latest(_at(before, 0))]
    hidden = None
    for position in range(performance.tokens.shape[1]):
        now, last = slice(position, position + 1), _at(before, position)
        if outputs:
            previous = slice(position - 1, position)
            main = torch.cat([outputs[-1], latests[-1], embedded[:, previous], settings[:, previous]], dim=-1)
            logits = model.token_logits(torch.cat([main, latests[-1], past[:, previous]], dim=-1))
            last = _mix(model, last, logits.argmax(dim=-1), own[:, now])
            sounding = (last.velocities > 0).repeat(1, 1, 2)[..., : model.latest_dim]
            latests.append(torch.where(sounding, model.latest(last), latests[-1]))
        inputs = torch.cat([model.token_embedding(last.tokens), latests[-1], embedded[:, now], context[:, now]], dim=-1)
        output, hidden = model.decoder(model.dropout(inputs), hidden)
        outputs.append(output)
    return model.join_states(torch.cat(outputs, dim=1), torch.cat(latests, dim=1), embedded, settings, past)


def _at(performance: PerformanceTensors, position: int) -> PerformanceTensors:
    return PerformanceTensors(*(array[:, position : position + 1] for array in performance))


def _mix(model: Seq2SeqLSTM, truth: PerformanceTensors, guess: Tensor, own: Tensor) -> PerformanceTensors:
    """Replace the truth of one position by a predicted token, (batch, 1), where `own` is true."""
    tokens = torch.where(own, guess, truth.tokens)
    if model.latest_dim == 0:  # it reads tokens alone
        return truth._replace(tokens=tokens)
    true_hits = truth.velocities > 0
    hits = torch.where(own[..., None], model.token_voices[guess], true_hits)  # (batch, 1, 13)
    velocities = torch.where(true_hits, truth.velocities, 0.5) * hits
    return PerformanceTensors(tokens, velocities, truth.offsets * hits)
