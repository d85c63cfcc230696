"""What several test modules share."""

import fcntl
import gc
import gzip
import os
import pickle
from pathlib import Path

import pytest

# For torch and scikit-learn, here and in the programs that tests start: several threads crawl where the other cores are busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")


from drummer import Drummer, Groove, model_names
from drummer.audio import audio_available
from drummer.config import default_config
from drummer.data.corpus import Corpus, read_corpus
from drummer.generation.threads import use_one_thread

ROOT = Path(__file__).resolve().parent.parent

audio_available()  # loads FluidSynth before a test module imports soundfile, see `Rendering.flac_bytes`
use_one_thread()  # as the app does


# Modules that take the longest, which begin first, so that no process is left with one of them while the other has nothing to do.
SLOWEST_FIRST = (
    "test_page",
    "test_keeping",
    "test_song",
    "test_stories",
    "test_directions",
    "test_grid",
    "test_connection",
    "test_feel_panel",
    "test_trainer",
    "test_look",
    "test_hostile",
    "test_corpus",
    "test_metrics",
    "test_workers",
    "test_layers",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest modules first; the processes of pytest-xdist take modules in this order, each as a whole."""

    def place(item: pytest.Item) -> int:
        name = item.path.stem
        if name in SLOWEST_FIRST:
            return SLOWEST_FIRST.index(name)
        return len(SLOWEST_FIRST) + (item.path.parent.name != "e2e")

    items.sort(key=place)
    gc.collect()
    gc.freeze()  # what has been loaded and collected stays: each full collection would look through it again


@pytest.fixture(scope="session")
def gmd() -> Path:
    """Folder of the Groove MIDI Dataset; tests on real performances are skipped without it."""
    folder = ROOT.parent / "shared" / "data" / "groove"
    if not (folder / "info.csv").is_file():
        pytest.skip(f"the Groove MIDI Dataset is not in {folder.relative_to(ROOT.parent)} beside the repository")
    return folder


@pytest.fixture(scope="session")
def real_corpus(gmd: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """All performances of GMD, which the first of the test processes reads for all of them."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of the session, where each process has a folder
    parsed = folder / "corpus.pickle.gz"
    with (folder / "corpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not parsed.exists():
            with gzip.open(parsed, "wb", compresslevel=1) as file:
                pickle.dump(read_corpus(gmd, default_config(), quiet=True), file)
    with gzip.open(parsed, "rb") as file:
        corpus: Corpus = pickle.load(file)
    return corpus


@pytest.fixture(scope="session")
def drummer() -> Drummer:
    """A drummer with the small model."""
    if not model_names():
        pytest.skip("weights/ holds no trained model: run make train")
    return Drummer.load("small")


@pytest.fixture(scope="session")
def funk(drummer: Drummer) -> Groove:
    """Four bars that the small model plays."""
    return drummer.generate(genre="funk", bars=4, seed=3)
