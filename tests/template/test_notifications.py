"""infra/notifications.yaml: each mail is a text that a person can read, of an event that the code makes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules.domain.events import KINDS, SOURCE, Event
from agent_schedules.storage.events import Change, events_of

from dev.template import NOTIFICATIONS, load_template
from tests.support.publishing import ended
from tests.support.watched import is_in_the_catalogue
from tests.template.reading import RESOURCES, as_text

RULES: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in load_template(NOTIFICATIONS)["Resources"].items()
    if resource["Type"] == "AWS::Events::Rule"
}
NESTED = load_template(NOTIFICATIONS)["Resources"]
URL = "https://stack.example"
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
PK = "local#agt_1"
STATE: dict[str, Any] = {"pk": PK, "sk": "S#s#s", "generation": 1, "run_count": 0, "status": "active", "rev": 1}
RECORD: dict[str, Any] = {
    "pk": PK, "sk": "O#s#000000000060", "outcome": "missed", "reason": "late", "first": 60, "last": 120, "count": 2,
}  # fmt: skip
MAILED = {
    "run.failed": ended(1, "failed", 1),
    "run.incomplete": ended(1, "incomplete", 1),
    "occurrence.missed": Change(None, RECORD, AT),
    "schedule.paused": Change(STATE, {**STATE, "status": "paused", "rev": 2}, AT),
    "schedule.silent": Change(
        STATE, {**STATE, "rev": 2, "policy_state": '{"watch":{"seconds":3600,"since":60,"silent_at":7200}}'}, AT
    ),
    "webhook.disabled": Change(
        {"pk": "local", "sk": "W#whk_1", "rev": 1},
        {"pk": "local", "sk": "W#whk_1", "rev": 2, "disabled_reason": "gone"},
        AT,
    ),
}
"""The events that are mailed, and a change that makes each."""


def happened(kind: str) -> Event:
    """An event of that kind."""
    (event,) = events_of(MAILED[kind], public_url=URL)
    is_in_the_catalogue(event)
    assert event.kind == kind
    return event


def chosen(event: Event, url: str = URL) -> list[dict[str, Any]]:
    """The rules that choose an event, in a stack with that URL."""
    found = []
    for rule in RULES.values():
        pattern = rule["EventPattern"]
        assert pattern.keys() == {"source", "detail-type", "detail"}
        assert pattern["detail"] == {"link": [{"prefix": {"Ref": "PublicUrl"}}]}
        if (
            event.kind in pattern["detail-type"]
            and pattern["source"] == [SOURCE]
            and event.data["link"].startswith(url)
        ):
            found.append(rule)
    return found


def mail_of(event: Event, rule: dict[str, Any]) -> str:
    """The text that EventBridge makes of an event."""
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "Topic"}
    transformer = target["InputTransformer"]
    values = {}
    for name, path in transformer["InputPathsMap"].items():
        assert path.startswith("$.detail.")
        values[name] = event.data[path.removeprefix("$.detail.")]
    lines = transformer["InputTemplate"]["Fn::Sub"].replace("${Service}", "agents").split("\n")
    used = {name for line in lines for name in re.findall(r"<(\w+)>", line)}
    assert used == set(values)
    return "\n".join(re.sub(r"<(\w+)>", lambda found: str(values[found[1]]), json.loads(line)) for line in lines)


@pytest.mark.parametrize("kind", MAILED)
def test_a_mail_is_a_text_with_a_link(kind: str) -> None:
    event = happened(kind)
    (rule,) = chosen(event)
    text = mail_of(event, rule)
    first, *_, last = text.split("\n")
    assert first.endswith(".")
    assert "agents" in first
    assert last == f"Details: {event.data['link']}"
    assert "local" in text


def test_a_failed_run_reads_like_this() -> None:
    event = happened("run.incomplete")
    assert mail_of(event, RULES["RunRule"]).split("\n") == [
        "A run ended as incomplete at 2026-03-02T10:00:01.000Z (agents).",
        "Error code: None",
        "Run: run_1, due at 1970-01-01T00:01:00Z",
        "Schedule: s",
        "Agent: agt_1 of local",
        "Details: https://stack.example/console/agents/agt_1/runs/run_1",
    ]


def test_the_events_of_another_stack_on_the_bus_are_not_mailed() -> None:
    assert chosen(happened("run.failed"), "https://other.example") == []


def test_the_mailed_kinds_are_these() -> None:
    kinds = [kind for rule in RULES.values() for kind in rule["EventPattern"]["detail-type"]]
    assert sorted(kinds) == sorted(MAILED)
    assert set(kinds) <= set(KINDS)


def test_only_eventbridge_and_this_accounts_alarms_publish() -> None:
    statements = NESTED["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = {statement["Principal"]["Service"]: statement for statement in statements}
    assert set(allowed) == {"events.amazonaws.com", "cloudwatch.amazonaws.com"}
    for statement in statements:
        assert (statement["Effect"], statement["Action"], statement["Resource"]) == (
            "Allow",
            "sns:Publish",
            {"Ref": "Topic"},
        )
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert allowed["cloudwatch.amazonaws.com"]["Condition"] == account


def test_the_topic_is_encrypted_with_a_key_that_its_publishers_may_use() -> None:
    assert NESTED["Topic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "Key"}
    key = NESTED["Key"]["Properties"]
    assert key["EnableKeyRotation"] is True
    _, use = key["KeyPolicy"]["Statement"]
    assert use["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_mails_alone_make_the_publisher_and_use_the_default_bus() -> None:
    nested = RESOURCES["Notifications"]
    assert nested["Condition"] == "HasEmail"
    passed = nested["Properties"]["Parameters"]
    assert set(passed) == set(load_template(NOTIFICATIONS)["Parameters"])
    assert passed["EventBusName"] == {"Fn::If": ["HasEventBus", {"Ref": "EventBusName"}, "default"]}
    publisher = RESOURCES["PublisherFunction"]
    assert publisher["Properties"]["Environment"]["Variables"]["PUBLIC_URL"] == passed["PublicUrl"]
    assert as_text(passed["Service"]) == "AWS::StackName"
