"""What template.yaml says, and the few steps that it takes to read it."""

from __future__ import annotations

from typing import Any

from dev.template import load_template

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
FUNCTIONS = {
    "api": "ApiFunction",
    "runner": "RunnerFunction",
    "worker": "WorkerFunction",
    "reconciler": "ReconcilerFunction",
}
FUNCTIONS |= {"publisher": "PublisherFunction", "notifier": "NotifierFunction"}
MODES = ("background", "synchronous")
ALIAS = "live"
RUNNER_ARN = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-runner:live"


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type, by logical id."""
    return {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    """A string, `!Ref`, `!GetAtt` or `!Sub` as the text that stands behind it."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict)
    [(function, argument)] = value.items()
    assert function in ("Ref", "Fn::GetAtt", "Fn::Sub")
    if function == "Fn::Sub" and isinstance(argument, list):  # with names of its own
        argument = argument[0]
    return ".".join(argument) if function == "Fn::GetAtt" else str(argument)


def managed_policies(role: dict[str, Any]) -> list[str]:
    """The managed policies of a role, those of webhooks included."""
    found = [policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in role["ManagedPolicyArns"]]
    return [policy["Ref"] for policy in found]


def get_att(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def by_mode(value: Any, mode: str) -> Any:
    """A value, or what ByGatewayMode holds for it."""
    if not isinstance(value, dict):
        return value
    mapping, reference, key = value["Fn::FindInMap"]
    assert (mapping, reference) == ("ByGatewayMode", {"Ref": "GatewayMode"})
    return TEMPLATE["Mappings"][mapping][mode][key]


def function_timeout(logical_id: str, mode: str) -> int:
    timeout = RESOURCES[logical_id]["Properties"].get("Timeout", GLOBALS["Timeout"])
    seconds = by_mode(timeout, mode)
    assert isinstance(seconds, int)
    return seconds
