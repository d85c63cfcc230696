"""`python -m drummer GENRE`: generate grooves into files, without a browser.

Modules that need torch are imported only when a groove is generated, so that `--help` answers at once.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, get_args

from tqdm import tqdm

from drummer import exports
from drummer.config import default_config
from drummer.errors import DrummerError, SettingError
from drummer.files.document import Take
from drummer.files.drum_maps import DRUM_MAPS, GENERAL_MIDI, DrumMap, find_drum_map
from drummer.files.import_midi import PART_NUMBERS, import_midi, understand
from drummer.files.sound_format import BIT_DEPTHS, SAMPLE_RATES, SoundFormat
from drummer.generation.params import GenerationParams
from drummer.model.description import known_genres
from drummer.music.controls import CONTROLS
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR
from drummer.validation import check_whole, quote, quote_path

CONTROL_OPTIONS = tuple(name for name in CONTROLS if name != "fill")  # --fill-every requests fills
SUFFIXES = {f".{each.extension}" for each in exports.FORMATS.values()}
EXIT_REFUSED = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 for a file that is not understood, 2 after an error, 130 after Ctrl-C.

    Args:
        arguments: What follows the program's name; by default that of the process.
    """
    try:
        parser = build_parser()
        options = parser.parse_args(arguments)
        if options.understand is not None:
            return understand_file(options.understand, find_drum_map(options.map))
        if options.genre is None:
            parser.error("the following arguments are required: GENRE")
        run(options)
    except DrummerError as error:
        print(f"drummer: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # a reader such as `head` has ended: drop the other lines
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Describe the options. Ranges are checked where they are used, so that the page and the command line say the same."""
    config = default_config()
    defaults, limits = config.defaults, config.limits
    parser = _Parser(prog="drummer", description="Play drum grooves into MIDI, audio and picture files.", allow_abbrev=False)
    parser.add_argument("genre", metavar="GENRE", nargs="?", help=", ".join(known_genres()))
    parser.add_argument("--style", help="style of the genre, such as samba of latin (by default any)")
    parser.add_argument("--to", metavar="GENRE", help="interpolate from the first genre to this one")
    parser.add_argument(
        "--bpm", type=_number, help=f"tempo, {_span(limits.bpm)} (by default that of the reference performance of the seed)"
    )
    parser.add_argument("--bars", type=_number, default=defaults.bars, help=f"length, {_span(limits.bars)} (%(default)s)")
    parser.add_argument("--meter", help=f'such as 6/8 or "7/8 (3+2+2)" ({FOUR_FOUR}, or that of --rhythm)')
    parser.add_argument(
        "--rhythm", metavar="FILE", help="follow onsets and accents of a MIDI file's part, such as a bass line, at its tempo"
    )
    parser.add_argument(
        "--rhythm-part", type=_number, metavar="N", help="number of that part (by default the one with the likeliest rhythm)"
    )
    parser.add_argument(
        "--temperature",
        type=_number,
        default=defaults.temperature,
        help=f"1 as learned, less is safer, {_span(limits.temperature)} (%(default)s)",
    )
    for name in CONTROL_OPTIONS:
        control = CONTROLS[name]
        parser.add_argument(
            f"--{name}", type=_number, help=f"{control.meaning}, {control.low:g} to {control.high:g} (left to the model)"
        )
    parser.add_argument("--fill-every", type=_number, metavar="N", help="play a fill in every N-th bar and in no other bar")
    parser.add_argument("--seed", type=_number, help="the same seed plays the same groove (by default a random one)")
    parser.add_argument(
        "--count",
        type=_number,
        default=1,
        help="number of grooves, seeds counting up; of several, --midi out.mid writes out_1.mid, out_2.mid, ... (%(default)s)",
    )
    parser.add_argument("--model", default=defaults.model, help="trained model (%(default)s)")
    parser.add_argument("--kit", help="drum kit of the audio (by default the first that suits the genre)")
    _add_sound_options(parser)
    parser.add_argument("--map", default=GENERAL_MIDI.name, metavar="KIT", help=f"notes of the MIDI: {', '.join(DRUM_MAPS)}")
    parser.add_argument("--understand", metavar="FILE", help="describe the drums of a MIDI file as JSON, and generate nothing")
    parser.add_argument("--track-per-drum", "--track-a-voice", action="store_true", help="MIDI with one track per drum")
    for name, each in exports.FORMATS.items():
        option = {"mid": "--midi"}.get(name, f"--{name}")
        parser.add_argument(option, dest=name, type=_path, metavar="FILE_OR_DIR", help=f"write {each.description}")
    return parser


def _add_sound_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of audio files."""
    parser.add_argument("--loop", action="store_true", help="audio as a seamless loop of exactly the bars")
    parser.add_argument(
        "--sample-rate",
        type=_number,
        default=SAMPLE_RATES[0],
        metavar="HZ",
        help=f"of audio, {_either(SAMPLE_RATES)} (%(default)s)",
    )
    parser.add_argument(
        "--bit-depth", type=_number, default=BIT_DEPTHS[0], metavar="BITS", help=f"of audio, {_either(BIT_DEPTHS)} (%(default)s)"
    )
    parser.add_argument(
        "--normalize",
        action="store_true",
        help=f"audio with a sample peak of {default_config().audio.normalized_peak_db:g} dBFS, one gain for all stems",
    )
    formats = get_args(exports.AudioFormat)
    parser.add_argument(
        "--audio-format",
        default="flac",
        metavar="FORMAT",
        help=f"of the audio in stems and ZIP, {_either(formats)} (%(default)s)",
    )


def understand_file(path: str, drum_map: DrumMap) -> int:
    """Print what a MIDI file holds as one JSON object, see `drummer.files.import_midi.understand`; return 1 if it is refused."""
    understood = understand(path, drum_map)
    print(json.dumps(understood))
    return EXIT_REFUSED if "refused" in understood else 0


def run(options: argparse.Namespace) -> None:
    """Generate grooves as the options say, write them and print a line for each.

    Raises:
        DrummerError: If an option is out of its range or a file cannot be written.
    """
    from drummer.generation.drummer import Drummer
    from drummer.generation.threads import use_one_thread

    use_one_thread()
    _check_sound_options(options)
    seeds = _seeds(options.seed, options.count)
    drum_map = find_drum_map(options.map)
    drummer = Drummer.load(options.model)
    params = _params(options, seeds[0])
    settings = {
        "genre": params.genre,
        "style": params.style,
        "model": options.model,
        "kit": options.kit,
        "temperature": params.temperature,
    }
    settings |= {"to_genre": options.to, "fill_every": params.fill_every, **params.controls}
    progress = tqdm(seeds, unit="groove", leave=False, disable=None if len(seeds) > 1 else True)  # None: off a terminal
    with progress:
        for number, seed in enumerate(progress, 1):
            bpm = params.bpm if options.bpm is None else options.bpm
            if bpm is None:
                bpm = drummer.reference_bpm(params.genre, seed, params.style, params.meter)
            own = replace(params, seed=seed, bpm=bpm)
            groove = drummer.generate(own) if options.to is None else drummer.interpolate(options.to, own)
            take = Take(groove, settings, seed, model_hash=drummer.trained.fingerprint)
            written = write_files(take, drum_map, options, number)
            progress.write(f"{take.heading}: {', '.join(map(str, written))}", file=sys.stdout)
            report = drum_map.report(groove)
            if report:
                progress.write(report, file=sys.stdout)


def write_files(take: Take, drum_map: DrumMap, options: argparse.Namespace, number: int = 1) -> list[Path]:
    """Write the files that the options ask for, by default MIDI into the current folder; return their paths.

    Args:
        take: The take to write.
        drum_map: Notes of the MIDI file.
        options: The command line.
        number: Number of the groove among `options.count`, from 1.
    """
    outputs = [(name, getattr(options, name)) for name in exports.FORMATS]
    if not any(where for _, where in outputs):
        outputs = [("mid", Path())]
    written = []
    for name, where in outputs:
        if where is None:
            continue
        chosen = exports.FORMATS[name]
        choices = _choices(chosen, drum_map, options)
        try:
            path = _target(where, chosen, chosen.file_name(take, choices), number, options.count)
            path.write_bytes(chosen.write(take, choices))
        except OSError as error:
            raise SettingError(f"cannot write {quote_path(error.filename or where)}: {error.strerror or error}") from error
        written.append(path)
    return written


def _choices(chosen: exports.ExportFormat, drum_map: DrumMap, options: argparse.Namespace) -> exports.Choices:
    """Return how a format is written; the library for sound is loaded only for formats that need a kit."""
    kit = None
    if chosen.needs_kit():
        from drummer import audio

        kit = audio.find_kit(options.kit) if options.kit else audio.kit_for(options.genre)
    sound_format = SoundFormat(options.sample_rate, options.bit_depth, options.normalize)
    return exports.Choices(kit, drum_map, options.track_per_drum, options.loop, options.audio_format, sound_format=sound_format)


def _check_sound_options(options: argparse.Namespace) -> None:
    """Check that there is sound to do with as `--loop` and `--normalize` say: whoever gives them expects a file of sound."""
    of_sound = [name for name, each in exports.FORMATS.items() if each.is_sound or name == "zip"]
    if any(getattr(options, name) is not None for name in of_sound):
        return
    for name in ("loop", "normalize"):
        if getattr(options, name):
            raise SettingError(f"--{name} needs a file with sound: give it as {_either([f'--{each}' for each in of_sound])}")


def _params(options: argparse.Namespace, seed: int) -> GenerationParams:
    """Make the parameters that all grooves of a command share but for seed and tempo."""
    period = options.fill_every
    if period is not None:
        bars = check_whole("the number of bars", options.bars, default_config().limits.bars)
        period = check_whole("fill every", period, (1, bars))
    controls = {name: getattr(options, name) for name in CONTROL_OPTIONS}
    rhythm = _rhythm(options)
    return GenerationParams(
        genre=options.genre,
        style=options.style,
        bpm=rhythm.bpm if rhythm else None,
        bars=options.bars,
        meter=options.meter if options.meter is not None else rhythm.meter if rhythm else FOUR_FOUR,
        rhythm=rhythm,
        temperature=options.temperature,
        seed=seed,
        controls=controls,
        fill_every=period,
    )


def _rhythm(options: argparse.Namespace) -> Groove | None:
    """Read the rhythm to follow."""
    part = options.rhythm_part
    if options.rhythm is None:
        if part is not None:
            raise SettingError("--rhythm-part needs a MIDI file: give it as --rhythm FILE")
        return None
    number = None if part is None else check_whole("the number of the part", part, PART_NUMBERS)
    return import_midi(options.rhythm, rhythm_of="kick", rhythm_part=number).groove


def _target(where: Path, chosen: exports.ExportFormat, name: str, number: int, count: int) -> Path:
    """Tell a folder, which is created, from a file; of several grooves each has its number in the file's name."""
    named = where.suffix and (count == 1 or where.suffix.lower() in (*SUFFIXES, ".midi"))  # folders may have a dot in their name
    if named and not where.is_dir():
        suffix = f".{chosen.extension}"
        if where.suffix.lower() not in (suffix, ".midi" if suffix == ".mid" else suffix):
            raise SettingError(f"{chosen.description} is written to a {suffix} file, got {quote(where.name)}")
        return where if count == 1 else where.with_stem(f"{where.stem}_{number:0{len(str(count))}}")
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


def _either(values: Sequence[object]) -> str:
    return " or ".join(map(str, values))


def _number(text: str) -> float:
    """Read a number, whole where possible, so that sentences show it as it was typed."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{quote(text)} is not a number") from error
    return int(value) if value.is_integer() else value


def _path(text: str) -> Path:
    """Read a path. An empty one, such as that of an unset variable of a shell, would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty: name a file or a folder")
    return Path(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print an error in one line, without the usage."""
        self.exit(EXIT_ERROR, f"{self.prog}: {message} (see python -m drummer --help)\n")


if __name__ == "__main__":
    sys.exit(main())
