"""What template.yaml must say, whatever else changes in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from agent_schedules.settings import Settings
from moto import mock_aws

from dev.template import TEMPLATE as TEMPLATE_FILE
from dev.template import load_template, table_definition

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
FUNCTIONS = {"api": "ApiFunction", "runner": "RunnerFunction", "worker": "WorkerFunction", "keeper": "KeeperFunction"}
FUNCTIONS |= {"announcer": "AnnouncerFunction"}
ROLES = {"api": "ApiRole", "runner": "RunnerRole", "worker": "WorkerRole", "keeper": "KeeperRole"}
ROLES |= {"announcer": "AnnouncerRole"}
MODES = ("background", "synchronous")
ALIAS = "live"

# Read by aws-lambda-powertools, not by us.
LIBRARIES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_TRACE_DISABLED", "POWERTOOLS_LOG_LEVEL"}

# Every action that any role of the stack may take, and on what. `Sub`, `GetAtt` and `Ref` are spelt as text.
RUNNER_ARN = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-runner:live"
KEEPER_ARN = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-keeper:live"
SCHEDULES_ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${ScheduleGroup}/*"
CORE = {
    ("dynamodb:BatchGetItem", "Table.Arn"),
    ("dynamodb:GetItem", "Table.Arn"),
    ("dynamodb:PutItem", "Table.Arn"),
    ("iam:PassRole", "SchedulerRole.Arn"),
    ("scheduler:CreateSchedule", SCHEDULES_ARN),
    ("scheduler:DeleteSchedule", SCHEDULES_ARN),
    ("scheduler:UpdateSchedule", SCHEDULES_ARN),
    ("secretsmanager:GetSecretValue", "GatewaySecretArn"),
    ("sqs:SendMessage", "DelayQueue.Arn"),
}


def _reads(queue: str) -> set[tuple[str, str]]:
    return {(f"sqs:{action}", f"{queue}.Arn") for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")}


def _logs(group: str) -> set[tuple[str, str]]:
    return {(f"logs:{action}", f"{group}.Arn") for action in ("CreateLogStream", "PutLogEvents")}


STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
GRANTS = {
    "CorePolicy": CORE,
    "TracePolicy": {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")},
    "ApiRole": _logs("ApiLogGroup")
    | {
        ("dynamodb:ConditionCheckItem", "Table.Arn"),
        ("dynamodb:DeleteItem", "Table.Arn"),
        ("dynamodb:Query", "Table.Arn"),
        ("dynamodb:UpdateItem", "Table.Arn"),
        ("dynamodb:Query", "${Table.Arn}/index/by_schedule"),
        ("secretsmanager:GetSecretValue", "CursorSecret"),
    },
    "RunnerRole": _logs("RunnerLogGroup") | {("sqs:SendMessage", "DeadLetterQueue.Arn")},
    "WorkerRole": _logs("WorkerLogGroup") | _reads("DelayQueue"),
    "KeeperRole": _logs("KeeperLogGroup")
    | _reads("DeadLetterQueue")
    | {
        ("dynamodb:GetItem", "Table.Arn"),
        ("dynamodb:PutItem", "Table.Arn"),
        ("dynamodb:Query", "${Table.Arn}/index/attention"),
        ("sqs:SendMessage", "DelayQueue.Arn"),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
    "AnnouncerRole": _logs("AnnouncerLogGroup")
    | {(f"dynamodb:{action}", "Table.StreamArn") for action in STREAM}
    | {
        ("events:PutEvents", "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
    "SchedulerRole": {("lambda:InvokeFunction", RUNNER_ARN), ("sqs:SendMessage", "DeadLetterQueue.Arn")},
    "KeeperScheduleRole": {
        ("lambda:InvokeFunction", KEEPER_ARN),
        ("sqs:SendMessage", "ParkedQueue.Arn"),
    },
}

# The only grants on everything, each with the reason that AWS leaves no choice.
ON_EVERYTHING = {
    "xray:PutTelemetryRecords": "X-Ray has no resource that this could name",
    "xray:PutTraceSegments": "X-Ray has no resource that this could name",
}
# Besides the log group, tracing is what every function does.
POLICIES = {"api": ["CorePolicy", "TracePolicy"], "runner": ["CorePolicy", "TracePolicy"]}
POLICIES |= {"worker": ["CorePolicy", "TracePolicy"], "keeper": ["TracePolicy"], "announcer": ["TracePolicy"]}


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
    return ".".join(argument) if function == "Fn::GetAtt" else str(argument)


def get_att(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def statements(name: str) -> Iterator[dict[str, Any]]:
    """The statements of a role's own policies, or of a managed policy. A conditional one counts as present."""
    properties = RESOURCES[name]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    for document in documents:
        for statement in document["Statement"]:
            if "Fn::If" in statement:
                _, present, absent = statement["Fn::If"]
                assert absent == {"Ref": "AWS::NoValue"}
                yield present
            else:
                yield statement


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


