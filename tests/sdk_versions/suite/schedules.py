"""Schedules: every field, updates, pausing and resuming, completion, deletion, paging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sdk_versions.suite import expect
from tests.sdk_versions.suite.checks import check
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.expect import page, same, wire
from tests.sdk_versions.suite.runs import ended, said

DAILY: dict[str, Any] = {"type": "interval", "interval_seconds": 86_400}
FULL: dict[str, Any] = {
    "name": "n",
    "input": [{"type": "message", "role": "user", "content": "hello"}],
    "conversation": {"id": "conv_1"},
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
    "metadata": {"k": "v"},
}
CONTINUED = {"conversation": None, "previous_response_id": "resp_1"}
"""In the place of the conversation: the Responses API takes one of the two."""
CLEARED = {"name": None, "conversation": None, "previous_response_id": None, "context_management": None}


@check
def a_schedule_keeps_every_field(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    created = sdk("create_agent_schedule", agent_id=agent, schedule=DAILY, **FULL)
    same(sdk, created, expect.schedule(agent, DAILY, **FULL))
    other = sdk("create_agent_schedule", agent_id=agent, schedule=DAILY, **FULL | CONTINUED)
    same(sdk, other, expect.schedule(agent, DAILY, **FULL | CONTINUED))
    assert created.created_at == created.updated_at
    same(sdk, sdk("get_agent_schedule", agent_id=agent, schedule_id=created.id), wire(created))
    # The vendor's own example has no input items.
    plain = sdk("create_agent_schedule", agent_id=agent, schedule=DAILY, input=[])
    same(sdk, plain, expect.schedule(agent, DAILY, input=[]))
    page(sdk, sdk("list_agent_runs", agent_id=agent), [], more=False)


@check
def what_is_given_as_none_is_not_there(sdk: Driver) -> None:
    # Some versions send null for some of these, others leave them out.
    agent = sdk(
        "create_agent", name="a", model="echo", **dict.fromkeys(("description", "tool_choice", "text", "metadata"))
    )
    same(sdk, agent, expect.agent())
    none = dict.fromkeys(("conversation", "previous_response_id", "context_management", "metadata"))
    created = sdk("create_agent_schedule", agent_id=agent.id, schedule=DAILY, input="x", name=None, **none)
    same(sdk, created, expect.schedule(agent.id, DAILY))
    same(sdk, sdk("create_agent_run", agent_id=agent.id, input="x", **none), expect.run(agent.id))


@check
def every_kind_of_schedule_reads_back_as_it_was_given(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    later = datetime(2090, 7, 1, 9, 0, 0, 250_000, tzinfo=UTC)
    naive = datetime(2090, 7, 1, 9, 0)  # noqa: DTZ001
    given: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"type": "once", "run_at": later}, {}),
        ({"type": "once", "run_at": naive, "timezone": "Asia/Tokyo"}, {"run_at": datetime(2090, 7, 1, tzinfo=UTC)}),
        ({"type": "interval", "interval_seconds": 581_769, "timezone": "Europe/Lisbon"}, {}),
        ({"type": "interval", "interval_seconds": 60, "start_at": later}, {}),
        ({"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "US/Pacific"}, {}),
        ({"type": "cron", "cron_expression": "@yearly"}, {}),
    ]
    for spec, normalised in given:
        created = sdk("create_agent_schedule", agent_id=agent, schedule=spec, input="x")
        has = wire(created)["schedule"]
        if has.get("start_at", "") is None:
            del has["start_at"]
        assert has == {"timezone": "UTC", **spec, **normalised}
        found = sdk("get_agent_schedule", agent_id=agent, schedule_id=created.id)
        assert found.schedule == created.schedule
        assert type(found.schedule).__name__ == f"AgentScheduleSpec{spec['type'].capitalize()}"


@check
def an_update_of_a_schedule_changes_what_it_names_and_nothing_else(sdk: Driver) -> None:
    ids = scheduled(sdk, **FULL)
    created = sdk("get_agent_schedule", **ids)
    expected = wire(created)
    cron = {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Europe/Lisbon"}
    changes: list[dict[str, Any]] = [
        {"name": "m"},
        {"input": "hello"},
        {"conversation": "conv_2"},
        CONTINUED,
        {"previous_response_id": "resp_2"},
        {"context_management": [{"type": "compaction", "compact_threshold": 2000}]},
        {"metadata": {"l": "w"}},
        {"schedule": cron},
        {"metadata": {}},
        *({name: None} for name in CLEARED),
        {**CLEARED, "schedule": DAILY},
    ]
    for change in changes:
        updated = sdk("update_agent_schedule", **ids, **change)
        expected |= change | {"updated_at": expect.moment}
        if "schedule" in change:
            expected["schedule"] = {"timezone": "UTC", **change["schedule"]}
        expected["schedule"].pop("start_at", None)
        same_but_start(sdk, updated, expected)
        assert updated.updated_at >= created.updated_at
        same(sdk, sdk("get_agent_schedule", **ids), wire(updated))
    sdk.fails(400, "update_agent_schedule", **ids)


@check
def pausing_and_resuming_may_be_repeated(sdk: Driver) -> None:
    ids = scheduled(sdk)
    created = sdk("get_agent_schedule", **ids)
    for _ in range(2):
        paused = sdk("pause_agent_schedule", **ids)
        same(sdk, paused, wire(created) | {"status": "paused", "updated_at": expect.moment})
    same(sdk, sdk("get_agent_schedule", **ids), wire(paused))
    updated = sdk("update_agent_schedule", **ids, schedule={"type": "interval", "interval_seconds": 60}, name="m")
    assert (updated.status, updated.name) == ("paused", "m")
    for _ in range(2):
        resumed = sdk("resume_agent_schedule", **ids)
        same(sdk, resumed, wire(updated) | {"status": "active", "updated_at": expect.moment})
    same(sdk, sdk("get_agent_schedule", **ids), wire(resumed))


@check
def a_schedule_whose_only_run_was_made_is_completed(sdk: Driver) -> None:
    ids = scheduled(sdk, schedule={"type": "once", "run_at": sdk.now()}, **FULL)
    done = sdk.until(lambda: _in_status(sdk, ids, "completed"))
    run = ended(sdk, ids["agent_id"], done.last_run_id)
    outcome = {
        "status": "completed",
        "gateway_response_id": expect.text,
        "gateway_response": lambda response: said(response) == "hello",
        "completed_at": expect.moment,
    }
    kept = {name: FULL[name] for name in ("input", "conversation", "metadata")}
    same(sdk, run, expect.run(ids["agent_id"], **kept, **outcome))
    page(sdk, sdk("list_agent_runs", agent_id=ids["agent_id"]), [run.id], more=False)
    assert (done.run_count, done.last_run_id) == (1, run.id)
    assert done.last_run_at >= done.created_at
    sdk.fails(409, "pause_agent_schedule", **ids)
    sdk.fails(409, "resume_agent_schedule", **ids)
    renamed = sdk("update_agent_schedule", **ids, name="m")
    same(sdk, renamed, wire(done) | {"name": "m", "updated_at": expect.moment})
    # Only a time that is still to come makes it active again, and what was counted stays.
    again = sdk("update_agent_schedule", **ids, schedule={"type": "once", "run_at": sdk.now() + timedelta(days=1)})
    assert (again.status, again.run_count, again.last_run_id) == ("active", 1, run.id)


@check
def a_time_that_passed_while_paused_cannot_be_resumed(sdk: Driver) -> None:
    ids = scheduled(sdk)
    assert sdk("pause_agent_schedule", **ids).status == "paused"
    # Only now, so that it cannot pass before the pause.
    run_at = sdk.now() + timedelta(seconds=5)
    assert sdk("update_agent_schedule", **ids, schedule={"type": "once", "run_at": run_at}).status == "paused"
    sdk.until(lambda: sdk.now() > run_at + timedelta(seconds=1))  # times are due at whole seconds
    assert "update" in sdk.fails(409, "resume_agent_schedule", **ids)
    assert sdk("get_agent_schedule", **ids).status == "paused"
    later = {"type": "once", "run_at": sdk.now() + timedelta(days=1)}
    assert sdk("update_agent_schedule", **ids, schedule=later).status == "paused"
    assert sdk("resume_agent_schedule", **ids).status == "active"
    page(sdk, sdk("list_agent_runs", agent_id=ids["agent_id"]), [], more=False)


@check
def a_deleted_schedule_reads_as_deleted_and_cannot_be_changed(sdk: Driver) -> None:
    ids = scheduled(sdk)
    created = sdk("get_agent_schedule", **ids)
    for _ in range(2):
        deleted = sdk("delete_agent_schedule", **ids)
        same(sdk, deleted, {"object": "agent.schedule.deleted", "id": created.id, "deleted": True})
    tombstone = sdk("get_agent_schedule", **ids)
    gone = {"status": "deleted", "deleted_at": expect.moment, "updated_at": expect.moment}
    same(sdk, tombstone, wire(created) | gone)
    sdk.fails(404, "pause_agent_schedule", **ids)
    sdk.fails(404, "resume_agent_schedule", **ids)
    sdk.fails(404, "update_agent_schedule", **ids, name="m")
    page(sdk, sdk("list_agent_schedules", agent_id=ids["agent_id"]), [], more=False)


@check
def schedules_are_listed_page_by_page(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    page(sdk, sdk("list_agent_schedules", agent_id=agent), [], more=False)
    ids = [scheduled(sdk, agent_id=agent)["schedule_id"] for _ in range(5)]
    sdk("pause_agent_schedule", agent_id=agent, schedule_id=ids[1])
    page(sdk, sdk("list_agent_schedules", agent_id=agent), ids[::-1], more=False)
    page(sdk, sdk("list_agent_schedules", agent_id=agent, limit=2), ids[:2:-1], more=True)
    page(sdk, sdk("list_agent_schedules", agent_id=agent, limit=2, order="asc"), ids[:2], more=True)
    listed = sdk("list_agent_schedules", agent_id=agent, limit=5, order="asc")
    page(sdk, listed, ids, more=False)
    same(sdk, listed.data[1], wire(sdk("get_agent_schedule", agent_id=agent, schedule_id=ids[1])))
    sdk("delete_agent_schedule", agent_id=agent, schedule_id=ids[1])
    page(sdk, sdk("list_agent_schedules", agent_id=agent, order="asc"), [ids[0], *ids[2:]], more=False)


def scheduled(sdk: Driver, agent_id: str | None = None, **body: Any) -> dict[str, str]:
    """A new schedule's ids, which every operation on it takes."""
    agent_id = agent_id or sdk("create_agent", name="a", model="echo").id
    created = sdk("create_agent_schedule", agent_id=agent_id, **{"schedule": DAILY, "input": "x"} | body)
    return {"agent_id": agent_id, "schedule_id": created.id}


def same_but_start(sdk: Driver, found: Any, expected: dict[str, Any]) -> None:
    """Compare as `same` does, but accept an interval's `start_at` that the request did not have."""
    spec = {name: value for name, value in wire(found)["schedule"].items() if name != "start_at"}
    assert spec == expected["schedule"]
    same(sdk, found, expected | {"schedule": lambda _: True})


def _in_status(sdk: Driver, ids: dict[str, str], status: str) -> Any:
    found = sdk("get_agent_schedule", **ids)
    return found if found.status == status else None
