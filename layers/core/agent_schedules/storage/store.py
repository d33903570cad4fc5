"""The table in the words of the domain: one store for each kind of thing, and what belongs to none of them.

Every row is rewritten whole under a condition on what was read, so two writers can never both win
(docs/decisions/0003). Methods raise Unavailable when DynamoDB does, ConditionFailed when a write lost its race.
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

PAGE = 100  # rows of one look into the attention index


class Store(TransactionalStore):
    """Everything that is stored."""

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
        """What the reconciler must look at: rows whose time (UTC seconds) in the attention index has passed, oldest
        first.

        Page by page, one of each shard in turn, so that no shard stands behind another. Cost follows their number.
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
