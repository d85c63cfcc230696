"""`make report`: measure the quick results again, then write `docs/report.md` and its pictures from all results.

A quick result outside the interval of the stored one is an error. Slow results are measured by name, with `--run`.
"""

from __future__ import annotations

import argparse
import sys

from drummer.errors import DrummerError
from drummer.generation.threads import use_one_thread
from report import (
    ablations,
    adherence,
    alike,
    control_responses,
    data,
    examples,
    humanizing,
    learning_rates,
    models,
    neural,
    published,
    render,
    results,
    sampling_parts,
    tempos,
)

MEASUREMENTS: dict[str, results.Measurement] = {
    measurement.name: measurement
    for module in (
        data,
        published,
        models,
        humanizing,
        control_responses,
        adherence,
        neural,
        tempos,
        alike,
        sampling_parts,
        learning_rates,
        ablations,
        examples,
    )
    for measurement in module.MEASUREMENTS
}


def main() -> int:
    """Run the command line; return the exit status."""
    arguments = parse_arguments(sys.argv[1:])
    use_one_thread()
    try:
        if arguments.list:
            for line in listing():
                print(line)
            return 0
        for name in arguments.run:
            results.save(MEASUREMENTS[name].run())
        changed = [] if arguments.run or arguments.render else check_quick_results()
        render.write(list(MEASUREMENTS))
    except DrummerError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    for line in changed:
        print(f"report: not reproduced: {line}", file=sys.stderr)
    return 1 if changed else 0


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m report", description="Measure results and write docs/report.md.")
    parser.add_argument(
        "--run", nargs="+", default=[], metavar="NAME", choices=list(MEASUREMENTS), help="measure these results of --list"
    )
    parser.add_argument("--list", action="store_true", help="list all results, with duration and date of measurement")
    parser.add_argument("--render", action="store_true", help="only write the report, from the stored results")
    return parser.parse_args(argv)


def listing() -> list[str]:
    """Describe all results, one per line."""
    lines = [f"{'result':24} {'minutes':>7}  measured"]
    for name, measurement in MEASUREMENTS.items():
        stored = results.load(name)
        when = f"{stored.date} at {stored.commit}" if stored else "not measured"
        lines.append(f"{name:24} {measurement.minutes:7.1f}  {when}{', repeated by every run' if measurement.quick else ''}")
    return lines


def check_quick_results() -> list[str]:
    """Measure the quick results again, save those not stored yet, and list the figures that differ from stored ones."""
    changed = []
    for name, measurement in MEASUREMENTS.items():
        if measurement.quick:
            old, new = results.load(name), measurement.run()
            if old is None:
                results.save(new)
            else:
                changed += [f"{name}: {line}" for line in results.differences(old.values, new.values)]
    return changed


if __name__ == "__main__":
    sys.exit(main())
