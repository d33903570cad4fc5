"""The queues of template.yaml, and what becomes of what fails."""

from __future__ import annotations

import pytest
from agent_schedules.sqs_batch import retry_after

from dev.fake_aws.lambda_runtime import MOST_RECEIVES
from tests.template.monitoring import ALARMS, REFERENCES
from tests.template.reading import MODES, RESOURCES, as_text, by_mode, function_timeout, get_att, of_type


def test_every_queue_but_the_parked_one_has_a_redrive_policy() -> None:
    found = {name: queue.get("RedrivePolicy") for name, queue in of_type("AWS::SQS::Queue").items()}
    assert found == {
        "DelayQueue": {"deadLetterTargetArn": get_att("DeadLetterQueue"), "maxReceiveCount": MOST_RECEIVES},
        "DeadLetterQueue": {"deadLetterTargetArn": get_att("ParkedQueue"), "maxReceiveCount": MOST_RECEIVES},
        "DeliveryQueue": {"deadLetterTargetArn": get_att("ParkedQueue"), "maxReceiveCount": 1000},
        "RedeliveryQueue": {"deadLetterTargetArn": get_att("ParkedQueue"), "maxReceiveCount": 1000},
        "ParkedQueue": None,
    }


def test_a_delivery_is_parked_after_days_of_trouble_only() -> None:
    assert sum(retry_after(receives) for receives in range(1, 1000)) >= 3 * 86_400
    for queue in ("DeliveryQueue", "RedeliveryQueue"):
        assert RESOURCES[queue]["Condition"] == "HasWebhooks"


def test_an_outage_of_half_an_hour_makes_no_dead_letter() -> None:
    assert sum(retry_after(receives) for receives in range(1, MOST_RECEIVES)) >= 1800


def test_every_queue_has_an_alarm() -> None:
    watched = {
        dimension["Value"]
        for alarm in ALARMS.values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    assert watched == {REFERENCES[f"{queue}.QueueName"] for queue in of_type("AWS::SQS::Queue")}


def test_queues_are_encrypted_and_each_next_one_keeps_longer() -> None:
    queues = of_type("AWS::SQS::Queue")
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    retention = [queues[name]["MessageRetentionPeriod"] for name in ("DelayQueue", "DeadLetterQueue", "ParkedQueue")]
    assert retention == sorted(set(retention))
    for name in ("DeliveryQueue", "RedeliveryQueue"):
        assert queues[name]["MessageRetentionPeriod"] < queues["ParkedQueue"]["MessageRetentionPeriod"]
    assert retention[-1] == 14 * 24 * 3600


def test_each_queue_is_read_by_one_function() -> None:
    readers = {
        (logical_id, as_text(event["Properties"]["Queue"])): event["Properties"]
        for logical_id, function in of_type("AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert set(readers) == {
        ("WorkerFunction", "DelayQueue.Arn"),
        ("ReconcilerFunction", "DeadLetterQueue.Arn"),
        ("NotifierFunction", "DeliveryQueue.Arn"),
        ("NotifierFunction", "RedeliveryQueue.Arn"),
    }
    for (function, queue), event in readers.items():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["ScalingConfig"]["MaximumConcurrency"]
        if function == "NotifierFunction":
            assert event["BatchSize"] == {"DeliveryQueue.Arn": 10, "RedeliveryQueue.Arn": 100}[queue]
            assert event.get("MaximumBatchingWindowInSeconds", 0) == (1 if event["BatchSize"] > 10 else 0)
        else:
            assert [by_mode(event["BatchSize"], mode) for mode in MODES] == [10, 1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("queue", "reader"),
    [
        ("DelayQueue", "WorkerFunction"),
        ("DeadLetterQueue", "ReconcilerFunction"),
        ("DeliveryQueue", "NotifierFunction"),
        ("RedeliveryQueue", "NotifierFunction"),
    ],
)
def test_visibility_timeout_is_six_times_the_readers_timeout(queue: str, reader: str, mode: str) -> None:
    visibility = by_mode(RESOURCES[queue]["Properties"]["VisibilityTimeout"], mode)
    assert visibility >= 6 * function_timeout(reader, mode)


@pytest.mark.parametrize("function", ["WorkerFunction", "ReconcilerFunction", "NotifierFunction"])
def test_lambda_allows_the_chain_of_delayed_messages(function: str) -> None:
    assert RESOURCES[function]["Properties"]["RecursiveLoop"] == "Allow"


def test_events_that_the_runner_drops_become_dead_letters() -> None:
    assert RESOURCES["RunnerFunction"]["Properties"]["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": get_att("DeadLetterQueue")}},
    }


def test_a_sweep_that_fails_is_parked() -> None:
    reconciler = RESOURCES["ReconcilerFunction"]["Properties"]
    [sweep] = [event["Properties"] for event in reconciler["Events"].values() if event["Type"] == "ScheduleV2"]
    assert sweep["ScheduleExpression"] == "rate(5 minutes)"
    assert sweep["Input"] == '{"kind":"sweep"}'
    assert sweep["GroupName"] == {"Ref": "ReconcilerScheduleGroup"}
    assert sweep["RoleArn"] == get_att("ReconcilerScheduleRole")
    assert sweep["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300}
    assert sweep["DeadLetterConfig"] == {"Arn": get_att("ParkedQueue")}
    on_failure = reconciler["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert on_failure == {"Type": "SQS", "Destination": get_att("ParkedQueue")}
