"""`doctor` reports each breakage of a stack on its line, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import httpx
import pytest
from agent_schedules.bootstrap import wire
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.requests import CreateAgentBody, CreateScheduleBody
from agent_schedules.services import agents, schedules
from agent_schedules.settings import Settings
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from agent_schedules_cli.deployment import OUTPUTS
from dev.template import load_template
from tests.support.api import Api
from tests.support.cli import Cli, over
from tests.support.deployed import API, GATEWAY, STACK, Deployed, refused

pytestmark = pytest.mark.slow

DOCTOR = ("doctor", "--stack", STACK)


class Doctor(Cli):
    """The command line over a stack on moto, its API, and a gateway that knows one key."""

    def __init__(self) -> None:
        super().__init__(Api())
        self.stack = Deployed()
        self.gateway: Callable[[httpx.Request], httpx.Response] = self._knows_its_key
        self.up = True
        self.environment = replace(
            self.environment, aws=self.stack.client, transport=over(httpx.MockTransport(self._answer))
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(GATEWAY):
            return self.gateway(request)
        assert str(request.url).startswith(API)
        if not self.up:
            raise httpx.ConnectError("refused", request=request)
        return self.transport.handle_request(request)

    @staticmethod
    def _knows_its_key(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path.startswith("/v1/responses/resp_")) == ("GET", True)
        return httpx.Response(404 if request.headers["authorization"] == "Bearer gateway-key" else 401)

    def found(self, *arguments: str) -> dict[str, tuple[str, str]]:
        """Each check's status and words; the exit code has to go with them."""
        result = self.run(*DOCTOR, *arguments, "--json")
        checks = self.parsed(result.stdout)["checks"]
        assert result.exit_code == (1 if any(one["status"] == "fail" for one in checks) else 0)
        return {one["name"]: (one["status"], one["said"]) for one in checks}


@pytest.fixture
def doctor() -> Iterator[Doctor]:
    with mock_aws():
        yield Doctor()


def test_healthy_stack_is_ok_in_every_line(doctor: Doctor) -> None:
    found = doctor.found()
    assert {status for status, _ in found.values()} == {"ok"}
    assert sorted(found) == sorted([
        "stack", "functions", "worker's queue", "reconciler's queue", "role", "group", "sweep", "table", "backups",
        "expiry", "delay queue", "dead letters", "parked", "gateway", "api",
    ])  # fmt: skip
    printed = doctor.run(*DOCTOR)
    assert printed.exit_code == 0
    assert all(line.startswith("ok    ") for line in printed.stdout.splitlines())
    assert len(printed.stdout.splitlines()) == len(found)
    assert "gateway-key" not in printed.output


def test_template_has_every_output_doctor_reads() -> None:
    assert set(OUTPUTS) <= set(load_template()["Outputs"])


