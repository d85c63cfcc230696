"""Programs as users: a groove that goes from endpoint to endpoint, through Gradio's own client against the real app."""

import contextlib
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from drummer import Drummer, Groove, audio
from drummer.exports import FORMATS
from drummer.files import midi
from drummer.files.document import from_document, from_json
from drummer.files.drum_maps import find_drum_map
from drummer.generation.masks import fix_voices
from drummer.music.time_scaling import double_time, half_time
from drummer.music.voices import VOICE_INDEX
from tests.e2e.client import PatientClient
from tests.e2e.harness import ROOT, App

Json = dict[str, Any]
KICK = VOICE_INDEX["kick"]


@pytest.fixture(scope="module")
def groove(client: Client) -> Json:
    """Two bars that were asked to be hard, with the kick locked."""
    played: Json = client.predict(
        genre="funk", bpm=96, bars=2, seed=7, directions={"intensity": 0.9}, model="small", api_name="/play"
    )
    played["settings"]["locked"] = ["kick"]
    return played


def ask(client: Client, endpoint: str, **asked: Any) -> Groove:
    return from_document(client.predict(**asked, api_name=f"/{endpoint}")).groove


def same_voice(one: Groove, other: Groove, voice: int) -> bool:
    return bool((one.velocities[:, voice] == other.velocities[:, voice]).all())


def test_it_plays_what_the_library_plays(groove: Json) -> None:
    take = from_document(groove)
    assert take.groove == Drummer.load("small").generate(genre="funk", bpm=96, bars=2, seed=7, intensity=0.9)
    assert (take.seed, take.settings["intensity"], take.settings["model"]) == (7, 0.9, "small")


def test_what_is_left_out_is_as_on_the_page(client: Client) -> None:
    take = from_document(client.predict(bars=1, api_name="/play"))
    assert (take.settings["genre"], take.groove.bpm, take.settings["kit"]) == ("funk", 95, "black_pearl")


def test_a_fill_is_asked_for_or_never(client: Client) -> None:
    often, never = (
        from_document(client.predict(bars=2, directions={"fill_every": every}, model="small", api_name="/play")).settings
        for every in (2, 0)
    )
    assert often["fill_every"] == 2
    assert never["fill"] == 0


def test_it_goes_on_as_the_groove_was_played(client: Client, groove: Json) -> None:
    before = from_document(groove).groove
    longer = ask(client, "continue_groove", groove=groove, bars=3, seed=2)
    assert longer.bars == 5
    assert longer.cut(0, 2) == before
    asked = {"genre": "funk", "bars": 3, "seed": 2, "intensity": 0.9}
    assert longer.cut(2, 5) == Drummer.load("small").continue_groove(before, **asked)


def test_locked_or_named_voices_stay_and_the_rest_is_played_anew(client: Client, groove: Json) -> None:
    before = from_document(groove).groove
    locked = ask(client, "reroll", groove=groove, seed=3)
    named = ask(client, "reroll", groove=groove, keep=["snare"], seed=3)
    assert same_voice(locked, before, KICK) and not same_voice(named, before, KICK)
    assert same_voice(named, before, VOICE_INDEX["snare"])
    other_kick = ask(client, "replace_voices", groove=groove, voices=["kick"], seed=4)
    assert all(same_voice(other_kick, before, voice) for voice in range(13) if voice != KICK)
    assert not same_voice(other_kick, before, KICK)


def test_one_bar_is_played_anew_counted_from_one(client: Client, groove: Json) -> None:
    before = from_document(groove).groove
    after = ask(client, "reroll_bar", groove=groove, bar=2, seed=5)
    assert after.cut(0, 1) == before.cut(0, 1)
    assert after.cut(1, 2) != before.cut(1, 2)


def test_variations_are_as_many_as_asked_for_and_all_different(client: Client, groove: Json) -> None:
    played = [from_document(each).groove for each in client.predict(groove=groove, count=2, seed=1, api_name="/variations")]
    assert len(played) == 2
    assert len({each.velocities.tobytes() for each in [*played, from_document(groove).groove]}) == 3


def test_half_and_double_time(client: Client, groove: Json) -> None:
    before = from_document(groove).groove
    assert ask(client, "half_time", groove=groove) == half_time(before)
    assert ask(client, "double_time", groove=groove) == double_time(before)


def test_a_morph_keeps_both_genres(client: Client) -> None:
    take = from_document(client.predict("funk", "jazz", bars=2, model="small", api_name="/morph"))
    assert (take.settings["genre"], take.settings["to_genre"]) == ("funk", "jazz")


