"""Styles on the page and in the API: their menu, requests with one, and the takes that come of them."""

import json

import pytest

from drummer import GenerationParams, Groove, default_config, model_names
from drummer.errors import DocumentError, SettingError
from drummer.files.document import Take, from_code, from_json, to_code, to_document, to_json
from drummer.files.midi import to_bytes
from drummer.web import actions
from drummer.web.api.generation import play
from drummer.web.labels import ANY, genre_choices, spell, spell_style, style_choices
from drummer.web.models import load
from drummer.web.panels.settings import client_config, suit_model
from drummer.web.requests import CONTROL_NAMES, GrooveRequest, make_request, make_request_for, read_request
from tests.datasets import simple_groove

WIDGETS = {
    **{"genre": "latin", "style": "samba", "tempo": 96, "bars": 2, "temperature": 1.0, "seed": 7, "kit": "black_pearl"},
    **dict.fromkeys(CONTROL_NAMES, 0),
    **{f"{name}-auto": True for name in CONTROL_NAMES},
    **{"model": "small", "fills": "auto", "human": 100, "morph": "none"},
}  # as the page sends them
SAMBA = GrooveRequest(GenerationParams(genre="latin", style="samba", bpm=96, bars=2, seed=7), "small", "black_pearl")

needs_model = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")


def test_styles_are_spelled_as_musicians_spell_them():
    words = {"secondline": "Second line", "chacha": "Cha-cha", "bossa": "Bossa nova", "baiao": "Baião", "samba": "Samba"}
    assert {name: spell_style(name) for name in words} == words
    assert (spell("afrobeat"), spell("punk"), spell("hiphop")) == ("Afrobeat", "Punk", "Hip-hop")
    assert style_choices("neworleans")[:3] == [("Any", ANY), ("Cha-cha", "chacha"), ("Funk", "funk")]
    assert style_choices("pop") == [("Any", ANY)]


def test_the_page_knows_the_styles_of_every_genre():
    """It changes the menu itself; the names are those that the API lists."""
    listed = client_config()["styles"]
    styles = {name: [ANY, *settings.styles] for name, settings in default_config().genres.items()}
    assert {genre: [name for _, name in choices] for genre, choices in listed.items()} == styles


@needs_model
def test_every_genre_is_in_the_menu_with_its_tempo_and_plays():
    by_genre = client_config()["by_genre"]
    assert [genre for _, genre in genre_choices()] == list(by_genre) == list(default_config().genres)
    for label, genre in genre_choices():
        assert label == spell(genre)
        bpm = by_genre[genre][0]
        take = actions.generate(read_request({**WIDGETS, "genre": genre, "style": ANY, "tempo": bpm}))
        assert (take.groove.bpm, take.groove.bars, take.settings["genre"]) == (bpm, 2, genre)
        assert take.groove.hit_count


def test_the_style_of_the_menu_is_part_of_the_request_and_of_the_takes_settings():
    assert read_request(WIDGETS) == SAMBA
    assert SAMBA.settings["style"] == "samba"
    anything = read_request({**WIDGETS, "style": ANY})
    assert anything.params.style is None
    assert "style" not in Take(Groove.silent(2, 96), anything.settings).settings


@pytest.mark.parametrize(
    ("genre", "style", "sentence"),
    [
        ("rock", "samba", "unknown style of rock 'samba', it must be one of country, folk"),
        ("pop", "samba", "pop has no styles to choose from"),
        ("latin", ["samba"], "unknown style of latin"),
        ("latin", 7, "unknown style of latin"),
    ],
)
def test_a_style_that_the_genre_does_not_have_gets_a_sentence(genre, style, sentence):
    for ask in (
        lambda: read_request({**WIDGETS, "genre": genre, "style": style}),
        lambda: make_request(genre=genre, style=style),
    ):
        with pytest.raises(SettingError, match=sentence) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_a_request_about_a_take_has_its_style_until_another_genre_or_style_is_asked_for():
    take = Take(Groove.silent(2, 96), {"genre": "latin", "style": "samba"})
    asked = {"": {}, "samba": {"genre": "latin"}, "bossa": {"style": "bossa"}}
    assert [make_request_for(take, **each).params.style for each in asked.values()] == ["samba", "samba", "bossa"]
    assert [make_request_for(take, **each).params.style for each in ({"genre": "rock"}, {"style": ""})] == [None, None]


