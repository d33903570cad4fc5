"""Sections of a document that a script writes: between two comments that name it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

NUMBER = re.compile(r"\**\$?[\d,.]+%?( (s|min|h))?\**|\*\*sum\*\*")
DOCS = Path(__file__).resolve().parent.parent / "docs"
PERFORMANCE, SCALE = (DOCS / "explanation" / f"{name}.md" for name in ("performance", "scale"))


def parser_of(description: str, document: Path) -> argparse.ArgumentParser:
    """Return a script's parser, with the option `--write`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--write", action="store_true", help=f"put the tables into {document.relative_to(DOCS.parent)}")
    return parser


def show(document: Path, name: str, body: str, *, write: bool) -> None:
    """Print a section, and put it into its document if that was asked for."""
    print(f"{body}\n")
    if write:
        write_section(document, name, body)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. A column of numbers is aligned to the right."""
    numeric = [all(NUMBER.fullmatch(row[column]) for row in rows) for column in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def section_of(document: Path, name: str) -> str:
    """Return the text between the comments."""
    begin, end = _marks(name)
    text = document.read_text(encoding="utf-8")
    return text[text.index(begin) + len(begin) : text.index(end)].strip()


def write_section(document: Path, name: str, body: str) -> None:
    """Put `body` between the comments."""
    begin, end = _marks(name)
    text = document.read_text(encoding="utf-8")
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    document.write_text(f"{before}\n{body}\n{after}", encoding="utf-8")


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- end of {name} -->"
