"""The HTTP API of template.yaml."""

from __future__ import annotations

import json

import pytest

from dev.template import TEMPLATE as TEMPLATE_FILE
from tests.template.reading import MODES, RESOURCES, TEMPLATE, function_timeout, get_att


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
