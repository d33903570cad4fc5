"""Options that several commands take together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from agent_schedules_cli.option_groups import grouped


@dataclass(frozen=True)
class Colours:
    """A group of two options."""

    front: Annotated[str | None, typer.Option("--front")] = None
    back: Annotated[str, typer.Option("--back")] = "white"


@grouped
def paint(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument()],
    *,
    colours: Colours,
    twice: Annotated[bool, typer.Option("--twice")] = False,
) -> None:
    """Paint something."""
    typer.echo(f"{ctx.info_name} {what} {colours} {twice}")


@pytest.mark.parametrize(
    ("given", "colours", "twice"),
    [([], Colours(), False), (["--twice", "--back", "red"], Colours(back="red"), True)],
)
def test_fields_of_a_group_are_options(given: list[str], colours: Colours, twice: bool) -> None:
    app = typer.Typer()
    app.command("paint")(paint)
    answer = CliRunner().invoke(app, ["door", *given])
    assert answer.output == f"paint door {colours} {twice}\n"


def test_options_of_a_group_are_in_its_place() -> None:
    app = typer.Typer()
    app.command()(paint)
    shown = CliRunner().invoke(app, ["--help"]).output
    assert "Paint something." in shown
    assert shown.index("--front") < shown.index("--back") < shown.index("--twice")
