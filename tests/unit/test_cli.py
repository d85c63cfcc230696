import os
import pty
import re
import signal
import subprocess
import sys
import termios
import wave
import zipfile
from pathlib import Path

import pytest
import soundfile

from drummer import Drummer, model_names
from drummer.__main__ import build_parser, main
from drummer.audio import audio_available
from drummer.files import midi
from drummer.files.document import from_json
from drummer.files.drum_maps import DRUM_MAPS
from tests.children import hearing_ctrl_c
from tests.folders import names

ROOT = Path(__file__).resolve().parent.parent.parent
needs_weights = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")
needs_fluidsynth = pytest.mark.skipif(not audio_available(), reason="FluidSynth is not installed: see packages.txt")


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(*arguments, cwd):
    command = [sys.executable, "-m", "drummer", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False, timeout=240)


@needs_weights
def test_without_outputs_the_midi_goes_into_the_current_folder(here, capsys):
    assert main(["funk", "--bpm", "96", "--bars", "2", "--seed", "7"]) == 0
    assert names(here) == ["funk_96bpm_2bars_seed7.mid"]
    assert capsys.readouterr().out == "funk, 96 BPM, 2 bars, seed 7: funk_96bpm_2bars_seed7.mid\n"
    groove = midi.read(here / "funk_96bpm_2bars_seed7.mid").groove
    assert (groove.bpm, groove.bars) == (96.0, 2)


