"""What a folder holds."""

from pathlib import Path


def names(folder: Path) -> list[str]:
    """List the names in a folder, in order."""
    return sorted(path.name for path in folder.iterdir())
