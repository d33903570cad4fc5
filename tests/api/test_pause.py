"""Pause with a reason and an end, over HTTP; without a body it is what it always was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api

UNTIL = "2026-03-02T12:00:00.000Z"


def schedule_of(api: Api, spec: dict[str, Any] | None = None) -> str:
    return f"{api.schedules}/{api.create(spec or HOURLY)['id']}"


def test_a_schedule_that_is_not_paused_has_no_pause(api: Api) -> None:
    path = schedule_of(api)
    assert api.get(path)["pause"] is None
    api.post(f"{path}/pause", {"until": UNTIL})
    assert api.post(f"{path}/resume")["pause"] is None
    api.post(f"{path}/pause")
    api.ok("DELETE", path)
    assert api.get(path)["pause"] is None


@pytest.mark.parametrize("body", [None, {}])
def test_a_pause_without_reason_and_end(api: Api, body: Any) -> None:
    path = schedule_of(api)
    paused = api.post(f"{path}/pause", body)
    expected = {
        "cause": "manual", "reason": None, "since": "2026-03-02T10:00:00.000Z", "until": None, "by": "local",
        "job": None, "earlier_until": None,
    }  # fmt: skip
    assert (paused["pause"], paused["generation"]) == (expected, 2)
    (listed,) = api.get(api.schedules)["data"]
    assert listed == api.get(path) == paused
    traces = api.traces()
    assert api.post(f"{path}/pause", body) == paused
    assert api.traces() == traces


def test_a_pause_says_why_until_when_and_by_whom(api: Api) -> None:
    _, secret = api.world.keyring.create("local", "admin")
    user: dict[str, Any] = {"Authorization": f"Bearer {secret}", "X_On_Behalf_Of": "ada"}
    agent = api.post("/api/v1/agents", {"name": "a", "model": "m"}, status=201, **user)["id"]
    at = f"/api/v1/agents/{agent}/schedules"
    path = f"{at}/{api.post(at, {'schedule': HOURLY, 'input': 'x'}, status=201, **user)['id']}"
    paused = api.post(f"{path}/pause", {"reason": "Holidays", "until": "2026-03-02T13:00:00+01:00"}, **user)
    assert paused["pause"] == {
        "cause": "manual", "reason": "Holidays", "since": "2026-03-02T10:00:00.000Z", "until": UNTIL, "by": "ada",
        "job": None, "earlier_until": None,
    }  # fmt: skip


def test_a_paused_schedule_gets_what_the_body_says(api: Api) -> None:
    path = schedule_of(api)
    api.post(f"{path}/pause", {"reason": "Holidays", "until": UNTIL})
    api.world.clock.advance(60)
    assert api.post(f"{path}/pause")["pause"]["until"] == UNTIL
    changed = api.post(f"{path}/pause", {"reason": "Longer"})
    assert (changed["pause"]["reason"], changed["pause"]["until"]) == ("Longer", None)
    assert (changed["pause"]["since"], changed["generation"]) == ("2026-03-02T10:00:00.000Z", 3)
    cleared = api.post(f"{path}/pause", {"until": None})
    assert (cleared["pause"]["reason"], cleared["pause"]["until"]) == (None, None)
    assert cleared["generation"] == 4


def test_a_fraction_of_a_second_is_cut(api: Api) -> None:
    path = schedule_of(api)
    assert api.post(f"{path}/pause", {"until": "2026-03-02T12:00:00.900Z"})["pause"]["until"] == UNTIL
    api.refused("POST", f"{path}/pause", {"until": "2026-03-02T10:00:00.900Z"}, status=400)


def test_a_local_end_is_in_the_schedules_zone(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Asia/Tokyo"}
    path = schedule_of(api, spec)
    assert api.post(f"{path}/pause", {"until": "2026-03-02T21:00:00"})["pause"]["until"] == UNTIL


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"until": "2026-03-02T10:00:00Z"}, "until: 2026-03-02T10:00:00.000Z is in the past"),
        ({"until": "2026-03-02T09:00:00"}, "until: 2026-03-02T09:00:00.000Z is in the past"),
        ({"until": "2200-01-01T00:00:00Z"}, "until: must be between 1970 and 2199"),
        ({"until": "2026-06-01"}, "until: must be an RFC 3339 date-time"),
        ({"until": 1_900_000_000}, "until: "),
        ({"until": "tomorrow"}, "until: "),
        ({"reason": ""}, "reason: must not be empty"),
        ({"reason": "x" * 201}, "reason: must have at most 200 characters"),
        ({"reason": 1}, "reason: must be a string"),
        ({"unti": UNTIL}, "unti: is not a field of this request"),
        ([], "body: "),
    ],
)
@pytest.mark.parametrize("state", ["active", "paused"])
def test_a_bad_pause_writes_nothing(api: Api, state: str, body: Any, named: str) -> None:
    path = schedule_of(api)
    if state == "paused":
        api.post(f"{path}/pause", {"reason": "x" * 200})
    assert api.refused("POST", f"{path}/pause", body, status=400).startswith(named)


def test_an_end_that_the_clocks_skip_is_refused(api: Api) -> None:
    spec = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Berlin"}
    message = api.refused("POST", f"{schedule_of(api, spec)}/pause", {"until": "2026-03-29T02:30:00"}, status=400)
    assert message.startswith("until: ")
    assert "Europe/Berlin" in message


def test_a_pause_with_an_end_takes_if_match(api: Api) -> None:
    path = schedule_of(api)
    assert "If-Match" in api.refused("POST", f"{path}/pause", {"until": UNTIL}, status=412, If_Match='"g7"')
    assert api.post(f"{path}/pause", {"until": UNTIL}, If_Match='"g1"')["generation"] == 2
    assert "If-Match" in api.refused("POST", f"{path}/pause", {"until": None}, status=412, If_Match='"g1"')
    assert api.post(f"{path}/pause", {"until": UNTIL}, If_Match='"g1"')["generation"] == 2


def test_the_end_of_a_pause_changes_the_etag(api: Api) -> None:
    path = schedule_of(api)
    tag = api.client.post(f"{path}/pause", json={"until": UNTIL}).headers["ETag"]
    api.world.clock.set(UNTIL)
    created = api.get(path)
    api.fire(created)
    after = api.get(path)
    assert (after["status"], after["next_run_at"]) == ("active", "2026-03-02T13:00:00.000Z")
    assert api.client.get(path).headers["ETag"] != tag
    (found,) = api.get(f"{path}/occurrences")["data"]
    assert (found["outcome"], found["reason"], found["count"]) == ("skipped", "paused", 2)


def test_a_deletion_of_the_agent_is_its_own_cause(api: Api) -> None:
    path = schedule_of(api)
    api.ok("DELETE", api.at)
    api.post(f"{api.at}/restore")
    lapsed = api.get(path)
    assert lapsed["pause"] == {
        "cause": "agent_deleted",
        "reason": None,
        "since": None,
        "until": None,
        "by": None,
        "job": None,
        "earlier_until": None,
    }
    assert api.post(f"{path}/pause") == lapsed
    api.world.clock.advance(60)
    kept = api.post(f"{path}/pause", {"reason": "Wait"})["pause"]
    assert (kept["cause"], kept["reason"], kept["since"]) == ("agent_deleted", "Wait", "2026-03-02T10:01:00.000Z")
