"""The page's scripts that need no DOM, tested by node's own test runner: `node --test tests/unit/js/*.test.js`."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "js"


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.test.js")), ids=lambda path: path.name)
def test_the_tests_in_node_pass(script: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; packages-dev.txt names its package, nodejs")
    done = subprocess.run([node, "--test", str(script)], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout  # what is run there is tests
