"""AWS clients with the user's credentials."""

from __future__ import annotations

from typing import Any

from agent_schedules_cli.aws_errors import NO_CREDENTIALS, NO_REGION, region
from agent_schedules_cli.errors import WRONG_USE, Failure


def client(service: str) -> Any:
    """Return the client of a service. Raises Failure without a region or credentials, or an error of botocore."""
    import boto3

    session: Any = boto3.Session(region_name=region())
    if session.region_name is None:
        raise Failure(NO_REGION, WRONG_USE)
    if session.get_credentials() is None:
        raise Failure(NO_CREDENTIALS, WRONG_USE)
    return session.client(service)
