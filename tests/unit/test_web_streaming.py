"""Takes that come bar by bar: what the grid is sent, and what is there for others meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from drummer import GenerationParams, model_names
from drummer.errors import DocumentError
from drummer.files.document import Take, from_document, to_document
from drummer.generation.song import Block
from drummer.web import actions
from drummer.web.grid import from_value, stream_values, to_value
from drummer.web.requests import GrooveRequest
from drummer.web.sharing import is_long

pytestmark = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")
PARAMS = GenerationParams(genre="jazz", bpm=140, bars=4, seed=7, controls={"intensity": 0.6})
REQUEST = GrooveRequest(PARAMS, "small", "black_pearl")


@pytest.fixture(scope="module")
def parts() -> list[Take]:
    return list(actions.stream(REQUEST))


def test_the_takes_of_a_stream_joined_are_what_is_generated_at_once(parts: list[Take]) -> None:
    assert actions.join_takes(parts) == actions.generate(REQUEST)
    morph = replace(REQUEST, to_genre="rock")
    assert actions.join_takes(actions.stream(morph)) == actions.generate(morph)


def test_the_values_of_the_grid_hold_each_hit_once_and_become_the_take(parts: list[Take]) -> None:
    takes, values = zip(*stream_values(parts, 4), strict=True)
    assert [(value["streamed"], value["bars"]) for value in values] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len({value["made"] for value in values}) == 1
    hits = [hit for value in values for hit in json.loads(value["hits"])]
    whole = to_document(actions.generate(REQUEST))
    assert hits == whole["hits"]
    assert from_value({**values[-1], "hits": json.dumps(hits)}) == takes[-1] == from_document(whole)


def test_the_reader_of_the_last_value_finds_the_stream_at_its_end(parts: list[Take]) -> None:
    """Or it would hold a worker while the reader waits for one, to write the MIDI file: two such streams would wait for ever."""
    ended = []

    def stream() -> Iterator[Take]:
        yield from parts
        ended.append(True)

    assert [bool(ended) for _ in stream_values(stream(), 4)] == [False, False, False, True]


def test_a_groove_that_lacks_bars_is_used_for_nothing_yet(parts: list[Take]) -> None:
    with pytest.raises(DocumentError, match="still being generated: try again when they are there"):
        from_value({**to_value(parts[0]), "unfinished": True})


def test_a_streamed_song_waits_with_the_long_requests() -> None:
    class Function:
        concurrency_id = "processor"
        api_name = "stream"

    blocks = [{"part": "verse", "bars": 1}]
    assert is_long(Function(), ["funk", None, 8, blocks])
    assert not is_long(Function(), ["funk", None, 8, None])


def test_a_song_that_is_stopped_leaves_its_first_blocks() -> None:
    stream = actions.stream(REQUEST, [Block("verse", 1), Block("chorus", 1), Block("ending", 1)])
    first = next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert first.groove.bars == 1 and next(stream, None) is None
