"""`python -m drummer GENRE`: the page's job without a browser."""

import argparse
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from drummer import midi
from drummer.config import default_config
from drummer.controls import CONTROLS, fill_every
from drummer.errors import DrummerError, SettingError
from drummer.groove import Groove
from drummer.performer import Drummer, check_whole, file_stem, typical_bpm

DIRECTIONS = tuple(name for name in CONTROLS if name != "fill")  # a fill is asked for by the bar, see --fill-every
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 2 after an error, 130 after Ctrl-C.

    Args:
        arguments: What follows the program's name; by default that of the process.
    """
    try:
        play(build_parser().parse_args(arguments))
    except DrummerError as error:
        print(f"drummer: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # who read our lines has gone, such as `head`; what is still to be written at exit goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Describe the options. Ranges are checked where they are used, so that the page and the command line say the same."""
    config = default_config()
    defaults, limits = config.defaults, config.limits
    parser = _Parser(prog="drummer", description="Play drum grooves into MIDI, audio and picture files.", allow_abbrev=False)
    parser.add_argument("genre", metavar="GENRE", help=", ".join(config.genres))
    parser.add_argument(
        "--bpm", type=_number, help=f"tempo, {_span(limits.bpm)} (by default one typical of the genre, drawn from the seed)"
    )
    parser.add_argument("--bars", type=_number, default=defaults.bars, help=f"length, {_span(limits.bars)} (%(default)s)")
    parser.add_argument(
        "--temperature", type=_number, default=defaults.temperature, help=f"how bold, {_span(limits.temperature)} (%(default)s)"
    )
    for name in DIRECTIONS:
        meaning, low, high, _ = CONTROLS[name]
        parser.add_argument(f"--{name}", type=_number, help=f"{meaning}, {low:g} to {high:g} (left to the drummer)")
    parser.add_argument("--fill-every", type=_number, metavar="BARS", help="fill the last of every so many bars, and no other")
    parser.add_argument("--seed", type=_number, help="the same seed plays the same groove (by default a random one)")
    parser.add_argument("--count", type=_number, default=1, help="number of grooves, seeds counting up (%(default)s)")
    parser.add_argument("--model", default=defaults.model, help="trained model (%(default)s)")
    parser.add_argument("--kit", default=defaults.kit, help="drum kit of the audio (%(default)s)")
    for option, what in (("--midi", "MIDI"), ("--wav", "audio"), ("--png", "piano roll")):
        parser.add_argument(option, type=Path, metavar="FILE_OR_DIR", help=f"write {what} there")
    return parser


def play(options: argparse.Namespace) -> None:
    """Play what the options ask for, write it and print a line for each groove.

    Raises:
        DrummerError: If an option is out of its range or a file cannot be written.
    """
    seeds = _seeds(options.seed, options.count)
    tempos = [typical_bpm(options.genre, seed) if options.bpm is None else options.bpm for seed in seeds]
    drummer = Drummer.load(options.model)
    progress = tqdm(seeds, unit="groove", leave=False, disable=None if len(seeds) > 1 else True)  # None: off a terminal
    with progress:
        for seed, bpm in zip(progress, tempos, strict=True):
            groove = drummer.play(
                genre=options.genre, bpm=bpm, bars=options.bars, temperature=options.temperature, seed=seed, **_wishes(options)
            )
            heading = f"{options.genre}, {groove.bpm:g} BPM, {_bars(groove)}, seed {seed}"
            written = write_files(groove, file_stem(options.genre, groove, seed), heading, options)
            progress.write(f"{heading}: {', '.join(map(str, written))}", file=sys.stdout)


def write_files(groove: Groove, stem: str, heading: str, options: argparse.Namespace) -> list[Path]:
    """Write the files that the options ask for, by default MIDI into the current folder; return their paths."""
    asked = [(".mid", options.midi), (".wav", options.wav), (".png", options.png)]
    if not any(where for _, where in asked):
        asked = [(".mid", Path())]
    written = []
    for suffix, where in asked:
        if where is None:
            continue
        try:
            path = _target(where, stem + suffix, options.count)
            _write(groove, path, suffix, heading, options.kit)
        except OSError as error:
            raise SettingError(f"cannot write {error.filename or where}: {error.strerror or error}") from error
        written.append(path)
    return written


def _write(groove: Groove, path: Path, kind: str, heading: str, kit: str) -> None:
    """Write one file; the libraries for sound and pictures are loaded where they are asked for."""
    if kind == ".mid":
        midi.write(groove, path)
    elif kind == ".wav":
        from drummer import audio

        audio.render(groove, audio.find_kit(kit)).to_wav(path)
    else:
        from drummer import pianoroll

        pianoroll.save(groove, path, title=heading)


def _wishes(options: argparse.Namespace) -> dict[str, Any]:
    wishes: dict[str, Any] = {name: getattr(options, name) for name in DIRECTIONS}
    if options.fill_every is not None:
        bars = check_whole("the number of bars", options.bars, default_config().limits.bars)
        wishes["fill"] = fill_every(bars, check_whole("fill every", options.fill_every, (1, bars)))
    return wishes


def _target(where: Path, name: str, count: int) -> Path:
    """Tell a folder, which is created, from a file."""
    if count == 1 and where.suffix and not where.is_dir():
        return where
    where.mkdir(parents=True, exist_ok=True)
    return where / name


def _seeds(first: int | None, count: int) -> range:
    low, high = default_config().limits.seed
    if first is not None:
        first = check_whole("seed", first, (low, high))
    count = check_whole("the count", count, (1, high + 1 - (first or low)))
    start = random.randint(low, high + 1 - count) if first is None else first
    return range(start, start + count)


def _span(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g}-{limits[1]:g}"


def _bars(groove: Groove) -> str:
    return "1 bar" if groove.bars == 1 else f"{groove.bars} bars"


def _number(text: str) -> float:
    """Read a number, whole where it can be, so that sentences show it as it was typed."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from error
    return int(value) if value.is_integer() else value


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        self.exit(EXIT_ERROR, f"{self.prog}: {message} (see python -m drummer --help)\n")


if __name__ == "__main__":
    sys.exit(main())
