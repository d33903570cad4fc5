"""Occurrences to come over all agents, group by group, and the summary."""

from __future__ import annotations

from datetime import datetime

import pytest
from agent_schedules.storage import fleet as storage

from tests.support.api import HOURLY, Api

UPCOMING, SUMMARY = "/api/v1/upcoming", "/api/v1/summary"
Place = tuple[str, str]


def agent_of(api: Api, model: str = "echo") -> str:
    """A new agent."""
    return str(api.post("/api/v1/agents", {"name": "b", "model": model}, status=201)["id"])


def walked(api: Api, query: str) -> list[list[Place]]:
    """Times and schedules of all pages, one list for each group."""
    groups: list[list[Place]] = [[]]
    after = ""
    while True:
        page = api.get(f"{UPCOMING}?{query}{after}")
        groups[-1] += [(row["scheduled_for"], row["schedule_id"]) for row in page["data"]]
        if not page["has_more"]:
            assert page["group_ends"]
            return groups
        if page["group_ends"]:
            groups.append([])
        after = f"&after={page['next_cursor']}"


def test_a_row_names_its_schedule_and_time(api: Api) -> None:
    created = api.create(name="n", policies={"spread_seconds": 60})
    row = api.get(UPCOMING)["data"][0]
    shown = api.get(f"{api.schedules}/{created['id']}/occurrences/{created['next_run_at']}")
    assert row == {
        "object": "agent.schedule.upcoming", "id": shown["id"], "agent_id": api.agent, "schedule_id": created["id"],
        "schedule_name": "n", "scheduled_for": created["next_run_at"], "effective_at": shown["effective_at"],
    }  # fmt: skip


def test_the_default_window_is_a_day(api: Api) -> None:
    created = api.create()
    times = [at for at, _ in walked(api, "limit=7")[0]]
    assert (len(times), times[0]) == (24 - 1, created["next_run_at"])
    assert walked(api, "from=2026-03-02T12:00:00Z&to=2026-03-02T14:00:01Z")[0] == [
        (f"2026-03-02T{hour}:00:00.000Z", created["id"]) for hour in (12, 13, 14)
    ]


@pytest.mark.parametrize("of_agent", [False, True])
def test_groups_cover_each_schedule_once(api: Api, monkeypatch: pytest.MonkeyPatch, *, of_agent: bool) -> None:
    monkeypatch.setattr(storage, "GROUP", 4)
    made = []
    for _ in range(10):
        api.world.clock.advance(1)
        agent = api.agent if of_agent else agent_of(api)
        made.append(api.post(f"/api/v1/agents/{agent}/schedules", {"schedule": HOURLY, "input": "x"}, status=201)["id"])
    query = "limit=5&from=2026-03-02T10:00:00Z&to=2026-03-02T13:00:00Z"
    groups = walked(api, query + (f"&agent_id={api.agent}" if of_agent else ""))
    assert [len({name for _, name in group}) for group in groups] == [4, 4, 2]
    assert all(group == sorted(group) for group in groups)
    assert len({place for group in groups for place in group}) == sum(map(len, groups)) == 2 * len(made)
    assert {name for group in groups for _, name in group} == set(made)


def test_a_group_stays_while_others_create_and_delete(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "GROUP", 3)
    made = [api.create()["id"] for _ in range(6)]
    page = api.get(f"{UPCOMING}?limit=1")
    for _ in range(5):
        api.create()
    api.ok("DELETE", f"{api.schedules}/{made[-1]}")
    seen = {page["data"][0]["schedule_id"]}
    groups = 0
    while page["has_more"]:
        page = api.get(f"{UPCOMING}?limit=10&after={page['next_cursor']}")
        seen |= {row["schedule_id"] for row in page["data"]}
        groups += page["group_ends"]
        assert page["group_schedules"] in {2, 3}
    assert (groups, seen | {made[-1]}) == (2, set(made))


def test_a_cursor_keeps_the_window_that_began_now(api: Api) -> None:
    api.create()
    cursor = api.get(f"{UPCOMING}?limit=22")["next_cursor"]
    api.world.clock.advance(600)
    page = api.get(f"{UPCOMING}?after={cursor}")
    assert ([row["scheduled_for"] for row in page["data"]], page["has_more"]) == (["2026-03-03T09:00:00.000Z"], False)
    for other in ("to=2026-03-09T00:00:00Z", f"agent_id={api.agent}"):
        assert "not a cursor" in api.refused("GET", f"{UPCOMING}?{other}&after={cursor}", status=400)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-03-03T00:00:00Z&to=2026-03-03T00:00:00Z", "to: must be after `from`"),
        ("from=2026-03-03T00:00:00Z&to=2026-04-30T00:00:00Z", "to: must be at most 31 days after `from`"),
        ("from=2026-03-01T00:00:00Z&to=2026-03-02T10:00:00Z", "to: the window is in the past"),
        ("from=2026-03-01T00:00:00Z", "to: the window is in the past"),
        ("from=2026-03-03", "from: must be an RFC 3339 date-time with an offset"),
        ("to=2500-01-01T00:00:00Z", "to: must be between 1970 and 2199"),
        ("after=nothing", "after: is not a cursor of this list"),
    ],
)
def test_a_window_that_is_none_is_refused(api: Api, query: str, said: str) -> None:
    assert api.refused("GET", f"{UPCOMING}?{query}", status=400).startswith(said)


