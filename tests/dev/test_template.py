"""The template's intrinsic functions, worked out as CloudFormation does."""

from __future__ import annotations

from typing import Any

import pytest

from dev.template import resolved

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Mode": {"Default": "slow"}, "Name": {"Default": ""}, "Limit": {"Default": 0}, "Needed": {}},
    "Mappings": {"ByMode": {"slow": {"Timeout": 900}, "fast": {"Timeout": 60}}},
    "Conditions": {
        "IsSlow": {"Fn::Equals": [{"Ref": "Mode"}, "slow"]},
        "HasName": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
        "NoLimit": {"Fn::Equals": [{"Ref": "Limit"}, "0"]},
    },
}
KNOWN = {"Table": "rows", "Role.Arn": "arn:role", "AWS::Region": "eu-central-1", "Name": "given"}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("text", "text"),
        ({"Ref": "Table"}, "rows"),
        ({"Ref": "Mode"}, "slow"),
        ({"Ref": "Name"}, "given"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:role"),
        ({"Fn::Sub": "${AWS::Region}/${Table}-x"}, "eu-central-1/rows-x"),
        ({"Fn::FindInMap": ["ByMode", {"Ref": "Mode"}, "Timeout"]}, 900),
        ({"Fn::If": ["IsSlow", {"Ref": "Table"}, {"Ref": "Needed"}]}, "rows"),
        ({"Fn::If": ["HasName", "yes", "no"]}, "yes"),
        ({"Fn::If": ["NoLimit", "none", "some"]}, "none"),
        ({"a": [{"Ref": "Table"}, 1], "Ref": 2}, {"a": ["rows", 1], "Ref": 2}),
    ],
)
def test_a_value_is_what_the_stack_would_have(value: Any, meant: Any) -> None:
    assert resolved(value, KNOWN, TEMPLATE) == meant


@pytest.mark.parametrize("value", [{"Ref": "Queue"}, {"Ref": "Needed"}, {"Fn::GetAtt": ["Queue", "Arn"]}])
def test_what_only_the_stack_knows_is_not_guessed(value: Any) -> None:
    with pytest.raises(KeyError):
        resolved(value, KNOWN, TEMPLATE)
