"""Credentials that open nothing, so that a call that escapes to AWS is refused there."""

from __future__ import annotations

import os


def pretend_credentials(region: str) -> None:
    """Set fake credentials. Every AWS call is answered in this process; these are for one that is not."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
