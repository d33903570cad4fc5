"""The table in domain terms: one store for each kind of resource, and the query that covers several kinds.

Every write replaces the whole row, on the condition that it is as it was read, so of two writers only one succeeds
(docs/decisions/0003). Methods raise Unavailable when DynamoDB fails, ConditionFailed when a write lost its race.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.storage import keys
from agent_schedules.storage.agents import AgentStore
from agent_schedules.storage.api_keys import KeyStore
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.occurrences import OccurrenceStore
from agent_schedules.storage.quotas import CounterStore
from agent_schedules.storage.retention import RetentionStore
from agent_schedules.storage.runs import RunStore
from agent_schedules.storage.schedules import ScheduleStore
from agent_schedules.storage.table import Bound, Item, Table

PAGE = 100  # rows of one query of the attention index


class Store(TransactionalStore):
    """All stores over one table."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.keys = KeyStore(table)
        self.agents = AgentStore(table)
        self.schedules = ScheduleStore(table)
        self.runs = RunStore(table)
        self.occurrences = OccurrenceStore(table)
        self.counters = CounterStore(table)
        self.retention = RetentionStore(table)

    def overdue(self, now: int) -> Iterator[list[Key | RunKey]]:
        """Yield the rows whose time (UTC seconds) in the attention index has passed, oldest first, for the reconciler.

        It yields one page of each shard in turn, so that no shard delays another. The cost follows the number of rows.
        """
        starts: dict[str, Item | None] = {f"s{shard}": None for shard in range(keys.SHARDS)}
        while starts:
            for shard, start in list(starts.items()):
                page = self._table.query_index(
                    keys.ATTENTION,
                    {"attention_shard": shard},
                    bound=Bound("attention_at", "<=", now),
                    limit=PAGE,
                    newest_first=False,
                    start_after=start,
                )
                if page.more and page.items:
                    starts[shard] = page.items[-1]
                else:
                    del starts[shard]
                yield [keys.subject_of(item) for item in page.items]
