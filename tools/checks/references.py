"""Find citations that do not resolve: `contract D30`, `contract 1.4`, `aws.md 1.2`, `invariant 5`, `decision 13`, file
names that end in `.md`, and their anchors. Print each as `file:line: citation`.
"""

# ruff: noqa: S607 - it runs git.

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent.parent
READ = {".md", ".py", ".toml", ".yaml", ".yml", ".mjs", ".ts", ".sh", ""}
"""Endings of the files that are searched."""
SAMPLES = {"tests/template/test_prose.py", "tests/template/test_references.py"}
"""Files whose citations are examples of what does not resolve."""
OUTSIDE = {"upstash.com/pricing/qstash.md"}
"""Files of other projects."""

_GAP = r"(?:[ \t]+|[ \t]*\n[ \t#]*)"  # a citation may go on in the next line of a comment
_NUMBER = r"D?\d+(?:\.\d+)*"
_LIST = rf"{_NUMBER}(?:(?:,|,?{_GAP}and|{_GAP}to|-)(?:{_GAP})?{_NUMBER})*"
_NUMBERED = re.compile(
    rf"(?P<kind>\b[Cc]ontract|\baws\.md|\b[Ii]nvariants?|\b[Dd]ecisions?|\b[Dd]esign){_GAP}"
    rf"(?:sections?{_GAP})?(?P<numbers>{_LIST})(?![\w:%])"
)
_DECIDED = re.compile(r"(?<![\w.#/-])D\d{1,2}\b")
_RECORD = re.compile(r"decisions/(\d{4})\b")
_FILE = re.compile(r"(?<![\w./-])(?P<path>(?:\.\./)*[\w.-]+(?:/[\w.-]+)*\.md)(?:#(?P<anchor>[\w-]+))?(?![\w-])")
_OWN_ANCHOR = re.compile(r"\]\(#([\w-]+)\)")


def slug(heading: str) -> str:
    """Return the anchor that MkDocs and GitHub give a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


@dataclass(frozen=True)
class Citation:
    """A citation that does not resolve."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class References:
    """What the documents of a repository define. `files` are its texts by their names."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._by_kind: dict[str, Callable[[str], bool]] = {
            "contract": lambda number: number in (self.decisions if number.startswith("D") else self.sections),
            "aws.md": lambda number: number in self.facts,
            "invariant": lambda number: number in self.invariants,
            "decision": lambda number: f"{int(number):04d}" in self.records,
            "design": lambda _: False,  # no such document: cite architecture.md
        }

    def unresolved(self) -> Iterator[Citation]:
        """Yield what does not resolve, file by file."""
        for name, text in self._files.items():
            for position, cited in self._unresolved_in(name, text):
                yield Citation(name, text.count("\n", 0, position) + 1, cited)

    def _unresolved_in(self, name: str, text: str) -> Iterator[tuple[int, str]]:
        for match in _NUMBERED.finditer(text):
            kind = match["kind"].lower().rstrip("s")
            for number in re.findall(_NUMBER, match["numbers"]):
                if not self._by_kind[kind](number):
                    yield match.start(), f"{kind} {number}"
        for match in _DECIDED.finditer(text):
            if match[0] not in self.decisions:
                yield match.start(), match[0]
        for match in _RECORD.finditer(text):
            if match[1] not in self.records:
                yield match.start(), match[0]
        for match in _FILE.finditer(text):
            if match["path"] not in OUTSIDE and not self._resolves(name, match["path"], match["anchor"]):
                yield match.start(), match[0]
        for match in _OWN_ANCHOR.finditer(text) if name.endswith(".md") else ():
            if match[1] not in self._anchors(name):
                yield match.start(), match[0][2:-1]

    def _resolves(self, name: str, path: str, anchor: str | None) -> bool:
        """Whether a file of that name exists, seen from the file that cites it or by the end of its path."""
        bare = path.lstrip("./")
        named = [file for file in self._files if f"/{file}".endswith(f"/{bare}")]
        if name.endswith(".md"):
            relative = str(_plain(PurePosixPath(name).parent / path))
            named = [relative] if relative in self._files else named
        return any(anchor is None or anchor in self._anchors(file) for file in named)

    def _anchors(self, name: str) -> set[str]:
        return {slug(heading) for heading in re.findall(r"^#+ (.+)$", self._files[name], re.MULTILINE)}

    def _document(self, name: str) -> str:
        """The text of the document of that name, wherever it is below docs/."""
        named = re.compile(rf"docs/(.*/)?{re.escape(name)}$")
        return "".join(text for file, text in self._files.items() if named.match(file))

    def _numbers(self, name: str) -> set[str]:
        return set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", self._document(name), re.MULTILINE))

    @cached_property
    def sections(self) -> set[str]:
        """The numbered sections of the contract."""
        return self._numbers("contract.md")

    @cached_property
    def decisions(self) -> set[str]:
        """The contract's decisions, `D1` and so on."""
        return set(re.findall(r"^\| (D\d+) \|", self._document("contract.md"), re.MULTILINE))

    @cached_property
    def facts(self) -> set[str]:
        """The numbered sections of the AWS facts."""
        return self._numbers("aws.md")

    @cached_property
    def invariants(self) -> set[str]:
        """The numbers of the list under `What must always hold`."""
        listed = self._document("architecture.md").partition("## What must always hold\n")[2].partition("\n## ")[0]
        return set(re.findall(r"^(\d+)\. ", listed, re.MULTILINE))

    @cached_property
    def records(self) -> set[str]:
        """The numbers of the decision records, four digits each."""
        return {match[1] for file in self._files if (match := re.search(r"decisions/(\d{4})-", file))}


def _plain(path: PurePosixPath) -> PurePosixPath:
    """The path without its `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def repository() -> dict[str, str]:
    """Return the texts of the files that git knows, by name."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    names = sorted(name for name in listed.stdout.decode().splitlines() if PurePosixPath(name).suffix in READ)
    return {name: (ROOT / name).read_text("utf-8") for name in names if name not in SAMPLES and (ROOT / name).is_file()}


def main() -> int:
    """Print every citation that does not resolve."""
    found = list(References(repository()).unresolved())
    for citation in found:
        print(f"{citation} does not resolve", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
