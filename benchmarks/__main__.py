"""Print how long everything takes on one core, as one table.

What is compared takes turns (A B A B ...), so that a busy machine hurts both alike, and a ratio is taken within each turn.
"""

import argparse
import json
import math
import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections import defaultdict
from collections.abc import Callable
from functools import partial, reduce
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.fresh import BARS, BPM, GENRE, SEED
from drummer import Drummer, DrummerError, Groove, audio, default_config, model_names
from drummer.audio import Kit
from drummer.config import ROOT
from drummer.files import midi
from drummer.generation.incremental_decoder import IncrementalDecoder
from drummer.generation.sampling_weights import SamplingWeights
from drummer.generation.threads import use_one_thread
from drummer.model.inputs import find_places, make_conditioning, make_encoder_input
from drummer.music.voices import VOICES
from drummer.pictures import piano_roll

MODEL = default_config().defaults.model
SAMPLING_LIMITS = {"small": 0.15, "medium": 0.2, "large": 1.5}  # seconds
AUDIO = default_config().audio
LOUDNESS_TOLERANCE = 0.5  # dB; what differs by more is not the same sound
PROGRAM_TICKS = 9600  # a beat
PROGRAM_REPEATS = 8  # of the groove, where the program's loading is subtracted: less of it would drown in the noise of loading
PROGRAM_GRACE = 2.0  # seconds that the program plays on after the end of a file

Values = dict[str, float]  # by the names that `make_rows` looks up: NAME or NAME.PART for an action NAME
Action = Callable[[], Values]


