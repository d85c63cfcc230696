"""A kit as one file of one-shots, for a player that mixes them itself: the page's drum grid.

The file holds, one after the other: four bytes, the length of the header as a little-endian number; the header, JSON in UTF-8;
the sounds of all voices and velocity layers in a row, as FLAC, which every browser decodes. The header:

    rate               frames a second
    scale              what the samples are multiplied by to be in full scale
    velocityExponent   synthesizer velocity = 127 * velocity ** this, as in `Kit.synth_velocity`
    knee               peaks above this are bent, as in `Renderer.render`
    layers             for each voice a list of [from, to, exponent, start, frames]: at the synthesizer velocities `from` to `to`
                       the sound is these frames, recorded at `to`, times (velocity / to) ** exponent
    chokes             a list of [voice, by, dB a second]: how fast a voice that rings dies away once another has struck
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import itertools
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drummer.audio import Kit, Renderer, Rendering, Strike, load_renderer
from drummer.config import AudioConfig, default_config
from drummer.errors import SoundfontError
from drummer.music.voices import VOICE_COUNT, VOICES
from drummer.validation import quote, quote_path

Sound = NDArray[np.float32]  # (frames, 2)

_ATTACK_FRAMES = 2048  # enough of a sound to tell whether two velocities play the same recording
_SAME_RECORDING = 0.97  # normalised correlation of two attacks
_JUMP = 0.5  # decibels that a level is off from one velocity to the next where another recording, or a copy of it, begins
_GAP_FRAMES = 64  # of silence between sounds
_CHOKE_FRAMES = 4416  # a tenth of a second, in whole blocks of the synthesizer: how long a voice rings before another strikes
_CHOKE_WINDOW = 2205  # frames over which a choked level is measured
_AUDIBLE_CHOKE = 6.0  # dB a second; a slower decay is the release of a note that was struck again
_LOUDEST = 127
_DIGITS = 16  # of checksums in the names of files
_PART = ".part"  # end of the name of a file that is being written


class Layer(NamedTuple):
    """Velocities of a voice that play the same recording.

    Attributes:
        low: The lowest synthesizer velocity.
        high: The highest, which it is recorded at.
        exponent: The amplitude at velocity v is (v / high) ** exponent of the recorded one.
    """

    low: int
    high: int
    exponent: float


def pack(kit: Kit, config: AudioConfig | None = None) -> bytes:
    """Record a kit into one file; see the module for what is in it.

    Raises:
        AudioUnavailableError: If the FluidSynth library is not installed.
        SoundfontError: If the kit's file is missing, damaged or has no such preset.
    """
    renderer = load_renderer(kit, config)
    table: list[list[list[float]]] = []
    sounds: list[Sound] = []
    frames = 0
    for voice in range(VOICE_COUNT):
        rows = []
        for layer in find_layers(renderer.attacks(voice, _ATTACK_FRAMES)):
            sound = renderer.one_shot(voice, layer.high)
            rows.append([*layer, frames, len(sound)])
            sounds += [sound, np.zeros((_GAP_FRAMES, 2), dtype=np.float32)]
            frames += len(sound) + _GAP_FRAMES
        table.append(rows)
    samples = np.concatenate(sounds)
    scale = max(1.0, float(np.abs(samples).max()))
    header = {
        "rate": renderer.config.sample_rate,
        "scale": scale,
        "velocityExponent": kit.velocity_exponent,
        "knee": renderer.config.knee,
        "layers": table,
        "chokes": find_chokes(renderer),
    }
    head = json.dumps(header).encode()
    frames16 = np.rint(samples / scale * np.iinfo(np.int16).max).astype(np.int16)
    sounds16 = Rendering(frames16, loop_frames=len(frames16), sample_rate=renderer.config.sample_rate)
    return len(head).to_bytes(4, "little") + head + sounds16.flac_bytes()


def cache_folder() -> Path:
    """Choose where files of one-shots outlast the program: the user's cache, or else the system's temporary files."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for folder in (cache / "drummer", Path(tempfile.gettempdir()) / f"drummer-{os.getuid()}"):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return Path(tempfile.mkdtemp(prefix="drummer-"))


def write(kit: Kit, folder: Path, config: AudioConfig | None = None) -> Path:
    """Record a kit into a file in a folder, or find it there.

    The file's name tells the soundfont and settings that it is made from, and its own content: one that is damaged is not found
    but made again. What a program that was killed has left half written is removed.

    Raises:
        SoundfontError: If the folder cannot be written to, or the kit's file cannot be read.
        DrummerError: As `pack`.
    """
    config = config or default_config().audio
    try:
        made_from = hashlib.sha256(Path(__file__).read_bytes() + repr((replace(kit, path=Path()), config)).encode())
        with kit.path.open("rb") as file:
            made_from.update(hashlib.file_digest(file, "sha256").digest())
        stem = f"{kit.name}_{made_from.hexdigest()[:_DIGITS]}"
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        return _find_whole(folder, stem) or _write_whole(folder, stem, pack(kit, config))
    except OSError as error:
        problem = f"{error.strerror or error}: {quote_path(error.filename or folder)}"
        raise SoundfontError(f"the recordings of the kit {quote(kit.name)} cannot be kept: {problem}") from error


