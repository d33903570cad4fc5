"""The base of the stores: it commits callers' changes (architecture.md, invariants 3 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from agent_schedules.domain.paging import Paging
from agent_schedules.domain.request_context import RECEIPT_SECONDS, IdempotencyKey, IdempotencyRecord, RequestContext
from agent_schedules.errors import AlreadyDone, ConditionFailed, QuotaExceeded, Unavailable, Uncertain
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.table import Add, Bound, Delete, Item, ItemKey, Page, Put, Table, Write

A = TypeVar("A")
B = TypeVar("B")

MOST_KEYS = 100  # of one BatchGetItem
VOIDS = 3  # attempts to block an unanswered create

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="store")


def concurrently(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Run two independent reads in parallel."""
    other = _threads.submit(second)
    return first(), other.result()


def read_all(table: Table, wanted: Sequence[ItemKey]) -> list[Item | None]:
    """Return the items of any number of keys, in order, with one call for each hundred."""
    return [item for start in range(0, len(wanted), MOST_KEYS) for item in table.get(wanted[start : start + MOST_KEYS])]


class TransactionalStore:
    """A table, the two kinds of commit of callers' changes, and the queries that stores share."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def _page(self, pk: str, prefix: str, paging: Paging, *, after: ItemKey | None) -> Page:
        """Return the rows of a page of a list, and whether more follow: one row more is read to know it.

        The page starts after the row `after`, which need not exist.
        """
        page = self._table.query(
            pk,
            prefix,
            limit=paging.limit + 1,
            newest_first=paging.newest_first,
            start_after=after.sk if after is not None else None,
            skip=paging.offset,
        )
        return Page(page.items[: paging.limit], page.more or len(page.items) > paging.limit)

    def _due(self, shard: str, now: int, *, limit: int) -> list[Item]:
        """Return the rows in a shard of the attention index whose time (UTC seconds) has come, the oldest first."""
        bound = Bound("attention_at", "<=", now)
        return self._table.query_index(
            keys.ATTENTION, {"attention_shard": shard}, bound=bound, limit=limit, newest_first=False
        ).items

    def _commit(self, call: RequestContext, subject: str, *writes: Write, now: int) -> None:
        """Commit all writes, and the record of the call's idempotency key, in one transaction; `now` in UTC seconds.

        Raises ConditionFailed when a write lost its race, QuotaExceeded when only a counter is at its limit,
        AlreadyDone when the same request was committed before, Unavailable or Contended when nothing was written,
        Uncertain when that is not known.
        """
        if call.idempotency_key is not None:
            record = IdempotencyRecord(call.caller.owner, call.idempotency_key, subject, now + RECEIPT_SECONDS)
            # It goes first, because the error names the first failed write: a retry is recognised even at a full limit.
            writes = (Put(_record_item(record), "absent"), *writes)
        if not writes:
            return
        call.must_be_in_time()
        try:
            self._table.write(*writes)
        except ConditionFailed as lost:
            if call.idempotency_key is not None and lost.index == 0:
                raise AlreadyDone from None
            if isinstance(writes[lost.index], Add):
                raise QuotaExceeded(lost.index) from None
            raise

    def _create(self, call: RequestContext, subject: str, *writes: Write, unless: ItemKey, now: int) -> None:
        """Commit a new resource. `unless` is one of the keys that the writes put on the condition that it is absent.

        If no answer comes, write a placeholder to that key: the writes then fail, however late they arrive, and the
        caller may send the call again. Raises as `_commit` does, but never Uncertain.
        """
        try:
            self._commit(call, subject, *writes, now=now)
        except Uncertain:
            if not self._kept_out(unless, now):
                return  # the writes had arrived
            raise Unavailable("DynamoDB did not answer in time; nothing was created, send the call again") from None

    def _kept_out(self, key: ItemKey, now: int) -> bool:
        """Write a placeholder to a key, so that writes which need it absent fail. Returns whether they had not arrived.

        Raises Unavailable if DynamoDB keeps refusing the placeholder, or does not answer.
        """
        void = item_at(key, ttl=now + RECEIPT_SECONDS)
        attempts = 0
        while True:
            attempts += 1
            try:
                self._table.write(Put(void, "absent"))
            except ConditionFailed:
                return False
            except Uncertain as error:
                raise Unavailable(error.message) from error
            except Unavailable:  # throttled; retried, because an unanswered create is still open
                if attempts == VOIDS:
                    raise
            else:
                return True

    @staticmethod
    def _without_record(call: RequestContext) -> list[Write]:
        """Return the writes that delete the record of the call's idempotency key."""
        return [Delete(keys.receipt_key(call.caller.owner, call.idempotency_key.key))] if call.idempotency_key else []

    def note(self, call: RequestContext, subject: str, *, now: int) -> None:
        """Record a call that had nothing to change, so that its retry changes nothing either."""
        self._commit(call, subject, now=now)

    def idempotency_record(self, owner: str, key: str, *, now: int) -> IdempotencyRecord | None:
        """Return the record of an idempotency key used in the last 24 h. Delete an older one, which DynamoDB's TTL may
        leave for days."""
        at = keys.receipt_key(owner, key)
        (item,) = self._table.get([at])
        if item is None:
            return None
        record = IdempotencyRecord(
            owner, IdempotencyKey(key, str(item["fingerprint"])), str(item["subject"]), cast(int, item["ttl"])
        )
        if record.expires > now:
            return record
        self._table.write(Delete(at))
        return None


def _record_item(record: IdempotencyRecord) -> Item:
    return item_at(
        keys.receipt_key(record.owner, record.idempotency_key.key),
        fingerprint=record.idempotency_key.fingerprint,
        subject=record.subject,
        ttl=record.expires,
    )
