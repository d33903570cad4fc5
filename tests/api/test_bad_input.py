"""Invalid input is refused and nothing is written; valid input close to it is accepted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from agent_schedules.domain.agents import CONFIGURATION

from tests.support.api import HOURLY, Api

AGENTS = "/api/v1/agents"
AGENT = {"name": "a", "model": "m"}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


def refused(api: Api, method: str, path: str, starts: str, **options: Any) -> None:
    """Make a call that is a 400 whose message begins like that, and leaves no trace."""
    before = api.traces()
    answer = api.client.request(method, path, **options)
    assert answer.status_code == 400, answer.text
    message = answer.json()["error"]["message"]
    assert message.startswith(starts), message
    assert api.traces() == before


@pytest.mark.parametrize(
    "run_at",
    [
        "2026-05-01", "1777777777", "1.7e9", "2026-05-01 09:00:00Z", "2026-05-01_09:00:00Z", "2026-05-01T09:00Z",
        "2026-05-01T09:00:00+0200", "2026-05-01T09:00:00,5Z", "2026-05-01T09:00:00\u221202:00", "2026-05-01T09:00:60Z",
        "2026-05-01T24:00:00Z", "2026-02-29T09:00:00Z", "\u0662026-05-01T09:00:00Z", "2026-05-01T09:00:00Z\n", "",
    ],
)  # fmt: skip
def test_a_time_that_is_no_rfc_3339_time_is_refused(api: Api, run_at: str) -> None:
    body = {"schedule": {"type": "once", "run_at": run_at}, "input": "x"}
    refused(api, "POST", f"{api.at}/schedules", "schedule.run_at: ", json=body)


@pytest.mark.parametrize(
    ("run_at", "echo"),
    [
        ("2026-05-01t09:00:00z", "2026-05-01T09:00:00.000Z"),
        ("2026-05-01T09:00:00.1239999999999Z", "2026-05-01T09:00:00.123Z"),
        ("2026-05-01T09:00:00-00:00", "2026-05-01T09:00:00.000Z"),
        ("2026-05-01T09:00:00+23:59", "2026-04-30T09:01:00.000Z"),
        ("2026-05-01T09:00:00.5", "2026-05-01T09:00:00.500Z"),
    ],
)
def test_every_rfc_3339_time_is_accepted_and_one_without_offset(api: Api, run_at: str, echo: str) -> None:
    body = {"schedule": {"type": "once", "run_at": run_at}, "input": "x"}
    answer = api.client.post(f"{api.at}/schedules", json=body)
    assert (answer.status_code, answer.json()["schedule"]["run_at"]) == (201, echo)


@pytest.mark.parametrize(
    "expression", ["*\n*\n*\n*\n*", "*\x1c*\x1c*\x1c*\x1c*", "*\u2003*\u2003*\u2003*\u2003*", " " * 9]
)
def test_cron_fields_are_separated_by_blanks_and_tabs_only(api: Api, expression: str) -> None:
    body = {"schedule": {"type": "cron", "cron_expression": expression}, "input": "x"}
    refused(api, "POST", f"{api.at}/schedules", "schedule.cron_expression: ", json=body)


def test_an_integer_may_be_written_with_a_fraction_of_zero(api: Api) -> None:
    body = '{"schedule": {"type": "interval", "interval_seconds": 6.0e1}, "input": "x"}'
    answer = api.client.post(f"{api.at}/schedules", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["schedule"]["interval_seconds"] == 60
    refused(api, "POST", AGENTS, "max_tool_calls: ", json=AGENT | {"max_tool_calls": 1.5})
    refused(api, "POST", AGENTS, "max_tool_calls: ", json=AGENT | {"max_tool_calls": 1e300})
    refused(api, "POST", AGENTS, "max_tool_calls: ", json=AGENT | {"max_tool_calls": True})


@pytest.mark.parametrize("query", ["limit=1_0", "limit=%2B5", "limit=%205", "limit=5.0", "limit=", "offset=1_0"])
def test_a_number_in_a_query_is_digits(api: Api, query: str) -> None:
    refused(api, "GET", f"{AGENTS}?{query}", query.partition("=")[0] + ": ")


@pytest.mark.parametrize("text", ["1", "yes", "TRUE", "on", "t", ""])
def test_a_flag_in_a_query_is_true_or_false(api: Api, text: str) -> None:
    refused(api, "GET", f"{AGENTS}?deleted={text}", "deleted: ")


@pytest.mark.parametrize("version", ["+1", "1.0", "%201", "1_0", "x" * 5_000, "1" * 5_000, "%00"])
def test_a_version_is_digits(api: Api, version: str) -> None:
    refused(api, "GET", f"{api.at}/versions/{version}", "version: ")


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/ld+json", "json", "a, b"]
)
def test_a_body_says_that_it_is_json(api: Api, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    refused(api, "POST", AGENTS, "Content-Type: ", content=json.dumps(AGENT), headers=headers)


@pytest.mark.parametrize(
    "media_type",
    ["application/json; charset=utf-8", 'application/json;Charset="UTF-8"', "Application/JSON", "application/json;"],
)
def test_the_media_type_may_have_parameters(api: Api, media_type: str) -> None:
    answer = api.client.post(AGENTS, content=json.dumps(AGENT), headers={"Content-Type": media_type})
    assert answer.status_code == 201


@pytest.mark.parametrize("content", [b"{}", b" ", b'{"until": "2026-06-01"}', b"\xff"])
def test_a_body_is_refused_where_none_is_taken(api: Api, content: bytes) -> None:
    schedule = f"{api.schedules}/{api.create()['id']}"
    run = f"{api.runs}/{api.start()['id']}"
    posts = (f"{schedule}/resume", f"{run}/cancel", f"{api.at}/restore")
    calls = [("POST", path) for path in (*posts, f"{api.at}/versions/1/rollback")]
    calls += [("DELETE", schedule), ("DELETE", api.at), ("GET", api.at), ("GET", "/healthz")]
    for method, path in calls:
        refused(api, method, path, "body: this request takes no body; send none", content=content)
    answer = api.client.post(f"{schedule}/pause", headers={"Content-Length": "0", "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (200, "paused")


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "identity, gzip", ""])
def test_a_compressed_body_is_refused(api: Api, coding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    refused(api, "POST", AGENTS, "Content-Encoding: compressed", content=gzip.compress(b"{}"), headers=headers)
    headers["Content-Encoding"] = "identity"
    assert api.client.post(AGENTS, content=json.dumps(AGENT), headers=headers).status_code == 201


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", '"iso-8859-1"', "utf-8;charset=utf-16", ""])
def test_a_body_in_another_charset_is_refused(api: Api, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    refused(api, "POST", AGENTS, "Content-Type: the charset must be", content=json.dumps(AGENT), headers=headers)


def test_no_body_is_reported_as_missing(api: Api) -> None:
    refused(api, "POST", AGENTS, "body: is required")


@pytest.mark.parametrize("path", ["/restore", "/versions/1/rollback"])
def test_a_large_body_stops_a_change_that_needs_none(api: Api, path: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b" " * 300_000

    options: dict[str, Any] = {"content": chunks(), "headers": {"Idempotency-Key": "k"}}
    api.client.post(api.at, json={"model": "n"})
    refused(api, "POST", api.at + path, "body: must be at most", **options)


@pytest.mark.parametrize("text", ["1.7e9", "1777777777", "2026-05-01", "2026-05-01%2009:00:00Z", "2026-05-01T09:00:00"])
@pytest.mark.parametrize("tail", ["", ".0000001Z"])
def test_a_nominal_time_is_a_whole_second_with_an_offset(api: Api, text: str, tail: str) -> None:
    path = f"{api.schedules}/{api.create()['id']}/occurrences"
    refused(api, "GET", f"{path}/{text}{tail}", "nominal_time: must be RFC 3339 in whole seconds")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z"])
def test_a_time_at_which_nothing_can_occur_is_no_occurrence(api: Api, text: str) -> None:
    answer = api.client.get(f"{api.schedules}/{api.create()['id']}/occurrences/{text}")
    assert answer.status_code == 404, answer.text


NUMBERS = [{"type": "x", "a": [1e15] * 50_000}]


@pytest.mark.parametrize("path", ["/schedules", "/runs"])
def test_numbers_are_measured_as_they_are_stored(api: Api, path: str) -> None:
    body = {"input": NUMBERS} | ({"schedule": HOURLY} if path == "/schedules" else {})
    content = json.dumps(body).replace("1000000000000000.0", "1e15").replace(" ", "")
    assert len(content) < 256 * 1024
    refused(api, "POST", api.at + path, "input: takes ", content=content, headers={"Content-Type": "application/json"})


def test_changes_too_large_together_are_refused(api: Api) -> None:
    large = "x" * 250_000
    created = api.client.post(
        f"{api.at}/schedules", json={"schedule": HOURLY, "input": [{"type": "x", "a": large}]}
    ).json()
    path = f"{api.at}/schedules/{created['id']}"
    refused(api, "POST", path, "conversation: takes ", json={"conversation": large})
    assert api.client.post(path, json={"input": "x", "conversation": large}).status_code == 200
    agent = f"{AGENTS}/{api.client.post(AGENTS, json=AGENT | {'text': {'a': large}}).json()['id']}"
    refused(api, "POST", agent, "reasoning: takes ", json={"reasoning": {"a": large}})
    # What was sent is named, not what is large; and what is large is said.
    message = api.refused("POST", agent, {"metadata": {}, "reasoning": {"a": "x" * 200_000}}, status=400)
    assert message.startswith("reasoning: takes 195 KB")
    assert message.endswith("shorten it, or `text`, which takes 244 KB")
    refused(api, "POST", AGENTS, "tools: takes ", content=large_agent(), headers={"Content-Type": "application/json"})


def large_agent() -> str:
    """A small body that would be a large agent."""
    return json.dumps(AGENT | {"tools": [NUMBERS[0]]}).replace("1000000000000000.0", "1e15").replace(" ", "")


def test_a_user_named_twice_is_neither_of_the_two(api: Api) -> None:
    twice = [("X-On-Behalf-Of", "ada"), ("X-On-Behalf-Of", "bob")]
    created = api.client.post(AGENTS, json=AGENT, headers={"X-On-Behalf-Of": "ada"}).json()
    assert api.client.get(f"{AGENTS}/{created['id']}", headers={"X-On-Behalf-Of": "ada"}).status_code == 200
    assert api.client.get(f"{AGENTS}/{created['id']}", headers=twice).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (AGENTS, "GET, HEAD, POST"),
        (f"{AGENTS}/x", "DELETE, GET, HEAD, POST"),
        (f"{AGENTS}/x/schedules/y/pause", "POST"),
        ("/healthz", "GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "BREW"])
def test_a_method_that_is_not_here_is_told_which_are(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("run_at", ["0000-05-01T09:00:00Z", "0000-00-00T00:00:00Z", "2026-13-01T09:00:00Z"])
def test_a_date_that_is_none_is_refused_in_our_words(api: Api, run_at: str) -> None:
    body = {"schedule": {"type": "once", "run_at": run_at}, "input": "x"}
    refused(api, "POST", f"{api.at}/schedules", "schedule.run_at: is not a date and time that exists", json=body)


JUNK: list[Any] = [None, True, 0, -1, 1.5, 10**30, "", "x", "x" * 30_000, [], [0], [[]], {}, {"a": 0}, {"a": {}}]


@pytest.mark.slow
@pytest.mark.parametrize("value", JUNK, ids=lambda value: repr(value)[:20])
def test_every_refusal_of_a_field_is_in_our_words(api: Api, value: Any) -> None:
    timing = {"run_at": "2099-01-01T00:00:00Z", "interval_seconds": 60, "cron_expression": "@daily"}
    made, at = api.create()["id"], f"{api.at}/schedules"
    bodies = [(AGENTS, AGENT | {name: value}) for name in CONFIGURATION]
    bodies += [(api.at, {name: value}) for name in CONFIGURATION]
    fields = ("schedule", "input", "name", "conversation", "previous_response_id", "context_management", "metadata")
    bodies += [(f"{at}/{made}", {name: value}) for name in fields]
    bodies += [(at, {"schedule": HOURLY, "input": "x"} | {name: value}) for name in fields]
    bodies += [(api.runs, {"input": "x", name: value}) for name in (*fields[1:], "stream") if name != "name"]
    for kind, name in (("once", "run_at"), ("interval", "interval_seconds"), ("cron", "cron_expression")):
        for changed in (name, "type", "timezone", "precision", "start_at"):
            spec = {"type": kind, name: timing[name]} | {changed: value}
            bodies.append(("/api/v1/schedules/preview", {"schedule": spec}))
    for path, body in bodies:
        answer = api.client.post(path, json=body)
        assert answer.status_code < 500
        if answer.status_code == 400:
            message = answer.json()["error"]["message"]
            assert "nput should" not in message, message
            assert "value is" not in message.lower(), message
            assert "(s)" not in message, message


def test_minus_zero_stays_minus_zero(api: Api) -> None:
    # Python's integers have no negative zero; the same number with a fraction of zero has one.
    content = '{"input": [{"type": "x", "a": -0, "b": [-0, 0, -0.0, -01e1]}]}'.replace("-01e1", "-10e-1")
    answer = api.client.post(api.runs, content=content, headers={"Content-Type": "application/json"})
    assert '"input":[{"type":"x","a":-0.0,"b":[-0.0,0,-0.0,-1.0]}]' in answer.text
    body = '{"schedule": {"type": "interval", "interval_seconds": -0}, "input": "x"}'
    headers = {"Content-Type": "application/json"}
    refused(api, "POST", f"{api.at}/schedules", "schedule.interval_seconds: must be", content=body, headers=headers)


def test_the_placeholder_of_the_time_zones_is_none(api: Api) -> None:
    spec = HOURLY | {"timezone": "Factory"}
    path = f"{api.at}/schedules"
    refused(api, "POST", path, "schedule.timezone: 'Factory' is not a known", json={"schedule": spec, "input": "x"})
