"""Agents over HTTP: versions, soft deletion and restoring (contract 3, D32-D34)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, UNKNOWN_AGENT, Api

ALL: dict[str, Any] = {
    "name": "n", "model": "m", "description": "d", "instructions": "i", "tools": [{"type": "sleep", "own": 1}],
    "tool_choice": {"type": "auto"}, "parallel_tool_calls": False, "max_tool_calls": 3, "fallback_models": ["f"],
    "text": {"verbosity": "low"}, "reasoning": {"effort": "high"}, "metadata": {"k": "v"},
}  # fmt: skip
NULLABLE = ["description", "instructions", "max_tool_calls", "text", "reasoning"]


def versions(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"{api.at}/versions")["data"]
    return found


@pytest.mark.parametrize("field", ALL)
def test_an_update_changes_what_it_names_and_appends_a_version(api: Api, field: str) -> None:
    before = api.get(api.at)
    api.world.clock.advance(1)
    after = api.post(api.at, {field: ALL[field]})
    assert after == before | {field: ALL[field], "version": 2, "updated_at": "2026-03-02T10:00:01.000Z"}
    assert api.get(api.at) == after


@pytest.mark.parametrize("field", NULLABLE)
def test_null_clears_what_may_be_null(api: Api, field: str) -> None:
    api.post(api.at, ALL)
    assert api.post(api.at, {field: None})[field] is None


@pytest.mark.parametrize("field", [field for field in ALL if field not in NULLABLE])
def test_null_is_refused_for_the_others(api: Api, field: str) -> None:
    assert field in api.refused("POST", api.at, {field: None}, status=400)


@pytest.mark.parametrize("body", [{}, {"nope": 1}, {"name": ""}, {"version": 2}, {"tools": [{"type": 1}]}, []])
def test_a_bad_update_writes_nothing(api: Api, body: Any) -> None:
    api.refused("POST", api.at, body, status=400)


def test_an_update_that_changes_nothing_appends_no_version(api: Api) -> None:
    once = api.post(api.at, ALL)
    before = api.traces()
    assert api.post(api.at, ALL) == once
    assert api.post(api.at, {"name": "n"}) == once
    assert api.traces() == before
    assert [version["version"] for version in versions(api)] == [2, 1]


def test_a_version_has_every_field(api: Api) -> None:
    agent = api.post(api.at, ALL)
    (current, first) = versions(api)
    assert current == {
        "object": "agent.version", "id": f"{api.agent}_v2", "agent_id": api.agent, "version": 2, "is_current": True,
        "restored_from_version": None, "created_at": agent["updated_at"], **ALL,
    }  # fmt: skip
    assert (first["is_current"], first["name"]) == (False, "a")
    assert api.get(f"{api.at}/versions/1") == first


def test_a_rollback_appends_the_older_configuration(api: Api) -> None:
    before = api.get(api.at)
    api.post(api.at, ALL)
    rolled = api.post(f"{api.at}/versions/1/rollback")
    assert rolled == before | {"version": 3, "updated_at": rolled["updated_at"]}
    assert [(one["version"], one["restored_from_version"]) for one in versions(api)] == [(3, 1), (2, None), (1, None)]
    traces = api.traces()
    for number in (1, 3):  # its repeat, and a rollback to the current version, change nothing
        assert api.post(f"{api.at}/versions/{number}/rollback") == rolled
    assert api.traces() == traces


@pytest.mark.parametrize("number", ["2", "999999"])
def test_an_unknown_version_is_a_404(api: Api, number: str) -> None:
    for method, path in (("GET", ""), ("POST", "/rollback")):
        assert "version" in api.refused(method, f"{api.at}/versions/{number}{path}", status=404)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "1000000"])
def test_what_is_no_version_number_is_a_400(api: Api, number: str) -> None:
    assert "version" in api.refused("GET", f"{api.at}/versions/{number}", status=400)


def test_a_deleted_agent_is_listed_with_its_restore_deadline(api: Api) -> None:
    before = api.get(api.at)
    for _ in range(2):
        gone = api.ok("DELETE", api.at)
        assert gone == {"object": "agent.deleted", "id": api.agent, "deleted": True}
        api.world.clock.advance(5)
    assert api.get("/api/v1/agents")["data"] == []
    (listed,) = api.get("/api/v1/agents?deleted=true")["data"]
    assert listed == before | {
        "deleted_at": "2026-03-02T10:00:00.000Z",
        "retention_expires_at": "2026-04-01T10:00:00.000Z",
        "within_restore_window": True,
        "can_restore": True,
    }
    assert api.get(api.at) == listed


def test_all_but_the_runs_of_a_deleted_agent_is_a_404(api: Api) -> None:
    schedule = api.create()["id"]
    api.ok("DELETE", api.at)
    body = {"schedule": HOURLY, "input": "x"}
    for method, path, sent in (
        ("POST", api.at, {"name": "b"}),
        ("GET", f"{api.at}/versions", None),
        ("GET", f"{api.at}/versions/1", None),
        ("POST", f"{api.at}/versions/1/rollback", None),
        ("GET", api.schedules, None),
        ("POST", api.schedules, body),
        ("GET", f"{api.schedules}/{schedule}", None),
        ("POST", f"{api.schedules}/{schedule}", {"name": "b"}),
        ("POST", f"{api.schedules}/{schedule}/pause", None),
        ("POST", f"{api.schedules}/{schedule}/resume", None),
        ("DELETE", f"{api.schedules}/{schedule}", None),
        ("GET", f"{api.schedules}/{schedule}/runs", None),
        ("POST", api.runs, {"input": "x"}),
    ):
        assert "agent" in api.refused(method, path, sent, status=404), path


def test_deleting_an_agent_is_one_write(api: Api) -> None:
    for _ in range(50):
        api.create()
    calls = len(api.world.table.meter.calls)
    api.ok("DELETE", api.at)
    assert api.world.table.meter.calls[calls:] == ["get", "write"]
    assert len(api.world.scheduler.calls) == 50  # the creates, and nothing since


def test_a_restored_agent_has_its_history_and_paused_schedules(api: Api) -> None:
    before = api.post(api.at, ALL)
    active, paused = api.create(), api.create()
    api.post(f"{api.schedules}/{paused['id']}/pause")
    api.world.pass_time(3600)
    assert len(api.get(api.runs)["data"]) == 0  # no hint came yet
    api.ok("DELETE", api.at)
    api.world.clock.advance(2 * 3600)
    for _ in range(2):
        assert api.post(f"{api.at}/restore") == before
    assert len(versions(api)) == 2
    shown = [api.get(f"{api.schedules}/{one['id']}") for one in (active, paused)]
    assert [(one["status"], one["next_run_at"]) for one in shown] == [("paused", None)] * 2
    listed = api.get(api.schedules)["data"]
    assert listed == shown[::-1]
    resumed = api.post(f"{api.schedules}/{active['id']}/resume")
    assert (resumed["status"], resumed["next_run_at"]) == ("active", "2026-03-02T14:00:00.000Z")
    (record,) = [item for (_, sk), item in api.world.table.items.items() if sk.startswith("O#")]
    assert (record["outcome"], record["reason"], record["count"]) == ("skipped", "agent_deleted", 3)


def test_a_schedule_made_after_a_restore_is_active(api: Api) -> None:
    for _ in range(2):
        api.ok("DELETE", api.at)
        api.post(f"{api.at}/restore")
    created = api.create()
    assert created["status"] == "active"
    assert api.get(f"{api.schedules}/{created['id']}") == created


def test_hints_of_a_deleted_agents_schedules_put_them_to_rest(api: Api) -> None:
    created, world = api.create(), api.world
    api.ok("DELETE", api.at)
    world.clock.advance(3600 + 1200)
    assert world.sweep() == 1
    world.work()
    assert world.scheduler.entries == {}
    world.clock.advance(3600)
    assert world.sweep() == 0  # stored as paused now, so that the reconciler does not come back to it
    assert not any(sk.startswith("R#") for _, sk in world.table.items)
    api.post(f"{api.at}/restore")
    assert api.get(f"{api.schedules}/{created['id']}")["status"] == "paused"


def test_a_schedule_paused_by_deletion_stays_paused(api: Api) -> None:
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    api.ok("DELETE", api.at)
    api.post(f"{api.at}/restore")
    assert api.post(f"{path}/pause")["status"] == "paused"
    assert api.post(path, {"name": "b"})["status"] == "paused"
    assert api.post(path, {"schedule": {"type": "interval", "interval_seconds": 60}})["status"] == "paused"
    assert api.get(path)["status"] == "paused"
    api.world.pass_time(180)
    assert api.get(path)["run_count"] == 0
    assert api.post(f"{path}/resume")["status"] == "active"
    api.world.pass_time(61)
    assert api.get(path)["run_count"] == 1


def test_after_its_window_an_agent_is_gone_to_the_millisecond(api: Api) -> None:
    api.ok("DELETE", api.at)
    api.world.clock.advance(30 * 86_400 - 0.001)
    (listed,) = api.get("/api/v1/agents?deleted=true")["data"]
    assert (api.get(api.at), listed["can_restore"]) == (listed, True)
    api.world.clock.advance(0.001)
    assert api.get("/api/v1/agents?deleted=true")["data"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/restore")):
        assert "no agent" in api.refused(method, f"{api.at}{path}", status=404)


def test_agents_past_their_window_make_no_page_short(api: Api) -> None:
    agents = [api.post("/api/v1/agents", {"name": "a", "model": "echo"}, status=201)["id"] for _ in range(9)]
    for agent in agents[3:6]:
        api.ok("DELETE", f"/api/v1/agents/{agent}")
    api.world.clock.advance(20 * 86_400)
    for agent in [*agents[:3], *agents[6:]]:
        api.ok("DELETE", f"/api/v1/agents/{agent}")
    api.world.clock.advance(10 * 86_400)
    first = api.get("/api/v1/agents?deleted=true&limit=4")
    assert [one["id"] for one in first["data"]] == [agents[n] for n in (8, 7, 6, 2)]
    rest = api.get(f"/api/v1/agents?deleted=true&limit=4&after={first['next_cursor']}")
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([agents[1], agents[0]], False)


def test_unsent_runs_of_a_deleted_agent_fail_with_a_reason(api: Api) -> None:
    run = api.start()
    api.ok("DELETE", api.at)
    api.world.pass_time(5)
    api.post(f"{api.at}/restore")
    found = api.get(f"{api.runs}/{run['id']}")
    assert (found["status"], found["error"]["code"]) == ("failed", "agent_deleted")
    assert api.world.gateway.posts == []


def test_unknown_agents_are_404(api: Api) -> None:
    for agent in (UNKNOWN_AGENT, "nope", "agt_%00"):
        at = f"/api/v1/agents/{agent}"
        for method, path, body in (
            ("GET", at, None),
            ("POST", at, {"name": "x"}),
            ("DELETE", at, None),
            ("POST", f"{at}/restore", None),
            ("GET", f"{at}/versions", None),
        ):
            api.refused(method, path, body, status=404)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path", ["/api/v1/agents/function-tools", "/api/v1/agents/function-tools/ft_1", "/api/v1/connectors"]
)
def test_what_is_out_of_scope_is_a_404_with_the_envelope(api: Api, method: str, path: str) -> None:
    body = {"type": "function"} if method == "POST" else None
    assert api.refused(method, path, body, status=404)


def test_what_is_out_of_scope_of_runs_is_a_404_with_the_envelope(api: Api) -> None:
    run = f"{api.runs}/{api.start()['id']}"
    assert "No such route" in api.refused("POST", f"{run}/wake", {"input": "x"}, status=404)
    assert "No such route" in api.refused("POST", f"{run}/mcp-approvals", {}, status=404)
