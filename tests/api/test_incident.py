"""An incident over HTTP: pause-all, resume-all, and the pauses that callers and other jobs made before and since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api

PAUSE_ALL, RESUME_ALL = "/api/v1/schedules/pause-all", "/api/v1/schedules/resume-all"
UNTIL = "2026-03-02T12:00:00.000Z"


def counts(job: dict[str, Any]) -> tuple[int, ...]:
    return tuple(job[name] for name in ("matched", "changed", "unchanged", "failed"))


def made(api: Api, number: int = 1, **body: Any) -> list[str]:
    """The paths of new schedules."""
    paths = [f"{api.schedules}/{api.create(**body)['id']}" for _ in range(number)]
    api.world.clock.advance(1)
    return paths


# What callers pause during an incident


@pytest.mark.parametrize("body", [None, {}, {"until": UNTIL}, {"until": None}, {"reason": None}, {"reason": "mine"}])
@pytest.mark.parametrize("incident", [None, {"reason": "Incident"}])
def test_a_callers_pause_takes_over_that_of_a_job(api: Api, incident: Any, body: Any) -> None:
    (path,) = made(api)
    api.post(PAUSE_ALL, incident)
    before = api.get(path)
    after = api.post(f"{path}/pause", body)
    asked = body or before["pause"]
    expected = before["pause"] | {"reason": asked.get("reason"), "until": asked.get("until"), "job": None}
    assert (after["pause"], after["generation"]) == (expected, 3)
    assert api.post(f"{path}/pause", body) == after
    assert counts(api.post(RESUME_ALL)) == (0, 0, 0, 0)
    assert api.get(path) == after


@pytest.mark.parametrize("more", [{}, {"name": "n"}])
def test_a_paused_put_takes_over_the_pause_of_a_job(api: Api, more: dict[str, Any]) -> None:
    path, body = f"{api.schedules}/by-key/daily", {"schedule": HOURLY, "input": "x"}
    api.ok("PUT", path, body, status=201)
    api.world.clock.advance(1)
    api.post(PAUSE_ALL, {"reason": "Incident"})
    before = api.get(path)
    assert api.ok("PUT", path, body) == before
    after = api.ok("PUT", path, body | more | {"paused": True})
    assert (after["pause"], after["generation"]) == (before["pause"] | {"job": None}, 3)
    assert api.ok("PUT", path, body | more | {"paused": True}) == after
    api.post(RESUME_ALL)
    assert api.get(path) == after


# What a resume-all ends


def test_resume_all_ends_only_what_it_paused(api: Api) -> None:
    (mine, again, *others) = made(api, 4)
    api.post(f"{mine}/pause", {"reason": "mine"})
    job = api.post(PAUSE_ALL, {"reason": "Incident"})
    assert (job["pause_all"], counts(job)) == (True, (3, 3, 0, 0))
    api.post(f"{again}/resume")
    api.post(f"{again}/pause")
    ended = api.post(RESUME_ALL)
    assert (ended["action"], ended["paused_by"], counts(ended)) == ("resume", "*", (2, 2, 0, 0))
    assert [api.get(path)["status"] for path in (mine, again, *others)] == ["paused", "paused", "active", "active"]


def bulk_pause(api: Api, **more: Any) -> str:
    body = {"filter": {"metadata": {"a": "b"}}, "action": "pause", "dry_run": False} | more
    return str(api.post("/api/v1/schedules/bulk", body)["id"])


def test_resume_all_leaves_a_bulk_pause_with_a_filter(api: Api) -> None:
    ((ours,), (other,)) = made(api, metadata={"a": "b"}), made(api)
    job_id = bulk_pause(api)
    before = api.get(ours)
    api.post(PAUSE_ALL)
    assert counts(api.post(RESUME_ALL)) == (1, 1, 0, 0)
    assert (api.get(ours), api.get(other)["status"]) == (before, "active")
    assert counts(api.post(RESUME_ALL, {"job_id": job_id})) == (1, 1, 0, 0)
    assert api.get(ours)["status"] == "active"


def test_resume_all_of_one_job_leaves_the_others(api: Api) -> None:
    (first,) = made(api)
    api.post(PAUSE_ALL)
    (second,) = made(api)
    job_id = api.post(PAUSE_ALL)["id"]
    assert counts(api.post(RESUME_ALL, {"job_id": job_id})) == (1, 1, 0, 0)
    assert [api.get(path)["status"] for path in (first, second)] == ["paused", "active"]
    assert "job_id" in api.refused("POST", RESUME_ALL, {"job_id": "job_" + "0" * 26}, status=404)


# Schedules that are paused until a time


def later(api: Api, seconds: int) -> None:
    """That time passes, and whatever wakes by itself does."""
    api.world.clock.advance(seconds)
    api.world.sweep()
    api.world.work()


def test_a_timed_pause_does_not_end_in_an_incident(api: Api) -> None:
    (path,) = made(api)
    api.post(f"{path}/pause", {"reason": "Holidays", "until": UNTIL})
    job = api.post(PAUSE_ALL, {"reason": "Incident"})
    assert counts(job) == (1, 1, 0, 0)
    held = api.get(path)["pause"]
    assert (held["reason"], held["until"], held["job"], held["earlier_until"]) == ("Incident", None, job["id"], UNTIL)
    later(api, 3 * 3600)
    assert api.get(path)["pause"] == held
    assert counts(api.post(PAUSE_ALL)) == (0, 0, 0, 0)
    assert counts(api.post(RESUME_ALL)) == (1, 1, 0, 0)
    assert (api.get(path)["status"], api.get(path)["pause"]) == ("active", None)
    runs = api.get(f"{path}/runs")["data"]
    assert runs == []


@pytest.mark.parametrize("named", [False, True])
def test_an_earlier_pause_comes_back_and_ends(api: Api, named: bool) -> None:
    (path,) = made(api, metadata={"a": "b"})
    first = bulk_pause(api, reason="Holidays", until=UNTIL)
    before = api.get(path)
    api.world.clock.advance(60)
    job = api.post(PAUSE_ALL, {"reason": "Incident"})
    assert counts(api.post(RESUME_ALL, {"job_id": first})) == (0, 0, 0, 0)
    assert counts(api.post(RESUME_ALL, {"job_id": job["id"]} if named else None)) == (1, 1, 0, 0)
    after = api.get(path)
    assert (after["status"], after["pause"], after["generation"]) == ("paused", before["pause"], 4)
    later(api, 3 * 3600)
    assert api.get(path)["status"] == "active"


def test_a_caller_takes_over_a_held_pause(api: Api) -> None:
    (path,) = made(api)
    api.post(f"{path}/pause", {"until": UNTIL})
    api.post(PAUSE_ALL)
    mine = api.post(f"{path}/pause")
    assert (mine["pause"]["job"], mine["pause"]["until"], mine["pause"]["earlier_until"]) == (None, None, None)
    assert counts(api.post(RESUME_ALL)) == (0, 0, 0, 0)
    later(api, 3 * 3600)
    assert api.get(path)["status"] == "paused"


def test_a_resume_of_one_held_schedule_starts_it(api: Api) -> None:
    (path,) = made(api)
    api.post(f"{path}/pause", {"until": UNTIL})
    api.post(PAUSE_ALL)
    assert api.post(f"{path}/resume")["status"] == "active"
    assert counts(api.post(RESUME_ALL)) == (0, 0, 0, 0)


def test_an_agent_deleted_in_an_incident_keeps_its_pauses(api: Api) -> None:
    (path,) = made(api)
    api.post(f"{path}/pause", {"until": UNTIL})
    api.post(PAUSE_ALL)
    api.ok("DELETE", api.at)
    api.post(f"{api.at}/restore")
    api.post(RESUME_ALL)
    later(api, 3 * 3600)
    assert (api.get(path)["status"], api.get(path)["pause"]["cause"]) == ("paused", "agent_deleted")


@pytest.mark.parametrize("action", ["resume", "delete", "resume-all"])
def test_resume_all_of_a_job_that_is_no_pause_is_a_409(api: Api, action: str) -> None:
    body = {"filter": {}, "action": action, "dry_run": False}
    job_id = api.post(RESUME_ALL)["id"] if action == "resume-all" else api.post("/api/v1/schedules/bulk", body)["id"]
    message = api.refused("POST", RESUME_ALL, {"job_id": job_id}, status=409)
    assert message.startswith(f"job_id: {job_id} is no pause, its action is {action.removesuffix('-all')}")


def test_resume_all_of_a_dry_run_is_a_409(api: Api) -> None:
    made(api, 101)
    job_id = api.post("/api/v1/schedules/bulk", {"filter": {}, "action": "pause"})["id"]
    assert "dry run" in api.refused("POST", RESUME_ALL, {"job_id": job_id}, status=409)


def test_a_job_shows_what_was_asked_for(api: Api) -> None:
    made(api)
    pause = api.post("/api/v1/schedules/bulk", {"filter": {}, "action": "pause", "reason": "r", "until": UNTIL})
    assert (pause["reason"], pause["until"], pause["update"]) == ("r", "2026-03-02T12:00:00+00:00", None)
    local = {"filter": {}, "action": "pause", "until": "2026-03-02T12:00:00", "dry_run": False}
    job = api.post("/api/v1/schedules/bulk", local)
    assert (api.get(f"/api/v1/jobs/{job['id']}")["until"], job["reason"]) == ("2026-03-02T12:00:00", None)
    update = {"filter": {}, "action": "update", "update": {"name": None}, "dry_run": False}
    assert api.post("/api/v1/schedules/bulk", update)["update"] == {"name": None}
    assert api.post(PAUSE_ALL, {"reason": "Incident"})["reason"] == "Incident"
