"""Quality of the shipped weights: the model follows its controls."""

import pytest

from drummer import model_names
from drummer.evaluation.control_response import control_responses
from drummer.generation.drummer import Drummer

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


def test_the_default_model_follows_the_intensity() -> None:
    (response,) = control_responses(Drummer.load(), 5, ("intensity",), ("rock",))
    assert response.correlation > 0.5
    assert response.followed