BREAKAGES: dict[str, tuple[Callable[[Doctor], Any], str, str, str]] = {
    "rolled back": (lambda d: setattr(d.stack, "status", "ROLLBACK_COMPLETE"), "stack", "fail", "ROLLBACK_COMPLETE"),
    "being updated": (lambda d: setattr(d.stack, "status", "UPDATE_IN_PROGRESS"), "stack", "warn", "look again"),
    "function failed": (
        lambda d: d.stack.functions["runner"].update(State="Failed", StateReason="no layer"), "functions", "fail",
        "no layer",
    ),
    "function gone": (lambda d: d.stack.functions.pop("api"), "functions", "fail", "ResourceNotFoundException"),
    "publisher missing": (
        lambda d: d.stack.environment.update(EVENT_BUS_NAME="default"), "functions", "fail", "publisher",
    ),
    "trigger off": (lambda d: d.stack.mappings.update(worker=["Disabled"]), "worker's queue", "fail", "Disabled"),
    "trigger gone": (lambda d: d.stack.mappings.update(reconciler=[]), "reconciler's queue", "fail", "no mapping"),
    "role gone": (
        lambda d: d.stack.environment.update(SCHEDULER_ROLE_ARN="arn:aws:iam::1:role/other"), "role", "fail",
        "NoSuchEntity",
    ),
    "role for another group": (
        lambda d: d.stack.aws["iam"].update_assume_role_policy(
            RoleName="entries", PolicyDocument=json.dumps(d.stack.trust).replace("schedule-group/", "schedule-group/x")
        ), "role", "fail", "does not trust",
    ),
    "role may not invoke": (
        lambda d: d.stack.aws["iam"].delete_role_policy(RoleName="entries", PolicyName="deliver"), "role", "fail",
        "lambda:InvokeFunction",
    ),
    "group gone": (
        lambda d: d.stack.aws["scheduler"].delete_schedule_group(Name=STACK), "group", "fail", "GetScheduleGroup",
    ),
    "sweep gone": (
        lambda d: d.stack.aws["scheduler"].delete_schedule(Name=f"{STACK}-sweep", GroupName=f"{STACK}-reconciler"),
        "group", "fail", "GetSchedule",
    ),
    "table gone": (lambda d: d.stack.aws["dynamodb"].delete_table(TableName=STACK), "table", "fail", "DescribeTable"),
    "an index gone": (
        lambda d: d.stack.aws["dynamodb"].update_table(
            TableName=STACK, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "attention"}}]
        ), "table", "fail", "attention",
    ),
    "no backups": (
        lambda d: d.stack.aws["dynamodb"].update_continuous_backups(
            TableName=STACK, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ), "backups", "warn", "off",
    ),
    "no expiry": (
        lambda d: d.stack.aws["dynamodb"].update_time_to_live(
            TableName=STACK, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
        ), "expiry", "warn", "ttl",
    ),
    "dead letters": (
        lambda d: d.stack.aws["sqs"].send_message(QueueUrl=d.stack.outputs["DeadLetterQueueUrl"], MessageBody="x"),
        "dead letters", "warn", "about 1",
    ),
    "parked": (
        lambda d: d.stack.aws["sqs"].send_message(QueueUrl=d.stack.outputs["ParkedQueueUrl"], MessageBody="x"),
        "parked", "fail", "about 1",
    ),
    "queue gone": (
        lambda d: d.stack.aws["sqs"].delete_queue(QueueUrl=d.stack.environment["QUEUE_URL"]), "queues", "fail",
        "NonExistent",
    ),
    "another key": (
        lambda d: d.stack.aws["secretsmanager"].put_secret_value(SecretId=d.stack.secret, SecretString="old"),
        "gateway", "fail", "refuses its key (401)",
    ),
    "secret out of sight": (
        lambda d: d.stack.environment.update(GATEWAY_SECRET_ID="nothing"), "gateway", "warn", "cannot be read",
    ),
    "gateway broken": (
        lambda d: setattr(d, "gateway", lambda _: httpx.Response(502)), "gateway", "fail", "answers 502",
    ),
    "gateway out of reach": (lambda d: setattr(d, "gateway", unreachable), "gateway", "fail", "no route"),
    "api down": (lambda d: setattr(d, "up", False), "api", "fail", "Nothing answers"),
}  # fmt: skip


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_breakage_fails_only_its_check(doctor: Doctor, breakage: str) -> None:
    damage, name, status, said = BREAKAGES[breakage]
    damage(doctor)
    found = doctor.found()
    assert found[name][0] == status
    assert said in found[name][1]
    assert [one for one, (other, _) in found.items() if other != "ok"] == [name]
    assert "stack" in found
    assert "api" in found


def test_a_sweep_that_is_off_is_a_failure(doctor: Doctor) -> None:
    scheduler = doctor.stack.aws["scheduler"]
    stored = scheduler.get_schedule(Name=f"{STACK}-sweep", GroupName=f"{STACK}-reconciler")
    kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: stored[name] for name in kept}, State="DISABLED")
    assert doctor.found()["sweep"][0] == "fail"


def test_only_a_given_key_is_tried(doctor: Doctor) -> None:
    assert "key" not in doctor.found()
    doctor.environ["AGENT_SCHEDULES_KEY"] = "local"
    assert doctor.found()["key"][0] == "ok"
    doctor.environ["AGENT_SCHEDULES_KEY"] = "unknown-key"
    status, said = doctor.found()["key"]
    assert (status, "is unknown" in said, "unknown-key" in said) == ("fail", True, False)


