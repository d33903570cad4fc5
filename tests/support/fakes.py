"""Strict fakes of EventBridge Scheduler, the delay queue and the gateway, and a clock that only tests move."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.domain.entries import LONGEST_DELAY, Entry
from agent_schedules.domain.messages import Message, message_of
from agent_schedules.errors import DefinitionRefused
from agent_schedules.ports import GatewayError

from dev.scheduler import expressions

NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}")


class FakeClock:
    """The present, until a test says otherwise."""

    def __init__(self, start: str = "2026-03-02T10:00:00Z") -> None:
        self.moment = datetime.fromisoformat(start)
        self.looked: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        self.looked()
        return self.moment

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)

    def set(self, text: str) -> None:
        """Jump to an instant."""
        self.moment = datetime.fromisoformat(text)


class FakeScheduler:
    """`Scheduler` that refuses what EventBridge refuses (aws.md 1.2, 1.3)."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.entries: dict[str, Entry] = {}
        self.calls: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda _verb, _name: None
        self.after: Callable[[str, str], None] = lambda _verb, _name: None
        self._now = now

    def put(self, entry: Entry, *, expect_new: bool) -> None:
        """See `Scheduler.put`; counts the calls that EventBridge would get."""
        self.before("put", entry.name)
        if (entry.name in self.entries) == expect_new:
            self.calls.append(("conflict" if expect_new else "missing", entry.name))
        self.calls.append(("put", entry.name))
        self._validate(entry)
        self.entries[entry.name] = entry
        self.after("put", entry.name)

    def remove(self, name: str) -> None:
        """See `Scheduler.remove`."""
        self.before("remove", name)
        self.calls.append(("remove", name))
        self.entries.pop(name, None)
        self.after("remove", name)

    def _validate(self, entry: Entry) -> None:
        if not NAME.fullmatch(entry.name):
            raise AssertionError(f"name {entry.name!r} would be refused")
        if not 1 <= len(entry.timezone) <= 50:
            raise AssertionError("ScheduleExpressionTimezone has 1-50 characters")
        if entry.start is not None and entry.start < self._now() - timedelta(minutes=5):
            raise AssertionError("StartDate may not be earlier than 5 minutes ago")
        if entry.expression.startswith("at(") and self.at(entry) <= self._now():
            raise AssertionError("at() in the past is undocumented")
        if len(str(entry.input)) > 8_000:
            raise AssertionError("the input carries the key only")
        try:
            expressions.parse(
                entry.expression, timezone=entry.timezone, start=entry.start, end=None, created=self._now()
            )
        except expressions.InvalidExpression as error:
            raise DefinitionRefused(f"schedule: EventBridge Scheduler refused it: {error}") from error

    @staticmethod
    def at(entry: Entry) -> datetime:
        """When a one-time entry fires."""
        return datetime.fromisoformat(entry.expression[3:-1]).replace(tzinfo=UTC)


@dataclass
class Delayed:
    """A message on its way."""

    due: datetime
    message: Message


class FakeQueue:
    """`Queue` whose messages a test takes out itself."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.messages: list[Delayed] = []
        self.calls = 0
        self.before: Callable[[Sequence[Message]], None] = lambda _: None
        self.after: Callable[[Sequence[Message]], None] = lambda _: None
        self._now = now

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`; every message goes through its wire form."""
        self.before(messages)
        if not messages or not 0 <= delay <= LONGEST_DELAY:
            raise AssertionError(f"{len(messages)} messages, delay {delay}")
        self.calls += -(-len(messages) // 10)
        due = self._now() + timedelta(seconds=delay)
        self.messages += [Delayed(due, message_of(message.body())) for message in messages]
        self.after(messages)

    def take_due(self) -> list[Message]:
        """Remove and return what is due."""
        due = [delayed.message for delayed in self.messages if delayed.due <= self._now()]
        self.messages = [delayed for delayed in self.messages if delayed.due > self._now()]
        return due


@dataclass
class Posted:
    """A request that the gateway got."""

    key: str
    on_behalf_of: str | None
    request: dict[str, Any]


@dataclass
class FakeGateway:
    """`Gateway` in memory. A model named `slow` stays in progress for `polls` retrievals; `reject` is refused."""

    background: bool = True
    patience: float = 40.0
    extensions: bool = True
    polls: int = 0
    posts: list[Posted] = field(default_factory=list)
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _verb: None
    after: Callable[[str], None] = lambda _verb: None
    retrieved: list[tuple[str, str | None]] = field(default_factory=list)

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`."""
        self.before("create")
        if seconds <= 0:
            raise AssertionError("no time left to call the gateway")
        self.posts.append(Posted(idempotency_key, on_behalf_of, deepcopy(request)))
        if request["model"] == "reject":
            raise GatewayError("refused", "The gateway answered 400: model refused")
        response_id = f"resp_{idempotency_key.removeprefix('run_').lower()}"
        if response_id not in self.responses:
            text = request["input"] if isinstance(request["input"], str) else ""
            self.responses[response_id] = {
                "id": response_id,
                "object": "response",
                "status": "in_progress",
                "left": self.polls,
                "final": "failed" if request["model"] == "fail" else "completed",
                "output_text": text,
            }
        self.after("create")
        if not self.background:
            self.responses[response_id]["left"] = 0
            return self._now_of(response_id)
        return {"id": response_id, "object": "response", "status": "queued"}

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`; OpenAI refuses it for a response that is over."""
        self.before("cancel")
        response = self._known(response_id)
        if response["left"] <= 0 and response["final"] != "cancelled":
            raise GatewayError("refused", "The gateway answered 400: it is over already")
        response |= {"left": 0, "final": "cancelled"}
        self.after("cancel")
        return self._now_of(response_id)

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        self.before("retrieve")
        self.retrieved.append((response_id, on_behalf_of))
        return self._now_of(response_id)

    def _known(self, response_id: str) -> dict[str, Any]:
        if response_id not in self.responses:
            raise GatewayError("refused", "The gateway answered 404: no such response")
        return self.responses[response_id]

    def _now_of(self, response_id: str) -> dict[str, Any]:
        response = self._known(response_id)
        if response["left"] > 0:
            response["left"] -= 1
            return {"id": response_id, "object": "response", "status": "in_progress"}
        told = {"id", "object", "output_text", "output"} & set(response)
        answer = {name: response[name] for name in response if name in told} | {"status": response["final"]}
        return answer | (
            {"error": {"code": "server_error", "message": "it failed"}} if answer["status"] == "failed" else {}
        )
