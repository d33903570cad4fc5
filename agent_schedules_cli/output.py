"""The output of a command: JSON for programs, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from agent_schedules_cli.api_client import Page

PIPE_COLUMNS = 1_000  # a pipe gets whole lines
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNWRAPPED = {"id", "run"}
"""Columns that people copy from: never wrapped, however narrow the terminal is."""
COLORS = {
    "active": "green", "completed": "green", "ran": "green", "ok": "green",
    "paused": "yellow", "queued": "yellow", "submitting": "yellow", "pending": "yellow", "skipped": "yellow",
    "incomplete": "yellow", "cancelled": "yellow", "warn": "yellow",
    "deleted": "red", "failed": "red", "missed": "red", "fail": "red",
}  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def print_json(value: Any, *, line: bool = False) -> None:
    """Print JSON in ASCII, which every terminal and encoding can show. `line` prints it on one line."""
    typer.echo(json.dumps(value, indent=None if line else 2))


def print_list(
    found: Page, columns: Mapping[str, str], *, as_json: bool, rows: Iterable[Mapping[str, Any]] | None = None
) -> None:
    """Print a list. `rows` are its items as a table shows them. Standard error says if there are more."""
    if as_json:
        print_json({"object": "list", "data": found.items, "has_more": found.has_more})
        return
    print_rows(columns, found.items if rows is None else rows)
    if found.has_more:
        shown = len(found.items)
        typer.echo(f"{shown} shown, there are more: use --limit {2 * shown} or --all", err=True)


def print_item(item: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one item."""
    if as_json:
        print_json(item)
    else:
        print_fields(item)


def print_rows(columns: Mapping[str, str], items: Iterable[Mapping[str, Any]]) -> None:
    """Print a table. `columns` maps each title to a member of the items."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for title in columns:
        table.add_column(title, overflow="fold", no_wrap=title in UNWRAPPED)
    for item in items:
        table.add_row(*(cell(item.get(member)) for member in columns.values()))
    _print(table)


def print_fields(item: Mapping[str, Any]) -> None:
    """Print one item, one line for each member that has a value."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in item.items():
        if value not in (None, [], {}) and name != "object":
            table.add_row(name, cell(value))
    _print(table)


def print_line(parts: Sequence[Any]) -> None:
    """Print one line of cells."""
    from rich.text import Text

    _print(Text("  ").join(cell(part) for part in parts), soft_wrap=True)


def cell(value: Any) -> Text:
    """Return a value for people. Strings come from models and callers, so they are made printable."""
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
    """Return the text without control characters."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else REPLACEMENT for letter in text)


def _print(shown: Table | Text, *, soft_wrap: bool = False) -> None:
    """Print it as wide as the terminal, with colours if it is one and NO_COLOR is not set."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS, highlight=False)
    with console.capture() as captured:  # rich would exit with 1 at a closed pipe
        console.print(shown, soft_wrap=soft_wrap)
    typer.echo(captured.get(), nl=False)
