"""The Groove MIDI Dataset (GMD) and its expanded form (E-GMD): from a folder to labelled grooves.

Source: Gillick et al., "Learning to Groove with Inverse Sequence Transformations" (ICML 2019),
https://magenta.tensorflow.org/datasets/groove.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

import numpy as np
from tqdm import tqdm

from drummer.config import ROOT, Config, default_config
from drummer.errors import CorpusError, GrooveError, MidiError
from drummer.files import midi
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from drummer.music.meter_adaptation import centred
from drummer.validation import cut, quote

SPLITS = ("train", "validation", "test")
GMD_TABLE = "info.csv"
E_GMD_TABLE = "e-gmd-v1.0.0.csv"
SEARCHED = (ROOT / "dataset" / "groove", ROOT / "dataset" / "e-gmd-v1.0.0", ROOT.parent / "shared" / "data" / "groove")

ARCHIVE_URL = "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip"
ARCHIVE_SHA256 = "651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e"
_ARCHIVE_LIMIT = 64_000_000  # bytes unpacked; the official archive holds 9 million
_DOWNLOAD_LIMIT = 32_000_000  # bytes; the official archive has 3 million
_DOWNLOAD_SECONDS = 1800.0  # longest download: 3 MB over a modem
_CHUNK = 65_536
_ENCRYPTED = 1  # of a ZIP member's flags

_PREFIX = ".download-"  # of the folder that a download is unpacked in
_COLUMNS = ("drummer", "session", "id", "style", "bpm", "beat_type", "time_signature", "midi_filename", "split")


@dataclass(frozen=True)
class Performance:
    """One performance of one drummer.

    Attributes:
        id: Unique name, such as `drummer1/session1/12`.
        drummer: Name of the drummer.
        genre: The genre that the configuration gives its label, else the label's part before the slash, such as `funk`.
        part: `beat`, or `fill` for a file that holds a fill alone.
        split: `train`, `validation` or `test`, as published: by performance.
        time_signature: As in the table, such as `4-4`.
        groove: The music, on the grid of the configuration, with the median of its offsets at 0.
        style: Name of its style in the configuration; empty = none.
        lost: Number of hits that the grid cannot hold, because a louder one of their voice is in the same cell.
        unplaced: Number of notes whose key belongs to no voice.
    """

    id: str
    drummer: str
    genre: str
    part: str
    split: str
    time_signature: str
    groove: Groove
    lost: int
    unplaced: int
    style: str = ""

    @property
    def beats(self) -> int:
        """Length in beats up to and including the last one with a hit; the silence that fills the last bar does not count."""
        steps, _ = np.nonzero(self.groove.hits)
        return int(steps.max(initial=0)) // self.groove.steps_per_beat + 1


@dataclass(frozen=True)
class Corpus:
    """All performances of a data set.

    Attributes:
        performances: In the order of the table.
        name: `GMD` or `E-GMD`.
        checksum: sha256 over the table and every MIDI file read.
    """

    performances: tuple[Performance, ...]
    name: str
    checksum: str

    def select(
        self, split: str, genres: Iterable[str], part: str | None = None, meters: Iterable[Meter] = (FOUR_FOUR,)
    ) -> list[Performance]:
        """Pick the performances of a split, of some genres, of one part (`beat` or `fill`) or both, in some meters."""
        wanted, signatures = set(genres), {meter.signature for meter in meters}
        return [
            performance
            for performance in self.performances
            if performance.split == split
            and performance.genre in wanted
            and performance.groove.meter.signature in signatures
            and part in (None, performance.part)
        ]


def find_dataset(data: Path | None = None) -> Path | None:
    """Find the folder of a data set: `data` if it is given, else the first of `SEARCHED` that exists.

    Raises:
        CorpusError: If `data` does not exist or holds neither table.
    """
    if data is None:
        return next((folder for folder in SEARCHED if (folder / _table_name(folder)).is_file()), None)
    if not data.is_dir():
        raise CorpusError(f"there is no data set folder {data}; give the one that holds {GMD_TABLE}, or leave --data out")
    if not (data / _table_name(data)).is_file():
        raise CorpusError(f"{data} holds neither {GMD_TABLE} (GMD) nor {E_GMD_TABLE} (E-GMD)")
    return data


def read_corpus(folder: Path, config: Config, *, quiet: bool = False) -> Corpus:
    """Read every performance of a data set, with a progress bar.

    Of E-GMD, which holds each performance once per kit, one kit is read: the one with the most performances, the first by name
    where several have as many.

    Args:
        folder: Where the table lies.
        config: For the grid and the bounds on MIDI files.
        quiet: Show no progress bar.

    Raises:
        CorpusError: If the table or a file is missing or damaged.
    """
    table = folder / _table_name(folder)
    rows = _one_kit(_read_table(table))
    digest = hashlib.sha256(table.read_bytes())
    performances = []
    for row in tqdm(rows, desc=f"Reading {folder.name}", unit="file", disable=quiet):
        path = _inside(folder, row["midi_filename"])
        try:
            digest.update(path.read_bytes())
            performances.append(_read_performance(row, path, config))
        except (OSError, MidiError, GrooveError, ValueError) as error:
            raise CorpusError(f"the data set file {path} is missing or damaged: {error}; fetch the data set again") from error
    name = "E-GMD" if table.name == E_GMD_TABLE else "GMD"
    return Corpus(tuple(performances), name, digest.hexdigest())


def download(
    destination: Path,
    url: str = ARCHIVE_URL,
    sha256: str = ARCHIVE_SHA256,
    *,
    quiet: bool = False,
    timeout: float = 30.0,
    longest: float = _DOWNLOAD_SECONDS,
) -> Path:
    """Fetch the official GMD archive (3 MB) and unpack it, with a progress bar.

    Nothing appears at `destination` before the archive is whole and its checksum right, so a broken download leaves no trace;
    what one that was killed has left is removed by the next.

    Args:
        destination: Folder that will hold `groove/`.
        url: Address of the archive.
        sha256: Its checksum, in hex.
        quiet: Show no progress bar.
        timeout: Seconds without a byte after which the download is given up.
        longest: Seconds after which it is given up though bytes still come.

    Returns:
        The folder `groove`.

    Raises:
        CorpusError: If the download breaks off, the checksum differs or the archive is not safe to unpack.
    """
    folder = destination / "groove"
    if folder.exists():
        raise CorpusError(f"{folder} exists already; move it away to download the data set again")
    destination.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(destination)
    with tempfile.TemporaryDirectory(dir=destination, prefix=_PREFIX) as temporary:
        archive = Path(temporary) / "archive.zip"
        try:
            received = _fetch(url, archive, quiet=quiet, timeout=timeout, longest=longest)
        except (OSError, HTTPException, ValueError) as error:  # URLError is an OSError
            raise CorpusError(f"the download from {url} broke off ({error}); try again, or give a folder with --data") from error
        if received != sha256:
            raise CorpusError(f"the download from {url} is damaged: its sha256 is {received}, it should be {sha256}; try again")
        _unpack(archive, Path(temporary))
        unpacked = Path(temporary) / "groove"
        if not (unpacked / GMD_TABLE).is_file():
            raise CorpusError(f"the archive from {url} does not hold groove/{GMD_TABLE}")
        unpacked.replace(folder)
    return folder


def typical_tempos(corpus: Corpus, genres: Iterable[str]) -> dict[str, tuple[float, float, float]]:
    """Compute the 10%, 50% and 90% quantiles of the tempo of training beats, weighted by duration: BPM by genre."""
    quantiles = {}
    for genre in genres:
        weighted = sorted((p.groove.bpm, p.beats * 60 / p.groove.bpm) for p in corpus.select("train", [genre], "beat"))
        quantiles[genre] = (_quantile(weighted, 0.1), _quantile(weighted, 0.5), _quantile(weighted, 0.9))
    return quantiles


def _quantile(weighted: Sequence[tuple[float, float]], share: float) -> float:
    remaining = share * sum(weight for _, weight in weighted)
    for value, weight in weighted:
        remaining -= weight
        if remaining <= 0:
            return value
    return weighted[-1][0]


def _table_name(folder: Path) -> str:
    return E_GMD_TABLE if (folder / E_GMD_TABLE).is_file() else GMD_TABLE


def _read_table(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"the table {path} cannot be read: {error}") from error
    missing = [column for column in _COLUMNS if not rows or rows[0].get(column) is None]
    if missing:
        raise CorpusError(f"the table {path} must have rows with the column '{missing[0]}'")
    for line, row in enumerate(rows, start=2):
        if None in (row[column] for column in _COLUMNS):
            raise CorpusError(f"line {line} of {path} has fewer columns than the table's first")
        if row["split"] not in SPLITS:
            raise CorpusError(f"line {line} of {path}: the split must be one of {', '.join(SPLITS)}, got {quote(row['split'])}")
    return rows


def _one_kit(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    counts = Counter(row.get("kit_name") or "" for row in rows)
    kit = min(counts, key=lambda name: (-counts[name], name))
    return [row for row in rows if (row.get("kit_name") or "") == kit]


def _read_performance(row: dict[str, str], path: Path, config: Config) -> Performance:
    bounds = replace(config.midi, max_bars=config.midi.max_corpus_bars)
    reading = midi.read(path, config.grid.steps_per_beat, bounds, whole=True, details=False)
    groove, merged = centred(reading.groove)
    genre, style = _find_style(row["style"], config)
    return Performance(
        id=row["id"],
        drummer=row["drummer"],
        genre=genre,
        part=row["beat_type"],
        split=row["split"],
        time_signature=row["time_signature"],
        groove=groove.with_bpm(float(row["bpm"])),
        lost=reading.merged + merged,
        unplaced=sum(reading.unplaced.values()),
        style=style,
    )


def _find_style(label: str, config: Config) -> tuple[str, str]:
    """Find genre and style of a label of the data set; the style is empty where the configuration has none for it."""
    for genre, settings in config.genres.items():
        for name, style in settings.styles.items():
            if label in style.sources:
                return genre, name
    return label.split("/")[0], ""


def _inside(folder: Path, name: str) -> Path:
    """Join a path from a table or an archive, and refuse one that leads out of the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CorpusError(f"the data set names a file outside its folder: {cut(name)}")
    return path


