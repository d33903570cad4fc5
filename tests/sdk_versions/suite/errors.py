"""Errors: each operation with each status that the contract lists, and statuses that it does not list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.sdk_versions.suite import declared
from tests.sdk_versions.suite.checks import check
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.inspection import sample
from tests.sdk_versions.suite.schedules import DAILY, scheduled

UNKNOWN_AGENT = "agt_01JD0000000000000000000000"
MANY = {str(number): "v" for number in range(17)}


@check
def no_operation_answers_without_a_key_that_is_known(sdk: Driver) -> None:
    for name, operation in declared.operations(sdk.version).items():
        for key in ("wrong", None):
            sdk.fails(401, name, **sample(sdk.version, operation), key=key)


@check
def what_is_not_there_is_not_found(sdk: Driver) -> None:
    for name, arguments in needing(sdk, "agent_id", agent_id=UNKNOWN_AGENT):
        sdk.fails(404, name, **arguments)
    agent = sdk("create_agent", name="a", model="echo").id
    for name, arguments in needing(sdk, "schedule_id", agent_id=agent):
        sdk.fails(404, name, **arguments)
    for name, arguments in needing(sdk, "run_id", agent_id=agent):
        sdk.fails(404, name, **arguments)
    for name, arguments in needing(sdk, "version", agent_id=agent, version=2):
        sdk.fails(404, name, **arguments)


@check
def what_belongs_to_another_is_not_found(sdk: Driver) -> None:
    ids = scheduled(sdk)
    ids["run_id"] = sdk("create_agent_run", agent_id=ids["agent_id"], input="x").id
    for other in (sdk.as_user("somebody else"), sdk.as_tenant(sdk.target.other_key)):
        for name, arguments in needing(sdk, "agent_id", **ids):
            other.fails(404, name, **arguments)
        wrong = other("create_agent", name="a", model="echo").id
        for name, arguments in needing(sdk, "schedule_id", **ids | {"agent_id": wrong}):
            other.fails(404, name, **arguments)
    # The right owner, under another agent.
    wrong = sdk("create_agent", name="a", model="echo").id
    for parameter in ("schedule_id", "run_id"):
        for name, arguments in needing(sdk, parameter, **ids | {"agent_id": wrong}):
            sdk.fails(404, name, **arguments)


@check
def an_agent_that_cannot_be_is_refused(sdk: Driver) -> None:
    bad: list[dict[str, Any]] = [
        {"name": ""},
        {"name": "n" * 121},
        {"model": ""},
        {"description": "d" * 2001},
        {"instructions": "i" * 20_001},
        {"max_tool_calls": 0},
        {"max_tool_calls": 301},
        {"metadata": MANY},
        {"tools": [{"type": "function_reference", "function_tool_id": "tool_1"}]},
    ]
    agent = sdk("create_agent", name="a", model="echo")
    for wrong in bad:
        (field,) = wrong
        assert field in sdk.fails(400, "create_agent", **{"name": "a", "model": "echo"} | wrong)
        assert field in sdk.fails(400, "update_agent", agent_id=agent.id, **wrong)
    assert sdk("get_agent", agent_id=agent.id) == agent


@check
def a_schedule_that_cannot_be_is_refused(sdk: Driver) -> None:
    bad: list[dict[str, Any]] = [
        {"input": ""},
        {"input": "x" * 20_001},
        {"input": [{}] * 1001},
        {"name": ""},
        {"name": "n" * 121},
        {"metadata": MANY},
        {"context_management": [{"type": "compaction", "compact_threshold": 999}]},
        {"schedule": {"type": "interval", "interval_seconds": 0}},
        {"schedule": {"type": "interval", "interval_seconds": 315_360_001}},
        {"schedule": {"type": "cron", "cron_expression": "* * *"}},
        {"schedule": {"type": "cron", "cron_expression": "61 * * * *"}},
        {"schedule": {"type": "cron", "cron_expression": "0 0 30 2 *"}},
        {"schedule": {"type": "cron", "cron_expression": "0 0 * * L"}},
        {"schedule": {"type": "cron", "cron_expression": "0 9 * * *", "timezone": "Mars/Olympus"}},
        {"schedule": {"type": "once", "run_at": sdk.now() - timedelta(hours=1)}},
    ]
    ids = scheduled(sdk)
    kept = sdk("get_agent_schedule", **ids)
    for wrong in bad:
        (field,) = wrong
        body = {"schedule": DAILY, "input": "x"} | wrong
        assert field in sdk.fails(400, "create_agent_schedule", agent_id=ids["agent_id"], **body)
        assert field in sdk.fails(400, "update_agent_schedule", **ids, **wrong)
    assert sdk("get_agent_schedule", **ids) == kept
    assert len(sdk("list_agent_schedules", agent_id=ids["agent_id"]).data) == 1


@check
def a_run_that_cannot_be_is_refused(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    bad: list[dict[str, Any]] = [
        {"input": ""},
        {"input": [{}] * 1001},
        {"metadata": MANY},
        {"context_management": [{"type": "compaction", "compact_threshold": 999}]},
    ]
    for wrong in bad:
        (field,) = wrong
        assert field in sdk.fails(400, "create_agent_run", **{"agent_id": agent, "input": "x"} | wrong)
    assert sdk("list_agent_runs", agent_id=agent).data == []


@check
def a_page_that_cannot_be_is_refused(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    for name, operation in declared.operations(sdk.version).items():
        if not sdk.has(name, "limit"):
            continue
        arguments = sample(sdk.version, operation, agent_id=agent)
        for limit in (0, 101):
            assert "limit" in sdk.fails(400, name, **arguments, limit=limit)
        if sdk.has(name, "offset"):
            for offset in (-1, 10_001):
                assert "offset" in sdk.fails(400, name, **arguments, offset=offset)


@check
def what_is_out_of_scope_is_not_found(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    run = sdk("create_agent_run", agent_id=agent, input="x").id
    for name, operation in declared.out_of_scope(sdk.version).items():
        sdk.fails(404, name, **sample(sdk.version, operation, agent_id=agent, run_id=run))


def needing(sdk: Driver, parameter: str, **known: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operations that have a parameter, with arguments that are right but for what is not among `known`."""
    for name, operation in declared.operations(sdk.version).items():
        if sdk.has(name, parameter):
            changes = {"name": "m"} if name.startswith("update_") else {}
            yield name, sample(sdk.version, operation, **known) | changes
