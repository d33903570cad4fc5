"""The structured logger. Ids and counts only: prompts, outputs and keys never reach a log (design 3, invariant 8)."""

from __future__ import annotations

import traceback
from typing import Any

from aws_lambda_powertools import Logger

logger = Logger(service="agent-schedules")


def fault(error: BaseException) -> dict[str, Any]:
    """What a log may have of an error that nobody expected: its kind and its way here.

    Its message may quote what a caller sent, as pydantic's do.
    """
    way = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "way": [f"{step.name} {step.filename}:{step.lineno}" for step in way]}
