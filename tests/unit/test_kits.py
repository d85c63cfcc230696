import shutil
from dataclasses import replace

import pytest

from drummer import audio
from drummer.config import default_config
from drummer.errors import SoundfontError
from drummer.music.voices import VOICE_INDEX, VOICES
from tests.sound import BLACK_PEARL, KITS


def test_shipped_kits_name_their_licence_and_author():
    acoustic, electronic = ("CC-BY-SA-3.0", "Glen MacArthur, AVL Drumkits"), ("CC0-1.0", "The Drummer project")
    assert {name: (kit.license, kit.attribution) for name, kit in KITS.items()} == {
        "black_pearl": acoustic,
        "electronic_808": electronic,
        "electronic_909": electronic,
        "red_zeppelin": acoustic,
    }
    assert all(kit.path.stat().st_size < 10_000_000 for kit in KITS.values())
    assert default_config().defaults.kit in KITS


def test_electronic_kits_are_offered_first_where_they_are_at_home():
    def names(genre):
        return [kit.name for kit in audio.kits_for(genre)]

    assert names("hiphop") == ["electronic_808", "electronic_909", "black_pearl", "red_zeppelin"]
    assert names("dance") == ["electronic_909", "electronic_808", "black_pearl", "red_zeppelin"]
    assert names("jazz") == ["black_pearl", "red_zeppelin", "electronic_808", "electronic_909"]
    assert [audio.kit_for(genre).name for genre in ("hiphop", "dance", "jazz")] == [
        "electronic_808",
        "electronic_909",
        "black_pearl",
    ]


def test_where_no_kit_is_installed_none_can_be_chosen(tmp_path):
    assert audio.kits_for("rock", tmp_path) == []
    with pytest.raises(SoundfontError, match="none is installed"):
        audio.kit_for("rock", tmp_path)


def test_an_unknown_kit_is_answered_with_the_names_there_are():
    with pytest.raises(SoundfontError, match=r"no kit '\.\./red_zeppelin', choose one of: black_pearl, electronic_808"):
        audio.find_kit("../red_zeppelin")


def test_no_kit_at_all(tmp_path):
    assert audio.list_kits(tmp_path / "missing") == {}
    with pytest.raises(SoundfontError, match="none is installed"):
        audio.find_kit("black_pearl", tmp_path)


def test_a_dropped_in_soundfont_is_a_kit_with_general_midi_keys(tmp_path):
    shutil.copy(BLACK_PEARL.path, tmp_path / "my_drums.SF3")
    (tmp_path / "._my_drums.sf3").touch()
    (tmp_path / "notes.txt").touch()
    kits = audio.list_kits(tmp_path)
    assert list(kits) == ["my_drums"]
    assert kits["my_drums"].label == "my drums"
    assert [key.key for key in kits["my_drums"].keys] == [voice.pitch for voice in VOICES]
    assert all(key.bend == 0 for key in kits["my_drums"].keys)


def test_two_files_of_one_name_are_two_kits(tmp_path):
    for name in ("a.sf2", "a.sf3"):
        (tmp_path / name).touch()
    assert [(name, kit.path.name) for name, kit in audio.list_kits(tmp_path).items()] == [("a", "a.sf2"), ("a.sf3", "a.sf3")]


def test_a_description_beside_the_soundfont_is_used(tmp_path):
    (tmp_path / "mine.sf2").touch()
    (tmp_path / "mine.yaml").write_text(
        "label: Mine\nbank: 3\ngain_db: -2.5\nkeys: {kick: 35, tom_high: {key: 45, bend: -1.5}}\n"
    )
    kit = audio.find_kit("mine", tmp_path)
    assert (kit.label, kit.bank, kit.program, kit.gain_db) == ("Mine", 3, 0, -2.5)
    assert kit.keys[VOICE_INDEX["kick"]] == audio.Key(35)
    assert kit.keys[VOICE_INDEX["tom_high"]] == audio.Key(45, -1.5)
    assert kit.keys[VOICE_INDEX["snare"]] == audio.Key(38)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("keys: {cowbell: 56}", "there is no voice 'cowbell'"),
        ("keys: {kick: 128}", "keys.kick"),
        ("colour: red", "'colour' is wrong"),
        ("gain_db: loud", "'gain_db' is wrong"),
        ("velocity_exponent: 0", "'velocity_exponent' is wrong"),
        ("- kick", "x.yaml"),
        ("", "x.yaml"),
        ("a: [", "cannot read the kit description x.yaml"),
        ("a: 2024-01-01", "cannot read the kit description x.yaml"),
    ],
)
def test_a_wrong_description_is_refused_in_one_sentence(tmp_path, text, problem):
    (tmp_path / "x.sf2").touch()
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SoundfontError) as caught:
        audio.list_kits(tmp_path)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_velocity_curve_keeps_order_and_ends():
    velocities = [BLACK_PEARL.synth_velocity(velocity / 127) for velocity in range(1, 128)]
    assert velocities == sorted(velocities)
    assert velocities[-1] == 127
    assert velocities[19] > 20  # ghost notes are lifted
    straight = replace(BLACK_PEARL, velocity_exponent=1.0)
    assert [straight.synth_velocity(velocity / 127) for velocity in range(1, 128)] == list(range(1, 128))
    assert straight.synth_velocity(1e-6) == 1  # 0 would be a note-off
