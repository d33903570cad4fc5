"""Isolate a benchmark's process: fake AWS credentials, and no metrics or logs between the tables."""

from __future__ import annotations

import logging
import os

from agent_schedules.telemetry import logger

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


def alone() -> None:
    """Isolate this process."""
    os.environ |= ENVIRONMENT
    logger.setLevel(logging.CRITICAL)
