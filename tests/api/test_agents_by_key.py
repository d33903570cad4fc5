"""Stable keys of agents over HTTP, as `test_by_key.py` holds those of schedules."""

from __future__ import annotations

import pytest

from tests.api.test_by_key import AGENT, AGENT_AT, BODY, before_the_next_commit, keys
from tests.support.api import Api


def test_a_put_creates_an_agent_then_a_version(api: Api) -> None:
    created = api.ok("PUT", AGENT_AT, AGENT | {"instructions": "Be brief."}, status=201)
    assert (created["key"], created["version"]) == ("reporter", 1)
    traces = api.traces()
    assert api.ok("PUT", AGENT_AT, AGENT | {"instructions": "Be brief."}) == created
    assert api.traces() == traces
    changed = api.ok("PUT", AGENT_AT, AGENT)
    assert (changed["id"], changed["version"], changed["instructions"]) == (created["id"], 2, None)
    assert api.get(AGENT_AT) == changed == api.get(f"/api/v1/agents/{created['id']}")


def test_a_deleted_agent_frees_its_key_and_takes_it_again(api: Api) -> None:
    first = api.ok("PUT", AGENT_AT, AGENT, status=201)
    path = f"/api/v1/agents/{first['id']}"
    api.ok("PUT", f"{path}/schedules/by-key/daily", BODY, status=201)
    assert api.ok("DELETE", AGENT_AT)["id"] == first["id"]
    assert keys(api) == {"B#daily": keys(api)["B#daily"]}
    api.ok("GET", AGENT_AT, status=404)
    api.ok("DELETE", AGENT_AT, status=404)
    second = api.ok("PUT", AGENT_AT, AGENT, status=201)
    assert second["id"] in api.refused("POST", f"{path}/restore", status=409)
    api.ok("DELETE", AGENT_AT)
    assert api.post(f"{path}/restore")["key"] == "reporter"
    assert api.get(AGENT_AT)["id"] == first["id"]
    assert api.get(f"{path}/schedules/by-key/daily")["status"] == "paused"


def test_a_restore_that_loses_its_key_is_a_409(api: Api) -> None:
    path = f"/api/v1/agents/{api.ok('PUT', AGENT_AT, AGENT, status=201)['id']}"
    api.ok("DELETE", path)
    before_the_next_commit(api, lambda: api.ok("PUT", AGENT_AT, AGENT, status=201))
    api.post(f"{path}/restore", status=409)
    assert api.get(path)["deleted_at"] is not None


def test_a_key_names_one_agent_and_is_set_once(api: Api) -> None:
    holder = api.post("/api/v1/agents", AGENT | {"key": "reporter"}, status=201)
    assert holder["id"] in api.refused("POST", "/api/v1/agents", AGENT | {"key": "reporter"}, status=409)
    assert holder["id"] in api.refused("POST", api.at, {"key": "reporter"}, status=409)
    named = api.post(api.at, {"key": "writer"})
    assert (named["key"], named["version"]) == ("writer", 2)
    assert api.post(api.at, {"key": "writer"}) == named
    assert "cannot be changed" in api.refused("POST", api.at, {"key": "other"}, status=400)
    assert api.post(f"{api.at}/versions/1/rollback")["key"] == "writer"


def test_of_two_puts_of_an_agent_one_becomes_the_update(api: Api) -> None:
    before_the_next_commit(api, lambda: api.ok("PUT", AGENT_AT, AGENT, status=201))
    second = api.ok("PUT", AGENT_AT, AGENT | {"name": "second"})
    assert (second["name"], second["version"], keys(api)) == ("second", 2, {"B#reporter": second["id"]})


def test_an_agent_put_that_races_with_a_deletion_creates_one(api: Api) -> None:
    first = api.ok("PUT", AGENT_AT, AGENT, status=201)
    before_the_next_commit(api, lambda: api.ok("DELETE", AGENT_AT))
    assert api.ok("PUT", AGENT_AT, AGENT | {"name": "b"}, status=201)["id"] != first["id"]


@pytest.mark.parametrize("key", ["schedules", "runs", "versions", "restore", "by-key"])
def test_every_slug_finds_its_agent(api: Api, key: str) -> None:
    path = f"/api/v1/agents/by-key/{key}"
    assert api.ok("PUT", path, AGENT, status=201) == api.get(path)
