"""The events of the changes that the real use cases make. Each has exactly the fields of its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from agent_schedules.domain.event_data import DisabledReason
from agent_schedules.domain.events import KINDS, webhook_test
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.controls import PauseBody
from agent_schedules.schemas.requests import CreateRunBody, UpdateScheduleBody
from agent_schedules.services import agents, runs, schedules
from agent_schedules.storage.events import events_of

from tests.support.watched import Watched, is_in_the_catalogue
from tools import events_schema

MINUTELY = {"type": "interval", "interval_seconds": 60}
END = "2026-03-02T10:01:30Z"
SECRET = "a prompt that no one else may see"


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_life_of_a_schedule(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(MINUTELY)
    assert watched.kinds() == ["schedule.created"]
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    world.pass_time(65)
    assert watched.kinds() == ["run.started", "run.completed"]
    schedules.update_schedule(*at, UpdateScheduleBody.model_validate({"name": "n"}))
    assert watched.kinds() == ["schedule.updated"]
    schedules.pause_schedule(*at)
    world.clock.advance(600)
    schedules.resume_schedule(*at)
    assert watched.kinds() == ["schedule.paused", "schedule.resumed", "occurrence.skipped"]
    world.queue.messages.clear()
    world.clock.advance(4 * 3600)
    world.hint(schedule)
    assert watched.kinds()[-1] == "occurrence.missed"
    watched.kinds()
    schedules.delete_schedule(*at)
    assert watched.kinds() == ["schedule.deleted"]


def test_a_once_completes(watched: Watched) -> None:
    watched.world.create({"type": "once", "run_at": "2026-03-02T10:00:00Z"})
    watched.world.pass_time(5)
    assert watched.kinds() == ["schedule.created", "schedule.completed", "run.started", "run.completed"]


@pytest.mark.parametrize(("model", "end"), [("echo", "completed"), ("fail", "failed"), ("reject", "failed")])
def test_a_run_of_its_own(watched: Watched, model: str, end: str) -> None:
    world = watched.world
    agent = world.agent(model)
    runs.create_run(world.ports, world.call, agent.id, CreateRunBody(input="x"))
    world.gateway.polls = 2
    world.pass_time(30)
    assert watched.kinds() == ["run.started", f"run.{end}"]


def test_a_run_that_is_cancelled_before_its_start(watched: Watched) -> None:
    world = watched.world
    run = runs.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="x")).run
    assert watched.kinds() == []
    runs.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
    assert watched.kinds() == ["run.cancelled"]


def test_a_run_that_is_put_off_starts_once(watched: Watched) -> None:
    world = watched.world
    runs.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="x"))
    busy = [GatewayError("unavailable", "busy")] * 3

    def refuse(verb: str) -> None:
        if verb == "create" and busy:
            raise busy.pop()

    world.gateway.before = refuse
    world.pass_time(300)
    assert not busy
    assert watched.kinds() == ["run.started", "run.completed"]


@pytest.mark.parametrize(("model", "code"), [("fail", "server_error"), ("reject", "gateway_refused"), ("echo", None)])
def test_the_code_of_an_error_is_told_and_its_text_is_not(watched: Watched, model: str, code: str | None) -> None:
    world = watched.world
    runs.create_run(world.ports, world.call, world.agent(model).id, CreateRunBody(input="x"))
    world.pass_time(30)
    ended = watched.heard[-1]
    assert ended.data["error_code"] == code
    (stored,) = (item for (_, sk), item in world.table.items.items() if sk.startswith("R#"))
    if code is not None:
        assert json.loads(str(stored["error"]))["message"] not in ended.body


def test_events_say_which_and_why_and_never_what(watched: Watched) -> None:
    world = watched.world
    world.caller = type(world.caller)("local", "ada@example.com")
    schedule = world.create(MINUTELY, input=SECRET, metadata={"k": SECRET})
    world.pass_time(65)
    completed = watched.heard[-1]
    assert completed.kind == "run.completed"
    assert dict(completed.data) | {
        "tenant": "local", "agent_id": schedule.key.agent_id, "schedule_id": schedule.key.schedule_id,
        "status": "completed", "trigger": "schedule", "scheduled_for": "2026-03-02T10:01:00Z",
    } == completed.data  # fmt: skip
    told = json.dumps([event.data for event in watched.heard])
    assert SECRET not in told
    assert "ada@" not in told
    assert len({event.data["id"] for event in watched.heard}) == len(watched.heard)


def test_what_is_nobodys_business_is_not_told(watched: Watched) -> None:
    world = watched.world
    agent = world.agent()
    agents.delete_agent(world.ports, world.call, agent.id)
    assert watched.kinds() == []


def test_a_pause_says_its_cause_and_its_end(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(MINUTELY)
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    schedules.pause_schedule(*at, PauseBody.model_validate({"reason": SECRET, "until": END}))
    paused = watched.heard[-1]
    assert (paused.kind, paused.data["cause"], paused.data["until"]) == ("schedule.paused", "caller", END)
    assert SECRET not in paused.body
    world.pass_time(180)
    assert "schedule.resumed" in watched.kinds()


def test_a_pause_by_the_deletion_of_an_agent_says_so(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(MINUTELY)
    agents.delete_agent(world.ports, world.call, schedule.key.agent_id)
    world.pass_time(130)
    (paused,) = [event for event in watched.heard if event.kind == "schedule.paused"]
    assert paused.data["cause"] == "agent_deleted"


def test_the_link_leads_to_the_subjects_page(watched: Watched) -> None:
    world = watched.world
    schedule = world.create(MINUTELY)
    world.pass_time(65)
    agent_id, schedule_id = schedule.key.agent_id, schedule.key.schedule_id
    (run,) = world.runs(schedule)
    page = f"https://console.example/console/agents/{agent_id}"
    links = [event.data["link"] for event in watched.heard]
    assert links == [f"{page}/schedules/{schedule_id}", *[f"{page}/runs/{run.key.run_id}"] * 2]


def test_the_same_change_has_the_same_id(watched: Watched) -> None:
    watched.world.create(MINUTELY)
    watched.world.pass_time(125)
    again = [event for change in watched.changes for event in events_of(change)]
    assert [event.id for event in again] == [event.id for event in watched.heard]


def test_a_runs_end_happened_when_the_row_says(watched: Watched) -> None:
    watched.world.create(MINUTELY)
    watched.world.pass_time(65)
    completed = watched.heard[-1]
    assert completed.data["occurred_at"] == completed.data["completed_at"]


@pytest.mark.parametrize("reason", ["caller", "gone", "failing"])
def test_a_disabled_webhook(watched: Watched, reason: DisabledReason) -> None:
    now, store = watched.world.clock.moment, watched.world.ports.store.webhooks
    webhook = Webhook(WebhookKey("local", "whk_1"), url="https://receiver.example/", created_at=now, updated_at=now)
    store.create(watched.world.call, webhook, at_most=0)
    store.save(webhook := webhook.failing(now))
    assert watched.kinds() == []
    store.save(webhook := webhook.disabled(reason, now))
    (disabled,) = watched.heard
    assert (disabled.kind, disabled.owner, disabled.data["reason"]) == ("webhook.disabled", "local", reason)
    assert disabled.data["link"] == "https://console.example/console/webhooks/whk_1"
    store.save(webhook := webhook.updated(replace(webhook, disabled_reason=None), now))
    store.delete(watched.world.call, webhook, now=watched.world.now)
    assert len(watched.heard) == 1


def test_the_test_of_a_webhook_is_in_the_catalogue() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    first, again, other = (
        webhook_test("local:0f", "whk_1", nonce=nonce, at=at, public_url="https://x/") for nonce in "112"
    )
    is_in_the_catalogue(first)
    assert first.id == again.id != other.id
    assert (first.data["tenant"], first.data["user_sha256"]) == ("local", "0f")
    assert first.data["link"] == "https://x/console/webhooks/whk_1"


def test_the_document_has_each_kind() -> None:
    assert events_schema.TARGET.read_text("utf-8") == events_schema.generated()
    page = events_schema.TARGET.with_name("events.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
