"""The Idempotency-Key header, which any version can be told to send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sdk_versions.suite.checks import check, check_of
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.expect import page, same, wire


@check
def a_create_with_a_key_happens_once(sdk: Driver) -> None:
    agent = _once(sdk, "create_agent", {"name": "a", "model": "echo"}, name="b")
    page(sdk, sdk("list_agents"), [agent.id], more=False)
    body: dict[str, Any] = {"agent_id": agent.id, "input": "x"}
    run = _once(sdk, "create_agent_run", body, input="y")
    page(sdk, sdk("list_agent_runs", agent_id=agent.id), [run.id], more=False)
    spec = {"type": "once", "run_at": sdk.now() + timedelta(days=1)}
    schedule = _once(sdk, "create_agent_schedule", {**body, "schedule": spec}, input="y")
    page(sdk, sdk("list_agent_schedules", agent_id=agent.id), [schedule.id], more=False)


@check_of("rollback_agent_version")
def a_rollback_with_a_key_happens_once(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    sdk("update_agent", agent_id=agent, name="b")
    arguments = {"agent_id": agent, "version": 1, "http_headers": {"Idempotency-Key": "rollback-1"}}
    assert sdk("rollback_agent_version", **arguments).version == 3
    changed = sdk("update_agent", agent_id=agent, name="c")
    # Late, the repeat of a call whose answer was lost does not undo what came after it.
    same(sdk, sdk("rollback_agent_version", **arguments), wire(changed))
    assert len(sdk("list_agent_versions", agent_id=agent).data) == 4


@check
def creates_without_a_key_are_never_merged(sdk: Driver) -> None:
    ids = [sdk("create_agent", name="a", model="echo").id for _ in range(2)]
    page(sdk, sdk("list_agents", order="asc"), ids, more=False)


def _once(sdk: Driver, operation: str, arguments: dict[str, Any], **other: Any) -> Any:
    headers = {"Idempotency-Key": f"{operation}-1"}
    first = sdk(operation, **arguments, http_headers=headers)
    again = sdk(operation, **arguments, http_headers=headers)
    if operation == "create_agent_run":  # it may have gone on meanwhile
        assert (again.id, again.created_at, again.input) == (first.id, first.created_at, first.input)
    else:
        same(sdk, again, wire(first))
    assert "Idempotency-Key" in sdk.fails(409, operation, **arguments | other, http_headers=headers)
    return first
