import shutil
from dataclasses import replace

import numpy as np
import pytest

from drummer import audio
from drummer.errors import SoundfontError
from tests.sound import BLACK_PEARL, RATE, make_groove, needs_fluidsynth, peak_db, run_python


@needs_fluidsynth
def test_a_soundfont_without_a_drum_bank_plays_its_first_preset(tmp_path):
    shutil.copy(BLACK_PEARL.path, tmp_path / "plain.sf3")  # its one preset is in bank 0
    plain = audio.render(make_groove(("kick", 0, 0.8)), audio.find_kit("plain", tmp_path))
    assert peak_db(plain.samples) > -30


@needs_fluidsynth
def test_a_drum_bank_is_preferred(tmp_path):
    data = bytearray(BLACK_PEARL.path.read_bytes())
    header = data.index(b"phdr") + 8
    assert data[header + 22 : header + 24] == b"\0\0"
    data[header + 22 : header + 24] = (128).to_bytes(2, "little")  # wBank
    (tmp_path / "drums.sf3").write_bytes(data)
    kit = audio.find_kit("drums", tmp_path)
    assert peak_db(audio.render(make_groove(("snare", 0, 0.8)), kit).samples) > -30
    with pytest.raises(SoundfontError, match=r"drums\.sf3 has no program 0 in bank 0"):
        audio.render(make_groove(("snare", 0, 0.8)), replace(kit, bank=0))


def damaged_soundfonts() -> dict[str, bytes]:
    good = BLACK_PEARL.path.read_bytes()
    presets = good.rindex(b"pdta")
    return {
        "empty": b"",
        "text": b"not a soundfont\n" * 100,
        "header": good[:12],
        "wav": audio.Rendering(np.zeros((100, 2), dtype=np.int16), 100, RATE).wav_bytes(),
        "half": good[: len(good) // 2],
        "end": good[:-1],
        "sizes": good[:16] + b"\xff\xff\xff\x7f" + good[20:],
        "presets": good[:presets] + bytes(len(good) - presets),
        "ogg": good[:400] + bytes(presets - 800) + good[presets - 400 :],
    }


@needs_fluidsynth
def test_damaged_soundfonts_are_refused_in_one_sentence_each(tmp_path):
    for name, content in damaged_soundfonts().items():
        (tmp_path / f"{name}.sf3").write_bytes(content)
    (tmp_path / "folder.sf3").mkdir()
    # In a process of its own, which FluidSynth could take down with it.
    code = """
        import sys
        from dataclasses import replace
        from pathlib import Path
        from drummer import audio
        from drummer.errors import SoundfontError
        from drummer.music.groove import Groove
        kits = audio.list_kits(Path(sys.argv[1]))
        kits["missing"] = replace(kits["empty"], path=Path("missing.sf3"))
        for name, kit in kits.items():
            try:
                audio.render(Groove.silent(bars=1, bpm=120), kit)
            except SoundfontError as error:
                print(name, error, sep=": ")
    """
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    answers = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    assert {name: answer.replace(f"{name}.sf3", "*") for name, answer in answers.items()} == {
        "empty": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "text": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "wav": "the file * is not a soundfont, it must be an .sf2 or .sf3 file",
        "header": "the soundfont * is incomplete, copy it again",
        "half": "the soundfont * is incomplete, copy it again",
        "end": "the soundfont * is incomplete, copy it again",
        "sizes": "the soundfont * cannot be loaded, it is damaged",
        "presets": "the soundfont * cannot be loaded, it is damaged",
        "ogg": "the soundfont * cannot be loaded, it is damaged",
        "folder": "cannot read the soundfont *: Is a directory",
        "missing": "cannot read the soundfont *: No such file or directory",
    }


def test_without_the_library_the_module_imports_and_rendering_says_what_to_install():
    code = """
        import ctypes.util
        ctypes.util.find_library = lambda name: None
        from drummer import audio
        from drummer.errors import AudioUnavailableError
        from drummer.music.groove import Groove
        assert not audio.audio_available()
        assert "black_pearl" in audio.list_kits()
        try:
            audio.render(Groove.silent(bars=1, bpm=120), audio.find_kit("black_pearl"))
        except AudioUnavailableError as error:
            print(error)
    """
    result = run_python(code, HOMEBREW_PREFIX="")
    assert result.returncode == 0, result.stderr
    assert result.stdout == audio.INSTALL_HINT + "\n"


@needs_fluidsynth
def test_nothing_is_printed():
    code = """
        from drummer import audio
        from drummer.music.groove import Groove
        audio.render(Groove.silent(bars=1, bpm=120), audio.find_kit("black_pearl"))
    """
    result = run_python(code, CI="true")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_importing_loads_no_library():
    result = run_python("import sys, drummer.audio; print('fluidsynth' in sys.modules)")
    assert result.stdout == "False\n", result.stderr
