"""The table in domain terms: one store for each kind of resource, and the query that covers several kinds.

Every write replaces the whole row, on the condition that it is as it was read, so of two writers only one succeeds
(docs/decisions/0003). Methods raise Unavailable when DynamoDB fails, ConditionFailed when a write lost its race.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from agent_schedules.domain.attention import in_trouble
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.storage import items, keys
from agent_schedules.storage.agents import AgentStore
from agent_schedules.storage.api_keys import KeyStore
from agent_schedules.storage.backfills import BackfillStore
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.counters import CounterStore
from agent_schedules.storage.deliveries import DeliveryStore
from agent_schedules.storage.fleet import FleetStore
from agent_schedules.storage.jobs import JobStore
from agent_schedules.storage.occurrences import OccurrenceStore
from agent_schedules.storage.problems import ProblemStore
from agent_schedules.storage.publishing import PublishingStore
from agent_schedules.storage.retention import RetentionStore
from agent_schedules.storage.run_lists import RunListStore
from agent_schedules.storage.runs import RunStore
from agent_schedules.storage.schedules import ScheduleStore
from agent_schedules.storage.silence import SilenceStore
from agent_schedules.storage.sweeps import SweepStore
from agent_schedules.storage.table import Bound, Item, ItemKey, Table
from agent_schedules.storage.webhooks import WebhookStore
from agent_schedules.timestamps import floor_seconds

PAGE = 100  # rows of one query of the attention index


@dataclass(frozen=True)
class Listed:
    """A row of the attention index."""

    subject: Key | RunKey
    at: int
    """Its time there (UTC seconds)."""


class Store(TransactionalStore):
    """All stores over one table."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.keys = KeyStore(table)
        self.agents = AgentStore(table)
        self.schedules = ScheduleStore(table)
        self.fleet = FleetStore(table)
        self.runs = RunStore(table)
        self.run_lists = RunListStore(table)
        self.problems = ProblemStore(table)
        self.occurrences = OccurrenceStore(table)
        self.backfills = BackfillStore(table)
        self.jobs = JobStore(table)
        self.counters = CounterStore(table)
        self.retention = RetentionStore(table)
        self.silence = SilenceStore(table)
        self.sweeps = SweepStore(table)
        self.publishing = PublishingStore(table)
        self.webhooks = WebhookStore(table)
        self.deliveries = DeliveryStore(table)

    def attention(self, until: int) -> Iterator[list[Listed]]:
        """Yield the rows whose time (UTC seconds) in the attention index is at most `until`, oldest first.

        It yields one page of each shard in turn, so that no shard delays another. The cost follows the number of rows.
        """
        starts: dict[str, Item | None] = {f"s{shard}": None for shard in range(keys.SHARDS)}
        while starts:
            for shard, start in list(starts.items()):
                page = self._table.query_index(
                    keys.ATTENTION,
                    {"attention_shard": shard},
                    bound=Bound("attention_at", "<=", until),
                    limit=PAGE,
                    newest_first=False,
                    start_after=start,
                )
                if page.more and page.items:
                    starts[shard] = page.items[-1]
                else:
                    del starts[shard]
                yield [Listed(keys.subject_of(item), cast(int, item["attention_at"])) for item in page.items]

    def in_trouble(self, subjects: Sequence[Key | RunKey], now: datetime, *, since: int) -> list[Key | RunKey]:
        """Return those of up to 100 rows that need a look before their time in the attention index, from one read.

        `since`: a run whose last message was due before that (UTC seconds) needs one.
        """
        rows = self._table.get([_row_of(subject) for subject in subjects]) if subjects else []
        return [subject for subject, row in zip(subjects, rows, strict=True) if row and _in_trouble(row, now, since)]


def _row_of(subject: Key | RunKey) -> ItemKey:
    return keys.run_key(subject) if isinstance(subject, RunKey) else keys.state_key(subject)


def _in_trouble(row: Item, now: datetime, since: int) -> bool:
    subject = keys.subject_of(row)
    if isinstance(subject, RunKey):
        run = items.run_of(subject.owner, subject.agent_id, row)
        return not run.terminal and run.forsaken(now, since)
    return in_trouble(items.state_of(row), floor_seconds(now))
