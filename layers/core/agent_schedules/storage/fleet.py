"""Schedules over all agents of an owner. Found in the index `listed` (decision 16), then read from the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.paging import CANDIDATES, Paging, Slice
from agent_schedules.domain.runs import RunStatus
from agent_schedules.domain.schedules import Key, Schedule, State
from agent_schedules.errors import Unavailable
from agent_schedules.storage import keys
from agent_schedules.storage.agent_items import agent_of
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.compression import LARGEST_ANSWER
from agent_schedules.storage.items import state_of
from agent_schedules.storage.schedules import READINGS, ScheduleStore, schedule_of, torn
from agent_schedules.storage.table import Bound, Item, ItemKey, Page, Table

GROUP = 500  # schedules whose coming occurrences are merged
STATES, MOST_STATES = 50, 1_000  # states of one BatchGetItem, each with its agent; states of one summary
MOST_PROBLEMS = 1_000  # that a summary counts of each kind
STEP = 25  # schedules of one BatchGetItem: each has a definition of up to 400 KB, a state and an agent


@dataclass(frozen=True)
class FoundSchedule:
    """A schedule and the status of its latest run, if it has one."""

    schedule: Schedule
    last_run_status: RunStatus | None


@dataclass(frozen=True)
class Span:
    """Which schedules a group has, by their ids: those below `start`, down to `last`."""

    start: str | None = None
    last: str | None = None

    def has(self, schedule_id: str) -> bool:
        """Whether a schedule is in it."""
        return (self.start is None or schedule_id < self.start) and (self.last is None or schedule_id >= self.last)


@dataclass(frozen=True)
class Group:
    """Some schedules of an owner."""

    schedules: list[Schedule]
    span: Span
    """Both its ends, for a group that is not empty."""
    more: bool
    """Whether older schedules follow."""


@dataclass(frozen=True)
class StateCounts:
    """What the states of some schedules say."""

    states: list[tuple[str, State]]
    """By the ids of the schedules."""
    last: str | None
    more: bool
    agents: dict[ItemKey, Item | None]
    """The rows of their agents; None: it is deleted."""


class FleetStore(TransactionalStore):
    """Each method makes at most six calls to the table, however many schedules there are, and a few more where other
    calls change what it reads. Problems of agents without a schedule on the page take one more for each 50 agents."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._schedules = ScheduleStore(table)

    def page(self, owner: str, wanted: ScheduleFilter, paging: Paging, *, now: int) -> Slice[FoundSchedule]:
        """Return the matching schedules among the next `CANDIDATES` of an owner, or of one agent. Raises NotFound for
        the agent.

        The index is eventually consistent, and what it names is read with strong consistency.
        """
        if wanted.agent_id is not None:
            candidates = self._of_agent(owner, wanted.agent_id, wanted, paging, now)
        else:
            candidates = self._of_owner(owner, wanted, paging)
        statuses = self.last_run_statuses(candidates.items, now)
        found = [
            FoundSchedule(schedule, status)
            for schedule, status in zip(candidates.items, statuses, strict=True)
            if wanted.matches(schedule, status)
        ]
        if len(found) > paging.limit:
            found = found[: paging.limit]
            return Slice(found, more=True, last=found[-1].schedule.key.schedule_id)
        return Slice(found, candidates.more, candidates.last)

    def _of_agent(self, owner: str, agent_id: str, wanted: ScheduleFilter, paging: Paging, now: int) -> Slice[Schedule]:
        most = paging.limit if wanted.everything else CANDIDATES
        looked = Paging(most, paging.newest_first, after=paging.after)
        page = self._schedules.page(owner, agent_id, looked, deleted=False, now=now)
        last = page.items[-1].key.schedule_id if page.items else None
        return _enough([one for one in page.items if wanted.may_match(one)], wanted, paging, more=page.more, last=last)

    def group(self, owner: str, agent_id: str | None, span: Span, *, now: int) -> Group:
        """Return the schedules of a group of an owner, or of one agent, the newest first. Raises NotFound.

        A group has up to `GROUP` schedules, fewer where their definitions are large. A known `span.last` keeps its end.
        """
        if agent_id is not None:
            page = self._schedules.page(owner, agent_id, Paging(GROUP, after=span.start), deleted=False, now=now)
            names = [schedule.key.schedule_id for schedule in page.items]
            kept = [schedule for schedule in page.items if span.has(schedule.key.schedule_id)]
            return _group(kept, names, span, looked=len(names), more=page.more)
        listed = self.listed(owner, span.start, most=GROUP, newest_first=True)
        names = [str(item["listed_at"]) for item in listed.items]
        within: list[Schedule] = []
        agents: dict[ItemKey, Item | None] = {}
        looked, room = 0, LARGEST_ANSWER
        while looked < len(names) and span.has(names[looked]) and (room >= 0 or span.last is not None):
            step = [_key_of(owner, item) for item in listed.items[looked : looked + STEP]]
            schedules, size = self._live([key for key in step if span.has(key.schedule_id)], agents)
            within, looked, room = within + schedules, looked + len(step), room - size
        return _group(within, names, span, looked=looked, more=listed.more)

    def _of_owner(self, owner: str, wanted: ScheduleFilter, paging: Paging) -> Slice[Schedule]:
        listed = self.listed(
            owner,
            paging.after,
            most=paging.limit if wanted.everything else CANDIDATES,
            newest_first=paging.newest_first,
        )
        found: list[Schedule] = []
        agents: dict[ItemKey, Item | None] = {}
        room, looked = LARGEST_ANSWER, 0
        for start in range(0, len(listed.items), STEP):
            step = [_key_of(owner, item) for item in listed.items[start : start + STEP]]
            schedules, size = self._live(step, agents)
            found += [one for one in schedules if wanted.may_match(one)]
            looked, room = start + len(step), room - size
            if room < 0 or (wanted.last_run_status is None and len(found) >= paging.limit):
                break
        last = str(listed.items[looked - 1]["listed_at"]) if looked else None
        return _enough(found, wanted, paging, more=listed.more or looked < len(listed.items), last=last)

    def listed(self, owner: str, after: str | None, *, most: int, newest_first: bool) -> Page:
        """Return the index's rows of an owner's schedules, in the order of creation. Eventually consistent."""
        bound = None if after is None else Bound("listed_at", "<" if newest_first else ">", after)
        values = {"listed_in": f"{owner}#{keys.SCHEDULES}"}
        return self._table.query_index(keys.LISTED, values, bound=bound, limit=most, newest_first=newest_first)

    def _live(self, step: Sequence[Key], agents: dict[ItemKey, Item | None]) -> tuple[list[Schedule], int]:
        """Return the schedules of live agents among some keys, and the bytes that were read.

        `agents` has the rows that were read before, and gets those that are read now.
        """
        rows: dict[ItemKey, Item | None] = {}
        left, size = list(step), 0
        for _ in range(READINGS):
            wanted = dict.fromkeys(at for key in left for at in (keys.definition_key(key), keys.state_key(key)))
            wanted |= dict.fromkeys(at for at in map(_agent_key, left) if at not in agents)
            read = dict(zip(wanted, self._table.get(list(wanted)), strict=True))
            size += sum(map(_size, read.values()))
            rows |= read
            agents |= {at: row for at, row in read.items() if at.pk == left[0].owner}
            left = [key for key in left if torn(*_pair(rows, key))]
            if not left:
                break
        else:
            raise Unavailable("Some schedules are being changed by other calls; try again")
        found: list[Schedule] = []
        for key in step:
            agent, schedule = agents[_agent_key(key)], schedule_of(key, *_pair(rows, key))
            if agent is not None and schedule is not None:
                found.append(schedule.as_of_agent(agent_of(agent).deletions))
        return found, size

    def states(self, owner: str, after: str | None) -> StateCounts:
        """Return the states of the next `MOST_STATES` schedules of an owner whose agents are live, the newest first."""
        listed = self.listed(owner, after, most=MOST_STATES, newest_first=True)
        agents: dict[ItemKey, Item | None] = {}
        found: list[tuple[str, State]] = []
        for start in range(0, len(listed.items), STATES):
            step = [_key_of(owner, item) for item in listed.items[start : start + STATES]]
            wanted = [keys.state_key(key) for key in step]
            unknown = [at for at in dict.fromkeys(map(_agent_key, step)) if at not in agents]
            rows = self._table.get([*wanted, *unknown])
            agents |= dict(zip(unknown, rows[len(wanted) :], strict=True))
            for key, row in zip(step, rows, strict=False):
                agent = agents[_agent_key(key)]
                if row is not None and agent is not None:
                    found.append((key.schedule_id, state_of(row).as_of_agent(agent_of(agent).deletions)))
        last = str(listed.items[-1]["listed_at"]) if listed.items else None
        return StateCounts(found, last, listed.more, agents)

    def count(self, owner: str, name: str, since: str, agents: dict[ItemKey, Item | None]) -> tuple[int, bool]:
        """Count the rows of live agents among the newest `MOST_PROBLEMS` of a list of an owner's, from a place in its
        order on. Returns whether there are still more. `agents` is as in `_live`."""
        bound = Bound("listed_at", ">", since)
        values = {"listed_in": f"{owner}#{name}"}
        page = self._table.query_index(keys.LISTED, values, bound=bound, limit=MOST_PROBLEMS, newest_first=True)
        of = [keys.agent_key(owner, keys.agent_id_in(owner, item)) for item in page.items]
        unknown = [at for at in dict.fromkeys(of) if at not in agents]
        for start in range(0, len(unknown), STATES):
            step = unknown[start : start + STATES]
            agents |= dict(zip(step, self._table.get(step), strict=True))
        return sum(agents[at] is not None for at in of), page.more

    def last_run_statuses(self, schedules: Iterable[Schedule], now: int) -> list[RunStatus | None]:
        """Return the status of the latest run of each of up to 100 schedules, in one call. An expired run has none."""
        wanted = [
            None if one.state.last_run_id is None else keys.run_key(one.key.run(one.state.last_run_id))
            for one in schedules
        ]
        asked = [at for at in wanted if at is not None]
        rows = dict(zip(asked, self._table.get(asked), strict=True)) if asked else {}
        found = [None if at is None else rows[at] for at in wanted]
        kept = [row is not None and cast(int, row.get("ttl", now + 1)) > now for row in found]
        return [cast(RunStatus, row["status"]) if row and one else None for row, one in zip(found, kept, strict=True)]


