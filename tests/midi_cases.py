"""MIDI files beside the repository, of kinds that real programs write, and what a musician expects of each."""

import json

import pytest

from tests.conftest import ROOT

FOLDER = ROOT.parent / "shared" / "cases" / "midi"
EXPECTED = json.loads((FOLDER / "expected.json").read_text()) if FOLDER.is_dir() else {}

needs_cases = pytest.mark.skipif(not EXPECTED, reason="shared/cases is not beside the repository")
