"""A deployed stack as `doctor` meets it: what moto has of AWS, and the answers of CloudFormation and Lambda, which it
has only with more than the lock file brings."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from dev.template import load_template, table_definition

STACK = "agent-schedules-dev"
REGION, ACCOUNT = "us-east-1", "123456789012"
RUNNER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-runner:live"
GATEWAY = "https://gateway.example/v1"
API = "https://api.example"


@cache
def _client(service: str) -> Any:
    """One client for all tests: making it takes longer than they do, and it keeps nothing."""
    make: Any = boto3.client
    return make(service)


class Deployed:
    """The stack; tests break what they want to see noticed. Inside `mock_aws` only."""

    def __init__(self) -> None:
        self.aws = {name: _client(name) for name in ("dynamodb", "scheduler", "sqs", "iam", "secretsmanager")}
        self.aws |= {"cloudformation": self, "lambda": self}
        self.status = "UPDATE_COMPLETE"
        self.functions = {name: {"State": "Active"} for name in ("api", "runner", "worker", "reconciler")}
        self.mappings = {"worker": ["Enabled"], "reconciler": ["Enabled"]}
        self._table()
        self._scheduler()
        urls = {name: self._queue(name) for name in ("DelayQueue", "DeadLetterQueue", "ParkedQueue")}
        dead_letters = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-DeadLetterQueue"
        self._role(dead_letters)
        self.secret = self.aws["secretsmanager"].create_secret(Name="gateway", SecretString="gateway-key")["ARN"]
        self.outputs = {
            "ApiUrl": API, "TableName": STACK, "ScheduleGroupName": STACK, "DelayQueueUrl": urls["DelayQueue"],
            "DeadLetterQueueUrl": urls["DeadLetterQueue"], "ParkedQueueUrl": urls["ParkedQueue"],
        }  # fmt: skip
        self.environment = {
            "TABLE_NAME": STACK, "SCHEDULE_GROUP": STACK, "SCHEDULER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/entries",
            "RUNNER_ARN": RUNNER, "SCHEDULER_DLQ_ARN": dead_letters, "QUEUE_URL": urls["DelayQueue"],
            "GATEWAY_URL": GATEWAY, "GATEWAY_SECRET_ID": self.secret, "CURSOR_SECRET_ID": "cursors",
        }  # fmt: skip

    def client(self, service: str) -> Any:
        """What `boto3.client` would be."""
        return self.aws[service]

    def _table(self) -> None:
        dynamodb = self.aws["dynamodb"]
        dynamodb.create_table(TableName=STACK, **table_definition())
        dynamodb.update_time_to_live(TableName=STACK, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        dynamodb.update_continuous_backups(
            TableName=STACK, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )

    def _scheduler(self) -> None:
        scheduler = self.aws["scheduler"]
        for group in (STACK, f"{STACK}-reconciler"):
            scheduler.create_schedule_group(Name=group)
        scheduler.create_schedule(
            Name=f"{STACK}-sweep",
            GroupName=f"{STACK}-reconciler",
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-reconciler", "RoleArn": RUNNER},
        )

    def _queue(self, name: str) -> str:
        return str(self.aws["sqs"].create_queue(QueueName=f"{STACK}-{name}")["QueueUrl"])

    def _role(self, dead_letters: str) -> None:
        """The scheduler's role as the template has it."""
        group = self.aws["scheduler"].get_schedule_group(Name=STACK)["Arn"]
        known = {
            "ScheduleGroup.Arn": group, "DeadLetterQueue.Arn": dead_letters, "ScheduleGroup": STACK,
            "AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK,
        }  # fmt: skip
        role = load_template()["Resources"]["SchedulerRole"]["Properties"]
        self.trust = resolved(role["AssumeRolePolicyDocument"], known)
        iam = self.aws["iam"]
        iam.create_role(RoleName="entries", AssumeRolePolicyDocument=json.dumps(self.trust))
        for policy in role["Policies"]:
            document = json.dumps(resolved(policy["PolicyDocument"], known))
            iam.put_role_policy(RoleName="entries", PolicyName=policy["PolicyName"], PolicyDocument=document)

    def stray(self, name: str) -> None:
        """An entry that no schedule stands behind."""
        self.aws["scheduler"].create_schedule(
            Name=name,
            GroupName=STACK,
            ScheduleExpression="rate(1 hours)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": RUNNER, "RoleArn": RUNNER},
        )

    # CloudFormation and Lambda, as far as they are asked.

    def describe_stacks(self, *, StackName: str) -> Any:
        """The stack."""
        if StackName != STACK:
            raise refused("DescribeStacks", "ValidationError", f"Stack with id {StackName} does not exist")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackName": STACK, "StackStatus": self.status, "Outputs": outputs}]}

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> Any:
        """A function of the stack, at its alias."""
        assert Qualifier == "live"
        found = self.functions.get(FunctionName.removeprefix(f"{STACK}-"))
        if found is None:
            raise refused("GetFunctionConfiguration", "ResourceNotFoundException", f"no {FunctionName}")
        return {**found, "Environment": {"Variables": self.environment}}

    def list_event_source_mappings(self, *, FunctionName: str) -> Any:
        """The queues that feed a function."""
        states = (
            self.mappings[FunctionName.removeprefix(f"{STACK}-").removesuffix(":live")]
            if FunctionName.endswith(":live")
            else []
        )
        return {"EventSourceMappings": [{"State": state} for state in states]}


def refused(operation: str, code: str, message: str) -> ClientError:
    """AWS's refusal."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def resolved(value: Any, known: dict[str, str]) -> Any:
    """A piece of the template with its references replaced."""
    if isinstance(value, list):
        return [resolved(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": [resource, attribute]}:
            return known[f"{resource}.{attribute}"]
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{(.+?)\}", lambda found: known[found[1]], text)
        case _:
            return {name: resolved(one, known) for name, one in value.items()}
