"""Hostile values in every parameter of every function of the page, over plain HTTP: each gets one short sentence, no trace."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from drummer import Groove
from drummer.files.document import Take, to_document
from tests.e2e.harness import App

GROOVE = to_document(Take(Groove.silent(1, 96), {"genre": "funk", "model": "small"}, 7))
VALUE = GROOVE | {"ask": {"seed": 1, "bar": 0, "bars": 1}}
BLOCKS = {"blocks": [{"part": "intro", "bars": 1}]}
# What JSON cannot be made of by Python stands as text, and is put in afterwards.
PUT_IN = {'"@deep"': "[" * 900 + "]" * 900, '"@inf"': "Infinity", '"@digits"': "9" * 400}
NUMBERS, OTHERS = (
    ["@inf", "@digits"],
    ["@deep", "x\ud800y" + "A" * 10_000],
)  # what is hostile in place of a number, and of the rest
FUNCTIONS: dict[str, list[Any]] = {  # valid values, to be replaced one by one
    "generate": ["funk", 96, 1, 1.0, 7, "black_pearl", "small", "4/4", "rock"],
    "open_file": [None, "general_midi", ""],
    "play": ["funk", 96, 1, 1.0, 7, {"intensity": 0.5}, 1.0, None, "small", None, "4/4", "rock", GROOVE],
    "continue_groove": [GROOVE, 1, None, None, 1, None, "small"],
    "reroll": [GROOVE, ["kick"], None, None, 1, None, "small"],
    "replace_voices": [GROOVE, ["kick"], None, None, 1, None, "small"],
    "reroll_bar": [GROOVE, 1, None, None, 1, None, "small", None, True],
    "variations": [GROOVE, 1, None, None, 1, "small"],
    "morph": ["funk", "jazz", None, 1, 1.0, 7, None, 1.0, None, "small"],
    "half_time": [GROOVE],
    "double_time": [GROOVE],
    "humanise": [GROOVE, None, None, 1, None, "small"],
    "song": [BLOCKS["blocks"], "funk", 96, 1.0, 1, None, None, "small"],
    "stream": ["funk", 96, 1, 1.0, 7, None, 1.0, None, "small", None, "4/4", None, None, None, None],
    "export": [GROOVE, "mid", "general_midi", False, False, None, None, None, None, False],
    "make_link": [GROOVE],
    "open_link": ["1"],
    "feel": [GROOVE, None],
    "sheet": [GROOVE, 880],
    "choices": ["small"],
}
SETTINGS = [
    "genre",
    "style",
    "tempo",
    "bars",
    "temperature",
    "seed",
    "kit",
    "model",
    "intensity",
    "intensity-auto",
    "fills",
    "human",
    "morph",
]
IN_PAGE: dict[str, dict[str, Any]] = {  # values of widgets by their ids, besides those of the settings and controls
    "generate_groove": {},
    "reroll_1": {"roll": VALUE},
    "reroll_bar_1": {"roll": VALUE},
    "fill_bar": {"roll": VALUE},
    "continue_groove_1": {"roll": VALUE},
    "generate_song": {"song-blocks": BLOCKS},
    "regenerate": {"roll": VALUE},
    "act": {"bring-file": {"content": "TVRoZA==", "do": "open", "family": "kick", "rhythm": "kick"}},
    "compare": {"roll": VALUE},
    "engrave": {"sheet-music-drawing": {"theme": "light", "width": 880}, "roll": VALUE},
    "make_code": {"roll": VALUE},
    "ready_midi": {"roll": VALUE},
    "open_file_1": {"open": None},
    "half_time_1": {"roll": VALUE},
}
ALONE = {"read": [{"content": "TVRoZA=="}]}

WHOLE = ("make_link", "reroll_1", "generate_song", "act", "read", "play")  # what they take is tried part by part


def written(body: Any) -> bytes:
    """Write JSON with what Python does not write."""
    text = json.dumps(body)
    for sign, value in PUT_IN.items():
        text = text.replace(sign, value)
    return text.encode()


def variants(values: list[Any], places: list[int], *, parts: bool = False) -> Iterator[list[Any]]:
    """Replace each value by each hostile one of its kind, or each part of it that has a name; and leave the last out."""
    for place in places:
        for hostile in hostile_to(values[place], place):
            yield [*values[:place], hostile, *values[place + 1 :]]
        if parts and isinstance(values[place], dict):
            for number, (key, part) in enumerate(values[place].items(), start=1):
                for hostile in hostile_to(part, number):
                    yield [*values[:place], values[place] | {key: hostile}, *values[place + 1 :]]
    yield values[:-1]


def hostile_to(value: Any, place: int) -> list[str]:
    """Choose what a value is replaced by: the first of a function by both of its kind, each other one by one of them in turn."""
    if value is None:  # it may be a number or something else
        return [NUMBERS[place % 2], OTHERS[1]]
    kind = NUMBERS if isinstance(value, (int, float)) and not isinstance(value, bool) else OTHERS
    return kind if place == 0 else [kind[place % 2]]


@pytest.fixture(scope="module")
def web(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def functions(web: httpx.Client) -> dict[str, dict[str, Any]]:
    """The page's functions by name, as its configuration lists them."""
    return {each["api_name"]: each for each in web.get("/config").json()["dependencies"] if each["backend_fn"]}


