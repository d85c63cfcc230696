"""Commands, examples and links of README.md and docs/*.md work."""

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

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def commands(start: str) -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith(start)]
    return [shlex.split(line.removeprefix(start), comments=True) for line in lines]


@pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")
def test_the_library_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    local = [block for block in blocks("python") if "gradio_client" not in block]  # for the others see tests/e2e
    example, directing, streaming, meters, feel = local
    exec(example, {})
    assert midi.read(tmp_path / "funk.mid").groove.bars == 8
    assert len(capsys.readouterr().out.splitlines()) == 8, "one line for each bar that is streamed"
    made: dict[str, Any] = {}
    exec(directing, made)
    assert capsys.readouterr().out == "2 bars, 4/4, 95 BPM\n"
    exec(streaming, made)
    assert made["groove"].bars == 4
    exec(meters, {})
    assert capsys.readouterr().out == "1 3.0 42 (0.0, 1.5, 2.5)\n3/4 120.0 4\n"
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_files_and_sections_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [first or second for first, second in re.findall(r"\]\(([^)]+)\)|src(?:set)?=\"([^\"]+)\"", text)]
    local = [link.partition("#") for link in links if not link.startswith("http")]
    assert [name for name, _, _ in local if name and not (page.parent / name).exists()] == []
    targets = {(page.parent / name if name else page, section) for name, _, section in local if section}
    assert [section for target, section in targets if section not in sections(target)] == []


def sections(page: Path) -> set[str]:
    """List the anchors that a Markdown page's headings get on GitHub."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_points_to_every_page() -> None:
    readme = PAGES[0].read_text(encoding="utf-8")
    assert readme.count("\n") < 260
    assert len(re.findall(r"\]\(|src(?:set)?=", readme)) > 20
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []
