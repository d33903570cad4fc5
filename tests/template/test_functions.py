"""The functions of template.yaml: what they run on, what they are told, and where they log."""

from __future__ import annotations

import json

import pytest
from agent_schedules.settings import Settings

from tests.template.reading import ALIAS, FUNCTIONS, GLOBALS, RESOURCES, RUNNER_ARN, TEMPLATE, as_text, of_type

# Read by aws-lambda-powertools, not by us.
LIBRARIES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_TRACE_DISABLED", "POWERTOOLS_LOG_LEVEL"}


def test_there_are_six_functions_and_each_is_its_folder() -> None:
    found = {name: properties["CodeUri"] for name, properties in of_type("AWS::Serverless::Function").items()}
    assert found == {logical_id: f"functions/{name}" for name, logical_id in FUNCTIONS.items()}


@pytest.mark.parametrize(("name", "folder"), [("CoreLayer", "layers/core"), ("JwtLayer", "layers/jwt")])
def test_functions_and_layers_share_architecture_and_runtime(name: str, folder: str) -> None:
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


def test_functions_have_the_core_layer_and_the_api_the_jwt_layer() -> None:
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


def test_functions_have_exactly_the_variables_of_settings() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert set(GLOBALS["Environment"]["Variables"]) == settings | LIBRARIES
    own = {name: p["Environment"] for name, p in of_type("AWS::Serverless::Function").items() if "Environment" in p}
    assert {name: set(environment["Variables"]) for name, environment in own.items()} == {
        "ReconcilerFunction": {"SOURCE_QUEUE_URL"},
        "PublisherFunction": {"PUBLIC_URL"},
    }
    assert own["ReconcilerFunction"]["Variables"]["SOURCE_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}


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


def test_tracing_of_calls_has_a_switch_of_its_own() -> None:
    assert GLOBALS["Tracing"] == {"Fn::If": ["HasTracing", "Active", "PassThrough"]}
    switch = GLOBALS["Environment"]["Variables"]["POWERTOOLS_TRACE_DISABLED"]
    assert switch == {"Fn::If": ["TracesCalls", "false", "true"]}


def test_variables_point_at_this_stack() -> None:
    variables = GLOBALS["Environment"]["Variables"]
    assert {name: as_text(value) for name, value in variables.items() if "Fn::If" not in value} == {
        "TABLE_NAME": "Table",
        "SOURCE_QUEUE_URL": "DelayQueue",
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
        "RUN_RETENTION_DAYS": "RunRetentionDays",
        "CONSOLE": "Console",
        "MAXIMUM_SCHEDULES_PER_TENANT": "MaximumSchedulesPerTenant",
        "MAXIMUM_OCCURRENCES_PER_HOUR": "MaximumOccurrencesPerHour",
        "MAXIMUM_RUNS_PER_MINUTE": "MaximumRunsPerMinute",
        "MAXIMUM_SCHEDULES_PER_AGENT": "MaximumSchedulesPerAgent",
        "CURSOR_SECRET_ID": "CursorSecret",
        "PUBLIC_URL": "PublicUrl",
        "WEBHOOKS": "Webhooks",
        "WEBHOOK_HIGH_PORTS": "WebhookHighPorts",
        "MAXIMUM_WEBHOOKS_PER_TENANT": "MaximumWebhooksPerTenant",
        "JWT_ISSUER": "JwtIssuer",
        "JWT_AUDIENCE": "JwtAudience",
        "JWT_TENANT_CLAIM": "JwtTenantClaim",
        "JWT_SCOPE_CLAIM": "JwtScopeClaim",
        "JWT_KEYS_URL": "JwtKeysUrl",
        "POWERTOOLS_SERVICE_NAME": "AWS::StackName",
        "POWERTOOLS_LOG_LEVEL": "LogLevel",
    }


def test_the_runners_arn_is_built_from_its_fixed_name() -> None:
    name = as_text(RESOURCES["RunnerFunction"]["Properties"]["FunctionName"])
    assert RUNNER_ARN.endswith(f":function:{name}:{ALIAS}")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_logs_to_a_group_that_forgets(function: str) -> None:
    properties = RESOURCES[FUNCTIONS[function]]["Properties"]
    group = properties["LoggingConfig"]["LogGroup"]["Ref"]
    assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
    assert as_text(RESOURCES[group]["Properties"]["LogGroupName"]) == f"/aws/lambda/${{AWS::StackName}}-{function}"
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert as_text(properties["FunctionName"]) == f"${{AWS::StackName}}-{function}"


def test_the_removal_of_a_row_does_not_invoke_the_publisher() -> None:
    (changes,) = of_type("AWS::Serverless::Function")["PublisherFunction"]["Events"].values()
    (chosen,) = changes["Properties"]["FilterCriteria"]["Filters"]
    pattern = json.loads(chosen["Pattern"])
    assert pattern["eventName"] == ["INSERT", "MODIFY"]
    kinds = [kind["prefix"] for kind in pattern["dynamodb"]["Keys"]["sk"]["S"]]
    assert kinds == ["R#", "S#", "XS#", "O#", "W#"]
