"""What each version of the SDK has, declared by hand: operations, parameters, errors and fields of results.

`inspection` compares all of it with the installed SDK in both directions, and the tests compare what was exercised
with it, so nothing can be left out in silence. `name@version` is a name that appears with that version, the first of
VERSIONS that has it; `name!` is a parameter without default.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSIONS = ("0.5.25", "0.6.45", "0.8.39", "0.10.29", "0.12.0", "0.12.64", "0.12.128")
MODES = ("sync", "async")


@dataclass(frozen=True)
class Operation:
    """One method of the SDK."""

    group: str
    parameters: str
    """Without those that every operation has."""
    errors: str
    """The statuses that the SDK raises as ErrorEnvelope; any other is its SDKDefaultError."""
    returns: str
    """The name of the model, `str` for a text."""
    since: str = VERSIONS[0]


_AGENT_BODY = (
    "description instructions tools tool_choice parallel_tool_calls max_tool_calls fallback_models@0.12.128 text "
    "reasoning metadata"
)
_SCHEDULE_BODY = "name conversation previous_response_id context_management metadata"
_TOOL_BODY = "type_! name! parameters! description strict defer_loading"

OPERATIONS = {
    "list_agents": Operation("agents", "offset@0.12.128 deleted@0.12.128 limit order", "401", "AgentList"),
    "create_agent": Operation("agents", f"name! model! {_AGENT_BODY}", "400 401", "Agent"),
    "get_agent": Operation("agents", "agent_id!", "401 404", "Agent"),
    "update_agent": Operation("agents", f"agent_id! name model {_AGENT_BODY}", "400 401 404", "Agent"),
    "delete_agent": Operation("agents", "agent_id!", "401 404 409@0.6.45", "DeleteAgentResponse"),
    "restore_agent": Operation("agents", "agent_id!", "401 403 404 409", "Agent", since="0.12.128"),
    "list_agent_versions": Operation(
        "agent_versions", "agent_id! offset@0.12.128 limit order", "401 404", "AgentVersionList", since="0.6.45"
    ),
    "get_agent_version": Operation("agent_versions", "agent_id! version!", "401 404", "AgentVersion", since="0.6.45"),
    "rollback_agent_version": Operation("agent_versions", "agent_id! version!", "401 404", "Agent", since="0.6.45"),
    "list_agent_schedules": Operation("agent_schedules", "agent_id! limit order", "401 404", "AgentScheduleList"),
    "create_agent_schedule": Operation(
        "agent_schedules", f"agent_id! schedule! input! {_SCHEDULE_BODY}", "400 401 404 502", "AgentSchedule"
    ),
    "get_agent_schedule": Operation("agent_schedules", "agent_id! schedule_id!", "401 404", "AgentSchedule"),
    "update_agent_schedule": Operation(
        "agent_schedules", f"agent_id! schedule_id! schedule input {_SCHEDULE_BODY}", "400 401 404 502", "AgentSchedule"
    ),
    "delete_agent_schedule": Operation(
        "agent_schedules", "agent_id! schedule_id!", "401 404", "DeleteAgentScheduleResponse"
    ),
    "pause_agent_schedule": Operation("agent_schedules", "agent_id! schedule_id!", "401 404 409", "AgentSchedule"),
    "resume_agent_schedule": Operation("agent_schedules", "agent_id! schedule_id!", "401 404 409", "AgentSchedule"),
    "list_agent_runs": Operation("agent_runs", "agent_id! offset@0.12.128 limit order", "401 404", "AgentRunList"),
    "create_agent_run": Operation(
        "agent_runs",
        "agent_id! input! conversation previous_response_id context_management stream@0.12.64 metadata",
        "400 401 404 502",
        "AgentRun",
    ),
    "get_agent_run": Operation("agent_runs", "agent_id! run_id!", "401 404", "AgentRun"),
    "stream_agent_run_events": Operation("agent_runs", "agent_id! run_id!", "401 404 409 502", "str"),
    "cancel_agent_run": Operation(
        "agent_runs", "agent_id! run_id!", "401 403 404 409 502", "AgentRun", since="0.12.128"
    ),
}
"""What the service serves."""

OUT_OF_SCOPE = {
    "list_function_tools": Operation("agents", "after limit order", "", "FunctionToolList", since="0.12.128"),
    "create_function_tool": Operation("agents", _TOOL_BODY, "", "FunctionTool", since="0.12.128"),
    "get_function_tool": Operation("agents", "tool_id!", "", "FunctionTool", since="0.12.128"),
    "update_function_tool": Operation("agents", f"tool_id! {_TOOL_BODY}", "", "FunctionTool", since="0.12.128"),
    "delete_function_tool": Operation("agents", "tool_id!", "", "DeleteFunctionToolResponse", since="0.12.128"),
    "wake_agent_run": Operation("agent_runs", "agent_id! run_id! input!", "400 401 404 409 502", "AgentRunWake"),
    "decide_agent_run_mcp_approval": Operation(
        "agent_runs",
        "agent_id! run_id! approval_request_id! approve! reason",
        "400 401 404 409 502",
        "AgentRunMcpApproval",
        since="0.6.45",
    ),
}
"""What the SDK has in the same groups and the service answers with 404."""

NEVER = {
    ("delete_agent", 409): "a delete never conflicts (contract D33)",
    ("restore_agent", 403): "API keys have no scopes here",
    ("restore_agent", 409): "an agent whose window is over is gone, which is a 404",
    ("cancel_agent_run", 403): "API keys have no scopes here",
    ("create_agent_schedule", 502): "the row is the commit; an entry that could not be rendered is made up for",
    ("update_agent_schedule", 502): "the row is the commit; an entry that could not be rendered is made up for",
    ("create_agent_run", 502): "a run is queued whatever the gateway's state",
}
"""What the SDK foresees and the service never answers."""

_CONFIGURATION = (
    "name description model instructions tools tool_choice parallel_tool_calls max_tool_calls "
    "fallback_models@0.12.128 text reasoning metadata"
)
_LIST = "object data first_id last_id has_more"

FIELDS = {
    "Agent": f"object id {_CONFIGURATION} version@0.6.45 created_at updated_at deleted_at "
    "retention_expires_at@0.12.128 within_restore_window@0.12.128 can_restore@0.12.128",
    "AgentList": _LIST,
    "DeleteAgentResponse": "object id deleted",
    "AgentVersion": f"object id agent_id version is_current restored_from_version {_CONFIGURATION} created_at",
    "AgentVersionList": _LIST,
    "AgentSchedule": "object id agent_id name status schedule input conversation previous_response_id "
    "context_management metadata temporal_schedule_id last_run_at last_run_id run_count created_at updated_at "
    "deleted_at",
    "AgentScheduleList": _LIST,
    "DeleteAgentScheduleResponse": "object id deleted",
    "AgentRun": "object id agent_id agent_version@0.6.45 status input conversation previous_response_id metadata "
    "gateway_response_id gateway_response error created_at completed_at",
    "AgentRunList": _LIST,
}
"""The fields of each result, all of them required."""


def module_of(version: str) -> str:
    """The name that the SDK is imported by; from 0.6.45 on `mka1` is an alias that the wheel brings along."""
    return "meetkai_mka1" if _reached(version, "0.6.45") else "mka1"


def operations(version: str) -> dict[str, Operation]:
    """What is in scope and this version has."""
    return {name: operation for name, operation in OPERATIONS.items() if _reached(version, operation.since)}


def out_of_scope(version: str) -> dict[str, Operation]:
    """What is out of scope and this version has."""
    return {name: operation for name, operation in OUT_OF_SCOPE.items() if _reached(version, operation.since)}


def parameters(version: str, operation: Operation) -> dict[str, bool]:
    """The operation's parameters, and whether each must be given."""
    return {name.rstrip("!"): name.endswith("!") for name in names(version, operation.parameters)}


def envelopes(version: str, operation: Operation) -> set[int]:
    """The statuses that this version raises as ErrorEnvelope."""
    return {int(status) for status in names(version, operation.errors)}


def provoked(version: str, name: str) -> set[int]:
    """Of those, the ones that the service can be brought to answer."""
    return {status for status in envelopes(version, OPERATIONS[name]) if (name, status) not in NEVER}


def names(version: str, text: str) -> list[str]:
    """The names of a declaration that this version has."""
    found = []
    for word in text.split():
        name, _, since = word.partition("@")
        if _reached(version, since or VERSIONS[0]):
            found.append(name)
    return found


def _reached(version: str, since: str) -> bool:
    return VERSIONS.index(version) >= VERSIONS.index(since)
