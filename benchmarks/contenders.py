"""The local stack and the schedulers that it is measured against.

Each class knows how its scheduler is started, how a schedule is requested, and which occurrences were claimed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.contender_process import Occurrence, post
from dev.fake_aws.expressions import plain

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
TOOLS = ROOT / ".tools" / "peers"
AGENTS = 12  # of ours: an agent may have a thousand active schedules
CONNECTIONS = 4


class Ours:
    """`make run`, but for the port and the directory."""

    name = "agent schedules, local stack"
    connections = CONNECTIONS

    def __init__(self) -> None:
        self._agents: list[str] = []

    def command(self, port: int, directory: Path) -> tuple[list[str], dict[str, str], Path]:
        """See `Contender.command`."""
        mode = os.environ.get("GATEWAY_MODE", "background")
        return (
            [sys.executable, "-m", "dev"],
            {"PORT": str(port), "LOCAL_DIR": str(directory), "GATEWAY_MODE": mode},
            ROOT,
        )

    def ready(self, client: httpx.Client) -> None:
        """See `Contender.ready`."""
        client.headers["Authorization"] = "Bearer local"
        made = [client.post("/api/v1/agents", json={"name": "echo", "model": "echo"}) for _ in range(AGENTS)]
        self._agents = [answer.raise_for_status().json()["id"] for answer in made]

    def daily(self, number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.daily`."""
        return self._schedule(number, type="cron", cron_expression="30 9 * * 1-5", timezone="Europe/Lisbon")

    def once(self, number: int, at: datetime) -> tuple[str, dict[str, Any]]:
        """See `Contender.once`."""
        return self._schedule(number, type="once", run_at=at.isoformat(), precision="second")

    def every_second(self, number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.every_second`."""
        return self._schedule(number, type="interval", interval_seconds=1)

    def _schedule(self, number: int, **spec: Any) -> tuple[str, dict[str, Any]]:
        agent = self._agents[number % AGENTS]
        return f"/api/v1/agents/{agent}/schedules", {"schedule": spec, "input": "Hello"}

    def occurrences(self, directory: Path) -> list[Occurrence]:
        """See `Contender.occurrences`: from the journal, where the last change of a run is the run."""
        with closing(sqlite3.connect(f"file:{directory}/table.db?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT changes FROM transactions ORDER BY number").fetchall()
        found: dict[str, Occurrence] = {}
        for (changes,) in rows:
            for (_, sk), item in json.loads(changes):
                if item is not None and sk.startswith("R#"):
                    run = {name: plain(typed) for name, typed in item.items()}
                    over = "completed_at" in run
                    nominal, claimed = _seconds(run["scheduled_for"]), _seconds(run["created_at"])
                    found[sk] = Occurrence(run["schedule_id"], nominal, claimed, over)
        return list(found.values())


class Mastra:
    """Mastra's schedules on libsql, behind its own HTTP server; the scheduler looks ten times a second."""

    name = "Mastra 1.71"
    connections = CONNECTIONS

    def command(self, port: int, directory: Path) -> tuple[list[str], dict[str, str], Path]:
        """See `Contender.command`."""
        environ = {"PORT": str(port), "DATABASE": str(directory / "db"), "TICK_MS": "100", "BATCH": "10000"}
        return [str(TOOLS / "mastra" / "node"), "server.mjs"], environ, TOOLS / "mastra"

    def ready(self, client: httpx.Client) -> None:
        """See `Contender.ready`."""
        client.get("/api/schedules").raise_for_status()

    def daily(self, _number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.daily`."""
        return self._schedule("30 9 * * 1-5", "Europe/Lisbon")

    def once(self, _number: int, at: datetime) -> tuple[str, dict[str, Any]]:
        """See `Contender.once`: the nearest it has, once a year."""
        return self._schedule(f"{at.second} {at.minute} {at.hour} {at.day} {at.month} *", "UTC")

    def every_second(self, _number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.every_second`."""
        return self._schedule("* * * * * *", "UTC")

    def _schedule(self, cron: str, timezone: str) -> tuple[str, dict[str, Any]]:
        return "/api/schedules", {"agentId": "echo", "cron": cron, "timezone": timezone, "prompt": "Hello"}

    def occurrences(self, directory: Path) -> list[Occurrence]:
        """See `Contender.occurrences`: a trigger's row is written when its run is over."""
        with sqlite3.connect(directory / "db") as database:
            # The last run of a schedule is named for its nominal time when it is claimed.
            claims = database.execute(
                "SELECT id, last_run_id, last_fire_at FROM mastra_schedules WHERE last_fire_at IS NOT NULL"
            ).fetchall()
            triggers = database.execute(
                "SELECT schedule_id, scheduled_fire_at, actual_fire_at FROM mastra_schedule_triggers"
            ).fetchall()
        found = {
            (name, int(run.rpartition("_")[2])): Occurrence(name, int(run.rpartition("_")[2]) / 1000, at / 1000, False)
            for name, run, at in claims
        }
        found |= {(name, due): Occurrence(name, due / 1000, at / 1000, True) for name, due, at in triggers}
        return list(found.values())


class APScheduler:
    """APScheduler 4 on SQLite. It is a library: the HTTP in front of it is ours, as small as can be."""

    name = "APScheduler 4.0.0a6"
    connections = CONNECTIONS

    def command(self, port: int, directory: Path) -> tuple[list[str], dict[str, str], Path]:
        """See `Contender.command`."""
        environ = {"PORT": str(port), "DIRECTORY": str(directory)}
        return [str(TOOLS / "apscheduler" / "bin" / "python"), "server.py"], environ, PEERS / "apscheduler"

    def ready(self, client: httpx.Client) -> None:
        """See `Contender.ready`."""
        client.get("/").raise_for_status()

    def daily(self, _number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.daily`."""
        return "/schedules", {"cron": "30 9 * * 1-5", "timezone": "Europe/Lisbon", "input": "Hello"}

    def once(self, _number: int, at: datetime) -> tuple[str, dict[str, Any]]:
        """See `Contender.once`."""
        return "/schedules", {"once": at.isoformat(), "input": "Hello"}

    def every_second(self, _number: int) -> tuple[str, dict[str, Any]]:
        """See `Contender.every_second`."""
        return "/schedules", {"seconds": 1, "input": "Hello"}

    def occurrences(self, directory: Path) -> list[Occurrence]:
        """See `Contender.occurrences`: noted by the job itself."""
        path = directory / "jobs.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [Occurrence(*json.loads(line)) for line in text.splitlines(keepends=True) if line.endswith("\n")]


class Prefect:
    """Prefect's server on SQLite, tuned, and a worker that starts no process for a run (`peers/prefect/`).

    A schedule is one of a deployment, with an input of its own; once is a run that is made ahead of its time.
    """

    name = "Prefect 3.9.1"
    connections = 1  # with more it answers 503 to most: SQLite is locked; four make a fraction of what one makes

    DEPLOYMENTS, EACH = 20, 100  # for a new schedule Prefect computes all schedules of its deployment again

    def __init__(self) -> None:
        self._deployments: list[str] = []

    def command(self, port: int, directory: Path) -> tuple[list[str], dict[str, str], Path]:
        """See `Contender.command`."""
        environ = {"PORT": str(port), "DIRECTORY": str(directory)}
        return [str(TOOLS / "prefect" / "bin" / "python"), "server.py"], environ, PEERS / "prefect"

    def ready(self, client: httpx.Client) -> None:
        """See `Contender.ready`."""
        pool = post(client, "/api/work_pools/", {"name": "pool", "type": "process"})
        if pool.status_code != httpx.codes.CONFLICT:  # the attempt before made it
            pool.raise_for_status()
        flow = post(client, "/api/flows/", {"name": "echo"}).raise_for_status().json()["id"]
        common = {"flow_id": flow, "work_pool_name": "pool", "enforce_parameter_schema": False}
        made = [
            post(client, "/api/deployments/", {"name": f"echo-{number}", **common})
            for number in range(self.DEPLOYMENTS)
        ]
        self._deployments = [answer.raise_for_status().json()["id"] for answer in made]

    def daily(self, number: int) -> tuple[str, Any]:
        """See `Contender.daily`."""
        return self._schedule(number, cron="30 9 * * 1-5", timezone="Europe/Lisbon")

    def once(self, number: int, at: datetime) -> tuple[str, Any]:
        """See `Contender.once`."""
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": at.isoformat()}}
        return self._path(number) + "/create_flow_run", {"state": state, "parameters": {"input": "Hello"}}

    def every_second(self, number: int) -> tuple[str, Any]:
        """See `Contender.every_second`."""
        return self._schedule(number, interval=1)

    def _schedule(self, number: int, **spec: Any) -> tuple[str, Any]:
        return self._path(number) + "/schedules", [{"schedule": spec, "parameters": {"input": "Hello"}}]

    def _path(self, number: int) -> str:
        return f"/api/deployments/{self._deployments[number // self.EACH % self.DEPLOYMENTS]}"

    def occurrences(self, directory: Path) -> list[Occurrence]:
        """See `Contender.occurrences`: from the first change to Pending that it kept."""
        with sqlite3.connect(directory / "prefect.db") as database:
            rows = database.execute(
                "SELECT coalesce(json_extract(run.created_by, '$.id'), run.id), run.expected_start_time,"
                " min(state.timestamp), run.state_type"
                " FROM flow_run_state AS state JOIN flow_run AS run ON run.id = state.flow_run_id"
                " WHERE state.type = 'PENDING' GROUP BY run.id"
            ).fetchall()
        return [
            Occurrence(schedule, _kept(nominal), _kept(claimed), state == "COMPLETED")
            for schedule, nominal, claimed, state in rows
        ]


def _kept(value: str) -> float:
    """UTC seconds of a time as SQLAlchemy keeps it in SQLite, without a zone."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()


def _seconds(value: str | int) -> float:
    """UTC seconds of a row's time, which is a number or text."""
    if isinstance(value, int):
        return float(value)
    return datetime.fromisoformat(value).astimezone(UTC).timestamp()
