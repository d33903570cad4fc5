"""A form of a schedule shows local times without an offset. A time that is not touched keeps its exact value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.modules import Modules

LIMITS = {"misfire_grace_seconds": 86_400, "timeout_seconds": 86_400, "run_retention_days": 0}
CHANGES = """(m, { schedule, limits, changes, policies }) => {
  const base = m.formOf(schedule, limits);
  return m.changesOf({ ...base, ...changes, policies: { ...base.policies, ...policies } }, base, schedule);
}"""


def changed(modules: Modules, timing: dict[str, Any], changes: dict[str, Any], **policies: Any) -> Any:
    """The body of an update by a form in which some fields were changed."""
    stored: dict[str, Any] = {"start_at": None, "end_at": None, "exclude": [], "max_runs": None, "spread_seconds": 0}
    stored |= {"overlap": "allow", "misfire": "run_latest", "alert_after_seconds": None} | LIMITS
    touched = policies.pop("touched", {})
    names: dict[str, Any] = {"agent_id": "a", "id": "s", "name": "n", "key": None, "input": "x", "metadata": {}}
    schedule = names | {"schedule": timing, "policies": stored | policies}
    given = {"schedule": schedule, "limits": LIMITS, "changes": changes, "policies": touched}
    return modules.run("lib/schedule_form.js", CHANGES, given)


@pytest.mark.parametrize("at", ["2098-10-26T00:30:00.000Z", "2098-10-26T01:30:45.250Z"])
def test_a_once_keeps_its_instant_in_a_repeated_hour(modules: Modules, at: str) -> None:
    timing = {"type": "once", "run_at": at, "timezone": "Europe/Lisbon"}
    sent = changed(modules, timing, {"exact": True})
    assert sent == {"schedule": timing | {"precision": "second"}}


def test_an_interval_keeps_its_grid(modules: Modules) -> None:
    timing = {"type": "interval", "interval_seconds": 60, "start_at": "2026-03-01T00:00:30.000Z", "timezone": "UTC"}
    assert changed(modules, timing, {"exact": True})["schedule"]["start_at"] == timing["start_at"]
    assert changed(modules, timing, {"every": "2"})["schedule"]["start_at"] == timing["start_at"]


def test_another_zone_takes_the_local_times_along(modules: Modules) -> None:
    once = {"type": "once", "run_at": "2098-03-02T08:00:00.000Z", "timezone": "Europe/Berlin"}
    sent = changed(modules, once, {"zone": "America/New_York"}, end_at="2098-12-31T22:59:00.000Z")
    assert sent["schedule"]["run_at"] == "2098-03-02T09:00:00"
    assert sent["policies"] == {"end_at": "2098-12-31T23:59:00"}


def test_an_untouched_bound_keeps_its_instant(modules: Modules) -> None:
    daily = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Berlin"}
    sent = changed(modules, daily, {}, end_at="2098-12-31T22:59:01.500Z", touched={"max_runs": "3"})
    assert sent == {"policies": {"end_at": "2098-12-31T22:59:01.500Z", "max_runs": 3}}


def test_a_schedule_that_is_not_touched_sends_nothing(modules: Modules) -> None:
    for timing in (
        {"type": "once", "run_at": "2098-03-02T08:00:01.000Z", "timezone": "Asia/Tokyo", "precision": "second"},
        {"type": "interval", "interval_seconds": 90, "timezone": "UTC"},
        {"type": "cron", "cron_expression": "*/7 1 * * *", "timezone": "UTC"},
    ):
        assert changed(modules, timing, {}) == {}