def test_a_take_of_a_model_that_is_no_longer_there_goes_on_with_the_default():
    models = [make_request_for(Take(Groove.silent(2, 96), {"model": model})).model for model in ("gone", *model_names())]
    assert models == [default_config().defaults.model, *model_names()]
    assert make_request(settings={"model": "gone"}, model="small").model == "small"


@needs_model
def test_an_automatic_tempo_is_that_of_the_styles_reference():
    styles = [name for _, name in style_choices("latin")]
    tempos = [read_request({**WIDGETS, "style": style, "tempo-auto": True}).params.bpm for style in styles]
    assert tempos == [load("small").reference_bpm("latin", 7, None if style == ANY else style) for style in styles]


@needs_model
def test_a_groove_of_a_style_is_named_and_comes_back_from_file_and_link_and_is_generated_again():
    take = actions.generate(SAMBA)
    assert (take.stem, take.heading) == ("latin-samba_96bpm_2bars_seed7", "latin, samba, 96 BPM, 2 bars, seed 7")
    morph = Take(take.groove, {**take.settings, "to_genre": "jazz"}, 7)
    assert (morph.stem, morph.heading.split(", 96")[0]) == ("latin-samba-to-jazz_96bpm_2bars_seed7", "latin, samba to jazz")
    for opened in (from_json(to_json(take)), from_code(to_code(take))):
        assert (opened.settings, opened.heading) == (take.settings, take.heading)
        assert make_request_for(opened, bpm=96, seed=7).params == SAMBA.params
    with pytest.raises(DocumentError, match="the setting 'style' must be one of"):
        Take(take.groove, {"style": "polka"})


@needs_model
def test_a_groove_at_another_tempo_keeps_the_tempo_of_its_seed_only_while_its_style_is_the_same():
    faster = actions.at_tempo(actions.generate(SAMBA), 120)
    request = SAMBA.with_params(bpm=120)
    assert actions.join_takes(actions.regenerate(faster, request)).groove == faster.groove
    other = request.with_params(style="bossa")
    assert actions.join_takes(actions.regenerate(faster, other)) == actions.generate(other)


def test_a_model_without_the_genre_brings_the_menu_of_another():
    kept = suit_model({"genre": "latin", "style": "samba", "morph": "none", "model": model_names()[0]})[2]
    assert (kept["value"], kept["interactive"], len(kept["choices"])) == ("samba", True, len(style_choices("latin")))
    unknown, _, style = suit_model({"genre": "polka", "style": "samba", "morph": "none", "model": model_names()[0]})
    assert style["value"] == ANY
    assert style["choices"] == style_choices(unknown["value"])


@needs_model
def test_a_program_gives_a_rhythm_as_a_groove():
    rhythm = simple_groove(2, seed=3)
    document = to_document(Take(rhythm))
    params = {"genre": "latin", "style": "samba", "bars": 4, "seed": 2}
    played = play(**params, model="small", rhythm=json.loads(json.dumps(document)))
    asked = GenerationParams(**params, bpm=rhythm.bpm, rhythm=rhythm)
    groove = load("small").generate(asked)
    assert played["bpm"] == rhythm.bpm
    assert played["hits"] == to_document(Take(groove))["hits"]
    assert groove != load("small").generate(GenerationParams(**params, bpm=rhythm.bpm))
    with pytest.raises(SettingError, match="cannot follow a rhythm as well"):
        load("small").interpolate("jazz", asked)
    with pytest.raises(SettingError, match="the rhythm must be a groove"):
        GenerationParams(rhythm=to_bytes(rhythm))
