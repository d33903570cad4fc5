"""The policies of a schedule over HTTP (policies.md): each value is kept and shown, and each wrong one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.schemas.policies import PoliciesBody
from agent_schedules.services.checks import LARGEST_KEPT

from tests.support.api import HOURLY, Api

DEFAULTS: dict[str, Any] = {
    "start_at": None, "end_at": None, "exclude": [], "max_runs": None, "spread_seconds": 0, "overlap": "allow",
    "misfire": "run_latest", "misfire_grace_seconds": 3600, "timeout_seconds": 86_400,
    "run_retention_days": 0, "alert_after_seconds": None,
}  # fmt: skip
ALL: dict[str, Any] = {
    "start_at": "2026-03-02T12:00:00.000Z", "end_at": "2026-12-31T23:59:59.500Z",
    "exclude": ["2026-12-24/2026-12-26", "2026-05-01"], "max_runs": 3, "spread_seconds": 900, "overlap": "queue_all",
    "misfire": "run_all", "misfire_grace_seconds": 0, "timeout_seconds": 10, "run_retention_days": 30,
    "alert_after_seconds": 3600,
}  # fmt: skip
VALID: list[tuple[str, Any, Any]] = [
    ("start_at", "2026-03-02T12:00:00.123456Z", "2026-03-02T12:00:00.123Z"),
    ("start_at", "2026-06-01T09:00:00", "2026-06-01T08:00:00.000Z"),  # local to the schedule's zone
    ("start_at", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
    ("end_at", "2199-12-31T23:59:59Z", "2199-12-31T23:59:59.000Z"),
    ("end_at", "2026-03-02T13:00:00+02:00", "2026-03-02T11:00:00.000Z"),
    ("exclude", [], []),
    ("exclude", ["2026-05-01/2026-05-01"], ["2026-05-01"]),
    ("exclude", ["1970-01-01", "2199-12-31", "2026-12-24/2027-01-02"], None),
    ("exclude", [f"21{year:02}-05-01" for year in range(100)], None),
    ("max_runs", 1, None), ("max_runs", 1_000_000, None), ("max_runs", 2.0, 2),
    ("spread_seconds", 0, None), ("spread_seconds", 900, None),
    *[("overlap", value, None) for value in ("allow", "skip", "queue_one", "queue_all", "cancel_previous")],
    *[("misfire", value, None) for value in ("run_latest", "skip", "run_all")],
    ("misfire_grace_seconds", 0, None), ("misfire_grace_seconds", 604_800, None),
    ("timeout_seconds", 10, None), ("timeout_seconds", 604_800, None),
    ("run_retention_days", 0, None), ("run_retention_days", 3650, None),
    ("alert_after_seconds", 60, None), ("alert_after_seconds", 2_678_400, None),
]  # fmt: skip
"""A field, a value that is sent, and the value that is shown, if that is another."""
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"start_at": 1}, "policies.start_at: must be an RFC 3339 date-time"),
    ({"start_at": "2026-03-29T01:30:00"}, "policies.start_at: 2026-03-29T01:30:00 does not exist in Europe/Lisbon"),
    ({"start_at": "2200-01-01T00:00:00Z"}, "policies.start_at: must be between 1970 and 2199"),
    ({"start_at": "2199-12-31T23:30:00Z"}, "policies.start_at: the schedule has no occurrence from then on"),
    ({"end_at": "1969-12-31T23:59:59Z"}, "policies.end_at: must be between 1970 and 2199"),
    ({"end_at": "2026-03-02T10:59:59Z"}, "policies.end_at: the schedule has no occurrence left until then"),
    ({"end_at": "2026-03-01T00:00:00Z"}, "policies.end_at: the schedule has no occurrence left until then"),
    ({"start_at": "2026-04-02T00:00:00Z", "end_at": "2026-04-01T00:00:00Z"}, "policies.end_at: is before `start_at`"),
    ({"exclude": "2026-05-01"}, "policies.exclude: must be an array"),
    ({"exclude": ["2026-05-01"] * 101}, "policies.exclude: must have at most 100 entries"),
    ({"exclude": ["2026-05-01", "2026-05-02", "2026-05-01"]}, "policies.exclude.2: 2026-05-01 occurs twice"),
    ({"exclude": ["2026-05-01", "20260501"]}, "policies.exclude.1: must be a date from 1970 to 2199 or a range"),
    ({"exclude": ["2026-05-01T00:00:00Z"]}, "policies.exclude.0: must be a date"),
    ({"exclude": ["1969-12-31"]}, "policies.exclude.0: must be a date from 1970 to 2199"),
    ({"exclude": ["2199-12-31/2200-01-01"]}, "policies.exclude.0: must be a date from 1970 to 2199"),
    ({"exclude": ["2026-02-30"]}, "policies.exclude.0: 2026-02-30 is not in the calendar"),
    ({"exclude": ["2026-05-02/2026-05-01"]}, "policies.exclude.0: ends before it begins; send 2026-05-01/2026-05-02"),
    ({"exclude": ["2026-02-30/2026-01-01"]}, "policies.exclude.0: 2026-02-30/2026-01-01 is not in the calendar"),
    ({"exclude": ["1970-01-01/2199-12-31"]}, "policies.exclude: has the date of every occurrence that is left"),
    ({"exclude": [None]}, "policies.exclude.0: must be a date"),
    ({"max_runs": 0}, "policies.max_runs: must be at least 1"),
    ({"max_runs": 1_000_001}, "policies.max_runs: must be at most 1000000"),
    ({"max_runs": "3"}, "policies.max_runs: must be a whole number"),
    ({"spread_seconds": -1}, "policies.spread_seconds: must be at least 0"),
    ({"spread_seconds": 901}, "policies.spread_seconds: must be at most 900"),
    ({"overlap": "queue"}, "policies.overlap: must be 'allow', 'skip', 'queue_one', 'queue_all' or 'cancel_previous'"),
    ({"misfire": True}, "policies.misfire: must be 'run_latest', 'skip' or 'run_all'"),
    ({"misfire_grace_seconds": 604_801}, "policies.misfire_grace_seconds: must be at most 604800"),
    ({"timeout_seconds": 9}, "policies.timeout_seconds: must be at least 10"),
    ({"timeout_seconds": 604_801}, "policies.timeout_seconds: must be at most 604800"),
    ({"run_retention_days": -1}, "policies.run_retention_days: must be at least 0"),
    ({"run_retention_days": 3651}, "policies.run_retention_days: must be at most 3650"),
    ({"alert_after_seconds": 59}, "policies.alert_after_seconds: must be at least 60"),
    ({"alert_after_seconds": 2_678_401}, "policies.alert_after_seconds: must be at most 2678400"),
    ({"jitter": 1}, "policies.jitter: is not a field of this request"),
]
IN_LISBON = {**HOURLY, "start_at": "2026-01-01T00:00:00.000Z", "timezone": "Europe/Lisbon"}


def test_the_body_has_the_fields_of_the_answer(api: Api) -> None:
    assert set(PoliciesBody.model_fields) == set(api.create()["policies"]) == set(DEFAULTS)


def test_each_policy_is_tried() -> None:
    assert {field for field, _, _ in VALID} == set(ALL) == set(DEFAULTS)
    assert {field for policies, _ in WRONG for field in policies} == {*DEFAULTS, "jitter"}


@pytest.mark.parametrize("sent", [{}, {"policies": None}, {"policies": {}}, {"policies": dict.fromkeys(DEFAULTS)}])
def test_a_schedule_without_policies_shows_the_defaults(api: Api, sent: dict[str, Any]) -> None:
    created = api.create(**sent)
    assert (created["policies"], created["remaining_runs"]) == (DEFAULTS, None)
    assert not any("policies" in str(item) for item in api.world.table.items.values())


def test_the_defaults_are_those_of_the_deployment(api: Api) -> None:
    created = api.create(policies={"overlap": "skip"})
    api.world.with_limits(misfire_grace=7, run_timeout=77, run_retention_days=5)
    shown = api.get(f"{api.schedules}/{created['id']}")["policies"]
    own = {"misfire_grace_seconds": 7, "timeout_seconds": 77, "run_retention_days": 5}
    assert shown == DEFAULTS | {"overlap": "skip"} | own
    assert api.get(api.schedules)["data"][0]["policies"] == shown


@pytest.mark.parametrize(("field", "sent", "shown"), VALID)
def test_a_create_and_an_update_keep_each_value(api: Api, field: str, sent: Any, shown: Any) -> None:
    expected = DEFAULTS | {field: sent if shown is None else shown}
    created = api.create(IN_LISBON, policies={field: sent})
    path = f"{api.schedules}/{created['id']}"
    assert created["policies"] == expected
    assert api.get(path) == created
    other = f"{api.schedules}/{api.create(IN_LISBON)['id']}"
    assert api.post(other, {"policies": {field: sent}})["policies"] == expected


@pytest.mark.parametrize(("policies", "message"), WRONG)
def test_wrong_policies_are_refused_everywhere(api: Api, policies: dict[str, Any], message: str) -> None:
    stored = f"{api.schedules}/{api.create(IN_LISBON)['id']}"
    body = {"schedule": IN_LISBON, "policies": policies}
    for path, sent in (
        (api.schedules, body | {"input": "x"}),
        (stored, {"policies": policies}),
        (stored, body),
        ("/api/v1/schedules/preview", body),
    ):
        assert api.refused("POST", path, sent, status=400).startswith(message)


@pytest.mark.parametrize("policies", [[], "skip", 1, True])
def test_policies_must_be_an_object(api: Api, policies: Any) -> None:
    assert api.refused(
        "POST", api.schedules, {"schedule": HOURLY, "input": "x", "policies": policies}, status=400
    ).startswith("policies: must be an object")


def test_the_zone_is_checked_before_local_times(api: Api) -> None:
    body = {
        "schedule": {**HOURLY, "timezone": "Mars/Base"},
        "input": "x",
        "policies": {"start_at": "2026-03-03T00:00:00"},
    }
    assert "Mars/Base" in api.refused("POST", api.schedules, body, status=400)


@pytest.mark.parametrize(
    ("policies", "field"),
    [
        ({"start_at": "2026-03-03T10:00:01Z"}, "policies.start_at"),
        ({"end_at": "2026-03-03T09:59:59.999Z"}, "policies.end_at"),
        ({"exclude": ["2026-03-03"]}, "policies.exclude"),
    ],
)
def test_a_once_must_lie_within_its_policies(api: Api, policies: dict[str, Any], field: str) -> None:
    once = {"type": "once", "run_at": "2026-03-03T10:00:00Z"}
    body = {"schedule": once, "input": "x", "policies": policies}
    assert api.refused("POST", api.schedules, body, status=400).startswith(f"{field}: ")
    path = f"{api.schedules}/{api.create(once)['id']}"
    assert api.refused("POST", path, {"policies": policies}, status=400).startswith(f"{field}: ")


def test_an_update_replaces_policies_whole(api: Api) -> None:
    created = api.create(policies=ALL)
    path = f"{api.schedules}/{created['id']}"
    assert created["policies"] == ALL
    assert created["next_run_at"] == "2026-03-02T12:00:00.000Z"
    assert created["remaining_runs"] == 3
    assert api.post(path, {"name": "n"})["policies"] == ALL
    assert api.post(path, {"policies": {"overlap": "skip"}})["policies"] == DEFAULTS | {"overlap": "skip"}
    assert api.post(path, {"policies": None})["policies"] == DEFAULTS


def test_sending_back_what_is_shown_changes_nothing(api: Api) -> None:
    created = api.create(policies=ALL)
    path, traces = f"{api.schedules}/{created['id']}", api.traces()
    assert api.post(path, {"policies": created["policies"]}) == created
    assert api.traces() == traces


def test_local_times_of_an_update_are_in_the_zone_that_it_leaves(api: Api) -> None:
    path = f"{api.schedules}/{api.create(IN_LISBON)['id']}"
    local: dict[str, Any] = {"policies": {"start_at": "2026-07-01T09:00:00"}}
    assert api.post(path, local)["policies"]["start_at"] == "2026-07-01T08:00:00.000Z"
    tokyo = {"schedule": {**IN_LISBON, "timezone": "Asia/Tokyo"}}
    assert api.post(path, tokyo | local)["policies"]["start_at"] == "2026-07-01T00:00:00.000Z"


def test_max_runs_below_what_was_made_is_refused(api: Api) -> None:
    created = api.create(policies={"max_runs": 5})
    api.world.clock.advance(3600)
    api.fire(created)
    path = f"{api.schedules}/{created['id']}"
    assert api.get(path)["remaining_runs"] == 4
    assert api.refused("POST", path, {"policies": {"max_runs": 1}}, status=400).startswith("policies.max_runs: ")
    assert api.post(path, {"policies": {"max_runs": 2}})["remaining_runs"] == 1


def test_a_completed_schedule_goes_on_with_policies_that_allow_more(api: Api) -> None:
    created = api.create(policies={"max_runs": 1})
    api.world.clock.advance(3600)
    api.fire(created)
    path = f"{api.schedules}/{created['id']}"
    assert (api.get(path)["status"], api.get(path)["next_run_at"]) == ("completed", None)
    assert api.post(path, {"policies": {"max_runs": 2}})["status"] == "active"
    assert api.get(path)["next_run_at"] == "2026-03-02T12:00:00.000Z"


def test_policies_count_towards_the_stored_size(api: Api) -> None:
    half = 195 * 1024
    path = f"{api.schedules}/{api.create(input=[{'type': 'x', 'padding': 'x' * half}])['id']}"
    api.post(path, {"conversation": {"id": "c", "padding": "x" * (LARGEST_KEPT - 600 - half)}})
    days = [f"20{year}-05-01" for year in range(30, 99)]
    refused = api.refused("POST", path, {"policies": {"exclude": days}}, status=400)
    assert refused.startswith("policies: takes 0 KB when it is stored, and all fields together")
    assert api.post(path, {"policies": {"exclude": days[:10]}})["policies"]["exclude"] == days[:10]
