"""What each role of template.yaml may do: every grant, by name. test_grants.py asks whether each is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.reading import (
    FUNCTIONS,
    RESOURCES,
    RUNNER_ARN,
    TEMPLATE,
    as_list,
    as_text,
    get_att,
    managed_policies,
    of_type,
)

ROLES = {"api": "ApiRole", "runner": "RunnerRole", "worker": "WorkerRole", "reconciler": "ReconcilerRole"}
ROLES |= {"publisher": "PublisherRole", "notifier": "NotifierRole"}
RECONCILER_ARN = (
    "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-reconciler:live"
)
SCHEDULES_ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${ScheduleGroup}/*"
# Every action that any role of the stack may take, and on what. `Sub`, `GetAtt` and `Ref` are spelt as text.
CORE = {
    ("dynamodb:BatchGetItem", "Table.Arn"),
    ("dynamodb:DeleteItem", "Table.Arn"),
    ("dynamodb:GetItem", "Table.Arn"),
    ("dynamodb:PutItem", "Table.Arn"),
    ("dynamodb:Query", "Table.Arn"),
    ("iam:PassRole", "SchedulerRole.Arn"),
    ("kms:Decrypt", "GatewaySecretKeyArn"),
    ("scheduler:CreateSchedule", SCHEDULES_ARN),
    ("scheduler:DeleteSchedule", SCHEDULES_ARN),
    ("scheduler:UpdateSchedule", SCHEDULES_ARN),
    ("secretsmanager:GetSecretValue", "GatewaySecretArn"),
    ("sqs:SendMessage", "DelayQueue.Arn"),
}


def _reads(queue: str) -> set[tuple[str, str]]:
    actions = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    return {(f"sqs:{action}", f"{queue}.Arn") for action in actions}


def _logs(group: str) -> set[tuple[str, str]]:
    return {(f"logs:{action}", f"{group}.Arn") for action in ("CreateLogStream", "PutLogEvents")}


STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
GRANTS = {
    "CorePolicy": CORE,
    "DeliveryPolicy": {("sqs:SendMessage", "DeliveryQueue.Arn"), ("sqs:SendMessage", "RedeliveryQueue.Arn")},
    "TracePolicy": {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")},
    "ApiRole": _logs("ApiLogGroup")
    | {
        ("dynamodb:ConditionCheckItem", "Table.Arn"),
        ("dynamodb:UpdateItem", "Table.Arn"),
        ("dynamodb:Query", "${Table.Arn}/index/by_schedule"),
        ("dynamodb:Query", "${Table.Arn}/index/listed"),
        ("secretsmanager:GetSecretValue", "CursorSecret"),
        ("secretsmanager:GetSecretValue", "WebhookSecret"),
    },
    "RunnerRole": _logs("RunnerLogGroup") | {("sqs:SendMessage", "DeadLetterQueue.Arn")},
    "WorkerRole": _logs("WorkerLogGroup")
    | _reads("DelayQueue")
    | {("dynamodb:UpdateItem", "Table.Arn"), ("dynamodb:Query", "${Table.Arn}/index/listed")},
    "ReconcilerRole": _logs("ReconcilerLogGroup")
    | _reads("DeadLetterQueue")
    | {
        ("dynamodb:BatchGetItem", "Table.Arn"),
        ("dynamodb:DeleteItem", "Table.Arn"),
        ("dynamodb:GetItem", "Table.Arn"),
        ("dynamodb:PutItem", "Table.Arn"),
        ("dynamodb:Query", "Table.Arn"),
        ("dynamodb:Query", "${Table.Arn}/index/attention"),
        ("sqs:SendMessage", "DelayQueue.Arn"),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
    "PublisherRole": _logs("PublisherLogGroup")
    | {(f"dynamodb:{action}", "Table.StreamArn") for action in STREAM}
    | {
        ("events:PutEvents", "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${Bus}"),
        *(
            (f"dynamodb:{action}", "Table.Arn")
            for action in ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query")
        ),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
    "NotifierRole": _logs("NotifierLogGroup")
    | _reads("DeliveryQueue")
    | _reads("RedeliveryQueue")
    | {(f"dynamodb:{action}", "Table.Arn") for action in ("BatchGetItem", "GetItem", "PutItem")}
    | {("secretsmanager:GetSecretValue", "WebhookSecret"), ("sqs:SendMessage", "RedeliveryQueue.Arn")},
    "SchedulerRole": {("lambda:InvokeFunction", RUNNER_ARN), ("sqs:SendMessage", "DeadLetterQueue.Arn")},
    "ReconcilerScheduleRole": {
        ("lambda:InvokeFunction", RECONCILER_ARN),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
}
# The only grants on everything, each with the reason that AWS leaves no choice.
ON_EVERYTHING = {
    "xray:PutTelemetryRecords": "X-Ray has no resource that this could name",
    "xray:PutTraceSegments": "X-Ray has no resource that this could name",
}
# Besides the log group, tracing is what every function does.
KEYLESS = ["CorePolicy", "NoApiKeysPolicy", "TracePolicy"]
POLICIES = {"api": ["CorePolicy", "TracePolicy", "DeliveryPolicy"], "runner": KEYLESS, "worker": KEYLESS}
POLICIES |= {name: ["NoApiKeysPolicy", "TracePolicy", "DeliveryPolicy"] for name in ("reconciler", "publisher")}
POLICIES |= {"notifier": ["NoApiKeysPolicy", "TracePolicy"]}
# What is taken away again; test_key_items.py says what it leaves.
DENIALS = {"NoApiKeys": "NoApiKeysPolicy", "MakesNoApiKey": "ApiRole"}


def documents(name: str) -> list[dict[str, Any]]:
    """A role's own policies, or a managed policy."""
    properties = RESOURCES[name]["Properties"]
    own = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    return own + ([properties["PolicyDocument"]] if "PolicyDocument" in properties else [])


