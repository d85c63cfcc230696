"""History corruption: how cells of the memory are displaced and dropped."""

import pytest
import torch

from drummer.config_sections import FineTuningConfig
from drummer.model.inputs import PerformanceTensors
from drummer.training.history_corruption import FARTHEST, corrupt_history

BAR, BARS = 48, 16


@pytest.fixture
def played() -> PerformanceTensors:
    """64 sequences of 16 bars, a third of all cells hits of all velocities; no two cells alike."""
    generator = torch.Generator().manual_seed(1)
    hits = torch.rand(64, BAR * BARS, 13, generator=generator) < 1 / 3
    velocities = torch.rand(hits.shape, generator=generator).clamp(min=0.01) * hits
    offsets = (torch.rand(hits.shape, generator=generator) - 0.5) * hits
    return PerformanceTensors(torch.zeros(hits.shape[:2], dtype=torch.int64), velocities, offsets)


def settings(share: float, displaced: float, dropped: float) -> FineTuningConfig:
    return FineTuningConfig(epochs=1, learning_rate=0.1, share=share, displaced=displaced, dropped=dropped, sampled=0.0)


@pytest.mark.parametrize("none", [settings(0.0, 1.0, 1.0), settings(1.0, 0.0, 0.0)])
def test_there_may_be_none(played: PerformanceTensors, none: FineTuningConfig) -> None:
    assert all(torch.equal(one, other) for one, other in zip(corrupt_history(played, BAR, none), played, strict=True))


def test_cells_are_those_of_a_bar_up_to_four_away(played: PerformanceTensors) -> None:
    torch.manual_seed(1)
    corrupted = corrupt_history(played, BAR, settings(0.5, 0.4, 0.0))
    changed = (corrupted.velocities != played.velocities) | (corrupted.offsets != played.offsets)
    explained = ~changed
    for bars in range(1, FARTHEST + 1):
        for shift in (bars * BAR, -bars * BAR):
            there = [torch.roll(dynamics, shift, dims=1) for dynamics in (played.velocities, played.offsets)]
            inside = torch.roll(torch.ones(BAR * BARS), shift).bool()
            inside[:shift] &= shift < 0
            inside[shift:] &= shift > 0
            explained |= (corrupted.velocities == there[0]) & (corrupted.offsets == there[1]) & inside[None, :, None]
    assert explained.all()
    by_sequence = changed.float().mean(dim=(1, 2))
    assert 0.3 < (by_sequence > 0).float().mean() < 0.7  # a share of .5
    assert 0.08 < by_sequence[by_sequence > 0].mean() < 0.125  # half of .4 displaced, five ninths of it seen: not rest for rest
    assert torch.equal(corrupted.tokens, played.tokens)


def test_soft_hits_are_dropped_and_none_is_added(played: PerformanceTensors) -> None:
    torch.manual_seed(1)
    corrupted = corrupt_history(played, BAR, settings(1.0, 0.0, 0.4))
    kept = corrupted.velocities > 0
    assert torch.equal(corrupted.velocities[kept], played.velocities[kept])
    assert torch.equal(corrupted.offsets[kept], played.offsets[kept]) and not corrupted.offsets[~kept].any()

    def dropped(low: float, high: float) -> float:
        hits = (played.velocities > low) & (played.velocities < high)
        return float((hits & ~kept).sum() / hits.sum())

    assert dropped(0.25, 0.35) == pytest.approx(0.2, abs=0.05)
    assert dropped(0.05, 0.15) == pytest.approx(0.32, abs=0.07)
    assert dropped(0.75, 0.85) < 0.03