# ------------------------------------------------------------------------------------------------------- functions


def test_there_are_five_functions_and_each_is_its_folder() -> None:
    found = {name: properties["CodeUri"] for name, properties in of_type("AWS::Serverless::Function").items()}
    assert found == {logical_id: f"functions/{name}" for name, logical_id in FUNCTIONS.items()}


@pytest.mark.parametrize(("name", "folder"), [("CoreLayer", "layers/core"), ("JwtLayer", "layers/jwt")])
def test_functions_and_layers_have_one_architecture_and_one_runtime(name: str, folder: str) -> None:
    layer = RESOURCES[name]
    architecture = {"Ref": "Architecture"}
    assert GLOBALS["Architectures"] == [architecture]
    assert layer["Metadata"]["BuildArchitecture"] == architecture
    assert layer["Properties"]["CompatibleArchitectures"] == [architecture]
    assert layer["Properties"]["PublishLambdaVersion"] is True
    assert TEMPLATE["Parameters"]["Architecture"]["Default"] == "arm64"
    assert GLOBALS["Runtime"] == layer["Metadata"]["BuildMethod"]
    assert [GLOBALS["Runtime"]] == layer["Properties"]["CompatibleRuntimes"]
    assert layer["Properties"]["ContentUri"] == folder


def test_every_function_has_the_core_layer_and_the_api_what_tokens_need_if_there_are_any() -> None:
    assert GLOBALS["Layers"] == [{"Ref": "CoreLayer"}]
    extra = [{"Fn::If": ["HasJwt", {"Ref": "JwtLayer"}, {"Ref": "AWS::NoValue"}]}]
    for name, properties in of_type("AWS::Serverless::Function").items():
        assert properties.get("Layers", []) == (extra if name == "ApiFunction" else [])
        assert not {"Architectures", "Runtime", "Handler"} & properties.keys()
    assert RESOURCES["JwtLayer"]["Condition"] == "HasJwt"
    assert TEMPLATE["Conditions"]["HasJwt"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}


def test_tokens_of_an_issuer_are_taken_for_one_audience_only() -> None:
    rule = TEMPLATE["Rules"]["JwtAudience"]
    assert rule["RuleCondition"] == TEMPLATE["Conditions"]["HasJwt"]
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtAudience"}, ""]}]}


def test_every_function_has_exactly_the_variables_that_its_settings_read() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert set(GLOBALS["Environment"]["Variables"]) == settings | LIBRARIES
    for properties in of_type("AWS::Serverless::Function").values():
        assert "Environment" not in properties


def test_every_parameter_is_used_and_stands_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])
    rest = repr({part: TEMPLATE[part] for part in ("Conditions", "Globals", "Resources")})
    unused = [name for name in grouped if f"'Ref': '{name}'" not in rest and f"${{{name}}}" not in rest]
    assert unused == []


def test_a_deployed_parameter_or_layer_reaches_the_alias() -> None:
    """SAM publishes a version when the text of a function changes, or its layer, but not when a parameter's value does.

    A version's description is replaced with it, and so is the version; but Lambda publishes none of a function that
    did not change, so the function's own description holds the revision too.
    """
    assert GLOBALS["AutoPublishAlias"] == ALIAS
    for properties in of_type("AWS::Serverless::Function").values():
        assert "AutoPublishAlias" not in properties
        assert properties["AutoPublishAliasAllProperties"] is True
        assert properties["VersionDescription"] == {"Ref": "Revision"}
        assert as_text(properties["Description"]).endswith(" Revision ${Revision}.")


