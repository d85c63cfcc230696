"""The network: causality, masks, memory and the inputs of its heads."""

import numpy as np
import pytest
import torch

from drummer.config import Config, load_config
from drummer.data.batches import Batch
from drummer.errors import ConfigError
from drummer.model.checkpoint import build_model
from drummer.model.history import earlier_in_step, triangular_basis
from drummer.model.inputs import (
    BASIS_FUNCTIONS,
    Conditioning,
    PerformanceTensors,
    find_places,
    make_conditioning,
    make_encoder_input,
)
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import Tokenizer
from drummer.music.meter import FOUR_FOUR, METERS, Meter
from drummer.music.voices import VOICE_COUNT
from drummer.training.likelihood import NegativeLogLikelihood, negative_log_likelihood

BAR = 48
LENGTH = 3 * BAR
SYMBOLS = [0, 1, 2, 16, 17, 18]


def make(config: Config | None = None) -> Seq2SeqLSTM:
    torch.manual_seed(0)
    config = config or load_config()
    return build_model(config, "small", tokenizer(config)).eval()


def tokenizer(config: Config) -> Tokenizer:
    return Tokenizer(SYMBOLS, config)


def example(model: Seq2SeqLSTM, seed: int = 0, batch: int = 2) -> tuple[Conditioning, PerformanceTensors]:
    generator = np.random.default_rng(seed)
    tokens = torch.from_numpy(generator.integers(2, model.shape.vocabulary, (batch, LENGTH)))
    hits = model.token_voices[tokens]
    velocities = torch.from_numpy(generator.uniform(0.01, 1, (batch, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    offsets = torch.from_numpy(generator.uniform(-0.5, 0.49, (batch, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    nothing = torch.zeros_like(hits)
    conditioning = make_conditioning(
        make_encoder_input(nothing, nothing, velocities, offsets),
        genre=torch.full((batch,), 2),
        bpm=torch.full((batch,), 96.0),
        part=torch.zeros(batch, dtype=torch.long),
        places=torch.from_numpy(find_places(FOUR_FOUR, LENGTH // BAR, model.shape)).expand(batch, LENGTH, -1),
        controls=torch.zeros(batch, LENGTH, model.shape.control_features),
    )
    return conditioning, PerformanceTensors(tokens, velocities, offsets)


@torch.inference_mode()
def states(model: Seq2SeqLSTM, conditioning: Conditioning, performance: PerformanceTensors, memory: bool = True) -> torch.Tensor:
    result: torch.Tensor = model(conditioning, performance, torch.tensor([memory] * len(performance.tokens)), BAR)
    return result


def test_no_state_sees_what_is_played_at_or_after_it() -> None:
    model = make()
    conditioning, performance = example(model)
    _, other = example(model, seed=1)
    cut = 100
    mixed = PerformanceTensors(
        *(torch.cat([mine[:, :cut], theirs[:, cut:]], dim=1) for mine, theirs in zip(performance, other, strict=True))
    )
    before, after = states(model, conditioning, performance), states(model, conditioning, mixed)
    assert torch.equal(before[:, : cut + 1], after[:, : cut + 1])  # the state at `cut` has read up to cut - 1
    assert not torch.allclose(before[:, cut + 1 :], after[:, cut + 1 :])


def test_masked_music_reveals_nothing_and_fixed_music_reaches_every_position() -> None:
    model = make()
    conditioning, performance = example(model)
    _, other = example(model, seed=1)
    known = torch.zeros_like(performance.velocities, dtype=torch.bool)
    assert torch.equal(make_encoder_input(known, known, *performance[1:]), make_encoder_input(known, known, *other[1:]))
    known[:, 120:] = True
    heard = conditioning._replace(encoder_input=make_encoder_input(known, known, *performance[1:]))
    assert not torch.allclose(
        states(model, conditioning, performance)[:, 115], states(model, heard, performance)[:, 115]
    )  # it reads backwards too


def test_hits_can_be_fixed_without_velocity_and_timing() -> None:
    _, performance = example(make())
    known = torch.ones_like(performance.velocities, dtype=torch.bool)
    flat = make_encoder_input(known, ~known, *performance[1:])
    louder = make_encoder_input(known, ~known, torch.where(performance.velocities > 0, 1.0, 0.0), performance.offsets)
    assert torch.equal(flat, louder)


def test_memory_reaches_back_and_can_be_dropped() -> None:
    model = make()
    conditioning, performance = example(model)
    changed = PerformanceTensors(*(array.clone() for array in performance))
    changed.velocities[:, 10] = 0.9
    remembered = model.memory(changed, BAR) - model.memory(performance, BAR)
    beat, half_a_bar, bar, two_bars = [21, 22, 23], [33, 34, 35], [57, 58, 59], [105, 106, 107]
    assert remembered.abs().amax(dim=(0, 2)).nonzero().flatten().tolist() == beat + half_a_bar + bar + two_bars
    assert not torch.allclose(
        states(model, conditioning, performance, memory=True)[:, 60:],
        states(model, conditioning, performance, memory=False)[:, 60:],
    )


def test_the_memory_looks_back_by_beats_and_by_bars_of_any_length() -> None:
    model, bar = make(), 42  # 7/8
    conditioning, performance = example(model)
    changed = PerformanceTensors(*(array.clone() for array in performance))
    changed.velocities[:, 10] = 0.9
    remembered = model.memory(changed, bar) - model.memory(performance, bar)
    beats, bars = [21, 22, 23, 33, 34, 35], [51, 52, 53, 93, 94, 95]
    assert set(beats + bars) <= set(remembered.abs().amax(dim=(0, 2)).nonzero().flatten().tolist())
    assert conditioning.places.shape == (2, LENGTH, 6)


@pytest.mark.parametrize("meter", [*METERS, Meter.parse("7/8 (3+2+2)")], ids=str)
def test_places_count_from_bar_line_beat_and_group(meter: Meter) -> None:
    shape = make().shape
    places = find_places(meter, 6, shape, first_bar=3)
    bar = shape.tokens_per_bar(meter)
    assert places.shape == (6 * bar, 6)
    since, until, since_beat, until_beat, since_group, phrase = places.T
    assert np.array_equal(since, np.tile(np.arange(bar), 6))
    assert np.array_equal(since + until, np.full(6 * bar, bar - 1))
    beats = np.cumsum([0, *(6 * eighths for eighths in meter.beat_eighths)])
    assert np.flatnonzero(since_beat[:bar] == 0).tolist() == beats[:-1].tolist()
    assert (np.flatnonzero(until_beat[:bar] == 0) + 1).tolist() == beats[1:].tolist()
    assert np.flatnonzero(since_group[:bar] == 0).tolist() == [round(12 * start) for start in meter.group_starts]
    assert phrase[::bar].tolist() == [3, 0, 1, 2, 3, 0]


def test_style_and_rhythm_reach_the_states_and_are_none_by_default() -> None:
    model = make()
    conditioning, performance = example(model)
    plain = states(model, conditioning, performance)
    assert not conditioning.style.any() and not conditioning.rhythm.any()
    styled = conditioning._replace(style=torch.ones_like(conditioning.style))
    rhythm = torch.zeros_like(conditioning.rhythm)
    rhythm[:, 100:, 0] = 1.0
    tapped = conditioning._replace(rhythm=rhythm)
    assert not torch.equal(states(model, styled, performance), plain)
    assert not torch.equal(states(model, tapped, performance)[:, :100], plain[:, :100])  # it is read ahead of time


def test_the_latest_hit_of_each_voice_is_carried_along() -> None:
    model = make()
    nothing = torch.zeros(1, 5, VOICE_COUNT)
    performance = PerformanceTensors(torch.zeros(1, 5, dtype=torch.long), nothing.clone(), nothing.clone())
    performance.velocities[0, 1, 0], performance.offsets[0, 1, 0] = 0.5, -0.25
    performance.velocities[0, 3, 0] = 0.75
    latest = model.latest(performance)[0]
    assert latest[:, 0].tolist() == [0.0, 0.5, 0.5, 0.75, 0.75]
    assert latest[:, VOICE_COUNT].tolist() == [0.0, -0.5, -0.5, 0.0, 0.0]
    assert not latest[:, 1:VOICE_COUNT].any()


def test_the_triangular_basis_separates_neighbouring_values_and_loses_nothing() -> None:
    values = torch.tensor([0.0, 0.1, 0.5, 1.0])
    spread = triangular_basis(values)
    assert spread.shape == (4, BASIS_FUNCTIONS)
    torch.testing.assert_close(spread.sum(dim=-1), torch.ones(4))
    torch.testing.assert_close(spread @ torch.linspace(0, 1, BASIS_FUNCTIONS), values)


def test_a_hit_reads_only_its_own_voices_history() -> None:
    model = make()
    conditioning, performance = example(model, batch=1)
    before = states(model, conditioning, performance)[0, 60:61]
    changed = PerformanceTensors(*(array.clone() for array in performance))
    changed.velocities[:, 12] = torch.where(changed.velocities[:, 12] > 0, 0.01, 0.99)  # one bar before
    after = states(model, conditioning, changed)[0, 60:61]
    for voice in (0, 4):
        hit = torch.tensor([voice])
        assert not torch.equal(model.history(before, hit), model.history(after, hit))
    only_snare = PerformanceTensors(*(array.clone() for array in performance))
    only_snare.velocities[:, 12, 1] = 0.77
    assert torch.equal(model.history(before, hit), model.history(states(model, conditioning, only_snare)[0, 60:61], hit))


def test_only_earlier_voices_of_a_step_are_inputs() -> None:
    velocities = torch.tensor([[0.5, 0.6, 0.7] + [0.0] * 10])
    shown = earlier_in_step(torch.tensor([1]), velocities, torch.zeros(1, VOICE_COUNT)).reshape(VOICE_COUNT, -1)
    assert shown.any(dim=1).tolist() == [True] + [False] * 12


def test_the_loss_counts_targets_only_and_weights_their_tokens() -> None:
    model = make()
    conditioning, performance = example(model)
    bins = torch.zeros(performance.velocities.shape, dtype=torch.long)
    targets = torch.zeros(2, LENGTH, dtype=torch.bool)
    targets[0, :10] = True
    hit_targets = (performance.velocities > 0) & targets[..., None]

    def loss(true: PerformanceTensors, weights: torch.Tensor | None = None) -> NegativeLogLikelihood:
        batch = Batch(conditioning, true, bins, bins, targets, hit_targets, torch.tensor([BAR]))
        return negative_log_likelihood(model, batch, states(model, conditioning, true), weights)

    plain = loss(performance)
    other = performance._replace(tokens=torch.where(torch.arange(LENGTH) > 20, 2, performance.tokens))
    assert torch.equal(loss(other).voices, plain.voices)
    twice = loss(performance, torch.full((8,), 2.0))
    torch.testing.assert_close(twice.voices, 2 * plain.voices)
    torch.testing.assert_close(twice.timing, plain.timing)


def test_a_size_that_is_not_configured_is_named() -> None:
    with pytest.raises(ConfigError, match="unknown model size 'huge', it must be one of small, medium, large"):
        build_model(load_config(), "huge", tokenizer(load_config()))
