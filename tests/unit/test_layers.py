"""Imports point one way: a package imports only packages to its left in `LAYERS`, and few need torch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from drummer.config import ROOT

LAYERS = [
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
]
NEED_TORCH = {"model", "generation", "data", "training", "evaluation"}
MODULES = [path for layer in LAYERS for path in sorted((ROOT / "drummer" / layer).rglob("*.py"))]


def imports_when_run(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, inside functions too, but not those for type checkers alone."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "drummer")))
def test_imports_point_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT / "drummer").parts[0]
    later = LAYERS[LAYERS.index(layer) + 1 :]
    imported = {module.split(".")[1] for module in imports_when_run(path) if module.startswith("drummer.")}
    assert imported.isdisjoint(later)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer not in NEED_TORCH])
def test_torch_is_imported_only_where_it_is_needed(layer: str) -> None:
    folder = ROOT / "drummer" / layer
    assert not [path for path in folder.rglob("*.py") if "torch" in {each.split(".")[0] for each in imports_when_run(path)}]