def test_snapshots_and_reserved_concurrency_are_options() -> None:
    assert GLOBALS["SnapStart"] == {"ApplyOn": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}}
    assert TEMPLATE["Parameters"]["SnapStart"]["Default"] == "off"
    reserved = {
        name: properties["ReservedConcurrentExecutions"]["Fn::If"]
        for name, properties in of_type("AWS::Serverless::Function").items()
        if "ReservedConcurrentExecutions" in properties
    }
    # Not of a reader of a queue: Lambda would throttle it and the messages become dead letters. Those have a maximum
    # of their own.
    assert reserved == {
        "ApiFunction": ["HasApiReserve", {"Ref": "ApiReservedConcurrency"}, {"Ref": "AWS::NoValue"}],
        "RunnerFunction": ["HasRunnerReserve", {"Ref": "RunnerReservedConcurrency"}, {"Ref": "AWS::NoValue"}],
    }
    assert TEMPLATE["Parameters"]["ApiReservedConcurrency"]["Default"] == 0
    assert TEMPLATE["Parameters"]["RunnerReservedConcurrency"]["Default"] == 0


def test_tracing_of_calls_is_asked_for_beside_that_of_functions() -> None:
    assert GLOBALS["Tracing"] == {"Fn::If": ["HasTracing", "Active", "PassThrough"]}
    switch = GLOBALS["Environment"]["Variables"]["POWERTOOLS_TRACE_DISABLED"]
    assert switch == {"Fn::If": ["TracesCalls", "false", "true"]}


def test_variables_point_at_this_stack() -> None:
    variables = GLOBALS["Environment"]["Variables"]
    assert {name: as_text(value) for name, value in variables.items() if "Fn::If" not in value} == {
        "TABLE_NAME": "Table",
        "SCHEDULE_GROUP": "ScheduleGroup",
        "SCHEDULER_ROLE_ARN": "SchedulerRole.Arn",
        "RUNNER_ARN": RUNNER_ARN,
        "SCHEDULER_DLQ_ARN": "DeadLetterQueue.Arn",
        "QUEUE_URL": "DelayQueue",
        "GATEWAY_URL": "GatewayUrl",
        "GATEWAY_MODE": "GatewayMode",
        "GATEWAY_DIALECT": "GatewayDialect",
        "GATEWAY_CONNECT_SECONDS": "GatewayConnectSeconds",
        "GATEWAY_READ_SECONDS": "GatewayReadSeconds",
        "GATEWAY_SECRET_ID": "GatewaySecretArn",
        "RUN_TIMEOUT_SECONDS": "RunTimeoutSeconds",
        "MINIMUM_INTERVAL_SECONDS": "MinimumIntervalSeconds",
        "MISFIRE_GRACE_SECONDS": "MisfireGraceSeconds",
        "AGENT_RETENTION_DAYS": "AgentRetentionDays",
        "MAXIMUM_SCHEDULES_PER_TENANT": "MaximumSchedulesPerTenant",
        "MAXIMUM_ACTIVE_SCHEDULES_PER_AGENT": "MaximumActiveSchedulesPerAgent",
        "CURSOR_SECRET_ID": "CursorSecret",
        "EVENT_BUS_NAME": "EventBusName",
        "JWT_ISSUER": "JwtIssuer",
        "JWT_AUDIENCE": "JwtAudience",
        "JWT_TENANT_CLAIM": "JwtTenantClaim",
        "JWT_SCOPE_CLAIM": "JwtScopeClaim",
        "JWT_KEYS_URL": "JwtKeysUrl",
        "POWERTOOLS_SERVICE_NAME": "AWS::StackName",
        "POWERTOOLS_LOG_LEVEL": "LogLevel",
    }


def test_the_runners_arn_is_its_alias_put_together_from_its_fixed_name() -> None:
    name = as_text(RESOURCES["RunnerFunction"]["Properties"]["FunctionName"])
    assert RUNNER_ARN.endswith(f":function:{name}:{ALIAS}")


@pytest.mark.parametrize("parameter", sorted(TEMPLATE["Parameters"]))
def test_every_parameter_is_described_and_has_a_default(parameter: str) -> None:
    definition = TEMPLATE["Parameters"][parameter]
    assert definition["Description"]
    assert "Default" in definition


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_logs_to_a_group_that_forgets(function: str) -> None:
    properties = RESOURCES[FUNCTIONS[function]]["Properties"]
    group = properties["LoggingConfig"]["LogGroup"]["Ref"]
    assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
    assert as_text(RESOURCES[group]["Properties"]["LogGroupName"]) == f"/aws/lambda/${{AWS::StackName}}-{function}"
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert as_text(properties["FunctionName"]) == f"${{AWS::StackName}}-{function}"


# ------------------------------------------------------------------------------------------------------- front door


