"""Agents: every field, updates, paging, soft deletion and restoring."""

from __future__ import annotations

from typing import Any

from tests.sdk_versions.suite import expect
from tests.sdk_versions.suite.checks import check, check_of
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.errors import needing
from tests.sdk_versions.suite.expect import page, same, wire

READABLE = {
    "get_agent", "delete_agent", "restore_agent", "list_agent_runs", "get_agent_run", "cancel_agent_run",
    "stream_agent_run_events",
}  # fmt: skip
"""What can be done with a deleted agent: look, restore, and see its runs to their end."""
_RESTORABLE = {"retention_expires_at": expect.moment, "within_restore_window": True, "can_restore": True}

FULL: dict[str, Any] = {
    "name": "everything",
    "model": "echo",
    "description": "d",
    "instructions": "Say it again.",
    "tools": [{"type": "web_search"}],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "max_tool_calls": 3,
    "fallback_models": ["slow-1"],
    "text": {"verbosity": "low"},
    "reasoning": {"effort": "low"},
    "metadata": {"k": "v"},
}


@check
def an_agent_keeps_every_field(sdk: Driver) -> None:
    created = sdk("create_agent", **sdk.having("create_agent", **FULL))
    same(sdk, created, expect.agent(**FULL))
    assert created.created_at == created.updated_at
    same(sdk, sdk("get_agent", agent_id=created.id), wire(created))
    same(sdk, sdk("create_agent", name="a", model="echo"), expect.agent())


@check
def tools_keep_what_the_sdk_knows_of_them(sdk: Driver) -> None:
    function = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    agent = sdk("create_agent", name="a", model="echo", tools=[function, {"type": "web_search"}])
    tools = wire(agent)["tools"]
    assert [tool["type"] for tool in tools] == ["function", "web_search"]
    assert function.items() <= tools[0].items()


@check
def an_update_changes_what_it_names_and_nothing_else(sdk: Driver) -> None:
    agent = sdk("create_agent", **sdk.having("create_agent", **FULL))
    expected = expect.agent(**FULL)
    changes: list[dict[str, Any]] = [
        {"name": "b"},
        {"model": "slow-1"},
        {"description": "e"},
        {"instructions": "i"},
        {"tools": []},
        {"tool_choice": "none"},
        {"parallel_tool_calls": True},
        {"max_tool_calls": 4},
        {"fallback_models": []},
        {"text": {"format": {"type": "json_object"}}},
        {"reasoning": {"effort": "high"}},
        {"metadata": {"l": "w"}},
        {"metadata": {}},
        {"description": None, "instructions": None, "max_tool_calls": None, "text": None, "reasoning": None},
    ]
    for number, change in enumerate([change for change in changes if sdk.having("update_agent", **change)], 2):
        updated = sdk("update_agent", agent_id=agent.id, **change)
        expected |= change | {"version": number}
        same(sdk, updated, expected | {"created_at": agent.created_at})
        assert updated.updated_at >= agent.updated_at
        same(sdk, sdk("get_agent", agent_id=agent.id), wire(updated))


@check
def an_update_that_changes_nothing_is_none(sdk: Driver) -> None:
    agent = sdk("create_agent", **sdk.having("create_agent", **FULL))
    same(sdk, sdk("update_agent", agent_id=agent.id, name=FULL["name"], metadata=FULL["metadata"]), wire(agent))
    sdk.fails(400, "update_agent", agent_id=agent.id)


@check
def agents_are_listed_page_by_page(sdk: Driver) -> None:
    page(sdk, sdk("list_agents"), [], more=False)
    ids = [sdk("create_agent", name=f"a{number}", model="echo").id for number in range(5)]
    page(sdk, sdk("list_agents"), ids[::-1], more=False)
    page(sdk, sdk("list_agents", limit=2), ids[:2:-1], more=True)
    page(sdk, sdk("list_agents", limit=2, order="asc"), ids[:2], more=True)
    page(sdk, sdk("list_agents", limit=5, order="asc"), ids, more=False)
    if sdk.has("list_agents", "offset"):
        page(sdk, sdk("list_agents", limit=2, offset=2, order="asc"), ids[2:4], more=True)
        page(sdk, sdk("list_agents", limit=2, offset=3), ids[1::-1], more=False)
        page(sdk, sdk("list_agents", offset=5), [], more=False)
    (first,) = sdk("list_agents", limit=1, order="asc").data
    same(sdk, first, wire(sdk("get_agent", agent_id=ids[0])))