class NotRunError(Exception):
    """Why something was not measured."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed and memory, and print a table.")
    parser.add_argument("--rounds", type=int, default=20, help="turns of each; whole processes get a fifth of them (%(default)s)")
    rounds = max(1, parser.parse_args().rounds)
    use_one_thread()
    try:
        drummers = {name: Drummer.load(name) for name in SAMPLING_LIMITS if name in {MODEL, *model_names()}}
        kit = audio.find_kit(default_config().defaults.kit)
        groove = drummers[MODEL].generate(genre=GENRE, bpm=BPM, bars=BARS, seed=SEED)
    except DrummerError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print_machine(groove, kit)
    with tempfile.TemporaryDirectory() as folder:
        inside = take_turns(rounds, functions(drummers, groove, kit, Path(folder)))
        beside = take_turns(rounds, playing(groove, kit, Path(folder)))
        outside = take_turns(math.ceil(rounds / 5), processes(groove, kit, Path(folder)))
    print_table(make_rows({**inside, **beside, **outside}))
    return 0


def take_turns(turns: int, actions: dict[str, Action]) -> dict[str, list[float] | str]:
    """Do all actions, one after the other, so many times after a first time that is not counted.

    Returns:
        The values of each turn; of an action that failed its name and why.
    """
    values: defaultdict[str, list[float]] = defaultdict(list)
    failures: dict[str, str] = {}
    for turn in range(turns + 1):
        for name, action in actions.items():
            if name in failures:
                continue
            try:
                measured = action()
            except (NotRunError, DrummerError) as error:
                failures[name] = f"not run: {error}"
                continue
            for key, value in measured.items() if turn else ():
                values[key].append(value)
    return {**values, **failures}


def timed(name: str, job: Callable[[], object]) -> Action:
    def action() -> Values:
        start = time.perf_counter()
        job()
        return {name: time.perf_counter() - start}

    return action


# -- in this process -------------------------------------------------------------------------------------------------------


def functions(drummers: dict[str, Drummer], groove: Groove, kit: Kit, folder: Path) -> dict[str, Action]:
    jobs: dict[str, Callable[[], object]] = {}
    for size, drummer in drummers.items():
        jobs |= {
            f"sample {size}": partial(drummer.generate, genre=GENRE, bpm=BPM, bars=BARS, seed=SEED),
            f"unrolled {size}": partial(step_unrolled, drummer, groove),
            f"lstm {size}": partial(step_lstm, drummer, groove),
        }
    jobs |= {
        "render": lambda: audio.render(groove, kit),
        "roll": lambda: piano_roll.save(groove, folder / "groove.png"),
        "midi": lambda: midi.write(groove, folder / "groove.mid"),
    }
    return {name: timed(name, job) for name, job in jobs.items()}


@torch.inference_mode()
def step_unrolled(drummer: Drummer, groove: Groove) -> None:
    """Do what `drummer.generation.incremental_decoder` does, encoder and memory included."""
    tokens, velocities, offsets = drummer.trained.tokenizer.encode(groove).tokens, groove.velocities.copy(), groove.offsets.copy()
    nothing = torch.zeros(groove.hits.shape)
    score = make_encoder_input(nothing > 0, nothing > 0, nothing, nothing)[None]
    some = torch.zeros(1, dtype=torch.int64)  # index of some genre and of some part
    shape = drummer.trained.model.shape
    places = torch.from_numpy(find_places(groove.meter, groove.bars, shape))[None]
    unasked = torch.zeros(1, groove.steps, shape.control_features)
    given = make_conditioning(score, some, torch.tensor([groove.bpm]), some, places, unasked)
    stepper = IncrementalDecoder(SamplingWeights(drummer.trained.model), given, groove.steps_per_bar)
    for position in range(groove.steps):
        stepper.step(tokens, velocities, offsets, position)


@torch.inference_mode()
def step_lstm(drummer: Drummer, groove: Groove) -> None:
    """Call the same decoder, an `nn.LSTM`, on one step after the other, its inputs being there already."""
    decoder = drummer.trained.model.decoder
    inputs, state = torch.zeros(1, 1, decoder.input_size), None
    for _ in range(groove.steps):
        _, state = decoder(inputs, state)


# -- in processes of their own ---------------------------------------------------------------------------------------------


def playing(groove: Groove, kit: Kit, folder: Path) -> dict[str, Action]:
    """List what is needed to compare playing alone, without loading."""
    long = reduce(Groove.then, [groove] * PROGRAM_REPEATS)
    write_for_program(long, kit, folder / "long.mid")
    write_for_program(Groove.silent(1, 300), kit, folder / "silence.mid", tail_seconds=0)
    return {
        "long": timed("long", lambda: audio.render(long, kit)),
        "program long": lambda: {"program long": run_program(kit, folder / "long.mid", long)},
        "program loading": lambda: {"program loading": run_program(kit, folder / "silence.mid")},
    }


def processes(groove: Groove, kit: Kit, folder: Path) -> dict[str, Action]:
    midi_file = folder / "ours.mid"
    midi.write(groove, midi_file)
    write_for_program(groove, kit, folder / "program.mid")
    return {
        "program": lambda: {"program": run_program(kit, folder / "program.mid", groove)},
        "process": lambda: run_fresh("process", midi_file, kit.name, folder / "ours.wav"),
        "ready": lambda: run_fresh("ready", MODEL, kit.name),
        "page": lambda: run_fresh("page", MODEL, kit.name),
    }


def run_fresh(task: str, *arguments: object) -> Values:
    """Run a function of `benchmarks.fresh` in a new process.

    Returns:
        Its results by the names `TASK.NAME`; among them `whole`, the seconds from the start of the process to its end.
    """
    command = [sys.executable, "-m", "benchmarks.fresh", task, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GRADIO_TEMP_DIR": folder}
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        whole = time.perf_counter() - start
    if done.returncode:
        raise NotRunError((done.stderr.splitlines() or ["it was ended"])[-1])
    results: Values = {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}
    return {f"{task}.{key}": value for key, value in results.items()}


def run_program(kit: Kit, midi_file: Path, same_as: Groove | None = None) -> float:
    """Time the `fluidsynth` program from its start to its end.

    Raises:
        NotRunError: If it is not installed, or plays something else than `same_as`.
    """
    if shutil.which("fluidsynth") is None:
        raise NotRunError("there is no fluidsynth program (Debian package fluidsynth)")
    wav = midi_file.with_suffix(".wav")
    gain = AUDIO.gain * 10 ** (kit.gain_db / 20)
    options = f"-q -n -i -T wav -O s16 -R 0 -C 0 -r {AUDIO.sample_rate} -g {gain:.4f} -o synth.polyphony={AUDIO.polyphony}"
    command = ["fluidsynth", *options.split(), "-F", str(wav), str(kit.path), str(midi_file)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode or not wav.exists():
        raise NotRunError(f"fluidsynth failed: {done.stderr.strip()}")
    if same_as is None:
        return seconds
    ours = audio.render(same_as, kit)
    with wave.open(str(wav)) as file:
        its_samples = np.frombuffer(file.readframes(ours.loop_frames), dtype="<i2")
    level, its_level = decibels(ours.samples[: ours.loop_frames]), decibels(its_samples)
    if not abs(level - its_level) <= LOUDNESS_TOLERANCE:
        raise NotRunError(f"fluidsynth plays something else: {its_level:.1f} dBFS (RMS), Drummer {level:.1f}")
    return seconds


def decibels(samples: NDArray[np.int16]) -> float:
    """Root mean square in dB below full scale; silence is minus infinity."""
    power = float(np.square(samples / 32768).mean()) if samples.size else 0.0
    return 10 * math.log10(power) if power else -math.inf


def write_for_program(groove: Groove, kit: Kit, path: Path, tail_seconds: float = AUDIO.tail_seconds) -> None:
    """Write a MIDI file from which the `fluidsynth` program, to which kits are unknown, plays what `drummer.audio` plays.

    It has the kit's keys, bends and velocities, and as long a tail. Hi-hats share a channel, so that they choke each other;
    channel 10 is left out, for which the program would look in the bank of General MIDI drums.
    """
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(groove.bpm))])
    hihat = next(index for index, voice in enumerate(VOICES) if voice.name.startswith("hihat"))
    channels = [hihat if voice.name.startswith("hihat") else index for index, voice in enumerate(VOICES)]
    channels = [len(VOICES) if channel == midi.DRUM_CHANNEL else channel for channel in channels]
    for channel, key in zip(channels, kit.keys, strict=True):
        for control, value in ((0, kit.bank or 0), (101, 0), (100, 0), (6, 12)):  # bank; bends reach 12 semitones
            track.append(mido.Message("control_change", channel=channel, control=control, value=value))
        track.append(mido.Message("program_change", channel=channel, program=kit.program))
        track.append(mido.Message("pitchwheel", channel=channel, pitch=round(key.bend / 12 * 8192)))
    now = 0
    hits = groove.to_hits()
    for beat, voice, velocity in sorted(zip(*(array.tolist() for array in hits), strict=True)):
        tick = max(0, round(beat * PROGRAM_TICKS))
        note, loudness = kit.keys[voice].key, kit.synth_velocity(velocity)
        track.append(mido.Message("note_on", channel=channels[voice], note=note, velocity=loudness, time=tick - now))
        now = tick
    end = round((groove.beats + max(0.0, tail_seconds - PROGRAM_GRACE) * groove.bpm / 60) * PROGRAM_TICKS)
    track.append(mido.Message("control_change", channel=channels[0], control=120, value=0, time=end - now))
    for channel in channels[1:]:  # all sound off, or else the program would play on for longer while anything rings
        track.append(mido.Message("control_change", channel=channel, control=120, value=0))
    track.append(mido.MetaMessage("end_of_track"))
    mido.MidiFile(type=0, ticks_per_beat=PROGRAM_TICKS, tracks=[track]).save(path)


# -- the table -------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A line of the table: values, or why there are none."""

    label: str
    values: list[float] | str
    unit: str = "s"
    limit: float | None = None


