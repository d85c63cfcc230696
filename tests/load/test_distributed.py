"""Training in several processes."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.datasets import TINY, write_gmd


def test_two_processes_get_the_loss_of_one(tmp_path: Path) -> None:
    """With nothing dropped at random, what two processes train together is what one trains alone."""
    overrides = [override.replace("dropout: 0.1", "dropout: 0.0") for override in TINY]
    overrides += ["training.epochs=1", "model.memory_dropout=0.0"]  # an epoch has many batches
    settings = ["--data", str(write_gmd(tmp_path / "gmd")), *(part for override in overrides for part in ("--set", override))]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    found = []
    for name, launcher in (("one", []), ("two", launch)):
        command = [sys.executable, *launcher, str(ROOT / "train.py"), *settings, "--out", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        assert done.stdout.count("validation beats in 4/4:") == 1, "one process reports for all"
        with (tmp_path / name / "small.csv").open(newline="") as file:
            (row,) = csv.DictReader(file)
        facts = json.loads((tmp_path / name / "small.json").read_text())
        found.append((facts["training"]["processes"], float(row["train_bits"]), float(row["validation_bits"])))
    assert found == [(1, *found[0][1:]), (2, *(pytest.approx(bits, rel=1e-3) for bits in found[0][1:]))]
