"""The corpus: tables, splits, and a download that may go wrong in every way."""

import contextlib
import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from drummer.config import default_config
from drummer.data.corpus import Corpus, download, find_dataset, read_corpus, typical_tempos
from drummer.errors import CorpusError
from tests.datasets import GENRES, write_e_gmd, write_gmd


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gmd(tmp_path_factory.mktemp("gmd"))


def test_gmd_is_read_with_its_labels(small: Path) -> None:
    corpus = read_corpus(small, default_config(), quiet=True)
    assert corpus.name == "GMD"
    assert len(corpus.performances) == 7 * len(GENRES)
    beats, fills = corpus.select("train", ["funk"], "beat"), corpus.select("train", ["funk"], "fill")
    assert [len(beats), len(fills)] == [3, 1]
    assert len(corpus.select("train", ["funk"])) == 4
    assert {take.part for take in fills} == {"fill"}
    assert {take.groove.bpm for take in beats} == {96.0}  # the table's tempo
    assert beats[0].groove.bars == 4 and beats[0].beats == 16


def test_of_e_gmd_one_kit_is_read(tmp_path: Path) -> None:
    corpus = read_corpus(write_e_gmd(tmp_path), default_config(), quiet=True)
    assert corpus.name == "E-GMD"
    assert [take.id for take in corpus.performances] == ["train_AcousticKit", "validation_AcousticKit"]
    assert {take.genre for take in corpus.performances} == {"funk"}


def test_the_checksum_changes_with_the_data(small: Path, tmp_path: Path) -> None:
    again = read_corpus(write_gmd(tmp_path), default_config(), quiet=True)
    assert again.checksum == read_corpus(small, default_config(), quiet=True).checksum
    target = next(tmp_path.rglob("*_funk_beat.mid"))
    target.write_bytes(next(tmp_path.rglob("*_jazz_beat.mid")).read_bytes())
    assert read_corpus(tmp_path, default_config(), quiet=True).checksum != again.checksum


def test_the_official_split_of_gmd(real_corpus: Corpus) -> None:
    corpus = real_corpus
    assert len(corpus.performances) == 1150
    assert [sum(take.split == split for take in corpus.performances) for split in ("train", "validation", "test")] == [
        897,
        124,
        129,
    ]
    assert sum(take.unplaced for take in corpus.performances) == 0
    hits = sum(take.groove.hit_count for take in corpus.performances)
    lost = sum(take.lost for take in corpus.performances)
    assert lost / (hits + lost) < 0.01
    assert not {take.id for take in corpus.select("train", GENRES)} & {take.id for take in corpus.select("test", GENRES)}
    config = default_config()
    for genre, tempos in typical_tempos(corpus, config.genres).items():
        known = config.genres[genre]
        assert tempos == (known.slow_bpm, known.usual_bpm, known.fast_bpm)


def test_a_folder_without_its_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds neither info\.csv"):
        find_dataset(tmp_path)
    with pytest.raises(CorpusError, match="there is no data set folder"):
        find_dataset(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("split", "part", "column 'split'"),
        (",train", ",training", "the split must be one of train, validation, test, got 'training'"),
        ("drummer1/session0/0_", "../../etc/", "outside its folder"),
        ("0_afrocuban_beat.mid", "gone.mid", "missing or damaged"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    table = write_gmd(tmp_path) / "info.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(CorpusError, match=sentence):
        read_corpus(tmp_path, default_config(), quiet=True)


# -- the download ---------------------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves one archive, or the first `sent` bytes of it."""

    content: bytes = b""
    sent: int | None = None
    endless: bool = False


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path != "/groove.zip":
            self.send_error(404)
            return
        self.send_response(200)
        if self.server.endless:
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(bytes(1_000_000))
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: self.server.sent])

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server: Server, destination: Path, sha256: str | None = None, path: str = "groove.zip") -> Path:
    checksum = sha256 or hashlib.sha256(server.content).hexdigest()
    return download(destination, f"http://127.0.0.1:{server.server_port}/{path}", checksum, quiet=True, timeout=5)


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def test_the_archive_is_downloaded_and_unpacked(server: Server, small: Path, tmp_path: Path) -> None:
    files = {f"groove/{path.relative_to(small)}": path.read_bytes() for path in small.rglob("*") if path.is_file()}
    server.content = archive(files)
    folder = fetch(server, tmp_path / "dataset")
    assert folder == tmp_path / "dataset" / "groove"
    assert list((tmp_path / "dataset").iterdir()) == [folder]  # nothing else is left behind
    corpus: Corpus = read_corpus(folder, default_config(), quiet=True)
    assert len(corpus.performances) == 7 * len(GENRES)
    with pytest.raises(CorpusError, match="exists already"):
        fetch(server, tmp_path / "dataset")


