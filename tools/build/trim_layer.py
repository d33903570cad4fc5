"""The end of a build: takes out of the layers what no function can use, and compiles what is left.

    python -m tools.build.trim_layer .aws-sam/build

Lambda's folders are read-only and SAM packs no bytecode: without this every cold start compiles every module. The
bytecode is not checked against its source, which saves reading it; both are replaced together, by the next build.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build.python313 import MISSING, find_python

SERVICES = frozenset({"dynamodb", "events", "scheduler", "secretsmanager", "sqs"})
"""The AWS services that the functions call. botocore has the models of four hundred."""

UNUSED = ("aws_lambda_powertools/event_handler", "pydantic/v1")
"""Another framework for HTTP; and pydantic's first version, which FastAPI loads only to refuse it."""


def trim_and_compile(build: Path) -> None:
    """Make what `sam build` left in `build` what is deployed. Raises RuntimeError without a Python 3.13."""
    python = find_python()
    if python is None:
        raise RuntimeError(MISSING)
    for packages in build.glob("*/python"):
        _trim(packages)
    for folder in sorted(path for path in build.iterdir() if path.is_dir()):
        # Names in tracebacks as Lambda has them.
        there = "/opt" if (folder / "python").is_dir() else "/var/task"
        command = [str(python), "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, "-s", str(folder), "-p", there, str(folder)], check=True)


def _trim(packages: Path) -> None:
    """Take out what is about other services, and what is not used."""
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
