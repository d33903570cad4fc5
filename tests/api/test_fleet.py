"""The list of schedules over all agents: its rows, its cursors, and what it refuses."""

from __future__ import annotations

import pytest

from tests.support.api import HOURLY, UNKNOWN_AGENT, Api

FLEET = "/api/v1/schedules"


def test_a_row_is_the_schedule_with_its_latest_runs_status(api: Api) -> None:
    created = api.create(name="n", metadata={"team": "a"})
    (row,) = api.get(FLEET)["data"]
    assert row == api.get(f"{api.schedules}/{created['id']}") | {"last_run_status": None}
    api.post(f"{api.schedules}/{created['id']}/trigger", status=201)
    assert api.get(FLEET)["data"][0]["last_run_status"] == "queued"
    api.world.pass_time(5)
    assert api.get(FLEET)["data"][0]["last_run_status"] == "completed"


def test_the_newest_of_any_agent_comes_first(api: Api) -> None:
    made = []
    for _ in range(3):
        agent = api.post("/api/v1/agents", {"name": "b", "model": "echo"}, status=201)["id"]
        api.world.clock.advance(1)
        made.append(api.post(f"/api/v1/agents/{agent}/schedules", {"schedule": HOURLY, "input": "x"}, status=201)["id"])
    assert [row["id"] for row in api.get(FLEET)["data"]] == made[::-1]
    assert [row["id"] for row in api.get(f"{FLEET}?order=asc")["data"]] == made


def test_a_page_may_be_empty_while_more_follows(api: Api) -> None:
    first = api.create(name="wanted")
    for _ in range(150):
        api.create()
    page = api.get(f"{FLEET}?name=wanted")
    assert (page["data"], page["has_more"], page["first_id"]) == ([], True, None)
    page = api.get(f"{FLEET}?name=wanted&after={page['next_cursor']}")
    assert ([row["id"] for row in page["data"]], page["has_more"]) == ([first["id"]], False)


def test_a_cursor_is_of_one_caller_filter_and_order(api: Api) -> None:
    for _ in range(3):
        api.create(metadata={"a": "1", "b": "2"})
    query = "metadata.a=1&metadata.b=2&limit=1"
    cursor = api.get(f"{FLEET}?{query}")["next_cursor"]
    assert api.get(f"{FLEET}?metadata.b=2&metadata.a=1&limit=2&after={cursor}")["data"]
    for other in ("limit=1", "metadata.a=1&limit=1", "metadata.a=1&metadata.b=3", f"{query}&order=asc"):
        assert "not a cursor of this list" in api.refused("GET", f"{FLEET}?{other}&after={cursor}", status=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(api.client.headers, "Authorization", "Bearer local-2")
        assert "not a cursor" in api.refused("GET", f"{FLEET}?{query}&after={cursor}", status=400)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=deleted", "status: must be 'active', 'paused' or 'completed'"),
        ("name=", "name: must not be empty"),
        ("next_run_before=2026-05-01T09:00:00", "next_run_before: must be an RFC 3339 date-time with an offset"),
        ("next_run_before=2026-05-01T09:00:00+02:00", "%2B02:00"),
        ("next_run_before=tomorrow", "next_run_before: must be an RFC 3339 date-time with an offset"),
        ("next_run_before=2300-05-01T09:00:00Z", "next_run_before: must be between 1970 and 2199"),
        ("last_run_status=done", "last_run_status: must be 'queued', "),
        ("metadata.a=1&metadata.a=2", "metadata.a: occurs twice; send it once"),
        ("metadata=1", "metadata: is not a query parameter of this operation; use `agent_id`, "),
        (f"metadata.{'k' * 65}=1", "a key has at most 64 characters; send a shorter one"),
        (f"metadata.k={'v' * 513}", "metadata.k: must have at most 512 characters"),
        ("&".join(f"metadata.k{n}=1" for n in range(17)), "metadata: a schedule has at most 16 keys; name fewer"),
        ("offset=1", "offset: is not a query parameter of this operation"),
        ("limit=0", "limit: must be at least 1"),
    ],
)
def test_a_filter_that_is_none_is_refused(api: Api, query: str, said: str) -> None:
    assert said in api.refused("GET", f"{FLEET}?{query}", status=400)


@pytest.mark.parametrize("agent", ["agt_1", UNKNOWN_AGENT])
def test_an_agent_that_is_none_is_not_found(api: Api, agent: str) -> None:
    assert api.refused("GET", f"{FLEET}?agent_id={agent}", status=404).startswith("agent_id: no agent ")
