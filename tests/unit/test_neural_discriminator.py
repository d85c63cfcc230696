"""The neural discriminator hears a difference that is there, and none that is not."""

import numpy as np
import pytest

from drummer.evaluation.neural_discriminator import PLANES, NeuralDiscriminatorSettings, neural_auc
from drummer.evaluation.windows import LabelledGroove
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_INDEX

SMALL = NeuralDiscriminatorSettings(channels=16, batches=60, batch_size=24, check_every=20, networks=1)
KICK, SNARE, HAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))


def play(seed: int, *, backbeat: bool = True, late: float = 0.0) -> Groove:
    """A groove of twelve bars: hats on eighths, kicks now and then, snares on 2 and 4 or on 1 and 3."""
    generator = np.random.default_rng(seed)
    velocities = np.zeros((12 * 48, 13), dtype=np.float32)
    velocities[::6, HAT] = generator.uniform(0.3, 0.9, len(velocities) // 6)
    velocities[12 * backbeat :: 24, SNARE] = 0.8
    velocities[generator.integers(0, len(velocities) // 12, 20) * 12, KICK] = 0.7
    offsets = np.where(velocities > 0, generator.normal(late, 0.05, velocities.shape).clip(-0.5, 0.49), 0)
    return Groove(velocities > 0, velocities, offsets, 120)


def players(first: int, count: int, **style: float) -> list[LabelledGroove]:
    return [LabelledGroove(play(first + seed, **style), "rock", f"{first + seed}") for seed in range(count)]


def test_another_rhythm_is_told():
    score = neural_auc(players(0, 16), players(100, 16, backbeat=False), players(200, 6), SMALL, "notes")
    assert score.auc > 0.9
    assert score.known > 0.9


def test_the_same_players_are_not_told():
    score = neural_auc(players(0, 16), players(100, 16), players(200, 12), SMALL)
    assert score.auc < 0.9


def test_a_groove_that_is_late_as_a_whole_is_heard_as_the_same():
    late = neural_auc(players(0, 16), players(100, 16, late=0.3), players(200, 12), SMALL, "timing")
    assert late.auc < 0.9


@pytest.mark.parametrize("aspect", PLANES)
def test_the_same_seed_gives_the_same_score(aspect):
    quick = NeuralDiscriminatorSettings(channels=16, batches=2, batch_size=8, check_every=1, networks=1)
    first, second = (
        neural_auc(players(0, 10), players(100, 10, backbeat=False), players(200, 4), quick, aspect) for _ in range(2)
    )
    assert first == second
