"""`Idempotency-Key` over HTTP (contract D8): every POST, once however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from agent_schedules.errors import DefinitionRefused, Unavailable
from agent_schedules.storage.table import Put, Write

from tests.support.api import HOURLY, Api
from tests.support.webhooks import URL, recorded, webhook

KEY = "order-66"
Prepared = tuple[str, Any, int]
"""Path, body and success of a POST."""


OCCURRENCE = {"scheduled_for": "2026-03-02T12:00:00Z"}
EVERY_HOUR = {"type": "cron", "cron_expression": "0 * * * *"}
YESTERDAY = {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T13:00:00Z", "dry_run": False}


def _schedule(api: Api, spec: dict[str, Any] | None = None) -> str:
    return f"{api.schedules}/{api.create(spec)['id']}"


def _skipped(api: Api) -> str:
    path = _schedule(api)
    api.post(f"{path}/skip", OCCURRENCE)
    return path


def _paused(api: Api) -> str:
    path = _schedule(api)
    api.post(f"{path}/pause")
    return path


def _deleted(api: Api) -> str:
    api.ok("DELETE", api.at)
    return api.at


def _version(api: Api) -> str:
    api.post(api.at, {"name": "b"})
    return f"{api.at}/versions/1/rollback"


def _cancelled(api: Api) -> str:
    run = api.start()["id"]
    api.post(f"{api.runs}/{run}/cancel")
    return str(run)


def _webhook(api: Api) -> str:
    return f"/api/v1/webhooks/{webhook(api.world).key.webhook_id}"


def _delivery(api: Api) -> str:
    made = webhook(api.world)
    return f"/api/v1/webhooks/{made.key.webhook_id}/deliveries/{recorded(api.world, made).key.delivery_id}"


POSTS: dict[str, Callable[[Api], Prepared]] = {
    "create agent": lambda api: ("/api/v1/agents", {"name": "x", "model": "m"}, 201),
    "update agent": lambda api: (api.at, {"name": "x"}, 200),
    "restore agent": lambda api: (f"{_deleted(api)}/restore", None, 200),
    "rollback": lambda api: (_version(api), None, 200),
    "create schedule": lambda api: (api.schedules, {"schedule": HOURLY, "input": "x"}, 201),
    "update schedule": lambda api: (_schedule(api), {"name": "x"}, 200),
    "pause": lambda api: (f"{_schedule(api)}/pause", None, 200),
    "resume": lambda api: (f"{_paused(api)}/resume", None, 200),
    "skip": lambda api: (f"{_schedule(api)}/skip", OCCURRENCE, 200),
    "unskip": lambda api: (f"{_skipped(api)}/unskip", OCCURRENCE, 200),
    "backfill": lambda api: (f"{_schedule(api, EVERY_HOUR)}/backfill", YESTERDAY, 200),
    "create run": lambda api: (api.runs, {"input": "x"}, 201),
    "cancel": lambda api: (f"{api.runs}/{api.start()['id']}/cancel", None, 200),
    "retry": lambda api: (f"{api.runs}/{_cancelled(api)}/retry", None, 201),
    "trigger": lambda api: (f"{_schedule(api)}/trigger", None, 201),
    "trigger with input": lambda api: (f"{_schedule(api)}/trigger", {"input": "x"}, 201),
    "create webhook": lambda api: ("/api/v1/webhooks", {"url": URL}, 201),
    "create poll webhook": lambda api: ("/api/v1/webhooks", {"poll": True}, 201),
    "update webhook": lambda api: (_webhook(api), {"description": "d"}, 200),
    "rotate webhook": lambda api: (f"{_webhook(api)}/rotate", None, 200),
    "test webhook": lambda api: (f"{_webhook(api)}/test", None, 202),
    "replay": lambda api: (f"{_delivery(api)}/replay", None, 202),
}


@pytest.fixture(params=POSTS)
def prepared(api: Api, request: pytest.FixtureRequest) -> Prepared:
    return POSTS[request.param](api)


def test_a_repeat_changes_nothing_and_answers_the_same(api: Api, prepared: Prepared) -> None:
    path, body, status = prepared
    first = api.post(path, body, status=status, Idempotency_Key=KEY)
    traces = api.traces()
    api.world.clock.advance(3600)
    assert api.post(path, body, status=status, Idempotency_Key=KEY) == first
    assert api.traces() == traces


def test_the_same_key_with_another_request_is_a_409(api: Api, prepared: Prepared) -> None:
    path, body, status = prepared
    api.post(path, body, status=status, Idempotency_Key=KEY)
    message = api.refused("POST", "/api/v1/agents", {"name": "y", "model": "m"}, status=409, Idempotency_Key=KEY)
    assert "Idempotency-Key" in message


def test_the_key_is_recorded_in_the_commits_own_transaction(api: Api, prepared: Prepared) -> None:
    path, body, status = prepared
    written: list[list[str]] = []
    api.world.table.before_write = lambda writes: written.append([sort_key(write) for write in writes])
    api.post(path, body, status=status, Idempotency_Key=KEY)
    assert [names for names in written if any(name.startswith("I#") for name in names)] == [written[0]]
    assert len(written[0]) > 1


def sort_key(write: Write) -> str:
    return str(write.item["sk"]) if isinstance(write, Put) else write.key.sk


def test_after_24_hours_a_key_is_new(api: Api) -> None:
    body = {"name": "x", "model": "m"}
    first = api.post("/api/v1/agents", body, status=201, Idempotency_Key=KEY)
    api.world.clock.advance(86_400)
    second = api.post("/api/v1/agents", body | {"name": "y"}, status=201, Idempotency_Key=KEY)
    assert second["id"] != first["id"]
    assert api.post("/api/v1/agents", body | {"name": "y"}, status=201, Idempotency_Key=KEY) == second


def test_a_call_that_had_nothing_to_change_is_remembered_too(api: Api) -> None:
    path = _schedule(api)
    api.post(path, {"name": "x"})
    api.post(path, {"name": "x"}, Idempotency_Key=KEY)
    api.post(path, {"name": "y"})
    assert api.post(path, {"name": "x"}, Idempotency_Key=KEY)["name"] == "y"


def test_a_refused_call_is_not_remembered(api: Api) -> None:
    path = f"{_schedule(api)}/resume"
    api.world.table.before_write = lambda _: _unavailable()
    assert "again" in api.refused("POST", f"{path[:-7]}/pause", status=503, Idempotency_Key=KEY)
    api.world.table.before_write = lambda _: None
    assert api.post(f"{path[:-7]}/pause", Idempotency_Key=KEY)["status"] == "paused"


def _unavailable() -> None:
    raise Unavailable("DynamoDB did not answer; nothing was changed, try again")


def test_keys_are_each_callers_own(api: Api) -> None:
    body = {"name": "x", "model": "m"}
    mine = api.post("/api/v1/agents", body, status=201, Idempotency_Key=KEY)
    for headers in ({"X_On_Behalf_Of": "ada"}, {"Authorization": "Bearer local-2"}):
        theirs = api.post("/api/v1/agents", body, status=201, Idempotency_Key=KEY, **headers)
        assert theirs["id"] != mine["id"]


def test_identical_creates_without_a_key_are_two(api: Api) -> None:
    body = {"schedule": HOURLY, "input": "x"}
    assert api.post(api.schedules, body, status=201)["id"] != api.post(api.schedules, body, status=201)["id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\x7f"])
def test_what_is_no_key_is_a_400(api: Api, key: str) -> None:
    message = api.refused("POST", api.schedules, {"schedule": HOURLY, "input": "x"}, status=400, Idempotency_Key=key)
    assert "idempotency-key" in message.lower()


def test_no_key_is_stored_as_it_was_sent(api: Api) -> None:
    api.post("/api/v1/agents", {"name": "x", "model": "m"}, status=201, Idempotency_Key="ada@example.com")
    assert "ada@" not in repr(api.world.table.items)


def test_a_retried_create_shows_the_tombstone(api: Api) -> None:
    body = {"schedule": HOURLY, "input": "x"}
    created = api.post(api.schedules, body, status=201, Idempotency_Key=KEY)
    api.ok("DELETE", f"{api.schedules}/{created['id']}")
    assert api.post(api.schedules, body, status=201, Idempotency_Key=KEY)["status"] == "deleted"


def test_a_create_that_was_undone_is_not_remembered(api: Api) -> None:
    def refuse(verb: str, _: str) -> None:
        if verb == "put":
            raise DefinitionRefused("schedule: EventBridge Scheduler refused it: no such zone")

    body = {"schedule": HOURLY, "input": "x"}
    api.world.scheduler.before = refuse
    assert "EventBridge" in api.refused("POST", api.schedules, body, status=400, Idempotency_Key=KEY)
    api.world.scheduler.before = lambda *_: None
    assert api.post(api.schedules, body, status=201, Idempotency_Key=KEY)["status"] == "active"


def test_an_update_that_eventbridge_refuses_is_taken_back(api: Api) -> None:
    created = api.create()
    path = f"{api.schedules}/{created['id']}"
    refused = [True]

    def refuse(verb: str, _: str) -> None:
        if verb == "put" and refused:
            refused.clear()
            raise DefinitionRefused("schedule: EventBridge Scheduler refused it: no such zone")

    api.world.scheduler.before = refuse
    cron = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"}
    answer = api.ok("POST", path, {"schedule": cron}, status=400, Idempotency_Key=KEY)
    assert "EventBridge" in answer["error"]["message"]
    after = api.get(path)
    assert (after["schedule"], after["status"]) == (created["schedule"], "active")
    (entry,) = api.world.scheduler.entries.values()
    assert entry.expression == "rate(60 minutes)"
    assert api.post(path, {"schedule": cron}, Idempotency_Key=KEY)["schedule"] == cron


@pytest.mark.parametrize(
    ("name", "values"),
    [("Idempotency-Key", ("one", "two")), ("Content-Type", ("application/json", "text/plain"))],
)
def test_a_header_sent_twice_is_a_400_and_nothing_is_written(api: Api, name: str, values: tuple[str, ...]) -> None:
    before = api.traces()
    headers = [("Content-Type", "application/json")] if name != "Content-Type" else []
    sent = [*headers, *((name, value) for value in values)]
    body = b'{"schedule": {"type": "interval", "interval_seconds": 3600}, "input": "x"}'
    answer = api.client.post(api.schedules, content=body, headers=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(f"{name}: ")
    assert api.traces() == before
