"""What Hugging Face Spaces needs of the repository to build and start the app."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LARGEST_FILE = 10_000_000  # bytes; above 10 MB a Space wants LFS
LONGEST_DESCRIPTION = 60


@pytest.fixture(scope="module")
def card():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    front_matter = re.match(r"---\n(.*?)\n---\n", readme, re.DOTALL)
    assert front_matter, "README.md must begin with the Space's card"
    return yaml.safe_load(front_matter[1])


def pins(name):
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines() if line.strip() and not line.startswith("#")]
    matches = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line) for line in lines]
    unpinned = [line for line, match in zip(lines, matches, strict=True) if match is None]
    assert not unpinned, f"{name} must pin every package with =="
    return {match[1].lower(): match[2] for match in matches}


def test_the_card_starts_this_app_with_the_pinned_gradio(card):
    assert card["sdk"] == "gradio"
    assert card["sdk_version"] == pins("requirements.txt")["gradio"]
    assert (ROOT / card["app_file"]).is_file()


def test_the_python_version_is_text_and_one_that_the_package_supports(card):
    assert isinstance(card["python_version"], str), "without quotes YAML reads 3.10 as 3.1"
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert version(card["python_version"]) >= version(oldest)


def version(text):
    return tuple(int(part) for part in text.split("."))


def test_the_card_holds_what_the_page_of_a_space_shows(card):
    assert card["title"]
    assert card["emoji"]
    assert {card["colorFrom"], card["colorTo"]} <= COLORS
    assert 0 < len(card["short_description"]) <= LONGEST_DESCRIPTION
    assert card["license"] == "apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("name", ["packages.txt", "packages-dev.txt"])
def test_system_packages_are_one_a_line(name):
    text = (ROOT / name).read_text()
    assert re.fullmatch(r"([a-z0-9][a-z0-9+.-]+\n)+", text), "one package a line, no comments, no empty lines"


def test_nothing_for_tests_is_installed_on_the_space():
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert not runtime.keys() & development.keys()
    assert runtime.keys().isdisjoint({"pytest", "playwright", "ruff", "mypy"})
    assert not [package for package in (ROOT / "packages.txt").read_text().split() if package.startswith("chromium")]


def test_no_file_needs_lfs():
    if not ((ROOT / ".git").exists() and shutil.which("git")):
        pytest.skip("needs git and a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = [ROOT / name for name in listed.split("\0") if name]
    too_large = [path.name for path in tracked if path.is_file() and path.stat().st_size > LARGEST_FILE]
    assert not too_large