def test_a_url_alone_is_checked_without_aws() -> None:
    cli = Cli(Api())  # its AWS clients raise
    result = cli.run("--url", API, "doctor", "--json")
    assert [(one["name"], one["status"]) for one in cli.parsed(result.stdout)["checks"]] == [("api", "ok")]
    result = cli.run("--url", API, "--key", "local", "doctor")
    assert (result.exit_code, [line.split()[:2] for line in result.stdout.splitlines()]) == (
        0, [["ok", "api"], ["ok", "key"]],
    )  # fmt: skip
    assert cli.run("--url", API, "--key", "wrong", "doctor").exit_code == 1


def test_missing_stack_is_one_line(doctor: Doctor) -> None:
    said = doctor.fails(2, "doctor", "--stack", "nothing")
    assert "Stack with id nothing does not exist" in said
    assert len(said.splitlines()) == 1
    del doctor.stack.outputs["ParkedQueueUrl"]
    assert "no output ParkedQueueUrl" in doctor.fails(1, *DOCTOR)


def test_a_stack_of_another_version_is_one_line(doctor: Doctor) -> None:
    del doctor.stack.environment["CURSOR_SECRET_ID"]
    assert "does not have the settings of this version" in doctor.fails(1, *DOCTOR)


def test_without_credentials_it_says_so(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsigned(**_: Any) -> Any:
        raise NoCredentialsError

    monkeypatch.setattr(doctor.stack, "describe_stacks", unsigned)
    assert "AWS_PROFILE" in doctor.fails(2, *DOCTOR)


def test_denied_read_fails_only_its_check(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> Any:
        raise refused("ListEventSourceMappings", "AccessDeniedException", "not authorized")

    def gone(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://iam.amazonaws.com")

    monkeypatch.setattr(doctor.stack, "list_event_source_mappings", denied)
    monkeypatch.setattr(doctor.stack.aws["iam"], "get_role", gone)
    found = doctor.found()
    assert "AccessDeniedException" in found["functions"][1]
    assert "iam.amazonaws.com" in found["role"][1]
    assert found["table"][0] == "ok"


def test_index_without_a_status_is_not_active(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    table = doctor.stack.aws["dynamodb"].describe_table(TableName=STACK)
    del table["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"]
    monkeypatch.setattr(doctor.stack.aws["dynamodb"], "describe_table", lambda **_: table)
    found = doctor.found()
    assert found["table"][0] == "fail"
    assert found["api"][0] == "ok"


def test_drift_is_found_and_repaired(doctor: Doctor) -> None:
    assert doctor.found("--audit")["audit"] == ("ok", "0 active schedules, 0 entries, 0 findings")
    doctor.stack.stray("left-behind")
    found = doctor.found("--audit")
    assert found["drift"] == ("fail", "stray: left-behind: rate(1 hours); --repair corrects it")
    found = doctor.found("--audit", "--repair")
    assert found["drift"] == ("warn", "stray: left-behind: rate(1 hours); repaired")
    assert "drift" not in doctor.found("--audit")


def test_missing_entry_is_recreated(doctor: Doctor) -> None:
    ports = wire(Settings.from_env(doctor.stack.environment)).ports
    doctor.environment = replace(doctor.environment, now=ports.now)
    call = RequestContext(doctor.api.world.caller)
    agent = agents.create_agent(ports, call, CreateAgentBody(name="a", model="echo"))
    body = CreateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 7200}, "input": "x"})
    schedule = schedules.create_schedule(ports, call, agent.id, body)
    name = schedule.key.schedule_id
    scheduler = boto3.client("scheduler")
    scheduler.delete_schedule(Name=name, GroupName=STACK)
    assert doctor.found("--audit")["drift"][1].startswith(f"missing: {name}")
    assert doctor.found("--audit", "--repair")["drift"][0] == "warn"
    assert scheduler.get_schedule(Name=name, GroupName=STACK)["State"] == "ENABLED"


@pytest.mark.parametrize(
    "arguments",
    [[], ["--audit"], ["--stack", STACK, "--repair"], ["--fire"], ["--stack", STACK, "--model", "echo"]],
)
def test_wrong_use_is_a_2(doctor: Doctor, arguments: list[str]) -> None:
    assert "--" in doctor.fails(2, "doctor", *arguments)
