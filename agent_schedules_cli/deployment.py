"""A deployed stack, as CloudFormation and its own functions describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_schedules.settings import Settings
from botocore.exceptions import ClientError
from pydantic import ValidationError

from agent_schedules_cli.aws_errors import aws_message, region
from agent_schedules_cli.errors import FAILED, WRONG_USE, Failure

OUTPUTS = ("ApiUrl", "TableName", "DeadLetterQueueUrl", "ParkedQueueUrl")
"""The outputs that every stack must have."""


@dataclass(frozen=True)
class Deployment:
    """The names and addresses of a stack's resources."""

    name: str
    status: str
    """CloudFormation's status."""
    outputs: dict[str, str]
    settings: Settings
    """The settings of its functions."""


def deployment(aws: Callable[[str], Any], name: str) -> Deployment:
    """Look up the stack of that name. Raises Failure."""
    try:
        (stack,) = aws("cloudformation").describe_stacks(StackName=name)["Stacks"]
        reconciler = aws("lambda").get_function_configuration(FunctionName=f"{name}-reconciler", Qualifier="live")
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ValidationError", "ResourceNotFoundException"}:
            raise
        raise Failure(
            f"{aws_message(error)}. Is {name} the stack's name, and are these its account and region "
            f"({region() or 'of the profile'})?",
            WRONG_USE,
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    missing = [output for output in OUTPUTS if output not in outputs]
    if missing:
        raise Failure(f"The stack {name} has no output {', '.join(missing)}: it is not a stack of this service", FAILED)
    try:
        settings = Settings.from_env(reconciler["Environment"]["Variables"])
    except (KeyError, ValidationError) as error:
        raise Failure(
            f"{name}-reconciler does not have the settings of this version: deploy the stack, or use its version",
            FAILED,
        ) from error
    return Deployment(name, stack["StackStatus"], outputs, settings)
