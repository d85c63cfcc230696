"""The endpoints that programs use, through Gradio's own client: what there is, and `generate`. The others: test_programs.py."""

from pathlib import Path
from typing import Any

import pretty_midi
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from drummer import default_config
from drummer.audio import find_kit, render
from drummer.files.document import Take, to_document
from drummer.files.midi import read
from drummer.music.meter import Meter
from drummer.web.api import TYPED_ENDPOINTS
from tests.midi_events import random_groove

Json = dict[str, Any]

PARAMETERS = ["genre", "bpm", "bars", "temperature", "seed", "kit", "model", "meter", "style"]


def test_every_action_is_a_named_endpoint_with_types_defaults_and_words(client: Client) -> None:
    described = client.view_api(return_format="dict", print_info=False)
    endpoints = described["named_endpoints"]
    assert set(endpoints) == {"/generate", "/open_file", *(f"/{function.__name__}" for function in TYPED_ENDPOINTS)}
    assert described["unnamed_endpoints"] == {}
    for name, endpoint in endpoints.items():
        assert len(endpoint["description"]) > 20, name
        needed = [each["parameter_name"] for each in endpoint["parameters"] if not each["parameter_has_default"]]
        assert set(needed) <= {"groove", "genre", "to_genre", "voices", "blocks", "file", "code"}, name
        assert all(each["python_type"]["type"] not in ("", "Any") for each in endpoint["parameters"]), name
    generate = endpoints["/generate"]
    assert [parameter["parameter_name"] for parameter in generate["parameters"]] == PARAMETERS
    assert all(parameter["parameter_has_default"] for parameter in generate["parameters"])
    assert [returned["component"] for returned in generate["returns"]] == ["Downloadbutton", "Audio", "Image"]


def test_it_returns_the_midi_file_the_audio_and_the_picture_of_one_groove(client: Client) -> None:
    files = client.predict(genre="rock", bpm=132, bars=2, seed=5, kit="red_zeppelin", api_name="/generate")
    midi_file, audio_file, picture = (Path(file) for file in files)
    assert [path.name for path in (midi_file, audio_file, picture)] == [
        f"rock_132bpm_2bars_seed5.{suffix}" for suffix in ("mid", "wav", "png")
    ]
    assert pretty_midi.PrettyMIDI(str(midi_file)).instruments[0].is_drum
    with Image.open(picture) as image:
        assert image.width == 2 * default_config().pianoroll.layouts["wide"].width
    heard = render(read(midi_file).groove, find_kit("red_zeppelin"))
    assert abs(audio_file.stat().st_size - len(heard.wav_bytes())) < 44100 * 4  # the same length but for the last tail


def test_the_same_settings_give_the_same_groove_and_another_seed_another(client: Client) -> None:
    one, again, other = (Path(client.predict(bars=1, seed=seed, api_name="/generate")[0]).read_bytes() for seed in (11, 11, 12))
    assert one == again != other


def test_null_stands_for_the_usual_tempo(client: Client) -> None:
    midi_file = client.predict(genre="reggae", bpm=None, bars=1, api_name="/generate")[0]
    assert f"reggae_{default_config().genres['reggae'].usual_bpm}bpm" in midi_file


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bpm": 0}, ["Tempo must", "from 30 to 300", "got 0"]),
        ({"bpm": 10000}, ["Tempo must", "from 30 to 300", "got 10000"]),
        ({"bpm": "fast"}, ["Tempo must", "from 30 to 300", "'fast'"]),
        ({"bars": 0}, ["bars", "from 1 to 32", "got 0"]),
        ({"bars": 1000}, ["bars", "from 1 to 32", "got 1000"]),
        ({"bars": 1.5}, ["bars", "whole number", "got 1.5"]),
        ({"temperature": 0}, ["Temperature must", "from 0.1 to 2", "got 0"]),
        ({"temperature": -1}, ["Temperature must", "from 0.1 to 2", "got -1"]),
        ({"seed": -1}, ["Seed must", "from 0 to 4294967295", "got -1"]),
        ({"seed": None}, ["Seed must", "from 0 to 4294967295", "None"]),
        ({"genre": "polka"}, ["genre", "'polka'", "funk"]),
        ({"genre": None}, ["genre", "'None'", "funk"]),
        ({"kit": "tabla"}, ["kit", "'tabla'", "black_pearl"]),
        ({"model": "huge"}, ["model", "'huge'", "small"]),
        ({"meter": "8/8"}, ["The drummer plays in 2/4, 3/4, 4/4", "not in 8/8"]),
        ({"meter": "7/8 (3+3)"}, ["must add up to 7", "'3+3'"]),
        ({"meter": "waltz"}, ["A meter must look like 4/4", "'waltz'"]),
    ],
)
def test_a_wrong_setting_gets_one_sentence(client: Client, settings: dict[str, object], words: list[str]) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(**settings, api_name="/generate")
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("endpoint", "given"),
    [
        ("/play", {"genre": "rock"}),
        ("/morph", {"genre": "rock", "to_genre": "jazz"}),
        ("/song", {"blocks": [{"part": "verse", "bars": 2}]}),
    ],
)
def test_an_endpoint_that_plays_takes_a_meter_and_refuses_what_is_not_played(client: Client, endpoint: str, given: Json) -> None:
    small = {**given, "model": "small", "seed": 5} | ({} if endpoint == "/song" else {"bars": 2})
    assert client.predict(**small, api_name=endpoint) == client.predict(**small, meter="4/4", api_name=endpoint)
    played = client.predict(**small, meter="7/8 (3+2+2)", api_name=endpoint)
    assert (played["meter"], played["bars"]) == ("7/8 (3+2+2)", 2)
    with pytest.raises(AppError, match="12/8, not in 11/8"):
        client.predict(**small, meter="11/8", api_name=endpoint)


