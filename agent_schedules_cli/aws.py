"""AWS with the credentials of whoever runs a command."""

from __future__ import annotations

from typing import Any

from agent_schedules_cli.aws_errors import NO_CREDENTIALS, NO_REGION, region
from agent_schedules_cli.errors import WRONG_USE, Failure


def session() -> Any:
    """A session that has a region and credentials. Raises Failure, or an error of botocore."""
    import boto3

    made = boto3.Session(region_name=region())
    if made.region_name is None:
        raise Failure(NO_REGION, WRONG_USE)
    if made.get_credentials() is None:
        raise Failure(NO_CREDENTIALS, WRONG_USE)
    return made


def client(service: str, **options: Any) -> Any:
    """The client of a service. Raises Failure, or an error of botocore."""
    return session().client(service, **options)
