"""Previews over HTTP: what a timing is going to do is what it then does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api

PREVIEW = "/api/v1/schedules/preview"
EXACT = {"precision": "second"}
LISBON: dict[str, Any] = {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"}


def look(api: Api, schedule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A preview, which must have written nothing."""
    before = api.traces()
    found = api.post(PREVIEW, {"schedule": schedule, **more})
    assert api.traces() == before
    return found


def test_a_preview_says_when_in_words_and_how(api: Api) -> None:
    assert look(api, LISBON, count=2) == {
        "object": "schedule.preview",
        "schedule": LISBON,
        "description": "At 09:30 on weekdays, Europe/Lisbon",
        "precision": "minute",
        "eventbridge": [{"expression": "cron(30 9 ? * 2-6 *)", "timezone": "Europe/Lisbon", "start_date": None}],
        "occurrences": [
            {
                "at": "2026-03-03T09:30:00.000Z", "local": "2026-03-03T09:30:00+00:00",
                "dst_skipped": [], "dst_repeated": False,
                "skipped": None, "effective_at": "2026-03-03T09:30:00.000Z", "remaining_runs": None,
            },
            {
                "at": "2026-03-04T09:30:00.000Z", "local": "2026-03-04T09:30:00+00:00",
                "dst_skipped": [], "dst_repeated": False,
                "skipped": None, "effective_at": "2026-03-04T09:30:00.000Z", "remaining_runs": None,
            },
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "precision", "expression"),
    [
        ({"type": "interval", "interval_seconds": 3600}, "minute", "rate(60 minutes)"),
        ({"type": "interval", "interval_seconds": 581_769}, "second", "at(2026-03-09T03:34:09)"),
        ({"type": "interval", "interval_seconds": 90}, "second", None),
        ({"type": "once", "run_at": "2026-05-01T09:00:00Z"}, "minute", "at(2026-05-01T09:00:00)"),
        (
            {"type": "once", "run_at": "2026-05-01T09:00:07Z", "precision": "second"},
            "second",
            "at(2026-05-01T08:58:07)",
        ),
        (
            {"type": "cron", "cron_expression": "7 0 9 * * *", "precision": "second"},
            "second",
            "at(2026-03-03T08:58:07)",
        ),
        ({"type": "cron", "cron_expression": "0 0 13 * 5"}, "minute", "cron(0 0 * * ? *)"),
        ({"type": "cron", "cron_expression": "0 0 * * 5L"}, "minute", "cron(0 0 ? * 6L *)"),
        ({"type": "cron", "cron_expression": "0 0 1,L * *"}, "minute", "cron(0 0 1,28-31 * ? *)"),
    ],
)
def test_it_shows_what_eventbridge_is_asked_for(
    api: Api, spec: dict[str, Any], precision: str, expression: str | None
) -> None:
    found = look(api, spec)
    assert found["precision"] == precision
    assert [entry["expression"] for entry in found["eventbridge"]] == ([expression] if expression else [])
    created = api.create(spec)
    assert [entry.expression for entry in api.world.scheduler.entries.values()] == ([expression] if expression else [])
    assert found["occurrences"][0]["at"] == created["next_run_at"]
    shown = api.get(f"{api.schedules}/{created['id']}/preview")
    assert shown == found


def test_clock_changes_are_flagged(api: Api) -> None:
    api.world.clock.set("2026-03-28T12:00:00Z")
    daily = {"type": "cron", "cron_expression": "30 1 * * *", "timezone": "Europe/Lisbon"}
    (first, *_) = look(api, daily)["occurrences"]
    assert first == {
        "at": "2026-03-30T00:30:00.000Z", "local": "2026-03-30T01:30:00+01:00",
        "dst_skipped": ["2026-03-29T01:30:00"], "dst_repeated": False,
        "skipped": None, "effective_at": "2026-03-30T00:30:00.000Z", "remaining_runs": None,
    }  # fmt: skip
    api.world.clock.set("2026-10-24T12:00:00Z")
    (first, second, *_) = look(api, daily)["occurrences"]
    assert (first["at"], first["local"], first["dst_repeated"]) == (
        "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00+01:00", True,
    )  # fmt: skip
    assert second["at"] == "2026-10-26T01:30:00.000Z"


@pytest.mark.parametrize("count", [1, 10, 100])
def test_as_many_occurrences_as_asked_for(api: Api, count: int) -> None:
    assert len(look(api, HOURLY, count=count)["occurrences"]) == count
    path = f"{api.schedules}/{api.create()['id']}/preview"
    assert len(api.get(f"{path}?count={count}")["occurrences"]) == count


