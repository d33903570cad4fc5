"""Fills the table, through the service's own code, with the rows that the events of events/ name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules import bootstrap
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run, RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.ids import run_id
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import CreateAgentBody, CreateRunBody, CreateScheduleBody
from agent_schedules.services import agents
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.settings import Settings

from tools.build import sam_build

EVENTS = sam_build.ROOT / "events"
KEY = json.loads((EVENTS / "api_create_agent.json").read_text(encoding="utf-8"))["headers"]["authorization"].split()[1]
PROMPT = "Keep the swordfish secret"


@dataclass(frozen=True)
class Given:
    """An agent, a schedule and a run: all that the event files name."""

    ports: Ports
    schedule: Key
    due: int
    """The schedule's only due occurrence (UTC seconds), half an hour ago."""
    run: RunKey
    """A run that a caller asked for and that has not been started."""

    def told(self, name: str) -> Any:
        """Return an event file with the ids and times of the rows in the table."""
        text = (EVENTS / name).read_text(encoding="utf-8")
        for written, meant in {
            "agt_01JD0000000000000000000000": self.schedule.agent_id,
            "sched_01JD0000000000000000000000": self.schedule.schedule_id,
            "run_01JD0000000000000000000000": self.run.run_id,
            "2026-03-29T01:00:00Z": datetime.fromtimestamp(self.due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "1774746000": str(self.due),
        }.items():
            text = text.replace(written, meant)
        return json.loads(text)

    def occurrence(self) -> Run | None:
        """Return the run of the occurrence."""
        return self.ports.store.runs.get(
            RunKey(self.schedule.owner, self.schedule.agent_id, run_id(self.schedule.schedule_id, self.due))
        )

    def asked(self) -> Run | None:
        """Return the run that a caller asked for."""
        return self.ports.store.runs.get(self.run)


def made(environment: dict[str, str]) -> Given:
    """Create the rows as of 90 minutes ago, in the stack whose functions have `environment`."""
    began = datetime.now(UTC) - timedelta(seconds=5400)
    ports = bootstrap.wire(Settings.from_env(environment), now=lambda: began, secret=lambda _: "cursors").ports
    call = RequestContext(Caller("local"))
    agent = agents.create_agent(ports, call, CreateAgentBody(name="a", model="echo", instructions=PROMPT))
    hourly = {"type": "interval", "interval_seconds": 3600}
    body = CreateScheduleBody.model_validate({"schedule": hourly, "input": PROMPT})
    schedule = schedule_service.create_schedule(ports, call, agent.id, body)
    run = run_service.create_run(ports, call, agent.id, CreateRunBody(input=PROMPT)).run
    assert schedule.state.next_run_at is not None
    return Given(ports, schedule.key, schedule.state.next_run_at, run.key)
