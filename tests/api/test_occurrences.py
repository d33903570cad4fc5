"""What became of each occurrence, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api

HOURLY: dict[str, Any] = {"type": "interval", "interval_seconds": 3600}


def history(api: Api) -> str:
    """A schedule with some of everything behind it; the path of its occurrences."""
    created = api.create(HOURLY)
    path = f"{api.schedules}/{created['id']}"
    for _ in range(2):  # 11:00 and 12:00 run
        api.world.clock.advance(3600)
        api.fire(created)
        api.world.work()
    api.world.clock.advance(4 * 3600 + 10)  # nothing comes at 13:00, 14:00 and 15:00; the hint of 16:00 does
    api.fire(created)
    api.world.work()
    api.post(f"{path}/pause")
    api.world.clock.advance(2 * 3600 + 60)  # 17:00 and 18:00 fall into a pause
    api.post(f"{path}/resume")
    api.world.clock.advance(3600)  # 19:00 is due when the timing changes
    api.post(path, {"schedule": HOURLY | {"interval_seconds": 7200}})
    return f"{path}/occurrences"


EXPECTED = [
    ("ran", None, "11:00", "11:00", 1),
    ("ran", None, "12:00", "12:00", 1),
    ("missed", "late", "13:00", "15:00", 3),
    ("ran", None, "16:00", "16:00", 1),
    ("skipped", "paused", "17:00", "18:00", 2),
    ("skipped", "schedule_updated", "19:00", "19:00", 1),
]


def short(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["outcome"], one["reason"], one["scheduled_for"][11:16], one["until"][11:16], one["count"]


@pytest.mark.parametrize("limit", [1, 2, 4, 100])
def test_runs_and_non_runs_are_listed_in_the_order_of_time(api: Api, limit: int) -> None:
    path = history(api)
    for order, expected in (("asc", EXPECTED), ("desc", EXPECTED[::-1])):
        found: list[dict[str, Any]] = []
        query = f"?order={order}&limit={limit}"
        while True:
            page = api.get(f"{path}{query}")
            found += page["data"]
            if not page["has_more"]:
                break
            assert len(page["data"]) == limit
            query = f"?order={order}&limit={limit}&after={page['next_cursor']}"
        assert [short(one) for one in found] == expected


def test_a_run_is_named_with_its_status(api: Api) -> None:
    path = history(api)
    api.world.pass_time(5)
    first = api.get(f"{path}?order=asc&limit=1")["data"][0]
    run = api.get(f"{api.runs}/{first['run_id']}")
    assert (first["run_status"], run["scheduled_for"]) == (run["status"], first["scheduled_for"])


@pytest.mark.parametrize(
    ("time", "outcome"),
    [
        ("11:00:00Z", ("ran", None)),
        ("12:00:00+00:00", ("ran", None)),
        ("14:00:00Z", ("missed", "late")),
        ("15:00:00+01:00", ("missed", "late")),
        ("17:00:00Z", ("skipped", "paused")),
        ("21:01:10Z", ("pending", None)),
    ],
)
def test_why_did_it_not_run(api: Api, time: str, outcome: tuple[str, str | None]) -> None:
    path = history(api)
    found = api.get(f"{path}/2026-03-02T{time.replace('+', '%2B')}")
    assert (found["outcome"], found["reason"]) == outcome


@pytest.mark.parametrize("time", ["10:00:00Z", "20:00:00Z"])
def test_a_time_that_is_none_of_the_schedules_is_a_404(api: Api, time: str) -> None:
    assert "preview" in api.refused("GET", f"{history(api)}/2026-03-02T{time}", status=404)


def test_a_range_does_not_hold_times_off_the_grid(api: Api) -> None:
    created = api.create(HOURLY)
    api.world.clock.advance(5 * 3600)
    api.fire(created)
    path = f"{api.schedules}/{created['id']}/occurrences"
    assert api.get(f"{path}/2026-03-02T13:00:00Z")["outcome"] == "missed"
    api.refused("GET", f"{path}/2026-03-02T13:00:30Z", status=404)


@pytest.mark.parametrize("time", ["x", "2026-03-02", "2026-03-02T11:00:00", "1772449200", "2026-03-02T11:00:00.5Z"])
def test_what_is_no_moment_is_a_400(api: Api, time: str) -> None:
    path = f"{api.schedules}/{api.create()['id']}/occurrences"
    assert "nominal_time" in api.refused("GET", f"{path}/{time}", status=400)


def test_a_page_costs_few_calls_however_long_the_history(api: Api) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    for _ in range(150):
        api.world.clock.advance(60)
        api.fire(created)
    calls = len(api.world.table.meter.calls)
    assert len(api.get(f"{api.schedules}/{created['id']}/occurrences?limit=100")["data"]) == 100
    assert sorted(api.world.table.meter.calls[calls:]) == ["get", "get", "query", "query_index"]


def test_another_tenants_occurrences_are_a_404(api: Api) -> None:
    path = history(api)
    for suffix in ("", "/2026-03-02T11:00:00Z"):
        api.refused("GET", f"{path}{suffix}", status=404, Authorization="Bearer local-2")


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_no_page_is_short_of_what_lies_between_manual_runs(api: Api, order: str, limit: int) -> None:
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    for hour in range(6):
        for _ in range(5):
            api.world.clock.advance(10)
            api.post(f"{path}/trigger", status=201)
        api.world.clock.advance(3550)
        if hour % 3:
            api.fire(created)
        else:
            api.post(f"{path}/pause")
            api.post(f"{path}/resume")
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"{path}/occurrences?limit={limit}&order={order}{cursor}")
        assert len(page["data"]) == limit or not page["has_more"]
        seen += [one["scheduled_for"] for one in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&after={page['next_cursor']}"
    hours = [f"2026-03-02T{11 + hour}:00:00.000Z" for hour in range(6)]
    assert seen == (hours if order == "asc" else hours[::-1])
