"""Reproduce the weights: `python train.py --model small`. See `--help` and README.md."""

import argparse
import shlex
import sys
from pathlib import Path

from drummer.config import ROOT, Config, load_config
from drummer.data.corpus import Corpus, download, find_dataset, read_corpus
from drummer.errors import DrummerError
from drummer.evaluation.likelihood import likelihood_report
from drummer.model.description import WEIGHTS
from drummer.training import distributed
from drummer.training.trainer import Trainer


def main() -> int:
    """Train one model and print its likelihood on the validation split; return the exit status."""
    arguments = parse_arguments(sys.argv[1:])
    distributed.start()
    first = distributed.rank() == 0
    try:
        config = load_config(arguments.config, arguments.set)
        corpus = open_corpus(arguments.data, config)
        command = shlex.join(["python", "train.py", *sys.argv[1:]])
        trained = choose_trainer(config)(config, arguments.model, corpus, arguments.out, command).run()
    except DrummerError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on after the last finished epoch.", file=sys.stderr)
        return 130
    finally:
        distributed.stop()
    if first:
        for line in likelihood_report(trained, corpus, "validation"):
            print(line)
    return 0


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line; `--learning-rate` is short for `--set training.learning_rate=...`."""
    parser = argparse.ArgumentParser(description="Train a model on GMD or E-GMD.")
    parser.add_argument("--model", default="small", metavar="SIZE", help="a size named in the configuration (default: small)")
    parser.add_argument("--learning-rate", "--learning_rate", metavar="RATE", help="for example 0.001")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of GMD or E-GMD; by default it is searched or downloaded"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="a recipe: YAML with keys that differ from config.yaml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="key=value", help="change one key, such as training.epochs=2"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, metavar="DIR", help="where weights and log go (default: weights)")
    arguments = parser.parse_args(argv)
    if arguments.learning_rate is not None:
        arguments.set.append(f"training.learning_rate={arguments.learning_rate}")
    return arguments


def choose_trainer(config: Config) -> type[Trainer]:
    """Choose the product's trainer, or that of the original recipe where the configuration has its section."""
    if config.original_recipe is None:
        return Trainer
    from report.original_recipe import OriginalTrainer

    return OriginalTrainer


def open_corpus(data: Path | None, config: Config) -> Corpus:
    """Read the given data set, or the one that is found; without either, download GMD."""
    return read_corpus(find_dataset(data) or download(ROOT / "dataset"), config)


if __name__ == "__main__":
    sys.exit(main())
