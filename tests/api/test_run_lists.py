"""Runs and problems over an account, against what was drawn: no gap, no repeat, no leak, few calls for each page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agent_schedules.timestamps import text_of

from tests.support.api import Api
from tests.support.run_lists import CODES, SPAN, STATUSES, TENANTS, Account

SEEDS = [(0, 10), *(pytest.param(seed, 50, marks=pytest.mark.slow) for seed in range(8))]
"""Each account, with how many lists of it are read."""


def stretch(account: Account) -> dict[str, str]:
    """One or both ends of a stretch, on a second, or within one."""
    ends = sorted(account.dice.randrange(-2, SPAN + 3) * 1000 + account.dice.choice([0, 0, 500]) for _ in range(2))
    base = datetime.fromtimestamp(account.base, UTC)
    named = {name: text_of(base + timedelta(milliseconds=at)) for name, at in zip(("from", "to"), ends, strict=True)}
    if ends[0] == ends[1]:
        del named["to"]
    return {name: at for name, at in named.items() if account.dice.random() < 0.6}


def query_of(account: Account, tenant: str) -> dict[str, Any]:
    """A filter that a list of runs takes."""
    dice = account.dice
    key = dice.choice([key for key in account.keys if key.owner == tenant and key.agent_id not in account.gone])
    query: dict[str, Any] = {"status": dice.choice(STATUSES)} if dice.random() < 0.6 else {}
    if query.get("status") not in {"failed", "incomplete", "cancelled"} or dice.random() < 0.3:
        query["agent_id"] = key.agent_id
        if dice.random() < 0.5:
            query["schedule_id"] = key.schedule_id
    if dice.random() < 0.3:
        query["trigger"] = dice.choice(["schedule", "backfill", "api"])
    if dice.random() < 0.3:
        query["error_code"] = dice.choice(CODES)
    return query | stretch(account)


@pytest.mark.parametrize(("seed", "lists"), SEEDS)
def test_runs_are_found_once_each_and_in_order(seed: int, lists: int) -> None:
    account = Account(seed)
    for _ in range(lists):
        tenant, order = account.dice.choice(list(TENANTS)), account.dice.choice(["asc", "desc"])
        query = query_of(account, tenant)
        paging = {"limit": account.dice.choice([1, 7, 100]), "order": order}
        found, calls = account.walk(tenant, "/api/v1/runs", query | paging)
        assert [run["id"] for run in found] == account.shown(tenant, query, newest_first=order == "desc"), query
        assert max(map(len, calls)) <= 5, query


@pytest.mark.parametrize(("seed", "lists"), SEEDS)
def test_problems_are_found_once_each_and_in_order(seed: int, lists: int) -> None:
    account = Account(seed)
    for _ in range(lists):
        tenant, order = account.dice.choice(list(TENANTS)), account.dice.choice(["asc", "desc"])
        query = stretch(account)
        paging = {"limit": account.dice.choice([1, 7, 100]), "order": order}
        found, calls = account.walk(tenant, "/api/v1/problems", query | paging)
        times = [one["time"] for one in found]
        assert times == sorted(times, reverse=order == "desc")
        listed = [(one["id"], one["type"], one["time"]) for one in found]
        assert len(set(listed)) == len(listed)
        assert set(listed) == account.problems(tenant, query), query
        assert max(map(len, calls)) <= 6
        assert {one["agent_id"] for one in found} <= {key.agent_id for key in account.keys if key.owner == tenant}


def test_a_page_looks_at_100_runs_whatever_matches() -> None:
    account = Account(1, runs=600, records=0)
    query = {"agent_id": account.keys[-1].agent_id, "error_code": "no_such"}
    for status in ({}, {"status": "failed"}):
        found, calls = account.walk("local-2", "/api/v1/runs", query | status | {"limit": 1})
        assert found == []
        assert all(len(page) <= 4 for page in calls)


def test_problems_are_of_the_last_day_by_default(api: Api) -> None:
    made = api.create(policies={"misfire": "skip"})
    api.world.clock.advance(3605)
    api.fire(made)
    api.world.clock.advance(20 * 3600)
    api.fire(made)
    (problem,) = api.get("/api/v1/problems")["data"]
    assert problem == {
        "object": "problem",
        "id": f"{made['id']}_{api.world.now - 19 * 3600 - 5}",
        "type": "occurrence_missed",
        "time": "2026-03-03T06:00:00.000Z",
        "since": "2026-03-02T12:00:00.000Z",
        "count": 19,
        "agent_id": api.agent,
        "schedule_id": made["id"],
        "run_id": None,
        "reason": "late",
        "message": None,
    }
    assert api.get("/api/v1/problems?from=2026-03-03T06:00:00Z")["data"] == [problem]
    assert api.get("/api/v1/problems?from=2026-03-03T06:00:00.001Z")["data"] == []
    assert api.get("/api/v1/problems?to=2026-03-03T06:00:00.001Z")["data"] == [problem]
    assert api.get("/api/v1/problems?to=2026-03-03T06:00:00Z")["data"] == []
    api.world.clock.advance(24 * 3600)
    assert api.get("/api/v1/problems")["data"] == []


def test_a_failed_run_says_why_in_the_list_of_problems(api: Api) -> None:
    agent = api.post("/api/v1/agents", {"name": "a", "model": "fail"}, status=201)["id"]
    run = api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    api.world.pass_time(5)
    (problem,) = api.get("/api/v1/problems")["data"]
    assert (problem["type"], problem["run_id"], problem["schedule_id"]) == ("run_failed", run["id"], None)
    assert (problem["reason"], problem["message"]) == ("server_error", "it failed")
    assert (problem["time"], problem["since"], problem["count"]) == (run["created_at"], run["created_at"], 1)
    (found,) = api.get("/api/v1/runs?status=failed&view=summary")["data"]
    assert (found["id"], found["answer"]) == (run["id"], None)
    api.ok("DELETE", f"/api/v1/agents/{agent}")
    assert api.get("/api/v1/problems")["data"] == api.get("/api/v1/runs?status=failed")["data"] == []


AGENT, SCHEDULE = "agt_01JD0000000000000000000000", "sched_01JD0000000000000000000000"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("runs", 400, "agent_id: is required, unless `status` is failed, incomplete or cancelled; name an agent, or"),
        ("runs?status=completed", 400, "agent_id: is required, unless"),
        (f"runs?schedule_id={SCHEDULE}&status=failed", 400, "agent_id: is required with `schedule_id`"),
        ("runs?status=broken", 400, "status: must be "),
        ("runs?status=failed&trigger=cron", 400, "trigger: must be "),
        (f"runs?agent_id={AGENT}", 404, "agent_id: no agent"),
        ("runs?agent_id=x", 404, "agent_id: "),
        (f"runs?agent_id={AGENT}&status=failed", 404, "agent_id: no agent"),
        (f"runs?agent_id={{agent}}&schedule_id={SCHEDULE}", 404, "schedule_id: no schedule"),
        ("runs?status=failed&error_code=", 400, "error_code: "),
        ("problems?from=2026-03-02T12:00:00", 400, "from: must be an RFC 3339 date-time with an offset"),
        ("problems?from=yesterday", 400, "from: must be an RFC 3339 date-time with an offset"),
        ("problems?to=1969-12-31T23:59:59Z", 400, "to: must be between 1970 and 2199"),
        ("problems?from=2026-03-02T12:00:00Z&to=2026-03-02T12:00:00Z", 400, "to: must be after `from`"),
        ("problems?agent_id=x", 400, "agent_id: is not a query parameter"),
        ("problems?limit=101", 400, "limit: must be at most 100"),
    ],
)
def test_a_list_that_cannot_be_is_refused(api: Api, path: str, status: int, message: str) -> None:
    refused = api.refused("GET", f"/api/v1/{path.format(agent=api.agent)}", status=status)
    assert refused.startswith(message), refused


def test_a_cursor_belongs_to_its_filters_and_its_caller(api: Api) -> None:
    account = Account(2)
    agent = account.keys[-1].agent_id
    for path, other in (
        ("/api/v1/runs?status=failed", "/api/v1/runs?status=cancelled"),
        ("/api/v1/runs?status=failed", f"/api/v1/runs?status=failed&agent_id={agent}"),
        ("/api/v1/problems?from=2026-03-02T08:00:00Z", "/api/v1/problems"),
        ("/api/v1/problems?from=2026-03-02T08:00:00Z", "/api/v1/problems?from=2026-03-02T08:00:00Z&order=asc"),
    ):
        headers = {"Authorization": TENANTS["local-2"]}
        page = account.api.ok("GET", f"{path}&limit=1", Authorization=headers["Authorization"])
        cursor = f"after={page['next_cursor']}"
        account.api.ok("GET", f"{path}&{cursor}", Authorization=headers["Authorization"])
        sign = "&" if "?" in other else "?"
        for asked, key in ((f"{other}{sign}{cursor}", "local-2"), (f"{path}&{cursor}", "local")):
            assert "cursor" in account.api.refused("GET", asked, status=400, Authorization=TENANTS[key])


def test_another_tenant_sees_nothing(api: Api) -> None:
    agent = api.post("/api/v1/agents", {"name": "a", "model": "fail"}, status=201)["id"]
    api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    api.world.pass_time(5)
    others: list[dict[str, Any]] = [{"Authorization": "Bearer local-2"}, {"X_On_Behalf_Of": "u"}]
    for headers in others:
        assert api.ok("GET", "/api/v1/problems", **headers)["data"] == []
        assert api.ok("GET", "/api/v1/runs?status=failed", **headers)["data"] == []
        api.ok("GET", f"/api/v1/runs?agent_id={agent}", status=404, **headers)
