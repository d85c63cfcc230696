"""Meters in the page's script have the same numbers as those in Python."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from drummer.music.meter import METERS, USUAL_GROUPINGS, Meter
from drummer.web.panels.settings import client_config

SCRIPTS = Path(__file__).parent / "js" / "scripts.js"
OTHERS = ["8/8", "8/8 (4+4)", "2/2", "3/2", "11/8", "11/8 (3+3+3+2)", "15/8", "6/8 (2+2+2)", "9/8 (2+2+2+3)", "6/16", "4/8"]
PROGRAM = """
const { load } = require(process.argv[1]);
const { Meter } = load(["meter.js"], ["Meter"]);
Meter.known = JSON.parse(process.argv[3]);
console.log(JSON.stringify(JSON.parse(process.argv[2]).map((text) => {
    const meter = Meter.parse(text);
    const { signature, grouping, quarters, compound, pulse, pulses, groupStarts } = meter;
    return [String(meter), signature, grouping, quarters, compound, pulse, pulses, groupStarts, meter.steps(12)];
})));
"""


def test_the_page_counts_every_meter_as_python_does() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; packages-dev.txt names its package, nodejs")
    texts = [*map(str, METERS), *(text for _, text in client_config()["meters"]), *OTHERS]
    data = [json.dumps(texts), json.dumps(USUAL_GROUPINGS)]
    done = subprocess.run([node, "-e", PROGRAM, str(SCRIPTS), *data], capture_output=True, check=True, timeout=60)
    meters = [Meter.parse(text) for text in texts]
    assert json.loads(done.stdout) == [
        [
            str(meter),
            meter.signature,
            list(meter.grouping),
            meter.quarters,
            meter.compound,
            meter.pulse,
            meter.pulses,
            list(meter.group_starts),
            meter.steps(12),
        ]
        for meter in meters
    ]


def test_the_menu_has_every_meter_and_the_usual_groupings() -> None:
    values = [text for _, text in client_config()["meters"]]
    assert len(values) == len(set(values))
    assert {str(meter) for meter in METERS} <= set(values)
    assert [text for text in values if text.startswith("7/8")] == ["7/8", "7/8 (3+2+2)", "7/8 (2+3+2)"]
