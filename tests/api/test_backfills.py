"""Backfill the nominal times that made no run, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api

DRY, REAL = {"dry_run": True}, {"dry_run": False}


@pytest.fixture
def api() -> Api:
    return Api()


def at(hour: str, day: int = 2) -> str:
    """A moment of a day."""
    return f"2026-03-{day:02}T{hour}:00.000Z"


def history(api: Api) -> str:
    """A schedule that ran at 11:00 and 16:00, missed the times between, and was paused from 16:30 to 18:30."""
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    api.world.clock.advance(3600)
    api.fire(created)
    api.world.pass_time(5)
    api.world.clock.advance(5 * 3600 + 5)
    api.fire(created)
    api.world.pass_time(1800, step=10)
    api.post(f"{path}/pause")
    api.world.clock.advance(7200)
    api.post(f"{path}/resume")
    return path


def ask(api: Api, path: str, first: str, end: str, **more: Any) -> dict[str, Any]:
    """Ask for a backfill."""
    return api.post(f"{path}/backfill", {"from": first, "to": end, **more})


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    """The hours that a backfill gives a run, each with why there was none."""
    assert answer["count"] == len(answer["occurrences"])
    return {one["scheduled_for"][11:16]: one["reason"] for one in answer["occurrences"]}


def outcomes(api: Api, path: str) -> list[tuple[Any, ...]]:
    """The outcomes of a schedule as they are listed. Each nominal time of them is read by itself too."""
    listed = api.get(f"{path}/occurrences?order=asc&limit=100")["data"]
    for one in listed:
        for end in (one["scheduled_for"], one["until"]):
            assert api.get(f"{path}/occurrences/{end}") == one
    return [
        (one["outcome"], one["reason"], one["scheduled_for"][11:16], one["until"][11:16], one["count"])
        for one in listed
    ]


BEFORE = [
    ("ran", None, "11:00", "11:00", 1),
    ("missed", "late", "12:00", "15:00", 4),
    ("ran", None, "16:00", "16:00", 1),
    ("skipped", "paused", "17:00", "18:00", 2),
]


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


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"from": at("12:00")}, "to: is required"),
        ({"to": at("12:00")}, "from: is required"),
        ({"from": at("12:00"), "to": at("12:00")}, "from: must be before `to`"),
        ({"from": at("13:00"), "to": at("12:00")}, "from: must be before `to`"),
        ({"from": at("12:00"), "to": at("23:00")}, "to: is in the future"),
        ({"from": "2026-03-02", "to": at("12:00")}, "from: must be an RFC 3339"),
        ({"from": at("12:00"), "to": 1772449200}, "to: must be an RFC 3339"),
        ({"from": "1969-12-31T23:00:00Z", "to": at("12:00")}, "from: must be between 1970"),
        ({"from": at("12:00"), "to": at("13:00"), "dry_run": "no"}, "dry_run: must be true or false"),
        ({"from": at("12:00"), "to": at("13:00"), "dry_run": None}, "dry_run: must be true or false"),
        ({"from": at("12:00"), "to": at("13:00"), "first": 1}, "first: is not a field"),
    ],
)
def test_a_wrong_range_is_a_400(api: Api, body: dict[str, Any], says: str) -> None:
    assert says in api.refused("POST", f"{history(api)}/backfill", body, status=400)


def test_an_occurrence_that_is_not_settled_is_a_400(api: Api) -> None:
    path = history(api)
    api.world.clock.advance(3600)
    body = {"from": at("12:00"), "to": at("19:00"), **REAL}
    assert api.post(f"{path}/backfill", body | DRY)["count"] == 6
    message = api.refused("POST", f"{path}/backfill", body | {"to": at("19:01")}, status=400)
    assert message.startswith(f"to: {at('19:00')} is before it and not settled yet")


@pytest.mark.parametrize("dry_run", [True, False])
def test_more_than_a_thousand_times_are_a_400(api: Api, *, dry_run: bool) -> None:
    spec = {"type": "cron", "cron_expression": "* * * * *"}
    path = f"{api.schedules}/{api.create(spec)['id']}"
    body = {"from": at("00:00", 1), "to": at("16:41", 1), "dry_run": dry_run}
    message = api.refused("POST", f"{path}/backfill", body, status=400)
    assert message.startswith("to: there are 1001 occurrences from `from` to `to`")
    assert ask(api, path, at("00:00", 1), at("16:40", 1))["count"] == 1000


def test_a_paused_schedule_is_backfilled(api: Api) -> None:
    path = history(api)
    api.post(f"{path}/pause")
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    api.world.pass_time(60)
    assert [one[0] for one in outcomes(api, path)[:6]] == ["ran"] * 6
    assert api.get(path)["status"] == "paused"


def test_a_completed_schedule_is_backfilled(api: Api) -> None:
    created = api.create({"type": "once", "run_at": at("11:00")})
    path = f"{api.schedules}/{created['id']}"
    api.world.clock.advance(3 * 3600)
    api.fire(created)
    assert (api.get(path)["status"], api.get(path)["run_count"]) == ("completed", 0)
    ask(api, path, at("10:00"), at("12:00"), **REAL)
    api.world.pass_time(10)
    assert outcomes(api, path) == [("ran", "late", "11:00", "11:00", 1)]
    assert api.get(path)["status"] == "completed"


def test_a_pause_does_not_stop_it_and_a_stop_does(api: Api) -> None:
    path = history(api)
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    api.post(f"{path}/pause")
    api.world.pass_time(4)
    assert api.get(path)["run_count"] == 4
    assert api.ok("DELETE", f"{path}/backfill")["backfill"] is None
    api.world.pass_time(60)
    assert api.get(path)["run_count"] == 4
    assert {run["status"] for run in api.get(f"{path}/runs")["data"]} == {"completed"}
    traces = api.traces()
    api.ok("DELETE", f"{path}/backfill", If_Match='"old"')  # nothing is left to stop
    assert api.traces() == traces


def test_the_end_of_the_schedule_ends_it(api: Api) -> None:
    path = history(api)
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    api.world.pass_time(1)
    api.ok("DELETE", path)
    api.world.pass_time(60)
    assert api.get(path)["backfill"] is None
    assert len([run for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]) == 1
    body = {"from": at("12:00"), "to": at("16:00")}
    for one in (body, body | REAL):
        assert "deleted" in api.refused("POST", f"{path}/backfill", one, status=404)
    assert "deleted" in api.refused("DELETE", f"{path}/backfill", status=404)


@pytest.mark.parametrize("restored_after", [0, 60])
@pytest.mark.parametrize("paused", [False, True])
def test_the_end_of_the_agent_ends_it(api: Api, restored_after: int, *, paused: bool) -> None:
    path = history(api)
    api.world.gateway.polls = 10
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    if paused:
        api.post(f"{path}/pause")
    api.world.pass_time(1)
    api.ok("DELETE", api.at)
    api.world.pass_time(restored_after)
    api.post(f"{api.at}/restore")
    api.world.pass_time(900, step=5)
    assert api.get(path)["backfill"] is None
    assert len([run for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]) == 1


def test_another_timing_ends_it(api: Api) -> None:
    path = history(api)
    ask(api, path, at("12:00"), at("16:00"), **REAL)
    assert api.post(path, {"name": "n"})["backfill"] is not None
    assert api.post(path, {"schedule": HOURLY | {"interval_seconds": 1800}})["backfill"] is None
    api.world.pass_time(60)
    assert not [run for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]


def test_times_of_another_timing_are_left_out(api: Api) -> None:
    path = history(api)
    every = {"type": "interval", "interval_seconds": 1800, "start_at": at("10:30")}
    api.post(path, {"schedule": every})
    found = reasons(ask(api, path, at("11:00"), at("18:30"), **REAL))
    # The half hours within a record belong to none of its times; the record of four hours stays as it is.
    assert found == dict.fromkeys(["11:30", "15:30", "16:30"], "not_scheduled")
    api.world.pass_time(60)
    assert [one for one in outcomes(api, path) if one[1] != "not_scheduled"] == BEFORE


def test_a_new_timing_with_the_same_times_fits_the_records(api: Api) -> None:
    path = history(api)
    api.post(path, {"schedule": {"type": "cron", "cron_expression": "0 * * * *"}})
    assert ask(api, path, at("11:00"), at("16:00"))["count"] == 4


def test_the_etag_guards_a_backfill(api: Api) -> None:
    path = history(api)
    answer = api.client.post(f"{path}/backfill", json={"from": at("12:00"), "to": at("16:00")})
    body = {"from": at("12:00"), "to": at("16:00"), **REAL}
    api.refused("POST", f"{path}/backfill", body, status=412, If_Match='"old"')
    api.post(f"{path}/backfill", body, If_Match=answer.headers["ETag"])
    api.refused("DELETE", f"{path}/backfill", status=412, If_Match='"old"')


def test_the_plan_costs_few_calls(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "* * * * *"}
    path = f"{api.schedules}/{api.create(spec)['id']}"
    for count, calls in ((100, 1), (1000, 10)):
        api.world.table.meter.calls.clear()
        ask(api, path, at("00:00", 1), f"2026-03-01T{count // 60:02}:{count % 60:02}:00Z")
        assert sorted(api.world.table.meter.calls) == ["get"] * (1 + calls) + ["query"]


def test_another_tenants_schedule_is_a_404(api: Api) -> None:
    path = history(api)
    body = {"from": at("12:00"), "to": at("16:00")}
    api.refused("POST", f"{path}/backfill", body, status=404, Authorization="Bearer local-2")
    api.refused("DELETE", f"{path}/backfill", status=404, Authorization="Bearer local-2")