@pytest.mark.parametrize("endpoint", ["/play", "/song", "/stream", "/morph", "/generate"])
def test_an_endpoint_that_plays_takes_a_style(client: Client, endpoint: str) -> None:
    own: Json = {"/song": {"blocks": [{"part": "verse", "bars": 1}]}, "/morph": {"to_genre": "jazz"}}.get(endpoint, {})
    asked = {"genre": "latin", "model": "small", **own} | ({} if endpoint == "/song" else {"bars": 1})
    played = client.predict(**asked, style="samba", api_name=endpoint)
    if endpoint == "/generate":
        assert Path(played[0]).name.startswith("latin-samba_")
    else:
        assert played["settings"]["style"] == "samba"
    with pytest.raises(AppError, match="Unknown style of latin 'polka', it must be one of baiao"):
        client.predict(**asked, style="polka", api_name=endpoint)


def test_a_groove_keeps_its_style_in_what_is_made_of_it_until_another_is_asked_for(client: Client) -> None:
    groove = client.predict(genre="latin", style="samba", bars=1, model="small", api_name="/play")
    for endpoint in ("/continue_groove", "/reroll", "/reroll_bar", "/humanise"):
        client.predict(groove, style="bossa", api_name=endpoint)
        with pytest.raises(AppError, match="Unknown style of rock 'samba'"):
            client.predict(groove, genre="rock", style="samba", api_name=endpoint)
    same, other, anything = (
        client.predict(groove, bars=1, seed=2, **style, api_name="/continue_groove")["hits"]
        for style in ({}, {"style": "bossa"}, {"style": ""})
    )
    assert same == client.predict(groove, bars=1, seed=2, style="samba", api_name="/continue_groove")["hits"]
    assert other != same != anything
    assert client.predict(api_name="/choices")["styles"]["soul"] == ["motown"]


def test_older_callers_leave_meter_and_style_out(client: Client) -> None:
    """Values by their places, as a program sends them that knows neither."""
    files = client.predict("rock", 132, 1, 1.0, 5, "red_zeppelin", "small", api_name="/generate")
    assert Path(files[0]).name == "rock_132bpm_1bars_seed5.mid"
    assert "7/8" in client.predict(api_name="/choices")["meters"]


def test_a_groove_in_another_meter_is_exported_compared_and_played_faster(client: Client) -> None:
    groove = to_document(Take(random_groove(2, bars=4, density=0.1, meter=Meter(11, 8)), {"genre": "funk"}))
    for form in ("mid", "wav", "png", "json"):
        assert "funk_11-8_97bpm_4bars" in Path(client.predict(groove, form, api_name="/export")).name
    found, _ = client.predict(groove, api_name="/feel")
    assert found["shared"] is None and not found["copied"]
    fast = client.predict(groove, api_name="/double_time")
    assert (fast["meter"], fast["bars"]) == ("11/8", 4)
    assert client.predict(client.predict(groove, api_name="/make_link"), api_name="/open_link")["meter"] == "11/8"
    for endpoint in ("/continue_groove", "/reroll", "/reroll_bar", "/humanise", "/variations"):
        with pytest.raises(AppError, match="12/8, not in 11/8"):
            client.predict(groove, api_name=endpoint)