def statements(name: str) -> Iterator[dict[str, Any]]:
    """The grants of a role's own policies, or of a managed policy. A conditional one counts as present."""
    for document in documents(name):
        for statement in document["Statement"]:
            if "Fn::If" in statement:
                _, present, absent = statement["Fn::If"]
                assert absent == {"Ref": "AWS::NoValue"}
                yield present
            elif statement.get("Sid") not in DENIALS:
                yield statement


def test_every_denial_is_one_of_these() -> None:
    found = {
        statement["Sid"]: name
        for name in {*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")}
        for document in documents(name)
        for statement in document["Statement"]
        if statement.get("Effect") == "Deny"
    }
    assert found == DENIALS


def test_every_grant_is_one_of_these() -> None:
    granting = {*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")} - {"NoApiKeysPolicy"}
    found = {
        name: {
            (action, as_text(resource))
            for statement in statements(name)
            for action in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        }
        for name in granting
    }
    assert found == GRANTS


def test_nothing_is_allowed_on_everything_but_what_aws_forces() -> None:
    for name in GRANTS:
        for statement in statements(name):
            assert statement["Effect"] == "Allow"
            assert not {"NotAction", "NotResource"} & statement.keys()
            assert "*" not in "".join(as_list(statement["Action"]))
            if "*" in [as_text(resource) for resource in as_list(statement["Resource"])]:
                assert set(as_list(statement["Action"])) <= ON_EVERYTHING.keys()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_its_own_role_and_no_policy_of_sams(function: str) -> None:
    properties = RESOURCES[FUNCTIONS[function]]["Properties"]
    assert properties["Role"] == get_att(ROLES[function])
    assert "Policies" not in properties
    role = RESOURCES[ROLES[function]]["Properties"]
    assert managed_policies(role) == POLICIES[function]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_one_role_may_be_passed_and_only_to_the_scheduler() -> None:
    passing = [
        statement
        for name in GRANTS
        for statement in statements(name)
        if any(action.startswith("iam:") for action in as_list(statement["Action"]))
    ]
    [statement] = passing
    assert statement["Action"] == ["iam:PassRole"]
    assert statement["Resource"] == get_att("SchedulerRole")
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


@pytest.mark.parametrize(
    ("role", "group"), [("SchedulerRole", "ScheduleGroup"), ("ReconcilerScheduleRole", "ReconcilerScheduleGroup")]
)
def test_the_scheduler_assumes_its_role_for_one_group_only(role: str, group: str) -> None:
    assert RESOURCES[group]["Type"] == "AWS::Scheduler::ScheduleGroup"
    [trust] = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}, "aws:SourceArn": get_att(group)}
        },
    }


def test_the_secret_and_its_key_are_granted_where_there_are_any() -> None:
    conditional = [
        statement["Fn::If"]
        for statement in RESOURCES["CorePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if "Fn::If" in statement
    ]
    found = {condition: statement["Action"] for condition, statement, _ in conditional}
    assert found == {
        "HasGatewaySecret": ["secretsmanager:GetSecretValue"],
        "HasGatewaySecretKey": ["kms:Decrypt"],
    }
    for condition, parameter in (
        ("HasGatewaySecret", "GatewaySecretArn"),
        ("HasGatewaySecretKey", "GatewaySecretKeyArn"),
    ):
        assert TEMPLATE["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
        assert TEMPLATE["Parameters"][parameter]["Default"] == ""


def test_a_key_decrypts_this_secret_only_and_through_its_service() -> None:
    [statement] = [found for found in statements("CorePolicy") if found["Action"] == ["kms:Decrypt"]]
    assert statement["Resource"] == {"Ref": "GatewaySecretKeyArn"}
    assert statement["Condition"] == {
        "StringEquals": {
            "kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"},
            "kms:EncryptionContext:SecretARN": {"Ref": "GatewaySecretArn"},
        }
    }
