"""Parameters, outputs and tags of template.yaml."""

from __future__ import annotations

import pytest

from tests.template.reading import GLOBALS, RESOURCES, TEMPLATE


def test_every_parameter_is_used_and_stands_in_one_group() -> None:
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


# What CloudFormation cannot tag, or what SAM does not pass tags on to.
UNTAGGED = {
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::Serverless::LayerVersion",
}


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_everything_that_takes_tags_has_them(name: str) -> None:
    kind, properties = RESOURCES[name]["Type"], RESOURCES[name]["Properties"]
    tags = GLOBALS["Tags"] if kind == "AWS::Serverless::Function" else properties.get("Tags")
    if isinstance(tags, list):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    assert tags == (None if kind in UNTAGGED else {"Project": "agent-schedules", "Stage": {"Ref": "Stage"}})
