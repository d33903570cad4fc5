"""The HTTP API of template.yaml."""

from __future__ import annotations

import json
import re

import pytest

from dev.template import TEMPLATE as TEMPLATE_FILE
from tests.template.reading import MODES, RESOURCES, TEMPLATE, function_timeout, get_att


def test_the_api_takes_every_route_without_an_authorizer() -> None:
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


def test_cors_is_off_unless_asked_and_covers_every_route() -> None:
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


def test_the_access_log_has_source_and_error_but_no_path_or_body() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]
    assert settings["DestinationArn"] == get_att("AccessLogGroup")
    line = json.loads(settings["Format"])
    assert line["request_id"] == "$context.requestId"
    # Whose address it was that asked for too much, or guessed keys; docs/reference/monitoring.md says that it is kept.
    assert line["source"] == "$context.identity.sourceIp"
    assert {line["error"], line["error_kind"], line["function_error"]} == {
        "$context.error.message",
        "$context.error.responseType",
        "$context.integrationErrorMessage",
    }
    # Callers write paths, queries and headers, and may write anything.
    written = ("path", "requestOverride", "identity.userAgent", "identity.caller", "authorizer", "routeKey")
    assert not [value for value in line.values() if value.startswith(tuple(f"$context.{name}" for name in written))]


@pytest.mark.parametrize(
    "origin", ["https://a.example", "http://localhost:3000", "https://a.example,http://127.0.0.1", "*", ""]
)
def test_pages_that_may_call_came_unread_or_from_here(origin: str) -> None:
    assert re.fullmatch(TEMPLATE["Parameters"]["CorsOrigins"]["AllowedPattern"], origin)


@pytest.mark.parametrize(
    "origin", ["http://a.example", "https://a.example,http://b.example", "http://localhost.evil", "https://a/"]
)
def test_pages_that_may_have_been_changed_may_not_call(origin: str) -> None:
    assert not re.fullmatch(TEMPLATE["Parameters"]["CorsOrigins"]["AllowedPattern"], origin)


def test_every_address_that_is_sent_to_is_private() -> None:
    """What the functions call by a parameter's URL is called by TLS: keys and prompts travel there."""
    urls = {name for name in TEMPLATE["Parameters"] if name.endswith(("Url", "Issuer"))}
    assert urls == {"GatewayUrl", "JwtIssuer", "JwtKeysUrl", "PublicUrl"}
    for name in urls:
        pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
        assert re.fullmatch(pattern, "https://host.example/v1")
        assert not re.fullmatch(pattern, "http://host.example/v1")


@pytest.mark.parametrize("mode", MODES)
def test_the_api_answers_before_its_gateway_gives_up(mode: str) -> None:
    [event] = RESOURCES["ApiFunction"]["Properties"]["Events"].values()
    assert function_timeout("ApiFunction", mode) * 1000 < event["Properties"]["TimeoutInMillis"] <= 30_000
