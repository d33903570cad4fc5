"""The first `make` of a clone, and every installation after it, says what it does before it starts.

The real Makefile runs in a folder of its own, with stubs for Python and uv that only print their arguments.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STUB = """#!/bin/sh
[ "$1" = -c ] || echo "$(basename "$0") $*"
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/uv"; fi
"""
INSTALLS = [
    ".venv/.compiled",
    ".tools/peers/mastra/node_modules/.package-lock.json",
    ".tools/clients/node_modules/.package-lock.json",
    *(
        f".tools/{lock.parent.relative_to(ROOT / folder)}/.synced"
        for folder in ("tools", "benchmarks")
        for lock in sorted((ROOT / folder).rglob("uv.lock"))
    ),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the Makefile's rules depend on, and a Python that only prints its arguments."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
        for file in [*(ROOT / "tools").rglob(name), *(ROOT / "benchmarks").rglob(name)]:
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    python = folder / "python-stub"
    python.write_text(STUB)
    python.chmod(0o755)
    return folder


def make(clone: Path, *arguments: str) -> list[str]:
    """The lines that make prints, having succeeded."""
    command = ["make", "--no-print-directory", f"PYTHON3={clone / 'python-stub'}", *arguments]
    answer = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


def test_first_make_run_says_what_it_installs(clone: Path) -> None:
    first, *rest = make(clone, "run")
    assert re.fullmatch(r"Installing what uv\.lock lists into \.venv; the first time that takes .*", first)
    assert [line.split()[:3] for line in rest] == [
        ["python-stub", "-m", "venv"],
        ["uv", "sync", "--frozen"],
        ["python", "-m", "dev"],
    ]
    assert make(clone, "run") == ["python -m dev"]


def test_make_fix_formats_before_it_lints(clone: Path) -> None:
    make(clone, "setup")
    verbs = [line.partition("ruff ")[2].split()[0] for line in make(clone, "-n", "fix") if "ruff " in line]
    assert verbs == ["format", "check", "format"]  # the linter would fail on a line that the formatter shortens


def test_every_lock_file_has_an_installation() -> None:
    assert len(INSTALLS) == len(set(INSTALLS)) >= 15


@pytest.mark.parametrize("target", INSTALLS)
def test_installation_says_what_it_installs(clone: Path, target: str) -> None:
    make(clone, "setup")
    recipe = [line for line in make(clone, "-n", target) if "touch" not in line]
    folder = target.partition("/node_modules")[0].removesuffix("/.synced").removesuffix("/.compiled")
    said = [line for line in recipe if line.startswith(('echo "Installing', 'echo "Compiling'))]
    assert recipe[0] == said[0]
    assert folder in said[-1]
