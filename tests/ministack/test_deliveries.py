"""Webhooks in the deployed stack: the table's stream, the publisher, the two queues of deliveries, the notifier.

Its name sorts before test_deployed.py, whose last test deletes the stack.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.ministack.deployment import Deployment

HOOKS = "/api/v1/webhooks"


@pytest.fixture(scope="module")
def failed(deployment: Deployment) -> tuple[dict[str, Any], dict[str, Any]]:
    """A poll webhook for runs that fail, and a run that failed."""
    hook = made(deployment, {"poll": True, "events": ["run.failed"]})
    agent = posted(deployment, "/api/v1/agents", {"name": "fails", "model": "fail"}, status=201)
    runs = f"/api/v1/agents/{agent['id']}/runs"
    started = posted(deployment, runs, {"input": "x"}, status=201)

    def over() -> dict[str, Any] | None:
        run = deployment.get(f"{runs}/{started['id']}")
        return run if run["completed_at"] is not None else None

    return hook, deployment.wait(over)


def posted(deployment: Deployment, path: str, body: dict[str, Any] | None, *, status: int) -> dict[str, Any]:
    answer = deployment.http("POST", path, **({} if body is None else {"json": body}))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def made(deployment: Deployment, body: dict[str, Any]) -> dict[str, Any]:
    return posted(deployment, HOOKS, body, status=201)


def test_failed_run_goes_from_the_stream_to_a_webhook(
    deployment: Deployment, failed: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    hook, run = failed
    [delivery] = deployment.wait(lambda: deployment.get(f"{HOOKS}/{hook['id']}/deliveries")["data"])
    assert (delivery["status"], delivery["event"]["type"]) == ("held", "run.failed")
    assert delivery["event"]["data"]["run_id"] == run["id"]
    assert delivery["event"]["data"]["link"].startswith(deployment.outputs["ApiUrl"])


def test_test_is_attempted_and_attempted_again(deployment: Deployment) -> None:
    # A name that no resolver knows (RFC 6761): the notifier refuses every address that a receiver here could have.
    hook = made(deployment, {"url": "https://receiver.invalid/hook"})
    path = f"{HOOKS}/{hook['id']}"
    sent = posted(deployment, f"{path}/test", None, status=202)

    def twice() -> dict[str, Any] | None:
        delivery = deployment.get(f"{path}/deliveries/{sent['id']}")
        return delivery if len(delivery["attempts"]) >= 2 else None

    delivery = deployment.wait(twice)
    assert (delivery["status"], delivery["event"]["type"]) == ("pending", "webhook.test")
    for attempt in delivery["attempts"]:
        assert (attempt["status_code"], attempt["error"]) == (None, "the name has no address")
    assert deployment.get(path)["failing_since"] is not None
    answer = deployment.http("DELETE", path)
    assert answer.status_code == 200, answer.text


def test_secret_of_a_webhook_is_in_no_log(
    deployment: Deployment, failed: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    for function in ("api", "publisher", "notifier"):
        logged = deployment.logged(function)
        assert logged, function
        assert failed[0]["secret"] not in logged
