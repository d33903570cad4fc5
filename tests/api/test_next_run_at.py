"""`next_run_at` is right at every moment: what is shown as the next occurrence is the next one that runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api

SPECS: dict[str, dict[str, Any]] = {
    "rate": {"type": "interval", "interval_seconds": 3600},
    "second-exact": {"type": "interval", "interval_seconds": 1001},
    "cron": {"type": "cron", "cron_expression": "0 * * * *", "timezone": "Asia/Kathmandu"},
}
GRACE = 3600  # seconds (contract D30)


def following(api: Api, created: dict[str, Any]) -> Any:
    return api.get(f"{api.schedules}/{created['id']}")["next_run_at"]


def previewed(api: Api, created: dict[str, Any]) -> Any:
    return api.get(f"{api.schedules}/{created['id']}/preview?count=1")["occurrences"][0]["at"]


def until(api: Api, text: str) -> None:
    """Let time pass up to that moment."""
    api.world.clock.set(text)


@pytest.mark.parametrize("spec", SPECS)
def test_through_the_life_of_a_schedule(api: Api, spec: str) -> None:
    created = api.create(SPECS[spec])
    path = f"{api.schedules}/{created['id']}"
    assert created["next_run_at"] == following(api, created) == previewed(api, created)
    until(api, created["next_run_at"])
    api.fire(created)
    api.world.work()
    (run,) = api.get(api.runs)["data"]
    assert run["scheduled_for"] == created["next_run_at"]
    second = following(api, created)
    assert second > created["next_run_at"]
    assert second == previewed(api, created)
    assert api.post(path, {"name": "n"})["next_run_at"] == second  # another field changes nothing
    assert api.post(f"{path}/pause")["next_run_at"] is None
    assert api.post(f"{path}/resume")["next_run_at"] == second  # nothing fell into the pause
    retimed = api.post(path, {"schedule": {"type": "once", "run_at": "2026-03-04T00:00:00Z"}})
    assert retimed["next_run_at"] == "2026-03-04T00:00:00.000Z"
    until(api, "2026-03-04T00:00:00Z")
    api.fire(created)
    done = api.get(path)
    assert (done["status"], done["next_run_at"]) == ("completed", None)
    api.ok("DELETE", path)
    assert following(api, created) is None


@pytest.mark.parametrize("spec", SPECS)
def test_a_lost_hint_leaves_it_past_for_the_grace_at_most(api: Api, spec: str) -> None:
    created = api.create(SPECS[spec])
    api.world.scheduler.entries.clear()  # nothing will come any more
    api.world.queue.messages.clear()
    until(api, created["next_run_at"])
    passed = 0
    while following(api, created) <= created["next_run_at"]:
        assert passed < GRACE
        passed += 300  # the reconciler's rhythm
        api.world.clock.advance(300)
        api.world.sweep()
        api.world.work()
    assert following(api, created) == previewed(api, created)
    assert api.get(f"{api.schedules}/{created['id']}")["run_count"] >= 1
