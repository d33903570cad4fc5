"""The API as its document is tried on it: every operation done right, and every status brought about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agent_schedules.api.auth import scope_of
from agent_schedules.domain.rate_limit import Allowance
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError
from agent_schedules.services import bulk

from tests.support.client import Client
from tests.support.webhooks import furnished_webhooks
from tests.support.world import World

ROOT = Path(__file__).parent.parent.parent
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
BODIES: dict[str, Any] = {
    "create_agent": {"name": "a", "model": "m"},
    "update_agent": {"name": "b"},
    "put_agent_by_key": {"name": "a", "model": "m"},
    "change_schedules": {"filter": {}, "action": "update", "update": {"name": "b"}, "dry_run": False},
    "put_agent_schedule_by_key": {"schedule": {"type": "interval", "interval_seconds": 60}, "input": "x"},
    "create_agent_schedule": {"schedule": {"type": "interval", "interval_seconds": 60}, "input": "x"},
    "update_agent_schedule": {"name": "b"},
    "create_agent_run": {"input": "x"},
    "preview_schedule": {"schedule": {"type": "cron", "cron_expression": "@daily"}},
    "create_webhook": {"url": "https://example.com/"},
    "update_webhook": {"description": "b"},
    "backfill_agent_schedule": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T01:00:00Z", "dry_run": False},
}
CONDITIONAL = {
    "update_agent", "delete_agent", "restore_agent", "rollback_agent_version", "update_agent_schedule",
    "delete_agent_schedule", "pause_agent_schedule", "resume_agent_schedule", "skip_occurrence", "unskip_occurrence",
    "backfill_agent_schedule", "stop_backfill", "put_agent_by_key", "delete_agent_by_key", "put_agent_schedule_by_key",
    "delete_agent_schedule_by_key", "update_webhook", "delete_webhook", "rotate_webhook_secret",
}  # fmt: skip
RUNS = {"create_agent_run", "trigger_agent_schedule", "retry_agent_run"}
"""The operations that start a run."""
OF_AGENT = {"get_limits", "find_schedules", "find_runs", "list_upcoming"}
"""The operations without an id in their path that take the query parameter `agent_id`."""
NAMES_IN_BODY = {"change_schedules", "resume_all_schedules"}
"""The operations whose body may name something unknown."""
JOBS = {"change_schedules", "pause_all_schedules", "resume_all_schedules"}
"""The operations that begin a job."""
SENDING = {"test_webhook", "replay_webhook_delivery"}
"""The operations that send an event to a webhook."""
UNKNOWN_ID = "0" * 26


class Service:
    """The app with a new agent, its schedule, and a run of it that is under way at the gateway."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.client = client
        self.ids = {"version": "1", "job_id": f"job_{UNKNOWN_ID}"}
        self.ids["agent_id"] = self.call("create_agent").json()["id"]
        self.ids["run_id"] = self.call("create_agent_run").json()["id"]
        self.world.pass_time(10, step=5)
        self.ids["key"] = self.ids["agent_id"].lower().replace("_", "-")  # another one for each service
        created = self.call("create_agent_schedule").json()
        self.ids |= {"schedule_id": created["id"], "nominal_time": created["next_run_at"]}
        (webhook_id, *_), (delivery_id, *_) = furnished_webhooks(world)
        self.ids |= {"webhook_id": webhook_id, "delivery_id": delivery_id}

    def call(self, name: str, ids: dict[str, str] | None = None, **options: Any) -> Any:
        """One operation, done right but for what the options change."""
        method, path, _ = OPERATIONS[name]
        if name in BODIES and "content" not in options:
            options.setdefault("json", BODIES[name])
        if name in {"skip_occurrence", "unskip_occurrence"}:
            options.setdefault("json", {"scheduled_for": self.ids["nominal_time"]})
        if name == "find_runs":
            options.setdefault("params", {"status": "failed"})
        return self.client.request(method, path.format(**(ids or self.ids)), **options)

    def done(self, name: str) -> Any:
        """The success of an operation."""
        if name == "restore_agent":
            self.call("delete_agent")
        if name == "retry_agent_run":
            self.call("cancel_agent_run")
        if name in JOBS:  # there are the schedules of other tests, too
            with patch.object(bulk, "STEPS", 1_000), patch.object(bulk, "SECONDS", 60):
                return self.call(name)
        if name in {"get_job", "cancel_job"}:
            return self.call(name, self.ids | {"job_id": self.goes_on("pause_all_schedules").json()["id"]})
        if name in {"get_agent_by_key", "delete_agent_by_key"}:
            self.call("put_agent_by_key")
        if name in {"get_agent_schedule_by_key", "delete_agent_schedule_by_key"}:
            self.call("put_agent_schedule_by_key")
        return self.call(name)

    def goes_on(self, name: str) -> Any:
        """A job that the answer does not wait for."""
        with patch.object(bulk, "STEPS", 0):
            return self.call(name)

    def done_again(self, name: str) -> Any:
        """The success of an operation, for a PUT that of its repeat, which creates nothing."""
        if name.startswith("put_"):
            self.call(name)
        return self.done(name)

    def bad(self, name: str) -> Any:
        """A request that is wrong."""
        if name == "healthz":
            return self.call(name, headers={"Content-Length": "300000"})
        return self.call(name, headers={"X-On-Behalf-Of": "*"})

    def forbidden(self, name: str) -> Any:
        """Call with a key that lacks the scope: a `read` key, for a change or on behalf of a user."""
        _, secret = self.world.keyring.create("local", "read")
        method, path, _ = OPERATIONS[name]
        user = {"X-On-Behalf-Of": "ada"} if scope_of(method, path) == "read" else {}
        return self.call(name, headers={"Authorization": f"Bearer {secret}"} | user)

    def unknown(self, name: str) -> Any:
        """A resource that does not exist."""
        missing = f"agt_{UNKNOWN_ID}"
        if name == "change_schedules":
            return self.call(name, json=BODIES[name] | {"filter": {"agent_id": missing}})
        if name == "resume_all_schedules":
            return self.call(name, json={"job_id": f"job_{UNKNOWN_ID}"})
        if name in OF_AGENT:
            return self.call(name, params={"agent_id": missing})
        others = {"key": "unknown", "job_id": f"job_{UNKNOWN_ID}", "webhook_id": f"whk_{UNKNOWN_ID}"}
        return self.call(name, self.ids | {"agent_id": missing} | others)

    def refused(self, name: str) -> Any:
        """A state that does not allow it."""
        if name == "stream_agent_run_events":
            return self.call(name, self.ids | {"run_id": self.call("create_agent_run").json()["id"]})
        if "webhook" in name:
            return self.without_webhooks(name)
        key = {"Idempotency-Key": self.ids["agent_id"]}
        self.client.post("/api/v1/agents", json={"name": "first", "model": "m"}, headers=key)
        return self.call(name, headers=key)

    def without_webhooks(self, name: str) -> Any:
        """A deployment that has no webhooks."""
        kept = self.world.ports.webhooks
        object.__setattr__(self.world.ports, "webhooks", None)  # the app has these very ports
        try:
            return self.call(name)
        finally:
            object.__setattr__(self.world.ports, "webhooks", kept)

    def outdated(self, name: str) -> Any:
        """A change of a version that is not the current one."""
        if name == "restore_agent":
            self.call("delete_agent")
        if name == "resume_agent_schedule":
            self.call("pause_agent_schedule")
        if name == "rollback_agent_version":
            self.call("update_agent")
        if name == "unskip_occurrence":
            self.call("skip_occurrence")
        if name in {"backfill_agent_schedule", "stop_backfill"}:
            self.call("update_agent_schedule", json={"schedule": {"type": "cron", "cron_expression": "* * * * *"}})
        if name == "stop_backfill":
            self.call("backfill_agent_schedule")
        if name in {"delete_agent_by_key", "delete_agent_schedule_by_key"}:
            self.call(name.replace("delete", "put"))
        return self.call(name, headers={"If-Match": '"old"'})

    def crowded(self, name: str) -> Any:
        """A minute in which as many runs were started, or tests sent, as there may be."""
        if name in SENDING:
            while (answer := self.call(name)).status_code == 202:
                pass
            return answer
        with patch.object(Allowance, "block", return_value=None):
            return self.done(name)

    def fault(self, name: str) -> Any:
        """A fault of ours."""

        def broken(*_: object) -> None:
            raise RuntimeError("bug")

        self.break_table(broken)
        with patch("agent_schedules.api.app.Health", broken):
            return self.call(name)

    def gateway_down(self, name: str) -> Any:
        """A gateway that does not answer."""

        def down(_: str) -> None:
            raise GatewayError("unreachable", "The gateway could not be reached")

        self.world.gateway.before = down
        return self.call(name)

    def table_down(self, name: str) -> Any:
        """A table that does not answer."""

        def down(*_: object) -> None:
            raise Unavailable("DynamoDB did not answer")

        self.break_table(down)
        return self.call(name)

    def break_table(self, hook: Callable[..., None]) -> None:
        """Let the table fail from now on, also where a key is looked up."""
        self.world.table.before_read = self.world.table.before_write = hook


PROVOKED: dict[str, Callable[[Service, str], Any]] = {
    "200": Service.done_again,
    "201": Service.done,
    "202": Service.goes_on,
    "400": Service.bad,
    "401": lambda service, name: service.call(name, headers={"Authorization": "Bearer unknown"}),
    "403": Service.forbidden,
    "404": Service.unknown,
    "409": Service.refused,
    "412": Service.outdated,
    "429": Service.crowded,
    "500": Service.fault,
    "502": Service.gateway_down,
    "503": Service.table_down,
}
