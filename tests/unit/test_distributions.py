"""Distributions: distances are small between equal sets and large for quantized timing."""

import pytest

from drummer.evaluation.distributions import descriptor_distance, hit_divergences
from drummer.evaluation.windows import Windows, cut_windows
from tests.datasets import labelled_grooves


@pytest.fixture(scope="module")
def drummers() -> Windows:
    return cut_windows(labelled_grooves(0))


def test_divergence_is_small_between_equal_sets_and_large_for_quantized_timing(drummers: Windows) -> None:
    same = hit_divergences(drummers, cut_windows(labelled_grooves(100)), repetitions=2)
    quantized = hit_divergences(drummers, cut_windows(labelled_grooves(100, quantized=True)), repetitions=2)
    assert max(same.values()) < 0.02
    assert quantized["timing"] > 0.3
    assert quantized["velocity"] < 0.02


def test_distance_grows_with_the_difference(drummers: Windows) -> None:
    near = descriptor_distance(cut_windows(labelled_grooves(100)), drummers, drummers, repetitions=2)
    far = descriptor_distance(cut_windows(labelled_grooves(100, quantized=True)), drummers, drummers, repetitions=2)
    assert near < 0.4 < far
