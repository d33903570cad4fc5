"""Clients of a stack that stops and starts: each repeats a call until it is answered, and remembers the answer.

`Owned.due` derives from those answers which occurrences a schedule must have had.
"""

from __future__ import annotations

import random
import threading
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.process import PATIENCE, Stack, seconds
from tests.support.waiting import until

REPEATED = 0.15  # of the calls are sent again although they were answered
MOST_LIVE = 10  # schedules of one client


@dataclass(frozen=True)
class Timing:
    """A timing in force from `since` to `until` (UTC seconds; None if it still is)."""

    spec: dict[str, Any]
    since: int
    until: int | None = None

    def nominals(self, until: int) -> set[int]:
        """Its nominal times up to `until`, from plain arithmetic: every timing of a client is a grid or one moment."""
        end = until if self.until is None else min(until, self.until)
        if self.spec["type"] == "once":
            moment = int(seconds(self.spec["run_at"]))
            return {moment} & set(range(moment, end + 1))
        if self.spec["type"] == "interval":
            step = self.spec["interval_seconds"]
            first = int(seconds(self.spec["start_at"])) if "start_at" in self.spec else self.since + step
        else:
            step = 60 if "precision" not in self.spec else 5
            first = 0
        first += max(-(-(self.since + 1 - first) // step), 0) * step
        return set(range(first, end + 1, step))


@dataclass
class Owned:
    """A schedule as its client knows it."""

    view: dict[str, Any]
    """The last answer about it."""
    timings: list[Timing]
    generation: int = 1
    closed: int | None = None
    """The last second (UTC) whose occurrences have an outcome, if it is paused or deleted."""

    @classmethod
    def created(cls, view: dict[str, Any], spec: dict[str, Any]) -> Owned:
        """Note the answer to a create with this timing."""
        return cls(view, [Timing(spec, int(seconds(view["created_at"])))])

    @property
    def path(self) -> str:
        """Its URL path."""
        return f"/api/v1/agents/{self.view['agent_id']}/schedules/{self.view['id']}"

    @property
    def status(self) -> str:
        """The status after the client's last change."""
        return str(self.view["status"])

    @property
    def once(self) -> bool:
        """Return whether it occurs once."""
        return bool(self.timings[0].spec["type"] == "once")

    @property
    def last_moment(self) -> float:
        """The time of a `once` in UTC seconds, otherwise 0."""
        return seconds(self.timings[0].spec["run_at"]) if self.once else 0

    def due(self, now: int) -> tuple[set[int], set[int]]:
        """Return the nominal times that must have an outcome at `now`, and those that may.

        An occurrence counts as due a second early, so the second behind a change may have one of before it.
        """
        until = now if self.closed is None else self.closed
        must = set[int]().union(*(timing.nominals(until) for timing in self.timings))
        may = set[int]()
        for timing in self.timings:
            end = until if timing.until is None else timing.until
            may |= Timing(timing.spec, timing.since).nominals(end + 1) - timing.nominals(end)
        return must, may - must

    def paused(self, view: dict[str, Any]) -> None:
        """Note the answer to a pause."""
        self.changed(view)
        self.closed = self._at()

    def resumed(self, view: dict[str, Any]) -> None:
        """Note the answer to a resume."""
        self.changed(view)
        self.closed = None

    def retimed(self, view: dict[str, Any], spec: dict[str, Any]) -> None:
        """Note the answer to an update of the timing."""
        self.changed(view)
        before = self.timings[-1]
        self.timings[-1:] = [Timing(before.spec, before.since, self._at()), Timing(spec, self._at())]
        if self.closed is not None:
            self.closed = self._at()

    def deleted(self, view: dict[str, Any]) -> None:
        """Note what can be read after its delete. Occurrences within a pause are recorded too."""
        self.changed(view)
        self.closed = self._at()

    def changed(self, view: dict[str, Any]) -> None:
        """Note the answer to a change."""
        self.view, self.generation = view, self.generation + 1

    def _at(self) -> int:
        return int(seconds(self.view["updated_at"]))


@dataclass
class RetryingClient:
    """One client, with an agent and schedules of its own. Its decisions follow from its `seed`."""

    stack: Stack
    seed: str
    model: str
    schedules: list[Owned] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    """Ids of the runs it made itself, and their inputs."""
    calls: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._client = httpx.Client(headers={"Authorization": "Bearer local"}, timeout=PATIENCE)
        self.agent = self.send("POST", "/api/v1/agents", {"name": self.seed, "model": self.model})["id"]
        for step in (1, 2, 5):
            self._create({"type": "interval", "interval_seconds": step})
        self._create({"type": "cron", "cron_expression": "* * * * *", "timezone": "Europe/Lisbon"})

    def work(self, over: threading.Event) -> None:
        """Create and change schedules and start runs until `over` is set."""
        with closing(self._client):
            while not over.wait(self._random.uniform(0, 0.3)):
                self._random.choice([self._create, self._run, self._pause, self._resume, self._update, self._delete])()

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a call, repeated with its key until one comes, and sometimes once more after it."""
        self.calls += 1
        headers = {"Idempotency-Key": f"{self.seed}-{self.calls}"}
        answer = self._answered(method, path, headers, body)
        if self._random.random() < REPEATED:
            again = self._answered(method, path, headers, body)
            assert again["id"] == answer["id"], f"{method} {path} was done twice"
        return answer

    def _answered(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None) -> dict[str, Any]:
        def answered() -> httpx.Response | None:
            try:
                answer = self._client.request(method, f"{self.stack.url}{path}", headers=headers, json=body)
            except httpx.TransportError:
                return None
            if answer.status_code >= 500:
                return None
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
            return answer

        # A slow machine may be stopped again and again before it answers.
        found: dict[str, Any] = until(answered, 5 * PATIENCE, every=0.1, said=lambda: f"{method} {path}").json()
        return found

    def _create(self, spec: dict[str, Any] | None = None) -> None:
        if spec is None and sum(owned.status != "deleted" for owned in self.schedules) >= MOST_LIVE:
            return
        spec = spec or self._spec()
        body = {"schedule": spec, "input": self._text()}
        view = self.send("POST", f"/api/v1/agents/{self.agent}/schedules", body)
        self.schedules.append(Owned.created(view, spec))

    def _run(self) -> None:
        text = self._text()
        self.runs[self.send("POST", f"/api/v1/agents/{self.agent}/runs", {"input": text})["id"]] = text

    def _pause(self) -> None:
        if (owned := self._any("active")) and not owned.once:
            owned.paused(self.send("POST", f"{owned.path}/pause"))

    def _resume(self) -> None:
        if owned := self._any("paused"):
            owned.resumed(self.send("POST", f"{owned.path}/resume"))

    def _update(self) -> None:
        """Change the input, and the timing unless it would be the same one, which keeps its grid."""
        owned = self._any("active", "paused")
        if owned is None or owned.once:
            return
        spec = self._spec("interval", "cron")
        if spec == owned.timings[-1].spec:
            owned.changed(self.send("POST", owned.path, {"input": self._text()}))
        else:
            owned.retimed(self.send("POST", owned.path, {"input": self._text(), "schedule": spec}), spec)

    def _delete(self) -> None:
        if owned := self._any("active", "paused"):
            self.send("DELETE", owned.path)
            owned.deleted(self._answered("GET", owned.path, {}, None))

    def _any(self, *statuses: str) -> Owned | None:
        found = [owned for owned in self.schedules if owned.status in statuses]
        return self._random.choice(found) if found else None

    def _text(self) -> str:
        return f"{self.seed} {self.calls}"

    def _spec(self, *kinds: str) -> dict[str, Any]:
        soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._random.randint(2, 10))
        match self._random.choice(kinds or ("interval", "cron", "once")):
            case "interval":
                spec: dict[str, Any] = {"type": "interval", "interval_seconds": self._random.choice([2, 3, 5, 7, 60])}
                return spec | {"start_at": soon.isoformat()} if self._random.random() < 0.3 else spec
            case "cron":
                return {"type": "cron", "cron_expression": "*/5 * * * * *", "precision": "second", "timezone": "UTC"}
            case _:
                return {"type": "once", "run_at": soon.isoformat()}
