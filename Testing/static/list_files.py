"""Write the module's files into its CMakeLists.txt: run this when a file was added or taken away.

python Testing/static/list_files.py
"""

from __future__ import annotations

import re
from pathlib import Path

MODULE = Path(__file__).parents[2] / "CRLMExplorer"
CMAKE = MODULE / "CMakeLists.txt"
SCRIPTS = ("CRLMExplorer.py", "CRLMExplorerLib/**/*.py", "CRLMExplorerQt/**/*.py")
RESOURCES = ("Resources/**/*.*",)
PARAMETERS = MODULE.parent / "Resources" / "Parameters"
PARAMETER_FILES = ("*.*",)


def files(patterns: tuple[str, ...], folder: Path = MODULE) -> list[str]:
    """A folder's files of some patterns, as CMake names them."""
    found = {file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}
    return sorted(file.relative_to(folder).as_posix() for file in found)


def listed(variable: str) -> list[str]:
    """What CMakeLists.txt has in a variable."""
    block = re.search(rf"set\({variable}\n(.*?)\n?\s*\)", CMAKE.read_text(encoding="utf-8"), re.S)
    return block[1].split() if block else []


def write() -> None:
    """Bring CMakeLists.txt up to date."""
    text = CMAKE.read_text(encoding="utf-8")
    for variable, patterns, folder in (
        ("MODULE_PYTHON_SCRIPTS", SCRIPTS, MODULE),
        ("MODULE_PYTHON_RESOURCES", RESOURCES, MODULE),
        ("MODULE_PARAMETER_FILES", PARAMETER_FILES, PARAMETERS),
    ):
        lines = "".join(f"  {name}\n" for name in files(patterns, folder))
        text = re.sub(
            rf"set\({variable}\n.*?\s*\)", f"set({variable}\n{lines}  )", text, count=1, flags=re.S
        )
    CMAKE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