def test_a_song_has_its_blocks(client: Client) -> None:
    blocks = [{"part": "verse", "bars": 2}, {"part": "chorus", "bars": 1, "intensity": 1.0}]
    take = from_document(client.predict(blocks, genre="rock", model="small", api_name="/song"))
    assert take.groove.bars == 3
    assert [block["bars"] for block in take.settings["song"]] == [2, 1]


def test_a_midi_file_is_opened_performed_and_its_rhythm_played_along_with(client: Client, groove: Json, tmp_path: Path) -> None:
    path = tmp_path / "mine.mid"
    flat = from_document(groove).groove.with_expression(0)
    path.write_bytes(midi.to_bytes(flat, drum_map=find_drum_map("bfd3")))
    opened, understood = client.predict(handle_file(path), drum_map="bfd3", api_name="/open_file")
    assert understood == "2 bars, 4/4, 96 BPM"
    assert (from_document(opened).groove.hits == flat.hits).all()
    performed = ask(client, "humanise", groove=opened, genre="funk", seed=1, model="small")
    assert (performed.hits == flat.hits).all()
    assert np.abs(performed.offsets).max() > 0

    rhythm, _ = client.predict(handle_file(path), rhythm_of="kick", api_name="/open_file")
    kicks = from_document(rhythm).groove
    assert set(np.nonzero(kicks.hits)[1]) == {KICK}
    followed = client.predict(genre="latin", style="samba", bars=2, rhythm=rhythm, model="small", api_name="/play")
    params = {"genre": "latin", "style": "samba", "bars": 2, "bpm": kicks.bpm}
    assert from_document(followed).groove == Drummer.load("small").generate(**params, rhythm=kicks)
    along = ask(client, "reroll", groove=rhythm, keep=["kick"], genre="funk", seed=2, model="small")
    assert same_voice(along, kicks, KICK) and along.hits.any(axis=0).sum() > 1


@pytest.mark.parametrize("form", FORMATS)
def test_it_is_exported_in_each_form_under_a_name_to_keep(client: Client, groove: Json, form: str) -> None:
    if FORMATS[form].is_sound and not audio.audio_available():
        pytest.skip("libfluidsynth is not installed (packages.txt)")
    path = Path(client.predict(groove, form, loop=True, api_name="/export"))
    stem = f"funk_96bpm_2bars_seed7{'_loop' * (FORMATS[form].is_sound)}"
    assert path.name == (f"{stem}_stems.zip" if form == "stems" else f"{stem}.{form}")
    data = path.read_bytes()
    if form == "mid":
        assert midi.read(data).groove == midi.as_written(from_document(groove).groove)
    elif form == "wav":
        assert abs(len(data) - 44 - 4 * 44100 * from_document(groove).groove.seconds) <= 4
    elif form == "json":
        assert from_json(data) == from_document(groove)
    elif form in ("stems", "zip"):
        assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    else:
        assert data.startswith({"flac": b"fLaC", "png": b"\x89PNG", "svg": b"<?xml", "musicxml": b"<?xml"}[form])


