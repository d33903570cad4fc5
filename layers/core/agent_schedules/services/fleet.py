"""The use cases over all agents of an owner: find schedules, their coming occurrences, and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.summary import Summary, summary_of
from agent_schedules.domain.upcoming import DAY, Place, Upcoming, Window, upcoming
from agent_schedules.ports import Ports
from agent_schedules.services.checks import require_id
from agent_schedules.storage.fleet import FoundSchedule, Span
from agent_schedules.timestamps import floor_seconds

ProblemKind = Literal["failed", "incomplete", "missed", "skipped"]
NEWEST = Span()
"""The first group of schedules, whose end is not known yet."""
PROBLEMS: tuple[ProblemKind, ...] = get_args(ProblemKind)


def find_schedules(ports: Ports, caller: Caller, wanted: ScheduleFilter, paging: Paging) -> Slice[FoundSchedule]:
    """Return a page of the matching schedules of live agents. Raises NotFound for the agent that the filter names."""
    if wanted.agent_id is not None:
        require_id(wanted.agent_id, "agt", "agent")
    return ports.store.fleet.page(caller.owner, wanted, paging, now=floor_seconds(ports.now()))


@dataclass(frozen=True)
class UpcomingFrom:
    """Where a page of coming occurrences begins: in which window and group, and behind which occurrence."""

    window: Window
    span: Span = NEWEST
    after: Place | None = None

    def text(self) -> str:
        """Return it as the text in a cursor."""
        at, name = (self.after.at, self.after.schedule_id) if self.after else ("", "")
        return f"{self.window.first}|{self.window.end}|{self.span.start or ''}|{self.span.last or ''}|{at}|{name}"

    @classmethod
    def of(cls, text: str) -> UpcomingFrom:
        """Return the place of such a text."""
        first, end, start, last, at, name = text.split("|")
        after = Place(int(at), name) if at else None
        return cls(Window(int(first), int(end)), Span(start or None, last or None), after)


@dataclass(frozen=True)
class UpcomingPage:
    """Some occurrences to come of one group of schedules."""

    items: list[Upcoming]
    schedules: int
    """Of the group."""
    ends_group: bool
    following: UpcomingFrom | None
    """Where the next page begins; None after the last one."""


def list_upcoming(ports: Ports, caller: Caller, agent_id: str | None, begin: UpcomingFrom, limit: int) -> UpcomingPage:
    """Return a page of the occurrences to come of a group of schedules. Raises NotFound for the agent."""
    if agent_id is not None:
        require_id(agent_id, "agt", "agent")
    group = ports.store.fleet.group(caller.owner, agent_id, begin.span, now=floor_seconds(ports.now()))
    found = list(islice(upcoming(group.schedules, begin.window, begin.after), limit + 1))
    following = None
    if len(found) > limit:
        following = UpcomingFrom(begin.window, group.span, found[limit - 1].place)
    elif group.more:
        following = UpcomingFrom(begin.window, Span(group.span.last))
    return UpcomingPage(found[:limit], len(group.schedules), len(found) <= limit, following)


@dataclass(frozen=True)
class FleetSummary:
    """A summary of some schedules of an owner, and the problems of all in the last day."""

    schedules: Summary
    problems: Mapping[ProblemKind, tuple[int, bool]]
    """Their number by kind, and whether there are more than were counted."""
    last: str | None
    more: bool


def summarize(ports: Ports, caller: Caller, after: str | None) -> FleetSummary:
    """Return the summary of the next thousand schedules, the newest first."""
    now = floor_seconds(ports.now())
    store, since = ports.store.fleet, now - DAY
    states = store.states(caller.owner, after)
    places = {"failed": ids.earliest("run", since), "missed": f"{since:012d}"}
    places |= {"incomplete": places["failed"], "skipped": places["missed"]}
    problems = {kind: store.count(caller.owner, kind, places[kind], states.agents) for kind in PROBLEMS}
    return FleetSummary(summary_of(states.states, now), problems, states.last, states.more)
