"""The deployed stack: the vendor's SDK in front, EventBridge, queues and functions behind.

The tests run in this order: what loses messages on purpose comes first, the end of the stack last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from meetkai_mka1 import SDK, errors

from tests.ministack.deployment import NAME, Deployment, seconds
from tests.ministack.ministack import UNTOLD

PROMPT = "the words of a prompt"
SECONDS = 5  # of the schedule that lives on the delay queue alone


@pytest.fixture(scope="module")
def live(deployment: Deployment, agent_id: str) -> dict[str, dict[str, Any]]:
    """Schedules by name. All but the last have only EventBridge to start their first run."""
    minutely = {"type": "cron", "cron_expression": "* * * * *", "timezone": "Asia/Kathmandu"}
    fired = {
        "at": create(deployment, agent_id, once(seconds_ahead=30)),
        "rate": create(deployment, agent_id, {"type": "interval", "interval_seconds": 60}),
        "cron": create(deployment, agent_id, minutely),
    }
    lose_messages(deployment)
    return fired | {"seconds": create(deployment, agent_id, {"type": "interval", "interval_seconds": SECONDS})}


def create(deployment: Deployment, agent_id: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A new schedule with all its fields, which the SDK's types do not have."""
    answer = deployment.http("POST", f"/api/v1/agents/{agent_id}/schedules", json={"schedule": spec, "input": PROMPT})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def once(seconds_ahead: int) -> dict[str, Any]:
    """A timing."""
    at = datetime.now(UTC) + timedelta(seconds=seconds_ahead)
    return {"type": "once", "run_at": at.isoformat(timespec="seconds")}


def lose_messages(deployment: Deployment) -> None:
    """Empty the delay queue, so that the hints sent in addition to EventBridge's entries are lost."""
    deployment.client("sqs").purge_queue(QueueUrl=deployment.outputs["DelayQueueUrl"])


def queue_url(deployment: Deployment, arn: str) -> str:
    """The URL of a queue."""
    return str(deployment.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])


def assert_ended_well(deployment: Deployment, run: dict[str, Any]) -> None:
    """Completed, with the echo of its input, after one post to the gateway."""
    assert run["status"] == "completed", run
    assert run["gateway_response"]["output"][0]["content"][0]["text"] == PROMPT
    assert deployment.gateway.posts[run["id"]] == 1


@contextmanager
def frequent_sweeps(deployment: Deployment) -> Iterator[None]:
    """The reconciler's own entry, each minute in place of every five: MiniStack then fires it when it next looks."""
    scheduler, named = deployment.client("scheduler"), {"GroupName": f"{NAME}-reconciler", "Name": f"{NAME}-sweep"}
    entry = scheduler.get_schedule(**named)
    fields = ("ScheduleExpression", "FlexibleTimeWindow", "Target", "State")
    definition = named | {field: entry[field] for field in fields}
    assert entry["ScheduleExpression"] == "rate(5 minutes)"
    scheduler.update_schedule(**definition | {"ScheduleExpression": "rate(1 minute)"})
    try:
        yield
    finally:
        scheduler.update_schedule(**definition)