def make_rows(results: dict[str, list[float] | str]) -> list[Row | str]:
    """List the rows, headings between them."""

    def get(key: str) -> list[float] | str:
        failure = results.get(key.split(".")[0])
        return failure if isinstance(failure, str) else results[key]

    def combine(function: Callable[..., float], *keys: str) -> list[float] | str:
        columns = [get(key) for key in keys]
        reason = next((column for column in columns if isinstance(column, str)), None)
        return reason or [function(*turn) for turn in zip(*columns, strict=True)]

    def playing_ratio(ours: float, program: float, loading: float) -> float:
        return ours / (program - loading)

    def sampling(size: str) -> list[Row | str]:
        return [
            f"Sampling {BARS} bars, model {size}",
            Row("Drummer.generate", get(f"sample {size}"), limit=SAMPLING_LIMITS[size]),
            Row("  of which all but drawing and what is heard before, steps unrolled", get(f"unrolled {size}")),
            Row("as many calls of nn.LSTM, the decoder's, and nothing else", get(f"lstm {size}")),
            Row("  nn.LSTM / unrolled", combine(operator.truediv, f"lstm {size}", f"unrolled {size}"), "x"),
        ]

    long_bars = PROGRAM_REPEATS * BARS
    return [
        *(row for size in SAMPLING_LIMITS if f"sample {size}" in results for row in sampling(size)),
        f"Files of {BARS} bars",
        Row("render, kit loaded", get("render"), limit=0.25),
        Row("draw the piano roll, write PNG", get("roll")),
        Row("write MIDI", get("midi")),
        "MIDI to WAV by Drummer and by the fluidsynth program, the same hits and sounds",
        Row("Drummer: the whole process, start, import and all", get("process.whole")),
        Row("  after the imports: load, play, write", get("process.work")),
        Row("program: the whole process: start, load, play, write", get("program")),
        Row("  Drummer / program, whole", combine(operator.truediv, "process.whole", "program"), "x"),
        Row("  Drummer / program, Drummer after its imports", combine(operator.truediv, "process.work", "program"), "x"),
        Row(f"Drummer: play {long_bars} bars, kit loaded", get("long")),
        Row(f"program: {long_bars} bars less the time for silence", combine(operator.sub, "program long", "program loading")),
        Row("  Drummer / program, playing alone", combine(playing_ratio, "long", "program long", "program loading"), "x"),
        "A new process, until its first groove sounds",
        Row("the whole process", get("ready.whole")),
        *(Row(f"  {part}", get(f"ready.{part}")) for part in ("import", "load model", "first play", "load kit", "first render")),
        Row("peak memory", get("ready.peak"), "GB"),
        "The page",
        Row("import app, which loads all models and kits", get("page.start")),
        Row("a click on Generate: MIDI, WAV and PNG", get("page.generate")),
        Row("peak memory", get("page.peak"), "GB", 1.5),
    ]