def _group(within: list[Schedule], names: list[str], span: Span, *, looked: int, more: bool) -> Group:
    """Return the group that begins a list of ids, of which the first ones were looked at."""
    if not names:
        return Group([], span, more=False)
    last = span.last or names[looked - 1]
    return Group(within, Span(span.start or f"{names[0]}~", last), more or names[-1] < last)


def _enough(
    found: list[Schedule], wanted: ScheduleFilter, paging: Paging, *, more: bool, last: str | None
) -> Slice[Schedule]:
    """Return the candidates whose latest run is to be read: no more than the page has, if that does not decide."""
    if wanted.last_run_status is None and len(found) > paging.limit:
        return Slice(found[: paging.limit], more=True, last=found[paging.limit - 1].key.schedule_id)
    return Slice(found, more, last)


def _key_of(owner: str, item: Item) -> Key:
    return Key(owner, keys.agent_id_in(owner, item), str(item["listed_at"]))


def _agent_key(key: Key) -> ItemKey:
    return keys.agent_key(key.owner, key.agent_id)


def _pair(rows: dict[ItemKey, Item | None], key: Key) -> tuple[Item | None, Item | None]:
    return rows[keys.definition_key(key)], rows[keys.state_key(key)]


def _size(row: Item | None) -> int:
    """Return the characters of a row's strings."""
    return sum(len(value) for value in (row or {}).values() if isinstance(value, str))
