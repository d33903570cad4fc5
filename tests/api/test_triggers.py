"""Runs at a caller's word, over HTTP: `trigger` of a schedule and `retry` of a run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, UNKNOWN_AGENT, Api

SOON = {"type": "once", "run_at": "2026-03-02T10:00:00.000Z"}


def schedule_of(api: Api, spec: dict[str, Any] | None = None) -> tuple[dict[str, Any], str]:
    created = api.create(spec)
    return created, f"{api.schedules}/{created['id']}"


def ended(api: Api, run: dict[str, Any]) -> dict[str, Any]:
    api.world.pass_time(5)
    return api.get(f"{api.runs}/{run['id']}")


@pytest.mark.parametrize("body", [None, {}, {"input": None, "overlap": None}])
def test_a_trigger_answers_with_its_run(api: Api, body: Any) -> None:
    created, path = schedule_of(api)
    run = api.post(f"{path}/trigger", body, status=201)
    expected = {
        "object": "agent.run", "status": "queued", "trigger": "manual", "schedule_id": created["id"],
        "scheduled_for": None, "retry_of": None, "input": created["input"], "agent_version": 1,
    }  # fmt: skip
    assert {name: run[name] for name in expected} == expected
    done = ended(api, run)
    assert (done["status"], done["input"]) == ("completed", created["input"])
    after = api.get(path)
    counted = {"run_count": 1, "last_run_id": run["id"], "last_run_at": run["created_at"]}
    assert after == created | counted
    assert api.get(f"{path}/runs")["data"] == [done]


def test_a_triggers_input_is_its_own(api: Api) -> None:
    created, path = schedule_of(api)
    run = api.post(f"{path}/trigger", {"input": [{"role": "user", "content": "hi"}]}, status=201)
    assert ended(api, run)["input"] == [{"role": "user", "content": "hi"}]
    assert api.get(path)["input"] == created["input"]


@pytest.mark.parametrize("state", ["paused", "completed"])
def test_a_schedule_that_is_not_active_can_be_triggered(api: Api, state: str) -> None:
    _, path = schedule_of(api, SOON if state == "completed" else HOURLY)
    if state == "paused":
        api.post(f"{path}/pause")
    else:
        api.world.pass_time(5)
    before = api.get(path)
    run = api.post(f"{path}/trigger", status=201)
    assert ended(api, run)["status"] == "completed"
    after = api.get(path)
    assert (before["status"], after["status"], after["next_run_at"]) == (state, state, None)
    assert after["run_count"] == before["run_count"] + 1


def test_a_lapsed_schedule_can_be_triggered_and_stays_paused(api: Api) -> None:
    _, path = schedule_of(api)
    api.ok("DELETE", api.at)
    api.refused("POST", f"{path}/trigger", status=404)
    api.post(f"{api.at}/restore")
    run = api.post(f"{path}/trigger", status=201)
    assert ended(api, run)["status"] == "completed"
    assert api.get(path)["status"] == "paused"
    api.world.clock.advance(3600)
    assert api.post(f"{path}/resume")["next_run_at"] == "2026-03-02T12:00:00.000Z"


def test_a_deleted_schedule_cannot_be_triggered(api: Api) -> None:
    _, path = schedule_of(api)
    api.ok("DELETE", path)
    assert "deleted" in api.refused("POST", f"{path}/trigger", status=404)
    api.refused("POST", f"/api/v1/agents/{UNKNOWN_AGENT}/schedules/sched_{'0' * 26}/trigger", status=404)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"input": ""}, "input"),
        ({"input": 1}, "input"),
        ({"input": [1]}, "input"),
        ({"input": "x" * 300_000}, "body"),
        ({"overlap": "sometimes"}, "overlap"),
        ({"overlap": 1}, "overlap"),
        ({"reason": "x"}, "reason"),
        ([], "body"),
        ("now", "body"),
    ],
)
def test_a_bad_trigger_writes_nothing(api: Api, body: Any, named: str) -> None:
    _, path = schedule_of(api)
    assert named in api.refused("POST", f"{path}/trigger", body, status=400)


def test_neither_call_takes_if_match(api: Api) -> None:
    _, path = schedule_of(api)
    run = ended(api, api.post(f"{path}/trigger", status=201))
    for at in (f"{path}/trigger", f"{api.runs}/{run['id']}/retry"):
        assert "If-Match" in api.refused("POST", at, status=400, If_Match="*")


def test_a_retry_repeats_any_terminal_run(api: Api) -> None:
    first = ended(api, api.start(input="one", metadata={"k": "v"}))
    again = api.post(f"{api.runs}/{first['id']}/retry", status=201)
    assert (again["trigger"], again["retry_of"], again["schedule_id"]) == ("retry", first["id"], None)
    done = ended(api, again)
    assert [(run["status"], run["input"], run["metadata"]) for run in (first, done)] == [
        ("completed", "one", {"k": "v"})
    ] * 2
    assert {run["id"] for run in api.get(api.runs)["data"]} == {first["id"], again["id"]}


def test_a_retry_keeps_the_agents_version(api: Api) -> None:
    first = ended(api, api.start())
    api.post(api.at, {"model": "other"})
    again = api.post(f"{api.runs}/{first['id']}/retry", status=201)
    assert again["agent_version"] == 1
    ended(api, again)
    assert [post.request["model"] for post in api.world.gateway.posts] == ["echo", "echo"]


def test_a_retry_of_an_occurrence_counts_for_its_schedule(api: Api) -> None:
    created, path = schedule_of(api)
    api.world.clock.advance(3600)
    api.fire(created)
    api.world.pass_time(5)
    api.post(path, {"input": "another"})
    (first,) = api.get(f"{path}/runs")["data"]
    before = api.get(path)
    again = ended(api, api.post(f"{api.runs}/{first['id']}/retry", status=201))
    assert (again["input"], again["scheduled_for"], again["schedule_id"]) == (created["input"], None, created["id"])
    counted = {"run_count": 2, "last_run_id": again["id"], "last_run_at": again["created_at"]}
    assert api.get(path) == before | counted


def test_an_open_run_is_not_retried(api: Api) -> None:
    run = api.start()
    assert "queued" in api.refused("POST", f"{api.runs}/{run['id']}/retry", status=409)


def test_a_cancelled_run_does_not_hide_the_open_one(api: Api) -> None:
    _, path = schedule_of(api)
    api.world.gateway.polls = 10**9
    open_run = api.post(f"{path}/trigger", status=201)
    waiting = api.post(f"{path}/trigger", {"overlap": "queue_one"}, status=201)
    api.post(f"{api.runs}/{waiting['id']}/cancel")
    api.world.pass_time(5)
    assert open_run["id"] in api.refused("POST", f"{path}/trigger", {"overlap": "skip"}, status=409)
    api.post(f"{path}/trigger", {"overlap": "queue_one"}, status=201)
    api.world.pass_time(5)
    assert len(api.world.gateway.posts) == 1


def test_a_refused_retry_suggests_nothing_that_it_cannot_take(api: Api) -> None:
    created = api.create(HOURLY, policies={"overlap": "skip"})
    path = f"{api.schedules}/{created['id']}"
    first = ended(api, api.post(f"{path}/trigger", status=201))
    api.world.gateway.polls = 10**9
    api.post(f"{path}/trigger", status=201)
    assert "`allow`" in api.refused("POST", f"{path}/trigger", status=409)
    said = api.refused("POST", f"{api.runs}/{first['id']}/retry", status=409)
    assert said.endswith("wait for its end")


def test_a_run_of_a_deleted_agent_is_not_retried(api: Api) -> None:
    run = ended(api, api.start())
    api.refused("POST", f"{api.runs}/run_{'0' * 26}/retry", status=404)
    api.ok("DELETE", api.at)
    assert "agent_id" in api.refused("POST", f"{api.runs}/{run['id']}/retry", status=404)
    assert "agent_id" in api.refused("POST", f"{api.runs}/run_{'0' * 26}/retry", status=404)