def test_the_api_takes_every_method_on_every_path_without_an_authorizer() -> None:
    [event] = RESOURCES["ApiFunction"]["Properties"]["Events"].values()
    assert event["Type"] == "HttpApi"
    # No path and no method is SAM's $default route.
    assert not {"Path", "Method", "Auth"} & event["Properties"].keys()
    assert event["Properties"]["ApiId"] == {"Ref": "HttpApi"}
    assert event["Properties"]["PayloadFormatVersion"] == "2.0"
    http_api = RESOURCES["HttpApi"]["Properties"]
    assert "Auth" not in http_api
    assert http_api["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "RequestRateLimit"},
        "ThrottlingBurstLimit": {"Ref": "RequestBurstLimit"},
    }


def test_pages_of_other_origins_may_call_only_where_asked_and_then_every_route() -> None:
    condition, cors, absent = RESOURCES["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert (condition, absent) == ("HasCorsOrigins", {"Ref": "AWS::NoValue"})
    assert TEMPLATE["Parameters"]["CorsOrigins"]["Default"] == ""
    # A list only CloudFormation can make of it: SAM would paste the parameter's text.
    assert cors["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}
    assert "AllowCredentials" not in cors  # keys are sent by the page, never by the browser
    document = json.loads((TEMPLATE_FILE.parent / "docs" / "openapi.json").read_text(encoding="utf-8"))
    operations = [(method, operation) for path in document["paths"].values() for method, operation in path.items()]
    assert {method.upper() for method, _ in operations} <= set(cors["AllowMethods"])
    headers = {
        parameter["name"].lower()
        for _, operation in operations
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }
    assert headers | {"authorization", "content-type"} <= {name.lower() for name in cors["AllowHeaders"]}
    assert set(cors["ExposeHeaders"]) == {"ETag", "Retry-After", "x-request-id"}


def test_the_access_log_is_json_that_names_no_caller() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]
    assert settings["DestinationArn"] == get_att("AccessLogGroup")
    line = json.loads(settings["Format"])
    assert line["request_id"] == "$context.requestId"
    # A path holds ids only, but a query may hold anything, and an address is personal data.
    assert not {"$context.path", "$context.identity.sourceIp"} & set(line.values())


@pytest.mark.parametrize("mode", MODES)
def test_the_api_answers_before_its_gateway_gives_up(mode: str) -> None:
    [event] = RESOURCES["ApiFunction"]["Properties"]["Events"].values()
    assert function_timeout("ApiFunction", mode) * 1000 < event["Properties"]["TimeoutInMillis"] <= 30_000


# ------------------------------------------------------------------------------------------------------------ IAM


def test_every_grant_is_one_of_these() -> None:
    granting = {*of_type("AWS::IAM::Role"), *of_type("AWS::IAM::ManagedPolicy")}
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
def test_every_function_has_a_role_of_its_own_and_no_policy_of_sams(function: str) -> None:
    properties = RESOURCES[FUNCTIONS[function]]["Properties"]
    assert properties["Role"] == get_att(ROLES[function])
    assert "Policies" not in properties
    role = RESOURCES[ROLES[function]]["Properties"]
    assert role["ManagedPolicyArns"] == [{"Ref": policy} for policy in POLICIES[function]]
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
    ("role", "group"), [("SchedulerRole", "ScheduleGroup"), ("KeeperScheduleRole", "KeeperScheduleGroup")]
)
def test_the_scheduler_assumes_its_role_for_one_group_of_this_account(role: str, group: str) -> None:
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


def test_the_secret_is_granted_only_where_there_is_one() -> None:
    conditional = [
        statement["Fn::If"]
        for statement in RESOURCES["CorePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if "Fn::If" in statement
    ]
    [(condition, statement, _)] = conditional
    assert condition == "HasGatewaySecret"
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert TEMPLATE["Conditions"]["HasGatewaySecret"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "GatewaySecretArn"}, ""]}]
    }
    assert TEMPLATE["Parameters"]["GatewaySecretArn"]["Default"] == ""


# --------------------------------------------------------------------------------------------- queues and failures


def test_every_queue_but_the_parked_one_hands_on_what_fails() -> None:
    found = {name: queue.get("RedrivePolicy") for name, queue in of_type("AWS::SQS::Queue").items()}
    assert found == {
        "DelayQueue": {"deadLetterTargetArn": get_att("DeadLetterQueue"), "maxReceiveCount": 5},
        "DeadLetterQueue": {"deadLetterTargetArn": get_att("ParkedQueue"), "maxReceiveCount": 5},
        "ParkedQueue": None,
    }


