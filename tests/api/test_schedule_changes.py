"""Update, pause, resume and delete of schedules over HTTP (contract 2.3, D1-D4, D17-D28)."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.schemas.requests import CreateScheduleBody, UpdateScheduleBody

from tests.support.api import HOURLY, Api

MINUTELY = {"type": "interval", "interval_seconds": 60, "timezone": "UTC"}
SOON = {"type": "once", "run_at": "2026-03-02T10:05:00.000Z", "timezone": "UTC"}
VENDORS: dict[str, Any] = {
    "name": "n", "input": [{"role": "user", "content": "hi"}], "conversation": {"id": "conv_1"},
    "previous_response_id": "resp_1", "metadata": {"k": "v"},
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
}  # fmt: skip
ALL = VENDORS | {name: field.examples[0] for name, field in UpdateScheduleBody.model_fields.items() if field.examples}
"""A value for each field but the timing; of a field that is ours, its own example."""
RULED = {"schedule", "policies"}
"""Fields with rules of their own (`test_preview.py`, `test_policies.py`)."""
KEPT = {"input", "metadata", "key"}
"""Fields that null does not clear."""
ENTRY = {"once": "at(", "hourly": "rate(60", "90 s": None, "cron": "cron("}
SPECS: dict[str, dict[str, Any]] = {
    "once": {"type": "once", "run_at": "2026-03-03T10:00:00Z"},
    "hourly": {"type": "interval", "interval_seconds": 3600},
    "90 s": {"type": "interval", "interval_seconds": 90},
    "cron": {"type": "cron", "cron_expression": "0 9 * * *"},
}


def records(api: Api) -> list[tuple[Any, ...]]:
    return [
        (item["outcome"], item["reason"], item["count"])
        for (_, sk), item in sorted(api.world.table.items.items())
        if sk.startswith("O#")
    ]


def entry(api: Api) -> str | None:
    """The expression of the only entry."""
    (found,) = api.world.scheduler.entries.values() or [None]
    return found.expression if found else None


def test_a_create_and_an_update_take_the_same_fields() -> None:
    """A field that is missing here has no `examples`, or is not in both bodies."""
    both = set(CreateScheduleBody.model_fields) - {"paused"}  # which pause and resume change
    assert set(ALL) | RULED == both == set(UpdateScheduleBody.model_fields)


@pytest.mark.parametrize("field", ALL)
def test_a_create_keeps_each_field(api: Api, field: str) -> None:
    created = api.create(**{field: ALL[field]})
    assert created[field] == ALL[field]
    assert api.get(f"{api.schedules}/{created['id']}") == created


@pytest.mark.parametrize("field", ALL)
def test_an_update_changes_what_it_names_and_keeps_the_rest(api: Api, field: str) -> None:
    before = api.create()
    path = f"{api.schedules}/{before['id']}"
    api.world.clock.advance(10)
    after = api.post(path, {field: ALL[field]})
    assert after == before | {field: ALL[field], "generation": 2, "updated_at": "2026-03-02T10:00:10.000Z"}
    assert api.get(path) == after
    traces = api.traces()
    assert api.post(path, {field: ALL[field]}) == after
    assert api.traces() == traces


@pytest.mark.parametrize("field", ALL)
def test_null_clears_nullable_fields_only(api: Api, field: str) -> None:
    given = {name: value for name, value in ALL.items() if name == field or name != "previous_response_id"}
    if field == "previous_response_id":
        del given["conversation"]  # the Responses API takes one of the two
    path = f"{api.schedules}/{api.create(**given)['id']}"
    if field not in KEPT:
        assert api.post(path, {field: None})[field] is None
    else:
        assert field in api.refused("POST", path, {field: None}, status=400)


def test_metadata_is_replaced_whole_and_can_be_emptied(api: Api) -> None:
    path = f"{api.schedules}/{api.create(metadata=ALL['metadata'])['id']}"
    assert api.post(path, {"metadata": {"a": "b"}})["metadata"] == {"a": "b"}
    assert api.post(path, {"metadata": {}})["metadata"] == {}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "field"),
        ({"schedule": None}, "schedule"),
        ({"schedule": {"type": "once", "run_at": "2026-03-02T09:00:00Z"}}, "schedule.run_at"),
        ({"schedule": {"type": "interval", "interval_seconds": 0}}, "schedule.interval_seconds"),
        ({"schedule": {"type": "cron", "cron_expression": "0 0 30 2 *"}}, "schedule.cron_expression"),
        ({"schedule": {"interval_seconds": 60}}, "schedule"),
        ({"input": ""}, "input"),
        ({"status": "paused"}, "status"),
        ({"name": ""}, "name"),
        ({"key": "No Slug"}, "key"),
        ({"paused": True}, "paused"),
    ],
)
def test_a_bad_update_writes_nothing(api: Api, body: Any, named: str) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    assert named in api.refused("POST", path, body, status=400)


@pytest.mark.parametrize("new", SPECS)
@pytest.mark.parametrize("old", SPECS)
def test_another_timing_is_armed_instead_of_the_one_before(api: Api, old: str, new: str) -> None:
    created = api.create(SPECS[old])
    path = f"{api.schedules}/{created['id']}"
    updated = api.post(path, {"schedule": SPECS[new]})
    expected = ENTRY[new]
    assert entry(api) is None if expected is None else str(entry(api)).startswith(expected)
    assert updated["next_run_at"] is not None
    assert updated["generation"] == (1 if old == new else 2)
    api.world.pass_time(91)
    assert api.get(path)["run_count"] == (1 if new == "90 s" else 0)


def test_the_same_timing_keeps_its_grid(api: Api) -> None:
    created = api.create(HOURLY)
    path = f"{api.schedules}/{created['id']}"
    api.world.clock.advance(600)
    kept = api.post(path, {"schedule": HOURLY, "name": "n"})
    assert kept["next_run_at"] == created["next_run_at"]
    changed = api.post(path, {"schedule": {"type": "interval", "interval_seconds": 1800}})
    assert changed["next_run_at"] == "2026-03-02T10:40:00.000Z"  # a new grid, from now


def test_a_new_timing_skips_what_was_due(api: Api) -> None:
    created = api.create(MINUTELY)
    path = f"{api.schedules}/{created['id']}"
    api.world.queue.messages.clear()
    api.world.clock.advance(150)
    api.post(path, {"schedule": HOURLY})
    assert records(api) == [("skipped", "schedule_updated", 2)]
    api.world.pass_time(120)
    assert api.get(path)["run_count"] == 0


def test_a_run_uses_the_definition_it_was_claimed_under(api: Api) -> None:
    created = api.create(MINUTELY, input="old")
    api.world.pass_time(61)
    api.post(f"{api.schedules}/{created['id']}", {"input": "new"})
    api.world.clock.advance(59)
    api.fire(created)
    api.world.pass_time(5)
    assert [run["input"] for run in api.get(api.runs)["data"]] == ["new", "old"]
    assert [post.request["input"] for post in api.world.gateway.posts] == ["old", "new"]


@pytest.mark.parametrize("spec", SPECS)
def test_pause_and_resume(api: Api, spec: str) -> None:
    created = api.create(SPECS[spec])
    path = f"{api.schedules}/{created['id']}"
    for _ in range(2):
        paused = api.post(f"{path}/pause")
        assert (paused["status"], paused["next_run_at"], paused["generation"]) == ("paused", None, 2)
        assert entry(api) is None
    api.world.pass_time(200)
    assert api.get(path)["run_count"] == 0
    for _ in range(2):
        resumed = api.post(f"{path}/resume")
        assert (resumed["status"], resumed["generation"]) == ("active", 3)
    if spec == "90 s":
        assert resumed["next_run_at"] == "2026-03-02T10:04:30.000Z"  # on the grid of before
        assert records(api) == [("skipped", "paused", 2)]
    else:
        assert resumed["next_run_at"] == created["next_run_at"]
        assert str(entry(api)).startswith(ENTRY[spec] or "?")
        assert records(api) == []


def test_what_was_due_when_it_was_paused_is_skipped(api: Api) -> None:
    created = api.create(MINUTELY)
    path = f"{api.schedules}/{created['id']}"
    api.world.queue.messages.clear()
    api.world.clock.advance(90)
    api.post(f"{path}/pause")
    api.world.clock.advance(120)
    api.post(f"{path}/resume")
    assert records(api) == [("skipped", "schedule_paused", 1), ("skipped", "paused", 2)]


def test_a_paused_schedule_can_be_updated_and_stays_paused(api: Api) -> None:
    created = api.create(HOURLY)
    path = f"{api.schedules}/{created['id']}"
    api.post(f"{path}/pause")
    updated = api.post(path, {"schedule": MINUTELY, "name": "n"})
    assert (updated["status"], updated["schedule"], updated["next_run_at"]) == ("paused", MINUTELY, None)
    assert entry(api) is None
    resumed = api.post(f"{path}/resume")
    assert resumed["next_run_at"] == "2026-03-02T10:01:00.000Z"


def test_a_once_passed_while_paused_needs_an_update_first(api: Api) -> None:
    path = f"{api.schedules}/{api.create(SOON)['id']}"
    api.post(f"{path}/pause")
    api.world.clock.advance(600)
    assert "update" in api.refused("POST", f"{path}/resume", status=409)
    later = SOON | {"run_at": "2026-03-02T11:00:00.000Z"}
    assert api.post(path, {"schedule": later})["status"] == "paused"
    assert api.post(f"{path}/resume")["next_run_at"] == later["run_at"]


def completed(api: Api) -> tuple[dict[str, Any], str]:
    """A `once` that has run, and its path."""
    created = api.create(SOON | {"run_at": "2026-03-02T10:00:00.000Z"})
    api.world.pass_time(5)
    path = f"{api.schedules}/{created['id']}"
    done = api.get(path)
    assert (done["status"], done["run_count"]) == ("completed", 1)
    return done, path


def test_a_completed_schedule_can_be_neither_paused_nor_resumed(api: Api) -> None:
    _, path = completed(api)
    for verb in ("pause", "resume"):
        assert "completed" in api.refused("POST", f"{path}/{verb}", status=409)


def test_a_future_time_reactivates_a_completed_schedule(api: Api) -> None:
    done, path = completed(api)
    renamed = api.post(path, {"name": "n", "schedule": done["schedule"]})
    assert (renamed["status"], renamed["name"]) == ("completed", "n")
    again = api.post(path, {"schedule": SOON})
    assert (again["status"], again["run_count"], again["last_run_id"]) == ("active", 1, done["last_run_id"])
    api.world.clock.advance(300)
    api.fire(again)
    done = api.get(path)
    assert (done["status"], done["run_count"]) == ("completed", 2)


def test_an_update_never_repeats_a_settled_occurrence(api: Api) -> None:
    done, path = completed(api)
    at = done["schedule"]["run_at"]
    api.post(path, {"schedule": HOURLY})
    api.refused("POST", path, {"schedule": SOON | {"run_at": at}}, status=400)
    assert api.get(path)["run_count"] == 1


def test_a_deleted_schedule_is_a_tombstone_for_thirty_days(api: Api) -> None:
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    api.ok("DELETE", path)
    for suffix, body in (("", {"name": "n"}), ("/pause", None), ("/resume", None)):
        assert "deleted" in api.refused("POST", f"{path}{suffix}", body, status=404)
    (listed,) = api.get(f"{api.schedules}?status=deleted")["data"]
    assert listed == api.get(path)
    assert listed["status"] == "deleted"
    assert api.get(f"{path}/runs")["data"] == []
    api.world.clock.advance(30 * 86_400)
    api.refused("GET", path, status=404)
    api.refused("DELETE", path, status=404)
    assert api.get(f"{api.schedules}?status=deleted")["data"] == []


def test_deleting_a_paused_schedule_records_its_pause(api: Api) -> None:
    path = f"{api.schedules}/{api.create(MINUTELY)['id']}"
    api.post(f"{path}/pause")
    api.world.clock.advance(180)
    api.ok("DELETE", path)
    assert records(api) == [("skipped", "paused", 3)]


@pytest.mark.parametrize("status", ["active", "", "nope"])
def test_only_deleted_can_be_asked_for(api: Api, status: str) -> None:
    assert "status" in api.refused("GET", f"{api.schedules}?status={status}", status=400)


def test_duplicates_are_allowed(api: Api) -> None:
    assert api.create(name="n")["id"] != api.create(name="n")["id"]


def test_the_runs_of_one_schedule(api: Api) -> None:
    first, second = api.create(MINUTELY), api.create(MINUTELY)
    api.start()
    api.world.pass_time(61)
    (run,) = api.get(f"{api.schedules}/{first['id']}/runs")["data"]
    assert (run["schedule_id"], run["trigger"], run["scheduled_for"]) == (
        first["id"], "schedule", "2026-03-02T10:01:00.000Z",
    )  # fmt: skip
    assert api.get(f"{api.runs}/{run['id']}") == run
    assert len(api.get(f"{api.schedules}/{second['id']}/runs")["data"]) == 1
    assert len(api.get(api.runs)["data"]) == 3
    other = api.ok("POST", "/api/v1/agents", {"name": "b", "model": "m"}, status=201)["id"]
    api.refused("GET", f"/api/v1/agents/{other}/schedules/{first['id']}/runs", status=404)
