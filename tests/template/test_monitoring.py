"""infra/monitoring.yaml: its alarms and its dashboard look at metrics that exist, and the documents name each alarm."""

from __future__ import annotations

import re

import pytest
from agent_schedules import telemetry

from dev.template import TEMPLATE as TEMPLATE_FILE
from tests.support.cloudwatch import series_of
from tests.template.monitoring import ALARMS, PASSED, RESOURCES, STACK, TEMPLATE, known, shown

MONITORING = (TEMPLATE_FILE.parent / "docs" / "reference" / "monitoring.md").read_text(encoding="utf-8")


def test_the_stack_passes_every_parameter_and_each_is_used() -> None:
    assert set(PASSED) == set(TEMPLATE["Parameters"])
    rest = repr({part: TEMPLATE[part] for part in ("Conditions", "Resources")})
    unused = [name for name in PASSED if f"'Ref': '{name}'" not in rest and f"${{{name}}}" not in rest]
    assert unused == []


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_looks_at_existing_metrics(name: str) -> None:
    assert [metric for metric in series_of(ALARMS[name]) if not known(metric)] == []


def test_the_dashboard_shows_existing_metrics_and_all_of_ours() -> None:
    assert [metric for metric in shown() if not known(metric)] == []
    ours = {name for namespace, name, _ in shown() if namespace == telemetry.NAMESPACE}
    assert ours == {*telemetry.COUNTS, *telemetry.UNITS}


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_is_described_and_notifies_the_topic(name: str) -> None:
    written = RESOURCES[name]["Properties"]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert written["AlarmActions"] == written["OKActions"] == topic
    assert len(re.findall(r"\.(?: |$)", written["AlarmDescription"])) >= 2
    assert len(written["AlarmDescription"]) <= 1024


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_monitoring_md_has_a_row_for_the_alarm(name: str) -> None:
    suffix = ALARMS[name]["AlarmName"].removeprefix(f"{STACK}-")
    [row] = [line for line in MONITORING.splitlines() if line.startswith(f"| `{suffix}` |")]
    assert len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 3


def test_monitoring_md_has_no_row_for_an_alarm_that_is_not_there() -> None:
    section = MONITORING.partition("## What each alarm means")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted(alarm["AlarmName"].removeprefix(f"{STACK}-") for alarm in ALARMS.values())
