"""The benchmarks still run, and compare like with like."""

import shutil
import wave
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import (
    MODEL,
    NotRunError,
    Row,
    functions,
    make_rows,
    print_table,
    run_fresh,
    run_program,
    take_turns,
    write_for_program,
)
from drummer import Drummer, audio, model_names
from drummer.audio import Kit
from drummer.files import midi
from tests.datasets import simple_groove


@pytest.fixture(scope="module")
def kit() -> Kit:
    return audio.find_kit("black_pearl")


def test_what_fails_is_named_and_the_rest_goes_on() -> None:
    def fail() -> dict[str, float]:
        raise NotRunError("no such thing")

    numbers = count(1.0)
    results = take_turns(2, {"a": fail, "b": lambda: {"b.x": next(numbers)}})
    assert results == {"a": "not run: no such thing", "b.x": [2.0, 3.0]}  # the first time is not counted


@pytest.mark.skipif(MODEL not in model_names(), reason="weights/ lacks the model: run make train")
def test_the_table_shows_what_was_measured_and_what_was_not(tmp_path: Path, kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    drummer = Drummer.load(MODEL)
    results = take_turns(1, functions({"small": drummer, "medium": drummer}, drummer.generate(bars=1), kit, tmp_path))
    for name in ("long", "program long", "program loading", "program", "process", "ready", "page"):
        results[name] = "not run: for a test"
    print_table(make_rows(results))
    lines = capsys.readouterr().out.splitlines()
    limited = [line.split()[-1] for line in lines if line.startswith(("Drummer.generate", "render"))]
    assert len(limited) == 3
    assert {*limited} <= {"met", "MISSED"}
    assert sum("not run: for a test" in line for line in lines) > 10


def test_a_limit_is_met_or_missed(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Row("slow", [0.1, 0.3, 0.4], "s", 0.25), Row("quick", [0.1, 0.2, 0.4], "s", 0.25)])
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()[-2:]] == ["MISSED", "met"]


def test_a_fresh_process_does_the_job_of_the_program(tmp_path: Path, kit: Kit) -> None:
    midi.write(simple_groove(), tmp_path / "groove.mid")
    values = run_fresh("process", tmp_path / "groove.mid", kit.name, tmp_path / "groove.wav")
    assert 0 < values["process.work"] < values["process.whole"]
    with wave.open(str(tmp_path / "groove.wav")) as file:
        assert np.abs(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")).max() > 1000


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="the fluidsynth program is not installed: run make bench once")
def test_the_program_plays_the_same_sounds_or_is_refused(tmp_path: Path, kit: Kit) -> None:
    groove = simple_groove()
    write_for_program(groove, kit, tmp_path / "translated.mid")
    assert run_program(kit, tmp_path / "translated.mid", groove) > 0
    midi.write(groove, tmp_path / "general_midi.mid")
    with pytest.raises(NotRunError, match="something else"):
        run_program(kit, tmp_path / "general_midi.mid", groove)
