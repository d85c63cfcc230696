"""Sampling: the unrolled decoder against the model's own forward pass, and what the settings promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from drummer.config import Config, default_config, load_config
from drummer.generation.incremental_decoder import IncrementalDecoder
from drummer.generation.performance_sampling import PerformanceSampler
from drummer.generation.probabilities import SamplingSettings, invert, sample_index, token_probabilities
from drummer.generation.repetition import RepetitionBias
from drummer.generation.repetition_plan import RepetitionPlan
from drummer.generation.sampling import Guidance, Sample, sample
from drummer.generation.sampling_weights import HitHeadsWeights, SamplingWeights
from drummer.model.checkpoint import build_model
from drummer.model.history import earlier_in_step
from drummer.model.inputs import (
    Conditioning,
    FixedMask,
    ModelShape,
    PerformanceTensors,
    find_places,
    make_conditioning,
    make_encoder_input,
)
from drummer.model.network import Seq2SeqLSTM
from drummer.model.tokenizer import Binning, Tokenizer
from drummer.music.beat_plan import BECOMES_SILENT, NEW_PATTERN, UNCONSTRAINED
from drummer.music.meter import FOUR_FOUR
from drummer.music.voices import FAMILIES, VOICE_COUNT, VOICE_INDEX

BAR = 48
LENGTH = 5 * BAR + 7
PLAIN = SamplingSettings(1.0, 1.0, 0.7, 0.1, (0.7, 1.2))


@pytest.fixture(scope="module", params=[1, 2], ids=["one layer", "two layers"])
def model(request: pytest.FixtureRequest) -> Seq2SeqLSTM:
    config = load_config(overrides=[f"model.sizes.small.layers={request.param}"])
    return random_model(config)


def random_model(config: Config) -> Seq2SeqLSTM:
    torch.manual_seed(0)
    tokenizer = Tokenizer([0, 1, 2, 16, 17, 18, 19, 1024], config)
    model = build_model(config, "small", tokenizer).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.0)  # so that the states matter
    return model


def random_played(model: Seq2SeqLSTM, length: int = LENGTH) -> PerformanceTensors:
    generator = np.random.default_rng(1)
    tokens = torch.from_numpy(generator.integers(2, model.shape.vocabulary, (1, length)))
    hits = model.token_voices[tokens]
    velocities = torch.from_numpy(generator.random((1, length, VOICE_COUNT), dtype=np.float32)) * hits
    offsets = torch.from_numpy(generator.random((1, length, VOICE_COUNT), dtype=np.float32) - 0.5) * hits
    return PerformanceTensors(tokens, velocities, offsets)


def no_hits_given(length: int = LENGTH, bpm: float = 100.0) -> Conditioning:
    nothing = torch.zeros(1, length, VOICE_COUNT)
    shape = ModelShape.from_config(default_config(), vocabulary=2)
    return make_conditioning(
        make_encoder_input(nothing > 0, nothing > 0, nothing, nothing),
        genre=torch.tensor([3]),
        bpm=torch.tensor([bpm]),
        part=torch.tensor([0]),
        places=torch.from_numpy(find_places(FOUR_FOUR, length // BAR + 1, shape)[:length])[None],
        controls=torch.linspace(-1, 1, shape.control_features).expand(1, length, -1),
        style=torch.tensor([2]),
        rhythm=torch.linspace(-1, 1, 3).expand(1, length, 3),
    )


def test_stepping_gives_the_states_of_the_forward_pass(model: Seq2SeqLSTM) -> None:
    given, played = no_hits_given(), random_played(model)
    with torch.inference_mode():
        expected = model(given, played, torch.tensor([True]), BAR)[0]
        stepper = IncrementalDecoder(SamplingWeights(model), given, BAR)
        for position in range(LENGTH):
            stepper.step(*(array[0].numpy() for array in played), position)
            state = torch.from_numpy(stepper.state())
            torch.testing.assert_close(state, expected[position], atol=2e-4, rtol=1e-3)
            torch.testing.assert_close(torch.from_numpy(stepper.token_logits()), model.token_logits(state), atol=1e-3, rtol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize("fixed_steps", [0, 11, 48, 100, LENGTH])
def test_what_is_fixed_from_the_start_on_is_heard_at_once(model: Seq2SeqLSTM, fixed_steps: int) -> None:
    given, played = no_hits_given(), random_played(model)
    expected = model(given, played, torch.tensor([True]), BAR)[0]
    alone = PerformanceTensors(*(array[0] for array in played))
    mask = np.repeat(np.arange(LENGTH)[:, None] < fixed_steps, VOICE_COUNT, axis=1)
    stepper = IncrementalDecoder(SamplingWeights(model), given, BAR)
    assert stepper.hear(alone, FixedMask(mask, mask)) == fixed_steps
    for position in range(fixed_steps, LENGTH):
        stepper.step(*(tensor.numpy() for tensor in alone), position)
        state = torch.from_numpy(stepper.state())
        torch.testing.assert_close(state, expected[position], atol=2e-4, rtol=1e-3)
        torch.testing.assert_close(torch.from_numpy(stepper.token_logits()), model.token_logits(state), atol=1e-3, rtol=1e-3)


@torch.inference_mode()
def test_velocity_and_timing_are_drawn_from_the_models_own_heads(model: Seq2SeqLSTM) -> None:
    class Middle:
        """Stands in for a generator: always the middle of what it is asked to draw from."""

        def random(self) -> float:
            return 0.5

        def standard_normal(self, shape: tuple[int, ...] = ()) -> np.ndarray:
            return np.zeros(shape)

    def middle_bin(logits: torch.Tensor) -> int:
        return sample_index(torch.softmax(logits.double(), dim=-1).numpy(), Middle())  # type: ignore[arg-type]

    given, played, binning = no_hits_given(), random_played(model), Binning(32, 8)
    states = model(given, played, torch.tensor([True]), BAR)[0]
    performer = PerformanceSampler(HitHeadsWeights(model), binning, PLAIN, BAR, Middle())  # type: ignore[arg-type]
    for position in (5, 100, 222):
        token = model.shape.vocabulary - 2  # kick, snare and closed hi-hat
        velocities, offsets = torch.zeros(VOICE_COUNT), torch.zeros(VOICE_COUNT)
        performer.sample(
            states[position].numpy(), token, position % 48, model.token_voices[token].numpy(), velocities.numpy(), offsets.numpy()
        )
        for voice in (0, 1, 4):
            hit = torch.tensor([voice])
            inputs = model.head_inputs(
                states[position][None],
                torch.tensor([token]),
                hit,
                earlier_in_step(hit, velocities[None], offsets[None]),
            )
            expected = middle_bin(model.velocity_logits(inputs)[0]), middle_bin(model.timing_logits(inputs, velocities[hit])[0])
            drawn = int(binning.velocity_bin(velocities.numpy())[voice]), int(binning.timing_bin(offsets.numpy())[voice])
            assert drawn == expected


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_noise_in_velocity_is_correlated_from_bar_to_bar_and_stays_uniform(model: Seq2SeqLSTM, correlation: float) -> None:
    settings = PLAIN._replace(velocity_correlation=correlation)
    performer = PerformanceSampler(HitHeadsWeights(model), Binning(32, 8), settings, BAR, np.random.default_rng(5))
    noise = np.array([[performer._correlated_uniform(place, 0) for place in range(48)] for _ in range(400)])  # (bars, places)
    assert np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1] == pytest.approx(correlation, abs=0.06)
    assert np.histogram(noise, 4, (0, 1))[0] / noise.size == pytest.approx([0.25] * 4, abs=0.03)
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.05  # places are independent


def test_noise_in_velocity_follows_the_accents_of_a_rhythm_and_stays_uniform(model: Seq2SeqLSTM) -> None:
    settings = PLAIN._replace(velocity_correlation=0.4, accent_correlation=0.7)
    performer = PerformanceSampler(HitHeadsWeights(model), Binning(32, 8), settings, BAR, np.random.default_rng(5))
    accents = np.random.default_rng(6).standard_normal((400, 48))
    noise = np.array(
        [[performer._correlated_uniform(place, 0, float(accents[bar, place])) for place in range(48)] for bar in range(400)]
    )
    assert np.corrcoef(noise.ravel(), accents.ravel())[0, 1] == pytest.approx(0.7, abs=0.05)
    assert np.histogram(noise, 4, (0, 1))[0] / noise.size == pytest.approx([0.25] * 4, abs=0.03)


def test_a_uniform_number_falls_into_a_bin_and_a_place_in_it() -> None:
    probabilities = np.array([1.0, 0.0, 2.0, 1.0])
    found = [invert(probabilities, uniform) for uniform in (0.0, 0.125, 0.25, 0.5, 0.75, np.nextafter(1, 0))]
    assert [chosen for chosen, _ in found] == [0, 0, 2, 2, 3, 3]
    assert [place for _, place in found] == pytest.approx([0.0, 0.5, 0.0, 0.5, 0.0, 1.0])
    assert max(place for _, place in found) < 1.0


def draw_sample(
    model: Seq2SeqLSTM,
    played: PerformanceTensors,
    fixed: FixedMask,
    seed: int = 0,
    reference: PerformanceTensors | None = None,
    **guidance: Any,
) -> Sample:
    return whole(samples_of(model, played, fixed, np.random.default_rng(seed), reference, **guidance))


def samples_of(
    model: Seq2SeqLSTM,
    played: PerformanceTensors,
    fixed: FixedMask,
    generator: np.random.Generator,
    reference: PerformanceTensors | None = None,
    **guidance: Any,
) -> Iterator[Sample]:
    weights, binning = SamplingWeights(model), Binning(32, 8)
    guided = Guidance(**{"temperature_scale": np.ones(LENGTH), **guidance})
    return sample(weights, no_hits_given(), played, fixed, binning, PLAIN, generator, BAR, reference, guided)


def whole(samples: Iterator[Sample]) -> Sample:
    *_, last = samples
    return last


def test_voices_are_drawn_safely_where_they_are_cooled_and_only_there() -> None:
    model = random_model(load_config())
    temperature_scale = np.where(np.arange(LENGTH) < 96, 1e-3, 5.0)
    drawn = draw_sample(model, *blank(model), temperature_scale=temperature_scale)
    performance = PerformanceTensors(*(torch.from_numpy(array)[None] for array in drawn))
    with torch.inference_mode():
        logits = model.token_logits(model(no_hits_given(), performance, torch.tensor([True]), BAR))[0]
    logits = logits.clone()
    logits[:, :2] = -torch.inf  # `[BOS]` and `[UNK]` are never drawn
    below_best = (logits.max(dim=-1).values - logits.gather(1, performance.tokens[0, :, None])[:, 0]).numpy()  # nats
    assert below_best[:96].max() < 0.02  # of the same chance, but for rounding
    assert (below_best[96:] > 0.02).mean() > 0.3


def test_a_sample_depends_on_its_seed_alone(model: Seq2SeqLSTM) -> None:
    def play(seed: int) -> np.ndarray:
        drawn = draw_sample(model, *blank(model), seed)
        return np.concatenate([drawn.velocities, drawn.offsets], axis=1)

    assert np.array_equal(play(3), play(3))
    assert not np.array_equal(play(3), play(4))


def test_a_sample_is_handed_out_bar_by_bar_while_the_rest_is_sampled(model: Seq2SeqLSTM) -> None:
    """Every prefix ends on the first position of a bar, is what the whole begins with, and is drawn when it is requested."""
    generator = np.random.default_rng(3)
    samples = samples_of(model, *blank(model), generator)
    prefixes, states = [], []
    for prefix in samples:
        prefixes.append(Sample(*(array.copy() for array in prefix)))
        states.append(str(generator.bit_generator.state))
    assert [len(prefix.tokens) for prefix in prefixes] == [49, 97, 145, 193, 241, LENGTH]
    assert len(set(states)) == len(states)
    for prefix in prefixes:
        assert all(np.array_equal(part, array[: len(part)]) for part, array in zip(prefix, prefixes[-1], strict=True))


def test_the_reference_performance_stands_before_the_first_bar(model: Seq2SeqLSTM) -> None:
    def draw_after(reference: PerformanceTensors | None) -> Sample:
        return draw_sample(model, *blank(model), 5, reference)

    alone = draw_after(None)
    itself = PerformanceTensors(*(torch.from_numpy(array)[None] for array in alone))
    again = draw_after(itself)
    assert all(np.array_equal(*pair) for pair in zip(alone, again, strict=True)), "its reference is itself"
    other = draw_after(random_played(model))
    farthest = max(model.shape.memory(BAR))
    same = (alone.velocities == other.velocities).all(axis=1)
    assert same[: farthest - 1].all()
    assert not same[farthest:].all()


def test_a_family_repeats_what_it_did_where_it_shall_and_nothing_else_does(model: Seq2SeqLSTM) -> None:
    """The kick repeats the bar before in bar 3, two bars before in bar 4, does something new in bar 5; the snare is free.

    It repeats sixteenths, each of three tokens with the middle one on the grid: a hit may come earlier or later in its own.
    """
    repeats = np.full((LENGTH, len(FAMILIES)), UNCONSTRAINED)
    for bar, bars_before in ((2, 1), (3, 2), (4, NEW_PATTERN)):
        repeats[bar * 48 : (bar + 1) * 48, 0] = bars_before
    drawn = {}
    for nats in (0.0, 50.0):
        sampled = draw_sample(model, *blank(model), biases=[make_bias(model, repeats, nats)])
        drawn[nats] = (sampled.velocities[: 5 * 48] > 0).reshape(5, 48, VOICE_COUNT)[:, :, :2]
    for hits in drawn.values():
        assert 0.2 < hits[1, :, 0].mean() < 0.8
    kick, snare = (drawn[50.0][:, :, voice] for voice in (0, 1))
    sixteenths = kick[:, 2:-1].reshape(5, 15, 3).any(axis=2)  # without the first, which begins in the bar before
    assert (sixteenths[2] == sixteenths[1]).all() and (sixteenths[3] == sixteenths[1]).all()
    assert (kick[2] != kick[1]).any() and (kick[2, 2:-1].reshape(15, 3).sum(axis=1) <= 1).all()
    assert (kick[4] != kick[3]).all()
    assert 0.2 < (snare[2] == snare[1]).mean() < 0.8
    repeats[3 * 48 :, 0] = BECOMES_SILENT
    sampled = draw_sample(model, *blank(model), biases=[make_bias(model, repeats, 50.0)])
    silent = (sampled.velocities[: 5 * 48, 0] > 0).reshape(5, 48)
    assert not (silent[3] & silent[2]).any() and (silent[3] & ~silent[2]).any()
    free = drawn[0.0][:, :, 0]
    assert 0.2 < (free[2] == free[1]).mean() < 0.8


def make_bias(model: Seq2SeqLSTM, repeats: np.ndarray, nats: float) -> RepetitionBias:
    return RepetitionBias(model.token_voices.numpy(), RepetitionPlan.of(repeats, nats, nats), BAR, 12)


def test_an_accent_draws_a_kick_or_a_snare_to_its_place_alone(model: Seq2SeqLSTM) -> None:
    repeats, accents = np.full((LENGTH, len(FAMILIES)), UNCONSTRAINED), np.zeros((LENGTH, 2))
    accents[12, 0] = accents[24, 1] = 60.0
    bias = RepetitionBias(model.token_voices.numpy(), RepetitionPlan.of(repeats)._replace(accents=accents), BAR, 12)
    drawn = [draw_sample(model, *blank(model), seed, biases=[bias]).velocities > 0 for seed in range(8)]
    kicks = np.array([hits[:, VOICE_INDEX["kick"]] for hits in drawn])
    snares = np.array([hits[:, [VOICE_INDEX[name] for name in ("snare", "rim", "clap")]].any(axis=1) for hits in drawn])
    for hits, place in ((kicks, 12), (snares, 24)):
        assert hits[~hits[:, place - 1], place].all()  # where an early one is there already, nothing is drawn to the place
        assert 0 < hits[:, 13:23].mean() < 1


def test_something_sounds_at_every_onset_of_a_rhythm(model: Seq2SeqLSTM) -> None:
    onsets = np.random.default_rng(4).random(LENGTH) < 0.3
    sampled = draw_sample(model, *blank(model), onsets=onsets)
    sounding = (sampled.velocities > 0).any(axis=1)
    assert sounding[onsets].all()
    assert 0 < sounding[~onsets].mean() < 1


def test_fixed_positions_come_back_unchanged(model: Seq2SeqLSTM) -> None:
    played = random_played(model)
    fixed = np.zeros((LENGTH, VOICE_COUNT), dtype=bool)
    fixed[:96] = True
    drawn = draw_sample(model, played, FixedMask(fixed, fixed))
    assert np.array_equal(drawn.tokens[:96], played.tokens[0, :96])
    assert np.array_equal(drawn.velocities[:96], played.velocities[0, :96])
    assert np.array_equal(drawn.offsets[:96], played.offsets[0, :96])


def test_fixed_cells_come_back_bit_for_bit_and_are_agreed_with(model: Seq2SeqLSTM) -> None:
    played = random_played(model)
    fixed = np.random.default_rng(3).random((LENGTH, VOICE_COUNT)) < 0.4
    drawn = draw_sample(model, played, FixedMask(fixed, fixed))
    assert np.array_equal(drawn.velocities[fixed], played.velocities[0].numpy()[fixed])
    assert np.array_equal(drawn.offsets[fixed], played.offsets[0].numpy()[fixed])
    assert (drawn.velocities[~fixed] > 0).any()


def test_fixed_hits_without_their_performance_are_performed(model: Seq2SeqLSTM) -> None:
    played = random_played(model)
    fixed = FixedMask(np.ones((LENGTH, VOICE_COUNT), dtype=bool), np.zeros((LENGTH, VOICE_COUNT), dtype=bool))
    drawn = draw_sample(model, played, fixed)
    assert np.array_equal(drawn.velocities > 0, played.velocities[0].numpy() > 0)
    assert not np.isin(drawn.velocities[(drawn.velocities > 0) & (drawn.velocities < 1)], played.velocities).any()


def test_velocities_and_offsets_agree_with_the_tokens(model: Seq2SeqLSTM) -> None:
    drawn = draw_sample(model, *blank(model))
    voices = model.token_voices.numpy()[drawn.tokens]
    assert np.array_equal(drawn.velocities > 0, voices)
    assert not drawn.offsets[~voices].any()
    softer = drawn.velocities[voices & (drawn.velocities < 1)]
    assert len(np.unique(softer)) > 0.9 * len(softer)  # inside a bin, no two are alike; the loudest is one velocity


def test_special_tokens_are_never_drawn() -> None:
    logits = np.array([50.0, 50.0, 0.0, 0.0])
    probabilities = token_probabilities(logits, np.array([False, False, True, False]), PLAIN)
    assert probabilities.tolist() == [0.0, 0.0, 0.5, 0.5]


def test_at_temperature_one_probabilities_are_the_softmax() -> None:
    logits = np.array([0.0, 0.0, 2.0, 1.0, -1.0, 0.5])
    silent = np.array([False, False, True, False, False, False])
    expected = np.exp(logits[2:]) / np.exp(logits[2:]).sum()
    np.testing.assert_allclose(token_probabilities(logits, silent, PLAIN)[2:], expected, rtol=1e-12)


def test_a_cool_temperature_keeps_onsets_but_picks_the_likeliest_voices() -> None:
    logits = np.array([0.0, 0.0, 1.0, 0.5, 0.0, -0.5])  # silence is the likeliest single token
    silent = np.array([False, False, True, False, False, False])
    plain = token_probabilities(logits, silent, PLAIN)
    cool = token_probabilities(logits, silent, PLAIN._replace(temperature=0.1))
    assert cool[3:].sum() > 0.9 * plain[3:].sum()
    assert 0.9 * cool[3:].sum() < cool[3] < cool[3:].sum()


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    logits = np.log(np.array([1.0, 1.0, 0.5, 0.3, 0.15, 0.05]))
    silent = np.array([False, False, True, False, False, False])
    probabilities = token_probabilities(logits, silent, PLAIN._replace(top_p=0.75))
    np.testing.assert_allclose(probabilities, [0, 0, 0.625, 0.375, 0, 0], atol=1e-12)


def test_draws_follow_the_probabilities_and_never_pick_a_zero() -> None:
    generator = np.random.default_rng(0)
    counts = np.bincount([sample_index(np.array([0.0, 0.2, 0.0, 0.8, 0.0]), generator) for _ in range(4000)], minlength=5)
    assert counts[[0, 2, 4]].tolist() == [0, 0, 0]
    assert abs(counts[3] / 4000 - 0.8) < 0.03


def blank(model: Seq2SeqLSTM) -> tuple[PerformanceTensors, FixedMask]:
    played = random_played(model)
    nothing = np.zeros((LENGTH, VOICE_COUNT), dtype=bool)
    return PerformanceTensors(*(torch.zeros_like(array) for array in played)), FixedMask(nothing, nothing)
