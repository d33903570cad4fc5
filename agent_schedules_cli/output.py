"""What a command prints: JSON for programs, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from agent_schedules_cli.api_client import Listed

WIDE = 1_000  # columns where nobody looks: a pipe gets whole lines
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
COPIED = {"id", "run"}
"""Columns that people copy from: whole, however narrow the terminal is."""
COLORS = {
    "active": "green", "completed": "green", "ran": "green", "ok": "green",
    "paused": "yellow", "queued": "yellow", "submitting": "yellow", "pending": "yellow", "skipped": "yellow",
    "incomplete": "yellow", "cancelled": "yellow", "warn": "yellow",
    "deleted": "red", "failed": "red", "missed": "red", "fail": "red",
}  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, as the API answers")]


def print_json(value: Any, *, line: bool = False) -> None:
    """JSON in ASCII, so that no terminal or encoding is in its way; on one line where more will follow."""
    typer.echo(json.dumps(value, indent=None if line else 2))


def print_list(
    found: Listed, columns: Mapping[str, str], *, as_json: bool, rows: Iterable[Mapping[str, Any]] | None = None
) -> None:
    """A list; `rows` is what a table shows of its items. A person is told when there are more."""
    if as_json:
        print_json({"object": "list", "data": found.items, "has_more": found.has_more})
        return
    print_rows(columns, found.items if rows is None else rows)
    if found.has_more:
        shown = len(found.items)
        typer.echo(f"{shown} shown, there are more: --limit {2 * shown} shows more of them, --all shows all", err=True)


def print_item(item: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing."""
    if as_json:
        print_json(item)
    else:
        print_fields(item)


def print_rows(columns: Mapping[str, str], items: Iterable[Mapping[str, Any]]) -> None:
    """A table: its titles and the members that fill them."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for title in columns:
        table.add_column(title, overflow="fold", no_wrap=title in COPIED)
    for item in items:
        table.add_row(*(cell(item.get(member)) for member in columns.values()))
    _print(table)


def print_fields(item: Mapping[str, Any]) -> None:
    """One thing, a line for each of its members that says something."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in item.items():
        if value not in (None, [], {}) and name != "object":
            table.add_row(name, cell(value))
    _print(table)


def print_line(parts: Sequence[Any]) -> None:
    """A few words in a row, as a table's line would have them."""
    from rich.text import Text

    _print(Text("  ").join(cell(part) for part in parts), soft_wrap=True)


def cell(value: Any) -> Text:
    """A value as a person reads it; texts come from models and callers."""
    from rich.text import Text

    if value is None:
        text = "-"
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    shown = printable(text)
    return Text(shown, style=COLORS.get(shown.strip(), ""))


def printable(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else UNPRINTABLE for letter in text)


def _print(shown: Table | Text, *, soft_wrap: bool = False) -> None:
    """Print it as wide as the terminal, with colours only on one, and not with NO_COLOR."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    with console.capture() as captured:  # rich itself would end with 1 where a pipe is closed
        console.print(shown, soft_wrap=soft_wrap)
    typer.echo(captured.get(), nl=False)
