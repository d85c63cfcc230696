"""Drawing a groove from the model, one position after the other.

Probabilities are computed in float64 and inverted from one uniform draw each, so that another CPU, whose float32 logits differ in
the last bits, seldom draws anything else.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drummer.generation.incremental_decoder import Stepper, finish
from drummer.model.history import EARLIER_FEATURES
from drummer.model.inputs import TRIANGLES, Conditioning, FixedMask, PerformanceTensors
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import SPECIALS, UNK, Binning
from drummer.music.controls import FALLS_SILENT, LEFT_OPEN
from drummer.music.voices import FAMILY_INDICES, VOICE_COUNT

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_BEFORE_ONE = math.nextafter(1.0, 0.0)


class Settings(NamedTuple):
    """How freely to draw.

    Attributes:
        temperature: Divides the logits of what voices sound together; 1 = as learned, lower = the most typical, higher = bolder.
        top_p: Tokens are drawn from the smallest set that holds this share of the probability, in (0, 1].
        coolest_onset: Floor on the temperature of whether anything sounds at a step. Nearly every single step is most probably
            silent, so a cool draw of that question would fall into silence.
        uncooled: Share of the draws that a temperature below 1 leaves as learned: a cold drummer who has begun on the snare alone
            would otherwise never think of the kick.
        performance_temperature: Range that the temperature is clipped to for velocity and timing: a drummer has human hands,
            however safe or bold the notes are.
        cooling: Factors on the temperature of velocity and timing.
        repetition: Nats by which a family of voices is likelier to do at a step what it did some bars before, where it shall, and
            by which it is less likely to do what it did a bar before, where it shall not. One that shall fall silent is not less
            likely to be silent where it was.
        velocity_persistence: Correlation, in [0, 1), of the chance in a hit's velocity with that of the same voice at the same
            place of the bar before. What is learned of each hit alone stays; but who is loud there in one bar is so in the next.
    """

    temperature: float
    top_p: float
    coolest_onset: float
    uncooled: float
    performance_temperature: tuple[float, float]
    cooling: tuple[float, float] = (1.0, 1.0)
    velocity_persistence: float = 0.0
    repetition: tuple[float, float] = (0.0, 0.0)


class Sample(NamedTuple):
    """What was drawn.

    Attributes:
        tokens: (length,) int64.
        velocities: (length, cells) float32, 0 = no hit.
        offsets: (length, cells) float32 steps, positive = late.
    """

    tokens: NDArray[np.int64]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]


@torch.inference_mode()
def sample(
    model: Seq2SeqLSTM,
    given: Conditioning,
    played: PerformanceTensors,
    known: FixedMask,
    binning: Binning,
    settings: Settings,
    voice_cooling: Floats,
    generator: np.random.Generator,
    in_mind: PerformanceTensors | None = None,
    repeats: NDArray[np.int64] | None = None,
) -> Sample:
    """Play one sequence.

    Args:
        model: In evaluation mode, on the CPU.
        given: What is given, with a batch of one.
        played: What was played where it is known, with a batch of one; that comes back unchanged.
        known: Where that is: (length, cells).
        binning: Bins of velocity and timing.
        settings: How freely to draw.
        voice_cooling: (length,) factor at each position on the temperature of what voices sound together.
        generator: The source of all chance.
        in_mind: What to come back to, with a batch of one: what was played longest ago is looked up there instead of in the
            sample, where slips are copied from bar to bar and add up.
        repeats: (length, families) how many bars before a family, see `voices.FAMILIES`, did what it shall do again, or one of
            `SOMETHING_NEW`, `FALLS_SILENT` and `LEFT_OPEN`.
    """
    stepper = Stepper(model, given, in_mind)
    hands = _Hands(model, binning, settings, generator)
    tokens, velocities, offsets = (array[0].clone() for array in played)
    vocabulary = model.token_voices.numpy()
    habits = None if repeats is None else _Habits(vocabulary, repeats, model.shape.tokens_per_bar, settings)
    held = (velocities > 0).numpy() & known.hits
    velocities[torch.from_numpy(~(held & known.performance))] = 0.0
    offsets[torch.from_numpy(~(held & known.performance))] = 0.0
    sampled = Sample(tokens.numpy(), velocities.numpy(), offsets.numpy())  # the same memory: single numbers are set faster there
    for position in range(stepper.hear(PerformanceTensors(tokens, velocities, offsets), known), len(tokens)):
        fixed = known.hits[position]
        state = stepper.step(tokens, velocities, offsets, position)
        if fixed.all():
            hits = held[position]
        else:
            logits = stepper.token_logits().double().numpy() / voice_cooling[position]
            if habits is not None:
                logits += habits.favour(sampled.tokens, position)
            probabilities = token_probabilities(logits, stepper.silent, settings)
            if fixed.any():
                probabilities *= (vocabulary[:, fixed] == held[position, fixed]).all(axis=1)
            # No token of the vocabulary may agree with a rare set of held voices; then those sound alone.
            token = draw(probabilities, generator) if probabilities.any() else UNK
            sampled.tokens[position] = token
            hits = vocabulary[token] | held[position]
        if hits.any():
            open_hits = hits & ~(held[position] & known.performance[position])
            place = position % model.shape.tokens_per_bar
            step = sampled.velocities[position], sampled.offsets[position]
            hands.perform(state, int(sampled.tokens[position]), place, open_hits, *step)
    return sampled


def draw(probabilities: Floats, generator: np.random.Generator) -> int:
    """Draw an index by inverse CDF from one uniform number; `probabilities` need not add up to 1."""
    return invert(probabilities, generator.random())[0]


def invert(probabilities: Floats, uniform: float) -> tuple[int, float]:
    """Invert the CDF of a density that is constant inside each bin.

    Args:
        probabilities: (bins,) of each bin; need not add up to 1.
        uniform: In [0, 1).

    Returns:
        The bin, and the place in it, in [0, 1).
    """
    cumulative = np.cumsum(probabilities)
    whole = float(cumulative[-1])
    aim = min(uniform * whole, math.nextafter(whole, 0.0))  # a product may be rounded up to the end
    chosen = int(cumulative.searchsorted(aim, side="right"))
    share = float(probabilities[chosen])
    place = (aim - float(cumulative[chosen]) + share) / share
    return chosen, min(max(place, 0.0), _BEFORE_ONE)


def token_probabilities(logits: Floats, silent: NDArray[np.bool_], settings: Settings) -> Floats:
    """Turn logits into the probabilities that are drawn from.

    The temperature acts on two questions apart: whether anything sounds (`coolest_onset` being its floor) and, if so, which
    voices. At temperature 1 that is the plain softmax over all tokens but `[BOS]` and `[UNK]`, which are never drawn.

    Args:
        logits: (vocabulary,) of the model.
        silent: (vocabulary,) bool, tokens that sound no voice.
        settings: How freely to draw.

    Returns:
        (vocabulary,) probabilities that add up to 1.
    """
    plain = np.exp(logits - logits[SPECIALS:].max())
    plain[:SPECIALS] = 0.0
    sounding = np.where(silent, 0.0, plain)
    onset = sounding.sum()
    rest = plain.sum() - onset
    cool = 1.0 / max(settings.temperature, settings.coolest_onset)
    share = onset**cool / (onset**cool + rest**cool)
    probabilities = share * _voices(sounding, settings) + (1.0 - share) * _tempered(plain - sounding, settings.temperature)
    return _nucleus(probabilities, settings.top_p)


def _voices(weights: Floats, settings: Settings) -> Floats:
    """Turn the weights of tokens that sound into the probability of each, given that something sounds."""
    tempered = _tempered(weights, settings.temperature)
    if settings.temperature >= 1.0:
        return tempered
    return (1.0 - settings.uncooled) * tempered + settings.uncooled * _tempered(weights, 1.0)


def _tempered(weights: Floats, temperature: float) -> Floats:
    """Raise weights to 1 / temperature and make them add up to 1 (or 0 where there are none)."""
    largest = weights.max()
    if largest == 0.0:
        return weights
    raised: Floats = (weights / largest) ** (1.0 / temperature)
    raised /= raised.sum()
    return raised


def _nucleus(probabilities: Floats, top_p: float) -> Floats:
    """Keep the most probable tokens that together reach `top_p`; the source is Holtzman et al., ICLR 2020."""
    if top_p >= 1.0:
        return probabilities
    order = np.argsort(-probabilities, kind="stable")
    before = np.cumsum(probabilities[order]) - probabilities[order]  # of the more probable ones
    kept = np.zeros_like(probabilities)
    kept[order] = np.where(before < top_p, probabilities[order], 0.0)
    kept /= kept.sum()
    return kept


class _Habits:
    """Which tokens agree, family by family, with what was played some bars before.

    The model reads what was played in the bars before and how much each beat shall differ from the last. But chance spreads what
    differs over all of the kit, where drummers keep one hand or foot as it was and change what another does.
    """

    def __init__(
        self, vocabulary: NDArray[np.bool_], repeats: NDArray[np.int64], tokens_per_bar: int, settings: Settings
    ) -> None:
        families = [vocabulary[:, voices] for voices in FAMILY_INDICES.values()]
        # Which of its voices each token sounds, as one number: (vocabulary, families).
        self._codes = np.stack([family @ (1 << np.arange(family.shape[1])) for family in families], axis=1)
        self._columns = np.arange(len(families))
        back = np.maximum(repeats, 1) * tokens_per_bar
        self._before = np.arange(len(repeats))[:, None] - back  # (length, families) tokens
        # The temperature will divide them, and how bold to be is another thing.
        again, anew = (nats * settings.temperature for nats in settings.repetition)
        self._of_hits = np.where(repeats > 0, again, np.where(repeats == LEFT_OPEN, 0.0, -anew))  # nats, (length, families)
        self._of_rests = np.where(repeats == FALLS_SILENT, 0.0, self._of_hits)
        for nats in (self._of_hits, self._of_rests):
            nats[self._before < 0] = 0.0

    def favour(self, tokens: NDArray[np.int64], position: int) -> Floats:
        """Weigh all tokens at a position, (vocabulary,) nats, by how they agree with the tokens before."""
        before = self._codes[tokens[self._before[position]], self._columns]
        nats = np.where(before == 0, self._of_rests[position], self._of_hits[position])
        return np.asarray((self._codes == before) @ nats)


class _Hands:
    """Velocity and timing of the voices of a step, drawn one after the other.

    What is short and elementwise is done in NumPy, whose calls cost a third of torch's; products in torch, whose threads are ours
    to set. A test compares the result with the model's own heads.
    """

    def __init__(self, model: Seq2SeqLSTM, binning: Binning, settings: Settings, generator: np.random.Generator) -> None:
        self._binning = binning
        self._generator = generator
        temperature = float(np.clip(settings.temperature, *settings.performance_temperature))
        self._velocity_temperature, self._timing_temperature = (temperature * factor for factor in settings.cooling)
        self._persistence = settings.velocity_persistence
        self._luck = generator.standard_normal((model.shape.tokens_per_bar, VOICE_COUNT))
        velocity, timing = model.velocity_head, model.timing_head
        self._hidden = velocity.inner.out_features
        self._main = model.main_dim
        self._past_hits = model.history_features // (2 * TRIANGLES)
        by_main, by_history, by_token, by_voice, by_earlier = torch.split(
            torch.cat([velocity.inner.weight, timing.inner.weight[:, :-TRIANGLES]]),  # (2 * head_hidden, head inputs)
            [
                model.main_dim,
                model.history_features,
                model.token_embedding.embedding_dim,
                model.voice_embedding.embedding_dim,
                EARLIER_FEATURES,
            ],
            dim=1,
        )
        constant = torch.cat([velocity.inner.bias, timing.inner.bias])
        self._from_main = by_main.contiguous()
        self._from_history = by_history.contiguous()
        self._from_token = model.token_embedding.weight @ by_token.T + constant  # (vocabulary, 2 * head_hidden)
        self._from_voice = model.voice_embedding.weight @ by_voice.T  # (13, 2 * head_hidden)
        self._from_earlier = by_earlier.reshape(len(by_earlier), VOICE_COUNT, -1).transpose(0, 1).contiguous()
        self._from_velocity = timing.inner.weight[:, -TRIANGLES:].contiguous()  # its last inputs, see `Seq2SeqLSTM.timing_logits`
        self._velocity_layers, self._timing_layers = ((head.middle, head.outer) for head in (velocity, timing))

    def perform(
        self, state: Tensor, token: int, place: int, hits: NDArray[np.bool_], velocities: Singles, offsets: Singles
    ) -> None:
        """Draw velocities and offsets of hits at one step.

        Args:
            state: (state_dim,) there.
            token: The token there.
            place: In the bar, in tokens.
            hits: (13,) bool, which voices to perform.
            velocities: (13,) of that step, 0 = not performed yet; is filled in.
            offsets: (13,) likewise.
        """
        past = state[self._main : self._main + 2 * VOICE_COUNT * self._past_hits].numpy().reshape(self._past_hits, 2, VOICE_COUNT)
        common = torch.addmv(self._from_token[token], self._from_main, state[: self._main])
        for voice in np.flatnonzero(hits | (velocities > 0)).tolist():
            if hits[voice]:
                hidden = torch.addmv(common + self._from_voice[voice], self._from_history, _read_finely(past[..., voice]))
                for_velocity, for_timing = torch.split(hidden, self._hidden)
                luck = self._lasting(place, voice)
                velocity = self._draw(for_velocity, self._velocity_layers, self._velocity_temperature, luck)
                velocities[voice] = self._binning.velocity(*velocity)
                loudness = torch.from_numpy(_bumps(velocities[voice]))
                for_timing = torch.addmv(for_timing, self._from_velocity, loudness)
                luck = self._generator.random()
                timing = self._draw(for_timing, self._timing_layers, self._timing_temperature, luck)
                offsets[voice] = self._binning.offset(*timing)
            played = np.array([[velocities[voice], 2.0 * offsets[voice]]], dtype=np.float32)
            common = torch.addmv(common, self._from_earlier[voice], _read_finely(played))  # for the voices that follow

    def _lasting(self, place: int, voice: int) -> float:
        """Draw a uniform number that resembles the last one for this voice and place: a Gaussian copula, Nelsen (2006), 2.3."""
        fresh = self._generator.standard_normal()
        luck = self._persistence * self._luck[place, voice] + math.sqrt(1.0 - self._persistence**2) * fresh
        self._luck[place, voice] = luck
        return min(0.5 * math.erfc(-luck / math.sqrt(2.0)), _BEFORE_ONE)

    def _draw(
        self, first: Tensor, layers: tuple[nn.Linear, nn.Linear], temperature: float, uniform: float
    ) -> tuple[NDArray[np.int64], float]:
        """Draw a bin, and a place in it: bin centres would be audible as a comb."""
        weights = finish(first, layers).double().numpy()
        chosen, inside = invert(_tempered(np.exp(weights - weights.max()), temperature), uniform)
        return np.array(chosen), inside


def _read_finely(hits: Singles) -> Tensor:
    """Encode hits, (hits, velocity and doubled offset) to (hits * 2 * TRIANGLES,); see `history.encode_triangular`."""
    scaled = hits.copy()
    scaled[:, 1] = 0.5 * (hits[:, 1] + 1.0)
    return torch.from_numpy((_bumps(scaled) * (hits[:, :1, None] > 0)).ravel())


def _bumps(values: Singles) -> Singles:
    """Spread numbers over triangles, (...) to (..., TRIANGLES); see `history.triangular_basis`."""
    centres = np.arange(TRIANGLES, dtype=np.float32)
    spread: Singles = np.maximum(1.0 - np.abs(values[..., None] * np.float32(TRIANGLES - 1) - centres), 0.0, dtype=np.float32)
    return spread
