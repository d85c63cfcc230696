"""`make report`: measure the quick rows again, then write `docs/report.md` and its pictures from all rows.

A quick row that is not found again within its interval is an error. Slow rows are measured by name, with `--run`.
"""

from __future__ import annotations

import argparse
import sys

import torch

from drummer.errors import DrummerError
from report import ablations, data, examples, humanising, learning, models, published, render, responding, rows

MEASUREMENTS: dict[str, rows.Measurement] = {
    measurement.name: measurement
    for module in (data, published, models, humanising, responding, learning, ablations, examples)
    for measurement in module.MEASUREMENTS
}


def main() -> int:
    """Do what the command line asks for; return the exit status."""
    arguments = parse_arguments(sys.argv[1:])
    torch.set_num_threads(1)  # see `drummer.generation.threads`
    try:
        if arguments.list:
            for line in listing():
                print(line)
            return 0
        for name in arguments.run:
            rows.save(MEASUREMENTS[name].run())
        lost = [] if arguments.run or arguments.render else check_quick_rows()
        render.write(list(MEASUREMENTS))
    except DrummerError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    for line in lost:
        print(f"report: not found again: {line}", file=sys.stderr)
    return 1 if lost else 0


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m report", description="Measure, and write docs/report.md.")
    parser.add_argument("--run", nargs="+", default=[], metavar="ROW", choices=list(MEASUREMENTS), help="measure these rows")
    parser.add_argument("--list", action="store_true", help="list all rows, how long they take and when they were measured")
    parser.add_argument("--render", action="store_true", help="measure nothing, only write the report")
    return parser.parse_args(argv)


def listing() -> list[str]:
    """Describe all rows, a line each."""
    lines = [f"{'row':24} {'minutes':>7}  measured"]
    for name, measurement in MEASUREMENTS.items():
        row = rows.load(name)
        when = f"{row.date} at {row.commit}" if row else "not run"
        lines.append(f"{name:24} {measurement.minutes:7.1f}  {when}{', again each time' if measurement.quick else ''}")
    return lines


def check_quick_rows() -> list[str]:
    """Measure the quick rows again; keep those that are there and list the figures that differ from them."""
    lost = []
    for name, measurement in MEASUREMENTS.items():
        if measurement.quick:
            old, new = rows.load(name), measurement.run()
            if old is None:
                rows.save(new)
            else:
                lost += [f"{name}: {line}" for line in rows.differences(old.values, new.values)]
    return lost


if __name__ == "__main__":
    sys.exit(main())
