"""A stand-in for `slicer.packaging`: it asks as Slicer does and installs nothing."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType

import slicer
from packaging.requirements import Requirement

installed: list[str] = []
"""What Slicer would have installed after the reader's consent."""

is_online = True
"""Whether pip would reach its index."""


def load_requirements(path: str | Path) -> list[Requirement]:
    lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def pip_check(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def pip_ensure(
    requirements: str | Requirement | list[Requirement],
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> None:
    asked = requirements if isinstance(requirements, list) else str(requirements).split()
    known = [r if isinstance(r, Requirement) else Requirement(r) for r in asked]
    missing = [r for r in known if not pip_check(r)]
    if not missing:
        return
    if skip_in_testing and slicer.app.testingEnabled():
        return
    names = ", ".join(str(r) for r in missing)
    if prompt_install and not slicer.util.confirmOkCancelDisplay(f"{requester} needs {names}."):
        raise RuntimeError("User declined package installation")
    pip_install([str(r) for r in missing])


def pip_install(requirements: list[str]) -> None:
    if not is_online:
        slicer.util.errorDisplay("Package installation failed.")
        raise CalledProcessError(1, "pip install")
    installed.extend(requirements)


def module() -> ModuleType:
    """`slicer.packaging`."""
    found = ModuleType("slicer.packaging")
    for function in (load_requirements, pip_check, pip_ensure, pip_install):
        setattr(found, function.__name__, function)
    return found
