"""Batches: windows of performances, their targets, and the parts that are fixed."""

import numpy as np
import pytest
import torch

from drummer.config import default_config
from drummer.data.batches import (
    EncodedPerformance,
    encode_performances,
    genre_repeats,
    group,
    make_batch,
    sample_fixed_mask,
    sample_windows,
)
from drummer.data.corpus import read_corpus
from drummer.model.inputs import ModelShape
from drummer.model.tokenizer import Tokenizer
from drummer.music.controls import measure_controls
from drummer.music.genre_scale import GenreScale
from tests.datasets import GENRES, write_gmd

SHAPE = ModelShape.from_config(default_config(), vocabulary=100)


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> list[EncodedPerformance]:
    corpus = read_corpus(write_gmd(tmp_path_factory.mktemp("gmd")), default_config(), quiet=True)
    performances = corpus.select("train", GENRES)
    tokenizer = Tokenizer.fit((performance.groove for performance in performances), default_config())
    measured = [(GENRES.index(p.genre), measure_controls(p.groove)) for p in performances if p.part == "beat"]
    return encode_performances(performances, tokenizer, GENRES, GenreScale.fit(measured, len(GENRES)))


def test_windows_start_at_bar_lines_and_leave_something_to_play(train: list[EncodedPerformance]) -> None:
    windows = sample_windows(train, 3, 48, 0.5, 0.5, [1.0] * 12, np.random.default_rng(0))
    assert len(windows) == 12 * (3 * 2 + 1)
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
            if window.known_controls is None:
                assert not batch.conditioning.controls[row].any()
                continue
            plan = batch.conditioning.controls[row, : window.length, -2:].reshape(-1, 12, 2)  # whether it is known, by beats
            assert (plan == plan[:, :1]).all()
            assert np.array_equal(plan[:, 0, 1], np.repeat(window.known_controls[:, -1], 4))


def test_the_fixed_part_is_one_of_the_tasks_of_generation() -> None:
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        fixed = sample_fixed_mask(8, 48, 13, generator)
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
    repeats = genre_repeats(train + funk * 3, 12, 1.0)
    assert repeats[GENRES.index("funk")] == 1.0
    assert repeats[GENRES.index("jazz")] == pytest.approx(15 / 12)
    windows = sample_windows(train, 3, 48, 0.5, 0.5, [2.5] * 12, np.random.default_rng(0))
    assert 2.3 < len(windows) / (12 * 7) < 2.7
