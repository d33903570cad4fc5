"""The local EventBridge Scheduler: what it delivers, when, how often, and what it does with failures and changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.scheduler.dispatcher import MAX_FIRES_PER_TICK, Dispatcher, substitute
from dev.scheduler.entries import Entry

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LAMBDA = "arn:aws:lambda:eu-west-1:000000000000:function:runner"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:dead"
ATTRIBUTES = {"arn": "schedule-arn", "at": "scheduled-time", "id": "execution-id", "attempt": "attempt-number"}
INPUT = json.dumps({key: f"<aws.scheduler.{name}>" for key, name in ATTRIBUTES.items()})


def entry(name: str, expression: str, **fields: Any) -> Entry:
    defaults: dict[str, Any] = {
        "arn": f"arn:aws:scheduler:eu-west-1:000000000000:schedule/default/{name}", "timezone": "UTC",
        "state": "ENABLED", "start": None, "end": None, "action_after_completion": "NONE", "target_arn": LAMBDA,
        "input": INPUT, "max_retry_attempts": 2, "max_event_age_seconds": 3600, "dlq_arn": QUEUE,
        "created": NOON, "modified": NOON,
    }  # fmt: skip
    return Entry(name=name, expression=expression, **{**defaults, **fields})


class Stack:
    """A stack of one scheduler: its entries by name, a clock that stands still, and what the target was sent."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = {each.name: each for each in entries}
        self.now = NOON
        self.late = 0.0
        self.failing = 0
        self.queue_broken = False
        self.when_invoked: Entry | None = None  # what the target stores while it runs
        self.events: list[dict[str, Any]] = []
        self.dead: list[tuple[Any, ...]] = []
        ids: Iterator[int] = iter(range(10**6))
        self.dispatcher = Dispatcher(
            entries=lambda: list(self.entries.values()),
            delete=self.entries.__delitem__,
            invoke=self.invoke,
            dead_letter=self.dead_letter,
            clock=lambda: self.now,
            late_by=lambda: self.late,
            new_id=lambda: f"{next(ids):016x}",
        )
        self.dispatcher.tick()

    def invoke(self, target_arn: str, event: dict[str, Any]) -> None:
        assert target_arn == LAMBDA
        self.events.append(event)
        if self.when_invoked:
            self.put(self.when_invoked)
        if self.failing:
            self.failing -= 1
            raise ConnectionError("no answer")

    def dead_letter(self, *message: Any) -> None:
        if self.queue_broken:
            raise ConnectionError("no queue")
        self.dead.append(message)

    def put(self, new: Entry) -> None:
        self.entries[new.name] = new

    def after(self, **delta: float) -> list[str]:
        """Move the clock, tick once, and return what that delivered: schedule name and time of day."""
        self.now += timedelta(**delta)
        told = len(self.events)
        assert self.dispatcher.tick() == len(self.events) - told
        return [f"{event['arn'].rpartition('/')[2]} {event['at'][11:16]}" for event in self.events[told:]]


def test_each_occurrence_is_delivered_once() -> None:
    stack = Stack(entry("a", "cron(0/5 * * * ? *)"))
    assert stack.after(seconds=299) == []
    assert stack.after(seconds=1.25) == ["a 12:05"]
    assert stack.after(seconds=0) == []
    assert stack.after(seconds=299.75) == ["a 12:10"]
    assert stack.events[0] == {
        "arn": "arn:aws:scheduler:eu-west-1:000000000000:schedule/default/a",
        "at": "2026-01-01T12:05:00Z",
        "id": "0000000000000000",
        "attempt": "1",
    }
    assert stack.events[1]["id"] != stack.events[0]["id"]


def test_a_jump_of_the_clock_delivers_all_in_order() -> None:
    entries = [entry("b", "cron(0/20 * * * ? *)"), entry("a", "rate(30 minutes)", start=NOON + timedelta(minutes=10))]
    expected = ["a 12:10", "b 12:20", "a 12:40", "b 12:40", "b 13:00"]
    assert Stack(*entries).after(hours=1) == expected
    assert Stack(*reversed(entries)).after(hours=1) == expected


def test_a_jump_too_far_is_caught_up_over_ticks() -> None:
    stack = Stack(entry("a", "cron(* * * * ? *)"))
    counts = [len(stack.after(minutes=minutes)) for minutes in (MAX_FIRES_PER_TICK + 5, 0, 0)]
    assert counts == [MAX_FIRES_PER_TICK, 5, 0]


