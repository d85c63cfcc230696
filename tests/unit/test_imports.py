"""The rules of the house: which module may import which, and that importing does nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted([*ROOT.glob("drummer/**/*.py"), ROOT / "app.py", ROOT / "train.py"])
    if path.is_file()
}

# What each module of the playing path may import; one further down knows nothing of one further up. Imports point one way:
# errors, config, voices <- groove <- midi, tokens, audio, pianoroll <- performer <- app.
CHECKS = {"drummer.errors", "drummer.validation"}
BASE = {*CHECKS, "drummer.config", "drummer.music.voices"}
GROOVE = {*BASE, "drummer.music.groove"}
MAY_IMPORT = {
    "drummer.errors": set(),
    "drummer.music.voices": set(),
    "drummer.config": {*CHECKS, "drummer.config_keys"},
    "drummer.music.groove": {*CHECKS, "drummer.music.voices"},
    "drummer.files.drum_maps": GROOVE,
    "drummer.files.midi.reading": {*GROOVE, "drummer.files.drum_maps"},
    "drummer.model.tokenizer": GROOVE,
    "drummer.audio.kits": BASE,
    "drummer.pictures.piano_roll": {*GROOVE, "drummer.pictures.colors", "drummer.pictures.sheet"},
    "drummer.files.document.settings": {*GROOVE, "drummer.files.document.plain_data", "drummer.music.controls"},
    "drummer.music.controls": {*GROOVE, "drummer.music.fills", "drummer.music.onsets"},
    "drummer.model.reference_bank": {"drummer.music.controls", "drummer.music.voices"},
    "drummer.music.measuring": {"drummer.music.controls", "drummer.music.groove", "drummer.music.voices"},
    # Of the tokenizer only the bins and the id of `[BOS]`; otherwise tensors in, tensors out.
    "drummer.model.inputs": {*BASE, "drummer.model.tokenizer", "drummer.music.beat_plan", "drummer.music.controls"},
    "drummer.model.history": {*BASE, "drummer.model.inputs"},
    "drummer.model.network": {*BASE, "drummer.model.history", "drummer.model.inputs", "drummer.model.tokenizer"},
}
NEVER_SEE_A_GROOVE = {
    "drummer.model.network",
    "drummer.model.inputs",
    "drummer.model.history",
    "drummer.generation.sampling",
    "drummer.generation.incremental_decoder",
}
PLAYING = {
    "drummer.files.midi", "drummer.files.import_midi", "drummer.audio", "drummer.pictures.piano_roll", "drummer.exports",
    "drummer.generation.drummer", "drummer.generation.sampling", "drummer.generation.song", "drummer.feel", "drummer.feel.chart",
}  # fmt: skip
EVALUATION = {name for name in MODULES if name.startswith("drummer.evaluation")}
TRAINING = {"drummer.data.corpus", "drummer.training", "train", *EVALUATION}

ONLY_IN = {
    "mido": {"drummer.files.midi.reading", "drummer.files.midi.writing"},
    "pretty_midi": set(),  # a tool of the tests
    "fluidsynth": {"drummer.audio.fluidsynth"},
    "soundfile": {"drummer.audio.rendering"},
    "matplotlib": {"drummer.pictures.colors", "drummer.pictures.piano_roll", "drummer.evaluation.charts", "drummer.feel.chart"},
    "gradio": {"app"},  # and the page's own controls, see below
}


def imports_of(path: Path) -> set[str]:
    """List every module that a file imports, inside functions too; `from drummer import midi` counts as `drummer.files.midi`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def own_imports_of(name: str) -> set[str]:
    return {module for module in imports_of(MODULES[name]) if module in MODULES and module != "drummer"}


def reachable_from(name: str) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for module in own_imports_of(waiting.pop()) - seen:
            seen.add(module)
            waiting.append(module)
    return seen


def test_the_modules_are_found():
    assert MODULES.keys() >= {"drummer", "drummer.music.groove", "drummer.files.midi"}


@pytest.mark.parametrize("name", [name for name in MAY_IMPORT if name in MODULES])
def test_each_module_imports_only_what_lies_below(name):
    assert own_imports_of(name) <= MAY_IMPORT[name]


@pytest.mark.parametrize("name", MODULES)
def test_no_module_reaches_itself(name):
    if name != "drummer":  # the package's public names may come from anywhere in it
        assert name not in reachable_from(name)


@pytest.mark.parametrize("name", [name for name in sorted(NEVER_SEE_A_GROOVE) if name in MODULES])
def test_the_model_never_sees_a_groove(name):
    assert own_imports_of(name).isdisjoint({"drummer.music.groove", *PLAYING} - {name})


@pytest.mark.parametrize("name", [name for name in MODULES if name in PLAYING or name == "app" or name.startswith("drummer.web")])
def test_playing_needs_nothing_of_training(name):
    assert reachable_from(name).isdisjoint(TRAINING)


@pytest.mark.parametrize("name", MODULES)
def test_libraries_stay_in_their_module(name):
    libraries = {module.split(".")[0] for module in imports_of(MODULES[name])}
    homes = {library: library in libraries and name not in modules for library, modules in ONLY_IN.items()}
    if name.startswith("drummer.web"):
        homes["gradio"] = False
    assert not [library for library, astray in homes.items() if astray]


def test_the_package_and_what_it_plays_with_never_import_the_app():
    assert not [name for name in MODULES if name != "app" and "app" in reachable_from(name)]


@pytest.mark.parametrize("name", MODULES)
def test_nobody_takes_what_is_private_to_another_module(name):
    assert not [module for module in imports_of(MODULES[name]) if module.startswith("drummer.") and "._" in module]


# Runs in a fresh interpreter: the libraries come first, so that what is watched is the project's own imports alone.
WATCH = """
import contextlib, importlib, sys

root, libraries, modules = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
for library in libraries:
    with contextlib.suppress(ImportError):  # a name in a module, not a module
        importlib.import_module(library)
now, theirs = "", (sys.prefix, sys.base_prefix)  # where libraries read their own files

def watch(event, arguments):
    if event == "open":
        path, mode, flags = str(arguments[0]), arguments[1] or "r", arguments[2] or 0
        if set(mode) & set("wax+") or flags & 3 or not path.endswith((".py", ".pyc")) and not path.startswith(theirs):
            print(now, "opens", path)
    elif event.split(".")[0] in {"socket", "subprocess", "shutil", "tempfile"} or event in {"os.mkdir", "os.remove", "os.system"}:
        print(now, event, arguments)

sys.dont_write_bytecode = True
sys.path.insert(0, root)
sys.addaudithook(watch)
for now in modules:
    importlib.import_module(now)
"""


def test_importing_does_nothing_but_define():
    """No module of the package opens a data file, writes, starts a process or reaches for the network when it is imported."""
    modules = [name for name in MODULES if name.split(".")[0] == "drummer" and not name.endswith("__main__")]
    own_or_lazy = {"drummer", "fluidsynth"}  # FluidSynth is looked for when it is first needed
    libraries = {library for name in modules for library in imports_of(MODULES[name])}
    libraries = {library for library in libraries if library.split(".")[0] not in own_or_lazy}
    command = [sys.executable, "-W", "ignore", "-c", WATCH, str(ROOT), " ".join(sorted(libraries)), " ".join(modules)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
