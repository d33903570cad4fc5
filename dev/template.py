"""Reads template.yaml, so that the local stack and the tests cannot drift from what is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"

# What create_table takes. The rest (deletion protection, point-in-time recovery, TTL) needs other calls or a
# parameter's value, and changes nothing in how rows are stored.
_TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


class _Loader(yaml.SafeLoader):
    """Plain YAML and CloudFormation's short tags, `!Ref Table` and the like, in their long form."""


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
    """The template as it is written: intrinsic functions in their long form, nothing resolved."""
    loader = _Loader(path.read_text(encoding="utf-8"))
    try:
        template: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    return template


def table_definition(template_path: Path = TEMPLATE) -> dict[str, Any]:
    """The arguments of boto3's `create_table` for the stack's table, but for `TableName`."""
    resources = load_template(template_path)["Resources"]
    [table] = [resource for resource in resources.values() if resource["Type"] == "AWS::DynamoDB::Table"]
    return {name: table["Properties"][name] for name in _TABLE_PROPERTIES if name in table["Properties"]}