@pytest.mark.skipif(not audio.audio_available(), reason="libfluidsynth is not installed (packages.txt)")
def test_sound_is_exported_in_the_format_that_is_asked_for(client: Client, groove: Json) -> None:
    options = {"loop": True, "sample_rate": 48000, "bit_depth": 24, "normalize": True}
    path = Path(client.predict(groove, "wav", **options, api_name="/export"))
    assert path.name == "funk_96bpm_2bars_seed7_loop_48k-24bit.wav"
    sound, rate = soundfile.read(path)
    assert (rate, len(sound)) == (48_000, 2 * 4 * 60 * 48_000 / 96)
    assert np.abs(sound).max() == pytest.approx(10 ** (-1 / 20), abs=1e-5)
    with zipfile.ZipFile(client.predict(groove, "stems", audio_format="wav", api_name="/export")) as archive:
        assert any(name.endswith("_kick.wav") for name in archive.namelist())
    for wrong, sentence in (
        ({"sample_rate": 96000}, "44100 or 48000"),
        ({"normalize": "false"}, "'normalize' must be true or false"),
        ({"bit_depth": 8}, "16 or 24"),
        ({"audio_format": "mp3"}, "mp3"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(groove, "wav", **wrong, api_name="/export")


def test_a_groove_is_drawn_as_sheet_music(client: Client, groove: Json) -> None:
    drawn = client.predict(groove, width=500, api_name="/sheet")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert drawn.count('class="note"') > 4
    with pytest.raises(AppError, match="from 240 to 2000"):
        client.predict(groove, width=9, api_name="/sheet")


def test_a_link_holds_the_groove(client: Client, groove: Json) -> None:
    code = client.predict(groove, api_name="/make_link")
    for link in (code, f"http://example.org/?groove={code}"):
        assert (ask(client, "open_link", code=link).hits == from_document(groove).groove.hits).all()


def test_it_says_how_a_groove_feels(client: Client, groove: Json) -> None:
    found, picture = client.predict(groove, api_name="/feel")
    assert found["sentence"].startswith("Sits ")
    assert all(rank is None or 0 <= rank <= 1 for rank in found["ranks"].values())
    assert found["copied"] is False
    assert Path(picture).read_bytes().startswith(b"\x89PNG")


def test_what_there_is_to_choose_from_is_what_is_taken(client: Client) -> None:
    listed = client.predict(api_name="/choices")
    assert set(listed["kits"]) == set(audio.list_kits())
    middles = {name: (span["low"] + span["high"]) / 2 for name, span in listed["directions"].items()}
    take = from_document(client.predict(bars=1, directions=middles, model=listed["models"][0], api_name="/play"))
    assert {name: value for name, value in take.settings.items() if name in middles} == middles


@pytest.mark.parametrize(
    ("endpoint", "asked", "words"),
    [
        ("continue_groove", {"groove": {"a": 1}}, "This is not a groove"),
        ("half_time", {"groove": None}, "This is not a groove"),
        ("continue_groove", {"bars": 99}, "The number of bars must be a whole number from 1 to 32, got 99"),
        ("reroll_bar", {"bar": 3}, "The bar must be a whole number from 1 to 2, got 3"),
        ("replace_voices", {"voices": ["cowbell"]}, "Unknown voice 'cowbell'"),
        ("reroll", {"keep": "kick"}, "Voices must be a list of names"),
        ("reroll", {"directions": {"volume": 1}}, "Unknown direction 'volume'"),
        ("reroll", {"directions": "loud"}, "Directions must be an object"),
        ("humanise", {"directions": {"intensity": "x"}}, "Intensity must be a number from 0 to 1, got 'x'"),
        ("variations", {"count": 17}, "The number of variations must be a whole number from 1 to 16, got 17"),
        ("export", {"form": "mp3"}, "Unknown form 'mp3', it must be one of mid, wav"),
        ("export", {"kit": "tabla"}, "There is no kit 'tabla'"),
        ("feel", {"genre": "polka"}, "Unknown genre 'polka'"),
    ],
)
def test_what_cannot_be_gets_one_sentence(client: Client, groove: Json, endpoint: str, asked: Json, words: str) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(**{"groove": groove, **asked}, api_name=f"/{endpoint}")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "asked", "words"),
    [
        ("play", {"genre": 3}, "Unknown genre '3'"),
        ("play", {"directions": {"intensity": [0.1, 0.2]}, "bars": 3}, "one for each of the 3 bars, got 2"),
        ("song", {"blocks": []}, "A song needs at least one block"),
        ("song", {"blocks": [{"part": "solo", "bars": 2}]}, "Unknown part of a song 'solo'"),
        ("open_file", {"file": None}, "There is no file"),
        ("open_link", {"code": "1<b>"}, "copy the whole link again"),
    ],
)
def test_what_is_asked_of_nothing_gets_one_sentence_too(client: Client, endpoint: str, asked: Json, words: str) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(**asked, api_name=f"/{endpoint}")
    assert words in str(caught.value)


def test_visitors_at_once_each_get_what_they_asked_for(app: App, tmp_path: Path) -> None:
    """Each works on a groove of its own, a step after the other, while the others do."""

    def work(seed: int) -> list[Groove]:
        with contextlib.closing(PatientClient(app.url, verbose=False, download_files=tmp_path)) as visitor:
            first: Json = visitor.predict(bars=1, seed=seed, model="small", api_name="/play")
            second: Json = visitor.predict(first, keep=["kick"], seed=seed, api_name="/reroll")
            exported = visitor.predict(second, "json", api_name="/export")
            assert from_json(Path(exported).read_bytes()) == from_document(second)
            return [from_document(first).groove, from_document(second).groove]

    drummer = Drummer.load("small")
    with ThreadPoolExecutor(4) as pool:
        for seed, (first, second) in enumerate(pool.map(work, range(4))):
            assert first == drummer.generate(genre="funk", bars=1, seed=seed)
            assert second == drummer.infill(first, fix_voices(first, ["kick"]), genre="funk", seed=seed)


def test_the_example_of_the_readme_runs(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "gradio_client" in block)
    monkeypatch.chdir(tmp_path)
    midi.write(Drummer.load("small").generate(bars=1), "bass.mid")
    made: dict[str, Any] = {}
    exec(example.replace("http://127.0.0.1:7860", app.url), made)
    made["page"].close()
    assert Path(made["path"]).suffix == ".flac"
    assert made["longer"]["bars"] == 8
