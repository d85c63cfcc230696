"""The rules of the house: which package may import which, where libraries are used, and that importing does nothing."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted([*ROOT.glob("drummer/**/*.py"), ROOT / "app.py", ROOT / "train.py"])
}
# From the bottom up: a package imports only itself and the packages before it.
LAYERS = (
    "errors config config_checks config_keys config_page_sections config_sections validation",
    "music",
    "files",
    "audio",
    "pictures",
    "exports",
    "model",
    "generation",
    "data",
    "training",
    "evaluation",
    "feel",
    "web",
)
LEVEL = {f"drummer.{package}": level for level, packages in enumerate(LAYERS) for package in packages.split()}
ONLY_IN = {  # homes of a library
    "mido": "drummer.files",
    "pretty_midi": "drummer.files",
    "fluidsynth": "drummer.audio",
    "soundfile": "drummer.audio",
    "matplotlib": "drummer.pictures drummer.feel drummer.evaluation",
    "verovio": "drummer.pictures",
    "gradio": "drummer.web app",
    "torch": "drummer.model drummer.generation drummer.data drummer.training drummer.evaluation",
}
NEVER_SEE_A_GROOVE = ("drummer.model.network", "drummer.generation.sampling", "drummer.generation.incremental_decoder")
WITHOUT_TORCH = ("drummer", "drummer.__main__", "drummer.files", "drummer.audio", "drummer.pictures", "drummer.exports")


@cache
def imports_of(name: str) -> frozenset[str]:
    """List every module that a module imports, inside functions too; `from drummer import audio` counts as `drummer.audio`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return frozenset(found)


def own_imports_of(name: str) -> set[str]:
    return {module for module in imports_of(name) if module in MODULES and module != "drummer"}


def package_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def is_within(name: str, homes: str) -> bool:
    return any(name == home or name.startswith(f"{home}.") for home in homes.split())


def reachable_from(name: str) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for module in own_imports_of(waiting.pop()) - seen:
            seen.add(module)
            waiting.append(module)
    return seen


def found_in(names: Iterable[str], find: Callable[[str], set[str]]) -> dict[str, set[str]]:
    """List what is found in each module, without those where nothing is."""
    return {name: found for name in names if (found := find(name))}


def test_every_package_has_its_layer() -> None:
    packages = {package_of(name) for name in MODULES if name.startswith("drummer.")} - {"drummer.__main__"}
    assert packages == set(LEVEL)


def test_imports_point_one_way() -> None:
    def above(name: str) -> set[str]:
        return {module for module in own_imports_of(name) if LEVEL.get(package_of(module), 99) > LEVEL[package_of(name)]}

    assert found_in([name for name in MODULES if package_of(name) in LEVEL], above) == {}


def test_no_module_reaches_itself() -> None:
    assert found_in(MODULES.keys() - {"drummer"}, lambda name: {name} & reachable_from(name)) == {}


def test_the_model_never_sees_a_groove() -> None:
    grooves = ("drummer.music.groove", "drummer.files")
    assert found_in(NEVER_SEE_A_GROOVE, lambda name: {each for each in own_imports_of(name) if each.startswith(grooves)}) == {}


def test_the_page_needs_nothing_of_training() -> None:
    training = "drummer.data drummer.training drummer.evaluation"
    page = [name for name in MODULES if name == "app" or name.startswith("drummer.web")]
    assert found_in(page, lambda name: {module for module in reachable_from(name) if is_within(module, training)}) == {}


def test_libraries_are_used_where_they_belong() -> None:
    def abroad(name: str) -> set[str]:
        libraries = {module.split(".")[0] for module in imports_of(name)}
        return {library for library in libraries & ONLY_IN.keys() if not is_within(name, ONLY_IN[library])}

    assert found_in(MODULES, abroad) == {}


def test_nothing_private_is_taken_from_another_module() -> None:
    def private(name: str) -> set[str]:
        return {module for module in imports_of(name) if module.startswith("drummer.") and "._" in module}

    assert found_in(MODULES, private) == {}


def test_files_sound_and_pictures_start_without_torch() -> None:
    modules = [name for name in MODULES if name in WITHOUT_TORCH or is_within(name, " ".join(WITHOUT_TORCH[2:]))]
    program = f"import sys\nfor name in {modules!r}: __import__(name)\nprint('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "False"


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


def test_importing_does_nothing_but_define() -> None:
    """No module of the package opens a data file, writes, starts a process or reaches for the network when it is imported."""
    modules = [name for name in MODULES if name.split(".")[0] == "drummer" and not name.endswith("__main__")]
    own_or_lazy = {"drummer", "fluidsynth"}  # FluidSynth is looked for when it is first needed
    libraries = {library for name in modules for library in imports_of(name)}
    libraries = {library for library in libraries if library.split(".")[0] not in own_or_lazy}
    command = [sys.executable, "-W", "ignore", "-c", WATCH, str(ROOT), " ".join(sorted(libraries)), " ".join(modules)]
    quiet = {name: value for name, value in os.environ.items() if name != "CI"}  # pyfluidsynth prints more where it is set
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
