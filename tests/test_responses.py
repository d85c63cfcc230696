"""Responses to controls: what is asked for is what is measured, and the picture shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from drummer import model_names
from drummer.evaluation.charts import control_responses
from drummer.evaluation.control_response import BARS, Response, respond
from drummer.performer import Drummer

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def found() -> list[Response]:
    return list(respond(Drummer.load(), 5, ("intensity", "fill"), ("rock", "funk")))


def test_each_control_is_asked_for_over_its_range_in_each_genre(found: list[Response]) -> None:
    assert [(response.control, response.genre) for response in found] == [
        ("intensity", "rock"), ("intensity", "funk"), ("fill", "rock"), ("fill", "funk"),
    ]  # fmt: skip
    assert found[0].asked.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found[2].asked.tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert {groove.bars for response in found for groove in response.grooves} == {BARS}


def test_effects_are_what_was_played(found: list[Response]) -> None:
    louder = [float(groove.velocities[groove.hits].mean()) for groove in found[0].grooves]
    assert np.corrcoef(found[0].effects, louder)[0, 1] > 0.9
    assert found[0].correlation > 0.5


def test_who_plays_the_same_whatever_is_asked_does_not_heed(found: list[Response]) -> None:
    assert found[0]._replace(effects=np.ones(5)).correlation == 0.0


def test_the_picture_has_a_panel_for_each_control(found: list[Response], tmp_path: Path) -> None:
    control_responses(found, tmp_path / "controls.png")
    assert imread(tmp_path / "controls.png").shape[1] > 1000
