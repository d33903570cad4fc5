"""The part of the prose rules that a program can check: Markdown wraps at 120 columns, and no listed phrase is used.

`make check` runs it over the files that git knows and that match PATHS. In Markdown, code and sections that a benchmark
writes are left out, and tables may be longer.
"""

# ruff: noqa: S607 - it runs git.

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PATHS = ("*.md", "*.py", "*.yaml", "*.yml", "*.toml", "Makefile")
"""Patterns of the files that are checked. The wrap is checked in Markdown alone."""

QUOTING = frozenset({"docs/contributing/style.md", "tools/checks/prose.py", "tests/template/test_prose.py"})
"""They quote phrases that are not to be written."""

GENERATED = frozenset({"docs/reference/cli.md", "docs/reference/licences.md", "docs/reference/parameters.md"})
"""Written by a tool, from text that is checked where it stands."""

COLUMNS = 120

PHRASES: dict[str, str] = {
    "anew": "again",
    "nobody": "no one",
    "whoever": "name the actor",
    "has not the": "lacks the",
    "has no business": "must not",
    "must be a text": "must be a string",
    "goes before those": "overrides those",
    "beside": "next to, as well as",
    "afresh": "again",
    "in vain": "without success",
    "what is worth knowing": "name the subject",
    "by nature": "say why",
    "in the clear": "unencrypted",
    "as dear": "as expensive",
    "dearest": "most expensive",
}
"""Each phrase that reads as if it were translated, and what to write."""

_SPAN = re.compile(r"`[^`]*`")
_FENCE = re.compile(r"\s*(```|~~~)")
_SECTION = re.compile(r"<!-- benchmarks\.")
_END = re.compile(r"<!-- end of benchmarks\.")
_ITEM = re.compile(r"\s*([-*+]|\d+\.) ")
_PHRASE = re.compile(rf"(?<![\w-])({'|'.join(re.escape(phrase) for phrase in PHRASES)})(?![\w-])", re.IGNORECASE)


def phrases(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Return the number of each line with a phrase on the list, and what to write instead."""
    for number, line in enumerate(lines, 1):
        for found in _PHRASE.findall(line):
            yield number, f'"{found}": write {PHRASES[found.lower()]}'


def prose_of(text: str) -> list[str]:
    """Return a Markdown text's lines. Those of code blocks, and of sections that a script writes, are left empty."""
    lines: list[str] = []
    until: re.Pattern[str] | None = None  # what ends the part that is left out
    for line in text.splitlines():
        if until is not None:
            lines.append("")
            until = None if until.match(line) else until
        elif _FENCE.match(line) or _SECTION.match(line):
            lines.append("")
            until = _FENCE if _FENCE.match(line) else _END
        else:
            lines.append(line)
    return lines


def markdown(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Return the number of each line of prose that is too long, or begins a list that the site would not show."""
    before = ""
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and not line.lstrip().startswith("|") and len(line.split()) > 2:
            yield number, f"{len(line)} columns: wrap at {COLUMNS}"
        starts_list = _ITEM.match(line) and before.strip() and not before.startswith((" ", "#"))
        if starts_list and not _ITEM.match(before):
            yield number, "a list needs an empty line before it"
        before = line


def findings(name: str, text: str) -> list[str]:
    """Return what is wrong with a file, a line each."""
    if not name.endswith(".md"):
        return [f"{name}:{number}: {what}" for number, what in phrases(text.splitlines())]
    lines = prose_of(text)
    found = [*markdown(lines), *phrases([_SPAN.sub("", line) for line in lines])]
    return [f"{name}:{number}: {what}" for number, what in sorted(found)]


def checked() -> list[str]:
    """Return the names of the files that are checked."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [
        name
        for name in listed.splitlines()
        if name not in GENERATED | QUOTING
        and (ROOT / name).is_file()
        and any(fnmatch(name, pattern) for pattern in PATHS)
    ]


def main() -> int:
    """Print what is wrong. Return the exit status."""
    found = [line for name in checked() for line in findings(name, (ROOT / name).read_text("utf-8"))]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
