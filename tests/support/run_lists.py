"""An account's runs and records, drawn at random, and what the lists of them must show."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules import ids
from agent_schedules.domain.runs import Run, RunKey, queued_run
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.settlement import Record
from agent_schedules.storage import items
from agent_schedules.storage.table import Put
from agent_schedules.timestamps import stamp, text_of

from tests.support.api import Api

STATUSES = ["completed", "completed", "failed", "failed", "incomplete", "cancelled", "queued"]
CODES = ["timeout", "gateway_refused", "server_error"]
TENANTS = {"local": "Bearer local", "local-2": "Bearer local-2"}
SPAN = 40  # seconds in which everything was due, so that many share a second


class Account:
    """Two tenants with agents, one of them deleted, each with schedules, runs and records."""

    def __init__(self, seed: int, *, runs: int = 260, records: int = 90) -> None:
        self.api = Api()
        self.dice = random.Random(seed)
        self.now = self.api.world.now
        self.base = self.now - 3600
        self.runs: list[Run] = []
        self.records: list[tuple[Key, Record]] = []
        self.gone: set[str] = set()
        self.keys: list[Key] = []
        for tenant, key in TENANTS.items():
            for _ in range(4):
                named = {"name": "a", "model": "echo"}
                agent = self.api.post("/api/v1/agents", named, status=201, Authorization=key)["id"]
                for _ in range(2):
                    body = {"schedule": {"type": "interval", "interval_seconds": 60}, "input": "x"}
                    made = self.api.post(f"/api/v1/agents/{agent}/schedules", body, status=201, Authorization=key)
                    self.keys.append(Key(tenant, agent, made["id"]))
        taken: set[tuple[str, int]] = set()
        for _ in range(runs):
            self._run(taken)
        for _ in range(records):
            self._record(taken)
        for tenant, key in TENANTS.items():
            agent = next(one.agent_id for one in self.keys if one.owner == tenant)
            self.api.ok("DELETE", f"/api/v1/agents/{agent}", Authorization=key)
            self.gone.add(agent)

    def _free(self, taken: set[tuple[str, int]]) -> tuple[Key, int]:
        while True:
            key, nominal = self.dice.choice(self.keys), self.base + self.dice.randrange(SPAN)
            if (key.schedule_id, nominal) not in taken:
                taken.add((key.schedule_id, nominal))
                return key, nominal

    def _expiry(self) -> int | None:
        return self.dice.choice([None, None, None, self.now - 1, self.now, self.now + 1])

    def _run(self, taken: set[tuple[str, int]]) -> None:
        key, nominal = self._free(taken)
        status: Any = self.dice.choice(STATUSES)
        created = datetime.fromtimestamp(nominal, UTC)
        if scheduled := self.dice.random() < 0.8:
            at = key.run(ids.run_id(key.schedule_id, nominal))
        else:
            created += timedelta(milliseconds=self.dice.randrange(1000))
            at = RunKey(key.owner, key.agent_id, ids.new_id("run", created, self.dice.randbytes))
        run = queued_run(at, now=created, agent_version=1, on_behalf_of=None, size=10)
        if scheduled:
            trigger: Any = self.dice.choice(["schedule", "backfill"])
            run = replace(run, schedule_id=key.schedule_id, scheduled_for=nominal, trigger=trigger)
        if status != "queued":
            error = {"code": self.dice.choice(CODES), "message": "no"} if status == "failed" else None
            run = replace(run.ended(status, now=created, error=error), expires_at=self._expiry())
        self.runs.append(run)
        self.api.world.table.write(Put(items.run_item(run), "absent"))

    def _record(self, taken: set[tuple[str, int]]) -> None:
        key, nominal = self._free(taken)
        outcome: Any = self.dice.choice(["missed", "skipped"])
        record = Record(outcome, "late", nominal, nominal, 1, expires_at=self._expiry())
        self.records.append((key, record))
        self.api.world.table.write(Put(items.record_item(key, record), "absent"))

    def kept(self, expires_at: int | None) -> bool:
        return expires_at is None or expires_at > self.now

    def shown(self, tenant: str, query: dict[str, Any], *, newest_first: bool) -> list[str]:
        """The ids that a list of runs must show."""
        named = {"status", "agent_id", "schedule_id", "trigger"} & set(query)
        found = []
        for run in self.runs:
            values = {**vars(run), "agent_id": run.key.agent_id}
            due = run.created_at if run.scheduled_for is None else datetime.fromtimestamp(run.scheduled_for, UTC)
            listed = query.get("status") in {"failed", "incomplete", "cancelled"}
            if (
                run.key.owner == tenant
                and all(values[name] == query[name] for name in named)
                and query.get("error_code") in {None, (run.error or {}).get("code")}
                and query.get("from", "") <= text_of(due)
                and ("to" not in query or text_of(due) < query["to"])
                and self.kept(run.expires_at)
                and not (listed and run.key.agent_id in self.gone)
            ):
                found.append(run.key.run_id)
        return sorted(found, reverse=newest_first)

    def problems(self, tenant: str, query: dict[str, Any]) -> set[tuple[str, str, str]]:
        """The ids, types and times that the list of problems must show."""
        types = {"failed": "run_failed", "incomplete": "run_incomplete"}
        found = set()
        for run in self.runs:
            if run.key.owner != tenant or run.status not in types or not self.kept(run.expires_at):
                continue
            late = run.status == "failed" and (run.error or {}).get("code") == "timeout"
            at = text_of(run.created_at) if run.scheduled_for is None else stamp(run.scheduled_for)
            if run.key.agent_id not in self.gone:
                found.add((run.key.run_id, "run_timed_out" if late else types[run.status], at))
        for key, record in self.records:
            if key.owner == tenant and key.agent_id not in self.gone and self.kept(record.expires_at):
                kind = f"occurrence_{record.outcome}"
                found.add((f"{key.schedule_id}_{record.first}", kind, stamp(record.last)))
        first, end = query.get("from", ""), query.get("to", "9")
        return {one for one in found if first <= one[2] < end}

    def walk(self, tenant: str, path: str, query: dict[str, Any]) -> tuple[list[dict[str, Any]], list[list[str]]]:
        """All that a list shows, by its cursors, and the calls to the table that each page took."""
        found: list[dict[str, Any]] = []
        calls: list[list[str]] = []
        more: dict[str, Any] = {}
        while True:
            self.api.world.table.meter.calls.clear()
            headers = {"Authorization": TENANTS[tenant]}
            answer = self.api.client.get(path, params={**query, **more}, headers=headers)
            assert answer.status_code == 200, answer.text
            calls.append(list(self.api.world.table.meter.calls))
            page = answer.json()
            assert len(page["data"]) <= query["limit"]
            assert page["has_more"] == (page["next_cursor"] is not None)
            found += page["data"]
            if not page["has_more"]:
                return found, calls
            more = {"after": page["next_cursor"]}
