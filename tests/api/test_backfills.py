"""Backfill the nominal times that made no run, over HTTP."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.backfill_calls import BEFORE, DRY, REAL, ask, at, history, outcomes, reasons


def test_a_dry_run_says_which_times_made_no_run_and_why(api: Api) -> None:
    path = history(api)
    assert outcomes(api, path) == BEFORE
    before = api.traces()
    answer = ask(api, path, at("11:00"), at("18:00"))
    assert (answer["from"], answer["to"], answer["dry_run"]) == (at("11:00"), at("18:00"), True)
    assert reasons(answer) == dict.fromkeys(["12:00", "13:00", "14:00", "15:00"], "late") | {"17:00": "paused"}
    assert ask(api, path, at("11:00"), at("18:00"), **DRY) == answer
    api.world.pass_time(10)
    assert api.traces() == before


def test_each_time_gets_its_run_and_keeps_its_reason(api: Api) -> None:
    path = history(api)
    answer = ask(api, path, at("13:00"), at("18:00"), **REAL)
    assert list(reasons(answer)) == ["13:00", "14:00", "15:00", "17:00"]
    api.world.pass_time(60)
    assert outcomes(api, path) == [
        BEFORE[0],
        ("missed", "late", "12:00", "12:00", 1),
        *(("ran", "late", hour, hour, 1) for hour in ("13:00", "14:00", "15:00")),
        BEFORE[2],
        ("ran", "paused", "17:00", "17:00", 1),
        ("skipped", "paused", "18:00", "18:00", 1),
    ]
    runs = api.get(f"{path}/runs?order=asc")["data"]
    assert [run["trigger"] for run in runs] == ["schedule", *["backfill"] * 3, "schedule", "backfill"]
    assert {run["status"] for run in runs} == {"completed"}
    assert api.get(path)["run_count"] == 6


def test_the_runs_come_oldest_first_and_one_at_a_time(api: Api) -> None:
    path = history(api)
    api.world.gateway.polls = 2
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    order: list[str] = []
    for _ in range(120):
        api.world.pass_time(1)
        runs = [run for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]
        assert sum(run["status"] != "completed" for run in runs) <= 1
        order += [run["scheduled_for"] for run in runs if run["scheduled_for"] not in order]
    assert order == [at("12:00"), at("13:00"), at("14:00"), at("15:00")]


def test_the_schedule_shows_how_far_it_is(api: Api) -> None:
    path = history(api)
    assert api.get(path)["backfill"] is None
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    assert api.get(path)["backfill"] == {"after": "2026-03-02T11:59:59.000Z", "until": at("15:00")}
    api.world.work()
    assert api.get(path)["backfill"] == {"after": at("12:00"), "until": at("15:00")}
    api.world.pass_time(60)
    assert api.get(path)["backfill"] is None


def test_a_part_of_a_record_is_split_off(api: Api) -> None:
    path = history(api)
    ask(api, path, at("14:00"), at("15:00"), **REAL)
    api.world.pass_time(5)
    assert outcomes(api, path)[1:4] == [
        ("missed", "late", "12:00", "13:00", 2),
        ("ran", "late", "14:00", "14:00", 1),
        ("missed", "late", "15:00", "15:00", 1),
    ]


@pytest.mark.parametrize(
    ("first", "end", "count"), [("12:00", "13:00", 1), ("12:01", "13:01", 1), ("12:01", "12:59", 0)]
)
def test_a_range_is_half_open(api: Api, first: str, end: str, count: int) -> None:
    assert ask(api, history(api), at(first), at(end))["count"] == count


def test_times_are_local_without_an_offset(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "30 9 * * *", "timezone": "Europe/Berlin"}
    path = f"{api.schedules}/{api.create(spec)['id']}"
    answer = ask(api, path, "2026-03-01T09:30:00", "2026-03-02T09:31:00")
    assert answer["from"] == at("08:30", 1)
    assert [one["scheduled_for"] for one in answer["occurrences"]] == [at("08:30", 1), at("08:30")]


def test_times_before_the_schedule_existed_can_run(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "0 9 * * *"}
    path = f"{api.schedules}/{api.create(spec)['id']}"
    assert set(reasons(ask(api, path, at("00:00", 1), at("10:00"), **REAL)).values()) == {"not_scheduled"}
    api.world.pass_time(30)
    assert outcomes(api, path) == [("ran", "not_scheduled", "09:00", "09:00", 1)] * 2


def test_a_repeat_finds_nothing_left(api: Api) -> None:
    path = history(api)
    body = {"from": at("11:00"), "to": at("17:00"), **REAL}
    first = api.post(f"{path}/backfill", body)
    traces = api.traces()[0]
    assert api.post(f"{path}/backfill", body) == first
    assert api.traces()[0] == traces
    api.world.pass_time(60)
    etag = api.client.get(path).headers["ETag"]
    assert api.post(f"{path}/backfill", body)["count"] == 0
    assert api.client.get(path).headers["ETag"] == etag
    assert api.get(path)["run_count"] == 6


def test_only_one_backfill_is_under_way(api: Api) -> None:
    path = history(api)
    ask(api, path, at("12:00"), at("14:00"), **REAL)
    body = {"from": at("12:00"), "to": at("18:00"), **REAL}
    assert "15:" not in (message := api.refused("POST", f"{path}/backfill", body, status=409))
    assert "under way" in message
    assert ask(api, path, at("13:00"), at("14:00"), **REAL)["count"] == 1  # the one under way has it to do
    api.world.pass_time(30)
    assert ask(api, path, at("12:00"), at("18:00"), **REAL)["count"] == 3
