"""`make report`: measure the quick rows again, and write `docs/report.md` with its pictures and sounds from all rows."""

from __future__ import annotations

import argparse
import sys

from drummer.errors import DrummerError
from report import ablations, humanising, learning, models, rows

MEASUREMENTS = {
    measurement.name: measurement
    for measurement in (*learning.MEASUREMENTS, *ablations.MEASUREMENTS, *models.MEASUREMENTS, *humanising.MEASUREMENTS)
}


def main() -> int:
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__)
    parser.add_argument("--run", nargs="+", default=[], metavar="ROW", choices=list(MEASUREMENTS), help="measure these rows")
    arguments = parser.parse_args()
    try:
        for name in arguments.run:
            rows.save(MEASUREMENTS[name].run())
    except DrummerError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
