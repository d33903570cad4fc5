"""Parameters, outputs and tags of template.yaml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dev.template import MONITORING, NOTIFICATIONS, load_template, resolved
from dev.template import TEMPLATE as TEMPLATE_FILE
from tests.template.reading import TEMPLATE

ROOT = TEMPLATE_FILE.parent


def test_every_parameter_is_used_and_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])
    rest = repr({part: TEMPLATE[part] for part in ("Conditions", "Globals", "Resources")})
    unused = [name for name in grouped if f"'Ref': '{name}'" not in rest and f"${{{name}}}" not in rest]
    assert unused == []


@pytest.mark.parametrize("parameter", sorted(TEMPLATE["Parameters"]))
def test_every_parameter_is_described_and_has_a_default(parameter: str) -> None:
    definition = TEMPLATE["Parameters"][parameter]
    assert definition["Description"]
    assert "Default" in definition


def test_the_stack_names_what_an_operator_needs() -> None:
    assert set(TEMPLATE["Outputs"]) == {
        "ApiUrl",
        "TableName",
        "ScheduleGroupName",
        "DelayQueueUrl",
        "DeadLetterQueueUrl",
        "ParkedQueueUrl",
        "SchedulerRoleArn",
        "RunnerAliasArn",
        "ApiFunctionName",
        "RunnerFunctionName",
        "WorkerFunctionName",
        "ReconcilerFunctionName",
        "AccessLogGroupName",
        "AlarmTopicArn",
        "DashboardUrl",
    }


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_tags_are_the_stacks_and_reach_every_resource(environment: str) -> None:
    """CloudFormation hands a stack's tags to everything in it, nested stacks included."""
    deploy = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))[environment]["deploy"]["parameters"]
    assert deploy["tags"] == f"Project=agent-schedules Stage={environment}"
    for template in (TEMPLATE, load_template(MONITORING), load_template(NOTIFICATIONS)):
        assert "Tags" not in repr(template)


def test_a_deployment_may_create_roles_and_a_nested_stack() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    for environment in ("dev", "prod"):
        allowed = config[environment]["deploy"]["parameters"]["capabilities"]
        assert allowed == "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"


@pytest.mark.parametrize("template", [TEMPLATE_FILE, MONITORING, NOTIFICATIONS], ids=lambda path: str(path.name))
def test_a_template_is_small_enough_to_be_taken_inline(template: Path) -> None:
    assert len(template.read_bytes()) <= 51_200


def test_a_stack_without_webhooks_has_none_of_their_resources() -> None:
    assert TEMPLATE["Parameters"]["Webhooks"]["Default"] == "off"
    assert TEMPLATE["Conditions"]["HasWebhooks"] == {"Fn::Equals": [{"Ref": "Webhooks"}, "on"]}
    conditional = {name for name, one in TEMPLATE["Resources"].items() if one.get("Condition") == "HasWebhooks"}
    assert conditional == {
        "NotifierFunction",
        "NotifierRole",
        "NotifierLogGroup",
        "DeliveryQueue",
        "RedeliveryQueue",
        "DeliveryPolicy",
        "WebhookSecret",
    }
    secret = TEMPLATE["Resources"]["WebhookSecret"]
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_stack_without_webhooks_refers_to_none_of_their_resources() -> None:
    known = {"Table": "t", "HttpApi": "a", "AWS::Region": "r", "AWS::URLSuffix": "s"}
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = ("WEBHOOKS", "DELIVERY_QUEUE_URL", "REDELIVERY_QUEUE_URL", "WEBHOOK_SECRET_ID")
    assert [resolved(variables[name], known, TEMPLATE) for name in own] == ["off", "", "", ""]
    for name in ("ApiRole", "ReconcilerRole", "PublisherRole"):
        policies = TEMPLATE["Resources"][name]["Properties"]["ManagedPolicyArns"]
        assert {"Fn::If": ["HasWebhooks", {"Ref": "DeliveryPolicy"}, {"Ref": "AWS::NoValue"}]} in policies
