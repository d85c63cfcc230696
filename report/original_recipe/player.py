"""Generation with a model of the original recipe: one token after the other, from genre and tempo alone."""

from __future__ import annotations

import numpy as np
import torch

from drummer.generation.tempos import draw_bpm
from drummer.model.checkpoint import TrainedModel
from drummer.model.inputs import PARTS, Conditioning, find_places, make_conditioning, make_encoder_input, spread_controls
from drummer.model.tokenizer import BOS, SPECIALS, TokenSequence
from drummer.music.controls import CONTROLS
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR
from drummer.music.voices import VOICE_COUNT

_TEMPERATURE = 0.9375  # of the tokens; the product's own where the variation of a bar is unknown


class OriginalPlayer:
    """Generates grooves with a model of the original recipe."""

    def __init__(self, trained: TrainedModel) -> None:
        """Take a model that `load_original` has read."""
        self.trained = trained
        self.genres = trained.genres

    def typical_bpm(self, genre: str, seed: int) -> int:
        """Draw a tempo of a genre in BPM: triangular over the range of its drummers, its peak at the usual one."""
        return draw_bpm(self.trained.config.genres[genre], seed)

    @torch.inference_mode()
    def play(self, genre: str, bpm: float, bars: int, seed: int) -> Groove:
        """Generate a groove of some bars; the same arguments give the same groove."""
        model = self.trained.model
        conditioning = self._conditioning(genre, bpm, bars)
        context, settings = model.context(conditioning), model.settings(conditioning)
        nothing = context[:, :1, :0]
        generator = np.random.default_rng(seed)
        tokens = np.zeros(context.shape[1], dtype=np.int64)
        last, hidden = BOS, None
        for position in range(len(tokens)):
            now = slice(position, position + 1)
            inputs = torch.cat([model.token_embedding(torch.tensor([[last]])), context[:, now]], dim=-1)
            output, hidden = model.decoder(inputs, hidden)
            logits = model.token_logits(model.join_states(output, nothing, nothing, settings[:, now], nothing))
            tokens[position] = last = _draw(logits[0, 0].double().numpy() / _TEMPERATURE, generator.random())
        unused = np.zeros((len(tokens) * self.trained.tokenizer.token_steps, VOICE_COUNT), dtype=np.int64)
        return self.trained.tokenizer.decode(TokenSequence(tokens, unused, unused), bpm)

    def _conditioning(self, genre: str, bpm: float, bars: int) -> Conditioning:
        """Make the inputs of free generation: nothing is fixed and no control is known."""
        shape = self.trained.model.shape
        cells = torch.zeros(1, bars * shape.tokens_per_bar(FOUR_FOUR), shape.cells)
        unknown = np.full((bars, len(CONTROLS)), np.nan)
        return make_conditioning(
            make_encoder_input(cells > 0, cells > 0, cells, cells),
            genre=torch.tensor([self.genres.index(genre)]),
            bpm=torch.tensor([bpm]),
            part=torch.tensor([PARTS.index("beat")]),
            places=torch.from_numpy(find_places(FOUR_FOUR, bars, shape))[None],
            controls=torch.from_numpy(spread_controls(unknown, FOUR_FOUR, shape))[None],
        )


def _draw(logits: np.ndarray[tuple[int], np.dtype[np.float64]], uniform: float) -> int:
    """Draw a token, but not `[BOS]` or `[UNK]`, by inverse CDF from a uniform number in [0, 1)."""
    probabilities = np.exp(logits - logits[SPECIALS:].max())
    probabilities[:SPECIALS] = 0.0
    ends = np.cumsum(probabilities)
    return min(int(np.searchsorted(ends, uniform * ends[-1], side="right")), len(ends) - 1)
