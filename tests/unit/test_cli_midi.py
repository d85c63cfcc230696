"""The command line's MIDI files in: a rhythm to follow, and the description of a file."""

import json

import pytest

from drummer import Drummer, Groove, model_names
from drummer.__main__ import main
from drummer.files import midi
from drummer.files.document import from_json
from drummer.files.import_midi import import_midi
from drummer.music.meter import Meter
from tests.folders import names
from tests.midi_events import file_bytes, note, random_groove, rock, signature

needs_weights = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")


@needs_weights
def test_a_style_and_the_rhythm_of_a_midi_file(here, capsys):
    rhythm = random_groove(bars=2, density=0.1, meter=Meter(3, 4), bpm=88)
    midi.write(rhythm, "bass.mid")
    command = ["latin", "--style", "samba", "--bars", "4", "--seed", "2", "--rhythm", "bass.mid", "--json", "."]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("latin, samba, 3/4, 88 BPM, 4 bars, seed 2: ")
    take = from_json((here / "latin-samba_3-4_88bpm_4bars_seed2.json").read_bytes())
    settings = {"genre": "latin", "style": "samba", "meter": "3/4", "bars": 4, "bpm": 88, "seed": 2}
    followed = import_midi("bass.mid", rhythm_of="kick", rhythm_part=1).groove
    assert take.groove == Drummer.load().generate(**settings, rhythm=followed) != Drummer.load().generate(**settings)
    assert main([*command, "--rhythm-part", "1", "--bpm", "120"]) == 0
    assert "latin-samba_3-4_120bpm_4bars_seed2.json" in names(here)


@needs_weights
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rhythm", "bass.mid", "--meter", "4/4"], "the rhythm must be in 4/4, as the groove is, got 3/4"),
        (["--rhythm", "bass.mid", "--to", "jazz"], "cannot follow a rhythm as well"),
        (["--rhythm", "bass.mid", "--rhythm-part", "7"], "part"),
        (["--rhythm", "gone.mid"], "gone.mid"),
        (["--rhythm", "silent.mid"], "note"),
        (["--rhythm-part", "2"], "--rhythm-part needs a MIDI file"),
    ],
)
def test_a_rhythm_that_cannot_be_followed_is_one_sentence_and_no_file(here, capsys, arguments, sentence):
    midi.write(random_groove(bars=2, density=0.1, meter=Meter(3, 4)), "bass.mid")
    midi.write(Groove.silent(1, 100), "silent.mid")
    assert main(["funk", "--model", "small", "--seed", "7", *arguments, "--midi", "takes"]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1, said
    assert names(here) == ["bass.mid", "silent.mid"]


def test_a_file_is_described_as_json(here, capsys):
    (here / "mine.mid").write_bytes(file_bytes([(0, signature(6, 8)), (0, note(44)), (0, note(54)), *rock(0, 4, 3)]))
    assert main(["--understand", "mine.mid"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["bars"], found["meter"], found["bpm"], found["voices"]["hihat_pedal"]) == (4, "6/8", 120.0, 1)
    assert (found["keys"]["44"], found["keys"]["54"], found["unplaced"]) == (1, 1, {})
    assert main(["--understand", "mine.mid", "--map", "addictive_drums_2"]) == 0  # 44 is a click on the rim there
    assert json.loads(capsys.readouterr().out)["voices"]["rim"] > 0


def test_a_file_that_is_not_understood_is_refused_in_json(here, capsys):
    (here / "text.mid").write_text("no music")
    sentences = {
        "text.mid": "text.mid is not a MIDI file",
        "gone.mid": "there is no file gone.mid",
        "": "the name of the MIDI file is empty",
    }
    for name, sentence in sentences.items():
        assert main(["--understand", name]) == 1
        assert json.loads(capsys.readouterr().out) == {"refused": sentence}
    assert main(["--understand", "text.mid", "--map", "x"]) == 2
    assert "unknown drum map 'x'" in capsys.readouterr().err
