"""SQS batches in which each record stands alone. Only functions that have a queue import this: Powertools' batch
processor takes as long to import as boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord


def per_record(event: dict[str, Any], context: Any, handle: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Give `handle` each record's JSON body; records it raises on are reported, so that only they come again."""

    def one(record: SQSRecord) -> Any:
        return handle(record.json_body)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=one, processor=processor, context=context))
