"""SQS batches whose records stand alone and are handled side by side: each has the time of the whole invocation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from agent_schedules.errors import Unavailable
from agent_schedules.telemetry import fault, logger

SIDE_BY_SIDE = 10  # records of a batch
FIRST_RETRY, LONGEST_RETRY = 2, 300  # seconds until a record that failed comes again; the wait doubles

Retry = Callable[[Mapping[str, int]], None]
"""Lets messages come again after so many seconds, by their receipts. Raises Unavailable."""


def per_record(event: dict[str, Any], handle: Callable[[dict[str, Any]], Any], *, retry: Retry) -> dict[str, Any]:
    """Give `handle` each record's JSON body. Records it raises on are named, so that only they come again: soon, and
    later each time. Should SQS not take that, they come when the queue's visibility timeout is over."""
    records = event["Records"]

    def succeeds(record: dict[str, Any]) -> bool:
        try:
            handle(json.loads(record["body"]))
        except Exception as error:  # whatever it is, it is this record's alone
            logger.warning("record failed", extra=fault(error))
            return False
        return True

    if len(records) == 1:  # which needs no thread
        ended = [succeeds(records[0])]
    else:  # threads of this batch alone: where batches share a process, one that waits holds up no other
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="record") as threads:
            ended = list(threads.map(succeeds, records))
    failed = [record for record, ok in zip(records, ended, strict=True) if not ok]
    if failed:
        with suppress(Unavailable):
            retry({record["receiptHandle"]: retry_after(_receives(record)) for record in failed})
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def retry_after(receives: int) -> int:
    """Seconds until a message comes again that failed for the so-manieth time."""
    return min(FIRST_RETRY << min(receives - 1, 10), LONGEST_RETRY)


def _receives(record: dict[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])