def test_ten_unless_asked_and_fewer_when_they_end(api: Api) -> None:
    assert len(look(api, HOURLY)["occurrences"]) == 10
    assert len(look(api, {"type": "once", "run_at": "2026-05-01T09:00:00Z"}, count=100)["occurrences"]) == 1


INVALID: list[dict[str, Any]] = [
    {"type": "once", "run_at": "2026-03-02T09:00:00Z"},
    {"type": "once", "run_at": "2026-03-29T01:30:00", "timezone": "Europe/Lisbon"},
    {"type": "interval", "interval_seconds": 0},
    {"type": "interval", "interval_seconds": 60, "start_at": "2300-01-01T00:00:00Z"},
    {"type": "cron", "cron_expression": "0 24 * * *"},
    {"type": "cron", "cron_expression": "0 0 30 2 *"},
    {"type": "cron", "cron_expression": "0 0 9 * * *"},
    {"type": "cron", "cron_expression": "* * * * *", "timezone": "Europe/Lisboa"},
    {"type": "cron", "cron_expression": "* * * * *", "precision": "day"},
    {"type": "nope"},
    {"interval_seconds": 60},
]


@pytest.mark.parametrize("schedule", INVALID)
def test_what_create_refuses_is_refused_in_the_same_words(api: Api, schedule: dict[str, Any]) -> None:
    refused = api.refused("POST", PREVIEW, {"schedule": schedule}, status=400)
    assert refused == api.refused("POST", api.schedules, {"schedule": schedule, "input": "x"}, status=400)


@pytest.mark.parametrize("body", [{}, {"schedule": HOURLY, "count": 0}, {"schedule": HOURLY, "count": 101}])
def test_a_bad_preview_names_the_field(api: Api, body: dict[str, Any]) -> None:
    assert ("count" if body else "schedule") in api.refused("POST", PREVIEW, body, status=400)
    if body:
        path = f"{api.schedules}/{api.create()['id']}/preview?count={body['count']}"
        assert "count" in api.refused("GET", path, status=400)


def test_a_paused_schedule_shows_what_resuming_now_would_do(api: Api) -> None:
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    api.post(f"{path}/pause")
    api.world.clock.advance(2 * 3600)
    shown = api.get(f"{path}/preview?count=1")["occurrences"]
    assert shown[0]["at"] == "2026-03-02T13:00:00.000Z"
    assert api.post(f"{path}/resume")["next_run_at"] == shown[0]["at"]


def test_a_completed_or_deleted_schedule_has_nothing_to_come(api: Api) -> None:
    once = api.create({"type": "once", "run_at": "2026-03-02T10:00:00Z"})
    api.world.pass_time(5)
    hourly = api.create()
    api.ok("DELETE", f"{api.schedules}/{hourly['id']}")
    for created in (once, hourly):
        found = api.get(f"{api.schedules}/{created['id']}/preview")
        assert (found["occurrences"], found["eventbridge"]) == ([], [])


def test_what_a_preview_says_is_what_happens(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "*/20 * * * * *", "precision": "second"}
    expected = [one["at"] for one in look(api, spec, count=9)["occurrences"]]
    api.create(spec)
    api.world.pass_time(182)
    assert [run["scheduled_for"] for run in api.get(f"{api.runs}?order=asc")["data"]] == expected


def test_without_a_key_there_is_no_preview(api: Api) -> None:
    api.refused("POST", PREVIEW, {"schedule": HOURLY}, status=401, Authorization="")


def test_another_tenants_schedule_is_a_404(api: Api) -> None:
    path = f"{api.schedules}/{api.create()['id']}/preview"
    api.refused("GET", path, status=404, Authorization="Bearer local-2")


@pytest.mark.parametrize(
    ("minimum", "expression", "gap"),
    [(2, "* * * * * *", 1), (30, "0,20 * * * * *", 20), (61, "* * * * *", 60), (3600, "0,50 9 * * *", 600 * 5)],
)
def test_a_cron_keeps_the_deployments_shortest_interval(api: Api, minimum: int, expression: str, gap: int) -> None:
    api.world.with_limits(minimum_interval=minimum)
    cron = {"type": "cron", "cron_expression": expression}
    if len(expression.split()) == 6:
        cron["precision"] = "second"
    message = api.refused("POST", PREVIEW, {"schedule": cron}, status=400)
    assert f"occurrences are {gap} s apart" in message
    api.world.with_limits(minimum_interval=gap)
    look(api, cron)
