"""Many schedules of several agents and tenants, in every state, and a filter of them that knows nothing of ours."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_schedules.domain.messages import Hint
from agent_schedules.domain.quotas import UNLIMITED
from agent_schedules.domain.schedules import Key

from tests.support.api import Api

TENANTS = ("local", "local-2")
HOURLY = {"type": "interval", "interval_seconds": 3600}
SPECS: list[dict[str, Any]] = [
    HOURLY,
    {"type": "interval", "interval_seconds": 86_400},
    {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"},
]
SOON = {"type": "once", "run_at": "2026-03-02T12:00:00Z"}
NAMES = ("daily report", "daily digest", "Daily", "weekly", None)
ENDS = ("completed", "failed", "incomplete", "cancelled", "open")
Row = dict[str, Any]


@dataclass
class Fleet:
    """The schedules of both tenants over many agents, as one client of each sees them."""

    api: Api
    random: random.Random
    agents: dict[str, list[str]] = field(default_factory=dict)
    """The live ones, by tenant."""

    def headers(self, tenant: str) -> dict[str, str]:
        """What a request of a tenant carries."""
        return {"Authorization": f"Bearer {tenant}"}

    def get(self, tenant: str, path: str) -> Row:
        """What a GET of a tenant answers."""
        answer = self.api.client.get(path, headers=self.headers(tenant))
        assert answer.status_code == 200, answer.text
        found: Row = answer.json()
        return found

    def send(self, tenant: str, method: str, path: str, body: Any = None, *, refusals: tuple[int, ...] = ()) -> Row:
        """What a change of a tenant answers, which may be one of the refusals."""
        answer = self.api.client.request(method, path, json=body, headers=self.headers(tenant))
        assert answer.is_success or answer.status_code in refusals, answer.text
        found: Row = answer.json()
        return found

    def create(self, tenant: str) -> Row:
        """A new schedule of any agent."""
        body: Row = {"schedule": self.random.choice([*SPECS, SOON]), "input": "x"}
        if name := self.random.choice(NAMES):
            body["name"] = name
        if self.random.random() < 0.7:
            body["metadata"] = {"team": self.random.choice("ab"), "env": self.random.choice(["dev", "prod"])}
        agent = self.random.choice(self.agents[tenant])
        return self.send(tenant, "POST", f"/api/v1/agents/{agent}/schedules", body)

    def change(self, tenant: str, row: Row) -> None:
        """Any change of a schedule, its deletion among them. It is refused where the schedule's state has it so."""
        at = f"/api/v1/agents/{row['agent_id']}/schedules/{row['id']}"
        method, path, body = self.random.choice(
            [
                ("DELETE", at, None),
                ("POST", f"{at}/pause", None),
                ("POST", f"{at}/trigger", {}),
                ("POST", at, {"name": self.random.choice(NAMES), "metadata": {"team": "b"}}),
                ("POST", at, {"schedule": self.random.choice(SPECS)}),
            ]
        )
        self.send(tenant, method, path, body, refusals=(404, 409))

    def everything(self, tenant: str) -> list[Row]:
        """Every schedule of a tenant with the status of its latest run, read agent by agent and one by one."""
        found: list[Row] = []
        for agent in self.agents[tenant]:
            for row in self.pages(tenant, f"/api/v1/agents/{agent}/schedules?limit=100"):
                run = row["last_run_id"] and self.get(tenant, f"/api/v1/agents/{agent}/runs/{row['last_run_id']}")
                found.append(row | {"last_run_status": run["status"] if run else None})
        return found

    def pages(self, tenant: str, path: str, between: Callable[[], object] = lambda: None) -> Iterator[Row]:
        """The rows of a list, page by page. `between`: what happens after each page."""
        after = ""
        while True:
            page = self.get(tenant, f"{path}{after}")
            yield from page["data"]
            between()
            if not page["has_more"]:
                assert page["next_cursor"] is None
                return
            after = f"{'&' if '?' in path else '?'}after={page['next_cursor']}"


def fleet(schedules: int, agents: int, seed: int = 1) -> Fleet:
    """That many schedules over that many agents of both tenants, after some hours. One agent of each is deleted."""
    api = Api()
    api.world.with_limits(quotas=UNLIMITED)
    made = Fleet(api, random.Random(seed))
    world = api.world
    for number in range(agents):
        tenant = TENANTS[number % 2]
        body = {"name": "a", "model": "echo"}
        made.agents.setdefault(tenant, []).append(made.send(tenant, "POST", "/api/v1/agents", body)["id"])
    rows = []
    for number in range(schedules):
        world.clock.advance(0.01)
        rows.append((TENANTS[number % 2], made.create(TENANTS[number % 2])))
    world.queue.messages.clear()
    world.clock.set("2026-03-02T12:00:01Z")
    for tenant, row in rows:
        fate = made.random.random()
        if fate < 0.5:
            continue
        if fate < 0.7:
            path = f"/api/v1/agents/{row['agent_id']}/schedules/{row['id']}/pause"
            made.send(tenant, "POST", path)
        elif fate < 0.72:
            made.send(tenant, "DELETE", f"/api/v1/agents/{row['agent_id']}/schedules/{row['id']}")
        elif fate < 0.9:
            world.deliver(Hint(Key(tenant, row["agent_id"], row["id"]), world.now))
        else:
            made.send(tenant, "POST", f"/api/v1/agents/{row['agent_id']}/schedules/{row['id']}/trigger", {})
    world.work()
    for response in world.gateway.responses.values():
        end = made.random.choice(ENDS)
        response.update({"left": 10**9} if end == "open" else {"final": end})
    world.clock.advance(2)
    world.work()
    world.queue.messages.clear()
    for tenant, of_tenant in made.agents.items():
        made.send(tenant, "DELETE", f"/api/v1/agents/{of_tenant.pop(0)}")
    return made


FILTERS: list[dict[str, str]] = [
    {},
    {"status": "active"},
    {"status": "paused"},
    {"status": "completed"},
    {"name": "daily"},
    {"name": "Daily"},
    {"name": "none of them"},
    {"metadata.team": "a"},
    {"metadata.team": "b", "metadata.env": "prod"},
    {"metadata.env": "test"},
    {"next_run_before": "2026-03-02T18:00:00Z"},
    {"next_run_before": "2026-03-03T12:00:00+02:00", "status": "active"},
    *({"last_run_status": status} for status in ("completed", "failed", "incomplete", "cancelled", "queued")),
    {"last_run_status": "failed", "name": "weekly", "metadata.team": "b"},
]


def wanted(row: Row, conditions: Mapping[str, str]) -> bool:
    """Whether a schedule as it is answered meets conditions as they are asked."""
    for name, value in conditions.items():
        if name == "name":
            met = (row["name"] or "")[: len(value)] == value
        elif name == "next_run_before":
            zulu = {"2026-03-03T12:00:00+02:00": "2026-03-03T10:00:00.000Z"}.get(value, value.replace("Z", ".000Z"))
            met = row["next_run_at"] is not None and row["next_run_at"] < zulu
        elif name.startswith("metadata."):
            met = row["metadata"].get(name.partition(".")[2]) == value
        else:
            met = row[name] == value
        if not met:
            return False
    return True