@needs_weights
def test_a_reader_that_stops_reading_causes_no_stack_trace(here):
    command = f"{sys.executable} -m drummer funk --bars 1 --count 9 --seed 1 | head -1"
    done = subprocess.run(command, shell=True, cwd=here, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("funk, ")
    assert "Traceback" not in done.stderr


@needs_weights
@pytest.mark.parametrize(
    ("meter", "sentence"),
    [
        ("8/8", "the drummer plays in 2/4, 3/4, 4/4, 5/4, 6/4, 7/4, 3/8, 5/8, 6/8, 7/8, 9/8, 12/8, not in 8/8: grooves in "),
        ("11/8 (3+3+3+2)", "the drummer plays in 2/4,"),
        ("7/8 (3+3)", "the groups of 7/8 must add up to 7, got '3+3'"),
        ("", "a meter must look like 4/4, 6/8 or 7/8 (3+2+2), got ''"),
        ("waltz", "a meter must look like 4/4, 6/8 or 7/8 (3+2+2), got 'waltz'"),
    ],
)
def test_a_meter_that_is_not_played_is_one_sentence_and_no_file(here, capsys, meter, sentence):
    assert main(["funk", "--meter", meter, "--model", "small", "--seed", "7", "--midi", "takes", "--png", "take.png"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"drummer: {sentence}")
    assert said.err.count("\n") == 1
    assert (said.out, names(here)) == ("", [])


def test_the_former_name_of_an_option_is_still_read():
    assert all(build_parser().parse_args(["funk", option]).track_per_drum for option in ("--track-per-drum", "--track-a-voice"))


@needs_weights
def test_four_four_may_be_said(here):
    common = ["funk", "--model", "small", "--bars", "1", "--seed", "7"]
    assert main([*common, "--json", "plain.json"]) == 0
    assert main([*common, "--json", "said.json", "--meter", "4/4"]) == 0
    assert (here / "plain.json").read_bytes() == (here / "said.json").read_bytes()


@needs_weights
def test_the_drummer_is_directed(here):
    def hits(*options):
        assert main(["rock", "--bpm", "100", "--bars", "4", "--seed", "3", "--midi", "take.mid", *options]) == 0
        return midi.read(here / "take.mid").groove

    plain = hits()
    controls = ("--intensity 0.95", "--complexity 0.9", "--swing 1", "--lateness -15", "--fill-every 2")
    directed = [hits(*control.split()) for control in controls]
    assert all(groove != plain for groove in directed)
    soft = hits("--intensity", "0.05")
    assert directed[0].velocities[directed[0].hits].mean() > soft.velocities[soft.hits].mean() + 0.1
    assert main(["rock", "--bars", "2", "--fill-every", "3"]) == 2
    assert main(["rock", "--bars", "2", "--swing", "7"]) == 2


@needs_weights
def test_the_same_seed_plays_the_same_groove(here):
    settings = ["rock", "--bars", "2", "--temperature", "0.8"]
    for name, seed in (("a.mid", "7"), ("b.mid", "7"), ("c.mid", "8")):
        assert main([*settings, "--seed", seed, "--bpm", "100", "--midi", name]) == 0
    a, b, c = (midi.read(here / name).groove for name in ("a.mid", "b.mid", "c.mid"))
    assert a == b
    assert a != c


@needs_weights
def test_without_a_tempo_each_file_gets_one_of_the_genre(here):
    assert main(["jazz", "--bars", "1", "--seed", "3", "--count", "3", "--midi", "takes"]) == 0
    drummer = Drummer.load()
    stems = [f"jazz_{drummer.reference_bpm('jazz', seed)}bpm_1bars_seed{seed}" for seed in (3, 4, 5)]
    assert names(here / "takes") == sorted(f"{stem}.mid" for stem in stems)


@needs_weights
def test_the_first_of_many_grooves_does_not_wait_for_the_tempos_of_all(here, monkeypatch):
    own, asked = Drummer.reference_bpm, []

    def interrupt_the_second(drummer, genre, seed, style, meter):
        asked.append(seed)
        if len(asked) > 1:
            raise KeyboardInterrupt
        return own(drummer, genre, seed, style, meter)

    monkeypatch.setattr(Drummer, "reference_bpm", interrupt_the_second)
    assert main(["jazz", "--bars", "1", "--seed", "3", "--count", "9", "--model", "small", "--midi", "takes"]) == 130
    assert len(names(here / "takes")) == 1


@needs_weights
def test_each_file_of_many_is_what_its_seed_alone_gives(here):
    assert main(["soul", "--bpm", "90", "--bars", "1", "--seed", "3", "--count", "2"]) == 0
    assert main(["soul", "--bpm", "90", "--bars", "1", "--seed", "4", "--midi", "alone"]) == 0
    name = "soul_90bpm_1bars_seed4.mid"
    assert (here / name).read_bytes() == (here / "alone" / name).read_bytes()


@needs_weights
def test_without_a_seed_the_one_that_was_drawn_is_printed(here, capsys):
    assert main(["funk", "--bpm", "96", "--bars", "1"]) == 0
    printed = capsys.readouterr().out
    seed = re.search(r"seed (\d+)", printed)[1]
    assert names(here) == [f"funk_96bpm_1bars_seed{seed}.mid"]
    first = (here / names(here)[0]).read_bytes()
    assert main(["funk", "--bpm", "96", "--bars", "1", "--seed", seed]) == 0
    assert (here / names(here)[0]).read_bytes() == first


@needs_weights
@needs_fluidsynth
def test_each_output_goes_where_it_is_asked_for(here, capsys):
    (here / "pictures.d").mkdir()  # a folder, whatever its name looks like
    settings = ["funk", "--bpm", "96", "--bars", "1", "--seed", "1"]
    assert main([*settings, "--midi", "one.mid", "--wav", "sounds/here", "--png", "pictures.d"]) == 0
    stem = "funk_96bpm_1bars_seed1"
    paths = [Path("one.mid"), Path("sounds/here") / f"{stem}.wav", Path("pictures.d") / f"{stem}.png"]
    assert capsys.readouterr().out.strip().endswith(": " + ", ".join(map(str, paths)))
    with wave.open(str(paths[1])) as sound:
        assert sound.getnframes() / sound.getframerate() >= 4 * 60 / 96
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    assert midi.read(paths[0]).groove.bars == 1


@needs_weights
@needs_fluidsynth
def test_all_kinds_of_output(here, capsys):
    settings = ["hiphop", "--bpm", "90", "--bars", "1", "--seed", "1", "--intensity", "0.6"]
    outputs = ["--flac", "one.flac", "--svg", "one.svg", "--json", "one.json", "--zip", "one.zip", "--midi", "one.mid"]
    assert main([*settings, *outputs, "--loop", "--map", "bfd3", "--track-per-drum"]) == 0
    assert capsys.readouterr().out.startswith("hiphop, 90 BPM, 1 bar, seed 1: one.mid, one.flac, one.svg, one.json, one.zip\n")
    assert soundfile.info(here / "one.flac").frames == round(4 * 60 / 90 * 44100)
    assert (here / "one.svg").read_text().startswith("<?xml")
    take = from_json((here / "one.json").read_text())
    assert take.settings == {"genre": "hiphop", "model": "medium", "temperature": 1.0, "intensity": 0.6}
    heard = midi.read(here / "one.mid", drum_map=DRUM_MAPS["bfd3"])
    assert heard.groove.hit_count == take.groove.hit_count
    with zipfile.ZipFile(here / "one.zip") as archive:
        assert "hiphop_90bpm_1bars_seed1/groove.json" in archive.namelist()
        about = archive.read("hiphop_90bpm_1bars_seed1/about.txt").decode()
    assert "kit Electronic 808, exactly its bars" in about  # the first that suits the genre


@needs_weights
@needs_fluidsynth
def test_stems_and_sound_of_another_format(here):
    settings = ["funk", "--bpm", "96", "--bars", "1", "--seed", "1", "--model", "small", "--loop", "--map", "addictive_drums_2"]
    sound = ["--sample-rate", "48000", "--bit-depth", "24", "--normalize", "--audio-format", "wav"]
    assert main([*settings, *sound, "--wav", "out", "--stems", "out", "--midi", "out"]) == 0
    stem = "funk_96bpm_1bars_seed1"
    files = [f"{stem}_addictive-drums.mid", f"{stem}_loop_48k-24bit.wav", f"{stem}_loop_48k-24bit_stems.zip"]
    assert names(here / "out") == sorted(files)
    info = soundfile.info(here / "out" / files[1])
    assert (info.samplerate, info.subtype, info.frames) == (48_000, "PCM_24", 4 * 60 * 48_000 / 96)
    with zipfile.ZipFile(here / "out" / files[2]) as archive:
        assert any(name.endswith("_48k-24bit_kick.wav") for name in archive.namelist())


@needs_weights
def test_from_one_genre_to_another(here, capsys):
    assert main(["funk", "--to", "jazz", "--bpm", "110", "--bars", "4", "--seed", "2", "--json", "."]) == 0
    assert capsys.readouterr().out.startswith("funk to jazz, 110 BPM, 4 bars, seed 2: ")
    take = from_json((here / "funk-to-jazz_110bpm_4bars_seed2.json").read_bytes())
    assert take.groove == Drummer.load().interpolate("jazz", genre="funk", bpm=110, bars=4, seed=2)
    assert main(["funk", "--to", "polka"]) == 2


@needs_weights
def test_only_what_is_asked_for_is_written(here):
    assert main(["funk", "--bpm", "96", "--bars", "1", "--seed", "1", "--png", "roll.png"]) == 0
    assert names(here) == ["roll.png"]


@needs_weights
def test_sound_and_pictures_are_loaded_only_where_they_are_asked_for(here):
    code = (
        "import sys; from drummer.__main__ import main; main(['funk', '--bars', '1', '--seed', '1']);"
        "print(sorted({'drummer.audio', 'fluidsynth', 'matplotlib', 'gradio'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=here, env=environment(), capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["polka"], "unknown genre 'polka', it must be one of afrobeat, afrocuban, "),
        (["funk", "--seed", "-1"], "seed must be"),
        (["funk", "--seed", "1.5"], "seed must be"),
        (["funk", "--seed", "4294967296"], "seed must be"),
        (["funk", "--seed", "9" * 400], "seed must be"),
        (["funk", "--count", "0"], "count must be"),
        (["funk", "--count", "1.5"], "count must be"),
        (["funk", "--count", "2", "--seed", "4294967295"], "count must be"),
        (["funk", "--model", "giant"], "unknown model 'giant'"),
        (["funk", "--map", "cubase"], "unknown drum map 'cubase', it must be one of general_midi, "),
        (["funk", "--sample-rate", "96000"], "the sample rate must be 44100 or 48000, got 96000"),
        (["funk", "--bit-depth", "32"], "the bit depth must be 16 or 24, got 32"),
        (["funk", "--audio-format", "mp3"], "unknown audio format 'mp3', it must be one of wav, flac"),
        (["funk", "--loop"], "--loop needs a file with sound: give it as --wav or --flac or "),
        (["funk", "--normalize", "--png", "roll.png"], "--normalize needs a file with sound: give it as --wav or "),
        (["funk", "--midi", " "], "argument --midi: the path is empty: name a file or a folder"),
        (["funk", "--musicxml", ""], "argument --musicxml: the path is empty: name a file or a folder"),
        (["funk", "--bpm", "fast"], "'fast' is not a number"),
        (["funk", "--tempo", "96"], "unrecognized arguments: --tempo"),
        (["funk", "--temp", "1"], "unrecognized arguments: --temp"),
        ([], "the following arguments are required: GENRE"),
    ],
)
def test_wrong_arguments_give_one_sentence(here, capsys, arguments, sentence):
    assert_refused(here, capsys, arguments, sentence)


@needs_weights
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--bpm", "nan"], "tempo must be from 30 to 300 BPM, got nan"),
        (["--bpm", "29"], "tempo must be from 30 to 300 BPM, got 29"),
        (["--bpm", "inf"], "tempo must be from 30 to 300 BPM, got inf"),
        (["--bars", "0"], "the number of bars must be a whole number from 1 to 32, got 0"),
        (["--bars", "2.5"], "the number of bars must be a whole number from 1 to 32, got 2.5"),
        (["--temperature", "-1"], "temperature must be from 0.1 to 2, got -1"),
    ],
)
def test_settings_out_of_range_give_one_sentence(here, capsys, arguments, sentence):
    assert_refused(here, capsys, ["funk", *arguments], sentence)