def _fetch(url: str, target: Path, *, quiet: bool, timeout: float, longest: float) -> str:
    """Download to a file and return its sha256."""
    digest = hashlib.sha256()
    end = time.monotonic() + longest
    with urllib.request.urlopen(url, timeout=timeout) as response, target.open("wb") as file:
        total = int(response.headers.get("Content-Length", 0))
        with tqdm(total=total or None, desc="Downloading GMD", unit="B", unit_scale=True, disable=quiet) as bar:
            while chunk := response.read1(_CHUNK):
                if file.tell() + len(chunk) > _DOWNLOAD_LIMIT:
                    raise OSError(f"more than {_DOWNLOAD_LIMIT // 1_000_000} MB came; it is not GMD")
                if time.monotonic() > end:
                    raise OSError(f"it took more than {longest:g} seconds")
                file.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
    received = target.stat().st_size
    if received < total:
        raise OSError(f"{received} of {total} bytes came")
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as source:
            members = [member for member in source.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _ARCHIVE_LIMIT:
                raise CorpusError(f"the archive would unpack to more than {_ARCHIVE_LIMIT // 1_000_000} MB; it is not GMD")
            if any(member.flag_bits & _ENCRYPTED for member in members):
                raise CorpusError("the archive of the data set is encrypted; it is not GMD")
            for member in members:
                target = _inside(folder, member.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                with source.open(member) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise CorpusError(f"the archive of the data set is damaged: {cut(error)}; download it again") from error


def _remove_leftovers(destination: Path) -> None:
    """Remove the folders of downloads that were killed: they are older than any that is under way."""
    for folder in destination.glob(f"{_PREFIX}*"):
        if folder.is_dir() and folder.stat().st_mtime < time.time() - _DOWNLOAD_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _print_tempos() -> None:
    """Print the genres' tempos as `config.yaml` holds them."""
    config = default_config()
    folder = find_dataset(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    if folder is None:
        raise SystemExit("no data set found; name its folder")
    for genre, (slow, usual, fast) in typical_tempos(read_corpus(folder, config), config.genres).items():
        print(f"  {genre}: {{usual_bpm: {usual:g}, slow_bpm: {slow:g}, fast_bpm: {fast:g}}}")


if __name__ == "__main__":
    _print_tempos()