def test_the_sdk_creates_changes_and_deletes_through_api_gateway(deployment: Deployment, sdk: SDK) -> None:
    agent = sdk.agents.create_agent(name="by the SDK", model="echo")
    assert agent.id in [found.id for found in sdk.agents.list_agents().data]
    spec: Any = {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Lisbon"}
    made = [sdk.agent_schedules.create_agent_schedule(agent_id=agent.id, schedule=spec, input="x") for _ in range(3)]
    ids: Any = {"agent_id": agent.id, "schedule_id": made[0].id}

    entry = deployment.entries()[made[0].id]
    assert entry["ScheduleExpression"] == "cron(30 9 ? * 2-6 *)"
    assert entry["ScheduleExpressionTimezone"] == "Europe/Lisbon"
    assert deployment.client("lambda").get_function(FunctionName=entry["Target"]["Arn"])
    assert queue_url(deployment, entry["Target"]["DeadLetterConfig"]["Arn"])

    assert sdk.agent_schedules.pause_agent_schedule(**ids).status == "paused"
    assert made[0].id not in deployment.entries()
    hourly: Any = {"type": "interval", "interval_seconds": 3600}
    sdk.agent_schedules.update_agent_schedule(**ids, schedule=hourly)
    assert sdk.agent_schedules.resume_agent_schedule(**ids).status == "active"
    entry = deployment.entries()[made[0].id]
    assert (entry["ScheduleExpression"], entry["State"]) == ("rate(60 minutes)", "ENABLED")

    path = f"/api/v1/agents/{agent.id}/schedules?limit=2&order=asc"
    first = deployment.get(path)  # its cursor is signed with the secret that the stack made
    rest = deployment.get(f"{path}&after={first['next_cursor']}")
    assert [found["id"] for found in first["data"] + rest["data"]] == [schedule.id for schedule in made]

    for schedule in made:
        sdk.agent_schedules.delete_agent_schedule(agent_id=agent.id, schedule_id=schedule.id)
    assert not deployment.entries().keys() & {schedule.id for schedule in made}
    sdk.agents.delete_agent(agent_id=agent.id)
    assert agent.id not in [found.id for found in sdk.agents.list_agents().data]


def test_refusals_reach_the_sdk_as_its_own_errors(deployment: Deployment, sdk: SDK) -> None:
    with pytest.raises(errors.ErrorEnvelope) as refused:
        sdk.agents.get_agent(agent_id="agt_01M8ABQ83NVC26WTDVCKJQYQ0C")
    assert refused.value.status_code == 404
    with SDK(server_url=deployment.url, bearer_auth="as_made-up") as stranger:
        with pytest.raises(errors.ErrorEnvelope) as refused:
            stranger.agents.list_agents()
        assert refused.value.status_code == 401
    for method, path in (("GET", "/"), ("PATCH", "/nowhere"), ("DELETE", "/api/v1/agents")):
        answer = httpx.request(method, deployment.url + path, timeout=30)
        assert answer.json()["error"]["message"], (method, path)


def test_the_reconciler_brings_back_a_hint_that_lambda_refused(deployment: Deployment, agent_id: str) -> None:
    schedule = create(deployment, agent_id, once(seconds_ahead=4))
    lose_messages(deployment)
    target = deployment.entries()[schedule["id"]]["Target"]
    deployment.wait(lambda: datetime.now(UTC) > datetime.fromisoformat(schedule["next_run_at"]))
    # MiniStack's scheduler sends no dead letters. This is what EventBridge's looks like.
    queue = queue_url(deployment, target["DeadLetterConfig"]["Arn"])
    deployment.client("sqs").send_message(QueueUrl=queue, MessageBody=target["Input"])
    assert_ended_well(deployment, *deployment.ended(agent_id, schedule["id"]))
    assert '"message":"dead letter"' in deployment.logged("reconciler")


def test_a_message_that_no_function_can_handle_is_parked(deployment: Deployment) -> None:
    dead, parked = deployment.outputs["DeadLetterQueueUrl"], deployment.outputs["ParkedQueueUrl"]
    sqs = deployment.client("sqs")
    # The deployed queue gives a dead letter sixteen tries, which take most of an hour.
    policy = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    few = {"RedrivePolicy": json.dumps(json.loads(policy) | {"maxReceiveCount": 2}), "VisibilityTimeout": "1"}
    sqs.set_queue_attributes(QueueUrl=dead, Attributes=few)
    # Not its alias: see copy_retries.
    deployment.client("lambda").invoke(FunctionName=f"{NAME}-runner", InvocationType="Event", Payload=b'{"no": "hint"}')
    (message,) = deployment.wait(lambda: sqs.receive_message(QueueUrl=parked).get("Messages"))
    assert json.loads(message["Body"])["requestPayload"] == {"no": "hint"}
    assert deployment.logged("runner").count("Traceback") == 3  # the first try and Lambda's two retries
    sqs.delete_message(QueueUrl=parked, ReceiptHandle=message["ReceiptHandle"])


def test_a_sweep_finds_a_schedule_whose_message_was_lost(deployment: Deployment, agent_id: str) -> None:
    schedule = create(deployment, agent_id, {"type": "interval", "interval_seconds": SECONDS})
    lose_messages(deployment)
    due = seconds(schedule["next_run_at"])
    deployment.wait(lambda: datetime.now(UTC).timestamp() > due + SECONDS)
    assert deployment.runs(agent_id, schedule["id"]) == []
    # The index looks at rows by the quarter of an hour, and this one's is over.
    table = deployment.client("dynamodb")
    (row,) = [
        row
        for row in table.scan(TableName=deployment.outputs["TableName"])["Items"]
        if row["sk"]["S"] == f"S#{schedule['id']}#s"
    ]
    table.update_item(
        TableName=deployment.outputs["TableName"],
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET attention_at = :now",
        ExpressionAttributeValues={":now": {"N": str(int(due))}},
    )
    with frequent_sweeps(deployment):
        runs = deployment.ended(agent_id, schedule["id"], 3)
    assert [seconds(run["scheduled_for"]) for run in runs[:3]] == [due, due + SECONDS, due + 2 * SECONDS]
    deployment.http("DELETE", f"/api/v1/agents/{agent_id}/schedules/{schedule['id']}")


@pytest.mark.parametrize("kind", ["at", "rate", "cron"])
def test_eventbridge_fires_the_deployed_runner(
    deployment: Deployment, agent_id: str, live: dict[str, dict[str, Any]], kind: str
) -> None:
    schedule = live[kind]
    run = deployment.ended(agent_id, schedule["id"])[0]
    assert run["scheduled_for"] == schedule["next_run_at"]
    assert_ended_well(deployment, run)
    assert schedule["id"] in deployment.logged("runner")
    if kind == "at":
        assert schedule["id"] not in deployment.entries(), "it is not deleted after its completion"
    else:
        assert deployment.entries()[schedule["id"]]["ScheduleExpression"].startswith(f"{kind}(")


def test_the_delay_queue_keeps_a_schedule_of_seconds(
    deployment: Deployment, agent_id: str, live: dict[str, dict[str, Any]]
) -> None:
    runs = deployment.ended(agent_id, live["seconds"]["id"], 3)
    assert live["seconds"]["id"] not in deployment.entries()
    assert_contiguous(live["seconds"], runs, SECONDS)


def assert_contiguous(schedule: dict[str, Any], runs: list[dict[str, Any]], step: int) -> None:
    """Each occurrence from the first on has exactly one run."""
    first = seconds(schedule["next_run_at"])
    assert [seconds(run["scheduled_for"]) for run in runs] == [first + step * number for number in range(len(runs))]


def test_schedules_keep_running_through_an_update_of_the_stack(
    deployment: Deployment, agent_id: str, live: dict[str, dict[str, Any]], parameters: dict[str, str]
) -> None:
    entries, outputs = deployment.entries(), deployment.outputs
    parameters |= {"MinimumIntervalSeconds": "2"}
    deployment.deploy(parameters)
    assert deployment.outputs == outputs
    assert deployment.entries() == entries
    too_often = {"schedule": {"type": "interval", "interval_seconds": 1}, "input": PROMPT}
    refused = deployment.http("POST", f"/api/v1/agents/{agent_id}/schedules", json=too_often)
    assert refused.status_code == 400, "the new parameter is not in force"
    steps = {"seconds": SECONDS, "rate": 60, "cron": 60}
    updated = {name: len(deployment.runs(agent_id, live[name]["id"])) for name in steps}
    for name, step in steps.items():
        runs = deployment.ended(agent_id, live[name]["id"], updated[name] + 1)
        assert_contiguous(live[name], runs, step)
        for run in runs[: updated[name]]:
            assert_ended_well(deployment, run)


def test_doctor_and_audit_find_the_updated_stack_well(deployment: Deployment, live: dict[str, dict[str, Any]]) -> None:
    said = deployment.command("--url", deployment.url, "doctor", "--stack", NAME, "--audit", "--json")
    assert said.stdout, said.stderr
    checks = {check["name"]: (check["status"], check["said"]) for check in json.loads(said.stdout)["checks"]}
    for name, (status, words) in UNTOLD.items():
        found = checks.pop(name)
        assert (found[0], words in found[1]) == (status, True), found
    assert [found for found in checks.items() if found[1][0] != "ok"] == []
    assert checks.keys() == {
        "stack", "functions", "worker's queue", "reconciler's queue", "notifier's queue", "role", "group", "sweep",
        "delay queue", "dead letters", "parked", "gateway", "api", "key", "audit",
    }  # fmt: skip
    # All but the one that ran once are active, and the one of seconds has no entry.
    assert checks["audit"][1] == f"{len(live) - 1} active schedules, {len(live) - 2} entries, 0 findings"


def test_no_secret_was_logged(deployment: Deployment, live: dict[str, dict[str, Any]]) -> None:
    for function in ("api", "runner", "worker", "reconciler", "publisher", "notifier"):
        logged = deployment.logged(function)
        assert logged, function
        assert deployment.key not in logged
        assert PROMPT not in logged


def test_deleting_the_stack_removes_schedules_and_keeps_rows(
    deployment: Deployment, live: dict[str, dict[str, Any]]
) -> None:
    assert {live["rate"]["id"], live["cron"]["id"]} <= deployment.entries().keys()
    assert deployment.entries(f"{NAME}-reconciler")
    deployment.delete()
    scheduler = deployment.client("scheduler")
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default"]
    assert scheduler.list_schedules()["Schedules"] == []
    assert deployment.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    table = deployment.client("dynamodb")
    assert table.describe_table(TableName=deployment.outputs["TableName"])["Table"]["ItemCount"] > 0
