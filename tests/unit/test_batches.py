"""Batches: windows of performances, their targets, and the parts that are fixed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from drummer.config import default_config
from drummer.data.batches import genre_repeats, group, make_batch, sample_fixed_mask, sample_rhythm, sample_windows
from drummer.data.corpus import Performance, read_corpus
from drummer.data.encoding import EncodedPerformance, encode_performances
from drummer.data.meter_augmentation import MeterAugmentation
from drummer.model.inputs import ModelShape
from drummer.model.tokenizer import Tokenizer
from drummer.music.beat_plan import BEAT_PLAN, REPEAT_FEATURES
from drummer.music.controls import CONTROLS, measure_controls
from drummer.music.genre_scale import GenreScale
from tests.datasets import GENRES, write_gmd

SHAPE = ModelShape.from_config(default_config(), vocabulary=100)
SETTINGS = replace(
    default_config().training, window_bars=3, unconditioned_share=0.5, controlled_share=0.5, rhythm_share=0.5, style_share=0.5
)
PLAN_KNOWN = 2 * len(CONTROLS) + len(BEAT_PLAN) + 1  # column of the flag of the beat plan's hits


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Performance], Tokenizer, GenreScale]:
    corpus = read_corpus(write_gmd(tmp_path_factory.mktemp("gmd")), default_config(), quiet=True)
    performances = corpus.select("train", GENRES)
    tokenizer = Tokenizer.fit((performance.groove for performance in performances), default_config())
    measured = [(GENRES.index(p.genre), measure_controls(p.groove)) for p in performances if p.part == "beat"]
    return performances, tokenizer, GenreScale.fit(measured, len(GENRES))


@pytest.fixture(scope="module")
def train(learned: tuple[list[Performance], Tokenizer, GenreScale]) -> list[EncodedPerformance]:
    performances, tokenizer, scale = learned
    return encode_performances(performances, tokenizer, default_config(), scale)


def test_windows_start_at_bar_lines_and_leave_something_to_play(train: list[EncodedPerformance]) -> None:
    windows = sample_windows(train, SETTINGS, [1.0] * len(GENRES), np.random.default_rng(0))
    assert len(windows) == len(GENRES) * (3 * 2 + 1)
    assert all(window.start % 48 == 0 and window.start + window.length <= len(window.performance.tokens) for window in windows)
    longer = [window for window in windows if window.length > 48]
    assert 0.3 < sum(window.fixed is not None for window in longer) / len(longer) < 0.7
    assert 0.3 < sum(window.known_controls is not None for window in windows) / len(windows) < 0.7
    groups = group(windows, 6 * 48)
    assert sum(len(part) for part in groups) == len(windows)
    assert max(len(part) * part[-1].length for part in groups) <= 6 * 48
    for part in groups:
        batch = make_batch(part, SHAPE)
        assert (batch.token_targets.any(dim=1) | batch.hit_targets.any(dim=(1, 2))).all()
        fixed = batch.conditioning.encoder_input.reshape(*batch.token_targets.shape, 5, 13).bool()
        hits = batch.performance.velocities > 0
        assert not (fixed[:, :, 0].all(dim=-1) & batch.token_targets).any(), "a token is a target though all of it is fixed"
        assert not (fixed[:, :, 2] & batch.hit_targets).any(), "a hit is a target though its velocity and timing are fixed"
        assert torch.equal(fixed[:, :, 1], hits & fixed[:, :, 0])
        assert torch.equal(batch.hit_targets, hits & ~fixed[:, :, 2])
        for row, window in enumerate(part):
            assert batch.conditioning.rhythm[row, :, 0].any() == (window.rhythm is not None)
            if window.known_controls is None:
                assert not batch.conditioning.controls[row].any()
                continue
            plan = batch.conditioning.controls[row, : window.length].reshape(-1, 12, SHAPE.control_features)  # by beats
            assert (plan == plan[:, :1]).all()
            beat_plan_known, repeats_known = plan[:, 0, PLAN_KNOWN], plan[:, 0, -REPEAT_FEATURES:].any(dim=1)
            assert np.array_equal(beat_plan_known, np.repeat(window.known_controls[:, -2], 4))
            assert np.array_equal(repeats_known, np.repeat(window.known_controls[:, -1], 4))


def test_the_fixed_part_is_one_of_the_tasks_of_generation(train: list[EncodedPerformance]) -> None:
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        fixed = sample_fixed_mask(train[0], 8, generator)
        steps, voices = fixed.hits.all(axis=1), fixed.hits.all(axis=0)
        if not fixed.performance.any() and fixed.hits.all():
            seen.add("flat pattern")
            continue
        assert np.array_equal(fixed.hits, fixed.performance)
        assert not fixed.hits.all(), "nothing would be left to play"
        if steps.any():
            edges = np.flatnonzero(np.diff(steps.astype(int)))
            assert all((edge + 1) % 12 == 0 for edge in edges)
            seen.add("primer" if steps[0] and not steps[-1] and (edges + 1)[0] % 48 == 0 and len(edges) == 1 else "gap")
            assert (~steps).sum() >= 12
        else:
            assert np.array_equal(fixed.hits.any(axis=0), voices)
            seen.add("voices" if voices.any() else "nothing")
    assert seen == {"flat pattern", "primer", "gap", "voices", "nothing"}


def test_rare_genres_are_repeated(train: list[EncodedPerformance]) -> None:
    funk = [performance for performance in train if performance.genre == GENRES.index("funk")]
    repeats = genre_repeats(train + funk * 3, len(GENRES), 1.0)
    assert repeats[GENRES.index("funk")] == 1.0
    assert repeats[GENRES.index("jazz")] == pytest.approx((len(GENRES) + 3) / len(GENRES))
    windows = sample_windows(train, SETTINGS, [2.5] * len(GENRES), np.random.default_rng(0))
    assert 2.3 < len(windows) / (len(GENRES) * 7) < 2.7


def test_a_rhythm_is_what_is_left_when_voices_are_forgotten(train: list[EncodedPerformance]) -> None:
    performance, generator = train[0], np.random.default_rng(0)
    for _ in range(20):
        rhythm = sample_rhythm(performance.velocities, performance.offsets, generator)
        onsets = rhythm[:, 1] > 0
        assert rhythm.shape == (len(performance.tokens), 3) and (rhythm[:, 0] == 1).all()
        assert performance.velocities[onsets].any(axis=1).all(), "an onset where nothing is played"
        offsets = np.where(performance.velocities > 0, 2.0 * performance.offsets, np.inf)
        assert (np.abs(offsets[onsets] - rhythm[onsets, 2:]).min(axis=1) < 1e-6).all()


def test_windows_in_other_meters_are_grouped_by_the_length_of_their_bars(
    learned: tuple[list[Performance], Tokenizer, GenreScale],
) -> None:
    performances, tokenizer, scale = learned
    augmentation = MeterAugmentation(performances, tokenizer, default_config(), scale)
    windows = augmentation.sample_windows(60, np.random.default_rng(0))
    assert len({window.performance.meter.signature for window in windows}) > 6
    for part in group(windows, 16 * 48):
        batch = make_batch(part, SHAPE)
        assert {window.performance.tokens_per_bar for window in part} == {int(batch.tokens_per_bar)}