def print_table(rows: list[Row | str]) -> None:
    width = max(len(row.label) for row in rows if isinstance(row, Row))
    print(f"\n{'':{width}}  {'median':>7} {'least':>7} {'90%':>7}     turns  limit")
    for row in rows:
        if isinstance(row, str):
            print(f"\n{row}")
        elif isinstance(row.values, str):
            print(f"{row.label:{width}}  {row.values}")
        else:
            numbers = [float(np.quantile(row.values, share)) for share in (0.5, 0, 0.9)]
            met = "" if row.limit is None else f"  {row.limit:g} {row.unit} {'met' if numbers[0] <= row.limit else 'MISSED'}"
            print(f"{row.label:{width}}  {' '.join(f'{n:7.3f}' for n in numbers)} {row.unit:2}  {len(row.values):5}{met}")


def print_machine(groove: Groove, kit: Kit) -> None:
    cpu_info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", cpu_info.read_text(encoding="utf-8")) if cpu_info.exists() else None
    cpu = found[1] if found else platform.processor() or platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "matplotlib", "mido", "pyfluidsynth", "gradio"))
    program = shutil.which("fluidsynth")
    banner = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout if program else ""
    print(f"{cpu}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; torch on one thread")
    print(f"Python {platform.python_version()}, {packages}, {(banner.splitlines() or ['no fluidsynth program'])[0]}")
    print(
        f"{BARS} bars of {GENRE} at {BPM} BPM last {groove.seconds:.1f} s and have {groove.hit_count} hits, on the kit {kit.name}"
    )


if __name__ == "__main__":
    sys.exit(main())
