"""`make release VERSION=0.2.0`: tag a version, once everything that names it agrees.

The tag is annotated with the version's section of CHANGELOG.md. Nothing is pushed.
"""

# ruff: noqa: S607 - it runs git.

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def section_of(changelog: str, title: str) -> str | None:
    """Return what the changelog says below a title, or None if it has no such title."""
    match = re.search(rf"^## \[{re.escape(title)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    return match[1].strip() if match else None


def problems(root: Path, version: str) -> Iterator[str]:
    """Yield each reason why the version cannot be tagged, and what to do about it."""
    if not VERSION.fullmatch(version):
        yield f"{version!r} is no version; give three numbers, such as 0.2.0"
        return
    named = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if named != version:
        yield f"pyproject.toml has version {named}; set it to {version} and run `uv lock`"
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.M):
        yield f"CHANGELOG.md has no title `## [{version}] - YYYY-MM-DD`; write it"
    elif not section_of(changelog, version):
        yield f"CHANGELOG.md says nothing below [{version}]; write what changed"
    if section_of(changelog, "Unreleased"):
        yield f"CHANGELOG.md has entries below [Unreleased]; move them to [{version}]"
    if (branch := _git(root, "rev-parse", "--abbrev-ref", "HEAD")) != "main":
        yield f"the branch is {branch}; a release is tagged on main"
    if _git(root, "status", "--porcelain"):
        yield "the tree has changes that are not committed; commit or remove them"
    if _git(root, "tag", "--list", f"v{version}"):
        yield f"the tag v{version} exists; choose the next version"


def tag(root: Path, version: str) -> None:
    """Make the tag."""
    changes = section_of((root / "CHANGELOG.md").read_text("utf-8"), version)
    _git(root, "tag", "--annotate", "--cleanup=verbatim", f"v{version}", "--message", f"{version}\n\n{changes}\n")


def main(version: str) -> int:
    """Tag the version, or print why not."""
    found = list(problems(ROOT, version))
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    tag(ROOT, version)
    print(f"Tagged v{version}. Next: git push origin v{version}")
    return 0


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