def test_the_summary_counts_what_there_is(api: Api) -> None:
    first, second = api.create(), api.create()
    failing = agent_of(api, "fail")
    third = api.post(f"/api/v1/agents/{failing}/schedules", {"schedule": HOURLY, "input": "x"}, status=201)
    api.post(f"{api.schedules}/{second['id']}/pause")
    gone = agent_of(api)
    api.post(f"/api/v1/agents/{gone}/schedules", {"schedule": HOURLY, "input": "x"}, status=201)
    api.ok("DELETE", f"/api/v1/agents/{gone}")
    api.world.clock.advance(3600 + 2)
    api.fire(first)
    api.fire(third, agent=failing)
    api.world.pass_time(10)
    api.post(f"{api.schedules}/{second['id']}/resume")
    none = {"count": 0, "at_least": False}
    assert api.get(SUMMARY) == {
        "object": "summary", "schedules": {"active": 3, "paused": 0, "completed": 0}, "due_next_hour": 3,
        "problems": {"failed": none | {"count": 1}, "incomplete": none, "missed": none, "skipped": none | {"count": 1}},
        "lateness": {"runs": 2, "p50_seconds": 2.0, "p99_seconds": 2.0}, "has_more": False, "next_cursor": None,
    }  # fmt: skip
    api.world.clock.advance(86_400 + 3600)
    assert api.get(SUMMARY)["problems"] == dict.fromkeys(("failed", "incomplete", "missed", "skipped"), none)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_summary_counts_the_problems_that_lists_show(api: Api, keeps: bool) -> None:
    failing = agent_of(api, "fail")
    for _ in range(3):
        api.post(f"/api/v1/agents/{failing}/runs", {"input": "x"}, status=201)
    if keeps:
        api.post(f"/api/v1/agents/{failing}/schedules", {"schedule": HOURLY, "input": "x"}, status=201)
    api.world.pass_time(10)
    assert api.get(SUMMARY)["problems"]["failed"] == {"count": 3, "at_least": False}
    api.ok("DELETE", f"/api/v1/agents/{failing}")
    assert api.get("/api/v1/problems")["data"] == []
    assert api.get(SUMMARY)["problems"]["failed"] == {"count": 0, "at_least": False}
    api.post(f"/api/v1/agents/{failing}/restore")
    assert api.get(SUMMARY)["problems"]["failed"]["count"] == len(api.get("/api/v1/problems")["data"]) == 3


def test_a_spread_is_not_late_in_a_summary(api: Api) -> None:
    made = api.create(HOURLY | {"interval_seconds": 86_400}, policies={"spread_seconds": 900})
    (coming,) = api.get(f"{UPCOMING}?to=2026-03-04T00:00:00Z")["data"]
    due = datetime.fromisoformat(coming["effective_at"])
    assert due > datetime.fromisoformat(coming["scheduled_for"])
    api.world.clock.advance(due.timestamp() + 3 - api.world.now)
    api.fire(made)
    assert api.get(SUMMARY)["lateness"] == {"runs": 1, "p50_seconds": 3.0, "p99_seconds": 3.0}
    api.post(f"{api.schedules}/{made['id']}/trigger", status=201)
    assert api.get(SUMMARY)["lateness"]["runs"] == 0


def test_a_summary_goes_on_after_its_bounds(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_STATES", 3)
    monkeypatch.setattr(storage, "STATES", 2)
    monkeypatch.setattr(storage, "MOST_PROBLEMS", 2)
    for _ in range(4):
        made = api.create()
        api.post(f"{api.schedules}/{made['id']}/pause")
    api.world.clock.advance(3600)
    for row in api.get(api.schedules)["data"]:
        api.post(f"{api.schedules}/{row['id']}/resume")
    page = api.get(SUMMARY)
    assert (page["schedules"]["active"], page["has_more"]) == (3, True)
    assert page["problems"]["skipped"] == {"count": 2, "at_least": True}
    page = api.get(f"{SUMMARY}?after={page['next_cursor']}")
    assert (page["schedules"]["active"], page["has_more"], page["next_cursor"]) == (1, False, None)
