"""What is measured in a process of its own: `python -m benchmarks.fresh ready|page|process`, its result as a line of JSON.

Imports stand in the functions, since they are a part of what is measured.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

GENRE, BPM, BARS, SEED = "funk", 95, 8, 7  # of the groove that everything is measured with


def ready(model: str, kit: str) -> dict[str, float]:
    """Go from nothing to the first groove that sounds; seconds since the last step of each, and memory."""
    clock = Clock()
    from drummer import Drummer, audio
    from drummer.generation.threads import use_one_thread

    use_one_thread()  # as the page does
    imported = clock.lap()
    drummer = Drummer.load(model)
    model_loaded = clock.lap()
    groove = drummer.generate(genre=GENRE, bpm=BPM, bars=BARS, seed=SEED)
    played = clock.lap()
    renderer = audio.Renderer(audio.find_kit(kit), drummer.config.audio)
    kit_loaded = clock.lap()
    renderer.render(groove)
    return {
        "import": imported,
        "load model": model_loaded,
        "first play": played,
        "load kit": kit_loaded,
        "first render": clock.lap(),
        "peak": peak_gigabytes(),
    }


def page(model: str, kit: str) -> dict[str, float]:
    """Start the page, without a server, and do what a click on Generate does."""
    clock = Clock()
    import app  # noqa: F401 (loads all models and kits)

    started = clock.lap()
    from drummer.web.api.generation import generate  # which app.py has imported

    generate(GENRE, BPM, BARS, 1.0, SEED, kit, model)
    return {"start": started, "generate": clock.lap(), "peak": peak_gigabytes()}


def process(midi_file: str, kit: str, wav: str) -> dict[str, float]:
    """Do the job of the `fluidsynth` program: a MIDI file in, a WAV file out; seconds without the imports."""
    from drummer import audio
    from drummer.files import midi

    clock = Clock()
    audio.render(midi.read(midi_file).groove, audio.find_kit(kit)).to_wav(Path(wav))
    return {"work": clock.lap()}


class Clock:
    """Seconds between one lap and the next."""

    def __init__(self) -> None:
        """Start."""
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the last lap or the start."""
        before, self._last = self._last, time.perf_counter()
        return self._last - before


def peak_gigabytes() -> float:
    """Most memory that this process has held at once, in 10^9 bytes.

    Not `getrusage`: its `ru_maxrss` starts from that of the process that started this one.
    """
    kibibytes = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert kibibytes
    return int(kibibytes[1]) * 1024 / 1e9


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    tasks: dict[str, Callable[..., dict[str, float]]] = {"ready": ready, "page": page, "process": process}
    print(json.dumps(tasks[task](*arguments)))