def widgets_of(web: httpx.Client, function: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Values of a function's widgets by their ids, in its order, for a single bar by the small model."""
    components = {each["id"]: each["props"] for each in web.get("/config").json()["components"]}
    widgets = [components[number] for number in function["inputs"]]
    own = {"bars": 1, "model": "small", "intensity-auto": False, **own}
    return {each["elem_id"]: own.get(each["elem_id"], each.get("value")) for each in widgets}


def answer(web: httpx.Client, function: int, values: Any) -> str:
    """Call a function through the queue; return the error that is shown, or nothing."""
    session = uuid.uuid4().hex
    body = written({"data": values, "fn_index": function, "session_hash": session})
    joined = web.post("/gradio_api/queue/join", content=body, headers={"content-type": "application/json"})
    if joined.status_code != 200:
        return str(joined.json()["detail"])
    with web.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                return "" if message["success"] else str(message["output"]["error"])
    raise AssertionError("the stream of events ended without an answer")


def check(web: httpx.Client, log: Path, function: int, calls: list[list[Any]]) -> None:
    with ThreadPoolExecutor(4) as beside:
        answers = list(beside.map(lambda values: answer(web, function, values), calls))
    for values, sentence in zip(calls, answers, strict=True):
        shown = written(values)[:300]
        assert sentence != "None" and "went wrong in Drummer itself" not in sentence, (sentence, shown)
        assert len(sentence) < 500 and "A" * 41 not in sentence and "\n" not in sentence and "Traceback" not in sentence, shown
    assert any(answers)
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("name", FUNCTIONS | ALONE)
def test_each_parameter_gets_a_sentence(web: httpx.Client, app: App, functions: dict[str, dict[str, Any]], name: str) -> None:
    values = (FUNCTIONS | ALONE)[name]
    calls = list(variants(values, list(range(len(values))), parts=name in WHOLE))
    check(web, app.hosts.parent / "log.txt", functions[name]["id"], calls)


@pytest.mark.parametrize("name", IN_PAGE)
def test_each_function_of_the_page_gives_a_sentence(
    web: httpx.Client, app: App, functions: dict[str, dict[str, Any]], name: str
) -> None:
    own = IN_PAGE[name]
    widgets = widgets_of(web, functions[name], own)
    tried = {*own, *(SETTINGS if name == "generate_groove" else ("fills", "human"))}
    places = [place for place, widget in enumerate(widgets) if widget in tried]
    calls = list(variants(list(widgets.values()), places, parts=name in WHOLE))
    check(web, app.hosts.parent / "log.txt", functions[name]["id"], calls)


def test_every_function_is_tried(functions: dict[str, dict[str, Any]]) -> None:
    alike = {"vary", "double_time_1", "open_page"}  # as reroll, half_time and generate
    assert {name for name in functions if not name.startswith("with_errors")} == {*FUNCTIONS, *IN_PAGE, *ALONE, *alike}


@pytest.mark.parametrize(
    "route", ["queue/join", "call/half_time", "call/v2/half_time", "run/half_time", "call/nothing", "call/v2/x"]
)
def test_a_request_that_is_no_call_gets_a_sentence(web: httpx.Client, app: App, route: str) -> None:
    inside = ["[" * depth + "]" * depth for depth in (900, 5000, 100_000)]
    bodies = [f'{{"data": [{each}], "fn_index": 99999, "session_hash": "x"}}' for each in inside]
    bodies += [
        "[]",
        "",
        "{",
        '{"data": "' + "A" * 100_000 + '"}',
        '{"data": {"\\ud800": "\\ud800"}}',
        '{"x": [1], "fn_index": 1e999}',
    ]
    for body in bodies:
        replied = web.post(f"/gradio_api/{route}", content=body.encode(), headers={"content-type": "application/json"})
        if replied.status_code != 200:  # else it waits in the queue, see above
            said = replied.json()
            assert replied.status_code < 500 or "error" in said, (replied.text, body[:100])
            assert len(said.get("detail") or said["error"]) < 200
    assert "Traceback" not in (app.hosts.parent / "log.txt").read_text()


def test_a_file_that_was_not_uploaded_is_neither_read_nor_named(web: httpx.Client, functions: dict[str, dict[str, Any]]) -> None:
    for path in ("/etc/passwd", "/gone/x.mid", "/gone/x.json"):
        for file in ({"path": path}, {"path": path, "meta": {"_type": "gradio.FileData"}}):
            said = answer(web, functions["open_file"]["id"], [file, "general_midi", ""])
            assert said and path not in said and len(said) < 120
