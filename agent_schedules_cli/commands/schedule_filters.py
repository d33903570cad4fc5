"""The options that choose schedules by what they are, for a list and for a change of many."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.commands.timing_options import with_seconds
from agent_schedules_cli.options import check_id, check_time


class Status(StrEnum):
    """The status of a schedule."""

    active = "active"
    paused = "paused"
    completed = "completed"


class RunStatus(StrEnum):
    """The status of a run."""

    queued = "queued"
    submitting = "submitting"
    completed = "completed"
    failed = "failed"
    cancelled = "cancelled"
    incomplete = "incomplete"


def _pair(text: str) -> tuple[str, str]:
    """Return a key and a value. Raises BadParameter."""
    key, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"--metadata {text}: must be <key>=<value>")
    return key, value


def pairs_of(texts: list[str] | None) -> dict[str, str] | None:
    """Return the pairs, which must all match. Raises BadParameter: two values of one key cannot."""
    found: dict[str, str] = {}
    for key, value in map(_pair, texts or ()):
        if key in found:
            raise typer.BadParameter(f"--metadata {key}=…: is given twice; a schedule has one value for each key")
        found[key] = value
    return found or None


def _moment(text: str | None) -> str | None:
    return None if text is None else with_seconds(check_time(text))


OfAgent = Annotated[str | None, typer.Option("--agent", help="Only schedules of this agent", callback=check_id)]


@dataclass(frozen=True)
class FilterOptions:
    """The options that are conditions."""

    status: Annotated[Status | None, typer.Option("--status", help="Only schedules with this status")] = None
    name: Annotated[str | None, typer.Option("--name", help="Only schedules whose name begins like this")] = None
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="<key>=<value>", help="Only schedules with this pair")
    ] = None
    next_run_before: Annotated[
        str | None,
        typer.Option(
            "--next-run-before", help="Only schedules due before a time such as 2026-05-01T09:00Z", callback=_moment
        ),
    ] = None
    last_run_status: Annotated[
        RunStatus | None, typer.Option("--last-run-status", help="Only schedules whose latest run has this status")
    ] = None

    def conditions(self, agent_id: str | None = None) -> dict[str, Any]:
        """Return the conditions that are given, as a body has them. Raises BadParameter."""
        wanted = {
            "agent_id": agent_id,
            "status": self.status,
            "name": self.name,
            "metadata": pairs_of(self.metadata),
            "next_run_before": self.next_run_before,
            "last_run_status": self.last_run_status,
        }
        return {field: value for field, value in wanted.items() if value is not None}


def as_query(conditions: dict[str, Any]) -> dict[str, str]:
    """Return conditions as query parameters."""
    pairs = {f"metadata.{key}": value for key, value in conditions.get("metadata", {}).items()}
    return {name: str(value) for name, value in conditions.items() if name != "metadata"} | pairs
