"""Control response: the requested range, the measured values and the chart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from drummer import model_names
from drummer.evaluation.charts import save_control_chart
from drummer.evaluation.control_response import BARS, ControlResponse, control_responses
from drummer.generation.drummer import Drummer
from drummer.music.controls import repeated_timekeeping

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@pytest.fixture(scope="module")
def found() -> list[ControlResponse]:
    return list(control_responses(Drummer.load("small"), 5, ("intensity", "fill"), ("rock", "funk")))


def test_each_control_is_swept_over_its_range_in_each_genre(found: list[ControlResponse]) -> None:
    assert [(response.control, response.genre) for response in found] == [
        ("intensity", "rock"), ("intensity", "funk"), ("fill", "rock"), ("fill", "funk"),
    ]  # fmt: skip
    assert found[0].requested.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found[2].requested.tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert {groove.bars for response in found for groove in response.grooves} == {BARS}


def test_measured_values_agree_with_the_grooves(found: list[ControlResponse]) -> None:
    louder = [float(groove.velocities[groove.hits].mean()) for groove in found[0].grooves]
    assert np.corrcoef(found[0].measured, louder)[0, 1] > 0.9


def test_other_controls_hold_in_all_grooves_of_a_sweep() -> None:
    (response,) = control_responses(Drummer.load("small"), 3, ("intensity",), ("rock",), {"steady": 1.0})
    assert np.mean([np.nanmean(repeated_timekeeping(groove)) for groove in response.grooves]) > 0.6


def test_constant_measured_values_have_no_correlation(found: list[ControlResponse]) -> None:
    assert found[0]._replace(measured=np.ones(5)).correlation == 0.0


def test_the_chart_has_a_panel_for_each_control(found: list[ControlResponse], tmp_path: Path) -> None:
    save_control_chart(found, tmp_path / "controls.png")
    assert imread(tmp_path / "controls.png").shape[1] > 1000