@check
def a_deleted_agent_is_gone_and_deleting_it_again_succeeds(sdk: Driver) -> None:
    agent, kept = (sdk("create_agent", name="a", model="echo") for _ in range(2))
    for _ in range(2):
        deleted = sdk("delete_agent", agent_id=agent.id)
        same(sdk, deleted, {"object": "agent.deleted", "id": agent.id, "deleted": True})
    gone = {"deleted_at": expect.moment, "updated_at": expect.moment, **_RESTORABLE}
    same(sdk, sdk("get_agent", agent_id=agent.id), wire(agent) | gone)
    sdk.fails(404, "update_agent", agent_id=agent.id, name="b")
    page(sdk, sdk("list_agents"), [kept.id], more=False)


@check
def what_belongs_to_a_deleted_agent_is_not_found_but_its_runs(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    schedule = sdk(
        "create_agent_schedule", agent_id=agent, schedule={"type": "interval", "interval_seconds": 86_400}, input="x"
    ).id
    run = sdk("create_agent_run", agent_id=agent, input="x").id
    sdk("delete_agent", agent_id=agent)
    known = {"agent_id": agent, "schedule_id": schedule, "run_id": run}
    for operation, arguments in needing(sdk, "agent_id", **known):
        if operation not in READABLE:
            sdk.fails(404, operation, **arguments)
    page(sdk, sdk("list_agent_runs", agent_id=agent), [run], more=False)
    assert sdk("get_agent_run", agent_id=agent, run_id=run).id == run


@check_of("restore_agent")
def a_deleted_agent_can_be_restored_with_everything_it_had(sdk: Driver) -> None:
    agent = sdk("create_agent", **FULL)
    schedule = sdk(
        "create_agent_schedule", agent_id=agent.id, schedule={"type": "interval", "interval_seconds": 86_400}, input="x"
    )
    run = sdk("create_agent_run", agent_id=agent.id, input="x")
    page(sdk, sdk("list_agents", deleted=True), [], more=False)
    sdk("delete_agent", agent_id=agent.id)

    listed = sdk("list_agents", deleted=True)
    page(sdk, listed, [agent.id], more=False)
    gone = {"deleted_at": expect.moment, "updated_at": expect.moment, **_RESTORABLE}
    same(sdk, listed.data[0], wire(agent) | gone)
    same(sdk, sdk("get_agent", agent_id=agent.id), wire(listed.data[0]))
    assert listed.data[0].retention_expires_at > listed.data[0].deleted_at

    for _ in range(2):  # the SDK repeats a call whose answer was lost
        restored = sdk("restore_agent", agent_id=agent.id)
        same(sdk, restored, wire(agent) | {"updated_at": expect.moment})
    page(sdk, sdk("list_agents", deleted=True), [], more=False)
    page(sdk, sdk("list_agents"), [agent.id], more=False)
    same(sdk, sdk("get_agent", agent_id=agent.id), wire(restored))
    assert [version.version for version in sdk("list_agent_versions", agent_id=agent.id).data] == [1]
    assert sdk("get_agent_run", agent_id=agent.id, run_id=run.id).id == run.id

    kept = sdk("get_agent_schedule", agent_id=agent.id, schedule_id=schedule.id)
    same(sdk, kept, wire(schedule) | {"status": "paused", "updated_at": expect.moment})
    resumed = sdk("resume_agent_schedule", agent_id=agent.id, schedule_id=schedule.id)
    same(sdk, resumed, wire(kept) | {"status": "active", "updated_at": expect.moment})


@check_of("restore_agent")
def an_agent_whose_window_is_over_is_gone(sdk: Driver) -> None:
    agent, owner = sdk.target.expired_agent, sdk.as_user(None)
    for operation in ("restore_agent", "get_agent", "delete_agent"):
        owner.fails(404, operation, agent_id=agent)
    assert agent not in [found.id for found in owner("list_agents", deleted=True, limit=100).data]


@check
def a_user_and_a_tenant_see_their_own(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    tenant = sdk.as_user(None)
    for other in (sdk.as_user("somebody else"), tenant, sdk.as_tenant(sdk.target.other_key)):
        other.fails(404, "get_agent", agent_id=agent)
        assert agent not in [found.id for found in other("list_agents", limit=100).data]
    own = tenant("create_agent", name="a", model="echo").id
    assert tenant("get_agent", agent_id=own).id == own
    sdk.fails(404, "get_agent", agent_id=own)
