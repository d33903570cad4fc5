"""A process that talks to nobody: AWS credentials that open nothing, no metrics and no logs between the tables."""

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
    """Make this process one."""
    os.environ |= ENVIRONMENT
    logger.setLevel(logging.CRITICAL)