def test_late_delivery_keeps_the_scheduled_time() -> None:
    stack = Stack(entry("a", "cron(0/5 * * * ? *)"))
    stack.late = 40.0
    assert [stack.after(minutes=5), stack.after(seconds=39), stack.after(seconds=1)] == [[], [], ["a 12:05"]]


def test_rates() -> None:
    stack = Stack(entry("bare", "rate(10 minutes)"))
    assert [event["at"] for event in stack.events] == ["2026-01-01T12:00:00Z"]  # at once when created
    stack.put(entry("old", "rate(1 hour)", start=NOON - timedelta(minutes=55)))
    stack.put(entry("new", "rate(1 hour)", start=NOON + timedelta(minutes=4)))
    # A StartDate that passed between two ticks is still the first occurrence; an older one only gives the phase.
    assert stack.after(minutes=6) == ["new 12:04"]
    assert stack.after(minutes=60) == [f"bare {time}" for time in ("12:10", "12:20", "12:30", "12:40", "12:50")] + [
        "bare 13:00", "new 13:04", "old 13:05"
    ]  # fmt: skip


def test_retries_then_dead_letter() -> None:
    stack = Stack(entry("a", "at(2026-01-01T12:01:00)", action_after_completion="DELETE"))
    stack.failing = 99
    assert stack.after(minutes=1) == ["a 12:01"]
    assert [stack.after(seconds=1), stack.after(seconds=1)] == [[], ["a 12:01"]]
    assert [stack.after(seconds=3), stack.after(seconds=1)] == [[], ["a 12:01"]]
    assert stack.after(days=1) == []
    assert [event["attempt"] for event in stack.events] == ["1", "2", "3"]
    assert len({event["id"] for event in stack.events}) == 3
    assert stack.dead == [
        (QUEUE, stack.events[2], {
            "ERROR_CODE": "ConnectionError",
            "ERROR_MESSAGE": "no answer",
            "EXECUTION_ID": stack.events[2]["id"],
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": "2",
            "SCHEDULED_TIME": "2026-01-01T12:01:00Z",
            "SCHEDULE_ARN": stack.events[2]["arn"],
            "TARGET_ARN": LAMBDA,
        })
    ]  # fmt: skip
    assert stack.entries == {}


def test_retry_that_succeeds_completes() -> None:
    stack = Stack(entry("a", "at(2026-01-01T12:01:00)", action_after_completion="DELETE"))
    stack.failing = 1
    stack.after(minutes=1)
    assert list(stack.entries) == ["a"]
    assert stack.after(seconds=2) == ["a 12:01"]
    assert (stack.dead, stack.entries) == ([], {})


def test_event_age_ends_the_retries() -> None:
    stack = Stack(entry("a", "at(2026-01-01T12:01:00)", max_retry_attempts=185, max_event_age_seconds=60))
    stack.failing = 99
    for _ in range(300):
        stack.after(seconds=1)
    # Tried at 0, 2, 6, 14, 30 and 62 would be too old.
    assert [event["attempt"] for event in stack.events] == ["1", "2", "3", "4", "5"]
    assert [message[2]["EXHAUSTED_RETRY_CONDITION"] for message in stack.dead] == ["MaximumEventAgeInSeconds"]


def test_a_failure_without_a_working_queue_stops_nothing() -> None:
    stack = Stack(entry("a", "cron(* * * * ? *)", max_retry_attempts=0, dlq_arn=None))
    stack.put(entry("b", "cron(* * * * ? *)", max_retry_attempts=0))
    stack.dispatcher.tick()
    stack.queue_broken = True
    stack.failing = 2
    assert stack.after(minutes=1) == ["a 12:01", "b 12:01"]
    assert stack.after(minutes=1) == ["a 12:02", "b 12:02"]


@pytest.mark.parametrize(
    ("expression", "end", "deleted"),
    [
        ("at(2026-01-01T12:01:00)", None, True),
        ("cron(1 12 * * ? 2026)", NOON + timedelta(hours=1), True),
        ("rate(1 hour)", NOON + timedelta(minutes=30), True),
        ("cron(1 12 1 1 ? 2026)", None, False),
        ("cron(1 12 * * ? *)", NOON + timedelta(days=2), False),
    ],
)
def test_deletion_after_completion(expression: str, end: datetime | None, deleted: bool) -> None:
    for action in ("DELETE", "NONE"):
        stack = Stack(entry("a", expression, end=end, action_after_completion=action))
        stack.after(minutes=1)
        assert len(stack.events) == 1
        assert (stack.entries == {}) is (deleted and action == "DELETE")
        assert stack.after(minutes=1) == []


