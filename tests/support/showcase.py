"""An account that people have used for 25 days, for the screens of the console: a fixed clock.

The last day of the calendar's week is the night on which Lisbon's clocks change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.deliveries import Attempt, Delivery, DeliveryKey
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key

from tests.support.served import Served

BEGIN, NOW = "2026-03-02T06:00:00Z", "2026-03-27T10:12:30Z"
HOUR = 3600
PEOPLE = (
    ("Briefing", "You write a briefing of at most five sentences."),
    ("Invoice checker", "You compare invoices with orders, and list what differs."),
    ("Support triage", "You sort new tickets by how urgent they are."),
)
BRIEFING = (
    "Good morning. Two of the three releases of this week are out; the third waits for the review of one page.\n"
    "Support has 14 open tickets, 5 fewer than yesterday. The oldest is 3 days old.\n"
    "Today: planning at 10:00, and the call with the bank at 15:30."
)
LIMIT = {"code": "rate_limit_exceeded", "message": "Rate limit reached for requests per minute: limit 500, used 500."}


def cron(text: str, zone: str = "Europe/Lisbon") -> dict[str, Any]:
    """The timing of a cron expression."""
    return {"type": "cron", "cron_expression": text, "timezone": zone}


@dataclass
class Showcase:
    """The account, and the ids of what its screens show."""

    served: Served
    agents: list[str] = field(default_factory=list)
    schedules: dict[str, str] = field(default_factory=dict)
    """The agents of the schedules, by the schedules' ids."""
    named: dict[str, str] = field(default_factory=dict)
    """The schedules' ids, by their names."""
    webhook: str = ""

    def schedule(self, agent: int, name: str, timing: dict[str, Any], text: str, **body: Any) -> None:
        """A new schedule."""
        of = self.agents[agent]
        made = self.served.post(
            f"/api/v1/agents/{of}/schedules", {"name": name, "schedule": timing, "input": text, **body}
        )
        self.schedules[made["id"]] = of
        self.named[name] = made["id"]

    def pass_until(self, end: str, step: int = HOUR) -> None:
        """Let hours pass. Each schedule is looked at when an hour is over, half a second late."""
        world = self.served.world
        last = datetime.fromisoformat(end)
        while (moment := world.clock.moment) < last:
            at = moment.timestamp() // step * step + step
            world.clock.set(min(last, datetime.fromtimestamp(at, UTC)).isoformat())
            world.clock.advance(0.5)
            for schedule, agent in self.schedules.items():
                world.deliver(Hint(Key("local", agent, schedule), int(at)))
            world.pass_time(20)
        world.clock.set(end)

    def path(self, name: str) -> str:
        """The page of a schedule."""
        schedule = self.named[name]
        return f"/console/agents/{self.schedules[schedule]}/schedules/{schedule}"

    def run(self, name: str) -> str:
        """The page of the latest run of a schedule."""
        schedule = self.named[name]
        agent = self.schedules[schedule]
        answer = self.served.client.get(f"/api/v1/agents/{agent}/schedules/{schedule}/runs?limit=1").json()
        return f"/console/agents/{agent}/runs/{answer['data'][0]['id']}"

    def pages(self) -> dict[str, str]:
        """An address for every route of the console, by a name for its screen."""
        morning, agent = self.path("Morning briefing"), f"/console/agents/{self.agents[0]}"
        return {
            "overview": "/console",
            "schedules": "/console/schedules",
            "schedule": morning,
            "schedule-times": f"{morning}?show=times",
            "schedule-runs": f"{morning}?show=runs",
            "schedule-definition": f"{morning}?show=definition",
            "schedule-new": "/console/schedules/new",
            "schedule-edit": f"{morning}/edit",
            "calendar": "/console/calendar",
            "run": self.run("Morning briefing"),
            "run-failed": self.run("Check invoices"),
            "agents": "/console/agents",
            "agent-new": "/console/agents/new",
            "agent": agent,
            "agent-configuration": f"{agent}?show=configuration",
            "agent-versions": f"{agent}?show=versions",
            "webhooks": "/console/webhooks",
            "webhook-new": "/console/webhooks/new",
            "webhook": f"/console/webhooks/{self.webhook}",
            "webhook-settings": f"/console/webhooks/{self.webhook}?show=settings",
            "settings": "/console/settings",
            "reference": "/docs",
        }


def showcase(served: Served) -> Showcase:
    """Fill a served world that begins at `BEGIN`."""
    made = Showcase(served)
    for number, (name, instructions) in enumerate(PEOPLE):
        model = "fail" if number == 1 else "gpt-5-mini"
        made.agents.append(served.agent(model, name, instructions=instructions))
    served.gateway.failure = LIMIT
    made.schedule(0, "Morning briefing", cron("30 8 * * 1-5"), "Write the briefing of today.", metadata={"team": "ops"})
    made.schedule(0, "Week in review", cron("0 16 * * 5"), "Sum up the week.")
    made.schedule(0, "Night report", cron("30 1 * * *"), "Report what ran at night.")
    made.schedule(1, "Check invoices", cron("0 7 * * *", "Asia/Tokyo"), "Check the invoices of yesterday.")
    made.schedule(2, "Sort new tickets", {"type": "interval", "interval_seconds": 2 * HOUR}, "Sort the new tickets.")
    made.schedule(2, "Weekend duty", cron("0 9 * * 0,6"), "Look for urgent tickets.", policies={"overlap": "skip"})
    made.schedule(2, "Launch of the shop", {"type": "once", "run_at": "2026-03-31T09:00:00Z"}, "Greet the customers.")
    made.schedule(0, "Board report", cron("0 12 1 * *"), "Write the report of the month.")
    hook = {"url": "https://example.com/hooks/schedules", "description": "To the operations channel"}
    made.webhook = str(served.post("/api/v1/webhooks", hook)["id"])
    made.pass_until("2026-03-25T09:00:00Z")
    board = made.named["Board report"]
    served.post(
        f"/api/v1/agents/{made.agents[0]}/schedules/{board}/pause",
        {"reason": "The figures of March are late", "until": "2026-04-02T08:00:00Z"},
    )
    served.post(f"/api/v1/agents/{made.agents[0]}", {"instructions": f"{PEOPLE[0][1]} Name the oldest ticket."})
    made.pass_until("2026-03-27T06:00:00Z")
    served.gateway.says = [{"type": "message", "content": [{"type": "output_text", "text": BRIEFING}]}]
    made.pass_until("2026-03-27T08:30:00Z", HOUR // 2)
    served.gateway.says = None
    made.pass_until(NOW)
    for number, code in enumerate((200, 200, 503, 200)):
        _delivered(served, made.webhook, number, code)
    return made


def _delivered(served: Served, webhook: str, number: int, code: int) -> None:
    now = served.world.clock()
    key = DeliveryKey("local", webhook, f"dlv_{number:026d}")
    data = {"run_id": f"run_{number:026d}"}
    event = json.dumps({"id": f"evt_{number:026d}", "type": "run.failed", "timestamp": now.isoformat(), "data": data})
    first = Delivery.first(key, event, now)
    attempt = Attempt(now, code, None, 48)
    after = first.delivered(attempt, "ok") if code == 200 else first.failed(attempt, "unavailable", now, jitter=0)
    served.world.ports.store.deliveries.save(replace(after, rev=1))
