"""Files for the user, each in a folder of its own under the folder that Gradio serves and clears."""

from __future__ import annotations

import errno
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from gradio.utils import get_upload_folder

from drummer import audio, default_config, exports
from drummer.errors import StorageError
from drummer.files.document import Take
from drummer.web.actions import as_heard
from drummer.web.workers import run_in_worker

USUAL_CHOICES = exports.Choices(loop=False)
QUICK_FORMS = tuple(name for name, each in exports.FORMATS.items() if each.is_quick)

_FULL = (errno.ENOSPC, errno.EDQUOT)
DISK_FULL = "the server's disk is full, so the file could not be written: try again in some minutes"


def write_file(
    take: Take, form: str, choices: exports.Choices = USUAL_CHOICES, progress: audio.ProgressCallback | None = None
) -> Path:
    """Write a take, as it is heard, as a file of its own folder.

    Args:
        take: The take.
        form: One of `drummer.exports.FORMATS`.
        choices: How it is exported; its kit is the take's, and `groove.json` holds the take as it is.
        progress: Called with the share that is done, 0-1.

    Raises:
        StorageError: If the file cannot be written.
        DrummerError: As `drummer.exports.export`.
    """
    kit = kit_of(take) if exports.find_format(form).needs_kit() else None
    write = _write if form in QUICK_FORMS else _write_in_worker
    return write(take, form, replace(choices, kit=kit, original=take), progress=progress)


def _write(take: Take, form: str, choices: exports.Choices, progress: audio.ProgressCallback | None = None) -> Path:
    return save(*exports.export(as_heard(take), form, choices, progress))


_write_in_worker = run_in_worker(_write)


def save(name: str, data: bytes) -> Path:
    """Write a file with this name into a folder of its own.

    Raises:
        StorageError: If it cannot be written; no part of it is left then.
    """
    folder = None
    try:
        root = Path(get_upload_folder())
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=root))
        path = folder / name
        path.write_bytes(data)
    except OSError as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise storage_error(error) from error
    return path


def storage_error(error: OSError) -> StorageError:
    """Turn an error of the file system into one sentence."""
    if is_full(error):
        return StorageError(DISK_FULL)
    return StorageError(f"the server cannot write the file ({error.strerror}): try again in a few minutes")


def is_full(error: OSError) -> bool:
    """Tell whether the disk is full."""
    return error.errno in _FULL


def kit_of(take: Take) -> audio.Kit:
    """Look up the drum kit of a take."""
    return audio.find_kit(take.settings.get("kit", default_config().defaults.kit))
