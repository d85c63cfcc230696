"""Deletion of old files from the folder that Gradio serves: saved files, uploads, incomplete uploads."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder

from drummer import default_config

_SWEEPS = 4  # per lifetime of a file


def sweep(folder: Path, seconds: float, now: float | None = None) -> None:
    """Delete the old files under a folder, and the folders that are then empty.

    A file that is being read can be read to its end. A folder that is younger stays: a file may be about to be written into it.

    Args:
        folder: The folder, which stays.
        seconds: Age, since the last write, at which a file is deleted.
        now: Seconds since the epoch; by default the clock's.
    """
    oldest = (time.time() if now is None else now) - seconds
    for path, _, names in os.walk(folder, topdown=False):
        parent = Path(path)
        with suppress(OSError):  # already deleted
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
    """Start a thread that sweeps the folder which Gradio serves."""
    seconds = default_config().app.file_seconds

    def repeat() -> None:
        while True:
            sweep(Path(get_upload_folder()), seconds)
            time.sleep(seconds / _SWEEPS)

    thread = threading.Thread(target=repeat, name="sweep", daemon=True)
    thread.start()
    return thread
