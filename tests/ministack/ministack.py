"""Runs MiniStack in a process of its own, and makes up from outside for the parts of AWS that it leaves out.

Every difference from a deployment to AWS is in this module, each with its reason.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from dev.template import MONITORING, NOTIFICATIONS, load_template
from tests.support.waiting import until
from tools.build.python313 import MISSING, find_python

ROOT = Path(__file__).parent.parent.parent
COMMAND = ROOT / ".tools" / "ministack" / "bin" / "ministack"
REGION = "eu-central-1"
PATIENCE = 150.0  # real seconds that a step may take: EventBridge's minute, on a slow machine
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
_ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
ARCHITECTURE = _ARCHITECTURES[platform.machine()]  # MiniStack runs the functions here, as plain processes
ALIAS = "live"
UNTOLD = {
    # MiniStack's CloudFormation creates the table without some of its properties.
    # The indexes exist and answer queries, but have no status.
    "table": ("fail", "no active index by_schedule, attention, listed"),
    "backups": ("warn", "point-in-time recovery is off"),
    "expiry": ("warn", "time to live by `ttl` is off"),
}
"""Checks of the doctor that cannot pass here, and their results."""


class MiniStack:
    """A running emulator, empty at the start, that only this machine can reach."""

    def __init__(self, directory: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._output = directory / "ministack.log"
        environ = {
            # The functions inherit these variables, so none of this machine's are among them.
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(directory),
            "TMPDIR": str(directory),
            "TZ": "UTC",
            "BIND_HOST": "127.0.0.1",  # all interfaces otherwise
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            **CREDENTIALS,
        }
        with self._output.open("wb") as output:
            # Its own session, so that the functions' processes end with it.
            self._process = subprocess.Popen(
                [str(COMMAND)], cwd=directory, env=environ, stdout=output, stderr=output, start_new_session=True
            )
        try:
            until(lambda: self._answers(port), PATIENCE, said=self.output)
        except AssertionError:
            self.stop()
            raise

    def _answers(self, port: int) -> bool:
        assert self._process.poll() is None, f"MiniStack ended:\n{self.output()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def stop(self) -> None:
        """Stop the emulator and the functions that it started."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def output(self) -> str:
        """Return the last 100 lines of its output."""
        return "\n".join(self._output.read_text(encoding="utf-8", errors="replace").splitlines()[-100:])

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def environ(self) -> dict[str, str]:
        """Return the variables that make AWS's own tools talk to the emulator."""
        python = find_python()
        if python is None:
            raise RuntimeError(MISSING)
        return {
            **os.environ,
            # SAM takes the first `python3.13` on PATH.
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            **CREDENTIALS,
        }


def deployable(monitoring: Path) -> dict[str, Any]:
    """Return the template with a gateway on this machine, which needs no TLS, and the nested stack in that file."""
    loaded = load_template()
    del loaded["Parameters"]["GatewayUrl"]["AllowedPattern"]
    loaded["Resources"]["Monitoring"]["Properties"]["TemplateURL"] = str(monitoring)
    loaded["Resources"]["Notifications"]["Properties"]["TemplateURL"] = str(NOTIFICATIONS)
    return loaded


def deployable_monitoring() -> dict[str, Any]:
    """Return the nested stack's template without alarms of metric math, which MiniStack refuses."""
    loaded = load_template(MONITORING)
    resources = loaded["Resources"]
    loaded["Resources"] = {name: resource for name, resource in resources.items() if not _is_metric_math(resource)}
    return loaded


def _is_metric_math(resource: dict[str, Any]) -> bool:
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]


def import_routes(stack: MiniStack, name: str) -> None:
    """Create the routes of the HTTP API's OpenAPI body, which SAM wrote and MiniStack does not read."""
    cloudformation, apigateway = stack.client("cloudformation"), stack.client("apigatewayv2")

    def physical(logical: str) -> str:
        resource = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical)
        return str(resource["StackResourceDetail"]["PhysicalResourceId"])

    resources = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]["Resources"]
    for logical, resource in resources.items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        api = physical(logical)
        existing = {route["RouteKey"] for route in apigateway.get_routes(ApiId=api)["Items"]}
        for path, operations in resource["Properties"]["Body"]["paths"].items():
            for method, operation in operations.items():
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                key = path if path == "$default" else f"{verb} {path}"
                if key in existing:
                    continue
                wanted = operation["x-amazon-apigateway-integration"]
                alias = re.search(r"functions/\$\{(\w+)\}/invocations", wanted["uri"]["Fn::Sub"])
                if alias is None:
                    raise RuntimeError(f"{key}: whose integration is {wanted['uri']}?")
                # Of an alias, whose name outlives the version that it points at.
                integration = apigateway.create_integration(
                    ApiId=api,
                    IntegrationType=wanted["type"].upper(),
                    IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
                    f"{physical(alias[1])}/invocations",
                    IntegrationMethod=wanted["httpMethod"],
                    PayloadFormatVersion=wanted["payloadFormatVersion"],
                    TimeoutInMillis=wanted["timeoutInMillis"],
                )
                apigateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")


def copy_retries(stack: MiniStack) -> None:
    """Copy the settings of asynchronous invocations, retries and destination, from each alias to its function.

    MiniStack stores them for an alias and does not apply them. It applies those of the function.
    """
    functions = stack.client("lambda")
    for function in functions.list_functions()["Functions"]:
        name = function["FunctionName"]
        for config in functions.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]:
            if config["FunctionArn"].endswith(f":{ALIAS}"):
                wanted = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
                functions.put_function_event_invoke_config(FunctionName=name, **{key: config[key] for key in wanted})


def correct_numbers(stack: MiniStack) -> None:
    """Set the concurrency limits of event source mappings as numbers. A limit from a parameter is a string here, which
    MiniStack's poller cannot compare."""
    functions = stack.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(limit)}
            )


def let_queues_rest(stack: MiniStack, resting: bool) -> None:
    """Stop or start the reading of queues, and wait until nothing that was read is under way.

    An update kills running functions, where Lambda lets them end. The messages that they hold would then stay hidden
    for the whole visibility timeout.
    """
    functions, sqs = stack.client("lambda"), stack.client("sqs")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if ":sqs:" not in mapping["EventSourceArn"]:
            continue
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=not resting)
        if resting:
            queue = sqs.get_queue_url(QueueName=mapping["EventSourceArn"].rpartition(":")[2])["QueueUrl"]
            until(partial(_nothing_is_read, sqs, queue), PATIENCE, every=0.1, said=lambda: "something is still read")


def _nothing_is_read(sqs: Any, queue: str) -> bool:
    hidden = "ApproximateNumberOfMessagesNotVisible"
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[hidden])["Attributes"]
    return bool(found[hidden] == "0")
