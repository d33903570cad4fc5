"""Invokes each built function with its files of events/, cold and warm, and checks its answer, effects and logs."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.runs import Run
from agent_schedules.services import agents

from tests.lambda_rie.account import GATEWAY_KEY, Account
from tests.lambda_rie.given import EVENTS, KEY, PROMPT, Given
from tools.build import sam_build
from tools.build.emulator import emulated

EXPECTED: dict[str, Any] = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))
FILES = sorted(path.name for path in EVENTS.glob("*.json") if path.name != "expected.json")


def test_functions_events_and_expectations_match() -> None:
    assert {name.partition("_")[0] for name in FILES} == set(sam_build.sources())
    assert set(EXPECTED) == set(EFFECTS) == set(FILES)


def test_every_event_has_its_command_in_the_readme() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    for name in FILES:
        command = f"sam local invoke {sam_build.sources()[name.partition('_')[0]]} --event events/{name}"
        assert f"| `{name}` |" in readme
        assert command in readme


@pytest.mark.parametrize("name", FILES)
def test_an_event_is_handled_cold_and_warm(
    name: str, aws: Account, functions: dict[str, sam_build.Function], given: Callable[[], Given]
) -> None:
    function = functions[name.partition("_")[0]]
    before = files(function)
    with emulated(function.folder, function.layers, function.environment) as emulator:
        for cold in (True, False):
            there = given()
            answer = emulator.invoke(there.told(name))
            result = readable(answer.result)
            assert (answer.init_milliseconds is not None) == cold
            assert shared(EXPECTED[name], result) == EXPECTED[name], answer.log
            EFFECTS[name](there, aws, result)
            for line in answer.lines:
                assert isinstance(json.loads(line), dict)
            for secret in (PROMPT, KEY, GATEWAY_KEY):
                assert secret not in answer.log
    assert files(function) == before, "Lambda's folders cannot be written to"


def the_occurrence_runs(there: Given, aws: Account, _: Any) -> None:
    assert_started([there.occurrence()], aws)


def the_run_runs(there: Given, aws: Account, _: Any) -> None:
    assert_started([there.asked()], aws)


def both_run(there: Given, aws: Account, _: Any) -> None:
    assert_started([there.occurrence(), there.asked()], aws)


def assert_started(runs: list[Run | None], aws: Account) -> None:
    """Assert that exactly these runs are claimed and sent to the gateway, each with its prompt."""
    assert {run.status for run in runs if run} == {"submitting"}
    assert {run.key.run_id for run in runs if run} == set(aws.gateway.by_key)
    assert len(aws.gateway.by_id) == len(runs)
    assert {entry.body["input"] for entry in aws.gateway.by_id.values()} == {PROMPT}


def the_schedule_gets_a_hint(there: Given, aws: Account, _: Any) -> None:
    [message] = aws.messages()
    assert (message["kind"], message["schedule_id"]) == ("hint", there.schedule.schedule_id)


def overdue_rows_get_messages(there: Given, aws: Account, _: Any) -> None:
    found = {(message["kind"], message.get("schedule_id") or message["run_id"]) for message in aws.messages()}
    assert found == {("hint", there.schedule.schedule_id), ("run", there.run.run_id)}


def the_changes_are_published(_: Given, aws: Account, result: Any) -> None:
    published = aws.events()
    assert {event["detail-type"] for event in published} == {"run.completed", "schedule.completed"}
    assert len(published) == result["published"]


def an_agent_is_there(there: Given, _: Account, result: Any) -> None:
    agent = agents.get_agent(there.ports, Caller("local"), result["body"]["id"])
    assert agent.configuration["name"] == "Weekly résumé"


def only_the_error_is_told(_: Given, __: Account, result: Any) -> None:
    assert list(result["body"]) == ["error"]


def it_is_healthy(_: Given, __: Account, result: Any) -> None:
    assert result["headers"]["content-type"] == "application/json"


def the_delivery_is_dead(_: Given, aws: Account, __: Any) -> None:
    [row] = [row for row in aws.rows() if row["sk"]["S"].startswith("E#")]
    assert (row["status"]["S"], row["reason"]["S"]) == ("dead", "webhook_deleted")


EFFECTS: dict[str, Callable[[Given, Account, Any], None]] = {
    "notifier_delivery.json": the_delivery_is_dead,
    "publisher_changes.json": the_changes_are_published,
    "api_create_agent.json": an_agent_is_there,
    "api_healthz.json": it_is_healthy,
    "api_unauthorized.json": only_the_error_is_told,
    "reconciler_dead_letter.json": the_schedule_gets_a_hint,
    "reconciler_on_failure.json": the_schedule_gets_a_hint,
    "reconciler_sweep.json": overdue_rows_get_messages,
    "runner_hint.json": the_occurrence_runs,
    "worker_batch.json": both_run,
    "worker_hint.json": the_occurrence_runs,
    "worker_run.json": the_run_runs,
}


def readable(result: Any) -> Any:
    """Return the result with the JSON of an HTTP body parsed."""
    if isinstance(result, dict) and isinstance(result.get("body"), str):
        body = base64.b64decode(result["body"]) if result.get("isBase64Encoded") else result["body"]
        return {**result, "body": json.loads(body)}
    return result


def shared(expected: Any, found: Any) -> Any:
    """Return the part of `found` whose keys are expected; other keys do not matter."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: found[key] for key in expected if key in found}
    return found


def files(function: sam_build.Function) -> dict[Path, int]:
    """Return every file that Lambda would show the function, with its modification time."""
    return {
        Path(folder, name): os.stat(Path(folder, name)).st_mtime_ns
        for top in (function.folder, *function.layers)
        for folder, _, names in os.walk(top)
        for name in names
    }
