"""Backfills that are refused, or end before their time, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.domain.quotas import Quotas

from tests.support.api import HOURLY, Api
from tests.support.backfill_calls import BEFORE, DRY, REAL, ask, at, history, outcomes, reasons


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


def long(api: Api) -> str:
    """The path of a new schedule of every minute."""
    spec = {"type": "cron", "cron_expression": "* * * * *"}
    return f"{api.schedules}/{api.create(spec)['id']}"


def test_an_accounts_backfills_begin_so_many_runs_in_an_hour(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(runs=1))  # a minute, which is 60 runs of backfills in an hour
    ask(api, long(api), at("00:00", 1), at("00:30", 1), **REAL)
    path = long(api)
    body = {"from": at("00:00", 1), "to": at("00:31", 1), **REAL}
    api.world.clock.advance(600)
    rows = dict(api.world.table.items)
    message = api.refused("POST", f"{path}/backfill", body, status=400)
    assert message == (
        "backfill: those of your account may begin 60 runs in an hour, and this one would begin 31 more than were "
        "begun; choose a shorter range, or send the call again in 50 minutes"
    )
    assert api.world.table.items == rows
    assert api.post(f"{path}/backfill", body | DRY)["count"] == 31
    ask(api, path, at("00:00", 1), at("00:30", 1), **REAL)
    api.refused("POST", f"{long(api)}/backfill", body, status=400)
    api.world.clock.advance(3000)
    ask(api, long(api), at("00:00", 1), at("00:31", 1), **REAL)
    counted = {sk: row["runs"] for (_, sk), row in api.world.table.items.items() if sk.startswith("C#backfills#")}
    assert sorted(counted.values()) == [31, 60]


def test_without_a_limit_on_runs_backfills_have_none(api: Api) -> None:
    api.world.with_limits(quotas=Quotas(runs=0))
    for _ in range(3):
        ask(api, long(api), at("00:00", 1), at("16:00", 1), **REAL)
    assert not any(sk.startswith("C#backfills#") for _, sk in api.world.table.items)
