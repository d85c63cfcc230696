"""Hands: what the reader may see, what a hand costs, and how one is taken up."""

from __future__ import annotations

import numpy as np
import torch

from drummer.hands import HandReader, Repertoire, divergence


def repertoire() -> Repertoire:
    means = torch.arange(6.0)[:, None].repeat(1, 3)
    genres, bpm = torch.tensor([0, 0, 1, 1, 1, 1]), torch.tensor([60.0, 240.0, 100.0, 100.0, 100.0, 100.0])
    return Repertoire(means, torch.full((6, 3), 1e-6), genres, bpm, torch.tensor([1.0, 1.0, 1.0, 3.0, 0.0, 0.0]))


def test_a_hand_comes_from_its_genre_and_from_about_the_tempo() -> None:
    generator = np.random.default_rng(0)
    drawn = [float(repertoire().draw(0, bpm, generator)[0]) for bpm in (62, 62, 230, 230)]  # type: ignore[index]
    assert np.round(drawn).tolist() == [0, 0, 1, 1]


def test_hands_are_taken_as_often_as_their_weight_says() -> None:
    generator = np.random.default_rng(0)
    drawn = np.round([float(repertoire().draw(1, 100, generator)[0]) for _ in range(400)])  # type: ignore[index]
    assert set(drawn.tolist()) == {2.0, 3.0}
    assert 0.68 < (drawn == 3.0).mean() < 0.82


def test_a_hand_is_blurred_by_its_spread_and_depends_on_the_generator_alone() -> None:
    blurred = repertoire()._replace(spreads=torch.full((6, 3), 0.5))
    hands = np.stack([blurred.draw(1, 100, np.random.default_rng(seed)) for seed in range(300)])
    assert 0.6 < (hands[:, 0] - hands[:, 1]).std() < 0.8  # 0.5 times the square root of two: they share a mean
    assert np.array_equal(hands[7], blurred.draw(1, 100, np.random.default_rng(7)))  # type: ignore[arg-type]


def test_a_genre_without_hands_is_played_by_an_unknown_one() -> None:
    assert repertoire().draw(2, 100, np.random.default_rng(0)) is None
    assert Repertoire.empty(4).draw(0, 100, np.random.default_rng(0)) is None


def test_the_price_of_a_hand_is_its_divergence_from_the_standard_normal() -> None:
    mean, log_spread = torch.tensor([[0.3, -1.0]]), torch.tensor([[-0.5, 0.2]])
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mean, log_spread.exp()), normal(0.0, 1.0)).sum(dim=-1)
    torch.testing.assert_close(divergence(mean, log_spread), expected)


def test_only_steps_that_count_are_read() -> None:
    torch.manual_seed(0)
    reader = HandReader(5, 3).eval()
    steps = torch.randn(2, 10, 5)
    counted = torch.arange(10).expand(2, 10) < 6
    changed = torch.where(counted[..., None], steps, 9.0)
    for one, other in zip(reader(steps, counted), reader(changed, counted), strict=True):
        torch.testing.assert_close(one, other)
    assert not torch.allclose(reader(steps, counted)[0], reader(steps, counted.logical_not())[0])
