"""Sample kits: a drum kit recorded into one file, which the page's drum grid plays in the browser.

The file holds, one after the other: the length of the header as a little-endian number of four bytes; the header, JSON in UTF-8;
the samples of all voices and velocity layers in a row, as FLAC, which every browser decodes. The header:

    rate               frames a second
    scale              factor from the samples to full scale
    velocityExponent   synthesizer velocity = 127 * velocity ** velocityExponent, as in `Kit.synth_velocity`
    knee               level above which peaks are bent, as in `Renderer.render`
    layers             for each voice a list of [from, to, exponent, start, frames]: synthesizer velocities `from` to `to` play
                       these frames, recorded at `to`, times (velocity / to) ** exponent
    percussion         the same list for each percussion instrument that the kit has a sound for, by its General MIDI key; any
                       other sounds as the voice that stands in for it
    chokes             a list of [voice, by, dB a second]: the decay of a ringing voice after the voice `by` has struck
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

from drummer.audio.fluidsynth import percussion_voice
from drummer.audio.kits import Kit
from drummer.audio.notes import NoteOn
from drummer.audio.renderer import Renderer, load_renderer
from drummer.audio.rendering import Rendering
from drummer.config import default_config
from drummer.config_sections import AudioConfig
from drummer.errors import SoundfontError
from drummer.music.voices import VOICE_COUNT, VOICES
from drummer.validation import quote, quote_path

Sound = NDArray[np.float32]  # (frames, 2) in full scale

_ATTACK_FRAMES = 2048  # of a sound that are compared to find out whether two velocities play the same recording
_SAME_RECORDING = 0.97  # lowest normalised correlation of two attacks from the same recording
_JUMP = 0.5  # dB of deviation from the usual rise of level with velocity, from which another velocity layer begins
_GAP_FRAMES = 64  # of silence between sounds
_CHOKE_FRAMES = 4416  # that a voice rings before another strikes: a tenth of a second in whole blocks of the synthesizer
_CHOKE_WINDOW = 2205  # frames over which a choked level is measured
_AUDIBLE_CHOKE = 6.0  # dB a second; a slower decay is the release of a note that was struck again
_LOUDEST = 127  # MIDI velocity
_CHECKSUM_DIGITS = 16  # in file names
_PART = ".part"  # end of the name of a file that is being written


class Layer(NamedTuple):
    """A velocity layer: the range of velocities at which a voice plays the same recording.

    Attributes:
        low: The lowest synthesizer velocity.
        high: The highest synthesizer velocity, at which the layer is recorded.
        exponent: The amplitude at velocity v is (v / high) ** exponent of the recorded one.
    """

    low: int
    high: int
    exponent: float


def record(kit: Kit, config: AudioConfig | None = None) -> bytes:
    """Record a kit: the content of a sample kit file, in the format that this module describes.

    Raises:
        AudioUnavailableError: If the FluidSynth library is not installed.
        SoundfontError: If the kit's file is missing, damaged or has no such preset.
    """
    renderer = load_renderer(kit, config)
    sounds: list[Sound] = []
    table = [_record_layers(renderer, voice, sounds) for voice in range(VOICE_COUNT)]
    recorded: dict[int, list[list[float]]] = {}  # by the soundfont's key, which may play several instruments
    percussion = {}
    for key, own in renderer.percussion.items():
        if own not in recorded:
            recorded[own] = _record_layers(renderer, percussion_voice(key), sounds)
        percussion[key] = recorded[own]
    samples = np.concatenate(sounds)
    scale = max(1.0, float(np.abs(samples).max()))
    header = {
        "rate": renderer.config.sample_rate,
        "scale": scale,
        "velocityExponent": kit.velocity_exponent,
        "knee": renderer.config.knee,
        "layers": table,
        "percussion": percussion,
        "chokes": find_chokes(renderer),
    }
    head = json.dumps(header).encode()
    frames16 = np.rint(samples / scale * np.iinfo(np.int16).max).astype(np.int16)
    sounds16 = Rendering(frames16, loop_frames=len(frames16), sample_rate=renderer.config.sample_rate)
    return len(head).to_bytes(4, "little") + head + sounds16.flac_bytes()


def _record_layers(renderer: Renderer, voice: int, sounds: list[Sound]) -> list[list[float]]:
    """Record the velocity layers of a voice behind the other sounds, and list them as in the header."""
    rows, frames = [], sum(map(len, sounds))
    for layer in find_layers(renderer.attacks(voice, _ATTACK_FRAMES)):
        sound = renderer.one_shot(voice, layer.high)
        rows.append([*layer, frames, len(sound)])
        sounds += [sound, np.zeros((_GAP_FRAMES, 2), dtype=np.float32)]
        frames += len(sound) + _GAP_FRAMES
    return rows


def cache_folder() -> Path:
    """Choose the folder that keeps sample kits between runs: the user's cache, or else one for temporary files."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for folder in (cache / "drummer", Path(tempfile.gettempdir()) / f"drummer-{os.getuid()}"):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return Path(tempfile.mkdtemp(prefix="drummer-"))