def _find_whole(folder: Path, stem: str) -> Path | None:
    """Find a file whose content is what its name says, and remove those that are damaged."""
    found = None
    for path in folder.glob(f"{glob.escape(stem)}_*.kit"):
        if path.is_file() and path.stem.removeprefix(f"{stem}_") == _digest(path.read_bytes()):
            found = path
        else:
            with contextlib.suppress(OSError):  # what cannot be removed is not used either
                path.unlink()
    return found


def _write_whole(folder: Path, stem: str, data: bytes) -> Path:
    """Write a file so that nobody finds half of it, and lock it meanwhile, so that nobody takes it for left over."""
    path = folder / f"{stem}_{_digest(data)}.kit"
    with tempfile.NamedTemporaryFile(dir=folder, suffix=_PART, delete=False) as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        try:
            part.write(data)
            part.flush()
            Path(part.name).replace(path)
        except OSError:
            Path(part.name).unlink(missing_ok=True)
            raise
    return path


def _remove_parts(folder: Path) -> None:
    """Remove files that were being written when their program was killed; it can no longer hold their lock."""
    for path in (*folder.glob(f"*{_PART}"), *folder.glob("tmp????????")):  # the latter as earlier versions named them
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def find_layers(attacks: Sound) -> list[Layer]:
    """Find the velocity layers of a voice from its attacks at the velocities 1 to 127, (127, frames, 2)."""
    flat = attacks.reshape(len(attacks), -1).astype(np.float64)
    strengths = np.linalg.norm(flat, axis=1)
    shapes = flat / np.maximum(strengths, 1e-12)[:, np.newaxis]
    levels = np.log(np.maximum(strengths, 1e-12))
    steps = np.diff(np.log(np.arange(1, len(flat) + 1)))
    usual = np.median(np.diff(levels) / steps)  # how a voice's level rises with the velocity, between the jumps
    jumps = np.abs(np.diff(levels) - usual * steps) > _JUMP * np.log(10) / 20
    starts = [0]
    for index in range(1, len(shapes)):
        if jumps[index - 1] or shapes[index] @ shapes[starts[-1]] < _SAME_RECORDING:
            starts.append(index)
    return [_layer(start, end, strengths) for start, end in itertools.pairwise([*starts, len(shapes)])]


def _layer(start: int, end: int, strengths: NDArray[np.float64]) -> Layer:
    low, high = start + 1, end
    quiet, loud = strengths[start], strengths[end - 1]
    known = low < high and quiet > 0
    return Layer(low, high, round(float(np.log(quiet / loud) / np.log(low / high)), 4) if known else 2.0)


def find_chokes(renderer: Renderer) -> list[tuple[int, int, float]]:
    """Find which voice cuts which off, and how fast, in dB a second."""
    hihats = [index for index, voice in enumerate(VOICES) if voice.name.startswith("hihat")]
    pairs = {(voice, voice) for voice in range(VOICE_COUNT)} | set(itertools.product(hihats, hihats))
    rates = ((voice, by, _choke_rate(renderer, voice, by)) for voice, by in sorted(pairs))
    return [(voice, by, round(rate, 1)) for voice, by, rate in rates if rate > _AUDIBLE_CHOKE]


def _choke_rate(renderer: Renderer, voice: int, by: int) -> float:
    first, second = Strike(0, voice, _LOUDEST), Strike(_CHOKE_FRAMES, by, _LOUDEST)
    frames = _CHOKE_FRAMES + 2 * _CHOKE_WINDOW
    free, later, both = (renderer.strike(*strikes, frames=frames) for strikes in ([first], [second], [first, second]))
    left = both - later  # the synthesizer adds voices up: this is the first note alone, choked by the second
    falls = _levels(free[_CHOKE_FRAMES:]) - _levels(left[_CHOKE_FRAMES:])
    return float(falls[1] - falls[0]) * renderer.config.sample_rate / _CHOKE_WINDOW


def _levels(sound: Sound) -> NDArray[np.float64]:
    """(2,) decibels of the first and second half."""
    power = np.mean(np.square(sound.astype(np.float64)).reshape(2, -1), axis=1)
    return np.asarray(10.0 * np.log10(power + 1e-12))
