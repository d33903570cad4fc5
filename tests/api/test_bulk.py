"""Changes of many schedules over HTTP: what is counted, what is changed, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api
from tests.support.bulk import BULK, JOBS, PAUSE, bulk, counts, fill, many, messages, statuses


def test_a_bulk_is_a_dry_run_unless_told_otherwise(api: Api) -> None:
    fill(api, 3)
    before = api.traces()
    job = api.post(BULK, PAUSE)
    assert (job["id"], job["status"], job["dry_run"], counts(job)) == (None, "completed", True, (3, 0, 0, 0))
    assert api.traces() == before
    assert api.get(JOBS)["data"] == []


def test_a_small_bulk_is_over_with_its_answer(api: Api) -> None:
    fill(api, 30)
    job = bulk(api, reason="r", until="2026-03-09T10:00:00")
    assert (job["status"], counts(job), job["errors"]) == ("completed", (30, 30, 0, 0), [])
    assert messages(api) == []
    assert set(statuses(api)) == {"paused"}
    shown = api.get(f"{api.schedules}?limit=1")["data"][0]["pause"]
    assert (shown["reason"], shown["until"], shown["job"]) == ("r", "2026-03-09T10:00:00.000Z", job["id"])
    assert api.get(f"{JOBS}/{job['id']}") == job
    assert api.get(JOBS)["data"] == [job]


def test_a_large_bulk_goes_on_after_its_answer(api: Api) -> None:
    fill(api, 130)
    job = bulk(api, 202)
    assert (job["status"], counts(job)) == ("running", (125, 100, 0, 0))
    assert len(messages(api)) == 1
    api.world.work()
    job = api.get(f"{JOBS}/{job['id']}")
    assert (job["status"], counts(job)) == ("completed", (130, 130, 0, 0))
    assert messages(api) == []


def test_a_large_dry_run_is_a_job_that_only_counts(api: Api) -> None:
    fill(api, 130)
    rows = {key: row for key, row in api.world.table.items.items() if not key[1].startswith("J#")}
    job = api.post(BULK, PAUSE)
    assert (job["status"], job["dry_run"], counts(job)) == ("completed", True, (130, 0, 0, 0))
    after = {key: row for key, row in api.world.table.items.items() if not key[1].startswith("J#")}
    assert after == rows
    assert api.get(f"{JOBS}/{job['id']}") == job


def test_a_slow_call_leaves_the_rest_to_the_worker(api: Api) -> None:
    fill(api, 3)
    api.monotonic = 0

    def slow() -> None:
        api.monotonic += 0.5

    api.world.clock.looked = slow
    job = bulk(api, 202)
    api.world.clock.looked = lambda: None
    api.world.work()
    assert counts(api.get(f"{JOBS}/{job['id']}")) == (3, 3, 0, 0)


@pytest.mark.parametrize("path", [BULK, "/api/v1/schedules/pause-all"])
def test_a_slow_eventbridge_keeps_no_client_waiting(api: Api, path: str) -> None:
    fill(api, 30)
    api.world.scheduler.before = lambda *_: setattr(api, "monotonic", api.monotonic + 2.1)
    job = api.post(path, PAUSE | {"dry_run": False} if path == BULK else None, status=202)
    assert (counts(job), api.monotonic) == ((25, 1, 0, 0), 2.1)
    assert len(messages(api)) == 1
    api.world.work()
    assert counts(api.get(f"{JOBS}/{job['id']}")) == (30, 30, 0, 0)
    assert {row["generation"] for row in api.world.table.items.values() if "generation" in row} == {2}


def test_a_call_changes_no_schedule_after_3_seconds(api: Api) -> None:
    fill(api, 3)
    reads = 0

    def slow() -> None:
        nonlocal reads
        reads += 1
        api.monotonic += 1.6 if reads > 1 else 0  # once the first batch is read

    api.world.table.before_read = slow
    job = bulk(api, 202)
    assert (counts(job), set(statuses(api))) == ((3, 0, 0, 0), {"active"})
    api.world.table.before_read = lambda: None
    api.world.work()
    assert counts(api.get(f"{JOBS}/{job['id']}")) == (3, 3, 0, 0)


def test_only_what_matches_is_changed(api: Api) -> None:
    many(api, 2, metadata={"team": "a"})
    many(api, 2, metadata={"team": "b"})
    job = bulk(api, filter={"metadata": {"team": "b"}}, action="delete")
    assert (counts(job), job["filter"]) == ((2, 2, 0, 0), {"metadata": {"team": "b"}})
    assert [one["metadata"]["team"] for one in api.get(api.schedules)["data"]] == ["a", "a"]


def test_an_update_of_many_is_that_of_each(api: Api) -> None:
    before = many(api, 2)
    update = {"schedule": HOURLY | {"interval_seconds": 7200}, "name": None, "policies": {"max_runs": 5}}
    assert counts(bulk(api, action="update", update=update)) == (2, 2, 0, 0)
    for one in before:
        after = api.get(f"{api.schedules}/{one['id']}")
        assert (after["name"], after["schedule"]["interval_seconds"], after["generation"]) == (None, 7200, 2)
        assert after["policies"]["max_runs"] == 5
        assert after["input"] == one["input"]
    assert counts(bulk(api, action="update", update=update)) == (2, 0, 2, 0)


@pytest.mark.parametrize(
    "update",
    [
        {"schedule": {"type": "once", "run_at": "2027-05-01T09:00:00.5+02:00"}},
        {"schedule": {"type": "once", "run_at": "2027-05-01T09:00:00", "timezone": "Asia/Tokyo"}},
        {"policies": {"exclude": ["2027-12-24/2027-12-26"], "end_at": "2030-01-01T00:00:00"}},
        {"context_management": [{"type": "compaction", "compact_threshold": 1000}], "metadata": {}},
    ],
)
def test_an_update_means_the_same_to_many_as_to_one(api: Api, update: dict[str, Any]) -> None:
    (first, second) = many(api, 2)
    alone = api.post(f"{api.schedules}/{first['id']}", update)
    assert counts(bulk(api, action="update", update=update)) == (2, 1, 1, 0)
    together = api.get(f"{api.schedules}/{second['id']}")
    same = [name for name in alone if name not in {"id", "name", "temporal_schedule_id", "created_at", "updated_at"}]
    assert {name: together[name] for name in same} == {name: alone[name] for name in same}


def test_what_cannot_be_changed_is_counted_and_named(api: Api) -> None:
    (soon,) = many(api, 1, spec={"type": "once", "run_at": "2026-03-02T10:05:00Z"})
    fill(api, 2)
    bulk(api)
    api.world.clock.advance(600)
    job = bulk(api, action="resume")
    assert (job["status"], counts(job)) == ("completed", (3, 2, 0, 1))
    (error,) = job["errors"]
    assert (error["schedule_id"], error["agent_id"]) == (soon["id"], api.agent)
    assert error["message"] in api.refused("POST", f"{api.schedules}/{soon['id']}/resume", status=409)


def test_a_pause_of_many_leaves_pauses_alone(api: Api) -> None:
    (first, _) = many(api, 2)
    path = f"{api.schedules}/{first['id']}"
    paused = api.post(f"{path}/pause", {"reason": "mine"})
    assert counts(bulk(api, reason="theirs")) == (2, 1, 1, 0)
    assert api.get(path) == paused


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"filter": None}, "filter"),
        ({"filter": {"nmae": "x"}}, "filter.nmae"),
        ({"filter": {"status": "deleted"}}, "filter.status"),
        *(
            ({"filter": {name: None}}, f"filter.{name}: ")
            for name in ("agent_id", "status", "name", "metadata", "next_run_before", "last_run_status")
        ),
        ({"filter": {"metadata": {}}}, "filter.metadata: "),
        ({"action": "explode"}, "action: is unknown; send pause, resume, delete or update"),
        ({"action": "update"}, "update: is required"),
        ({"update": {"name": "n"}}, "update: "),
        ({"action": None}, "action: "),
        ({"action": "update", "update": {}}, "update"),
        ({"action": "update", "update": {"key": "k"}}, "key"),
        (
            {"action": "update", "update": {"schedule": HOURLY | {"interval_seconds": 0}}},
            "update.schedule.interval_seconds: ",
        ),
        (
            {"action": "update", "update": {"schedule": {"type": "once", "run_at": "2020-01-01T00:00:00Z"}}},
            "update.schedule.run_at: ",
        ),
        ({"action": "update", "update": {"policies": {"exclude": ["x"]}}}, "exclude"),
        ({"action": "delete", "reason": "r"}, "reason"),
        ({"until": "2020-01-01T00:00:00Z"}, "until: "),
        ({"until": "2026-03-02T10:00:00Z"}, "until: "),
        ({"until": "2026-03-01T22:00:00"}, "until: "),
        ({"until": "9999-12-31T23:00:00"}, "until: must be between"),
        ({"reason": ""}, "reason"),
        ({"dry_run": "no"}, "dry_run"),
    ],
)
def test_a_bad_bulk_writes_nothing(api: Api, body: Any, named: str) -> None:
    fill(api, 1)
    assert named in api.refused("POST", BULK, PAUSE | {"dry_run": False} | body, status=400)


@pytest.mark.parametrize("agent_id", ["agt_" + "0" * 26, "", "x"])
def test_an_unknown_agent_in_a_filter_is_a_404(api: Api, agent_id: str) -> None:
    body = PAUSE | {"filter": {"agent_id": agent_id}}
    assert api.refused("POST", BULK, body, status=404).startswith("filter.agent_id: no agent")


def test_a_bulk_without_an_action_names_the_actions(api: Api) -> None:
    message = api.refused("POST", BULK, {"filter": {}}, status=400)
    assert message == "action: is required; send pause, resume, delete or update"


def test_until_is_local_to_the_zone_of_each_schedule(api: Api) -> None:
    (west,) = many(api, 1, spec=HOURLY | {"timezone": "America/New_York"})
    (east,) = many(api, 1, spec=HOURLY | {"timezone": "Asia/Tokyo"})
    job = bulk(api, until="2026-03-02T08:00:00")
    assert counts(job) == (2, 1, 0, 1)
    assert api.get(f"{api.schedules}/{west['id']}")["pause"]["until"] == "2026-03-02T13:00:00.000Z"
    assert [error["schedule_id"] for error in job["errors"]] == [east["id"]]


def test_an_agent_deleted_meanwhile_ends_its_job(api: Api) -> None:
    fill(api, 130)
    job = bulk(api, 202, filter={"agent_id": api.agent})
    api.ok("DELETE", api.at)
    api.world.work()
    job = api.get(f"{JOBS}/{job['id']}")
    assert (job["status"], counts(job)) == ("failed", (125, 100, 25, 0))
    assert api.agent in job["error"]


def test_a_read_key_changes_nothing(api: Api) -> None:
    _, secret = api.world.keyring.create("local", "read")
    for path in (BULK, "/api/v1/schedules/pause-all", "/api/v1/schedules/resume-all", f"{JOBS}/job_1/cancel"):
        api.refused("POST", path, PAUSE if path == BULK else None, status=403, Authorization=f"Bearer {secret}")
    api.ok("GET", JOBS, Authorization=f"Bearer {secret}")


def test_an_idempotency_key_begins_one_job(api: Api) -> None:
    fill(api, 2)
    first = api.post(BULK, PAUSE | {"dry_run": False}, Idempotency_Key="k")
    assert api.post(BULK, PAUSE | {"dry_run": False}, Idempotency_Key="k") == first
    assert len(api.get(JOBS)["data"]) == 1
