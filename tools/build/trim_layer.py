"""The last step of a build: removes from the layers what no function uses, and compiles the rest.

    python -m tools.build.trim_layer .aws-sam/build

Lambda's folders are read-only and SAM packs no bytecode, so otherwise every cold start would compile every module. The
bytecode is not checked against its source, which saves reading it; the next build replaces both.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build.python313 import MISSING, find_python

SERVICES = frozenset({"dynamodb", "events", "scheduler", "secretsmanager", "sqs"})
"""The AWS services that the functions call. botocore has models of 400."""

UNUSED = ("aws_lambda_powertools/event_handler", "pydantic/v1")
"""Another HTTP framework, and pydantic's first version, which FastAPI imports only to reject it."""


def trim_and_compile(build: Path) -> None:
    """Turn the output of `sam build` into the deployed one. Raises RuntimeError without a Python 3.13."""
    python = find_python()
    if python is None:
        raise RuntimeError(MISSING)
    for packages in build.glob("*/python"):
        _trim(packages)
    for folder in sorted(path for path in build.iterdir() if path.is_dir()):
        # Paths in tracebacks as on Lambda.
        there = "/opt" if (folder / "python").is_dir() else "/var/task"
        command = [str(python), "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, "-s", str(folder), "-p", there, str(folder)], check=True)


def _trim(packages: Path) -> None:
    """Remove the models of other services, and the unused packages."""
    data = packages / "botocore" / "data"
    if data.is_dir():
        for service in data.iterdir():
            if service.is_dir() and service.name not in SERVICES:
                shutil.rmtree(service)
        endpoints = data / "endpoints.json"
        known = json.loads(endpoints.read_text(encoding="utf-8"))
        for partition in known["partitions"]:
            services = partition["services"]
            partition["services"] = {name: about for name, about in services.items() if name in SERVICES}
        endpoints.write_text(json.dumps(known), encoding="utf-8")
    for unused in UNUSED:
        shutil.rmtree(packages / unused, ignore_errors=True)


if __name__ == "__main__":
    trim_and_compile(Path(sys.argv[1]))
