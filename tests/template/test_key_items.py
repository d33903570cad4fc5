"""API keys are items of the one table: who may reach them, by the policies of template.yaml and the keys of keys.py.

IAM compares the partition key of each item that a call names (`dynamodb:LeadingKeys`) with the patterns of a denial,
in which `?` is one character and `*` any number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
from agent_schedules.domain.api_keys import digest_of, is_tenant
from agent_schedules.domain.deliveries import DeliveryKey
from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.webhooks import WebhookKey
from agent_schedules.ids import new_id
from agent_schedules.storage import keys

from tests.template.reading import RESOURCES, as_list, get_att, managed_policies
from tests.template.test_roles import ROLES

DIGEST = digest_of("agsched_" + "x" * 36)
KEY_ITEM = keys.api_key_item_key(DIGEST).pk
KEY_LIST = keys.key_rows("tenant")
READS = ("BatchGetItem", "GetItem", "Query", "ConditionCheckItem")
WRITES = ("PutItem", "UpdateItem", "DeleteItem")
TENANTS = ("K", "T", "K_T", "K-" + "a" * 61, "k", "local")
OWNERS = [*TENANTS, *(f"{tenant}:{'0' * 32}" for tenant in TENANTS)]


def denials(role: str) -> Iterator[dict[str, Any]]:
    """The denials of a role, those of its managed policies included."""
    properties = RESOURCES[role]["Properties"]
    managed = [RESOURCES[policy]["Properties"] for policy in managed_policies(properties)]
    documents = [policy["PolicyDocument"] for policy in [*properties["Policies"], *managed]]
    for statement in (statement for document in documents for statement in document["Statement"]):
        if statement.get("Effect") == "Deny":
            yield statement


def denied(role: str, action: str, *partitions: str) -> bool:
    """Whether the role may not do this to the table's items in these partitions: any of them that fits is enough."""
    for statement in denials(role):
        assert statement["Resource"] == get_att("Table")
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Condition"].keys() == {"ForAnyValue:StringLike"}
        patterns = statement["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]
        if any(fnmatchcase(f"dynamodb:{action}", wanted) for wanted in as_list(statement["Action"])) and any(
            fnmatchcase(partition, pattern) for partition in partitions for pattern in patterns
        ):
            return True
    return False


def partitions_of_everything_else(owner: str) -> list[str]:
    """Where everything but API keys lives, whatever the owner is named."""
    now = datetime.now(UTC)
    kinds = ("agt", "sched", "run", "whk", "dlv", "job")
    agent, schedule, run, webhook, delivery, job = (new_id(kind, now, lambda size: b"\0" * size) for kind in kinds)
    key, run_key = Key(owner, agent, schedule), RunKey(owner, agent, run)
    items = [
        keys.agent_key(owner, agent),
        keys.tenant_counter_key(owner),
        keys.agent_counter_key(owner, agent),
        keys.receipt_key(owner, DIGEST),
        keys.version_key(owner, agent, 1),
        keys.definition_key(key),
        keys.state_key(key),
        keys.old_definition_key(key, 1),
        keys.work_key(run_key),
        keys.run_key(run_key),
        keys.response_key(run_key, 0),
        keys.record_key(key, 0),
        keys.stable_schedule_key(owner, agent, "k"),
        keys.stable_agent_key(owner, "k"),
        keys.job_key(JobKey(owner, job)),
        keys.trouble_key(key),
        keys.started_key(owner, 0),
        keys.backfilled_key(owner, 0),
        keys.asked_key(owner, 0),
        keys.sweep_key(),
        keys.webhook_key(WebhookKey(owner, webhook)),
        keys.poll_webhooks_key(owner),
        keys.delivery_key(DeliveryKey(owner, webhook, delivery)),
    ]
    return [item.pk for item in items]


@pytest.mark.parametrize("role", [role for function, role in ROLES.items() if function != "api"])
def test_who_authenticates_no_caller_reaches_no_api_key(role: str) -> None:
    for action in READS + WRITES:
        for partition in (KEY_ITEM, KEY_LIST, keys.key_use_key("K", "key_1").pk):
            assert denied(role, action, partition)
            assert denied(role, action, "local#agt_1", partition)  # one among others, as in a batch or a transaction


def test_the_api_reads_api_keys_and_makes_none() -> None:
    for action in WRITES:
        assert denied(ROLES["api"], action, KEY_ITEM)
    assert not denied(ROLES["api"], "GetItem", KEY_ITEM)
    assert not denied(ROLES["api"], "PutItem", keys.key_use_key("tenant", "key_1").pk)  # when a key was used


@pytest.mark.parametrize("function", ROLES)
def test_no_owners_rows_are_taken_for_api_keys(function: str) -> None:
    for owner in OWNERS:
        assert is_tenant(owner.partition(":")[0])
        for partition in partitions_of_everything_else(owner):
            for action in READS + WRITES:
                assert not denied(ROLES[function], action, partition)
