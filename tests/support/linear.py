"""The app under hostile requests, and the routes of its document: for tests of what a request costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_schedules.api.app import create_app

from tests.support.asgi import Answer, Raw, ask
from tests.support.growth import growth
from tests.support.hostile import HOURLY
from tests.support.world import World

LARGEST_HEAD = 60 * 1024  # bytes: what uvicorn takes of one line; API Gateway takes 10 KB
LARGEST_REFUSAL = 16 * 1024
KEY = (b"authorization", b"Bearer local")
JSON = (b"content-type", b"application/json")
AGENTS = "/api/v1/agents"
SCHEDULE = b'{"input":"x","schedule":%b}'
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
PATHS: dict[str, dict[str, Any]] = json.loads(DOCUMENT.read_text())["paths"]


def routes(*methods: str) -> list[str]:
    """Each route of the document with one of those methods, as `POST /api/v1/agents`."""
    return [f"{method} {path}" for path, found in PATHS.items() for method in methods if method.lower() in found]


def parameters(route: str) -> list[str]:
    """The names of the query's parameters of a route."""
    method, _, path = route.partition(" ")
    sent = PATHS[path][method.lower()].get("parameters", ())
    return [parameter["name"] for parameter in sent if parameter["in"] == "query"]


class Service:
    """The app as Lambda has it, in this thread, with an agent, a schedule and a run that is over."""

    def __init__(self) -> None:
        self.world = World()
        self.app = create_app(self.world.ports, self.world.authenticator)
        self.agent = f"{AGENTS}/{self.made(AGENTS, {'name': 'a', 'model': 'm'})}"
        self.schedule = f"{self.agent}/schedules/{self.made(f'{self.agent}/schedules', json.loads(SCHEDULE % HOURLY))}"
        self.run = f"{self.agent}/runs/{self.made(f'{self.agent}/runs', {'input': 'x'})}"
        self.world.pass_time(10, step=5)

    def path(self, template: str) -> str:
        """A path of the document, of what there is. No job, and nothing with a key of its own."""
        agent, schedule, run = (one.rpartition("/")[2] for one in (self.agent, self.schedule, self.run))
        return template.format(
            agent_id=agent,
            schedule_id=schedule,
            run_id=run,
            version="1",
            nominal_time="2026-05-01T09:00:00Z",
            job_id="job_01KJPZV2800000000000000001",
            webhook_id="whk_01KJPZV2800000000000000001",
            delivery_id="dlv_01KJPZV2800000000000000001",
            key="mine",
        )

    def made(self, path: str, body: Any) -> str:
        """The id of something new."""
        return str(self.post(path, json.dumps(body).encode()).json()["id"])

    def post(self, path: str, body: bytes) -> Answer:
        """A POST."""
        return ask(self.app, Raw("POST", path, headers=(KEY, JSON), body=body))


def answered(service: Service, request: Raw) -> Answer:
    """The answer to a request that is not refused."""
    answer = ask(service.app, request)
    assert answer.status < 300, answer.body
    return answer


def growth_of(service: Service, request: Callable[[int], Raw], largest: int) -> float:
    """How the cost of a request grows. Its refusals are short, however long it is."""

    def prepared(size: int) -> Callable[[], object]:
        raw = request(size)

        def act() -> None:
            answer = ask(service.app, raw)
            assert answer.status < 500
            assert answer.status < 300 or len(answer.body) <= LARGEST_REFUSAL, answer.body[:200]

        act()  # a route is built for its first request
        return act

    return growth(prepared, largest)
