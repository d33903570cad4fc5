"""Answers, exactly as in contract sections 1 to 4: the wire form of domain objects.

Every documented field is always sent, null if it has no value. The descriptions of added fields begin with
"Extension".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field

from agent_schedules.api.pause_responses import PauseView
from agent_schedules.api.policy_responses import PoliciesView
from agent_schedules.api.shapes import CompactionView, Listing, SpecView, Stamp, View
from agent_schedules.domain.agents import Agent, AgentVersion
from agent_schedules.domain.schedules import Backfill, Schedule
from agent_schedules.storage.definitions import timing_json
from agent_schedules.timestamps import instant_text, moment_text, stamp, text_of
from agent_schedules.timing.spec import Spec

if TYPE_CHECKING:  # the command line shows previews without it
    from agent_schedules.ports import Limits


class BackfillProgress(View):
    """A backfill that is under way. It goes from the oldest nominal time to the newest."""

    after: Annotated[Stamp, Field(description="Every nominal time up to this one is done")]
    until: Annotated[Stamp, Field(description="The last nominal time of the backfill")]

    @classmethod
    def of(cls, backfill: Backfill | None) -> BackfillProgress | None:
        """Return the wire form of a backfill."""
        return None if backfill is None else cls(after=stamp(backfill.after), until=stamp(backfill.until))


class ScheduleView(View):
    """A schedule."""

    object: Literal["agent.schedule"] = "agent.schedule"
    id: str
    agent_id: str
    name: str | None
    status: Literal["active", "paused", "completed", "deleted"]
    schedule: SpecView
    input: str | list[dict[str, Any]]
    conversation: Any
    previous_response_id: str | None
    context_management: list[CompactionView] | None
    metadata: dict[str, str]
    temporal_schedule_id: Annotated[
        str,
        Field(description="The name of its EventBridge entry, and the prefix of the names of its look-ahead entries"),
    ]
    last_run_at: Stamp | None
    last_run_id: str | None
    run_count: int
    created_at: Stamp
    updated_at: Stamp
    deleted_at: Stamp | None
    next_run_at: Annotated[Stamp | None, Field(description="Extension: the next nominal time; null if there is none")]
    generation: Annotated[int, Field(description="Extension: a counter that every change by a caller raises")]
    policies: Annotated[
        PoliciesView, Field(description="Extension: what the schedule does when things overlap, come late or must stop")
    ]
    remaining_runs: Annotated[
        int | None,
        Field(description="Extension: how many scheduled runs are left of `max_runs`; null if there is no limit"),
    ]
    skips: Annotated[
        list[Stamp], Field(description="Extension: the nominal times to come that a caller asked to skip, in order")
    ]
    backfill: Annotated[
        BackfillProgress | None, Field(description="Extension: the backfill that is under way; null if there is none")
    ]
    pause: Annotated[PauseView | None, Field(description="Extension: the pause it is in; null while it is not paused")]
    key: Annotated[str | None, Field(description="Extension: the caller's own name for it; null if it has none")]

    @classmethod
    def of(cls, schedule: Schedule, limits: Limits, **more: Any) -> Self:
        """Return the wire form of a schedule under the limits of a deployment. `more`: the fields of a subclass."""
        definition, work, state = schedule.definition, schedule.definition.work, schedule.state
        return cls(
            id=schedule.key.schedule_id,
            agent_id=schedule.key.agent_id,
            **vars(definition.options),
            status=state.status,
            schedule=timing_view(definition.timing),
            input=work.input,
            conversation=work.conversation,
            previous_response_id=work.previous_response_id,
            context_management=work.context_management,
            metadata=work.metadata,
            temporal_schedule_id=schedule.key.schedule_id,
            last_run_at=moment_text(state.last_run_at),
            last_run_id=state.last_run_id,
            run_count=state.run_count,
            created_at=text_of(state.created_at),
            updated_at=text_of(state.updated_at),
            deleted_at=moment_text(state.deleted_at),
            next_run_at=instant_text(state.next_run_at),
            generation=state.generation,
            policies=PoliciesView.of(definition.policies, limits),
            remaining_runs=schedule.remaining_runs,
            skips=[stamp(skip) for skip in sorted(state.skips)],
            backfill=BackfillProgress.of(state.backfill),
            pause=PauseView.of(schedule),
            **more,
        )


class ScheduleDeleted(View):
    """The answer to a delete and to its retry."""

    object: Literal["agent.schedule.deleted"] = "agent.schedule.deleted"
    id: str
    deleted: Literal[True] = True


class Configuration(View):
    """The configuration in a version of an agent."""

    name: str
    description: str | None
    model: str
    instructions: str | None
    tools: list[dict[str, Any]]
    tool_choice: Any
    parallel_tool_calls: bool
    max_tool_calls: int | None
    fallback_models: list[str]
    text: dict[str, Any] | None
    reasoning: dict[str, Any] | None
    metadata: dict[str, str]


class AgentView(Configuration):
    """An agent at its current version."""

    object: Literal["agent"] = "agent"
    id: str
    version: int
    created_at: Stamp
    updated_at: Stamp
    deleted_at: Stamp | None
    retention_expires_at: Stamp | None
    within_restore_window: bool
    can_restore: bool
    key: Annotated[str | None, Field(description="Extension: the caller's own name for it; null if it has none")]

    @classmethod
    def of(cls, agent: Agent, now: datetime) -> AgentView:
        """Return the wire form of an agent."""
        return cls(
            id=agent.id,
            version=agent.version,
            created_at=text_of(agent.created_at),
            updated_at=text_of(agent.updated_at),
            deleted_at=moment_text(agent.deleted_at),
            retention_expires_at=moment_text(agent.retention_expires_at),
            within_restore_window=agent.restorable(now),
            can_restore=agent.restorable(now),
            key=agent.key,
            **agent.configuration,
        )


class AgentDeleted(View):
    """The answer to a delete and to its retry."""

    object: Literal["agent.deleted"] = "agent.deleted"
    id: str
    deleted: Literal[True] = True


class AgentVersionView(Configuration):
    """One version of an agent."""

    object: Literal["agent.version"] = "agent.version"
    id: str
    agent_id: str
    version: int
    is_current: bool
    restored_from_version: int | None
    created_at: Stamp

    @classmethod
    def of(cls, version: AgentVersion, agent: Agent) -> AgentVersionView:
        """Return the wire form of a version of that agent."""
        return cls(
            id=version.id,
            agent_id=version.agent_id,
            version=version.version,
            is_current=version.version == agent.version,
            restored_from_version=version.restored_from,
            created_at=text_of(version.created_at),
            **version.configuration,
        )


class ScheduleList(Listing):
    """A page of schedules."""

    data: list[ScheduleView]


class AgentList(Listing):
    """A page of agents."""

    data: list[AgentView]


class AgentVersionList(Listing):
    """A page of an agent's history."""

    data: list[AgentVersionView]


def timing_view(spec: Spec) -> dict[str, Any]:
    """Return a timing as callers see it: its stored form without the anchor of an interval's grid."""
    return {name: value for name, value in timing_json(spec).items() if name != "first"}
