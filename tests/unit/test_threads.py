"""Threads of torch and NumPy: one while a groove is played, and what a library user has set before and after."""

import threading

import pytest
import torch
from threadpoolctl import ThreadpoolController

from drummer import Drummer, model_names
from drummer.generation.threads import one_thread

BLAS = ThreadpoolController().select(user_api="blas")
pytestmark = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    with BLAS.limit(limits=3):
        yield
    torch.set_num_threads(before)


def numpy_threads() -> set[int]:
    return {library["num_threads"] for library in BLAS.info() if "numpy" in library["filepath"]}


@pytest.mark.usefixtures("three_threads")
def test_a_drummer_leaves_the_users_threads_as_they_are():
    drummer = Drummer.load("small")
    Drummer(drummer.trained)
    assert torch.get_num_threads() == 3
    played = drummer.generate(genre="funk", bars=1, seed=1)
    assert torch.get_num_threads() == 3 and numpy_threads() == {3}
    torch.set_num_threads(1)
    assert drummer.generate(genre="funk", bars=1, seed=1) == played


@pytest.mark.usefixtures("three_threads")
def test_those_who_play_side_by_side_put_back_what_the_first_found():
    inside, leave = threading.Event(), threading.Event()
    seen = []

    def play() -> None:
        with one_thread():
            seen.append(torch.get_num_threads())
            inside.set()
            leave.wait(30)
        seen.append(torch.get_num_threads())

    other = threading.Thread(target=play)
    with pytest.raises(ZeroDivisionError), one_thread():  # also where something goes wrong
        other.start()
        assert inside.wait(30)
        assert torch.get_num_threads() == 1 and numpy_threads() == {1}
        _ = 1 / 0
    assert torch.get_num_threads() == 3 and numpy_threads() == {3}
    leave.set()
    other.join(30)
    assert seen == [1, 3]
    assert torch.get_num_threads() == 3 and numpy_threads() == {3}
