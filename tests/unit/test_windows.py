"""Windows: four bars each, without the first and without silence, labelled with their group."""

from drummer.evaluation.windows import LabelledGroove, cut_windows, label_performances
from drummer.music.groove import Groove
from tests.datasets import labelled_grooves, performance, simple_groove


def test_the_first_window_and_silence_are_left_out() -> None:
    silent = LabelledGroove(Groove.silent(12, 100), "rock", "silent")
    windows = cut_windows([*labelled_grooves(0, 2), silent, LabelledGroove(simple_groove(7), "rock", "short")])
    assert len(windows) == 4
    assert windows.features.shape == (4, len(windows.names))
    assert windows.aspect("notes").shape[1] + windows.aspect("velocity").shape[1] + windows.aspect("timing").shape[1] == len(
        windows.names
    )


def test_performances_of_one_eval_session_groove_are_one_group() -> None:
    names = ("drummer1/eval_session/3", "drummer5/eval_session/3", "drummer1/session1/3")
    labelled = label_performances(performance(name, simple_groove(1)) for name in names)
    assert [one.group for one in labelled] == ["eval_session/3", "eval_session/3", "drummer1/session1/3"]
