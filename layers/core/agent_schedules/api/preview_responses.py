"""The answer of a preview. The command line prints the same, so this module imports no web framework.

The EventBridge expression is rendered by the function that renders a schedule's entry (architecture.md, invariant 6).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from agent_schedules.api.responses import timing_view
from agent_schedules.api.shapes import LocalTime, SpecView, Stamp, View
from agent_schedules.domain.entries import entry_for, recurs_on_aws
from agent_schedules.domain.preview import Occurrence, Preview, upcoming
from agent_schedules.domain.timetable import Hidden
from agent_schedules.timestamps import floor_seconds, instant_text, stamp
from agent_schedules.timing.describe import describe


class OccurrenceView(View):
    """One coming occurrence."""

    at: Annotated[Stamp, Field(description="Its nominal time, UTC")]
    local: Annotated[
        str,
        Field(
            description="The same time in the schedule's zone, with its offset",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    dst_skipped: Annotated[
        list[LocalTime],
        Field(description="Local times since the previous occurrence that a clock change skips, so they do not run"),
    ]
    dst_repeated: Annotated[bool, Field(description="Whether a clock change repeats this local time that day")]
    skipped: Annotated[
        Hidden | None,
        Field(
            description="Why it will make no run: its date is `excluded`, or a caller asked to skip it; null if it runs"
        ),
    ]
    effective_at: Annotated[
        Stamp | None,
        Field(
            description="When it is due: its nominal time, or later by the schedule's spread. Null for a spread of a "
            "timing that is no schedule yet, because it depends on the schedule's id"
        ),
    ]
    remaining_runs: Annotated[
        int | None,
        Field(description="How many scheduled runs are left of `max_runs` after it; null if there is no limit"),
    ]

    @classmethod
    def of(cls, occurrence: Occurrence) -> OccurrenceView:
        """Return the wire form of an occurrence."""
        return cls(
            at=stamp(occurrence.at),
            local=occurrence.local.isoformat(),
            dst_skipped=[moment.isoformat() for moment in occurrence.dst_skipped],
            dst_repeated=occurrence.dst_repeated,
            skipped=occurrence.hidden,
            effective_at=instant_text(occurrence.due_at),
            remaining_runs=occurrence.remaining_runs,
        )


class EntryView(View):
    """An EventBridge Scheduler expression."""

    expression: str
    timezone: str
    start_date: Stamp | None


class PreviewView(View):
    """The coming occurrences of a timing, and how EventBridge Scheduler is asked for them."""

    object: Literal["schedule.preview"] = "schedule.preview"
    schedule: SpecView
    description: Annotated[str, Field(description="The timing in plain English")]
    precision: Annotated[
        Literal["minute", "second"],
        Field(
            description="How precisely a run starts: within EventBridge's minute, or within about a second of its time"
        ),
    ]
    eventbridge: Annotated[
        list[EntryView],
        Field(
            description="The entry in EventBridge Scheduler. With precision `second` it fires two minutes before the "
            "next occurrence. Empty if that is less than 15 minutes away: then a delayed message alone starts the run"
        ),
    ]
    occurrences: list[OccurrenceView]

    @classmethod
    def of(cls, preview: Preview, now: datetime) -> PreviewView:
        """Return the wire form of a preview."""
        spec, table = preview.schedule.definition.timing, preview.schedule.timetable
        occurrences = upcoming(preview)
        following = table.next_run(preview.after) if occurrences else None
        entry = None
        if following is not None:
            due = following if recurs_on_aws(spec) or not preview.stored else table.due_at(following)
            begins = table.policies.first
            entry = entry_for(spec, schedule_id="preview", input={}, nominal=due, now=floor_seconds(now), begins=begins)
        start = entry.start if entry else None
        return cls(
            schedule=timing_view(spec),
            description=describe(spec),
            precision="minute" if recurs_on_aws(spec) else "second",
            eventbridge=[
                EntryView(
                    expression=entry.expression,
                    timezone=entry.timezone,
                    start_date=instant_text(floor_seconds(start) if start else None),
                )
            ]
            if entry
            else [],
            occurrences=[OccurrenceView.of(occurrence) for occurrence in occurrences],
        )
