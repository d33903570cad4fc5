"""The dispatcher of EventBridge Scheduler for the local stack: it invokes the targets of the stored entries.

Only the stored definitions count: the expression text, time zone, bounds and state, by AWS's rules. All times are on
the stack's clock. Not modelled: flexible time windows, quotas, and errors AWS gives up on without a retry.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.scheduler.entries import Entry
from dev.scheduler.expressions import AwsExpression, parse

MAX_FIRES_PER_TICK = 1000  # of one entry; a clock that jumped by years is caught up over several ticks
LONGEST_RETRY_DELAY = timedelta(minutes=10)
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Delivery:
    """One occurrence on its way to the target: the definition it came from, and when to try next."""

    entry: Entry
    scheduled: datetime
    due: datetime
    attempt: int = 1
    first_tried: datetime | None = None


@dataclass(slots=True)
class _Known:
    """The state of one entry. `expression` is None for a definition that AWS would refuse to store."""

    entry: Entry
    expression: AwsExpression | None = None
    refusal: str | None = None
    next: datetime | None = None
    pending: list[_Delivery] = field(default_factory=list)

    @property
    def soonest(self) -> datetime:
        """The next time at which the entry needs work: at once while it waits to be deleted."""
        if self.completed:
            return _BEGINNING
        return min([self.next or _END, *(delivery.due for delivery in self.pending)])

    @property
    def completed(self) -> bool:
        """Whether no invocation is left and AWS deletes it now. A recurring entry needs an EndDate for that."""
        if self.next is not None or self.pending or self.expression is None or self.entry.state != "ENABLED":
            return False
        bounded = self.expression.one_time or self.entry.end is not None
        return bounded and self.entry.action_after_completion == "DELETE"


@dataclass(kw_only=True, eq=False)
class Dispatcher:
    """Fires entries when due, retries, dead-letters and deletes completed ones. Call `tick` a few times a second.

    `entries` gives a snapshot of all stored schedules, the same object as long as nothing changed; `delete` takes a
    name; `invoke` takes the target's ARN and the
    event, and raises when the target could not be invoked; `dead_letter` takes the queue's ARN, the event and the
    message attributes; `clock` gives aware stack time; `late_by` gives the seconds by which the next occurrence is
    delivered late (AWS promises 60 s precision); `new_id` gives an execution id, 16 hexadecimal characters.
    """

    entries: Callable[[], Iterable[Entry]]
    delete: Callable[[str], None]
    invoke: Callable[[str, dict[str, Any]], None]
    dead_letter: Callable[[str, dict[str, Any], dict[str, str]], None]
    clock: Callable[[], datetime]
    late_by: Callable[[], float] = lambda: 0.0
    new_id: Callable[[], str] = lambda: secrets.token_hex(8)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}  # by ARN, of the stored entries only
        self._seen: Iterable[Entry] = ()
        self._soonest = _BEGINNING  # before this nothing is to be done, as long as nothing changes
        self._looked_at = self.clock().astimezone(UTC)

    @property
    def refused(self) -> dict[str, str]:
        """The stored entries that AWS would have refused, with the message of each. They never fire."""
        return {known.entry.name: known.refusal for known in list(self._known.values()) if known.refusal}

    def tick(self) -> int:
        """Deliver all that is due now, in order of scheduled time. Return how many invocations were tried."""
        with self._lock:
            now = self.clock().astimezone(UTC)
            entries = self.entries()
            if entries is self._seen and now < self._soonest:
                self._looked_at = now
                return 0
            self._seen = entries
            due: list[_Delivery] = []
            for entry in entries:
                known = self._known.get(entry.arn)
                if known is None or (known.entry is not entry and known.entry != entry):
                    known = self._learn(entry, known, now)
                if known.next is not None and known.next <= now:
                    self._fire(known, now)
                if known.pending:
                    due += [delivery for delivery in known.pending if delivery.due <= now]
            for arn in self._known.keys() - {entry.arn for entry in entries}:
                del self._known[arn]
            self._looked_at = now
            due.sort(key=lambda delivery: (delivery.scheduled, delivery.entry.name, delivery.attempt))
            for delivery in due:
                self._deliver(delivery, now)
            self._delete_completed()
            self._soonest = min((known.soonest for known in self._known.values()), default=_END)
            return len(due)

    def _learn(self, entry: Entry, old: _Known | None, now: datetime) -> _Known:
        """Take a new or changed definition, which decides from now on. Deliveries of the old one go on."""
        known = self._known[entry.arn] = _Known(entry, pending=old.pending if old else [])
        try:
            _check_input(entry.input)
            known.expression = parse(
                entry.expression, timezone=entry.timezone, start=entry.start, end=entry.end, created=now
            )
        except ValueError as error:
            known.refusal = str(error)
            _log.error("%s: AWS would refuse it: %s", entry.name, error)
            return known
        if entry.state == "ENABLED":
            known.next = known.expression.next_fire(self._look_from(entry, known.expression, old, now))
        return known

    def _look_from(self, entry: Entry, expression: AwsExpression, old: _Known | None, now: datetime) -> datetime:
        """Return the time after which a newly learnt definition first fires."""
        if expression.one_time:
            # A time already past fires at once: documented by AWS for re-enabling, assumed for creating.
            return _BEGINNING
        if entry.expression.startswith("rate"):
            if entry.start is None:
                return now - timedelta(seconds=1)  # its first fire is its creation
            if self._looked_at < entry.start <= now and (old is None or old.entry.start != entry.start):
                # StartDate passed between the storing and this tick, which with a fast clock are minutes apart. It is
                # the first occurrence, so it must not be lost.
                return entry.start - timedelta(seconds=1)
        return now

    def _fire(self, known: _Known, now: datetime) -> None:
        """Queue every occurrence up to `now`. Each keeps its own scheduled time, however far the clock jumped."""
        for _ in range(MAX_FIRES_PER_TICK):
            if known.expression is None or known.next is None or known.next > now:
                break
            due = known.next + timedelta(seconds=self.late_by())
            known.pending.append(_Delivery(known.entry, known.next, due))
            known.next = known.expression.next_fire(known.next)

    def _deliver(self, delivery: _Delivery, now: datetime) -> None:
        entry = delivery.entry
        delivery.first_tried = first_tried = delivery.first_tried or now
        names = {"schedule_arn": entry.arn, "execution_id": self.new_id()}
        event = substitute(entry.input, **names, scheduled_time=delivery.scheduled, attempt=delivery.attempt)
        try:
            self.invoke(entry.target_arn, event)
        except Exception as error:  # AWS retries whatever a target raises
            # AWS backs off exponentially and does not publish the delays.
            retry_at = now + min(timedelta(seconds=2 ** min(delivery.attempt, 30)), LONGEST_RETRY_DELAY)
            if delivery.attempt > entry.max_retry_attempts:
                exhausted = "MaximumRetryAttempts"
            elif retry_at - first_tried > timedelta(seconds=entry.max_event_age_seconds):
                exhausted = "MaximumEventAgeInSeconds"
            else:
                delivery.attempt += 1
                delivery.due = retry_at
                return
            self._give_up(delivery, event, names["execution_id"], error, exhausted)
        self._known[entry.arn].pending.remove(delivery)

    def _give_up(
        self, delivery: _Delivery, event: dict[str, Any], execution_id: str, error: Exception, exhausted: str
    ) -> None:
        entry = delivery.entry
        _log.warning("%s: invocation given up after %d attempts: %r", entry.name, delivery.attempt, error)
        if entry.dlq_arn is None:
            return
        attributes = {
            "ERROR_CODE": type(error).__name__,
            "ERROR_MESSAGE": str(error) or type(error).__name__,
            "EXECUTION_ID": execution_id,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(delivery.attempt - 1),
            "SCHEDULED_TIME": _iso(delivery.scheduled),
            "SCHEDULE_ARN": entry.arn,
            "TARGET_ARN": entry.target_arn,
        }
        try:
            self.dead_letter(entry.dlq_arn, event, attributes)
        except Exception:  # as on AWS, an event that its queue refuses is lost; other entries must go on
            _log.exception("%s: the dead-letter queue refused the message", entry.name)

    def _delete_completed(self) -> None:
        completed = [known for known in self._known.values() if known.completed]
        if not completed:
            return
        # The target may have changed its own entry while it ran: delete only an entry that is still stored as it was.
        stored = {entry.arn: entry for entry in self.entries()}
        for known in completed:
            if stored.get(known.entry.arn) != known.entry:
                continue
            try:
                self.delete(known.entry.name)
            except Exception:  # one entry's failure must not keep the others from their deliveries
                _log.exception("%s: not deleted after completion; the next tick tries again", known.entry.name)
            else:
                del self._known[known.entry.arn]


def substitute(
    input_text: str, *, schedule_arn: str, scheduled_time: datetime, execution_id: str, attempt: int
) -> dict[str, Any]:
    """Return Target.Input with its context attributes replaced, parsed. The first `attempt` is 1."""
    values = {
        "schedule-arn": schedule_arn,
        "scheduled-time": _iso(scheduled_time),
        "execution-id": execution_id,
        "attempt-number": str(attempt),
    }
    for attribute, value in values.items():
        input_text = input_text.replace(f"<aws.scheduler.{attribute}>", value)
    return _check_input(input_text)


def _check_input(text: str) -> dict[str, Any]:
    """Parse Target.Input. AWS requires JSON, before the replacement too; the stack's targets require an object."""
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise ValueError("Invalid Target.Input: not a JSON object")
    return event


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
