"""The options of policies, and how an update of some of them becomes the whole that the API takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.commands.timing_options import with_seconds


class Overlap(StrEnum):
    """What a run does while another one of its schedule is open."""

    allow = "allow"
    skip = "skip"
    queue_one = "queue_one"
    queue_all = "queue_all"
    cancel_previous = "cancel_previous"


class Misfire(StrEnum):
    """Which late occurrences run."""

    run_latest = "run_latest"
    skip = "skip"
    run_all = "run_all"


class Policy(StrEnum):
    """The policies, by their options."""

    start_at = "start-at"
    end_at = "end-at"
    exclude = "exclude"
    max_runs = "max-runs"
    spread_seconds = "spread"
    overlap = "overlap"
    misfire = "misfire"
    misfire_grace_seconds = "grace"
    timeout_seconds = "timeout"
    run_retention_days = "retention"
    alert_after_seconds = "alert-after"


@dataclass(frozen=True)
class PolicyOptions:
    """The options that set policies."""

    start_at: Annotated[
        str | None, typer.Option("--start-at", help="No occurrence before this time, as --at takes it")
    ] = None
    end_at: Annotated[str | None, typer.Option("--end-at", help="No occurrence after this time, as --at takes it")] = (
        None
    )
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", help="Date without runs, or a range such as 2026-12-24/2027-01-02; may be repeated"),
    ] = None
    max_runs: Annotated[int | None, typer.Option("--max-runs", help="Complete the schedule after this many runs")] = (
        None
    )
    spread: Annotated[int | None, typer.Option("--spread", help="Start each run up to this many seconds later")] = None
    overlap: Annotated[
        Overlap | None, typer.Option("--overlap", help="Whether to run while another run of the schedule is open")
    ] = None
    misfire: Annotated[
        Misfire | None, typer.Option("--misfire", help="Which occurrences run that are more than 120 s late")
    ] = None
    grace: Annotated[
        int | None, typer.Option("--grace", help="Seconds that an occurrence may be late and still run")
    ] = None
    timeout: Annotated[int | None, typer.Option("--timeout", help="Seconds that all attempts of a run may take")] = None
    retention: Annotated[
        int | None, typer.Option("--retention", help="Days that a run is kept after its end; 0 keeps it for ever")
    ] = None
    alert_after: Annotated[
        int | None, typer.Option("--alert-after", help="Seconds without a completed run after which it is silent")
    ] = None

    def given(self) -> dict[str, Any]:
        """Return the policies that the options name, as the API takes them."""
        given = {
            "start_at": None if self.start_at is None else with_seconds(self.start_at),
            "end_at": None if self.end_at is None else with_seconds(self.end_at),
            "exclude": self.exclude or None,
            "max_runs": self.max_runs,
            "spread_seconds": self.spread,
            "overlap": None if self.overlap is None else self.overlap.value,
            "misfire": None if self.misfire is None else self.misfire.value,
            "misfire_grace_seconds": self.grace,
            "timeout_seconds": self.timeout,
            "run_retention_days": self.retention,
            "alert_after_seconds": self.alert_after,
        }
        return {name: value for name, value in given.items() if value is not None}

    def field(self) -> dict[str, Any]:
        """Return the `policies` of a request, which are left out if no option names one."""
        given = self.given()
        return {"policies": given} if given else {}


Unset = Annotated[
    list[Policy] | None, typer.Option("--unset", help="Set this policy back to its default; may be repeated")
]
NoPolicies = Annotated[bool, typer.Option("--no-policies", help="Set all policies back to their defaults")]


def changed_policies(
    present: dict[str, Any], limits: dict[str, Any], given: dict[str, Any], unset: list[Policy], *, reset: bool
) -> dict[str, Any]:
    """Return the `policies` of a change: those that no option names stay.

    A value that is the deployment's is left out, so that it stays the deployment's.
    """
    kept = {} if reset else present
    own = {name: value for name, value in kept.items() if value is not None and value != limits.get(name)}
    return {name: value for name, value in (own | given).items() if name in given or Policy[name] not in unset}


def policies_text(policies: dict[str, Any]) -> str:
    """Return the policies in a few words, without those that say nothing."""
    texts = {
        Policy.start_at: policies["start_at"],
        Policy.end_at: policies["end_at"],
        Policy.exclude: " ".join(policies["exclude"]),
        Policy.max_runs: policies["max_runs"],
        Policy.spread_seconds: f"{policies['spread_seconds']} s" if policies["spread_seconds"] else None,
        Policy.overlap: policies["overlap"],
        Policy.misfire: policies["misfire"],
        Policy.misfire_grace_seconds: f"{policies['misfire_grace_seconds']} s",
        Policy.timeout_seconds: f"{policies['timeout_seconds']} s",
        Policy.run_retention_days: f"{policies['run_retention_days']} days" if policies["run_retention_days"] else None,
        Policy.alert_after_seconds: f"{policies['alert_after_seconds']} s" if policies["alert_after_seconds"] else None,
    }
    return ", ".join(f"{name} {text}" for name, text in texts.items() if text)
