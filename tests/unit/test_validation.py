"""How errors quote what a user gave, and whole numbers that are written as floats."""

import numpy as np
import pytest

from drummer import Drummer, DrummerError, Groove, audio, exports, usual_bpm
from drummer.config import load_config
from drummer.files import midi
from drummer.files.document import SETTINGS, Take, from_code, from_document, to_document
from drummer.files.drum_maps import find_drum_map
from drummer.files.import_midi import import_midi
from drummer.generation.song import Block
from drummer.model.checkpoint import load_weights
from drummer.music.controls import controls_by_bar, fill_every
from drummer.pictures import piano_roll
from drummer.validation import QUOTED, check_name, check_number, check_whole, quote, quote_path
from drummer.web import api
from drummer.web.requests import make_request, read_voices
from drummer.web.song import read_blocks

HUGE = "A" * 1_000_000
DEEP: list = []
for _ in range(5000):
    DEEP = [DEEP]
VALUES = [
    HUGE,
    "\ud800" * 1000,
    "'\"\\\n\x00" * 1000,
    b"x" * 100_000,
    10**5000,
    -(10**5000),
    1e308,
    float("nan"),
    DEEP,
    {HUGE: HUGE},
]
GROOVE = Groove.silent(1, 96)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_quote_is_short_and_can_be_sent(value):
    quoted = quote(value)
    assert len(quoted) <= QUOTED + 2  # the marks
    assert quoted.isprintable()
    assert quoted.encode()


def test_a_quote_shows_what_was_given():
    assert [quote(value) for value in ("polka", "", None, True, 7, 7.0, 0.1, 300.0001)] == [
        "'polka'", "''", "None", "True", "7", "7", "0.1", "300.0001",
    ]  # fmt: skip
    assert quote("B" * 41) == f"'{'B' * 39}…'"
    assert quote([1, 2]) == "a list of length 2"


def test_of_a_long_path_the_end_is_shown():
    assert quote_path("takes/funk.mid") == "takes/funk.mid"
    assert quote_path(f"/{'x' * 200}/funk.mid").endswith("/funk.mid")
    assert len(quote_path(f"/{'x' * 200}/funk.mid")) <= QUOTED


ASK = {
    "name": lambda value: check_name("genre", value, ["funk"]),
    "number": lambda value: check_number("tempo", value, (30, 300)),
    "whole": lambda value: check_whole("seed", value, (0, 9)),
    "kit": audio.find_kit,
    "drum map": find_drum_map,
    "model": load_weights,
    "form": lambda value: exports.export(Take(GROOVE), value, exports.Choices(None)),
    "picture": lambda value: piano_roll.to_bytes(GROOVE, value),
    "part of a song": lambda value: Block(value, 4),
    "bars of a block": lambda value: Block("verse", value),
    "blocks": lambda value: read_blocks({"blocks": [{"part": "verse", "bars": value}]}),
    "control": lambda value: controls_by_bar(2, {"intensity": value}),
    "human": GROOVE.with_expression,
    "program's genre": lambda value: make_request(genre=value),
    "program's kit": lambda value: make_request(kit=value),
    "program's bars": lambda value: make_request(bars=value),
    "program's human": lambda value: make_request(human=value),
    "program's directions": lambda value: make_request(directions=value),
    "program's voices": lambda value: read_voices([value]),
    "model hash": lambda value: Take(GROOVE, model_hash=value),
    "seed of a take": lambda value: Take(GROOVE, seed=value),
    "code": from_code,
    "field": lambda value: from_document(to_document(Take(GROOVE)) | {value if isinstance(value, str) else "x": 1}),
    "version": lambda value: from_document(to_document(Take(GROOVE)) | {"version": value}),
    "hit": lambda value: from_document(to_document(Take(GROOVE)) | {"hits": [[0, value, 1, 0]]}),
    "unknown setting": lambda value: Take(GROOVE, {value if isinstance(value, str) else "x": 1}),
    "override": lambda value: load_config(overrides=[f"{value if isinstance(value, str) else 'x'}=1"]),
    "overriding value": lambda value: load_config(overrides=[f"app.workers='{value if isinstance(value, str) else 'x'}'"]),
    "file": lambda value: midi.read(f"/tmp/{value[:200] if isinstance(value, str) and chr(0) not in value else 'x'}.mid"),
    **{f"setting {name}": lambda value, name=name: Take(GROOVE, {name: value}) for name in SETTINGS},
}  # fmt: skip


@pytest.mark.parametrize("asked", ASK)
def test_no_error_repeats_more_than_40_characters_of_what_was_given(asked):
    for value in VALUES:
        with pytest.raises(DrummerError) as caught:
            ASK[asked](value)
        sentence = str(caught.value)
        assert "A" * (QUOTED + 1) not in sentence and "\n" not in sentence and len(sentence) < 700
        assert sentence.encode()


def test_whole_floats_are_whole_numbers_everywhere():
    drummer = Drummer.load("small")
    assert drummer.generate(genre="funk", bpm=96.0, bars=2.0, seed=3.0, fill=fill_every(2.0, 2.0)) == drummer.generate(
        genre="funk", bpm=96, bars=2, seed=3, fill=[0, 1]
    )
    take = Take(GROOVE, {"fill_every": 4.0, "song": [{"part": "verse", "bars": 1.0}]}, 7.0)
    assert (take.seed, take.settings["fill_every"], take.stem) == (7, 4, "groove_96bpm_1bars_seed7")
    document = to_document(Take(GROOVE, {}, 7))
    floats = document | {"bars": 1.0, "seed": 7.0, "steps_per_beat": 12.0}
    assert to_document(from_document(floats)) == document
    assert type(to_document(from_document(floats))["bars"]) is int


@pytest.mark.parametrize("value", [True, "4", 4.5, float("inf"), float("nan"), None, np.float32(4)])
def test_what_is_not_whole_is_no_whole_number(value):
    with pytest.raises(DrummerError, match="must be a whole number from 1 to 9"):
        check_whole("it", value, (1, 9))


def test_a_file_of_a_tempo_that_is_too_high_is_told_so(tmp_path):
    path = tmp_path / f"{'n' * 200}.mid"
    midi.write(Groove.silent(1, 400), path)
    with pytest.raises(DrummerError) as caught:
        import_midi(path)
    assert "n" * (QUOTED + 1) not in str(caught.value)


@pytest.mark.parametrize("value", [0, 0.0, -0.1, 1.1, True, "1"])
def test_top_p_of_a_take_is_above_nothing(value):
    assert Take(GROOVE, {"top_p": 1e-6}).settings["top_p"] == 1e-6
    with pytest.raises(DrummerError, match="the setting 'top_p' must be above 0 and at most 1"):
        Take(GROOVE, {"top_p": value})


def test_a_morph_without_a_tempo_is_half_way():
    funk, jazz = usual_bpm("funk"), usual_bpm("jazz")
    played = api.morph("funk", "jazz", bars=1, seed=1, model="small")
    assert played["bpm"] == round((funk * jazz) ** 0.5) not in (funk, jazz)
    library = Drummer.load("small").interpolate("jazz", genre="funk", bars=1, seed=1)
    assert from_document(played).groove == library
    assert api.morph("funk", "jazz", bpm=100, bars=1, model="small")["bpm"] == 100
