"""The structured logger. Ids and counts only: prompts, outputs and keys never reach a log (design 3, invariant 8)."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger(service="agent-schedules")
