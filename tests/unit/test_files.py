"""Files of the page: where they are written, when they go, and a disk that is full."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drummer.errors import StorageError
from drummer.web.files import save
from drummer.web.sweeping import sweep

HOUR = 3600.0


def write(path: Path, age: float, now: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 1000)
    for each in (path, path.parent):
        os.utime(each, (now - age, now - age))
    return path


def test_old_files_of_every_kind_go_and_young_ones_stay(tmp_path: Path) -> None:
    now = 1e9
    old = [write(tmp_path / name, HOUR, now) for name in ("a/take.wav", "deep_links/b/state.json", "tmpcut0ff")]
    (tmp_path / "empty").mkdir()
    os.utime(tmp_path / "empty", (now - HOUR, now - HOUR))
    young = [write(tmp_path / name, 60.0, now) for name in ("c/take.mid", "tmpupl0ad")]
    (tmp_path / "d").mkdir()  # somebody is about to write into it
    os.utime(tmp_path / "d", (now, now))
    sweep(tmp_path, HOUR / 2, now)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in young)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} <= {"c", "d", "deep_links"}


def test_a_thousand_files_are_gone_within_the_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    newest = max(save("take.mid", b"MThd").stat().st_mtime for _ in range(1000))
    sweep(tmp_path, HOUR / 2, newest + HOUR)
    assert list(tmp_path.iterdir()) == []


def test_who_reads_a_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "take.wav", HOUR, 1e9)
    with path.open("rb") as reader:
        sweep(tmp_path, HOUR / 2, 1e9)
        assert not path.exists()
        assert len(reader.read()) == 1000


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small disk can be mounted by root only")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "files"))
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_a_sentence_and_over_when_there_is_room(small_disk: Path) -> None:
    (small_disk / "others").write_bytes(b"x" * 40_000)
    with pytest.raises(StorageError, match="the server's disk is full, so the file could not be written: try again"):
        save("take.wav", b"x" * 40_000)
    assert [path for path in small_disk.rglob("*") if path.name == "take.wav"] == []
    (small_disk / "others").unlink()
    assert save("take.wav", b"x" * 40_000).stat().st_size == 40_000