@needs_weights
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--midi", "taken"], "cannot write taken"),  # a file where a folder is to be
        (["--midi", "missing/one.mid"], "cannot write missing/one.mid"),
        (["--png", "missing/one.png"], "cannot write missing/one.png"),
        (["--png", "roll.doc"], "the piano roll is written to a .png file, got 'roll.doc'"),
    ],
)
def test_files_that_cannot_be_written_give_one_sentence(here, capsys, arguments, sentence):
    (here / "taken").write_text("")
    assert_refused(here, capsys, ["funk", "--bars", "1", "--seed", "1", *arguments], sentence, left=["taken"])


@needs_weights
def test_an_unknown_kit_gives_one_sentence(here, capsys):
    assert_refused(here, capsys, ["funk", "--bars", "1", "--wav", "x.wav", "--kit", "tin_pots"], "'tin_pots'")


def assert_refused(folder, capsys, arguments, sentence, left=()):
    try:
        code = main(arguments)
    except SystemExit as stop:  # how argparse ends
        code = stop.code
    output, errors = capsys.readouterr()
    assert code == 2
    assert output == ""
    assert errors.startswith("drummer: ")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert names(folder) == list(left)


def test_as_a_process_an_error_is_one_line_and_no_trace(tmp_path):
    result = run("polka", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(r"drummer: unknown genre 'polka'.*\n", result.stderr)


def test_help_names_the_genres(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "neworleans" in capsys.readouterr().out


@needs_weights
def test_several_grooves_get_numbered_files_where_a_file_is_named(here, capsys):
    (here / "takes.v2").mkdir()
    arguments = ["funk", "--bars", "1", "--seed", "1", "--count", "2", "--midi", "out.mid", "--json", "takes.v2"]
    assert main(arguments) == 0
    assert names(here) == ["out_1.mid", "out_2.mid", "takes.v2"]
    assert len(names(here / "takes.v2")) == 2
    assert [midi.read(here / f"out_{number}.mid").groove.bars for number in (1, 2)] == [1, 1]
    assert "out_1.mid" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "out_1.mid" in capsys.readouterr().out


@needs_weights
def test_of_several_files_the_form_is_checked_too(here, capsys):
    arguments = ["funk", "--bars", "1", "--seed", "1", "--count", "10", "--png", "roll.mid"]
    assert_refused(here, capsys, arguments, "the piano roll is written to a .png file, got 'roll.mid'")


@needs_weights
@pytest.mark.parametrize(("count", "bars_of_progress"), [("3", True), ("1", False)])
def test_progress_shows_on_a_terminal_where_there_is_more_than_one(here, monkeypatch, count, bars_of_progress):
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    with os.fdopen(end, "w") as errors:
        monkeypatch.setattr(sys, "stderr", errors)
        assert main(["funk", "--bars", "1", "--count", count]) == 0
        print(".", file=errors, flush=True)  # so that there is something to read
        assert (b"groove" in os.read(terminal, 4096)) == bars_of_progress
    os.close(terminal)
    assert len(names(here)) == int(count)


@needs_weights
def test_control_c_ends_quietly(tmp_path):
    command = [sys.executable, "-u", "-m", "drummer", "funk", "--bars", "1", "--count", "100000", "--midi", "takes"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with hearing_ctrl_c():
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(), **pipes)
    with process:
        assert process.stdout.readline().startswith("funk, ")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (130, "")


def test_without_a_genre_nothing_is_generated(capsys):
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "GENRE" in capsys.readouterr().err