def test_every_queue_has_an_alarm() -> None:
    watched = {
        as_text(dimension["Value"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    assert watched == {f"{queue}.QueueName" for queue in of_type("AWS::SQS::Queue")}


def test_queues_are_encrypted_and_each_keeps_messages_longer_than_the_one_before() -> None:
    queues = of_type("AWS::SQS::Queue")
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    retention = [queues[name]["MessageRetentionPeriod"] for name in ("DelayQueue", "DeadLetterQueue", "ParkedQueue")]
    assert retention == sorted(set(retention))
    assert retention[-1] == 14 * 24 * 3600


def test_only_the_worker_and_the_keeper_read_queues_and_report_each_failed_message() -> None:
    readers = {
        (logical_id, as_text(event["Properties"]["Queue"])): event["Properties"]
        for logical_id, function in of_type("AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert set(readers) == {("WorkerFunction", "DelayQueue.Arn"), ("KeeperFunction", "DeadLetterQueue.Arn")}
    for event in readers.values():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["ScalingConfig"]["MaximumConcurrency"]
        assert [by_mode(event["BatchSize"], mode) for mode in MODES] == [10, 1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("queue", "reader"), [("DelayQueue", "WorkerFunction"), ("DeadLetterQueue", "KeeperFunction")])
def test_a_message_stays_hidden_six_times_as_long_as_its_reader_may_take(queue: str, reader: str, mode: str) -> None:
    visibility = by_mode(RESOURCES[queue]["Properties"]["VisibilityTimeout"], mode)
    assert visibility >= 6 * function_timeout(reader, mode)


@pytest.mark.parametrize("function", ["WorkerFunction", "KeeperFunction"])
def test_lambda_does_not_take_the_chain_of_delayed_messages_for_a_runaway_loop(function: str) -> None:
    assert RESOURCES[function]["Properties"]["RecursiveLoop"] == "Allow"


def test_what_the_runner_drops_becomes_a_dead_letter() -> None:
    assert RESOURCES["RunnerFunction"]["Properties"]["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": get_att("DeadLetterQueue")}},
    }


def test_a_sweep_that_fails_is_parked() -> None:
    keeper = RESOURCES["KeeperFunction"]["Properties"]
    [sweep] = [event["Properties"] for event in keeper["Events"].values() if event["Type"] == "ScheduleV2"]
    assert sweep["ScheduleExpression"] == "rate(5 minutes)"
    assert sweep["Input"] == '{"kind":"sweep"}'
    assert sweep["GroupName"] == {"Ref": "KeeperScheduleGroup"}
    assert sweep["RoleArn"] == get_att("KeeperScheduleRole")
    assert sweep["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300}
    assert sweep["DeadLetterConfig"] == {"Arn": get_att("ParkedQueue")}
    on_failure = keeper["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert on_failure == {"Type": "SQS", "Destination": get_att("ParkedQueue")}


# ----------------------------------------------------------------------------------------------------------- table


def test_the_table_has_these_keys_and_indexes() -> None:
    definition = table_definition()
    kinds = {item["AttributeName"]: item["AttributeType"] for item in definition["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str, str]]:
        return [(key["AttributeName"], kinds[key["AttributeName"]], key["KeyType"]) for key in schema]

    assert keys(definition["KeySchema"]) == [("pk", "S", "HASH"), ("sk", "S", "RANGE")]
    indexes = {
        index["IndexName"]: (keys(index["KeySchema"]), index["Projection"])
        for index in definition["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "by_schedule": (
            [("schedule_id", "S", "HASH"), ("run_id", "S", "RANGE")],
            {"ProjectionType": "KEYS_ONLY"},
        ),
        "attention": (
            [("attention_shard", "S", "HASH"), ("attention_at", "N", "RANGE")],
            {"ProjectionType": "KEYS_ONLY"},
        ),
    }


def test_the_tables_rows_are_kept_safe() -> None:
    table = RESOURCES["Table"]
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert TEMPLATE["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


def test_boto3_creates_the_table_from_its_definition() -> None:
    with mock_aws():
        dynamodb = boto3.client(
            "dynamodb", region_name="eu-central-1", aws_access_key_id="local", aws_secret_access_key="local"
        )
        dynamodb.create_table(TableName="table", **table_definition())
        table = dynamodb.describe_table(TableName="table")["Table"]
    assert table["KeySchema"] == table_definition()["KeySchema"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_schedule", "attention"]


# --------------------------------------------------------------------------------------------------------- outputs


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
        "KeeperFunctionName",
        "AccessLogGroupName",
        "AlarmTopicArn",
        "DashboardUrl",
    }


# ------------------------------------------------------------------------------------------------------------ tags

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
