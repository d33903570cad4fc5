"""Which schedules of an owner are meant: the filter of a list, and of a change of many. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from agent_schedules.domain.runs import RunStatus
from agent_schedules.domain.schedules import Schedule, Status


@dataclass(frozen=True)
class ScheduleFilter:
    """The conditions that a schedule must all meet. None, or no metadata, is no condition."""

    agent_id: str | None = None
    status: Status | None = None
    name: str | None = None
    """How its name begins."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Pairs that its metadata must have, in the order of their keys."""
    next_run_before: int | None = None
    """UTC seconds that its next nominal time must be before."""
    last_run_status: RunStatus | None = None
    """The status of its latest run."""

    @property
    def everything(self) -> bool:
        """Whether every schedule matches, or every one of an agent."""
        return self == ScheduleFilter(agent_id=self.agent_id)

    def may_match(self, schedule: Schedule) -> bool:
        """Whether a schedule meets all conditions that do not concern its latest run."""
        state, definition = schedule.state, schedule.definition
        following, metadata = state.next_run_at, definition.work.metadata or {}
        return (
            self.agent_id in (None, schedule.key.agent_id)
            and self.status in (None, state.status)
            and (self.name is None or (definition.options.name or "").startswith(self.name))
            and all(metadata.get(key) == value for key, value in self.metadata)
            and (self.next_run_before is None or (following is not None and following < self.next_run_before))
        )

    def matches(self, schedule: Schedule, last_run_status: RunStatus | None) -> bool:
        """Whether a schedule whose latest run has that status meets all conditions."""
        return self.may_match(schedule) and self.last_run_status in (None, last_run_status)

    def as_json(self) -> dict[str, Any]:
        """Return the conditions there are, as JSON. Equal filters have equal JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["metadata"] = dict(self.metadata) or None
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> ScheduleFilter:
        """Return the filter with that JSON."""
        metadata = tuple(sorted(stored.get("metadata", {}).items()))
        return cls(**{**stored, "metadata": metadata})
