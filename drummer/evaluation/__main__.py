"""Command line of the evaluation: `python -m drummer.evaluation [--model small] [--split validation] [--likelihood-only]`.

It measures the likelihood of held-out performances beside a bigram baseline, and the discriminator AUC of generated grooves
beside that of other human drummers. Choose models on the validation split; the test split is for the last measurement.
"""

from __future__ import annotations

import argparse
import sys
from itertools import chain
from pathlib import Path

from drummer.config import default_config
from drummer.data.corpus import SPLITS, find_dataset, read_corpus
from drummer.errors import CorpusError, DrummerError
from drummer.evaluation.likelihood import likelihood_report
from drummer.evaluation.reports import (
    adherence_report,
    controls_report,
    endurance_report,
    generation_report,
    humanizing_report,
    neural_report,
    tempo_report,
)
from drummer.generation.drummer import Drummer
from drummer.generation.threads import use_one_thread


def main() -> int:
    """Print the requested reports; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m drummer.evaluation", description="Measure a model on held-out drummers.")
    parser.add_argument("--model", default=default_config().defaults.model, help="name of the weights (default: %(default)s)")
    parser.add_argument("--split", default="validation", choices=SPLITS, help="split to compare with (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="folder of GMD or E-GMD")
    parser.add_argument(
        "--likelihood-only", action="store_true", help="only the likelihood of held-out performances, which takes seconds"
    )
    parser.add_argument("--controls", action="store_true", help="only the response to each control")
    parser.add_argument("--neural", action="store_true", help="only the neural discriminator, which takes many minutes")
    parser.add_argument(
        "--adherence", action="store_true", help="only how grooves keep to a requested meter, style, rhythm and steadiness"
    )
    parser.add_argument(
        "--tempos", action="store_true", help="only grooves at other tempos, and how drummers' playing goes with tempo"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="with --controls: save a chart of the responses")
    parser.add_argument("--endurance", action="store_true", help="only long grooves and extreme temperatures")
    arguments = parser.parse_args()
    use_one_thread()
    try:
        drummer = Drummer.load(arguments.model)
        folder = find_dataset(arguments.data)
        if folder is None:
            raise CorpusError("no data set found; name its folder with --data")
        corpus = read_corpus(folder, drummer.trained.config)
        if arguments.controls:
            reports = [controls_report(drummer, corpus, arguments.split, arguments.picture)]
        elif arguments.neural:
            reports = [neural_report(drummer, corpus, arguments.split)]
        elif arguments.adherence:
            reports = [adherence_report(drummer, corpus)]
        elif arguments.tempos:
            reports = [tempo_report(drummer, corpus, arguments.split)]
        elif arguments.endurance:
            reports = [endurance_report(drummer, corpus, arguments.split)]
        else:
            reports = [likelihood_report(drummer.trained, corpus, arguments.split)]
            if not arguments.likelihood_only:
                reports += [report(drummer, corpus, arguments.split) for report in (generation_report, humanizing_report)]
        for line in chain.from_iterable(reports):
            print(line, flush=True)
    except DrummerError as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
