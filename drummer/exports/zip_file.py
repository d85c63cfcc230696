"""ZIP files whose bytes depend on their content alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can hold
_COMPRESSED = (".flac", ".png")


def write_zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Write files, by their paths in a folder, as a ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", _DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if PurePosixPath(name).suffix in _COMPRESSED else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
