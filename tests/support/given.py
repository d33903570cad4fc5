"""What an operation of the API is tried on, and the request that tries it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.api import HOURLY, Api

PAGE = 20
"""What a page of a list has."""


@dataclass(frozen=True)
class Request:
    """A request, but for what its operation says already."""

    body: Any = None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    path: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Given:
    """What an operation is tried on."""

    api: Api
    prompt: str
    page: int

    def agent(self) -> str:
        """A new agent, whose instructions are as long as the prompt."""
        body = {"name": "a", "model": "echo", "instructions": self.prompt}
        return str(self.api.post("/api/v1/agents", body, status=201)["id"])

    def schedule(self, spec: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new schedule of a new agent: what its paths say, and what was answered."""
        agent = self.agent()
        at = f"/api/v1/agents/{agent}/schedules"
        made = self.api.post(at, {"schedule": spec or HOURLY, "input": self.prompt}, status=201)
        return {"agent_id": agent, "schedule_id": made["id"]}, made

    def more(self, path: dict[str, Any]) -> None:
        """As many schedules that one is left over on a page."""
        self.api.fill(self.page, agent=path["agent_id"], input=self.prompt, name=None)

    def post(self, path: dict[str, Any], verb: str = "", body: Any = None) -> None:
        """A change of a schedule."""
        at = f"/api/v1/agents/{path['agent_id']}/schedules/{path['schedule_id']}"
        self.api.post(at + verb, body)

    def run(self, *, finished: bool = True) -> dict[str, Any]:
        """A run of its own."""
        agent = self.agent()
        made = self.api.post(f"/api/v1/agents/{agent}/runs", {"input": self.prompt}, status=201)
        if finished:
            self.pass_a_moment()
        return {"agent_id": agent, "run_id": made["id"]}

    def runs(self) -> dict[str, Any]:
        """A schedule that has run once more than a page has."""
        path, made = self.schedule()
        for _ in range(self.page + 1):
            self.api.world.clock.advance(3600)
            self.api.fire(made, agent=path["agent_id"])
            self.pass_a_moment()
        return path

    def pass_a_moment(self) -> None:
        """Runs that were sent are over."""
        self.api.world.work()
        self.api.world.clock.advance(2)
        self.api.world.work()
