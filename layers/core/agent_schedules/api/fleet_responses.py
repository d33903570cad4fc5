"""Answers about all agents of an account: the wire form of what was found. Extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from agent_schedules.api.responses import ScheduleView
from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.upcoming import Upcoming
from agent_schedules.schemas.fleet import RunStatuses
from agent_schedules.services.fleet import FleetSummary
from agent_schedules.storage.fleet import FoundSchedule
from agent_schedules.timestamps import stamp

if TYPE_CHECKING:
    from agent_schedules.ports import Limits


class FoundScheduleView(ScheduleView):
    """A schedule, and how its latest run stands."""

    last_run_status: Annotated[
        RunStatuses | None,
        Field(
            description="Extension: the status of the run `last_run_id`; null if there is none, or if it has expired"
        ),
    ]

    @classmethod
    def found(cls, found: FoundSchedule, limits: Limits) -> FoundScheduleView:
        """Return the wire form of a schedule that was found."""
        return cls.of(found.schedule, limits, last_run_status=found.last_run_status)


class UpcomingView(View):
    """An occurrence to come of a schedule."""

    object: Literal["agent.schedule.upcoming"] = "agent.schedule.upcoming"
    id: Annotated[str, Field(description="The id that the occurrence will have among those of its schedule")]
    agent_id: str
    schedule_id: str
    schedule_name: str | None
    scheduled_for: Annotated[Stamp, Field(description="The nominal time")]
    effective_at: Annotated[Stamp, Field(description="When it will be due: its nominal time, or later by the spread")]

    @classmethod
    def of(cls, found: Upcoming) -> UpcomingView:
        """Return the wire form of an occurrence to come."""
        schedule = found.schedule
        return cls(
            id=f"{schedule.key.schedule_id}_{found.at}",
            agent_id=schedule.key.agent_id,
            schedule_id=schedule.key.schedule_id,
            schedule_name=schedule.definition.options.name,
            scheduled_for=stamp(found.at),
            effective_at=stamp(schedule.timetable.due_at(found.at)),
        )


class UpcomingList(Listing):
    """A page of occurrences to come. All its schedules are of one group."""

    data: list[UpcomingView]
    group_schedules: Annotated[int, Field(description="How many schedules the page's group has")]
    group_ends: Annotated[
        bool,
        Field(
            description="Whether the group ends with this page. If `has_more` is true too, the next page begins with "
            "another group, and so with earlier times again"
        ),
    ]


class ScheduleCounts(View):
    """Schedules by their status."""

    active: int
    paused: int
    completed: int


class ProblemCount(View):
    """How many problems of a kind there were."""

    count: int
    at_least: Annotated[
        bool, Field(description="Whether there were more than the newest 1,000, which were not looked at")
    ]


class ProblemCounts(View):
    """The problems of the last 24 hours by kind. Runs and occurrences count by their nominal times. Those of deleted
    agents do not count, as in `GET /api/v1/problems`."""

    failed: Annotated[ProblemCount, Field(description="Runs that failed, timed-out ones too")]
    incomplete: Annotated[ProblemCount, Field(description="Runs that ended as incomplete")]
    missed: Annotated[ProblemCount, Field(description="Records of missed occurrences; one may stand for several")]
    skipped: Annotated[ProblemCount, Field(description="Records of skipped occurrences; one may stand for several")]


class LatenessView(View):
    """How late the latest runs of schedules were claimed, of those with a nominal time in the last hour."""

    runs: Annotated[int, Field(description="How many there are")]
    p50_seconds: Annotated[
        float | None, Field(description="The median, in seconds after `effective_at`; null without runs")
    ]
    p99_seconds: float | None


class SummaryView(View):
    """A summary of up to 1,000 schedules."""

    object: Literal["summary"] = "summary"
    schedules: ScheduleCounts
    due_next_hour: Annotated[int, Field(description="Schedules whose `next_run_at` is in the next hour, or was due")]
    problems: Annotated[
        ProblemCounts, Field(description="Of all schedules and runs of the account, on every page the same")
    ]
    lateness: LatenessView
    has_more: Annotated[bool, Field(description="Whether there are more schedules, which this page does not count")]
    next_cursor: Annotated[str | None, Field(description="Send it as `after` for the summary of the next ones")]

    @classmethod
    def of(cls, found: FleetSummary, cursor: str | None) -> SummaryView:
        """Return the wire form of a summary."""
        counts, late = found.schedules.by_status, found.schedules.lateness
        problems = {kind: ProblemCount(count=count, at_least=more) for kind, (count, more) in found.problems.items()}
        return cls(
            schedules=ScheduleCounts(**{name: counts.get(name, 0) for name in ("active", "paused", "completed")}),
            due_next_hour=found.schedules.due_next_hour,
            problems=ProblemCounts(**problems),
            lateness=LatenessView(runs=late.runs, p50_seconds=late.p50, p99_seconds=late.p99),
            has_more=cursor is not None,
            next_cursor=cursor,
        )


class FoundScheduleList(Listing):
    """A page of schedules of all agents."""

    data: list[FoundScheduleView]
