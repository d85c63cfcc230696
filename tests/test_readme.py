"""What README.md tells people to type works."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from drummer import model_names
from drummer.__main__ import build_parser
from drummer.files import midi
from tests.conftest import ROOT
from train import parse_arguments

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands(start: str) -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith(start)]
    return [shlex.split(line.removeprefix(start), comments=True) for line in lines]


@pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")
def test_the_library_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    example, directing, feel = (block for block in blocks("python") if "gradio_client" not in block)  # see tests/e2e
    exec(example, {})
    assert midi.read(tmp_path / "funk.mid").groove.bars == 8
    made: dict[str, Any] = {}
    exec(directing, made)
    assert capsys.readouterr().out == "2 bars, 4/4, 95 BPM\n"
    exec(feel, {})
    assert "funk drummers" in capsys.readouterr().out
    assert (tmp_path / "feel.png").read_bytes().startswith(b"\x89PNG")
    assert [made[name].bars for name in ("journey", "song", "longer", "along", "halved")] == [8, 10, 4, 2, 2]


def test_the_command_lines_parse() -> None:
    played = commands(".venv/bin/python -m drummer ")
    trained = commands(".venv/bin/python train.py ")
    assert len(played) == 3 and len(trained) == 2
    for arguments in played:
        build_parser().parse_args(arguments)
    for arguments in trained:
        parse_arguments(arguments)


def test_make_has_the_targets() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {arguments[0] for arguments in commands("make ")} <= set(targets)


def test_the_files_it_links_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)|src(?:set)?=\"([^\"]+)\"", README)
    links = [first or second for first, second in links if not first.startswith("http")]
    assert len(links) > 4
    assert [link for link in links if not (ROOT / link).exists()] == []
