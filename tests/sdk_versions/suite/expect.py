"""What results must look like: every field, as this version of the SDK has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sdk_versions.suite import declared
from tests.sdk_versions.suite.driver import Driver

Test = Callable[[Any], bool]
"""Stands for a value that cannot be known beforehand."""


def moment(value: Any) -> bool:
    """A time of now, with an offset. The stack's clock runs ahead of ours, by minutes at most."""
    return isinstance(value, datetime) and value.tzinfo is not None and value > datetime.now(UTC) - timedelta(days=1)


def text(value: Any) -> bool:
    """A text with something in it."""
    return isinstance(value, str) and value != ""


def wire(found: Any) -> dict[str, Any]:
    """A parsed result with the wire's names, all the way down."""
    dumped: dict[str, Any] = found.model_dump(by_alias=True, warnings=False)
    return dumped


def same(sdk: Driver, found: Any, expected: dict[str, Any]) -> None:
    """Assert that a result has exactly these fields, as far as this version knows them, and no others."""
    has = wire(found)
    names = declared.names(sdk.version, declared.FIELDS[type(found).__name__])
    assert set(has) == set(names), f"{type(found).__name__}: {sorted(set(has) ^ set(names))}"
    wrong = [
        f"{name}: {has[name]!r}, not {getattr(expected[name], '__name__', repr(expected[name]))}"
        for name in names
        if not (expected[name](has[name]) if callable(expected[name]) else has[name] == expected[name])
    ]
    assert not wrong, f"{type(found).__name__}: " + "; ".join(wrong)


def agent(**fields: Any) -> dict[str, Any]:
    """A new agent, with these fields different."""
    return {
        "object": "agent",
        "id": text,
        "name": "a",
        "description": None,
        "model": "echo",
        "instructions": None,
        "tools": [],
        "tool_choice": None,
        "parallel_tool_calls": True,
        "max_tool_calls": None,
        "fallback_models": [],
        "text": None,
        "reasoning": None,
        "metadata": {},
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
        "retention_expires_at": None,
        "within_restore_window": False,
        "can_restore": False,
        **fields,
    }


def version_of(of: Any, number: int, **fields: Any) -> dict[str, Any]:
    """The version that an agent is at, by its number, with these fields different."""
    configuration = {name: value for name, value in wire(of).items() if name in _CONFIGURATION}
    return {
        "object": "agent.version",
        "id": text,
        "agent_id": of.id,
        "version": number,
        "is_current": True,
        "restored_from_version": None,
        **configuration,
        "created_at": moment,
        **fields,
    }


_CONFIGURATION = {word.partition("@")[0] for word in declared.FIELDS["AgentVersion"].split()} - {
    *("object", "id", "agent_id", "version", "is_current", "restored_from_version", "created_at")
}


def schedule(agent_id: str, spec: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A new schedule, with these fields different."""
    return {
        "object": "agent.schedule",
        "id": text,
        "agent_id": agent_id,
        "name": None,
        "status": "active",
        "schedule": {"timezone": "UTC", **spec},
        "input": "x",
        "conversation": None,
        "previous_response_id": None,
        "context_management": None,
        "metadata": {},
        "temporal_schedule_id": text,
        "last_run_at": None,
        "last_run_id": None,
        "run_count": 0,
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
        **fields,
    }


def run(agent_id: str, **fields: Any) -> dict[str, Any]:
    """A run that was not sent yet, with these fields different."""
    return {
        "object": "agent.run",
        "id": text,
        "agent_id": agent_id,
        "agent_version": 1,
        "status": "queued",
        "input": "x",
        "conversation": None,
        "previous_response_id": None,
        "metadata": {},
        "gateway_response_id": None,
        "gateway_response": None,
        "error": None,
        "created_at": moment,
        "completed_at": None,
        **fields,
    }


def page(sdk: Driver, found: Any, ids: list[Any], *, more: bool) -> None:
    """Assert that a list has these items, in this order."""
    listed = [item.id for item in found.data]
    same(
        sdk,
        found,
        {
            "object": "list",
            "data": lambda _: listed == ids,
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
            "has_more": more,
        },
    )