@pytest.mark.parametrize(
    "case", ["cut short", "wrong checksum", "not found", "not a zip", "slip", "bomb", "no table", "encrypted", "broken"]
)
def test_a_bad_download_is_one_sentence_and_leaves_nothing(server: Server, tmp_path: Path, case: str) -> None:
    server.content = archive({"groove/info.csv": b"x" * 5000})
    sha256, path, sentence = None, "groove.zip", ""
    match case:
        case "cut short":
            server.sent, sentence = 40, "broke off"
        case "wrong checksum":
            sha256, sentence = "0" * 64, "its sha256 is"
        case "not found":
            path, sentence = "other.zip", "broke off"
        case "not a zip":
            server.content, sentence = b"hello" * 100, "is damaged"
        case "slip":
            server.content, sentence = archive({"../../evil.txt": b"x"}), "outside its folder"
        case "bomb":
            server.content, sentence = archive({"groove/info.csv": bytes(70_000_000)}), "more than 64 MB"
        case "encrypted":
            content = bytearray(server.content)
            content[6] |= 1  # of the flags of the file
            content[content.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
            server.content, sentence = bytes(content), "is encrypted; it is not GMD"
        case "broken":
            content = bytearray(archive({"groove/info.csv": bytes(range(256)) * 20}))
            content[60:80] = b"\xff" * 20
            server.content, sentence = bytes(content), "is damaged"
        case "no table":
            server.content, sentence = archive({"groove/README": b"x"}), "does not hold groove/info.csv"
    with pytest.raises(CorpusError, match=sentence):
        fetch(server, tmp_path / "dataset", sha256, path)
    assert list((tmp_path / "dataset").iterdir()) == []
    assert not (tmp_path.parent / "evil.txt").exists() and not (tmp_path / "evil.txt").exists()


def test_a_download_that_does_not_end_is_given_up(server: Server, tmp_path: Path) -> None:
    server.endless = True
    with pytest.raises(CorpusError, match="more than 32 MB came; it is not GMD"):
        fetch(server, tmp_path / "dataset")
    with pytest.raises(CorpusError, match=r"it took more than 0\.01 seconds"):
        download(tmp_path / "dataset", f"http://127.0.0.1:{server.server_port}/groove.zip", quiet=True, timeout=5, longest=0.01)
    assert list((tmp_path / "dataset").iterdir()) == []


def test_what_a_killed_download_has_left_is_removed_by_the_next(server: Server, tmp_path: Path) -> None:
    old, new = (tmp_path / f".download-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
        (folder / "archive.zip").write_bytes(b"half")
    os.utime(old, (0, 0))
    server.content = b"no archive"
    with pytest.raises(CorpusError):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == [new]  # another program may be at it


def test_a_row_that_is_cut_short_is_named(tmp_path: Path) -> None:
    write_gmd(tmp_path)
    with (tmp_path / "info.csv").open("a") as table:
        table.write("drummer1,session1\n")
    with pytest.raises(CorpusError, match=r"line \d+ of .*info\.csv has fewer columns"):
        read_corpus(tmp_path, default_config(), quiet=True)


def test_no_server_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"broke off .*; try again, or give a folder with --data"):
        download(tmp_path, "http://127.0.0.1:9/groove.zip", quiet=True, timeout=2)
