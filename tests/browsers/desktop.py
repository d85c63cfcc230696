"""A desktop without screen and loudspeaker: a virtual screen, and a sink that can be listened to."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SECONDS = 60  # a limit, for a busy machine
RATE = 44100


@dataclass(frozen=True)
class Desktop:
    """Its folder is the home of the programs that run with its environment."""

    folder: Path
    environment: dict[str, str]

    def listen(self, seconds: float) -> float:
        """Listen to the loudspeaker, and return the loudest sample: 1 is full scale."""
        # With a limit: a browser that has the loudspeaker and hangs would be listened to for ever.
        command = [
            "timeout",
            str(SECONDS),
            "parec",
            "--device=speaker.monitor",
            "--format=s16le",
            f"--rate={RATE}",
            "--channels=1",
        ]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE) as listener:
            assert listener.stdout
            sound = np.frombuffer(listener.stdout.read(2 * round(seconds * RATE)), dtype="<i2")
            listener.terminate()
        assert len(sound), f"no sound, nor silence, came from the loudspeaker within {SECONDS} s"
        return float(np.abs(sound.astype(float)).max(initial=0)) / 2**15


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def running_desktop(folder: Path) -> Iterator[Desktop]:
    chosen = folder / "display"
    socket = folder / "loudspeaker"
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_SERVER": f"unix:{socket}",
        "LC_ALL": "C.UTF-8",
    }
    loudspeaker = ["pulseaudio", "-n", "--exit-idle-time=-1", "--use-pid-file=no"]
    for module in ("null-sink sink_name=speaker", f"native-protocol-unix auth-anonymous=1 socket={socket}"):
        loudspeaker += ["--load", f"module-{module}"]
    (folder / "Downloads").mkdir()
    (folder / ".config").mkdir()
    (folder / ".config" / "user-dirs.dirs").write_text('XDG_DOWNLOAD_DIR="$HOME/Downloads"\n')  # WebKit asks there
    with ExitStack() as stack:
        with chosen.open("wb") as display:  # Xvfb looks for a free number, and writes it here
            screen = ["Xvfb", "-displayfd", str(display.fileno()), "-screen", "0", "1600x1200x24"]
            process = subprocess.Popen(screen, pass_fds=[display.fileno()], stderr=subprocess.DEVNULL)
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        stack.enter_context(running(loudspeaker, environment, folder / "pulse.log"))
        wait_for(lambda: chosen.read_text().endswith("\n") and socket.exists(), "screen and loudspeaker")
        yield Desktop(folder, environment | {"DISPLAY": f":{chosen.read_text().strip()}"})
