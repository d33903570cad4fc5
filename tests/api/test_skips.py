"""Skip one occurrence to come, and take that back, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from agent_schedules.domain.entries import occurrence_entry
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.transitions import MOST_SKIPS

from tests.support.api import HOURLY, Api

DAILY = {"type": "cron", "cron_expression": "30 9 * * *", "timezone": "Europe/Berlin"}
CHAINED = {"type": "interval", "interval_seconds": 1001}


def at(hour: str) -> str:
    """A moment of the first day."""
    return f"2026-03-02T{hour}:00.000Z"


def made(api: Api, spec: dict[str, Any] | None = None) -> tuple[dict[str, Any], str]:
    """A new schedule and its path."""
    created = api.create(spec)
    return created, f"{api.schedules}/{created['id']}"


def skip(api: Api, path: str, moment: str, **headers: Any) -> dict[str, Any]:
    """Skip an occurrence."""
    return api.post(f"{path}/skip", {"scheduled_for": moment}, **headers)


def unskip(api: Api, path: str, moment: str) -> dict[str, Any]:
    """Take a skip back."""
    return api.post(f"{path}/unskip", {"scheduled_for": moment})


def outcome(api: Api, path: str, moment: str) -> tuple[str, str | None]:
    """What became of an occurrence."""
    found = api.get(f"{path}/occurrences/{moment}")
    return found["outcome"], found["reason"]


def test_a_skipped_occurrence_makes_no_run(api: Api) -> None:
    created, path = made(api)
    answer = skip(api, path, at("11:00"))
    assert (answer["next_run_at"], answer["skips"]) == (at("12:00"), [at("11:00")])
    assert answer["generation"] == created["generation"] + 1
    for _ in range(2):
        api.world.clock.advance(3600)
        api.fire(created)
        api.world.work()
    assert outcome(api, path, at("11:00")) == ("skipped", "skip_requested")
    assert outcome(api, path, at("12:00")) == ("ran", None)
    assert (api.get(path)["run_count"], api.get(path)["skips"]) == (1, [])


def test_an_unskipped_occurrence_runs(api: Api) -> None:
    created, path = made(api)
    skip(api, path, at("11:00"))
    answer = unskip(api, path, at("11:00"))
    assert (answer["next_run_at"], answer["skips"]) == (at("11:00"), [])
    api.world.clock.advance(3600)
    api.fire(created)
    assert outcome(api, path, at("11:00")) == ("ran", None)


@pytest.mark.parametrize("moment", ["2026-03-03T09:30:00", "2026-03-03T08:30:00Z", "2026-03-03T10:30:00+02:00"])
def test_a_time_is_an_instant_or_local(api: Api, moment: str) -> None:
    _, path = made(api, DAILY)
    assert skip(api, path, moment)["skips"] == ["2026-03-03T08:30:00.000Z"]


@pytest.mark.parametrize("verb", ["skip", "unskip"])
@pytest.mark.parametrize(
    ("moment", "says"),
    [
        (at("11:30"), "not an occurrence"),
        ("2026-03-02T11:00:00.5Z", "whole seconds"),
        (at("09:00"), "not an occurrence"),
        ("1969-01-01T00:00:00Z", "1970"),
        ("2026-03-02", "RFC 3339"),
        (1772449200, "RFC 3339"),
        (None, "RFC 3339"),
    ],
)
def test_a_time_that_is_no_occurrence_is_a_400(api: Api, verb: str, moment: Any, says: str) -> None:
    _, path = made(api)
    message = api.refused("POST", f"{path}/{verb}", {"scheduled_for": moment}, status=400)
    assert message.startswith("scheduled_for: ")
    assert says in message


@pytest.mark.parametrize("body", [{}, {"scheduled_for": at("11:00"), "why": "x"}, []])
def test_another_body_is_a_400(api: Api, body: Any) -> None:
    _, path = made(api)
    api.refused("POST", f"{path}/skip", body, status=400)


def test_a_skipped_local_time_is_a_400(api: Api) -> None:
    _, path = made(api, DAILY | {"cron_expression": "30 2 * * *"})
    message = api.refused("POST", f"{path}/skip", {"scheduled_for": "2026-03-29T02:30:00"}, status=400)
    assert "clocks go forward" in message


def test_a_settled_occurrence_is_a_409(api: Api) -> None:
    created, path = made(api)
    api.world.clock.advance(3600)
    api.fire(created)
    for verb in ("skip", "unskip"):
        message = api.refused("POST", f"{path}/{verb}", {"scheduled_for": at("11:00")}, status=409)
        assert "settled" in message


def test_a_due_occurrence_is_skipped_until_it_is_claimed(api: Api) -> None:
    created, path = made(api)
    api.world.clock.advance(3605)
    assert skip(api, path, at("11:00"))["next_run_at"] == at("12:00")
    api.fire(created)
    assert not api.get(api.runs)["data"]


def test_an_occurrence_that_passed_stays_skipped(api: Api) -> None:
    _, path = made(api)
    skip(api, path, at("11:00"))
    api.world.clock.advance(3600)
    assert "backfill" in api.refused("POST", f"{path}/unskip", {"scheduled_for": at("11:00")}, status=409)
    assert skip(api, path, at("11:00"))["skips"] == [at("11:00")]


def test_a_repeat_changes_nothing(api: Api) -> None:
    _, path = made(api)
    first = skip(api, path, at("12:00"))
    traces = api.traces()
    assert skip(api, path, at("12:00"), If_Match='"old"') == first
    assert api.traces() == traces
    unskip(api, path, at("12:00"))
    traces = api.traces()
    unskip(api, path, at("12:00"))
    assert api.traces() == traces


def test_the_only_occurrence_is_not_skipped(api: Api) -> None:
    _, path = made(api, {"type": "once", "run_at": at("11:00")})
    assert "last occurrence" in api.refused("POST", f"{path}/skip", {"scheduled_for": at("11:00")}, status=400)


def test_a_schedule_skips_so_many_occurrences(api: Api) -> None:
    _, path = made(api, HOURLY | {"interval_seconds": 60})
    times = [f"2026-03-02T10:{minute:02}:00Z" for minute in range(1, MOST_SKIPS + 2)]
    for moment in times[:-1]:
        skip(api, path, moment)
    assert "exclude" in api.refused("POST", f"{path}/skip", {"scheduled_for": times[-1]}, status=400)


def test_a_paused_schedule_takes_a_skip(api: Api) -> None:
    _, path = made(api)
    api.post(f"{path}/pause")
    assert skip(api, path, at("13:00"))["next_run_at"] is None
    assert api.post(f"{path}/resume")["next_run_at"] == at("11:00")
    skip(api, path, at("11:00"))
    assert skip(api, path, at("12:00"))["next_run_at"] == at("14:00")


@pytest.mark.parametrize("until", [None, at("12:30")])
def test_the_last_one_after_a_pause_is_not_skipped(api: Api, until: str | None) -> None:
    created = api.create(HOURLY, policies={"end_at": at("13:00")})
    path = f"{api.schedules}/{created['id']}"
    skip(api, path, at("12:00"))
    api.post(f"{path}/pause", {"until": until})
    if until is None:
        skip(api, path, at("11:00"))
    assert "last occurrence" in api.refused("POST", f"{path}/skip", {"scheduled_for": at("13:00")}, status=400)
    assert unskip(api, path, at("12:00"))["status"] == "paused"


def test_a_resume_says_that_the_rest_is_skipped(api: Api) -> None:
    created = api.create(HOURLY, policies={"end_at": at("12:00")})
    path = f"{api.schedules}/{created['id']}"
    skip(api, path, at("12:00"))
    api.post(f"{path}/pause")
    api.world.clock.advance(4000)
    assert "take back a skip" in api.refused("POST", f"{path}/resume", status=409)
    unskip(api, path, at("12:00"))
    assert api.post(f"{path}/resume")["next_run_at"] == at("12:00")


def test_completed_and_deleted_schedules_take_none(api: Api) -> None:
    created, path = made(api, {"type": "once", "run_at": at("11:00")})
    api.world.clock.advance(3600)
    api.fire(created)
    api.refused("POST", f"{path}/skip", {"scheduled_for": at("11:00")}, status=400)
    api.ok("DELETE", path)
    assert "deleted" in api.refused("POST", f"{path}/skip", {"scheduled_for": at("12:00")}, status=404)


def armed(api: Api, created: dict[str, Any]) -> bool:
    """Whether something brings a hint at the next occurrence."""
    found = api.get(f"{api.schedules}/{created['id']}")["next_run_at"]
    nominal = int(datetime.fromisoformat(found).timestamp())
    entry = api.world.scheduler.entries.get(created["id"])
    if entry is not None:
        return entry.start is None or entry.start.timestamp() == nominal
    messages = [delayed.message for delayed in api.world.queue.messages]
    hinted = any(isinstance(message, Hint) and message.at == nominal for message in messages)
    return hinted or occurrence_entry(created["id"], nominal) in api.world.scheduler.entries


@pytest.mark.parametrize("spec", [HOURLY, DAILY, CHAINED, {"type": "interval", "interval_seconds": 5}])
def test_the_next_occurrence_is_armed(api: Api, spec: dict[str, Any]) -> None:
    created, path = made(api, spec)
    skip(api, path, created["next_run_at"])
    assert armed(api, created)
    unskip(api, path, created["next_run_at"])
    assert armed(api, created)


def test_skips_that_a_new_timing_has_are_kept(api: Api) -> None:
    _, path = made(api)
    for moment in (at("11:00"), at("12:00")):
        skip(api, path, moment)
    timing = {"type": "interval", "interval_seconds": 7200, "start_at": at("10:00")}
    answer = api.post(path, {"schedule": timing})
    assert (answer["skips"], answer["next_run_at"]) == ([at("12:00")], at("14:00"))


def test_the_etag_guards_a_skip(api: Api) -> None:
    created, path = made(api)
    api.refused("POST", f"{path}/skip", {"scheduled_for": at("11:00")}, status=412, If_Match='"g7"')
    skip(api, path, at("11:00"), If_Match=f'"g{created["generation"]}"')


def test_another_tenants_schedule_is_a_404(api: Api) -> None:
    _, path = made(api)
    body = {"scheduled_for": at("11:00")}
    api.refused("POST", f"{path}/skip", body, status=404, Authorization="Bearer local-2")


@pytest.mark.parametrize("verb", ["skip", "unskip"])
def test_a_claim_between_read_and_commit_wins(api: Api, verb: str) -> None:
    created, path = made(api)
    if verb == "unskip":
        skip(api, path, at("12:00"))
    api.world.clock.advance(3600)

    def claim(_: object) -> None:
        api.world.table.before_write = lambda _: None
        api.fire(created)

    api.world.table.before_write = claim
    moment = at("11:00") if verb == "skip" else at("12:00")
    answer = api.client.post(f"{path}/{verb}", json={"scheduled_for": moment})
    assert answer.status_code == (409 if verb == "skip" else 200)
    assert outcome(api, path, at("11:00")) == ("ran", None)
    assert api.get(path)["next_run_at"] == at("12:00")