def test_a_target_that_retimes_its_own_schedule_is_not_deleted() -> None:
    stack = Stack(entry("a", "at(2026-01-01T12:01:00)", action_after_completion="DELETE"))
    later = entry("a", "at(2026-01-01T12:30:00)", action_after_completion="DELETE")
    stack.when_invoked = later
    assert stack.after(minutes=1) == ["a 12:01"]
    assert stack.entries == {"a": later}


def test_at_in_the_past_fires_at_once_and_only_once() -> None:
    stack = Stack(entry("a", "at(2025-12-31T23:00:00)"))
    assert [event["at"] for event in stack.events] == ["2025-12-31T23:00:00Z"]
    assert stack.after(days=1) == []


def test_disabled_entries_do_not_fire_nor_catch_up() -> None:
    on = entry("a", "cron(0/5 * * * ? *)")
    stack = Stack(replace(on, state="DISABLED"))
    assert stack.after(minutes=12) == []
    stack.put(on)
    assert [stack.after(seconds=0), stack.after(minutes=3)] == [[], ["a 12:15"]]
    stack.put(replace(on, state="DISABLED"))
    assert [stack.after(seconds=0), stack.after(minutes=60)] == [[], []]
    stack.put(entry("once", "at(2026-01-01T13:30:00)", state="DISABLED", action_after_completion="DELETE"))
    assert stack.after(days=1) == []
    assert "once" in stack.entries


def test_a_changed_definition_counts_from_the_change() -> None:
    old = entry("a", "cron(0/5 * * * ? *)")
    stack = Stack(old)
    stack.put(replace(old, expression="cron(0/7 * * * ? *)", modified=NOON + timedelta(minutes=6)))
    assert stack.after(minutes=6) == []
    assert stack.after(minutes=4) == ["a 12:07"]
    stack.put(replace(stack.entries["a"], modified=NOON + timedelta(hours=1)))  # nothing else: no change
    assert stack.after(minutes=4) == ["a 12:14"]


def test_what_was_sent_off_before_a_change_is_still_delivered() -> None:
    old = entry("a", "cron(0/5 * * * ? *)")
    stack = Stack(old)
    stack.late = 30.0
    stack.after(minutes=5)
    stack.put(replace(old, expression="cron(0 0 * * ? *)"))
    assert stack.after(minutes=1) == ["a 12:05"]


def test_nothing_is_left_of_a_deleted_entry() -> None:
    stack = Stack(entry("a", "cron(0/5 * * * ? *)"), entry("b", "hourly"))
    stack.failing = 1
    stack.after(minutes=5)
    stack.entries.clear()
    assert stack.after(hours=1) == []
    assert (stack.dispatcher._known, stack.dispatcher.refused) == ({}, {})


def test_entries_aws_would_refuse_are_told_and_do_not_fire() -> None:
    stack = Stack(
        entry("expression", "cron(0 0 * * * *)"),
        entry("zone", "cron(* * * * ? *)", timezone="Mars/Olympus"),
        entry("input", "cron(* * * * ? *)", input="{"),
        entry("good", "cron(* * * * ? *)"),
    )
    assert stack.after(minutes=1) == ["good 12:01"]
    assert sorted(stack.dispatcher.refused) == ["expression", "input", "zone"]
    assert stack.dispatcher.refused["expression"] == "Invalid Schedule Expression cron(0 0 * * * *)."


def test_substitute() -> None:
    moment = datetime.fromisoformat("2026-03-29T04:00:00.7+03:00")
    event = substitute(INPUT, schedule_arn="arn:x", scheduled_time=moment, execution_id="0f" * 8, attempt=2)
    assert event == {"arn": "arn:x", "at": "2026-03-29T01:00:00Z", "id": "0f" * 8, "attempt": "2"}


def test_default_execution_ids_are_16_hexadecimal_characters() -> None:
    stack = Stack(entry("a", "rate(1 day)"))
    stack.dispatcher.new_id = Dispatcher.new_id
    stack.after(days=1)
    assert re.fullmatch("[0-9a-f]{16}", stack.events[-1]["id"])


def test_a_tick_with_nothing_due_or_changed_reads_nothing() -> None:
    shown = (entry("a", "rate(1 hour)"), entry("b", "at(2026-01-01T13:30:00)", action_after_completion="DELETE"))
    stored = {each.name: each for each in shown}
    stack = Stack()
    stack.dispatcher.entries = lambda: shown
    stack.dispatcher.delete = stored.__delitem__
    assert stack.after() == ["a 12:00"]
    assert stack.after(minutes=59) == []
    assert stack.after(minutes=1) == ["a 13:00"]
    assert stack.after(minutes=30) == ["b 13:30"]
    assert set(stored) == {"a"}
