"""Handle the records of an SQS batch independently and in parallel, so that each has the time of the whole
invocation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from agent_schedules.errors import Busy, Unavailable
from agent_schedules.telemetry import fault, logger

SIDE_BY_SIDE = 10  # records of a batch
FIRST_RETRY, LONGEST_RETRY = 2, 300  # seconds until a failed record is delivered again; the wait doubles

Retry = Callable[[Mapping[str, int]], None]
"""Makes messages visible again after the given seconds, by receipt handle. Raises Unavailable."""


def per_record(
    event: dict[str, Any], handle: Callable[[dict[str, Any]], Any], *, retry: Retry, width: int = SIDE_BY_SIDE
) -> dict[str, Any]:
    """Call `handle` with each record's JSON body, and return the records on which it raised (partial batch response).

    SQS delivers these again, after a wait that doubles each time. If SQS does not accept the wait, they come after the
    queue's visibility timeout. After `Busy` the wait is at least the seconds that it says. `width` is the number of
    records that are handled at once.
    """
    records = event["Records"]
    least: dict[str, int] = {}

    def succeeds(record: dict[str, Any]) -> bool:
        try:
            handle(json.loads(record["body"]))
        except Busy as busy:
            least[record["messageId"]] = busy.seconds
            return False
        except Exception as error:  # any exception must fail this record alone
            logger.warning("record failed", extra=fault(error))
            return False
        return True

    if len(records) == 1:  # no thread needed
        ended = [succeeds(records[0])]
    else:  # threads of this batch alone: in the local stack batches share a process, and a waiting one blocks no other
        with ThreadPoolExecutor(min(width, len(records)), thread_name_prefix="record") as threads:
            ended = list(threads.map(succeeds, records))
    failed = [record for record, ok in zip(records, ended, strict=True) if not ok]
    if failed:
        with suppress(Unavailable):
            retry(
                {
                    str(record["receiptHandle"]): max(retry_after(_receives(record)), least.get(record["messageId"], 0))
                    for record in failed
                    if record.get("receiptHandle")
                }
            )
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def retry_after(receives: int) -> int:
    """Return the seconds until a failed message is delivered again, by the number of its deliveries so far."""
    return min(FIRST_RETRY << min(receives - 1, 10), LONGEST_RETRY)


def _receives(record: dict[str, Any]) -> int:
    """Return how often SQS has delivered the record; 1 if it does not say so, because the other records still count."""
    attributes = record.get("attributes")
    said = str(attributes.get("ApproximateReceiveCount")) if isinstance(attributes, dict) else ""
    return int(said) if re.fullmatch(r"[1-9][0-9]{0,8}", said) else 1
