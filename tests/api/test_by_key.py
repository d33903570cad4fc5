"""Stable keys over HTTP: a PUT makes or brings up to date, a key names one thing, and a deletion frees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from agent_schedules.storage.table import Write

from tests.support.api import HOURLY, Api

BODY: dict[str, Any] = {"schedule": HOURLY, "input": "x"}
AGENT: dict[str, Any] = {"name": "a", "model": "m"}
AGENT_AT = "/api/v1/agents/by-key/reporter"


def at(api: Api) -> str:
    return f"{api.schedules}/by-key/daily"


def put(api: Api, status: int = 200, **more: Any) -> dict[str, Any]:
    return api.ok("PUT", at(api), BODY | more, status=status)


def keys(api: Api) -> dict[str, Any]:
    """The items of stable keys: what each names."""
    return {sk: row["id"] for (_, sk), row in api.world.table.items.items() if sk.startswith("B#")}


def before_the_next_commit(api: Api, happens: Any) -> None:
    def once(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        happens()

    api.world.table.before_write = once


# Schedules


def test_a_put_creates_then_changes_nothing(api: Api) -> None:
    created = put(api, 201)
    assert (created["key"], created["status"], created["generation"]) == ("daily", "active", 1)
    traces = api.traces()
    api.world.clock.advance(600)
    assert put(api) == created
    assert api.traces() == traces
    assert api.get(at(api)) == created == api.get(f"{api.schedules}/{created['id']}")


def test_a_put_describes_the_whole_schedule(api: Api) -> None:
    more = {"name": "n", "metadata": {"a": "b"}, "policies": {"max_runs": 3}, "conversation": "conv_1"}
    created = put(api, 201, **more)
    changed = put(api)
    assert (changed["name"], changed["metadata"], changed["conversation"]) == (None, {}, None)
    assert changed["policies"] == api.create()["policies"]
    assert (changed["id"], changed["generation"]) == (created["id"], 2)
    assert changed["next_run_at"] == created["next_run_at"]  # the timing was repeated, and keeps its grid


def test_a_put_never_resumes(api: Api) -> None:
    path = f"{api.schedules}/{put(api, 201)['id']}"
    paused = api.post(f"{path}/pause", {"reason": "incident"})
    for body in ({}, {"paused": False}, {"paused": True}):
        assert put(api, **body) == paused
    assert put(api, name="n")["pause"] == paused["pause"]
    assert put(api, schedule=HOURLY | {"interval_seconds": 60})["status"] == "paused"


def test_a_put_pauses_as_part_of_its_change(api: Api) -> None:
    put(api, 201)
    api.world.clock.advance(600)
    changed = put(api, name="n", paused=True)
    assert (changed["status"], changed["generation"], changed["name"]) == ("paused", 2, "n")
    assert changed["pause"]["since"] == "2026-03-02T10:10:00.000Z"
    assert (changed["next_run_at"], api.world.scheduler.entries) == (None, {})
    assert api.post(f"{api.schedules}/{changed['id']}/resume")["next_run_at"] == "2026-03-02T11:00:00.000Z"


@pytest.mark.parametrize("via", ["POST", "PUT"])
def test_a_schedule_created_paused_has_no_entry(api: Api, via: str) -> None:
    path, body = (at(api), BODY) if via == "PUT" else (api.schedules, BODY)
    made = api.ok(via, path, body | {"paused": True}, status=201)
    assert (made["status"], made["generation"], made["next_run_at"]) == ("paused", 1, None)
    assert made["pause"] == {
        "cause": "manual", "reason": None, "since": made["created_at"], "until": None, "by": "local", "job": None,
        "earlier_until": None,
    }  # fmt: skip
    assert (api.world.scheduler.entries, api.world.queue.messages) == ({}, [])
    api.world.clock.advance(7200 + 60)
    resumed = api.post(f"{api.schedules}/{made['id']}/resume")
    assert resumed["next_run_at"] == "2026-03-02T13:00:00.000Z"
    listed = api.get(f"{api.schedules}/{made['id']}/occurrences")["data"]
    assert {one["reason"] for one in listed if one["outcome"] == "skipped"} == {"paused"}


def test_a_once_of_the_last_minute_created_paused_is_skipped(api: Api) -> None:
    once = {"type": "once", "run_at": "2026-03-02T09:59:30Z"}
    made = api.create(once, paused=True)
    api.world.pass_time(60)
    assert api.get(f"{api.schedules}/{made['id']}")["run_count"] == 0
    later = {"type": "once", "run_at": "2026-03-03T10:00:00Z"}
    api.post(f"{api.schedules}/{made['id']}", {"schedule": later})
    found = api.get(f"{api.schedules}/{made['id']}/occurrences")["data"]
    assert [(one["outcome"], one["reason"]) for one in found if one["outcome"] == "skipped"] == [("skipped", "paused")]


def test_a_completed_schedule_has_nothing_to_pause(api: Api) -> None:
    once = {"type": "once", "run_at": "2026-03-02T10:05:00Z"}
    put(api, 201, schedule=once)
    api.world.pass_time(400)
    api.fire(api.get(at(api)))
    api.world.pass_time(10)
    done = api.get(at(api))
    assert done["status"] == "completed"
    assert put(api, schedule=once) == put(api, schedule=once, paused=True) == done
    again = put(api, schedule=once | {"run_at": "2026-03-03T10:00:00Z"}, paused=True)
    assert (again["status"], again["generation"]) == ("paused", 2)


def test_a_key_names_one_schedule_of_an_agent(api: Api) -> None:
    holder = api.create(key="daily")
    message = api.refused("POST", api.schedules, BODY | {"key": "daily"}, status=409)
    assert message.startswith("key: ")
    assert holder["id"] in message
    other = api.create()
    assert holder["id"] in api.refused("POST", f"{api.schedules}/{other['id']}", {"key": "daily"}, status=409)
    elsewhere = api.post("/api/v1/agents", AGENT, status=201)["id"]
    api.post(f"/api/v1/agents/{elsewhere}/schedules", BODY | {"key": "daily"}, status=201)


def test_a_key_is_set_once_and_never_changed(api: Api) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    assert api.post(path, {"key": "daily"})["key"] == "daily"
    assert api.post(path, {"key": "daily", "name": "n"})["generation"] == 3
    assert "cannot be changed" in api.refused("POST", path, {"key": "weekly"}, status=400)
    assert "null" in api.refused("POST", path, {"key": None}, status=400)
    assert api.get(at(api)) == api.get(path)


@pytest.mark.parametrize("by", ["key", "id"])
def test_a_deletion_frees_the_key(api: Api, by: str) -> None:
    first = put(api, 201)
    path = at(api) if by == "key" else f"{api.schedules}/{first['id']}"
    assert api.ok("DELETE", path)["id"] == first["id"]
    assert keys(api) == {}
    assert "daily" in api.refused("GET", at(api), status=404)
    assert "daily" in api.refused("DELETE", at(api), status=404)
    assert api.get(f"{api.schedules}/{first['id']}")["key"] == "daily"  # what it was called
    assert put(api, 201)["id"] != first["id"]


@pytest.mark.parametrize("key", ["", "A", "-a", ".a", "a b", "a/b", "a" * 64, "é", "a\n"])
def test_what_is_no_slug_is_refused(api: Api, key: str) -> None:
    assert api.refused("POST", api.schedules, BODY | {"key": key}, status=400).startswith("key: ")
    assert api.refused("POST", "/api/v1/agents", AGENT | {"key": key}, status=400).startswith("key: ")


@pytest.mark.parametrize("key", ["a", "0", "a.b_c-d", "a" * 63, "pause", "runs", "preview"])
def test_every_slug_finds_its_schedule(api: Api, key: str) -> None:
    path = f"{api.schedules}/by-key/{key}"
    assert api.ok("PUT", path, BODY, status=201) == api.get(path)


def test_a_key_in_the_body_of_a_put_is_refused(api: Api) -> None:
    assert api.refused("PUT", at(api), BODY | {"key": "daily"}, status=400).startswith("key: ")


def test_a_put_that_is_refused_writes_nothing(api: Api) -> None:
    put(api, 201)
    assert "input" in api.refused("PUT", at(api), {"schedule": HOURLY}, status=400)
    gone = HOURLY | {"type": "once", "run_at": "2020-01-01T00:00:00Z"}
    del gone["interval_seconds"]
    assert "run_at" in api.refused("PUT", at(api), BODY | {"schedule": gone}, status=400)
    assert "agent_id" in api.refused("PUT", at(api).replace(api.agent, "agt_" + "0" * 26), BODY, status=404)


def test_if_match_cannot_hold_for_what_does_not_exist(api: Api) -> None:
    assert "daily" in api.refused("PUT", at(api), BODY, status=412, If_Match="*")
    assert "reporter" in api.refused("PUT", AGENT_AT, AGENT, status=412, If_Match="*")


@pytest.mark.parametrize("kind", ["schedule", "agent"])
def test_a_delete_by_key_of_another_version_is_a_412(api: Api, kind: str) -> None:
    path, body = (at(api), BODY) if kind == "schedule" else (AGENT_AT, AGENT)
    api.ok("PUT", path, body, status=201)
    seen = api.client.get(path).headers["ETag"]
    api.ok("PUT", path, body | {"name": "n"})
    api.refused("DELETE", path, status=412, If_Match=seen)
    api.ok("DELETE", path, If_Match=api.client.get(path).headers["ETag"])


def test_an_idempotency_key_holds_for_a_put(api: Api) -> None:
    created = api.ok("PUT", at(api), BODY, status=201, Idempotency_Key="k")
    changed = put(api, name="later")
    assert api.ok("PUT", at(api), BODY, Idempotency_Key="k") == changed  # the repeat does not take the change back
    assert changed["id"] == created["id"]
    assert "Idempotency-Key" in api.refused("PUT", at(api), BODY | {"name": "z"}, status=409, Idempotency_Key="k")


# Races


@pytest.mark.parametrize("first", ["put", "post"])
def test_of_two_creates_at_once_the_put_becomes_an_update(api: Api, first: str) -> None:
    body = BODY | {"name": "first"}
    make = {
        "put": lambda: api.ok("PUT", at(api), body, status=201),
        "post": lambda: api.post(api.schedules, body | {"key": "daily"}, status=201),
    }[first]
    before_the_next_commit(api, make)
    second = put(api, name="second")
    assert (second["name"], second["generation"]) == ("second", 2)
    assert api.get(api.schedules)["data"] == [second]
    assert keys(api) == {"B#daily": second["id"]}


def test_a_post_that_loses_its_key_is_a_409(api: Api) -> None:
    before_the_next_commit(api, lambda: put(api, 201))
    assert "daily" in api.post(api.schedules, BODY | {"key": "daily"}, status=409)["error"]["message"]
    assert len(api.get(api.schedules)["data"]) == 1


def test_an_update_that_loses_its_key_is_a_409(api: Api) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    before_the_next_commit(api, lambda: put(api, 201))
    assert "daily" in api.post(path, {"key": "daily"}, status=409)["error"]["message"]
    assert api.get(path)["key"] is None


def test_a_put_that_races_with_the_deletion_creates_another(api: Api) -> None:
    first = put(api, 201)
    before_the_next_commit(api, lambda: api.ok("DELETE", at(api)))
    second = put(api, 201, name="n")
    assert second["id"] != first["id"]
    assert keys(api) == {"B#daily": second["id"]}


def test_a_put_that_races_with_its_agents_deletion_is_a_404(api: Api) -> None:
    before_the_next_commit(api, lambda: api.ok("DELETE", api.at))
    api.ok("PUT", at(api), BODY, status=404)
    assert keys(api) == {}


def test_a_slow_put_is_not_undone_after_its_repeat(api: Api) -> None:
    """The first answer comes too late, and the repeat has been told that the schedule exists."""
    repeats: list[dict[str, Any]] = []

    def slow(_: Sequence[Write]) -> None:
        api.world.table.after_write = lambda _: None
        repeats.append(put(api))
        api.monotonic += 4.6

    api.world.table.after_write = slow
    put(api, 201)
    assert api.get(at(api)) == repeats[0]
