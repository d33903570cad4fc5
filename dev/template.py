"""Read the templates, so that the local stack and the tests cannot drift from the deployed stack."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
MONITORING = TEMPLATE.parent / "infra" / "monitoring.yaml"
"""A nested stack: alarms and dashboard."""
NOTIFICATIONS = TEMPLATE.parent / "infra" / "notifications.yaml"
"""A nested stack: mails."""

# What create_table takes. The rest (deletion protection, point-in-time recovery, TTL) needs other calls or a
# parameter's value, and changes nothing in how rows are stored.
_TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


class _Loader(yaml.CSafeLoader):
    """Reads YAML, with CloudFormation's short tags such as `!Ref Table` in their long form."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """`!Ref x` becomes `{"Ref": "x"}`, `!Sub x` becomes `{"Fn::Sub": "x"}`."""
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"!{suffix}: an unknown kind of YAML node, {type(node).__name__}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def load_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """The template as it is written: intrinsic functions in their long form, nothing resolved.

    Each text is parsed once, because that takes half a second; each caller gets its own copy.
    """
    return deepcopy(_parsed(path.read_text(encoding="utf-8")))


@cache
def _parsed(text: str) -> dict[str, Any]:
    loader = _Loader(text)
    try:
        template: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    return template


def table_definition(template_path: Path = TEMPLATE) -> dict[str, Any]:
    """Return the arguments of boto3's `create_table` for the stack's table, without `TableName`."""
    resources = load_template(template_path)["Resources"]
    [table] = [resource for resource in resources.values() if resource["Type"] == "AWS::DynamoDB::Table"]
    return {name: table["Properties"][name] for name in _TABLE_PROPERTIES if name in table["Properties"]}


def resolved(value: Any, known: dict[str, str], template: dict[str, Any]) -> Any:
    """`value` of the template with its intrinsic functions worked out.

    `known` says what a stack would: `Table` for a `!Ref`, `SchedulerRole.Arn` for a `!GetAtt`, `AWS::Region`, and
    parameters that shall not have their default. Raises KeyError for anything else that only a stack knows.
    """

    def of(part: Any) -> Any:
        return resolved(part, known, template)

    def named(name: str) -> Any:
        return known[name] if name in known else template["Parameters"][name]["Default"]

    match list(value.items()) if isinstance(value, dict) else None:
        case [("Ref", str(name))]:
            return named(name)
        case [("Fn::GetAtt", path)]:
            return known[".".join(path)]
        case [("Fn::Sub", str(text))]:
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(named(found[1])), text)
        case [("Fn::FindInMap", path)]:
            mapping, first, second = of(path)
            return template["Mappings"][mapping][first][second]
        case [("Fn::If", [condition, then, otherwise])]:
            return of(then if of(template["Conditions"][condition]) else otherwise)
        case [("Fn::Equals", [left, right])]:
            return str(of(left)) == str(of(right))
        case [("Fn::Not", [condition])]:
            return not of(condition)
        case [("Fn::Or", conditions)]:
            return any(of(condition) for condition in conditions)
        case [("Condition", str(name))]:
            return of(template["Conditions"][name])
    if isinstance(value, dict):
        return {key: of(part) for key, part in value.items()}
    return [of(part) for part in value] if isinstance(value, list) else value
