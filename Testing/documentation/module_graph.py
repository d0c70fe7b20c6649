"""Which room imports which, read from the sources: run this when a room imports another one.

python Testing/documentation/module_graph.py

The graph goes into developing.md. An edge that follows from others is left out, so that each arrow
says something.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "CRLMExplorer"
PAGE = SOURCE.parent / "Resources" / "Documentation" / "developing.md"
LIBRARY = "CRLMExplorerLib"
FACES = ("CRLMExplorer", "CRLMExplorerQt", "CRLMExplorerWeb")
_BLOCK = re.compile(r"(```mermaid\n)(.*?)(```)", re.S)

Edges = set[tuple[str, str]]


def edges() -> Edges:
    """Importer and imported: rooms of the library, and the faces."""
    rooms = {folder.name for folder in (SOURCE / LIBRARY).iterdir() if folder.is_dir()}
    nodes = rooms | set(FACES)
    found = set()
    for file in SOURCE.rglob("*.py"):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        here = parts[1] if parts[0] == LIBRARY and len(parts) > 1 else parts[0]
        for name in _imported(file):
            there = name[1] if name[0] == LIBRARY and len(name) > 1 else name[0]
            if here in nodes and there in nodes - {here}:
                found.add((here, there))
    return found


def reduced(all_edges: Edges) -> Edges:
    """The edges that do not follow from others."""
    return {
        (one, other)
        for one, other in all_edges
        if not any(
            _leads(middle, other, all_edges)
            for start, middle in all_edges
            if start == one and middle != other
        )
    }


def mermaid() -> str:
    """The graph's lines."""
    return "graph TD\n" + "".join(f"  {a} --> {b}\n" for a, b in sorted(reduced(edges())))


def on_page() -> str:
    """The graph's lines as developing.md has them."""
    found = _BLOCK.search(PAGE.read_text(encoding="utf-8"))
    return found[2] if found else ""


def _leads(one: str, other: str, all_edges: Edges) -> bool:
    return one == other or any(_leads(b, other, all_edges) for a, b in all_edges if a == one)


def _imported(file: Path) -> list[list[str]]:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return [name.split(".") for name in names]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_BLOCK.sub(lambda m: m[1] + mermaid() + m[3], text), encoding="utf-8")
