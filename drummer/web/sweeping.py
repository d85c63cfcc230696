"""Old files are deleted: what was saved, uploads that were cut off, whatever else is in the folder that Gradio serves."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder

from drummer import default_config

_LOOKS = 4  # in the time that files may stay


def sweep(folder: Path, seconds: float, now: float | None = None) -> None:
    """Delete every file under a folder that was last written longer ago than this, and the folders that are then empty.

    Whoever is reading such a file reads it to its end. A folder stays where it is younger itself: somebody may be about to write
    into it.

    Args:
        folder: The folder, which stays.
        seconds: How old a file may become.
        now: Seconds since the epoch; by default the clock's.
    """
    oldest = (time.time() if now is None else now) - seconds
    for path, _, names in os.walk(folder, topdown=False):
        parent = Path(path)
        with suppress(OSError):  # somebody else has deleted it
            is_old = parent.stat().st_mtime < oldest
            for name in names:
                _delete_old(parent / name, oldest)
            if is_old and parent != folder:
                parent.rmdir()  # an error where it is not empty


def _delete_old(path: Path, oldest: float) -> None:
    with suppress(OSError):
        if path.lstat().st_mtime < oldest:
            path.unlink()


def sweep_regularly() -> threading.Thread:
    """Sweep the folder that Gradio serves, from now on, in the background."""
    seconds = default_config().app.file_seconds

    def repeat() -> None:
        while True:
            sweep(Path(get_upload_folder()), seconds)
            time.sleep(seconds / _LOOKS)

    thread = threading.Thread(target=repeat, name="sweep", daemon=True)
    thread.start()
    return thread
