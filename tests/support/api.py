"""The HTTP API over a world in memory, as its tests use it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.api_keys import Grant
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key
from agent_schedules.schemas.requests import CreateScheduleBody
from agent_schedules.services.schedules import create_schedule
from fastapi import FastAPI

from tests.support.client import Client
from tests.support.logs import PROMPT
from tests.support.world import LOCAL_KEYS, World

HOURLY = {"type": "interval", "interval_seconds": 3600}
COUNTED = ("schedules", "hourly", "deletions", "webhooks")
UNKNOWN_AGENT = "agt_01JD0000000000000000000000"


class _Stage:
    """The ports of the `Api` that is in use. Building an app takes longer than most tests, so all of them share one."""

    api: Api

    def __getattr__(self, name: str) -> Any:
        return getattr(self.api.world.ports, name)


@cache
def _shared_app() -> tuple[_Stage, FastAPI]:
    stage: Any = _Stage()

    def find(digest: str) -> Grant | None:
        found: Grant | None = stage.store.keys.find(digest)
        return found

    def now() -> datetime:
        found: datetime = stage.now()
        return found

    # A key is looked up once, however long the tests take: what they count must not depend on it.
    authenticator = Authenticator(find, now=now, also=LOCAL_KEYS, monotonic=lambda: 0.0)
    return stage, create_app(stage, authenticator, monotonic=lambda: stage.api.monotonic)


class Api:
    """A client of the app over a world of its own, or one that is given, with an agent to work on."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.monotonic = 0.0
        """Real seconds, as far as the app knows."""
        self._stage, app = _shared_app()
        self._client = Client(app)
        self.client.headers["Authorization"] = "Bearer local"
        self.agent = self.world.agent().id
        self.at = f"/api/v1/agents/{self.agent}"
        self.schedules = f"{self.at}/schedules"
        self.runs = f"{self.at}/runs"

    @property
    def client(self) -> Client:
        """The client, with the app over this world."""
        self._stage.api = self
        return self._client

    def ok(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> dict[str, Any]:
        """The body of an answer that has to have that status. Header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.request(method, path, json=body, headers=named)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str) -> dict[str, Any]:
        """What a GET answers."""
        return self.ok("GET", path)

    def post(self, path: str, body: Any = None, *, status: int = 200, **headers: str) -> dict[str, Any]:
        """What a POST answers."""
        return self.ok("POST", path, body, status=status, **headers)

    def refused(self, method: str, path: str, body: Any = None, *, status: int, **headers: str) -> str:
        """The message of a refusal, which must have written nothing."""
        before = self.traces()
        message = self.ok(method, path, body, status=status, **headers)["error"]["message"]
        assert self.traces() == before
        return str(message)

    def create(self, spec: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
        """A new schedule."""
        return self.post(self.schedules, {"schedule": spec or HOURLY, "input": PROMPT, **body}, status=201)

    def fill(self, number: int, *, agent: str | None = None, **body: Any) -> None:
        """Make that many hourly schedules without HTTP, which takes twice as long."""
        for index in range(number):
            request = CreateScheduleBody.model_validate(
                {"schedule": HOURLY, "input": PROMPT, "name": f"n{index}", **body}
            )
            create_schedule(self.world.ports, self.world.call, agent or self.agent, request)

    def start(self, **body: Any) -> dict[str, Any]:
        """A new run."""
        return self.post(self.runs, {"input": PROMPT, **body}, status=201)

    def fire(self, created: dict[str, Any], *, agent: str | None = None) -> None:
        """EventBridge's hint for a schedule, now."""
        self.world.deliver(Hint(Key("local", agent or self.agent, created["id"]), self.world.now))

    def traces(self) -> tuple[Any, ...]:
        """Everything that is written anywhere; of the counters, what they come to."""
        world = self.world
        rows: dict[tuple[str, str], Any] = {}
        for key, item in world.table.items.items():
            kept = {name: item[name] for name in COUNTED if item.get(name)} if key[1] == "C" else item
            if kept:
                rows[key] = kept
        sent = len(world.queue.messages) + len(world.deliveries.messages) + len(world.redeliveries.messages)
        return rows, dict(world.scheduler.entries), sent