def write(kit: Kit, folder: Path, config: AudioConfig | None = None) -> Path:
    """Write the sample kit of a kit into a folder, unless it is there already, and return its path.

    The file's name holds a checksum of the soundfont and settings that it is made from, and one of its own content: a damaged
    file is removed and made again. Half-written files of programs that were killed are removed.

    Raises:
        SoundfontError: If the folder cannot be written to, or the kit's file cannot be read.
        DrummerError: As `record`.
    """
    config = config or default_config().audio
    try:
        made_from = hashlib.sha256(Path(__file__).read_bytes() + repr((replace(kit, path=Path()), config)).encode())
        with kit.path.open("rb") as file:
            made_from.update(hashlib.file_digest(file, "sha256").digest())
        stem = f"{kit.name}_{made_from.hexdigest()[:_CHECKSUM_DIGITS]}"
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        return _find_whole(folder, stem) or _write_whole(folder, stem, record(kit, config))
    except OSError as error:
        problem = f"{error.strerror or error}: {quote_path(error.filename or folder)}"
        raise SoundfontError(f"the recordings of the kit {quote(kit.name)} cannot be kept: {problem}") from error


def _find_whole(folder: Path, stem: str) -> Path | None:
    """Find a file whose content matches the checksum in its name, and remove the damaged ones."""
    found = None
    for path in folder.glob(f"{glob.escape(stem)}_*.kit"):
        if path.is_file() and path.stem.removeprefix(f"{stem}_") == _digest(path.read_bytes()):
            found = path
        else:
            with contextlib.suppress(OSError):  # a damaged file that cannot be removed is not used either
                path.unlink()
    return found


def _write_whole(folder: Path, stem: str, data: bytes) -> Path:
    """Write a file under another name, locked against `_remove_parts`, and rename it, so that it is never seen half written."""
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
    """Remove half-written files whose program was killed, and so no longer holds their lock."""
    for path in (*folder.glob(f"*{_PART}"), *folder.glob("tmp????????")):  # the latter: names of earlier versions
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_CHECKSUM_DIGITS]


def find_layers(attacks: Sound) -> list[Layer]:
    """Find the velocity layers of a voice from its attacks at the velocities 1 to 127, (127, frames, 2)."""
    flat = attacks.reshape(len(attacks), -1).astype(np.float64)
    strengths = np.linalg.norm(flat, axis=1)
    shapes = flat / np.maximum(strengths, 1e-12)[:, np.newaxis]
    levels = np.log(np.maximum(strengths, 1e-12))
    steps = np.diff(np.log(np.arange(1, len(flat) + 1)))
    usual = np.median(np.diff(levels) / steps)  # rise of the level with the velocity, between the jumps
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
    """Measure the chokes of a kit: (choked voice, voice that chokes it, decay in dB a second)."""
    hihats = [index for index, voice in enumerate(VOICES) if voice.name.startswith("hihat")]
    pairs = {(voice, voice) for voice in range(VOICE_COUNT)} | set(itertools.product(hihats, hihats))
    rates = ((voice, by, _choke_rate(renderer, voice, by)) for voice, by in sorted(pairs))
    return [(voice, by, round(rate, 1)) for voice, by, rate in rates if rate > _AUDIBLE_CHOKE]


def _choke_rate(renderer: Renderer, voice: int, by: int) -> float:
    """Measure how much faster a voice decays after another has struck, in dB a second."""
    first, second = NoteOn(0, voice, _LOUDEST), NoteOn(_CHOKE_FRAMES, by, _LOUDEST)
    frames = _CHOKE_FRAMES + 2 * _CHOKE_WINDOW
    free, later, both = (renderer.synthesize(notes, frames) for notes in ([first], [second], [first, second]))
    left = both - later  # the synthesizer adds notes up: this is the first note alone, choked by the second
    falls = _levels(free[_CHOKE_FRAMES:]) - _levels(left[_CHOKE_FRAMES:])
    return float(falls[1] - falls[0]) * renderer.config.sample_rate / _CHOKE_WINDOW


def _levels(sound: Sound) -> NDArray[np.float64]:
    """Measure the levels of the first and the second half, in dB: (2,)."""
    power = np.mean(np.square(sound.astype(np.float64)).reshape(2, -1), axis=1)
    return np.asarray(10.0 * np.log10(power + 1e-12))
