"""Runs one built function the way Lambda would: nothing to import but the function, the layer and the standard library.

Started by `make test-lambda` in a bare interpreter, so it uses the standard library only:

    python3.13 -I -S run_handlers.py FUNCTION_FOLDER LAYER_FOLDER RESULTS EVENT...

Handlers own stdout and stderr, so the results go to a file: one JSON object per line, the import first.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import json
import os
import sys
import time
import traceback
import uuid
import zoneinfo
from pathlib import Path
from typing import Any


class Context:
    """What Lambda gives a handler beside the event."""

    function_version = "$LATEST"
    identity = None
    client_context = None
    tenant_id = None

    def __init__(self, timeout_seconds: float) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = (
            f"arn:aws:lambda:{os.environ['AWS_REGION']}:123456789012:function:{self.function_name}"
        )
        self.aws_request_id = str(uuid.uuid4())
        self._ends_at = time.monotonic() + timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


def fresh(event: Any) -> Any:
    """The event as if it came in now: an HTTP request that has been on its way for months is refused by design."""
    if isinstance(event, dict) and event.get("version") == "2.0":
        event["requestContext"]["timeEpoch"] = time.time_ns() // 1_000_000
    return event


def readable(result: Any) -> Any:
    """The result after Lambda's own JSON, with an HTTP body that is JSON opened up."""
    result = json.loads(json.dumps(result))
    if isinstance(result, dict) and isinstance(result.get("body"), str):
        try:
            body = base64.b64decode(result["body"]) if result.get("isBase64Encoded") else result["body"]
            result["body"] = json.loads(body)
        except (binascii.Error, ValueError):
            pass  # not JSON: it stays as it is
    return result


def timed(name: str, action: Any) -> dict[str, Any]:
    """The action's outcome as one line of the results."""
    started = time.perf_counter()
    outcome: dict[str, Any] = {"name": name, "result": None, "error": None}
    try:
        outcome["result"] = action()
    except BaseException:
        # BaseException: a handler that calls sys.exit is a failed invocation too.
        outcome["error"] = traceback.format_exc()
    outcome["milliseconds"] = (time.perf_counter() - started) * 1000
    return outcome


def main(function: str, layer: str, results: str, *events: str) -> None:
    stray = [entry for entry in sys.path if "site-packages" in entry or "dist-packages" in entry]
    if stray:
        sys.exit(f"Not a bare interpreter: {stray}. Start it with -I -S.")
    # Lambda's own order. Its image has no time zone files, so the layer's must do.
    sys.path[:0] = [function, layer]
    zoneinfo.reset_tzpath(to=())
    os.chdir(function)

    with Path(results).open("w", encoding="utf-8") as lines:

        def report(outcome: dict[str, Any]) -> None:
            print(json.dumps(outcome), file=lines, flush=True)

        module: list[Any] = []
        imported = timed("import", lambda: module.append(importlib.import_module("handler")))
        report(imported)
        if imported["error"]:
            return
        for path in events:
            event = fresh(json.loads(Path(path).read_text(encoding="utf-8")))
            outcome = timed(
                Path(path).name,
                lambda event=event: module[0].lambda_handler(event, Context(timeout_seconds=60)),
            )
            if outcome["error"] is None:
                try:
                    outcome["result"] = readable(outcome["result"])
                except (TypeError, ValueError) as problem:
                    outcome["result"], outcome["error"] = None, f"The result is not JSON: {problem}"
            report(outcome)


if __name__ == "__main__":
    main(*sys.argv[1:])
