"""`export`, `plan` and `apply`: agents and schedules as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_schedules_cli.errors import FAILED, REFUSED, say
from agent_schedules_cli.session import Session, service

if TYPE_CHECKING:
    from agent_schedules_cli.as_code.live import Live
    from agent_schedules_cli.as_code.plan import Plan

SIGNS = {"create": "+", "change": "~", "adopt": "=", "delete": "-"}

File = Annotated[str, typer.Option("--file", "-f", metavar="<file>", help="File to read; - is standard input")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete what has a key and is not in the file, agents with their schedules")
]


def export(ctx: typer.Context) -> None:
    """Print the file of all agents and schedules. Schedules that have no time left are left out."""
    from agent_schedules_cli.as_code.exported import exported
    from agent_schedules_cli.fleet_file.yaml_writer import file_text

    agents, notes = exported(_live(ctx))
    for note in notes:
        say(note)
    typer.echo(file_text(agents), nl=False)


def plan(
    ctx: typer.Context,
    file: File,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if there is something to do")] = False,
) -> None:
    """Show what `apply` would do with a file."""
    found = _planned(ctx, _desired(file), prune=prune)
    _show(found, prune=prune)
    if check and found.steps:
        raise typer.Exit(FAILED)


def apply(
    ctx: typer.Context,
    file: File,
    prune: Prune = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking")] = False,
) -> None:
    """Bring agents and schedules to what a file says, by their keys.

    A paused schedule stays paused. Run it again after an interruption: what is done is not done twice.
    """
    from agent_schedules_cli.as_code.apply import apply as carry_out

    session: Session = ctx.obj
    found = _planned(ctx, _desired(file), prune=prune)
    _show(found, prune=prune)
    deletions = sum(step.action == "delete" for step in found.steps)
    if deletions and not yes:
        typer.confirm(f"Delete {deletions}?", abort=True, err=True)
    if not found.steps:
        return
    with _progress("Applying") as advance:
        done = 0

        def count(_: Any) -> None:
            nonlocal done
            done += 1
            advance(done, len(found.steps))

        applied = carry_out(found, service(ctx), sleep=session.environment.sleep, advance=count)
    for step, failure in applied.refused:
        say(f"{step.name}: {failure}")
    typer.echo(f"{applied.done} of {len(found.steps)} done")
    if applied.refused:
        raise typer.Exit(REFUSED)


def _desired(file: str) -> list[dict[str, Any]]:
    """Return the agents of a file. Prints the problems of a bad one, and exits."""
    from agent_schedules_cli.commands.files import read_bytes, report_problems
    from agent_schedules_cli.fleet_file.checks import check
    from agent_schedules_cli.fleet_file.yaml_reader import read_yaml

    with report_problems(file):
        value, lines = read_yaml(read_bytes(file))
        check(value, lines)
    agents: list[dict[str, Any]] = value["agents"]
    return agents


def _live(ctx: typer.Context) -> Live:
    from agent_schedules_cli.as_code.live import read_live

    session: Session = ctx.obj
    with _progress("Reading") as advance:
        return read_live(service(ctx), advance, now=session.environment.now())


def _planned(ctx: typer.Context, desired: list[dict[str, Any]], *, prune: bool) -> Plan:
    from agent_schedules_cli.as_code.plan import plan as compare

    session: Session = ctx.obj
    return compare(desired, _live(ctx), prune=prune, now=session.environment.now())


def _show(found: Plan, *, prune: bool) -> None:
    """Print the steps with their differences, and how many there are."""
    from agent_schedules_cli.output import printable

    for step in found.steps:
        typer.echo(f"{SIGNS[step.action]} {step.name}")
        if step.action in ("change", "adopt"):
            for difference in step.differences:
                typer.echo("\n".join(f"    {printable(line)}" for line in difference.lines()))
    for said in found.refused:
        typer.echo(f"  the service would refuse {printable(said)}")
    for name in found.paused:
        typer.echo(f"  {name} is paused, and stays so: `schedules resume` resumes it")
    if found.extra and not prune:
        typer.echo(f"  {len(found.extra)} not in the file: {', '.join(found.extra[:10])}; --prune deletes them")
    counts = [f"{sum(step.action == action for step in found.steps)} to {action}" for action in SIGNS]
    typer.echo(f"{', '.join(counts)}; {found.unchanged} as they should be")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, if it is a terminal. The function takes how much of how much is done."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    with typer.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def advance(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield advance


def _unseen(_done: int, _of: int) -> None:
    """Show nothing."""
