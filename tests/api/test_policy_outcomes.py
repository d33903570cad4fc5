"""The answers about occurrences and runs under policies: what happened, and what a preview said before."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.timestamps import stamp, text_of

from tests.support.api import HOURLY, Api
from tests.support.lines import LONG, SHORT, STEP
from tests.support.times import seconds_of


def outcomes(api: Api, created: dict[str, Any]) -> list[dict[str, Any]]:
    """The outcomes of a schedule's occurrences, the oldest first."""
    found: list[dict[str, Any]] = api.get(f"{api.schedules}/{created['id']}/occurrences?order=asc")["data"]
    return found


def at(api: Api, created: dict[str, Any], time: str, *, status: int = 200) -> dict[str, Any]:
    """The outcome of one nominal time."""
    return api.ok("GET", f"{api.schedules}/{created['id']}/occurrences/{time}", status=status)


def hours(api: Api, created: dict[str, Any], count: int) -> None:
    """Let hours pass, with EventBridge's hint and a worker at the end of each."""
    for _ in range(count):
        api.world.clock.advance(3600)
        api.fire(created)
        api.world.work()


def test_runs_that_wait_and_overlaps_are_told_apart(api: Api) -> None:
    api.world.gateway.polls = LONG
    created = api.create(SHORT, policies={"overlap": "queue_one"})
    api.world.pass_time(3 * STEP + 5)
    opened, waiting, skipped = outcomes(api, created)
    assert (opened["outcome"], opened["reason"]) == ("ran", None)
    assert (waiting["outcome"], waiting["reason"], waiting["run_status"]) == ("queued", None, "queued")
    assert (skipped["outcome"], skipped["reason"], skipped["run_status"]) == ("skipped", "overlap", None)
    assert skipped["run_id"] == opened["run_id"] != waiting["run_id"]
    assert at(api, created, waiting["scheduled_for"]) == waiting
    assert at(api, created, skipped["scheduled_for"]) == skipped
    assert api.get(f"{api.runs}/{waiting['run_id']}")["gateway_response_id"] is None
    cancelled = api.post(f"{api.runs}/{waiting['run_id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert at(api, created, waiting["scheduled_for"])["outcome"] == "ran"


def test_a_run_shows_when_its_wait_for_another_ended(api: Api) -> None:
    api.world.gateway.polls = LONG
    created = api.create(SHORT, policies={"overlap": "queue_one"})
    api.world.pass_time(2 * STEP + 5)
    first, waiting = (f"{api.runs}/{one['run_id']}" for one in outcomes(api, created))
    assert (api.get(first)["waited_until"], api.get(waiting)["waited_until"]) == (None, None)
    api.post(f"{first}/cancel")
    api.world.pass_time(5)
    freed = api.get(waiting)
    assert freed["gateway_response_id"]
    assert freed["created_at"] < api.get(first)["completed_at"] <= freed["waited_until"]


def test_excluded_dates_are_ranged_records(api: Api) -> None:
    created = api.create(policies={"exclude": ["2026-03-03"]})
    hours(api, created, 13)  # 11:00 to 23:00
    assert api.get(f"{api.schedules}/{created['id']}")["next_run_at"] == "2026-03-04T00:00:00.000Z"
    excluded = at(api, created, "2026-03-03T12:00:00Z")  # before its record is written
    assert (excluded["outcome"], excluded["reason"], excluded["effective_at"]) == ("skipped", "excluded", None)
    hours(api, created, 25)
    *_, record, run = outcomes(api, created)
    assert (record["outcome"], record["reason"], record["count"]) == ("skipped", "excluded", 24)
    assert (record["scheduled_for"], record["until"]) == ("2026-03-03T00:00:00.000Z", "2026-03-03T23:00:00.000Z")
    assert (run["outcome"], run["scheduled_for"]) == ("ran", "2026-03-04T00:00:00.000Z")
    assert at(api, created, "2026-03-03T12:00:00Z") == record


def test_excluded_times_after_the_last_run_are_skipped(api: Api) -> None:
    bounds = {"end_at": "2026-03-03T02:00:00Z", "exclude": ["2026-03-03"]}
    created = api.create(policies=bounds)
    hours(api, created, 13)
    path = f"{api.schedules}/{created['id']}"
    assert api.get(path)["status"] == "completed"
    assert at(api, created, "2026-03-03T02:00:00Z")["reason"] == "excluded"
    at(api, created, "2026-03-03T03:00:00Z", status=404)  # after end_at
    api.ok("DELETE", path)
    at(api, created, "2026-03-03T02:00:00Z", status=404)


def test_no_time_exists_outside_the_bounds(api: Api) -> None:
    created = api.create(policies={"start_at": "2026-03-02T12:00:00Z", "max_runs": 2, "exclude": ["2026-03-03"]})
    at(api, created, "2026-03-02T11:00:00Z", status=404)
    hours(api, created, 3)
    assert [one["scheduled_for"][11:16] for one in outcomes(api, created)] == ["12:00", "13:00"]
    assert api.get(f"{api.schedules}/{created['id']}")["status"] == "completed"
    for after_the_last in ("2026-03-02T14:00:00Z", "2026-03-03T14:00:00Z"):
        at(api, created, after_the_last, status=404)


def test_the_spread_is_shown_before_and_after(api: Api) -> None:
    created = api.create(policies={"spread_seconds": 900})
    preview = api.get(f"{api.schedules}/{created['id']}/preview?count=1")["occurrences"][0]
    nominal, effective = preview["at"], preview["effective_at"]
    assert 0 < seconds_of(effective) - seconds_of(nominal) <= 900
    pending = at(api, created, nominal)
    assert (pending["outcome"], pending["effective_at"]) == ("pending", effective)
    api.world.clock.advance(3600)
    api.fire(created)
    assert outcomes(api, created) == []
    api.world.pass_time(901, step=1)
    (ran,) = outcomes(api, created)
    assert (ran["outcome"], ran["scheduled_for"], ran["effective_at"]) == ("ran", nominal, effective)
    run = api.get(f"{api.runs}/{ran['run_id']}")
    assert (run["scheduled_for"], run["effective_at"]) == (nominal, effective)
    assert effective[:19] == run["created_at"][:19]


def test_without_a_spread_the_nominal_time_is_effective(api: Api) -> None:
    created = api.create()
    assert at(api, created, "2026-03-02T11:00:00Z")["effective_at"] == "2026-03-02T11:00:00.000Z"
    hours(api, created, 1)
    (run,) = api.get(f"{api.schedules}/{created['id']}/runs")["data"]
    assert run["effective_at"] == run["scheduled_for"] == "2026-03-02T11:00:00.000Z"
    assert api.start()["effective_at"] is None


def test_a_preview_under_policies_says_what_will_not_run(api: Api) -> None:
    policies = {"exclude": ["2026-03-03"], "max_runs": 2, "start_at": "2026-03-02T23:00:00Z"}
    created = api.create(policies=policies)
    shown = api.get(f"{api.schedules}/{created['id']}/preview?count=100")["occurrences"]
    assert [one["at"][:16] for one in shown if one["skipped"] is None] == ["2026-03-02T23:00", "2026-03-04T00:00"]
    assert [one["skipped"] for one in shown[1:-1]] == ["excluded"] * 24
    assert [one["remaining_runs"] for one in shown] == [1] * 25 + [0]
    assert (
        shown
        == api.post("/api/v1/schedules/preview", {"schedule": HOURLY, "count": 100, "policies": policies})[
            "occurrences"
        ]
    )


def test_the_preview_s_entry_is_for_the_first_time_that_runs(api: Api) -> None:
    policies = {"exclude": ["2026-03-02"], "spread_seconds": 300}
    created = api.create({"type": "interval", "interval_seconds": 5400, "precision": "second"}, policies=policies)
    (entry,) = api.world.scheduler.entries.values()
    (shown,) = api.get(f"{api.schedules}/{created['id']}/preview")["eventbridge"]
    assert shown["expression"] == entry.expression


def test_a_cron_s_entry_waits_for_the_start(api: Api) -> None:
    daily = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"}
    created = api.create(daily, policies={"start_at": "2026-06-01T09:00:00"})
    (entry,) = api.world.scheduler.entries.values()
    (shown,) = api.get(f"{api.schedules}/{created['id']}/preview")["eventbridge"]
    assert shown["start_date"] == "2026-06-01T07:59:00.000Z" == text_of(entry.start or api.world.clock.moment)
    api.post(f"{api.schedules}/{created['id']}", {"policies": None})
    (entry,) = api.world.scheduler.entries.values()
    assert entry.start is None


@pytest.mark.parametrize(("until", "first"), [(None, "11:00"), (5 * 3600, "16:00")])
def test_a_preview_of_a_pause_begins_where_it_ends(api: Api, until: int | None, first: str) -> None:
    created = api.create()
    body = None if until is None else {"until": stamp(api.world.now + until)}
    api.post(f"{api.schedules}/{created['id']}/pause", body)
    shown = api.get(f"{api.schedules}/{created['id']}/preview?count=1")["occurrences"]
    assert [one["at"][11:16] for one in shown] == [first]
