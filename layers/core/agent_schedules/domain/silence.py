"""The dead man's switch: an active schedule without a completed run for too long is silent. Pure (policies.md).

A state row has a watch while it is active and its policies say `alert_after_seconds`. The deadline is in the
reconciler's index, so the cost of finding silence follows what is silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a state has a watch
    from agent_schedules.domain.policies import Policies
    from agent_schedules.domain.runs import Run
    from agent_schedules.domain.schedules import Schedule, State

from agent_schedules.timestamps import floor_seconds


@dataclass(frozen=True)
class Watch:
    """How long the schedule may go without a completed run."""

    seconds: int
    """The policy."""
    since: int
    """UTC seconds of the last completed run, or of the activation, if that was later."""
    silent_at: int | None = None
    """When the silence was noticed (UTC seconds)."""

    @property
    def deadline(self) -> int | None:
        """When the schedule is silent, in UTC seconds; None: it is already."""
        return self.since + self.seconds if self.silent_at is None else None

    def over(self, now: int) -> bool:
        """Whether silence is to be noticed."""
        return self.deadline is not None and self.deadline <= now


def watch_from(policies: Policies, now: int) -> Watch | None:
    """Return the watch over a schedule that is activated at `now` (UTC seconds)."""
    return None if policies.alert_after_seconds is None else Watch(policies.alert_after_seconds, now)


def watch_after(before: Schedule, after: Schedule, now: int) -> Watch | None:
    """Return the watch after a change at `now` (UTC seconds). An activation and another policy begin a new one; any
    other change leaves it."""
    policies = after.definition.policies
    if after.state.status != "active":
        return None
    same = before.definition.policies.alert_after_seconds == policies.alert_after_seconds
    return before.state.watch if same and before.state.status == "active" else watch_from(policies, now)


def heard(state: State, completed_at: int) -> State | None:
    """Return the state after a completed run (UTC seconds); None: it changes nothing."""
    watch = state.watch
    if watch is None or (watch.silent_at is None and completed_at <= watch.since):
        return None
    watch = Watch(watch.seconds, max(watch.since, completed_at))
    return replace(state, watch=watch, rev=state.rev + 1)


def judged(state: State, latest: Run | None, *, deletions: int | None, now: int) -> State | None:
    """Return the state after a look of the reconciler at `now` (UTC seconds); None: there is nothing to notice.

    `latest` is the schedule's newest run: its end may not have been noted, because a function crashed or the policy is
    newer. `deletions` are those of the agent; None: it is deleted, and the schedule reads as paused.
    """
    if state.watch is None or not state.watch.over(now):
        return None
    if state.as_of_agent(deletions) is not state:
        return replace(state, watch=None, rev=state.rev + 1)
    if latest is not None and latest.status == "completed" and latest.completed_at is not None:
        noted = heard(state, floor_seconds(latest.completed_at))
        if noted is not None:
            return noted
    return replace(state, watch=replace(state.watch, silent_at=now), rev=state.rev + 1)
