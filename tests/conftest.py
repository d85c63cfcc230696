"""What several test modules share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def gmd() -> Path:
    """Folder of the Groove MIDI Dataset; tests on real performances are skipped without it."""
    folder = ROOT.parent / "shared" / "data" / "groove"
    if not (folder / "info.csv").is_file():
        pytest.skip(f"the Groove MIDI Dataset is not in {folder.relative_to(ROOT.parent)} beside the repository")
    return folder
