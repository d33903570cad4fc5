"""Behaviour that only Lambda's runtime shows: reported errors and timeouts, environments that start and end, and
imports from the layers alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lambda_rie.account import Account
from tests.lambda_rie.given import EVENTS, PROMPT, Given
from tools.build import sam_build
from tools.build.emulator import Answer, emulated

UNREACHABLE = "http://127.0.0.1:9"


def test_runner_and_worker_turn_a_hint_into_a_completed_run(
    aws: Account, functions: dict[str, sam_build.Function], given: Callable[[], Given]
) -> None:
    there = given()
    runner = functions["runner"]
    talkative = replace(runner, environment={**runner.environment, "POWERTOOLS_LOG_LEVEL": "DEBUG"})
    logged = [json.loads(line) for line in invoke(talkative, there.told("runner_hint.json")).lines]
    [settled] = [line for line in logged if line.get("message") == "occurrences settled"]
    assert (settled["schedule_id"], settled["runs"]) == (there.schedule.schedule_id, 1)
    assert (settled["function_name"], settled["cold_start"]) == ("test-runner", True)
    [poll] = aws.messages(wait=10)
    delivered = there.told("worker_run.json")
    delivered["Records"][0]["body"] = json.dumps(poll)
    assert invoke(functions["worker"], delivered).result == {"batchItemFailures": []}
    run = there.occurrence()
    assert run is not None
    assert run.status == "completed"
    view = there.ports.store.runs.view(run.key, now=there.ports.now())
    assert view.response is not None
    assert view.response["output"][0]["content"][0]["text"] == PROMPT


def everything_fails(answer: Answer, event: Any) -> bool:
    return bool(answer.result["batchItemFailures"] == [{"itemIdentifier": r["messageId"]} for r in event["Records"]])


def unhandled(answer: Answer, _: Any) -> bool:
    return bool(answer.result["errorType"] == "Unavailable" and answer.result["stackTrace"])


def service_unavailable(answer: Answer, _: Any) -> bool:
    return bool(answer.result["statusCode"] == 503)


WITHOUT_AWS = {
    # Lambda repeats the stream's batch and the runner's invocation. The next sweep repeats the reconciler's.
    "publisher": ("publisher_changes.json", unhandled),
    "runner": ("runner_hint.json", unhandled),
    "reconciler": ("reconciler_sweep.json", unhandled),
    # The queue redelivers the messages named in the answer.
    "worker": ("worker_hint.json", everything_fails),
    "notifier": ("notifier_delivery.json", everything_fails),
    # The SDK repeats the request.
    "api": ("api_create_agent.json", service_unavailable),
}


@pytest.mark.parametrize("name", sorted(sam_build.sources()))
def test_calls_that_aws_does_not_answer_are_repeated(
    name: str, functions: dict[str, sam_build.Function], given: Callable[[], Given]
) -> None:
    file, comes_again = WITHOUT_AWS[name]
    event = given().told(file)
    answer = invoke(functions[name], event, AWS_ENDPOINT_URL=UNREACHABLE)
    assert comes_again(answer, event), answer
    assert PROMPT not in answer.log


SLEEPS = "import time\ndef lambda_handler(event, context):\n    time.sleep(event)\n    return event\n"


def test_a_timeout_ends_the_environment_and_the_next_starts_new(
    functions: dict[str, sam_build.Function], tmp_path: Path
) -> None:
    """With a function that sleeps, because none of ours waits that long."""
    (tmp_path / "handler.py").write_text(SLEEPS)
    environment = functions["runner"].environment | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "2"}
    with emulated(tmp_path, [], environment) as emulator:
        assert emulator.invoke(0).result == 0
        late = emulator.invoke(60)
        assert (late.result, late.init_milliseconds) == ("Task timed out after 2.00 seconds", None)
        after = emulator.invoke(0)
        assert after.result == 0
        assert after.init_milliseconds is not None


def test_a_bad_deployment_fails_at_the_start(functions: dict[str, sam_build.Function]) -> None:
    answer = invoke(functions["runner"], {}, TABLE_NAME="")
    assert answer.result["errorType"] == "ValidationError"
    assert "table_name" in answer.result["errorMessage"]


@pytest.mark.parametrize("name", sorted(sam_build.sources()))
def test_a_function_finds_nothing_but_its_layers(name: str, functions: dict[str, sam_build.Function]) -> None:
    function = functions[name]
    with emulated(function.folder, [], function.environment) as emulator:
        result = emulator.invoke({}).result
    assert result["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'agent_schedules'" in result["errorMessage"]


TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(("issuer", "status"), [("", 401), ("https://127.0.0.1:9", 503)], ids=["off", "on"])
def test_tokens_are_read_by_a_layer_of_their_own(
    issuer: str, status: int, aws: Account, functions: dict[str, sam_build.Function]
) -> None:
    """The issuer is unreachable here. A 503 says so, and only code that could read the token knows."""
    api = sam_build.functions({**aws.known, "JwtIssuer": issuer, "JwtAudience": "us"})["api"]
    assert len(api.layers) == (2 if issuer else 1)
    event = json.loads((EVENTS / "api_create_agent.json").read_text())
    event["headers"]["authorization"] = f"Bearer {TOKEN}"
    answer = invoke(api, event, **aws.environment)
    assert answer.result["statusCode"] == status, answer


def invoke(function: sam_build.Function, event: Any, **changes: str) -> Answer:
    """Invoke a function once, in an environment of its own."""
    with emulated(function.folder, function.layers, {**function.environment, **changes}) as emulator:
        return emulator.invoke(event)
