"""An incident over HTTP: pause-all, resume-all, and the pauses that callers and other jobs made before and since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api

PAUSE_ALL, RESUME_ALL = "/api/v1/schedules/pause-all", "/api/v1/schedules/resume-all"
UNTIL = "2026-03-02T12:00:00.000Z"


@pytest.fixture
def api() -> Api:
    return Api()


def counts(job: dict[str, Any]) -> tuple[int, ...]:
    return tuple(job[name] for name in ("matched", "changed", "unchanged", "failed"))


def made(api: Api, number: int = 1, **body: Any) -> list[str]:
    """The paths of new schedules."""
    paths = [f"{api.schedules}/{api.create(**body)['id']}" for _ in range(number)]
    api.world.clock.advance(1)
    return paths


# What callers pause during an incident


@pytest.mark.parametrize("body", [None, {}, {"until": UNTIL}, {"until": None}, {"reason": None}, {"reason": "mine"}])
@pytest.mark.parametrize("incident", [None, {"reason": "Incident"}])
def test_a_callers_pause_takes_over_that_of_a_job(api: Api, incident: Any, body: Any) -> None:
    (path,) = made(api)
    api.post(PAUSE_ALL, incident)
    before = api.get(path)
    after = api.post(f"{path}/pause", body)
    asked = body or before["pause"]
    expected = before["pause"] | {"reason": asked.get("reason"), "until": asked.get("until"), "job": None}
    assert (after["pause"], after["generation"]) == (expected, 3)
    assert api.post(f"{path}/pause", body) == after
    assert counts(api.post(RESUME_ALL)) == (0, 0, 0, 0)
    assert api.get(path) == after


@pytest.mark.parametrize("more", [{}, {"name": "n"}])
def test_a_paused_put_takes_over_the_pause_of_a_job(api: Api, more: dict[str, Any]) -> None:
    path, body = f"{api.schedules}/by-key/daily", {"schedule": HOURLY, "input": "x"}
    api.ok("PUT", path, body, status=201)
    api.world.clock.advance(1)
    api.post(PAUSE_ALL, {"reason": "Incident"})
    before = api.get(path)
    assert api.ok("PUT", path, body) == before
    after = api.ok("PUT", path, body | more | {"paused": True})
    assert (after["pause"], after["generation"]) == (before["pause"] | {"job": None}, 3)
    assert api.ok("PUT", path, body | more | {"paused": True}) == after
    api.post(RESUME_ALL)
    assert api.get(path) == after
