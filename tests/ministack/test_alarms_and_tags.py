"""The nested stack of alarms and dashboard, and the stack's tags on every kind of resource.

Its name sorts before test_deployed.py, whose last test deletes the stack.
"""

from __future__ import annotations

from tests.ministack.deployment import NAME, Deployment
from tests.ministack.ministack import deployable_monitoring

IN_FORCE = {None, "HasPublisher", "HasWebhooks"}
"""The conditions that hold with the parameters of the deployment."""


def test_alarms_and_dashboard_are_deployed_in_a_nested_stack(deployment: Deployment) -> None:
    monitoring = deployable_monitoring()["Resources"]
    named = {
        resource["Properties"]["AlarmName"]["Fn::Sub"].replace("${Service}", NAME)
        for resource in monitoring.values()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource.get("Condition") in IN_FORCE
    }
    cloudwatch = deployment.client("cloudwatch")
    alarms = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert alarms.keys() == named
    [queue] = alarms[f"{NAME}-parked"]["Dimensions"]
    assert deployment.outputs["ParkedQueueUrl"].endswith(f"/{queue['Value']}")
    body = cloudwatch.get_dashboard(DashboardName=deployment.outputs["DashboardUrl"].rpartition("/")[2])[
        "DashboardBody"
    ]
    assert deployment.outputs["TableName"] in body


def test_the_stacks_tags_reach_every_kind_of_resource(deployment: Deployment) -> None:
    cloudwatch = deployment.client("cloudwatch")
    function = deployment.client("lambda").get_function(FunctionName=f"{NAME}-runner")["Tags"]
    queue = deployment.client("sqs").list_queue_tags(QueueUrl=deployment.outputs["DelayQueueUrl"])["Tags"]
    dynamodb = deployment.client("dynamodb")
    table = dynamodb.describe_table(TableName=deployment.outputs["TableName"])["Table"]["TableArn"]
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[f"{NAME}-parked"])["MetricAlarms"]
    listed = (
        dynamodb.list_tags_of_resource(ResourceArn=table)["Tags"],
        cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"],
    )
    for tags in (function, queue, *({tag["Key"]: tag["Value"] for tag in found} for found in listed)):
        assert {"Project": "agent-schedules", "Stage": "dev"}.items() <= tags.items()
