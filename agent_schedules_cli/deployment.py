"""A deployed stack, as CloudFormation and its own functions know it."""

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
"""What is asked of the stack's outputs."""


@dataclass(frozen=True)
class Deployment:
    """What there is to know about where everything is."""

    name: str
    status: str
    """CloudFormation's."""
    outputs: dict[str, str]
    settings: Settings
    """What the functions run with."""


def deployment(aws: Callable[[str], Any], name: str) -> Deployment:
    """The stack of that name. Raises Failure."""
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
        raise Failure(f"The stack {name} has no output {', '.join(missing)}: it is not this service's", FAILED)
    try:
        settings = Settings.from_env(reconciler["Environment"]["Variables"])
    except (KeyError, ValidationError) as error:
        raise Failure(
            f"{name}-reconciler does not have the settings of this version: deploy the stack, or use its version",
            FAILED,
        ) from error
    return Deployment(name, stack["StackStatus"], outputs, settings)
