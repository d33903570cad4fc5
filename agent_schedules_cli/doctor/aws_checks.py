"""The checks of a stack that read from AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from agent_schedules.storage.keys import INDEXES
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules_cli.aws_errors import aws_message
from agent_schedules_cli.deployment import Deployment
from agent_schedules_cli.doctor.checks import Check, fail, guarded, ok, warn

FUNCTIONS = ("api", "runner", "worker", "reconciler")
QUEUE_READERS = ("worker", "reconciler")
ALIAS = "live"  # every invocation names it


def aws_checks(stack: Deployment, aws: Callable[[str], Any]) -> Iterator[Check]:
    """Yield all of them."""
    yield _stack(stack)
    for name, look in (
        ("functions", lambda: _functions(stack, aws("lambda"))),
        ("role", lambda: _role(stack, aws("iam"))),
        ("group", lambda: _groups(stack, aws("scheduler"))),
        ("table", lambda: _table(stack, aws("dynamodb"))),
        ("queues", lambda: _queues(stack, aws("sqs"))),
    ):
        yield from guarded(name, look)


def _stack(stack: Deployment) -> Check:
    if stack.status.endswith("_COMPLETE") and not stack.status.startswith(("ROLLBACK", "DELETE")):
        return ok("stack", f"{stack.name} is {stack.status}")
    if stack.status.endswith("_IN_PROGRESS"):
        return warn("stack", f"{stack.name} is {stack.status}: look again when it has finished")
    return fail(
        "stack", f"{stack.name} is {stack.status}: see CloudFormation's events for the reason, then deploy again"
    )


def _functions(stack: Deployment, lambdas: Any) -> Iterator[Check]:
    webhooks = stack.settings.webhooks == "on"
    names = [
        *FUNCTIONS,
        *(["publisher"] if stack.settings.event_bus_name or webhooks else []),
        *(["notifier"] if webhooks else []),
    ]
    bad = []
    for name in names:
        found = lambdas.get_function_configuration(FunctionName=f"{stack.name}-{name}", Qualifier=ALIAS)
        if found.get("State", "Active") not in {"Active", "Inactive"} or found.get("LastUpdateStatus") == "Failed":
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason")
            bad.append(f"{name} is {found.get('State')}: {reason}")
    if bad:
        yield fail("functions", f"{'; '.join(bad)}; deploy again")
    else:
        yield ok("functions", ", ".join(names))
    for name in [*QUEUE_READERS, *(["notifier"] if webhooks else [])]:
        mappings = lambdas.list_event_source_mappings(FunctionName=f"{stack.name}-{name}:{ALIAS}")[
            "EventSourceMappings"
        ]
        states = [mapping["State"] for mapping in mappings]
        if set(states) == {"Enabled"}:
            yield ok(f"{name}'s queue", "is read")
        else:
            yield fail(f"{name}'s queue", f"is not read ({', '.join(states) or 'no mapping'}): enable its trigger")


def _role(stack: Deployment, iam: Any) -> Iterator[Check]:
    """Check that EventBridge may assume the role for this group, and that the role may invoke the runner."""
    settings = stack.settings
    name = settings.scheduler_role_arn.rpartition("/")[2]
    _, partition, _, region, account, *_ = settings.runner_arn.split(":")
    group = f"arn:{partition}:scheduler:{region}:{account}:schedule-group/{settings.schedule_group}"
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    if not any(_trusts(statement, group) for statement in _statements(trust)):
        yield fail("role", f"{name} does not trust EventBridge Scheduler for {group}: deploy again")
        return
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in policies]
    wanted = (("lambda:InvokeFunction", settings.runner_arn), ("sqs:SendMessage", settings.scheduler_dlq_arn))
    lacking = [
        f"{action} on {resource}"
        for action, resource in wanted
        if not any(_allows(one, action, resource) for document in documents for one in _statements(document))
    ]
    if lacking:
        yield fail("role", f"{name} may not {' or '.join(lacking)}: deploy again")
    else:
        yield ok("role", f"EventBridge may use {name}, which may invoke the runner")


def _groups(stack: Deployment, scheduler: Any) -> Iterator[Check]:
    group = stack.settings.schedule_group
    state = scheduler.get_schedule_group(Name=group)["State"]
    if state == "ACTIVE":
        yield ok("group", f"{group} is {state}")
    else:
        yield fail("group", f"{group} is {state}: nothing in it fires; deploy again")
    sweep = f"{stack.name}-sweep"
    state = scheduler.get_schedule(Name=sweep, GroupName=f"{stack.name}-reconciler")["State"]
    if state == "ENABLED":
        yield ok("sweep", "EventBridge invokes the reconciler, which finds what is overdue")
    else:
        yield fail("sweep", f"{sweep} is {state}: what is overdue is not found; enable it, or deploy again")


def _table(stack: Deployment, dynamodb: Any) -> Iterator[Check]:
    name = stack.settings.table_name
    table = dynamodb.describe_table(TableName=name)["Table"]
    indexes = {index["IndexName"]: index.get("IndexStatus") for index in table.get("GlobalSecondaryIndexes", [])}
    missing = [one for one in INDEXES if indexes.get(one) != "ACTIVE"]
    if table["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        yield fail("table", f"{name} is {table['TableStatus']}: it can be used when it is ACTIVE")
    elif missing:
        yield fail("table", f"{name} has no active index {', '.join(missing)}: wait until it is built, or deploy again")
    else:
        yield ok("table", f"{name} and its indexes are active")

    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED":
        yield ok("backups", "the table can be restored to any second")
    else:
        yield warn("backups", "point-in-time recovery is off: lost data cannot be restored; deploy again")

    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] == "ENABLED" and expiry.get("AttributeName") == "ttl":
        yield ok("expiry", "DynamoDB removes expired rows")
    else:
        yield warn("expiry", "time to live by `ttl` is off: expired rows stay; deploy again")


def _queues(stack: Deployment, sqs: Any) -> Iterator[Check]:
    count = _waiting(sqs, stack.settings.queue_url)
    yield ok("delay queue", f"about {count} messages wait for their time, or are being processed")
    count = _waiting(sqs, stack.outputs["DeadLetterQueueUrl"])
    if count:
        yield warn("dead letters", f"about {count}: the reconciler processes them; read its log if they stay")
    else:
        yield ok("dead letters", "none")
    count = _waiting(sqs, stack.outputs["ParkedQueueUrl"])
    if count:
        yield fail("parked", f"about {count}: no function reads this queue; read them, fix the cause, redrive them")
    else:
        yield ok("parked", "none")


def _waiting(sqs: Any, url: str) -> int:
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _trusts(statement: dict[str, Any], group: str) -> bool:
    """Return whether EventBridge Scheduler may assume the role for this group."""
    services = _list(statement.get("Principal", {}).get("Service"))
    source = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceArn", group)
    return statement["Effect"] == "Allow" and "scheduler.amazonaws.com" in services and group in _list(source)


def _allows(statement: dict[str, Any], action: str, resource: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and action in _list(statement.get("Action"))
        and any(fnmatchcase(resource, pattern) for pattern in _list(statement.get("Resource")))
    )


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def gateway_key(stack: Deployment, aws: Callable[[str], Any]) -> str | Check | None:
    """Return the gateway's API key, None if it needs none, or a check that says why it cannot be read."""
    secret = stack.settings.gateway_secret_id
    if not secret:
        return None
    try:
        return str(aws("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    except (ClientError, BotoCoreError) as error:
        said = aws_message(error) if isinstance(error, ClientError) else str(error)
        return warn("gateway", f"its key cannot be read with your credentials ({said}), so it was not checked")
